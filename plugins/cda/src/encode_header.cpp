// SPDX-License-Identifier: Apache-2.0
// Composition and what it refers to → header of a CDA by the rules of CI-SIS "structuration minimale". What
// those rules require and the pivot does not know is taken from the endpoint's options, or assumed, told as
// a warning and listed as added.
#include "encode_parts.hpp"

#include "datatypes.hpp"
#include "document_types.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

void write_templates(const writing& w, const document_model& model) {
  w.out.leaf("realmCode", {{"code", "FR"}});
  w.out.leaf("typeId", {{"root", "2.16.840.1.113883.1.3"}, {"extension", "POCD_HD000040"}});
  w.out.leaf("templateId", {{"root", "2.16.840.1.113883.2.8.2.1"}});
  w.out.leaf("templateId", {{"root", "1.2.250.1.213.1.1.1.1"}});
  for (const document_model::model_template& made : model.templates) {
    w.out.leaf("templateId", {{"root", made.root}, {"extension", made.extension}});
  }
}

/// id and setId: a document without a set begins one.
void write_document_ids(const writing& w) {
  const json_value* id = writing::find(&w.pivot.bundle(), "identifier");
  if (!writing::text(id, "value").empty()) {
    write_id(w, id);
  } else {
    const std::string made = cda_root(uuid_v5("document " + w.of.options().id_seed + w.created));
    w.out.leaf("id", {{"root", made}});
    w.added(made, "a document has an id and the source has none");
  }
}

void write_set_and_version(const writing& w) {
  const json_value* set = writing::find(w.composition, "identifier");
  if (!writing::text(set, "value").empty()) {
    write_id(w, set, "setId");
  } else {
    const std::string made =
        cda_root(uuid_v5("set " + writing::text(&w.pivot.bundle(), "identifier/value") + w.of.options().id_seed));
    w.out.leaf("setId", {{"root", made}});
    w.added(made, "CI-SIS requires a set id and the source has none");
  }
  const json_value* version = writing::extension(
      w.composition, "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber");
  const sourced number = w.get(version, "valueString");
  const xml_out::element element(w.out, "versionNumber");
  if (is_digits(number.text)) {
    w.out.attribute("value", number);
  } else {
    const bool replaces = writing::find(w.composition, "relatesTo/0") != nullptr;
    w.out.attribute("value", replaces ? "2" : "1");
    w.added(replaces ? "2" : "1", "CI-SIS requires a version and the source has none");
  }
}

/// A type of JDV_J07 where the source has none: stated by the endpoint, else by what the document is.
void write_assumed_type(const writing& w, const document_model& model) {
  std::string code = endpoint_option(w.of, "document_type");
  if (code.empty()) {
    const json_value* stay = w.resolve(w.composition, "encounter");
    code = model.is_laboratory ? "11502-2" : writing::text(stay, "class/code") == "IMP" ? "34112-3" : "11488-4";
    tell(w.of, finding::type_unknown, "/ClinicalDocument/code");
  }
  const document_type* type = find_document_type(code);
  w.out.attribute("code", code).attribute("displayName", type == nullptr ? std::string_view(code) : type->label);
  w.out.attribute("codeSystem", type == nullptr ? oid_loinc : type->system_oid);
  w.added(code, "CI-SIS requires a type of its list and the source has none");
}

void write_type(const writing& w, const document_model& model) {
  const json_value* type = writing::find(w.composition, "type");
  const json_value* coding = writing::find(type, "coding/0");
  const xml_out::element element(w.out, "code");
  const std::string said = writing::text(coding, "code");
  const document_type* known = find_document_type(said);
  const bool listed = known != nullptr && known->code == said;
  if (known == nullptr) {
    write_assumed_type(w, model);
  } else {
    const sourced code = listed ? w.get(coding, "code") : sourced();
    sourced display = listed ? w.get(coding, "display") : sourced();
    // CR-BIO prescribes its label letter by letter.
    if (display.empty() || known->code == "11502-2") {
      display = with(std::string(known->label), display);
    }
    w.out.attribute("code", with(std::string(known->code), code)).attribute("displayName", display);
    w.out.attribute("codeSystem", with(std::string(known->system_oid), listed ? w.get(coding, "system") : sourced()));
  }
  write_original_text(w, known == nullptr ? w.get(type, "text") : sourced(), when_not_shown::write_inline);
  for (std::size_t i = listed ? 1 : 0; const json_value* more = writing::item(type, "coding", i); ++i) {
    if (!oid_of_system(writing::text(more, "system")).empty()) {
      write_code(w, more, "translation");
    }
  }
}

