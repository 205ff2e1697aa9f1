// SPDX-License-Identifier: Apache-2.0
// Header → Composition (docs/reference/pivot.md). Participations without an element of their own become the
// extension `participant`; the médecin traitant is Patient.generalPractitioner.
#include "header.hpp"

#include "facts_reader.hpp"
#include "oids.hpp"
#include "parties.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

bool has_zone(std::string_view stamp) {
  return stamp.size() > 12 && stamp.find_first_of("+-", 8) != std::string_view::npos;
}

void write_document_id(const reading& r, const xmlNode* id) {
  const resource_ref bundle = r.pivot.bundle();
  const sourced root = r.attribute(id, "root");
  const sourced extension = r.attribute(id, "extension");
  if (!root.empty() || !extension.empty()) {
    write_identifier(r, id, {bundle, "identifier"});
  }
  r.drop(id, "no place in an identifier");
}

void write_dates(const reading& r) {
  const xmlNode* created = child(r.document, "effectiveTime");
  const std::string stamp = attribute_text(created, "value");
  if (!write_time(r, created, {r.composition, "date"}) && !r.of.options().now.empty()) {
    r.composition.set("date", r.of.options().now);
    r.added({r.composition, "date"}, r.of.options().now, "FHIR requires a date and the source has none");
  }
  const auto time = fhir_from_hl7(trim(stamp), r.of.options().zone);
  if (time && has_zone(trim(stamp)) && time->size() > 10) {
    r.pivot.bundle().set("timestamp", *time);
  } else if (!r.of.options().now.empty()) {
    r.pivot.bundle().set("timestamp", r.of.options().now);
  }
}

void write_related(const reading& r) {
  std::size_t index = 0;
  for (const xmlNode* related = child(r.document, "relatedDocument"); related != nullptr;
       related = next(related, "relatedDocument")) {
    const sourced type = r.attribute(related, "typeCode");
    const xmlNode* parent = child(related, "parentDocument");
    const xmlNode* id = child(parent, "id");
    const std::string code = type.text == "APND" ? "appends" : type.text == "XFRM" ? "transforms" : "replaces";
    if (id == nullptr) {
      r.drop(related, "a related document without its id");
      continue;
    }
    const spot to = spot{r.composition, "relatesTo"} / index++;
    sourced relation = type;
    relation.text = code;
    (to / "code").set(relation);
    write_identifier(r, id, to / "targetIdentifier");
    r.structure(parent);
    r.drop(parent, "of the related document only its id has a place");
  }
}

/// An identifier, code or flag of the Composition's own elements.
void write_document_elements(const reading& r) {
  const resource_ref& c = r.composition;
  for (const char* fixed : {"realmCode", "typeId", "templateId"}) {
    for (const xmlNode* node = child(r.document, fixed); node != nullptr; node = next(node, fixed)) {
      r.ledger.envelope(node);
    }
  }
  r.structure(r.document);
  write_document_id(r, child(r.document, "id"));
  if (const xmlNode* set = child(r.document, "setId")) {
    if (!is_null(set)) {
      write_identifier(r, set, {c, "identifier"});
    }
  }
  const sourced version = r.attribute(child(r.document, "versionNumber"), "value");
  if (!version.empty()) {
    const spot extension = spot{c, "extension"}.next();
    c.set(extension.path + "/url",
          "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber");
    (extension / "valueString").set(version);
  }
  const std::string replaces = attribute_text(child(r.document, "relatedDocument"), "typeCode");
  const bool partial =
      attribute_text(descend(r.document, {"documentationOf", "serviceEvent", "statusCode"}), "code") == "active";
  c.set("status", partial ? "preliminary" : replaces == "RPLC" ? "amended" : "final");
  write_required_concept(r, child(r.document, "code"), {c, "type"});
  c.set_reference("subject", r.patient);
  write_dates(r);
  const xmlNode* title = child(r.document, "title");
  c.set("title", r.text(title));
  if (r.text(title).empty()) {
    const std::string display = attribute_text(child(r.document, "code"), "displayName");
    const std::string made = display.empty() ? "Document" : display;
    c.set("title", made);
    r.added({c, "title"}, made, "FHIR requires a title and the source has none");
  }
  c.set("language", r.attribute(child(r.document, "languageCode"), "code"));
  const xmlNode* confidentiality = child(r.document, "confidentialityCode");
  const sourced level = r.attribute(confidentiality, "code");
  if (level.text == "N" || level.text == "R" || level.text == "V" || level.text == "L" || level.text == "M" ||
      level.text == "U") {
    c.set("confidentiality", level);
    for (const char* name : {"displayName", "codeSystem", "codeSystemName"}) {
      c.carry("confidentiality", r.attribute(confidentiality, name));
    }
  } else {
    write_coding(r, confidentiality, spot{c, "meta/security/0"});
  }
  r.drop(child(r.document, "copyTime"), "the date of a copy is of no use to the recipient");
}

