// SPDX-License-Identifier: Apache-2.0
// Facts of a CDA header (CI-SIS "structuration minimale"): read straight from the tree, nothing is translated.
#include "facts_reader.hpp"

#include "cda_findings.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace liaison::cda {
namespace {

facts::identifier identifier_of(const xmlNode* id) {
  facts::identifier found;
  const std::string root = attribute_text(id, "root");
  const std::string extension = std::string(trim(attribute_text(id, "extension")));
  if (extension.empty()) {
    found.value = root.empty() ? std::string() : (is_uuid(root) ? "urn:uuid:" + lower(root) : "urn:oid:" + root);
    found.system = root.empty() ? "" : "urn:ietf:rfc:3986";
  } else {
    found.system = root.empty() ? std::string() : system_of_oid(root);
    found.value = extension;
  }
  return found;
}

std::vector<facts::identifier> identifiers_of(const xmlNode* entity) {
  std::vector<facts::identifier> found;
  for (const xmlNode* id = child(entity, "id"); id != nullptr; id = next(id, "id")) {
    if (!is_null(id)) {
      found.push_back(identifier_of(id));
    }
  }
  return found;
}

std::string fhir_time(const call& of, const xmlNode* stamp) {
  const std::string value = attribute_text(stamp, "value");
  return value.empty() ? std::string() : fhir_from_hl7(trim(value), of.options().zone).value_or("");
}

bool link_is_trusted(const call& of) {
  rapidjson::Document options;
  options.Parse(of.options().endpoint.data(), of.options().endpoint.size());
  if (options.HasParseError() || !options.IsObject()) {
    return false;
  }
  const auto found = options.FindMember("trusted");
  return found != options.MemberEnd() && found->value.IsBool() && found->value.GetBool();
}

/// Parts of all names of the person by their French qualifiers.
struct name_parts {
  std::string birth_family, used_family, plain_family;
  std::string birth_given, used_given, plain_given;
};

void read_name(const xmlNode* name, name_parts& parts) {
  const std::string use = attribute_text(name, "use");
  for (const xmlNode* part : elements(name)) {
    const std::string value(trim(all_text(part)));
    if (value.empty()) {
      continue;
    }
    // Qualifiers are a list; SP is the old sign of the used name. A name with @use L, C stands for its parts without
    // one.
    const std::string qualifier = ' ' + attribute_text(part, "qualifier") + ' ';
    const bool birth = qualifier.find(" BR ") != std::string::npos;
    const bool used = qualifier.find(" CL ") != std::string::npos || qualifier.find(" SP ") != std::string::npos;
    std::string* place = nullptr;
    if (is_named(part, "family")) {
      place = birth        ? &parts.birth_family
              : used       ? &parts.used_family
              : use == "C" ? &parts.birth_family
                           : &parts.plain_family;
    } else if (is_named(part, "given")) {
      place = birth ? &parts.birth_given : used ? &parts.used_given : &parts.plain_given;
    }
    if (place != nullptr && place->empty()) {
      *place = value;
    } else if (place == &parts.plain_given) {
      *place += ' ' + value;
    }
  }
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  for (const std::string_view word : split(text, ' ')) {
    if (!trim(word).empty()) {
      found.emplace_back(trim(word));
    }
  }
  return found;
}

void read_traits(const xmlNode* person, facts::patient& into) {
  name_parts parts;
  for (const xmlNode* name = child(person, "name"); name != nullptr; name = next(name, "name")) {
    read_name(name, parts);
  }
  into.birth_family = parts.birth_family;
  into.family = !parts.used_family.empty()    ? parts.used_family
                : !parts.plain_family.empty() ? parts.plain_family
                                              : parts.birth_family;
  if (!parts.plain_given.empty()) {
    into.given = words(parts.plain_given);
    // "MARIE-LOUISE ANNE": the first birth given name may itself hold a blank.
    if (!parts.birth_given.empty() && parts.birth_given.find(' ') != std::string::npos &&
        (parts.plain_given + ' ').starts_with(parts.birth_given + ' ')) {
      into.given = words(parts.plain_given.substr(std::min(parts.birth_given.size() + 1, parts.plain_given.size())));
      into.given.insert(into.given.begin(), parts.birth_given);
    }
  } else if (!parts.birth_given.empty()) {
    into.given = {parts.birth_given};
  } else if (!parts.used_given.empty()) {
    into.given = {parts.used_given};
  }
  const std::string gender = attribute_text(child(person, "administrativeGenderCode"), "code");
  into.sex = gender == "M"    ? facts::sex::male
             : gender == "F"  ? facts::sex::female
             : gender.empty() ? facts::sex::unstated
                              : facts::sex::unknown;
  const std::string birth = attribute_text(child(person, "birthTime"), "value");
  into.birth_date = fhir_from_hl7(birth.substr(0, 8)).value_or("");
  const xmlNode* place = descend(person, {"birthplace", "place", "addr"});
  into.birth_place_code = std::string(trim(all_text(child(place, "county"))));
}

std::string home_postal_code(const xmlNode* role) {
  std::string found;
  for (const xmlNode* address = child(role, "addr"); address != nullptr; address = next(address, "addr")) {
    const std::string code(trim(all_text(child(address, "postalCode"))));
    const std::string use = attribute_text(address, "use");
    const bool home = use.find('H') == 0;
    if (!code.empty() && (found.empty() || home)) {
      found = code;
      if (home) {
        break;
      }
    }
  }
  if (!found.empty()) {
    return found;
  }
  // Unparsed form: "92100 BOULOGNE" is a line of its own.
  for (const xmlNode* address = child(role, "addr"); address != nullptr; address = next(address, "addr")) {
    for (const xmlNode* line = child(address, "streetAddressLine"); line != nullptr;
         line = next(line, "streetAddressLine")) {
      const std::string text(trim(all_text(line)));
      if (text.size() > 5 && is_digits(std::string_view(text).substr(0, 5)) && text[5] == ' ') {
        found = text.substr(0, 5);
      }
    }
  }
  return found;
}

std::string telecom_address(const xmlNode* entity) {
  std::string fallback;
  for (const xmlNode* telecom = child(entity, "telecom"); telecom != nullptr; telecom = next(telecom, "telecom")) {
    const std::string value(trim(attribute_text(telecom, "value")));
    if (value.starts_with("mailto:")) {
      return value.substr(7);
    }
    if (fallback.empty() && value.starts_with("x400:")) {
      fallback = value;
    }
  }
  return fallback;
}

facts::party party_of(const xmlNode* entity, const xmlNode* person, const xmlNode* organization) {
  facts::party found;
  found.name = person_name(child(person, "name"));
  found.organization = std::string(trim(all_text(child(organization, "name"))));
  found.speciality = attribute_text(child(entity, "code"), "displayName");
  found.identifiers = identifiers_of(entity);
  for (const facts::identifier& id : identifiers_of(organization)) {
    found.identifiers.push_back(id);
  }
  found.address = telecom_address(entity);
  if (found.address.empty()) {
    found.address = telecom_address(organization);
  }
  return found;
}

facts::party author_of(const xmlNode* author) {
  const xmlNode* assigned = child(author, "assignedAuthor");
  facts::party found =
      party_of(assigned, child(assigned, "assignedPerson"), child(assigned, "representedOrganization"));
  if (const xmlNode* device = child(assigned, "assignedAuthoringDevice")) {
    found.name = std::string(trim(all_text(child(device, "softwareName"))));
    if (found.name.empty()) {
      found.name = std::string(trim(all_text(child(device, "manufacturerModelName"))));
    }
  }
  found.role = attribute_text(child(author, "functionCode"), "code");
  return found;
}

facts::party recipient_of(const xmlNode* recipient) {
  const xmlNode* intended = child(recipient, "intendedRecipient");
  facts::party found =
      party_of(intended, child(intended, "informationRecipient"), child(intended, "receivedOrganization"));
  found.speciality.clear();
  found.role = attribute_text(recipient, "typeCode") == "TRC" ? "copy" : "primary";
  return found;
}

std::string document_status(const xmlNode* document) {
  if (attribute_text(descend(document, {"documentationOf", "serviceEvent", "statusCode"}), "code") == "active") {
    return "partial";
  }
  return attribute_text(child(document, "relatedDocument"), "typeCode") == "RPLC" ? "amended" : "final";
}

void read_document(const call& of, const xmlNode* document, facts::document& into) {
  into.id = id_text(child(document, "id"));
  into.set_id = id_text(child(document, "setId"));
  const std::string version = attribute_text(child(document, "versionNumber"), "value");
  if (is_digits(version) && version.size() < 10) {
    into.version = static_cast<std::uint32_t>(std::stoul(version));
  }
  for (const xmlNode* related = child(document, "relatedDocument"); related != nullptr;
       related = next(related, "relatedDocument")) {
    if (attribute_text(related, "typeCode") == "RPLC") {
      into.replaces = id_text(descend(related, {"parentDocument", "id"}));
    }
  }
  const xmlNode* code = child(document, "code");
  into.type = {system_of_oid(attribute_text(code, "codeSystem")), attribute_text(code, "code"),
               attribute_text(code, "displayName")};
  into.title = std::string(trim(all_text(child(document, "title"))));
  into.created = fhir_time(of, child(document, "effectiveTime"));
  into.language = attribute_text(child(document, "languageCode"), "code");
  into.confidentiality = attribute_text(child(document, "confidentialityCode"), "code");
  into.status = document_status(document);
}

facts::value value_of(const id_index& ids, const xmlNode* observation) {
  facts::value found;
  found.label = result_label(ids, observation);
  const xmlNode* code = child(observation, "code");
  found.code = attribute_text(code, "code");
  if (found.code.empty()) {
    found.code = attribute_text(child(code, "translation"), "code");
  }
  const xmlNode* value = child(observation, "value");
  const std::string type = value_type(value);
  const auto quantity = [](const xmlNode* of, std::string_view comparator) {
    return std::pair(std::string(comparator) + attribute_text(of, "value"), attribute_text(of, "unit"));
  };
  if (type.starts_with("IVL")) {
    const xmlNode* low = child(value, "low");
    const xmlNode* high = child(value, "high");
    const bool has_low = !attribute_text(low, "value").empty();
    const bool has_high = !attribute_text(high, "value").empty();
    if (has_low && has_high) {
      found.value = attribute_text(low, "value") + '-' + attribute_text(high, "value");
      found.unit = attribute_text(low, "unit");
    } else if (has_high) {
      std::tie(found.value, found.unit) = quantity(high, attribute_text(high, "inclusive") == "false" ? "<" : "<=");
    } else if (has_low) {
      std::tie(found.value, found.unit) = quantity(low, attribute_text(low, "inclusive") == "false" ? ">" : ">=");
    }
  } else if (!attribute_text(value, "value").empty()) {
    std::tie(found.value, found.unit) = quantity(value, "");
  } else {
    found.value = attribute_text(value, "displayName");
    if (found.value.empty()) {
      found.value = referenced_text(ids, type == "ST" || type == "ED" ? value : child(value, "originalText"));
    }
    if (found.value.empty()) {
      found.value = attribute_text(value, "code");
    }
  }
  const xmlNode* range = descend(observation, {"referenceRange", "observationRange"});
  found.low = attribute_text(descend(range, {"value", "low"}), "value");
  found.high = attribute_text(descend(range, {"value", "high"}), "value");
  found.flag = attribute_text(child(observation, "interpretationCode"), "code");
  found.status = attribute_text(child(observation, "statusCode"), "code");
  const xmlNode* second = child(value, "translation");
  if (second == nullptr || attribute_text(second, "value").empty()) {
    second = next(value, "value");
  }
  if (!attribute_text(second, "value").empty()) {
    const auto unit_of = [](const xmlNode* of) {
      const std::string unit = attribute_text(of, "unit");
      return unit.empty() ? attribute_text(of, "code") : unit;
    };
    found.second = facts::second_value{attribute_text(second, "value"), unit_of(second),
                                       attribute_text(descend(range, {"value", "low", "translation"}), "value"),
                                       attribute_text(descend(range, {"value", "high", "translation"}), "value")};
  }
  return found;
}

bool is_lab_entry(const xmlNode* node) {
  return has_template(node, "1.3.6.1.4.1.19376.1.3.1") || has_template(node, "1.2.250.1.213.1.1.3.21");
}

bool is_lab_observation(const xmlNode* node) {
  return has_template(node, "1.3.6.1.4.1.19376.1.3.1.6") || has_template(node, "1.2.250.1.213.1.1.3.80");
}

const xmlNode* skip_subtree(const xmlNode* node, const xmlNode* root) {
  while (node != root && node->next == nullptr) {
    node = node->parent;
  }
  return node == root ? nullptr : node->next;
}

}  // namespace

