// SPDX-License-Identifier: Apache-2.0
// Values → ebRIM 3.0, in the order of its schema: Slot, Name, Description, Classification, ExternalIdentifier.
#include "metadata.hpp"

#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

constexpr const char* registry_object = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:";

class writer {
 public:
  std::string write(const submission& what) {
    out_ =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<lcm:SubmitObjectsRequest xmlns:lcm=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\" "
        "xmlns:rim=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\">\n<rim:RegistryObjectList>\n";
    set(what.set);
    for (const document_entry& each : what.documents) document(each);
    for (const association& each : what.associations) link(each);
    out_ += "</rim:RegistryObjectList>\n</lcm:SubmitObjectsRequest>\n";
    return std::move(out_);
  }

 private:
  /// A symbolic id: unique in this file, and the same in every run.
  std::string next_id() { return "id" + std::to_string(++ids_); }

  void attribute(const char* name, std::string_view value) {
    out_.append(" ").append(name).append("=\"").append(escape_xml(value)).append("\"");
  }

  void slot(std::string_view name, const std::vector<sourced>& values) {
    if (values.empty()) return;
    out_ += "<rim:Slot";
    attribute("name", name);
    out_ += "><rim:ValueList>";
    for (const sourced& value : values)
      out_.append("<rim:Value>").append(escape_xml(value.text)).append("</rim:Value>");
    out_ += "</rim:ValueList></rim:Slot>\n";
  }
  void slot(std::string_view name, const sourced& value) {
    if (!value.empty()) slot(name, std::vector<sourced>{value});
  }

  void localized(const char* element, std::string_view text) {
    if (text.empty()) return;
    out_.append("<rim:").append(element).append("><rim:LocalizedString");
    attribute("xml:lang", "FR");
    attribute("charset", "UTF-8");
    attribute("value", text);
    out_.append("/></rim:").append(element).append(">\n");
  }

  void open_classification(const char* scheme, const std::string& object, std::string_view code) {
    out_ += "<rim:Classification";
    attribute("id", next_id());
    attribute("objectType", std::string(registry_object) + "Classification");
    attribute("classificationScheme", scheme);
    attribute("classifiedObject", object);
    attribute("nodeRepresentation", code);
    out_ += ">\n";
  }

  void classification(const char* scheme, const std::string& object, const coded& value) {
    if (value.empty()) return;
    open_classification(scheme, object, value.code.text);
    slot("codingScheme", value.system);
    localized("Name", value.display.empty() ? value.code.text : value.display.text);
    out_ += "</rim:Classification>\n";
  }

  void authors(const char* scheme, const std::string& object, const std::vector<author>& all) {
    for (const author& one : all) {
      open_classification(scheme, object, "");
      slot("authorPerson", one.persons);
      slot("authorInstitution", one.institutions);
      slot("authorRole", one.roles);
      slot("authorSpecialty", one.specialties);
      slot("authorTelecommunication", one.telecoms);
      out_ += "</rim:Classification>\n";
    }
  }

  void identifier(const char* scheme, const std::string& object, const std::string& name, const sourced& value) {
    if (value.empty()) return;
    out_ += "<rim:ExternalIdentifier";
    attribute("id", next_id());
    attribute("objectType", std::string(registry_object) + "ExternalIdentifier");
    attribute("identificationScheme", scheme);
    attribute("registryObject", object);
    attribute("value", value.text);
    out_ += ">\n";
    localized("Name", name);
    out_ += "</rim:ExternalIdentifier>\n";
  }

  void set(const submission_set& of) {
    out_ += "<rim:RegistryPackage";
    attribute("id", of.id);
    attribute("objectType", std::string(registry_object) + "RegistryPackage");
    attribute("status", "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved");
    out_ += ">\n";
    slot("submissionTime", of.submission_time);
    slot("intendedRecipient", of.recipients);
    localized("Name", of.title.text);
    localized("Description", of.comments.text);
    out_ += "<rim:Classification";
    attribute("id", next_id());
    attribute("objectType", std::string(registry_object) + "Classification");
    attribute("classificationNode", set_node);
    attribute("classifiedObject", of.id);
    out_ += "/>\n";
    authors(set_author_scheme, of.id, of.authors);
    classification(content_type_scheme, of.id, of.content_type);
    for (const auto& row : set_identifiers())
      identifier(row.scheme, of.id, std::string("XDSSubmissionSet.") + row.name, of.*row.place);
    out_ += "</rim:RegistryPackage>\n";
  }

  void document(const document_entry& of) {
    out_ += "<rim:ExtrinsicObject";
    attribute("id", of.id);
    attribute("objectType", document_object_type);
    attribute("status", "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved");
    attribute("mimeType", of.mime.text);
    out_ += ">\n";
    for (const auto& row : document_slots()) slot(row.name, of.*row.place);
    slot("sourcePatientInfo", of.source_patient_info);
    localized("Name", of.title.text);
    localized("Description", of.comments.text);
    authors(document_author_scheme, of.id, of.authors);
    for (const auto& row : document_codes()) classification(row.scheme, of.id, of.*row.place);
    for (const auto& row : document_code_lists())
      for (const coded& value : of.*row.place) classification(row.scheme, of.id, value);
    for (const auto& row : document_identifiers())
      identifier(row.scheme, of.id, std::string("XDSDocumentEntry.") + row.name, of.*row.place);
    out_ += "</rim:ExtrinsicObject>\n";
  }

  void link(const association& of) {
    const bool member = of.type == association_type::has_member;
    out_ += "<rim:Association";
    attribute("id", next_id());
    attribute("objectType", std::string(registry_object) + "Association");
    attribute("associationType", member ? "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
                                        : "urn:ihe:iti:2007:AssociationType:RPLC");
    attribute("sourceObject", of.source);
    attribute("targetObject", of.target);
    out_ += ">\n";
    if (member) slot("SubmissionSetStatus", sourced("Original"));
    out_ += "</rim:Association>\n";
  }

  std::string out_;
  std::size_t ids_ = 0;
};

}  // namespace

std::string write_metadata(const submission& what) { return writer().write(what); }

}  // namespace liaison::xdm