void write_document_elements(const writing& w, const document_model& model) {
  write_templates(w, model);
  write_document_ids(w);
  write_type(w, model);
  {
    const xml_out::element title(w.out, "title");
    const sourced said = w.get(w.composition, "title");
    if (model.fixed_title.empty()) {
      said.empty() ? w.out.text("Document") : w.out.text(said);
    } else {
      w.out.text(with(std::string(model.fixed_title), said));
    }
  }
  {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.attribute("value", with(w.created, w.get(w.composition, "date")));
    w.pivot.carry(&w.pivot.bundle(), "timestamp", w.out.location());
  }
  {
    const sourced level = w.get(w.composition, "confidentiality");
    const std::string code = level.text == "R" || level.text == "V" ? level.text : "N";
    const xml_out::element element(w.out, "confidentialityCode");
    w.out.attribute("code", with(code, level));
    w.out.attribute("displayName", code == "N" ? "Normal" : code == "R" ? "Restreint" : "Très restreint");
    w.out.attribute("codeSystem", "2.16.840.1.113883.5.25");
  }
  {
    const sourced language = w.get(w.composition, "language");
    const xml_out::element element(w.out, "languageCode");
    const bool good = language.text.size() == 5 && language.text[2] == '-';
    w.out.attribute("code", with(good ? language.text : "fr-FR", language));
  }
  write_set_and_version(w);
}

const json_value* performer_of(const writing& w, const json_value* event, std::size_t nth, participation& found) {
  const json_value* extension = writing::extension(event, std::string(extension_base) + "participant", nth);
  found = read_participation(w, extension);
  return extension;
}

/// CR-BIO requires when a performer acted: when that is not known, the document's date.
void performer_time(const writing& w, const json_value* period) {
  if (!writing::text(period, "start").empty() || !writing::text(period, "end").empty()) {
    write_interval(w, period, "time");
  } else if (w.laboratory) {
    const xml_out::element time(w.out, "time");
    w.out.leaf("high", {{"value", w.created}});
    w.added(w.created, "CR-BIO requires the time of a performer: the document's date stands in");
  }
}

void write_performers(const writing& w, const json_value* event, bool main_act) {
  participation found;
  std::size_t written = 0;
  for (std::size_t i = 0; performer_of(w, event, i, found) != nullptr; ++i) {
    const party who = party_of(w, found.actor);
    if (!who || (main_act && written > 0)) {
      continue;
    }
    const xml_out::element element(w.out, "performer");
    w.out.attribute("typeCode", with("PRF", found.type));
    write_function(w, found.function, function_rule::any);
    performer_time(w, found.period);
    write_entity(w, who, "assignedEntity", assigned_names,
                 main_act ? practice_setting::required : practice_setting::as_known);
    ++written;
  }
  if (main_act && written == 0) {
    const xml_out::element element(w.out, "performer");
    w.out.attribute("typeCode", "PRF");
    w.added("PRF", "CI-SIS requires a performer of the main act: the first author stands in");
    performer_time(w, nullptr);
    write_entity(w, first_author(w), "assignedEntity", assigned_names, practice_setting::required);
  }
}

void write_main_period(const writing& w, const json_value* event, const json_value* stay) {
  const json_value* period = writing::find(event, "period");
  if (writing::text(period, "start").empty()) {
    period = writing::find(stay, "period");
  }
  if (!writing::text(period, "start").empty()) {
    write_interval(w, period, "effectiveTime");
    return;
  }
  const xml_out::element element(w.out, "effectiveTime");
  w.out.leaf("low", {{"value", w.created}});
  w.added(w.created, "CI-SIS requires the beginning of the main act: the document's date stands in");
}

