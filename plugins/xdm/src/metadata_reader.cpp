// SPDX-License-Identifier: Apache-2.0
// ebRIM → values. Registry objects are looked for anywhere below the root: some senders wrap the request, some misname
// it.
#include "metadata.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace liaison::xdm {
namespace {

constexpr std::size_t documents_max = 1000, values_max = 1000;

bool is_named(const xmlNode* node, std::string_view name) {
  return node->type == XML_ELEMENT_NODE && local_name(node) == name;
}

class reader {
 public:
  reader(const xml_ledger& ledger, findings& found, std::string_view location)
      : ledger_(ledger), found_(found), location_(location) {}

  std::optional<submission> read(const xmlNode* root) {
    submission out;
    std::vector<const xmlNode*> packages;
    bool any = false;
    // Depth first, without recursion.
    for (const xmlNode* at = root; at != nullptr; at = following(at, root)) {
      if (at->type != XML_ELEMENT_NODE) continue;
      mark_structure(at);
      if (is_named(at, "ExtrinsicObject") && out.documents.size() < documents_max) {
        any = true;
        out.documents.push_back(document(at));
      } else if (is_named(at, "RegistryPackage")) {
        packages.push_back(at);
      } else if (is_named(at, "Classification")) {
        note_classification(at);
      } else if (is_named(at, "Association") || is_named(at, "Association1")) {
        any = true;
        out.associations.push_back(association_of(at));
      }
    }
    const xmlNode* set = find_set(packages);
    if (set != nullptr) out.set = submission_set_of(set);
    for (const xmlNode* package : packages)
      if (package != set) ledger_.drop_all(package, "folders of a registry have no place in the pivot");
    if (!any && set == nullptr) return std::nullopt;
    return out;
  }

 private:
  static const xmlNode* following(const xmlNode* node, const xmlNode* root) {
    if (node->children != nullptr && node->type == XML_ELEMENT_NODE) return node->children;
    while (node != root && node->next == nullptr) node = node->parent;
    return node == root ? nullptr : node->next;
  }

  /// Ids, schemes and names of the registry's own model say nothing of the document.
  void mark_structure(const xmlNode* node) {
    static constexpr std::array<const char*, 20> names{"id",
                                                       "lid",
                                                       "objectType",
                                                       "status",
                                                       "home",
                                                       "isOpaque",
                                                       "classifiedObject",
                                                       "classificationScheme",
                                                       "classificationNode",
                                                       "registryObject",
                                                       "identificationScheme",
                                                       "associationType",
                                                       "sourceObject",
                                                       "targetObject",
                                                       "lang",
                                                       "charset",
                                                       "slotType",
                                                       "versionName",
                                                       "userVersion",
                                                       "comment"};
    for (const char* name : names) ledger_.envelope(node, name);
    if (is_named(node, "Slot")) ledger_.envelope(node, "name");
    if (is_named(node, "VersionInfo") || is_named(node, "ContentVersionInfo") || is_named(node, "ObjectRef"))
      ledger_.envelope(node);
    if (is_named(node, "Association")) ledger_.envelope(node);
  }

  /// Which objects are sets and which folders, whether it is said inside them or beside them.
  void note_classification(const xmlNode* node) {
    const std::string kind = attribute_text(node, "classificationNode");
    if (kind.empty()) return;
    auto& objects = equals_ignoring_case(kind, set_node) ? sets_ : folders_;
    objects.insert(attribute_text(node, "classifiedObject"));
    if (node->parent != nullptr && is_named(node->parent, "RegistryPackage"))
      objects.insert(attribute_text(node->parent, "id"));
  }

  /// The package that is classified as a set; the only one when none is.
  const xmlNode* find_set(const std::vector<const xmlNode*>& packages) const {
    for (const xmlNode* package : packages)
      if (sets_.count(attribute_text(package, "id")) != 0) return package;
    for (const xmlNode* package : packages)
      if (folders_.count(attribute_text(package, "id")) == 0) return package;
    return nullptr;
  }

  /// `&amp;amp;` of a generator that escapes twice.
  sourced mended(sourced value) {
    for (std::size_t at = value.text.find("&amp;"); at != std::string::npos; at = value.text.find("&amp;", at + 1)) {
      value.text.erase(at + 1, 4);
      if (!found_.has(finding::double_escaped)) found_.add(finding::double_escaped, std::string(location_));
    }
    return value;
  }

  std::vector<sourced> values(const xmlNode* slot) {
    std::vector<sourced> all;
    const xmlNode* list = child(slot, "ValueList");
    for (const xmlNode* value = child(list, "Value"); value != nullptr && all.size() < values_max;
         value = next(value, "Value")) {
      sourced text = mended(ledger_.text(value));
      if (!text.empty()) all.push_back(std::move(text));
    }
    return all;
  }

