// SPDX-License-Identifier: Apache-2.0
#include "cda_header.hpp"

#include "tables.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

#include <liaison/common/xml.hpp>

#include <algorithm>

namespace liaison::xdm {
namespace {

constexpr std::size_t people_max = 100, codes_max = 100;

bool is_null(const xmlNode* node) { return node == nullptr || !attribute_text(node, "nullFlavor").empty(); }

std::string text_at(const xmlNode* node) { return std::string(trim(all_text(node))); }

const xmlNode* find_document(const xmlNode* root) {
  // A self-presenting or signed document has another root.
  const xmlNode* at = root;
  while (at != nullptr) {
    if (at->type == XML_ELEMENT_NODE && local_name(at) == "ClinicalDocument") return at;
    if (at->type == XML_ELEMENT_NODE && at->children != nullptr) {
      at = at->children;
      continue;
    }
    while (at != root && at->next == nullptr) at = at->parent;
    at = at == root ? nullptr : at->next;
  }
  return nullptr;
}

/// An XDS uniqueId is an OID, with its extension where there is one.
std::string unique_id_of(const xmlNode* id) {
  const std::string root = attribute_text(id, "root"), extension = attribute_text(id, "extension");
  const std::string oid = is_uuid(root) ? oid_of_uuid(root) : root;
  return extension.empty() ? oid : oid + "^" + extension;
}

/// First id that says something; of people the national one before all others.
identifier identifier_of(const xmlNode* entity, std::string_view preferred_root) {
  identifier found;
  for (const xmlNode* id = child(entity, "id"); id != nullptr; id = next(id, "id")) {
    if (is_null(id)) continue;
    const std::string root = attribute_text(id, "root");
    const std::string extension(trim(attribute_text(id, "extension")));
    if (!found.empty() && root != preferred_root) continue;
    found = extension.empty() ? identifier{root, "", ""} : identifier{extension, root, ""};
    if (root == preferred_root) break;
  }
  return found;
}

organization organization_of(const xmlNode* node) {
  organization out;
  out.name = text_at(child(node, "name"));
  out.id = identifier_of(node, oid_struct_idnat);
  if (!out.id.empty()) out.id.type = out.id.oid == oid_struct_idnat ? "IDNST" : out.id.oid == "1.3.2" ? "SIREN" : "XX";
  return out;
}

/// A person, or the device that stands for one.
person person_of(const xmlNode* assigned) {
  person who;
  who.id = identifier_of(assigned, oid_ps_idnat);
  if (const xmlNode* device = child(assigned, "assignedAuthoringDevice")) {
    who.is_device = true;
    who.family = text_at(child(device, "manufacturerModelName"));
    who.given = text_at(child(device, "softwareName"));
    if (who.family.empty()) std::swap(who.family, who.given);
    who.id.type = who.id.empty() ? "" : "RI";
    return who;
  }
  const xmlNode* name = descend(assigned, {"assignedPerson", "name"});
  who.family = text_at(child(name, "family"));
  who.given = text_at(child(name, "given"));
  who.prefix = text_at(child(name, "prefix"));
  who.suffix = text_at(child(name, "suffix"));
  if (who.family.empty() && child(name, "given") == nullptr) who.family = text_at(name);
  const bool internal = who.id.value.find('/') != std::string::npos;
  who.id.type = who.id.empty() ? "" : who.id.oid == oid_ps_idnat && !internal ? "IDNPS" : "EI";
  return who;
}

coded code_of(const xmlNode* node) {
  if (node == nullptr) return {};
  const xmlNode* from = node;
  if (attribute_text(from, "code").empty()) from = child(node, "translation");
  return {sourced(attribute_text(from, "code")), sourced(attribute_text(from, "displayName")),
          sourced(attribute_text(from, "codeSystem"))};
}

class header_reader {
 public:
  header_reader(const xmlNode* document, const xmlNode* root, std::string_view zone)
      : document_(document), root_(root), zone_(zone) {}

