// SPDX-License-Identifier: Apache-2.0
// DiagnosticReport and its Observations → the entry tree of CR-BIO.
#include "encode_parts_n3.hpp"
#include "encode_values.hpp"

#include "datatypes.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

constexpr unsigned panel_depth_max = 16;

void write_observation_body(const writing& w, const json_value* observation, unsigned depth);

void write_previous(const writing& w, const json_value* observation) {
  const std::string url = std::string(extension_base) + "previous-result";
  for (std::size_t i = 0; const json_value* extension = writing::extension(observation, url, i); ++i) {
    const json_value* previous = w.resolve(extension, "valueReference");
    if (previous == nullptr || previous == observation) {
      continue;
    }
    const xml_out::element link(w.out, "entryRelationship");
    w.out.attribute("typeCode", "REFR");
    w.pivot.envelope(previous, "meta");
    const xml_out::element element(w.out, "observation");
    w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
    write_all_ids(w, previous);
    write_result_code(w, previous);
    write_status(w, previous);
    write_effective(w, previous, "UNK");
    write_result_value(w, previous);
    for (std::size_t n = 0; const json_value* flag = writing::item(previous, "interpretation", n); ++n) {
      write_code(w, flag, "interpretationCode");
    }
  }
}

void write_observation(const writing& w, const json_value* observation, unsigned depth) {
  const xml_out::element element(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_templates(w, {"1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"});
  write_observation_body(w, observation, depth);
}

void write_observation_body(const writing& w, const json_value* observation, unsigned) {
  write_all_ids(w, observation);
  write_result_code(w, observation);
  write_status(w, observation);
  write_effective(w, observation, "");
  write_result_value(w, observation);
  for (std::size_t i = 0; const json_value* flag = writing::item(observation, "interpretation", i); ++i) {
    write_code(w, flag, "interpretationCode");
  }
  write_code(w, writing::find(observation, "method"), "methodCode");
  write_code(w, writing::find(observation, "bodySite"), "targetSiteCode");
  if (const json_value* specimen = w.resolve(observation, "specimen")) {
    write_isolate(w, specimen);
  }
  write_people(w, observation);
  for (std::size_t i = 0; const json_value* note = writing::item(observation, "note", i); ++i) {
    write_comment(w, w.get(note, "text"));
  }
  write_previous(w, observation);
  write_range(w, observation);
}

void write_panel(const writing& w, const json_value* panel, unsigned depth);

void write_member(const writing& w, const json_value* member, unsigned depth) {
  if (writing::find(member, "hasMember/0") != nullptr && depth < panel_depth_max) {
    write_panel(w, member, depth);
  } else {
    write_observation(w, member, depth);
  }
}

void write_panel(const writing& w, const json_value* panel, unsigned depth) {
  const json_value* kind = writing::extension(panel, std::string(extension_base) + "panel-kind");
  const bool cluster = writing::text(kind, "valueCode") == "CLUSTER";
  const xml_out::element organizer(w.out, "organizer");
  w.out.attribute("classCode", cluster ? w.get(kind, "valueCode") : sourced("BATTERY")).attribute("moodCode", "EVN");
  cluster ? write_templates(w, {"1.3.6.1.4.1.19376.1.3.1.5", "1.2.250.1.213.1.1.3.79"})
          : write_templates(w, {"1.3.6.1.4.1.19376.1.3.1.4", "1.2.250.1.213.1.1.3.78"});
  write_all_ids(w, panel);
  if (writing::find(panel, "code/coding/0") != nullptr || writing::find(panel, "code/text") != nullptr) {
    write_result_code(w, panel);
  }
  write_status(w, panel);
  write_effective(w, panel, "");
  if (const json_value* specimen = w.resolve(panel, "specimen")) {
    write_isolate(w, specimen);
  }
  write_people(w, panel);
  for (std::size_t i = 0; const json_value* reference = writing::item(panel, "hasMember", i); ++i) {
    const json_value* member = w.pivot.resolve(reference);
    if (member != nullptr) {
      const xml_out::element component(w.out, "component");
      write_member(w, member, depth + 1);
    }
  }
  for (std::size_t i = 0; const json_value* note = writing::item(panel, "note", i); ++i) {
    const xml_out::element component(w.out, "component");
    const xml_out::element act(w.out, "act");
    w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
    w.out.leaf("templateId", {{"root", "2.16.840.1.113883.10.20.1.40"}});
    w.out.leaf("templateId", {{"root", "1.3.6.1.4.1.19376.1.5.3.1.4.2"}});
    w.out.leaf("templateId", {{"root", "1.2.250.1.213.1.1.3.32"}});
    w.out.leaf("code", {{"code", "48767-8"}, {"displayName", "Commentaire"}, {"codeSystem", oid_loinc}});
    write_comment_text(w, w.get(note, "text"));
    w.out.leaf("statusCode", {{"code", "completed"}});
  }
}

/// Exactly one (IHE PaLM).
void write_specimen_id(const writing& w, const json_value* specimen) {
  const json_value* id = writing::item(specimen, "identifier", 0);
  if (!writing::text(id, "value").empty()) {
    write_id(w, id);
    return;
  }
  w.out.leaf("id", {{"root", cda_root(uuid_v5("id of " + w.pivot.pointer(specimen) + w.of.options().id_seed))}});
}

void write_sampling(const writing& w, const json_value* specimen) {
  const xml_out::element link(w.out, "entryRelationship");
  w.out.attribute("typeCode", "COMP");
  const xml_out::element procedure(w.out, "procedure");
  w.out.attribute("classCode", "PROC").attribute("moodCode", "EVN");
  write_templates(w, {"1.3.6.1.4.1.19376.1.3.1.2", "1.2.250.1.213.1.1.3.77"});
  const json_value* collection = writing::find(specimen, "collection");
  if (!write_code(w, writing::find(collection, "method"), "code")) {
    w.out.leaf("code",
               {{"code", "33747003"}, {"displayName", "Prélèvement"}, {"codeSystem", "2.16.840.1.113883.6.96"}});
  }
  if (const json_value* period = writing::find(collection, "collectedPeriod")) {
    write_interval(w, period, "effectiveTime");
  } else if (!write_time(w, collection, "collectedDateTime", "effectiveTime")) {
    w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
  }
  write_code(w, writing::find(collection, "bodySite"), "targetSiteCode");
  if (const party who = party_of(w, writing::find(collection, "collector"))) {
    const xml_out::element performer(w.out, "performer");
    write_entity(w, who, "assignedEntity", {"assignedPerson", "representedOrganization"});
  }
  {
    const xml_out::element participant(w.out, "participant");
    w.out.attribute("typeCode", "PRD");
    const xml_out::element role(w.out, "participantRole");
    w.out.attribute("classCode", "SPEC");
    write_specimen_id(w, specimen);
    if (writing::find(specimen, "type") != nullptr) {
      const xml_out::element entity(w.out, "playingEntity");
      write_code(w, writing::find(specimen, "type"), "code");
    }
  }
  if (!writing::text(specimen, "receivedTime").empty()) {
    const xml_out::element received(w.out, "entryRelationship");
    w.out.attribute("typeCode", "COMP");
    const xml_out::element act(w.out, "act");
    w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
    write_templates(w, {"1.3.6.1.4.1.19376.1.3.1.3", "1.2.250.1.213.1.1.3.107"});
    // The volet has 1.3.5 where IHE has 1.3.6: its schematron requires exactly this.
    w.out.leaf("code",
               {{"code", "SPRECEIVE"}, {"displayName", "Receive Time"}, {"codeSystem", "1.3.5.1.4.1.19376.1.5.3.2"}});
    write_time(w, specimen, "receivedTime", "effectiveTime");
  }
}

}  // namespace