void write_acts(const writing& w, const document_model& model) {
  const json_value* stay = w.resolve(w.composition, "encounter");
  for (std::size_t i = 0; i == 0 || writing::item(w.composition, "event", i) != nullptr; ++i) {
    const json_value* event = writing::item(w.composition, "event", i);
    const xml_out::element element(w.out, "documentationOf");
    const xml_out::element act(w.out, "serviceEvent");
    for (std::size_t n = 0;
         const json_value* id = writing::extension(event, std::string(extension_base) + "event-identifier", n); ++n) {
      write_id(w, writing::find(id, "valueIdentifier"));
    }
    if (!write_code(w, writing::item(event, "code", 0), "code") && !model.act_code.empty()) {
      w.out.leaf("code",
                 {{"code", model.act_code}, {"displayName", model.act_display}, {"codeSystem", model.act_system}});
      w.added(model.act_code, "the model of the document requires a code of its act");
    }
    const sourced status = w.get(writing::extension(event, std::string(extension_base) + "event-status"), "valueCode");
    if (!status.empty() && model.is_laboratory) {
      const xml_out::element status_element(w.out, "lab:statusCode");
      w.out.attribute("code", status);
    }
    if (i == 0) {
      write_main_period(w, event, stay);
    } else {
      write_interval(w, writing::find(event, "period"), "effectiveTime");
    }
    write_performers(w, event, i == 0);
  }
}

void write_related(const writing& w) {
  for (std::size_t i = 0; const json_value* related = writing::item(w.composition, "relatesTo", i); ++i) {
    if (writing::text(related, "code") != "replaces") {
      continue;
    }
    const xml_out::element element(w.out, "relatedDocument");
    w.out.attribute("typeCode", with("RPLC", w.get(related, "code")));
    const xml_out::element parent(w.out, "parentDocument");
    write_id(w, writing::find(related, "targetIdentifier"));
    break;  // at most one
  }
}

bool has_struct_idnat(const json_value* organization) {
  for (std::size_t i = 0; const json_value* id = writing::item(organization, "identifier", i); ++i) {
    if (oid_of_system(writing::text(id, "system")) == oid_struct_idnat) {
      return true;
    }
  }
  return false;
}

/// code of the encounter: JDV_J142, with its label; FHIR's finer classes by the one that holds them.
void write_encounter_class(const writing& w, const json_value* kind) {
  struct class_row {
    std::string_view said, code, label;
  };
  static constexpr std::array<class_row, 12> classes{{{"IMP", "IMP", "Hospitalisation"},
                                                      {"ACUTE", "IMP", "Hospitalisation"},
                                                      {"NONAC", "IMP", "Hospitalisation"},
                                                      {"EMER", "EMER", "Urgences"},
                                                      {"AMB", "AMB", "Ambulatoire"},
                                                      {"SS", "AMB", "Ambulatoire"},
                                                      {"PRENC", "AMB", "Ambulatoire"},
                                                      {"FLD", "FLD", "Sur le terrain"},
                                                      {"HH", "HH", "Domicile"},
                                                      {"VR", "VR", "A distance"},
                                                      {"EXTERNE", "EXTERNE", "Externe"},
                                                      {"SEANCE", "SEANCE", "Séance"}}};
  const sourced said = w.get(kind, "code");
  for (const class_row& row : classes) {
    if (row.said == said.text) {
      const sourced system = w.get(kind, "system");
      const sourced display = w.get(kind, "display");
      const std::string oid = oid_of_system(system.text);
      const xml_out::element element(w.out, "code");
      w.out.attribute("code", with(std::string(row.code), said));
      w.out.attribute("displayName", display.empty() ? sourced(std::string(row.label)) : display);
      w.out.attribute("codeSystem", with(oid.empty() ? "2.16.840.1.113883.5.4" : oid, system));
      return;
    }
  }
  w.pivot.drop(kind, "", "a class of encounter outside JDV_J142");
}

