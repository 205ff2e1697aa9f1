// SPDX-License-Identifier: Apache-2.0
#include "submission.hpp"

#include "document_entry.hpp"
#include "identity.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>

#include <memory>
#include <vector>

namespace liaison::fhir {
namespace {

constexpr std::string_view own = "https://liaison.example/fhir/StructureDefinition/";
constexpr std::string_view mhd = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";
constexpr std::string_view pdsm = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/";

/// "2.25." and the UUID as a decimal number (ITU-T X.667): an OID for whoever has none.
std::string oid_of_uuid(std::string_view uuid) {
  std::string decimal = "0";
  for (const char c : uuid) {
    if (c == '-') continue;
    unsigned carry = c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'a') + 10U;
    for (std::size_t at = decimal.size(); at-- > 0;) {
      const unsigned digit = static_cast<unsigned>(decimal[at] - '0') * 16U + carry;
      decimal[at] = static_cast<char>('0' + digit % 10U);
      carry = digit / 10U;
    }
    for (; carry > 0; carry /= 10U) decimal.insert(decimal.begin(), static_cast<char>('0' + carry % 10U));
  }
  return "2.25." + decimal;
}

/// MHD 4.2.0 tells the identifiers of a set apart by use, 4.2.4 by type.
std::string identifier(std::string_view use, std::string_view type, std::string_view value) {
  return "{\"use\":" + json_text(use) +
         R"(,"type":{"coding":[{"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType","code":)" +
         json_text(type) + R"(}]},"system":"urn:ietf:rfc:3986","value":)" + json_text(value) + "}";
}

class submission {
 public:
  submission(const call& of, const bundle_view& pivot, placements& where, account& ledger)
      : options_(of),
        in_{of,    pivot,  options_,
            where, ledger, !of.options().id_seed.empty() ? of.options().id_seed : sha256_hex(of.input())},
        bundle_(pivot),
        tree_(pivot.source()) {}