  cda_header read() {
    document_entry& entry = out_.entry;
    const std::string_view root_name = local_name(root_);
    entry.mime = sourced(root_name == "stylesheet" || root_name == "transform" ? "application/xslt+xml" : "text/xml");
    entry.unique_id = sourced(unique_id_of(child(document_, "id")));
    entry.type_code = code_of(child(document_, "code"));
    if (const auto class_code = class_of_type(entry.type_code.code.text)) entry.class_code = coded_of(*class_code);
    entry.title = sourced(text_at(child(document_, "title")));
    entry.language = sourced(attribute_text(child(document_, "languageCode"), "code"));
    entry.creation_time = time(child(document_, "effectiveTime"));
    entry.confidentiality.push_back(code_of(child(document_, "confidentialityCode")));
    if (entry.confidentiality.back().empty()) entry.confidentiality.clear();
    entry.legal_authenticator =
        sourced(xcn_of(person_of(descend(document_, {"legalAuthenticator", "assignedEntity"}))));
    out_.custodian =
        organization_of(descend(document_, {"custodian", "assignedCustodian", "representedCustodianOrganization"}));
    read_format();
    read_patient(descend(document_, {"recordTarget", "patientRole"}));
    read_authors();
    read_acts();
    const xmlNode* encounter = descend(document_, {"componentOf", "encompassingEncounter"});
    out_.encounter_class = attribute_text(child(encounter, "code"), "code");
    entry.facility_code = code_of(descend(encounter, {"location", "healthCareFacility", "code"}));
    for (const xmlNode* related = child(document_, "relatedDocument"); related != nullptr;
         related = next(related, "relatedDocument"))
      if (attribute_text(related, "typeCode") == "RPLC")
        out_.replaces = unique_id_of(descend(related, {"parentDocument", "id"}));
    return std::move(out_);
  }

 private:
  static coded coded_of(const code_value& value) {
    return {sourced(value.code), sourced(value.display), sourced(value.system)};
  }

  sourced time(const xmlNode* stamp) const {
    const auto fhir = fhir_from_hl7(trim(attribute_text(stamp, "value")), zone_);
    return sourced(fhir ? utc_of_fhir(*fhir) : std::string());
  }

  void read_format() {
    if (const xmlNode* body = descend(document_, {"component", "nonXMLBody"})) {
      const std::string type = attribute_text(child(body, "text"), "mediaType");
      if (const auto format = format_of_media(type.empty() ? "text/plain" : type))
        out_.entry.format_code = coded_of(*format);
      return;
    }
    // The model stands last; those of IHE and of HL7 France before it have no format of their own.
    for (const xmlNode* id = child(document_, "templateId"); id != nullptr; id = next(id, "templateId"))
      if (const auto format = format_of_template(attribute_text(id, "root")))
        out_.entry.format_code = coded_of(*format);
  }

  void read_patient(const xmlNode* role) {
    for (const xmlNode* id = child(role, "id"); id != nullptr && out_.patient_ids.size() < codes_max;
         id = next(id, "id")) {
      const std::string root = attribute_text(id, "root");
      const std::string extension(trim(attribute_text(id, "extension")));
      if (is_null(id) || extension.empty()) continue;
      out_.patient_ids.push_back({extension, root, is_ins(identifier_kind_of(root)) ? "NH" : "PI"});
    }
    const xmlNode* patient = child(role, "patient");
    read_names(patient);
    const auto line = [&](const char* field, const std::string& value) {
      if (!value.empty()) out_.entry.source_patient_info.emplace_back(std::string(field) + "|" + value);
    };
    const std::string birth(trim(attribute_text(child(patient, "birthTime"), "value")));
    line("PID-7", birth.substr(0, 8));
    const std::string gender = attribute_text(child(patient, "administrativeGenderCode"), "code");
    line("PID-8", gender == "M" || gender == "F" ? gender : gender.empty() ? "" : "U");
    const std::string place = text_at(child(descend(patient, {"birthplace", "place", "addr"}), "county"));
    line("PID-11", place.empty() ? "" : "^^^^^^BDL^^" + escaped(place));
  }