void write_location(const writing& w, const json_value* stay, const document_model& model) {
  const json_value* place = w.resolve(stay, "location/0/location");
  const xml_out::element location(w.out, "location");
  const xml_out::element facility(w.out, "healthCareFacility");
  if (!write_code(w, writing::item(place, "type", 0), "code")) {
    std::string code = endpoint_option(w.of, "facility_type");
    if (code.empty()) {
      code = model.is_laboratory ? "SA25" : writing::text(stay, "class/code") == "IMP" ? "SA01" : "SA07";
      w.assume(finding::facility_type_assumed);
    }
    const std::string_view label = code == "SA25"   ? "Laboratoire de biologie médicale"
                                   : code == "SA01" ? "Etablissement public de santé"
                                   : code == "SA07" ? "Cabinet individuel"
                                                    : std::string_view(code);
    w.out.leaf("code", {{"code", code}, {"displayName", label}, {"codeSystem", "1.2.250.1.71.4.2.4"}});
    w.added(code, "CI-SIS requires the kind of facility and the source has none");
  }
  const json_value* address = writing::find(place, "address");
  const sourced name = w.get(place, "name");
  if (!name.empty() || address != nullptr) {
    const xml_out::element inner(w.out, "location");
    if (!name.empty()) {
      const xml_out::element part(w.out, "name");
      w.out.text(name);
    }
    if (address != nullptr) {
      write_address(w, address);
    }
  }
  const json_value* provider = w.resolve(stay, "serviceProvider");
  if (has_struct_idnat(provider)) {  // CI-SIS takes no other
    write_organization(w, provider, "serviceProviderOrganization");
  }
}

void write_encounter(const writing& w, const document_model& model) {
  const json_value* stay = w.resolve(w.composition, "encounter");
  const xml_out::element component(w.out, "componentOf");
  const xml_out::element element(w.out, "encompassingEncounter");
  for (std::size_t i = 0; const json_value* id = writing::item(stay, "identifier", i); ++i) {
    write_id(w, id);
  }
  const json_value* kind = writing::find(stay, "class");
  if (writing::find(kind, "code") != nullptr) {
    write_encounter_class(w, kind);
  }
  const json_value* period = writing::find(stay, "period");
  if (writing::text(period, "start").empty() && writing::text(period, "end").empty()) {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.leaf("low", {{"value", w.created}});
    w.added(w.created, "CI-SIS requires the time of the encounter: the document's date stands in");
  } else {
    write_interval(w, period, "effectiveTime");
  }
  w.pivot.envelope(stay, "status");
  bool responsible_known = false;
  write_code(w, writing::find(stay, "hospitalization/dischargeDisposition"), "dischargeDispositionCode");
  for (std::size_t i = 0; const json_value* participant = writing::item(stay, "participant", i); ++i) {
    const party who = party_of(w, writing::find(participant, "individual"));
    if (who && writing::text(participant, "type/0/coding/0/code") == "RESP") {
      const xml_out::element responsible(w.out, "responsibleParty");
      responsible_known = true;
      w.pivot.envelope(participant, "type");
      write_entity(w, who, "assignedEntity", assigned_names, practice_setting::as_known, id_rule::ps_idnat);
      break;
    }
  }
  if (!responsible_known && w.laboratory) {
    const xml_out::element responsible(w.out, "responsibleParty");
    w.added("", "CR-BIO requires the responsible biologist: the first author stands in");
    write_entity(w, first_author(w), "assignedEntity", assigned_names, practice_setting::as_known, id_rule::ps_idnat);
  }
  for (std::size_t i = 0; const json_value* participant = writing::item(stay, "participant", i); ++i) {
    const party who = party_of(w, writing::find(participant, "individual"));
    const sourced type = w.get(participant, "type/0/coding/0/code");
    if (who && type.text != "RESP" && !type.empty()) {
      const xml_out::element other(w.out, "encounterParticipant");
      w.out.attribute("typeCode", type);
      write_interval(w, writing::find(participant, "period"), "time");
      write_entity(w, who, "assignedEntity", assigned_names);
    }
  }
  write_location(w, stay, model);
}

}  // namespace

void write_document_header(writing& w, const document_model& model) {
  w.ins_may_leave = identity_is_qualified(w);
  write_document_elements(w, model);
  write_record_target(w);
  write_header_people(w);
  write_acts(w, model);
  write_related(w);
  write_encounter(w, model);
}

}  // namespace liaison::cda