  std::optional<std::string> transaction() {
    if (!prepare()) return std::nullopt;
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      const entry_place place{entry_pointer(1 + i), subject(), url("binary", i)};
      const auto entry =
          write_document_entry(in_, described_by(bundle_, i), documents_[i], entry_form::comprehensive, place);
      if (!entry) return std::nullopt;
      references_.push_back(*entry);
    }
    const auto set = submission_set();
    if (!set) return std::nullopt;
    put(url("set", 0), *set, "POST", "List", "identifier=urn:ietf:rfc:3986|" + set_id());
    for (std::size_t i = 0; i < references_.size(); ++i) {
      const document_identity id = identity_of(in_, documents_[i]);
      put(url("reference", i), references_[i], "POST", "DocumentReference", "identifier=" + id.system + "|" + id.value);
    }
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      put(url("binary", i), binary(documents_[i]), "POST", "Binary", {});
      if (i < carried_data_.size())
        in_.where.copied(carried_data_[i], entry_pointer(1 + documents_.size() + i) + "/data");
    }
    replacements();
    patient();
    return R"({"resourceType":"Bundle","meta":{"profile":[")" + std::string(pdsm) +
           R"(pdsm-comprehensive-provide-document-bundle",")" + std::string(mhd) +
           R"(IHE.MHD.Comprehensive.ProvideBundle"]},"type":"transaction","entry":[)" + entries_ + "]}";
  }

  std::optional<std::string> single() {
    if (!prepare()) return std::nullopt;
    if (documents_.size() > 1)
      return refuse("fhir-several-documents", "a simplified publish carries one document and there are several");
    if (!carried_data_.empty()) in_.where.copied(carried_data_.front(), "/content/0/attachment/data");
    return write_document_entry(in_, composition_, documents_.front(), entry_form::simplified, {{}, {}, {}});
  }

 private:
  std::nullopt_t refuse(std::string_view code, std::string_view what) {
    in_.request.report(severity::error, code, "Bundle", what);
    return std::nullopt;
  }

  bool prepare() {
    composition_ = described_by(bundle_, 0);
    if (composition_ == none) {
      refuse("fhir-no-document", "there is no Composition, hence no document to share");
      return false;
    }
    if (tree_.text(composition_, "status") == "entered-in-error") {
      refuse("fhir-pdsm-no-deletion", "MHD has no transaction that deletes a document");
      return false;
    }
    for (const carried_document& one : in_.request.carried()) {
      std::string type(one.content_type);
      if (type.empty() || one.format == "cda") type = one.format == "fhir" ? "application/fhir+json" : cda_type();
      documents_.push_back({one.bytes, std::move(type), std::string(one.format), {}, documents_.size()});
    }
    if (documents_.empty()) take_files();
    if (!documents_.empty()) return true;
    refuse("fhir-nothing-to-carry", "neither a document to carry nor a file in the pivot");
    return false;
  }

  std::string cda_type() const {
    const auto stated = options_.text("cda_media_type");
    return stated.empty() ? "application/xml" : std::string(stated);
  }

  /// Without a document to wrap: the files that the pivot holds.
  void take_files() {
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none || tree_.type_of(entry.resource) != "DocumentReference") continue;
      const node_id attachment = tree_.find(entry.resource, "content/0/attachment");
      const node_id binary = bundle_.resolve_url(tree_.text(attachment, "url"));
      const node_id data = binary != none ? tree_.child(binary, "data") : tree_.child(attachment, "data");
      auto bytes = data == none ? std::nullopt : base64_decode(tree_[data].text);
      if (!bytes) continue;
      files_.push_back(std::make_unique<std::string>(std::move(*bytes)));
      documents_.push_back({*files_.back(),
                            std::string(tree_.text(attachment, "contentType")),
                            {},
                            std::string(tree_.text(attachment, "title")),
                            documents_.size()});
      carried_data_.push_back(data);
    }
  }

  static std::string entry_pointer(std::size_t ordinal) { return "/entry/" + std::to_string(ordinal) + "/resource"; }
  std::string url(std::string_view what, std::size_t ordinal) const {
    return "urn:uuid:" + uuid_v5(in_.seed + "/" + std::string(what) + "/" + std::to_string(ordinal));
  }
  std::string set_id() const { return "urn:oid:" + oid_of_uuid(uuid_v5(in_.seed + "/submission")); }

  node_id person() const {
    const node_id named = bundle_.resolve(tree_.child(composition_, "subject"));
    return tree_.type_of(named) == "Patient" ? named : bundle_.first("Patient");
  }

  /// The identifier that a recipient knows the patient by: the INS when it may leave, else the first one.
  std::string patient_query() const {
    node_id found = none;
    tree_.each(tree_.child(person(), "identifier"), [&](node_id one) {
      if (tree_.text(one, "value").empty() || tree_.text(one, "system").empty()) return;
      if (found == none || (is_ins(kind_of(tree_, one)) && !is_ins(kind_of(tree_, found)))) found = one;
    });
    if (found == none) return {};
    return "identifier=" + std::string(tree_.text(found, "system")) + "|" + std::string(tree_.text(found, "value"));
  }

  bool subject_is_conditional() const { return options_.text("subject") == "conditional" && !patient_query().empty(); }
  std::string subject() const {
    return "{\"reference\":" + json_text(subject_is_conditional() ? "Patient?" + patient_query() : url("patient", 0)) +
           "}";
  }

  void put(const std::string& full_url, const std::string& resource, std::string_view method, std::string_view target,
           const std::string& if_none_exist) {
    if (!entries_.empty()) entries_ += ',';
    entries_ += "{\"fullUrl\":" + json_text(full_url) + ",\"resource\":" + resource +
                ",\"request\":{\"method\":" + json_text(method) + ",\"url\":" + json_text(target);
    if (!if_none_exist.empty()) entries_ += ",\"ifNoneExist\":" + json_text(if_none_exist);
    entries_ += "}}";
  }

  static std::string binary(const document_content& of) {
    return R"({"resourceType":"Binary","contentType":)" + json_text(of.content_type) + ",\"data\":\"" +
           base64_encode(of.bytes) + "\"}";
  }

  std::optional<std::string> submission_set() {
    containment inside(bundle_, in_.where, entry_pointer(0));
    std::string extensions = "{\"url\":\"" + std::string(mhd) + "ihe-designationType\",\"valueCodeableConcept\":" +
                             class_concept(class_of(in_, composition_)) + "},";
    extensions += "{\"url\":\"" + std::string(mhd) + "ihe-sourceId\",\"valueIdentifier\":" + source_id() + "}";
    recipients(inside, extensions);
    const std::string source = source_of_set(inside);
    if (source.empty())
      return refuse("fhir-pdsm-source", "PDSm requires the source of the submission and the document names nobody");
    std::string items;
    for (std::size_t i = 0; i < references_.size(); ++i)
      items += (i == 0 ? "" : ",") + std::string("{\"item\":{\"reference\":") + json_text(url("reference", i)) + "}}";
    std::string text = R"({"resourceType":"List","meta":{"profile":[")" + std::string(pdsm) +
                       R"(pdsm-submissionset-comprehensive",")" + std::string(mhd) +
                       R"(IHE.MHD.Comprehensive.SubmissionSet"]},"contained":)" + inside.json();
    text += ",\"extension\":[" + extensions + "],\"identifier\":[";
    text += identifier("usual", "uniqueId", set_id()) + ",";
    text += identifier("official", "entryUUID", url("set", 0)) + "]";
    text +=
        R"(,"status":"current","mode":"working","code":{"coding":[{"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes","code":"submissionset"}]},"subject":)" +
        subject();
    text +=
        ",\"date\":" + json_text(in_.request.options().now) + ",\"source\":" + source + ",\"entry\":[" + items + "]}";
    in_.ledger.added("/entry/0/resource/identifier/0/value", set_id(), "a submission set has an id of its own");
    in_.ledger.added("/entry/0/resource/date", in_.request.options().now, "when it is submitted");
    return text;
  }

  /// Who runs the sending system: the option, else the custodian's or author's organization as it is known nationally.
  std::string source_id() {
    if (const auto oid = options_.text("source_id"); !oid.empty()) {
      in_.ledger.added("/entry/0/resource/extension/1/valueIdentifier", oid, "the option source_id states it");
      return R"({"system":"urn:ietf:rfc:3986","value":)" + json_text("urn:oid:" + std::string(oid)) + "}";
    }
    node_id found = tree_.find(bundle_.resolve(tree_.child(composition_, "custodian")), "identifier/0");
    if (found == none) {
      const node_id author = bundle_.resolve(tree_.find(composition_, "author/0"));
      found = tree_.find(bundle_.resolve(tree_.child(author, "organization")), "identifier/0");
    }
    if (!tree_.text(found, "system").empty() && !tree_.text(found, "value").empty())
      return "{\"system\":" + json_text(tree_.text(found, "system")) +
             ",\"value\":" + json_text(tree_.text(found, "value")) + "}";
    const std::string made = "urn:uuid:" + uuid_v5("source " + std::string(tree_.text(0, "identifier/system")));
    in_.request.report(severity::warning, "fhir-pdsm-source-id-assumed", "Bundle",
                       "MHD requires the id of the sending system; the option source_id can state it");
    in_.ledger.added("/entry/0/resource/extension/1/valueIdentifier", made,
                     "MHD requires the id of the sending system");
    return R"({"system":"urn:ietf:rfc:3986","value":)" + json_text(made) + "}";
  }

  void recipients(containment& inside, std::string& extensions) {
    std::size_t ordinal = 2;
    tree_.each(tree_.child(composition_, "extension"), [&](node_id one) {
      if (tree_.text(one, "url") != std::string(own) + "recipient") return;
      const node_id reference = tree_.child(one, "valueReference");
      const node_id target = bundle_.resolve(reference);
      const std::string_view type = tree_.type_of(target);
      const bool professional = type == "Practitioner" || type == "PractitionerRole" || type == "Organization";
      const bool other = type == "Patient" || type == "RelatedPerson" || type == "Device";
      if (!professional && !other) return;
      const std::string name =
          professional ? std::string(pdsm) + "pdsm-ext-intended-recipient" : std::string(mhd) + "ihe-intendedRecipient";
      extensions += ",{\"url\":" + json_text(name) + ",\"valueReference\":" + inside.reference(target) + "}";
      in_.where.copied(tree_.child(reference, "reference"),
                       "/entry/0/resource/extension/" + std::to_string(ordinal++) + "/valueReference/reference");
    });
  }

  std::string source_of_set(containment& inside) {
    std::string found;
    tree_.each(tree_.child(composition_, "extension"), [&](node_id one) {
      if (found.empty() && tree_.text(one, "url") == std::string(own) + "sender") {
        found = inside.role_reference(tree_.child(one, "valueReference"));
        in_.where.copied(tree_.find(one, "valueReference/reference"), "/entry/0/resource/source/reference");
      }
    });
    tree_.each(tree_.child(composition_, "author"), [&](node_id author) {
      if (found.empty()) found = inside.role_reference(author);
    });
    if (found.empty()) found = inside.role_reference(tree_.child(composition_, "custodian"));
    return found;
  }

  /// MHD 4.2: what is replaced becomes superseded in the same transaction.
  void replacements() {
    std::size_t ordinal = 0;
    tree_.each(tree_.child(composition_, "relatesTo"), [&](node_id relation) {
      const std::string query = replaced_query(tree_, relation);
      if (tree_.text(relation, "code") != "replaces" || query.empty()) return;
      put(url("patch", ordinal++),
          R"({"resourceType":"Parameters","meta":{"profile":[")" + std::string(mhd) +
              R"(IHE.MHD.Patch.Parameters"]},"parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"DocumentReference.status"},{"name":"value","valueCode":"superseded"}]}]})",
          "PATCH", query, {});
    });
  }

  void patient() {
    if (subject_is_conditional()) return;
    const node_id who = person();
    const std::string at = "/entry/" + std::to_string(1 + 2 * documents_.size() + patch_count());
    containment inside(bundle_, in_.where, at + "/resource");
    std::string text = R"({"resourceType":"Patient")";
    for (node_id id = tree_[who].first; id != none; id = tree_[id].next) {
      const std::string_view name = tree_[id].name;
      if (name == "resourceType" || name == "id" || name == "contained" || name == "text") continue;
      text += "," + json_text(name) + ":";
      write_json(tree_, id, text, [&](node_id inner) -> std::optional<std::string> {
        if (tree_[inner].name != "reference") return nos_system_instead(tree_, inner);
        const node_id target = bundle_.resolve(tree_[inner].parent);
        if (target == none) return std::nullopt;
        const std::string local = inside.reference(target);  // {"reference":"#…"}
        return local.substr(14, local.size() - 16);
      });
      in_.where.copied(id, at + "/resource/" + std::string(name));
    }
    if (const std::string all = inside.json(); !all.empty()) text += ",\"contained\":" + all;
    put(url("patient", 0), text + "}", "POST", "Patient", patient_query());
  }

  std::size_t patch_count() const {
    std::size_t count = 0;
    tree_.each(tree_.child(composition_, "relatesTo"), [&](node_id relation) {
      if (tree_.text(relation, "code") == "replaces" && !replaced_query(tree_, relation).empty()) ++count;
    });
    return count;
  }

  endpoint_options options_;
  entry_context in_;
  const bundle_view& bundle_;
  const tree& tree_;
  node_id composition_ = none;
  std::vector<document_content> documents_;
  std::vector<std::unique_ptr<std::string>> files_;  ///< what `documents_` borrows
  std::vector<node_id> carried_data_;                ///< where `files_` come from
  std::vector<std::string> references_;
  std::string entries_;
};

}  // namespace

std::optional<std::string> write_submission(const call& of, const bundle_view& pivot, placements& where,
                                            account& ledger) {
  return submission(of, pivot, where, ledger).transaction();
}

std::optional<std::string> write_simplified_publish(const call& of, const bundle_view& pivot, placements& where,
                                                    account& ledger) {
  return submission(of, pivot, where, ledger).single();
}

}  // namespace liaison::fhir