std::string id_text(const xmlNode* id) {
  const std::string root = attribute_text(id, "root");
  const std::string extension = attribute_text(id, "extension");
  if (!extension.empty()) {
    return root.empty() ? extension : root + '^' + extension;
  }
  if (is_uuid(root)) {
    return "urn:uuid:" + lower(root);
  }
  return root.empty() ? root : "urn:oid:" + root;
}

std::string person_name(const xmlNode* name) {
  std::string text;
  for (const char* part : {"prefix", "given", "family", "suffix"}) {
    // The title of a professional ("DR") stands in suffix and is spoken first.
    const char* wanted = std::string_view(part) == "prefix" && child(name, "suffix") != nullptr ? "suffix" : part;
    if (std::string_view(part) == "suffix") {
      continue;
    }
    for (const xmlNode* node = child(name, wanted); node != nullptr; node = next(node, wanted)) {
      const std::string value(trim(all_text(node)));
      if (!value.empty()) {
        text += (text.empty() ? "" : " ") + value;
      }
    }
  }
  return text.empty() ? std::string(trim(all_text(name))) : text;
}

identity_result read_identity(const call& of, const xmlNode* role) {
  identity_result result;
  facts::patient& patient = result.patient;
  read_traits(child(role, "patient"), patient);
  patient.postal_code = home_postal_code(role);
  std::string ins;
  for (const xmlNode* id = child(role, "id"); id != nullptr; id = next(id, "id")) {
    if (is_null(id)) {
      continue;
    }
    facts::identifier found = identifier_of(id);
    found.kind = attribute_text(id, "extension").empty() ? facts::identifier_kind::other
                                                         : identifier_kind_of(attribute_text(id, "root"));
    if (is_ins(found.kind)) {
      if (!ins.empty() && ins != found.system + found.value) {
        result.two_ins = true;
        tell(of, finding::two_identities, xml_location(id, "extension"));
      }
      ins = found.system + found.value;
    }
    patient.identifiers.push_back(std::move(found));
  }
  // Nothing in a CDA header carries a status: an INS with its five traits is as good as the link that brought it.
  const bool five_traits = !patient.birth_family.empty() && !patient.given.empty() && !patient.birth_date.empty() &&
                           patient.sex != facts::sex::unstated && !patient.birth_place_code.empty();
  if (!ins.empty() && five_traits && !result.two_ins) {
    patient.identity_status =
        link_is_trusted(of) ? facts::identity_status::qualified : facts::identity_status::retrieved;
  }
  return result;
}