void write_authors(reading& r) {
  std::size_t index = 0;
  for (const xmlNode* author = child(r.document, "author"); author != nullptr; author = next(author, "author")) {
    const resource_ref who = write_party(r, child(author, "assignedAuthor"), assigned_shape);
    r.structure(author);
    if (!who) {
      continue;
    }
    const spot to = spot{r.composition, "author"} / index++;
    to.refer(who);
    std::size_t extension = 0;
    const xmlNode* time = child(author, "time");
    if (time != nullptr && !is_null(time)) {
      const spot at = to / "extension" / extension;
      if (write_time(r, time, at / "valueDateTime")) {
        at.ref.set(at.path + "/url", std::string(extension_base) + "author-time");
        ++extension;
      }
    }
    const xmlNode* function = child(author, "functionCode");
    if (function != nullptr && !is_null(function)) {
      const spot at = to / "extension" / extension;
      at.ref.set(at.path + "/url", std::string(extension_base) + "author-function");
      write_concept(r, function, at / "valueCodeableConcept");
    }
  }
  if (index == 0) {
    const resource_ref nobody = r.pivot.add("Organization");
    nobody.set("name", "—");
    r.composition.set_reference("author/0", nobody);
    r.added({r.composition, "author/0"}, "—", "FHIR requires an author and the source has none");
  }
}

void write_attesters(reading& r) {
  for (const auto& [name, mode] :
       {std::pair("legalAuthenticator", "legal"), std::pair("authenticator", "professional")}) {
    for (const xmlNode* node = child(r.document, name); node != nullptr; node = next(node, name)) {
      const spot to = spot{r.composition, "attester"}.next();
      to.ref.set(to.path + "/mode", mode);
      write_time(r, child(node, "time"), to / "time");
      if (const resource_ref who = write_entity_of(r, node)) {
        (to / "party").refer(who);
      }
      r.structure(node);
      r.ledger.envelope(child(node, "signatureCode"));
    }
  }
  if (const xmlNode* custodian = child(r.document, "custodian")) {
    r.structure(custodian);
    const xmlNode* assigned = child(custodian, "assignedCustodian");
    r.structure(assigned);
    if (const resource_ref who = write_organization(r, child(assigned, "representedCustodianOrganization"))) {
      r.composition.set_reference("custodian", who);
    }
  }
}

void write_recipients(reading& r) {
  for (const xmlNode* to = child(r.document, "informationRecipient"); to != nullptr;
       to = next(to, "informationRecipient")) {
    const resource_ref who = write_entity_of(r, to);
    if (!who) {
      continue;
    }
    const spot extension = spot{r.composition, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "recipient");
    (extension / "valueReference").refer(who);
    const spot role = extension / "valueReference/extension/0";
    role.ref.set(role.path + "/url", std::string(extension_base) + "recipient-role");
    sourced kind = r.attribute(to, "typeCode");
    kind.text = kind.text == "TRC" ? "copy" : "primary";
    (role / "valueCode").set(kind);
    r.structure(to);
  }
}