  std::vector<sourced> slot(const xmlNode* of, std::string_view name) {
    for (const xmlNode* each = child(of, "Slot"); each != nullptr; each = next(each, "Slot"))
      if (equals_ignoring_case(attribute_text(each, "name"), name)) return values(each);
    return {};
  }

  sourced first(std::vector<sourced> values) { return values.empty() ? sourced{} : std::move(values.front()); }

  sourced localized(const xmlNode* of, const char* element) {
    const xmlNode* text = descend(of, {element, "LocalizedString"});
    sourced value = mended(ledger_.attribute(text, "value"));
    value.text = std::string(trim(value.text));
    return value;
  }

  coded code(const xmlNode* classification) {
    return {mended(ledger_.attribute(classification, "nodeRepresentation")), localized(classification, "Name"),
            first(slot(classification, "codingScheme"))};
  }

  author author_of(const xmlNode* classification) {
    ledger_.envelope(classification, "nodeRepresentation");
    return {slot(classification, "authorPerson"), slot(classification, "authorInstitution"),
            slot(classification, "authorRole"), slot(classification, "authorSpecialty"),
            slot(classification, "authorTelecommunication")};
  }

  template <class Object, class Rows>
  void read_identifiers(const xmlNode* of, Object& into, const Rows& rows) {
    for (const xmlNode* each = child(of, "ExternalIdentifier"); each != nullptr;
         each = next(each, "ExternalIdentifier")) {
      const std::string scheme = attribute_text(each, "identificationScheme");
      for (const auto& row : rows)
        if (equals_ignoring_case(scheme, row.scheme)) into.*row.place = mended(ledger_.attribute(each, "value"));
      ledger_.envelope(descend(each, {"Name", "LocalizedString"}), "value");  // "XDSDocumentEntry.patientId"
    }
  }

  document_entry document(const xmlNode* object) {
    document_entry out;
    out.id = attribute_text(object, "id");
    out.mime = ledger_.attribute(object, "mimeType");
    for (const auto& row : document_slots()) out.*row.place = first(slot(object, row.name));
    out.source_patient_info = slot(object, "sourcePatientInfo");
    out.title = localized(object, "Name");
    out.comments = localized(object, "Description");
    for (const xmlNode* each = child(object, "Classification"); each != nullptr; each = next(each, "Classification")) {
      const std::string scheme = attribute_text(each, "classificationScheme");
      if (equals_ignoring_case(scheme, document_author_scheme)) out.authors.push_back(author_of(each));
      for (const auto& row : document_codes())
        if (equals_ignoring_case(scheme, row.scheme)) out.*row.place = code(each);
      for (const auto& row : document_code_lists())
        if (equals_ignoring_case(scheme, row.scheme) && (out.*row.place).size() < values_max)
          (out.*row.place).push_back(code(each));
    }
    read_identifiers(object, out, document_identifiers());
    return out;
  }

  submission_set submission_set_of(const xmlNode* package) {
    submission_set out;
    out.id = attribute_text(package, "id");
    out.submission_time = first(slot(package, "submissionTime"));
    out.recipients = slot(package, "intendedRecipient");
    out.title = localized(package, "Name");
    out.comments = localized(package, "Description");
    for (const xmlNode* each = child(package, "Classification"); each != nullptr; each = next(each, "Classification")) {
      const std::string scheme = attribute_text(each, "classificationScheme");
      if (equals_ignoring_case(scheme, set_author_scheme)) out.authors.push_back(author_of(each));
      if (equals_ignoring_case(scheme, content_type_scheme)) out.content_type = code(each);
    }
    read_identifiers(package, out, set_identifiers());
    return out;
  }

  static association association_of(const xmlNode* node) {
    const std::string type = attribute_text(node, "associationType");
    const auto is = [&](std::string_view name) { return type == name || type.ends_with(":" + std::string(name)); };
    return {is("HasMember")                 ? association_type::has_member
            : is("RPLC") || is("XFRM_RPLC") ? association_type::replaces
                                            : association_type::other,
            attribute_text(node, "sourceObject"), attribute_text(node, "targetObject")};
  }

  const xml_ledger& ledger_;
  findings& found_;
  std::string_view location_;
  std::unordered_set<std::string> sets_, folders_;  // ids of the objects that are one
};

}  // namespace

std::optional<submission> read_metadata(const xmlDoc* tree, const xml_ledger& ledger, findings& found,
                                        std::string_view location) {
  return reader(ledger, found, location).read(xmlDocGetRootElement(tree));
}

}  // namespace liaison::xdm