std::vector<media> find_media(const xmlNode* document) {
  std::vector<media> found;
  for (const xmlNode* node = document; node != nullptr; node = following(node, document)) {
    const bool body = is_named(node, "nonXMLBody");
    const xmlNode* value = body                                 ? child(node, "text")
                           : is_named(node, "observationMedia") ? child(node, "value")
                                                                : nullptr;
    if (value != nullptr) {
      std::string type = attribute_text(value, "mediaType");
      found.push_back({node, value, type.empty() && body ? "text/plain" : type});
    }
  }
  return found;
}

std::optional<std::string> media_bytes(const call& of, const media& body) {
  // A body of megabytes is one text node: it is read where it stands.
  const xmlNode* first = body.value->children;
  const bool single =
      first != nullptr && first->type == XML_TEXT_NODE && first->next == nullptr && first->content != nullptr;
  const std::string gathered = single ? std::string() : all_text(body.value);
  const std::string_view text = single ? std::string_view(reinterpret_cast<const char*>(first->content)) : gathered;
  if (attribute_text(body.value, "representation") != "B64" && body.content_type.starts_with("text/")) {
    return std::string(text);
  }
  base64_defects defects;
  auto bytes = base64_decode(text, &defects);
  if (!bytes) {
    tell(of, finding::bad_base64, xml_location(body.value),
         defects.invalid_at ? "not base64 at character " + std::to_string(*defects.invalid_at)
                            : "base64 of an impossible length");
  } else if (defects.padding_missing) {
    tell(of, finding::base64_padding, xml_location(body.value));
  }
  if (bytes && bytes->empty()) {
    tell(of, finding::empty_body, xml_location(body.value));
  }
  return bytes;
}