void write_participants(reading& r) {
  std::size_t practitioners = 0;
  const spot composition{r.composition, ""};
  for (const xmlNode* node = child(r.document, "participant"); node != nullptr; node = next(node, "participant")) {
    const resource_ref who = write_entity_of(r, node);
    const xmlNode* function = child(node, "functionCode");
    if (who && attribute_text(node, "typeCode") == "INF" && attribute_text(function, "code") == "PCP") {
      const spot to = spot{r.patient, "generalPractitioner"} / practitioners++;
      to.refer(who);
      r.ledger.envelope(function);  // that is what generalPractitioner says
      const xmlNode* time = child(node, "time");
      r.structure(node);
      if (time != nullptr && !is_null(time)) {
        const spot since = to / "extension/0";
        if (write_period(r, time, since / "valuePeriod")) {
          since.ref.set(since.path + "/url", std::string(extension_base) + "participation-period");
        }
      } else {
        r.drop(time, reason_nothing_known);
      }
      continue;
    }
    write_participant(r, node, "PRCP", who, composition);
  }
  for (const char* name : {"dataEnterer", "informant"}) {
    for (const xmlNode* node = child(r.document, name); node != nullptr; node = next(node, name)) {
      if (child(node, "relatedEntity") == nullptr) {  // relatives are contacts of the Patient
        write_participant(r, node, name == std::string_view("informant") ? "INF" : "ENT", write_entity_of(r, node),
                          composition);
      }
    }
  }
}

void write_orders(reading& r) {
  for (const xmlNode* node = child(r.document, "inFulfillmentOf"); node != nullptr;
       node = next(node, "inFulfillmentOf")) {
    const xmlNode* order = child(node, "order");
    r.structure(node);
    r.structure(order);
    const resource_ref request = r.pivot.add("ServiceRequest");
    request.set("status", "unknown");
    request.set("intent", "order");
    request.set_reference("subject", r.patient);
    write_identifiers(r, order, {request, "identifier"});
    if (const xmlNode* accession = child(order, "accessionNumber")) {
      const spot to = spot{request, "identifier"}.next();
      to.ref.set(to.path + "/type/coding/0/system", "http://terminology.hl7.org/CodeSystem/v2-0203");
      to.ref.set(to.path + "/type/coding/0/code", "ACSN");
      write_identifier(r, accession, to);
    }
    write_concept(r, child(order, "code"), {request, "code"});
    const spot extension = spot{r.composition, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "order");
    (extension / "valueReference").refer(request);
  }
}

void write_acts(reading& r) {
  std::size_t index = 0;
  for (const xmlNode* node = child(r.document, "documentationOf"); node != nullptr;
       node = next(node, "documentationOf")) {
    const xmlNode* act = child(node, "serviceEvent");
    if (act == nullptr) {
      continue;
    }
    r.structure(node);
    r.structure(act);
    const spot to = spot{r.composition, "event"} / index++;
    bool said = write_concept(r, child(act, "code"), to / "code/0");
    said = write_period(r, child(act, "effectiveTime"), to / "period") || said;
    for (const xmlNode* id = child(act, "id"); id != nullptr; id = next(id, "id")) {
      if (is_null(id)) {
        r.drop(id, reason_nothing_known);
        continue;
      }
      const spot extension = (to / "extension").next();
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "event-identifier");
      write_identifier(r, id, extension / "valueIdentifier");
      said = true;
    }
    const sourced status = r.attribute(child(act, "statusCode"), "code");
    if (!status.empty()) {
      const spot extension = (to / "extension").next();
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "event-status");
      (extension / "valueCode").set(status);
      said = true;
    }
    for (const xmlNode* performer = child(act, "performer"); performer != nullptr;
         performer = next(performer, "performer")) {
      write_participant(r, performer, "PRF", write_entity_of(r, performer), to);
      said = true;
    }
    if (!said) {
      to.ref.set(to.path + "/code/0/extension/0/url", absent_reason_url);
      to.ref.set(to.path + "/code/0/extension/0/valueCode", "unknown");
    }
  }
}

void write_location(reading& r, const xmlNode* facility) {
  if (facility == nullptr) {
    return;
  }
  r.structure(facility);
  const resource_ref location = r.pivot.add("Location");
  write_identifiers(r, facility, {location, "identifier"});
  write_concept(r, child(facility, "code"), {location, "type/0"});
  const xmlNode* place = child(facility, "location");
  r.structure(place);
  const sourced name = r.text(child(place, "name"));
  if (!name.empty()) {
    location.set("name", name);
  }
  const xmlNode* address = child(place, "addr");
  if (address != nullptr && !trim(all_text(address)).empty()) {
    write_address(r, address, {location, "address"});
  }
  if (const resource_ref organization = write_organization(r, child(facility, "serviceProviderOrganization"))) {
    r.encounter.set_reference("serviceProvider", organization);
  }
  r.encounter.set_reference("location/0/location", location);
}