namespace {

void write_image(const writing& w, const json_value* file) {
  const xml_out::element link(w.out, "entryRelationship");
  w.out.attribute("typeCode", "COMP");
  const xml_out::element media(w.out, "observationMedia");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN").attribute("ID", w.narrative.new_id());
  write_templates(w, {"2.16.840.1.113883.10.12.304", "1.2.250.1.213.1.1.3.103"});
  write_all_ids(w, file);
  const xml_out::element value(w.out, "value");
  const sourced data = file_data(w, file);
  w.out.attribute("mediaType", w.get(file, "content/0/attachment/contentType")).attribute("representation", "B64");
  w.out.text(data);
  for (const char* name : {"size", "hash", "url", "title"}) {
    w.pivot.envelope(file, std::string("content/0/attachment/") + name);
  }
  w.pivot.envelope(file, "status");
}

}  // namespace

void write_report_entry(const writing& w, const json_value* report, const std::vector<const json_value*>& files) {
  const xml_out::element entry(w.out, "entry");
  w.out.attribute("typeCode", "DRIV");
  write_templates(w, {"1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21"});
  const xml_out::element act(w.out, "act");
  w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
  write_all_ids(w, report);
  const bool coded = writing::text(report, "code/coding/0/system") == "http://loinc.org";
  if (!coded) {
    w.out.leaf("code", {{"code", "26436-6"}, {"displayName", "Examens de laboratoire"}, {"codeSystem", oid_loinc}});
    w.pivot.carry(report, "code", w.out.location());
  } else {
    write_code(w, writing::find(report, "code"), "code");
  }
  {
    const sourced status = w.get(report, "status");
    const xml_out::element element(w.out, "statusCode");
    const bool active = status.text == "preliminary" || status.text == "partial" || status.text == "registered";
    const bool gone = status.text == "cancelled" || status.text == "entered-in-error";
    w.out.attribute("code", with(active ? "active" : gone ? "aborted" : "completed", status));
  }
  if (writing::find(report, "effectivePeriod") != nullptr) {
    write_interval(w, writing::find(report, "effectivePeriod"), "effectiveTime");
  } else if (!writing::text(report, "effectiveDateTime").empty()) {
    const xml_out::element time(w.out, "effectiveTime");  // IHE PaLM: low and high, always both
    write_time(w, report, "effectiveDateTime", "low");
    write_time(w, report, "effectiveDateTime", "high");
  }
  write_people(w, report);
  for (std::size_t i = 0; const json_value* reference = writing::item(report, "specimen", i); ++i) {
    if (const json_value* specimen = w.pivot.resolve(reference)) {
      write_sampling(w, specimen);
    }
  }
  for (std::size_t i = 0; const json_value* reference = writing::item(report, "result", i); ++i) {
    const json_value* observation = w.pivot.resolve(reference);
    if (observation != nullptr) {
      const xml_out::element link(w.out, "entryRelationship");
      w.out.attribute("typeCode", "COMP");
      write_member(w, observation, 0);
    }
  }
  for (const json_value* file : files) {
    write_image(w, file);
  }
  const sourced conclusion = w.get(report, "conclusion");
  if (!conclusion.empty()) {
    write_comment(w, conclusion);
  }
}

}  // namespace liaison::cda