void for_each_result(const xmlNode* document, const std::function<void(const xmlNode*)>& visit) {
  const xmlNode* lab_entry_end = nullptr;  // the node behind the laboratory entry that we are in
  bool in_lab_entry = false;
  for (const xmlNode* node = document; node != nullptr;) {
    if (node == lab_entry_end) {
      in_lab_entry = false;
    }
    if (is_named(node, "entryRelationship") && attribute_text(node, "typeCode") == "REFR") {
      const xmlNode* behind = skip_subtree(node, document);  // previous results
      if (in_lab_entry && lab_entry_end != nullptr && behind == lab_entry_end) {
        in_lab_entry = false;
      }
      node = behind;
      continue;
    }
    if (is_named(node, "entry") && (is_lab_entry(node) || is_lab_entry(child(node, "act")))) {
      in_lab_entry = true;
      lab_entry_end = skip_subtree(node, document);
    }
    if (is_named(node, "observation") && child(node, "value") != nullptr &&
        (in_lab_entry || is_lab_observation(node))) {
      visit(node);
    }
    node = following(node, document);
  }
}

std::string result_label(const id_index& ids, const xmlNode* observation) {
  const xmlNode* code = child(observation, "code");
  const std::string printed = referenced_text(ids, child(code, "originalText"));
  const std::string digits = attribute_text(child(observation, "value"), "value");
  // Some reports point from the code at the value that is printed beside it.
  if (!printed.empty() && (digits.empty() || !printed.starts_with(digits))) {
    return printed;
  }
  std::string display = attribute_text(code, "displayName");
  if (display.empty()) {
    display = attribute_text(child(code, "translation"), "displayName");
  }
  return display;
}