  void read_names(const xmlNode* patient) {
    std::string birth, used, plain, birth_given, used_given, all_given;
    for (const xmlNode* name = child(patient, "name"); name != nullptr; name = next(name, "name")) {
      for (const xmlNode* part = name->children; part != nullptr; part = part->next) {
        if (part->type != XML_ELEMENT_NODE) continue;
        const std::string qualifier = ' ' + attribute_text(part, "qualifier") + ' ';
        const bool is_birth = qualifier.find(" BR ") != std::string::npos;
        const bool is_used = qualifier.find(" CL ") != std::string::npos || qualifier.find(" SP ") != std::string::npos;
        std::string* place = local_name(part) == "family"  ? (is_birth  ? &birth
                                                              : is_used ? &used
                                                                        : &plain)
                             : local_name(part) == "given" ? (is_birth  ? &birth_given
                                                              : is_used ? &used_given
                                                                        : &all_given)
                                                           : nullptr;
        if (place == nullptr) continue;
        const std::string value = text_at(part);
        if (place->empty())
          *place = value;
        else if (place == &all_given && !value.empty())
          *place += ' ' + value;
      }
    }
    if (birth.empty()) birth = plain;
    const std::string first = !birth_given.empty() ? birth_given : all_given.substr(0, all_given.find(' '));
    const auto line = [&](const std::string& family, const std::string& given, const std::string& all,
                          const char* use) {
      if (!family.empty())
        out_.entry.source_patient_info.emplace_back("PID-5|" + escaped(family) + "^" + escaped(given) + "^" +
                                                    escaped(all) + "^^^^" + use);
    };
    line(birth, first, all_given, "L");
    line(used, used_given.empty() ? first : used_given, "", "D");
  }

  void read_authors() {
    for (const xmlNode* node = child(document_, "author"); node != nullptr && out_.entry.authors.size() < people_max;
         node = next(node, "author")) {
      const xmlNode* assigned = child(node, "assignedAuthor");
      author one;
      const auto add = [](std::vector<sourced>& to, std::string value) {
        if (!value.empty()) to.emplace_back(std::move(value));
      };
      add(one.persons, xcn_of(person_of(assigned)));
      add(one.institutions, xon_of(organization_of(child(assigned, "representedOrganization"))));
      add(one.roles, attribute_text(child(node, "functionCode"), "displayName"));
      const coded specialty = code_of(child(assigned, "code"));
      if (!specialty.empty())
        add(one.specialties, escaped(specialty.code.text) + "^" + escaped(specialty.display.text) + "^" +
                                 escaped(specialty.system.text));
      if (!one.persons.empty() || !one.institutions.empty()) out_.entry.authors.push_back(std::move(one));
    }
  }

  /// Every act is an event; the first is the main one and gives the times of service and the practice setting.
  void read_acts() {
    document_entry& entry = out_.entry;
    bool is_main = true;
    for (const xmlNode* node = child(document_, "documentationOf");
         node != nullptr && entry.event_codes.size() < codes_max; node = next(node, "documentationOf")) {
      const xmlNode* act = child(node, "serviceEvent");
      if (const coded code = code_of(child(act, "code")); !code.empty()) entry.event_codes.push_back(code);
      if (is_main) {
        const xmlNode* period = child(act, "effectiveTime");
        entry.service_start = time(child(period, "low"));
        if (entry.service_start.empty()) entry.service_start = time(period);
        entry.service_stop = time(child(period, "high"));
      }
      for (const xmlNode* performer = child(act, "performer"); performer != nullptr && entry.practice_code.empty();
           performer = next(performer, "performer"))
        entry.practice_code =
            code_of(descend(performer, {"assignedEntity", "representedOrganization", "standardIndustryClassCode"}));
      is_main = false;
    }
  }

  const xmlNode* document_;
  const xmlNode* root_;
  std::string_view zone_;
  cda_header out_;
};

}  // namespace

std::optional<cda_header> read_cda_header(std::string_view bytes, std::string_view zone) {
  const xml_parsed parsed = parse_xml(bytes);
  if (parsed.document == nullptr) return std::nullopt;
  const xmlNode* root = xmlDocGetRootElement(parsed.document.get());
  const xmlNode* document = find_document(root);
  if (document == nullptr) return std::nullopt;
  return header_reader(document, root, zone).read();
}

}  // namespace liaison::xdm
