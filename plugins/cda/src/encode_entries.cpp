// SPDX-License-Identifier: Apache-2.0
// Which resource becomes which act, observations with their templates, and what all acts share.
#include "encode_entries.hpp"

#include "datatypes.hpp"
#include "oids.hpp"

#include <array>

namespace liaison::cda {
namespace {

constexpr unsigned act_depth_max = 16;

using act_writer = void (*)(const entry_scope&, const json_value*);
struct act_row {
  std::string_view type;
  act_writer write;
};

void write_single_concern(const entry_scope& at, const json_value* resource) { write_concern(at, {resource}); }

constexpr std::array<act_row, 13> acts{{{"Condition", write_single_concern},
                                        {"AllergyIntolerance", write_single_concern},
                                        {"MedicationStatement", write_medication_act},
                                        {"MedicationRequest", write_medication_act},
                                        {"Immunization", write_vaccine_act},
                                        {"Procedure", write_procedure_act},
                                        {"ServiceRequest", write_request_act},
                                        {"Goal", write_goal_act},
                                        {"DeviceUseStatement", write_device_act},
                                        {"Encounter", write_visit_act},
                                        {"FamilyMemberHistory", write_family_act},
                                        {"Observation", write_observation_act},
                                        {"DiagnosticReport", nullptr}}};

/// Templates of an observation (or, for a panel, of an organizer) by its own code, else by that of its section.
struct template_row {
  std::string_view code;
  std::array<std::string_view, 4> roots;
};
constexpr std::string_view pcc_observation = "1.3.6.1.4.1.19376.1.5.3.1.4.13";
constexpr std::string_view cisis_observation = "1.2.250.1.213.1.1.3.48";

constexpr std::array<template_row, 17> by_code{
    {{"66455-7", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.171", ""}},
     {"82606-5", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.172", ""}},
     {"30973-2", {"2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82", "", ""}},
     {"33999-4",
      {"2.16.840.1.113883.10.20.1.50", "2.16.840.1.113883.10.20.1.57", "1.3.6.1.4.1.19376.1.5.3.1.4.1.1",
       "1.2.250.1.213.1.1.3.30"}},
     {"11323-3", {"2.16.840.1.113883.10.20.1.51", "1.3.6.1.4.1.19376.1.5.3.1.4.1.2", "1.2.250.1.213.1.1.3.31", ""}},
     {"SEV", {"2.16.840.1.113883.10.20.1.55", "1.3.6.1.4.1.19376.1.5.3.1.4.1", "1.2.250.1.213.1.1.3.29", ""}},
     {"ORG-070", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.6", ""}},
     {"ORG-074", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.7", ""}},
     {"MED-142", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.9", ""}},
     {"MED-143", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.3", ""}},
     {"MED-309", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.8", ""}},
     {"MED-144", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.5", ""}},
     {"MED-145", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.10", ""}},
     {"MED-146", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.1", ""}},
     {"MED-147", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.2", ""}},
     {"MED-148", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.4", ""}},
     {"GEN-065", {pcc_observation, cisis_observation, "1.2.250.1.213.1.1.3.48.16", "1.2.250.1.213.1.1.3.48.16.1"}}}};

constexpr std::array<template_row, 6> by_section{
    {{"8716-3",
      {"2.16.840.1.113883.10.20.1.31", pcc_observation, "1.3.6.1.4.1.19376.1.5.3.1.4.13.2", "1.2.250.1.213.1.1.3.50"}},
     {"29762-2",
      {"2.16.840.1.113883.10.20.1.33", pcc_observation, "1.3.6.1.4.1.19376.1.5.3.1.4.13.4", "1.2.250.1.213.1.1.3.52"}},
     {"10162-6", {pcc_observation, "1.3.6.1.4.1.19376.1.5.3.1.4.13.5", "1.2.250.1.213.1.1.3.53", ""}},
     {"42348-3",
      {"2.16.840.1.113883.10.20.1.17", pcc_observation, "1.3.6.1.4.1.19376.1.5.3.1.4.13.7", "1.2.250.1.213.1.1.3.54"}},
     {"47420-5",
      {"2.16.840.1.113883.10.20.1.31", "1.3.6.1.4.1.19376.1.5.3.1.1.12.3.6", pcc_observation,
       "1.2.250.1.213.1.1.3.25"}},
     {"", {pcc_observation, cisis_observation, "", ""}}}};

constexpr std::array<template_row, 3> panels{
    {{"8716-3",
      {"2.16.840.1.113883.10.20.1.32", "2.16.840.1.113883.10.20.1.35", "1.3.6.1.4.1.19376.1.5.3.1.4.13.1",
       "1.2.250.1.213.1.1.3.49"}},
     {"47420-5", {"2.16.840.1.113883.10.20.1.32", "1.3.6.1.4.1.19376.1.5.3.1.1.12.3.7", "1.2.250.1.213.1.1.3.95", ""}},
     {"", {"", "", "", ""}}}};

/// The row of a key, else the last one if that has no key.
template <std::size_t Size>
const template_row* row_of(const std::array<template_row, Size>& rows, std::string_view key) {
  for (const template_row& row : rows) {
    if (row.code.empty() || row.code == key) {
      return &row;
    }
  }
  return nullptr;
}

void write_row(const writing& w, const template_row& row) {
  write_templates(w, {row.roots[0], row.roots[1], row.roots[2], row.roots[3]});
}

/// negationInd of the modifier extension `negated`.
void write_negation(const writing& w, const json_value* resource) {
  for (std::size_t i = 0; const json_value* extension = writing::item(resource, "modifierExtension", i); ++i) {
    if (writing::text(extension, "url") == std::string(extension_base) + "negated") {
      w.out.attribute("negationInd", w.get(extension, "valueBoolean"));
    }
  }
}

void write_panel_act(const entry_scope& at, const json_value* panel) {
  const writing& w = at.w;
  const json_value* kind = writing::extension(panel, std::string(extension_base) + "panel-kind");
  const sourced said = w.get(kind, "valueCode");
  const xml_out::element organizer(w.out, "organizer");
  const bool vital_signs = at.section_code == "8716-3" || at.section_code == "47420-5";
  w.out.attribute("classCode", !said.empty() ? said : sourced(vital_signs ? "CLUSTER" : "BATTERY"));
  w.out.attribute("moodCode", "EVN");
  write_row(w, *row_of(panels, at.section_code));
  write_act_ids(w, panel);
  if (!write_code(w, writing::find(panel, "code"), "code")) {
    w.out.leaf("code", {{"nullFlavor", "NA"}});
  }
  write_status(w, panel);
  write_act_time(w, panel, "effective", "UNK");
  write_people(w, panel);
  for (std::size_t i = 0; const json_value* reference = writing::item(panel, "hasMember", i); ++i) {
    const json_value* member = w.pivot.resolve(reference);
    if (has_act(member) && at.depth < act_depth_max && at.related_written.insert(member).second) {
      const xml_out::element component(w.out, "component");
      w.out.attribute("typeCode", "COMP");  // its default, which the schematrons want said
      write_act(at.deeper(), member);
    }
  }
}

}  // namespace

bool has_act(const json_value* resource) {
  const std::string type = writing::text(resource, "resourceType");
  for (const act_row& row : acts) {
    if (row.type == type) {
      return row.write != nullptr;
    }
  }
  return false;
}

void write_act(const entry_scope& at, const json_value* resource) {
  const std::string type = writing::text(resource, "resourceType");
  for (const act_row& row : acts) {
    if (row.type == type && row.write != nullptr) {
      row.write(at, resource);
    }
  }
}

std::string label_of(const writing& w, const json_value* resource) {
  const std::string type = writing::text(resource, "resourceType");
  const json_value* named = resource;
  std::string_view path = "code";
  if (type == "MedicationStatement" || type == "MedicationRequest") {
    const json_value* product = w.resolve(resource, "medicationReference");
    named = product != nullptr ? product : resource;
    path = product != nullptr ? "code" : "medicationCodeableConcept";
  } else if (type == "Immunization") {
    path = "vaccineCode";
  } else if (type == "DeviceUseStatement") {
    named = w.resolve(resource, "device");
    path = "type";
  } else if (type == "DocumentReference") {
    path = "type";
  } else if (type == "FamilyMemberHistory") {
    path = "relationship";
  } else if (type == "Encounter") {
    path = writing::find(resource, "type/0") != nullptr ? "type/0" : "class";
  } else if (type == "Goal") {
    path = "description";
  }
  for (const char* said : {"/text", "/coding/0/display", "/coding/0/code", "/display", "/code"}) {
    const std::string text = writing::text(named, std::string(path) + said);
    if (!text.empty()) {
      return text;
    }
  }
  const std::string name = writing::text(named, "deviceName/0/name");
  return name.empty() ? "Non précisé" : name;
}

void write_observation_act(const entry_scope& at, const json_value* observation) {
  const bool has_value = !printed_value(observation).empty();
  if (writing::find(observation, "hasMember/0") != nullptr && !has_value) {
    write_panel_act(at, observation);
    return;
  }
  const writing& w = at.w;
  const xml_out::element element(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_negation(w, observation);
  const template_row* own = row_of(by_code, writing::text(observation, "code/coding/0/code"));
  write_row(w, own != nullptr ? *own : *row_of(by_section, at.section_code));
  write_act_ids(w, observation);
  if (!write_code(w, writing::find(observation, "code"), "code")) {
    w.out.leaf("code", {{"nullFlavor", "UNK"}});
  }
  write_label_reference(w, label_of(w, observation));
  write_status(w, observation);
  write_act_time(w, observation, "effective", "UNK");
  const std::string said = writing::text(observation, "code/coding/0/code");
  write_result_value(w, observation, said == "11323-3" || said == "33999-4" ? "CE" : "CD");  // a status is a CE
  for (std::size_t i = 0; const json_value* flag = writing::item(observation, "interpretation", i); ++i) {
    write_code(w, flag, "interpretationCode");
  }
  write_code(w, writing::find(observation, "method"), "methodCode");
  write_code(w, writing::find(observation, "bodySite"), "targetSiteCode");
  write_people(w, observation);
  for (std::size_t i = 0; const json_value* component = writing::item(observation, "component", i); ++i) {
    if (!is_second_unit(observation, component)) {  // systolic and diastolic in one Observation
      const xml_out::element link(w.out, "entryRelationship");
      w.out.attribute("typeCode", "COMP");
      const xml_out::element part(w.out, "observation");
      w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
      write_row(w, *row_of(by_section, at.section_code));
      w.out.leaf("id", {{"root", cda_root(uuid_v5("id of " + w.pivot.pointer(component) + w.of.options().id_seed))}});
      write_code(w, writing::find(component, "code"), "code");
      write_label_reference(w, label_of(w, observation));
      w.out.leaf("statusCode", {{"code", "completed"}});
      write_act_time(w, observation, "effective", "UNK");
      write_result_value(w, component);
    }
  }
  for (std::size_t i = 0; const json_value* reference = writing::item(observation, "hasMember", i); ++i) {
    const json_value* member = w.pivot.resolve(reference);
    if (has_act(member) && at.depth < act_depth_max && at.related_written.insert(member).second) {
      const xml_out::element link(w.out, "entryRelationship");
      w.out.attribute("typeCode", "COMP");
      write_act(at.deeper(), member);
    }
  }
  write_act_links(at, observation);
  write_range(w, observation);
}

void write_act_ids(const writing& w, const json_value* resource) {
  std::size_t written = 0;
  for (std::size_t i = 0; const json_value* id = writing::item(resource, "identifier", i); ++i) {
    write_id(w, id);
    written += writing::text(id, "value").empty() ? 0U : 1U;
  }
  if (written == 0) {
    const std::string made = cda_root(uuid_v5("id of " + w.pivot.pointer(resource) + w.of.options().id_seed));
    w.out.leaf("id", {{"root", made}});
    w.added(made, "CI-SIS requires an id of an entry and the source has none");
  }
}

void write_label_reference(const writing& w, const std::string& label) {
  const auto shown = w.narrative.id_of_text.find(label);
  if (!label.empty() && shown != w.narrative.id_of_text.end()) {
    const xml_out::element text(w.out, "text");
    w.out.leaf("reference", {{"value", "#" + shown->second}});
  }
}

void write_mapped_status(const writing& w, const json_value* resource, std::span<const status_pair> rows,
                         std::string_view otherwise) {
  const sourced status = w.get(resource, "status");
  std::string_view code = otherwise;
  for (const status_pair& row : rows) {
    if (row.fhir == status.text) {
      code = row.cda;
      break;
    }
  }
  const xml_out::element element(w.out, "statusCode");
  w.out.attribute("code", with(std::string(code), status));
}

void write_act_time(const writing& w, const json_value* resource, const std::string& name,
                    std::string_view null_flavor) {
  const json_value* period = writing::find(resource, name + "Period");
  if (!writing::text(period, "start").empty() || !writing::text(period, "end").empty()) {
    write_interval(w, period, "effectiveTime");
  } else if (!write_time(w, resource, name + "DateTime", "effectiveTime") && !null_flavor.empty()) {
    w.out.leaf("effectiveTime", {{"nullFlavor", null_flavor}});
  }
}

bool write_extension_code(const writing& w, const json_value* resource, std::string_view extension,
                          std::string_view name) {
  const json_value* found = writing::extension(resource, std::string(extension_base) + std::string(extension));
  return write_code(w, writing::find(found, "valueCodeableConcept"), name);
}

void write_act_author(const writing& w, const json_value* person, const json_value* resource, std::string_view time) {
  const party who = party_of(w, person);
  if (!who) {
    return;
  }
  const xml_out::element author(w.out, "author");
  if (!write_time(w, resource, time, "time")) {
    w.out.leaf("time", {{"nullFlavor", "UNK"}});
  }
  write_entity(w, who, "assignedAuthor", assigned_names);
}

void write_act_performers(const writing& w, const json_value* resource, std::string_view array, std::string_view path) {
  for (std::size_t i = 0; const json_value* performer = writing::item(resource, array, i); ++i) {
    if (const party who = party_of(w, path.empty() ? performer : writing::find(performer, path))) {
      const xml_out::element element(w.out, "performer");
      w.out.attribute("typeCode", "PRF");
      write_entity(w, who, "assignedEntity", assigned_names);
    }
  }
}

void write_reasons(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  for (std::size_t i = 0; const json_value* reason = writing::item(resource, "reasonCode", i); ++i) {
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", "RSON");
    const xml_out::element act(w.out, "act");
    w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
    write_templates(w, {"1.3.6.1.4.1.19376.1.5.3.1.4.4.1", "1.2.250.1.213.1.1.3.36"});
    w.out.leaf("id", {{"root", cda_root(uuid_v5("id of " + w.pivot.pointer(reason) + w.of.options().id_seed))}});
    write_code(w, reason, "code");
    write_label_reference(w, label_of(w, resource));
    w.out.leaf("statusCode", {{"code", "completed"}});
  }
}

void write_act_links(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  for (std::size_t i = 0; const json_value* note = writing::item(resource, "note", i); ++i) {
    write_comment(w, w.get(note, "text"));
  }
  const std::string url = std::string(extension_base) + "related";
  for (std::size_t i = 0; const json_value* extension = writing::extension(resource, url, i); ++i) {
    const json_value* target = nullptr;
    sourced type;
    for (std::size_t n = 0; const json_value* part = writing::item(extension, "extension", n); ++n) {
      w.pivot.envelope(part, "url");
      target = writing::text(part, "url") == "target" ? w.resolve(part, "valueReference") : target;
      type = writing::text(part, "url") == "type" ? w.get(part, "valueCode") : type;
    }
    if (!has_act(target) || at.depth >= act_depth_max || !at.related_written.insert(target).second) {
      continue;
    }
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", type.empty() ? sourced("REFR") : type);
    if (type.text == "SUBJ") {
      w.out.attribute("inversionInd", "true");
    }
    write_act(at.deeper(), target);
  }
}

void write_section_entries(const writing& w, const json_value* section, std::string_view section_code) {
  std::set<const json_value*> related;
  const entry_scope at{w, std::string(section_code), related, 0};
  const auto concern_of = [](const json_value* resource) {
    const json_value* concern = writing::extension(resource, std::string(extension_base) + "concern");
    for (std::size_t i = 0; const json_value* part = writing::item(concern, "extension", i); ++i) {
      if (writing::text(part, "url") == "identifier") {
        return writing::text(part, "valueIdentifier/system") + '|' + writing::text(part, "valueIdentifier/value");
      }
    }
    return std::string();
  };
  std::vector<const json_value*> members;
  for (std::size_t i = 0; const json_value* reference = writing::item(section, "entry", i); ++i) {
    const json_value* resource = w.pivot.resolve(reference);
    if (!has_act(resource)) {
      continue;
    }
    const std::string concern = concern_of(resource);
    members.push_back(resource);
    const json_value* following = w.pivot.resolve(writing::item(section, "entry", i + 1));
    if (!concern.empty() && following != nullptr && concern_of(following) == concern &&
        writing::text(following, "resourceType") == writing::text(resource, "resourceType")) {
      continue;  // the next one stands in the same concern
    }
    const xml_out::element entry(w.out, "entry");
    members.size() > 1 ? write_concern(at, members) : write_act(at, resource);
    members.clear();
  }
}

}  // namespace liaison::cda