/// HL7 0004 for ActEncounterCode; empty for a code that has no such class.
std::string_view patient_class_of(std::string_view code) {
  struct row {
    std::string_view code, patient_class;
  };
  static constexpr row rows[] = {{"IMP", "I"}, {"ACUTE", "I"}, {"NONAC", "I"}, {"EMER", "E"}, {"PRENC", "P"},
                                 {"AMB", "O"}, {"SS", "O"},    {"HH", "O"},    {"VR", "O"},   {"FLD", "O"}};
  const auto found = std::ranges::find(rows, code, &row::code);
  return found == std::end(rows) ? std::string_view() : found->patient_class;
}

void read_encounter(const call& of, const xmlNode* encounter, facts::message_facts& into) {
  into.event.code = attribute_text(child(encounter, "code"), "code");
  const xmlNode* period = child(encounter, "effectiveTime");
  into.encounter.patient_class = patient_class_of(into.event.code);
  into.encounter.start = fhir_time(of, child(period, "low"));
  into.encounter.end = fhir_time(of, child(period, "high"));
  if (into.encounter.start.empty()) {
    into.encounter.start = fhir_time(of, period);
  }
  into.event.time = into.encounter.start;
  for (const xmlNode* id = child(encounter, "id"); id != nullptr && !into.patients.empty(); id = next(id, "id")) {
    if (!is_null(id)) {
      into.patients.front().identifiers.push_back(identifier_of(id));
      into.patients.front().identifiers.back().kind = facts::identifier_kind::stay;
    }
  }
}

facts::message_facts read_facts(const call& of, const opened& file, bool& two_ins) {
  const xmlNode* document = file.document;
  facts::message_facts found;
  found.format = "cda";
  found.profile = descend(document, {"component", "nonXMLBody"}) != nullptr ? "ci-sis-n1" : "ci-sis-n3";
  const id_index ids(of.options().values ? document : nullptr);
  for (const xmlNode* target = child(document, "recordTarget"); target != nullptr;
       target = next(target, "recordTarget")) {
    identity_result identity = read_identity(of, child(target, "patientRole"));
    two_ins = two_ins || identity.two_ins;
    found.patients.push_back(std::move(identity.patient));
  }
  if (found.patients.size() > 1) {
    two_ins = true;
    tell(of, finding::two_identities, "/ClinicalDocument/recordTarget[2]");
  }
  read_document(of, document, found.document);
  for (const xmlNode* author = child(document, "author"); author != nullptr; author = next(author, "author")) {
    found.authors.push_back(author_of(author));
  }
  for (const xmlNode* to = child(document, "informationRecipient"); to != nullptr;
       to = next(to, "informationRecipient")) {
    found.recipients.push_back(recipient_of(to));
  }
  read_encounter(of, descend(document, {"componentOf", "encompassingEncounter"}), found);
  for_each_result(document, [&](const xmlNode* observation) {
    ++found.results;
    if (of.options().values) {
      found.values.push_back(value_of(ids, observation));
    }
  });
  for (const media& body : find_media(document)) {
    if (const auto bytes = media_bytes(of, body)) {
      found.attachments.push_back({body.content_type, bytes->size(), sha256_hex(*bytes)});
    }
  }
  return found;
}

}  // namespace liaison::cda