void write_encounter_participants(reading& r, const xmlNode* stay) {
  const auto add = [&](const xmlNode* node, std::string_view type) {
    const resource_ref who = write_entity_of(r, node);
    if (!who) {
      return;
    }
    const spot to = spot{r.encounter, "participant"}.next();
    sourced code = r.attribute(node, "typeCode");
    code.text = code.empty() ? std::string(type) : code.text;
    to.ref.set(to.path + "/type/0/coding/0/system", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType");
    (to / "type/0/coding/0/code").set(code);
    (to / "individual").refer(as_individual(r, who));
    if (const xmlNode* time = child(node, "time")) {
      write_period(r, time, to / "period");
    }
    r.structure(node);
  };
  if (const xmlNode* responsible = child(stay, "responsibleParty")) {
    add(responsible, "RESP");
  }
  for (const xmlNode* node = child(stay, "encounterParticipant"); node != nullptr;
       node = next(node, "encounterParticipant")) {
    add(node, "ATND");
  }
}

void write_encounter(reading& r) {
  const xmlNode* component = child(r.document, "componentOf");
  const xmlNode* stay = child(component, "encompassingEncounter");
  if (stay == nullptr) {
    return;
  }
  r.structure(component);
  r.structure(stay);
  r.encounter = r.pivot.add("Encounter");
  r.composition.set_reference("encounter", r.encounter);
  const xmlNode* period = child(stay, "effectiveTime");
  const bool ended =
      !attribute_text(child(period, "high"), "value").empty() || !attribute_text(period, "value").empty();
  r.encounter.set("status", ended ? "finished" : "unknown");
  r.encounter.set_reference("subject", r.patient);
  std::size_t index = 0;
  for (const xmlNode* id = child(stay, "id"); id != nullptr; id = next(id, "id")) {
    if (is_null(id)) {
      r.drop(id, reason_nothing_known);
      continue;
    }
    const spot to = spot{r.encounter, "identifier"} / index++;
    to.ref.set(to.path + "/type/coding/0/system", "http://terminology.hl7.org/CodeSystem/v2-0203");
    to.ref.set(to.path + "/type/coding/0/code", "VN");
    write_identifier(r, id, to);
  }
  const xmlNode* code = child(stay, "code");
  if (!write_coding(r, code, {r.encounter, "class"})) {
    r.drop(code, reason_nothing_known);
    r.encounter.set("class/extension/0/url", absent_reason_url);
    r.encounter.set("class/extension/0/valueCode", "unknown");
    r.added({r.encounter, "class"}, "unknown", "FHIR requires a class and the source has none");
  }
  std::size_t types = 0;
  for (const xmlNode* translation = child(code, "translation"); translation != nullptr;
       translation = next(translation, "translation")) {
    types += write_concept(r, translation, spot{r.encounter, "type"} / types) ? 1U : 0U;
  }
  write_period(r, period, {r.encounter, "period"});
  write_concept(r, child(stay, "dischargeDispositionCode"), {r.encounter, "hospitalization/dischargeDisposition"});
  write_encounter_participants(r, stay);
  const xmlNode* location = child(stay, "location");
  r.structure(location);
  write_location(r, child(location, "healthCareFacility"));
}

void write_consents(reading& r) {
  for (const xmlNode* node = child(r.document, "authorization"); node != nullptr; node = next(node, "authorization")) {
    const xmlNode* consent = child(node, "consent");
    r.structure(node);
    r.structure(consent);
    const spot extension = spot{r.composition, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "authorization");
    if (!write_concept(r, child(consent, "code"), extension / "valueCodeableConcept")) {
      extension.ref.set(extension.path + "/valueCodeableConcept/extension/0/url", absent_reason_url);
      extension.ref.set(extension.path + "/valueCodeableConcept/extension/0/valueCode", "unknown");
    }
    r.ledger.envelope(child(consent, "statusCode"));
    r.drop(consent, "of a consent its code has a place only");
  }
}

}  // namespace

void write_header(reading& r) {
  write_document_elements(r);
  write_related(r);
  write_authors(r);
  write_attesters(r);
  write_recipients(r);
  write_participants(r);
  write_orders(r);
  write_acts(r);
  write_encounter(r);
  write_consents(r);
}

}  // namespace liaison::cda
