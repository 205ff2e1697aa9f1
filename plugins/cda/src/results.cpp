// SPDX-License-Identifier: Apache-2.0
// The entry tree of section 5 of the CR-BIO volet, in the source's order. Batteries and isolates are
// Observations with members. A previous result (entryRelationship REFR) is an Observation of its own that
// no report and no section names: only the extension `previous-result` of the current one does.
#include "results.hpp"

#include "datatypes.hpp"
#include "entries.hpp"
#include "facts_reader.hpp"
#include "oids.hpp"
#include "parties.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct status_row {
  std::string_view cda;
  std::string_view observation;
  std::string_view report;
};
constexpr std::array<status_row, 7> statuses{{{"completed", "final", "final"},
                                              {"active", "preliminary", "preliminary"},
                                              {"aborted", "cancelled", "cancelled"},
                                              {"cancelled", "cancelled", "cancelled"},
                                              {"held", "registered", "registered"},
                                              {"suspended", "registered", "registered"},
                                              {"nullified", "entered-in-error", "entered-in-error"}}};

enum class status_of : std::uint8_t { observation, report };

void write_status(const reading& r, const xmlNode* code, const resource_ref& to, status_of kind) {
  sourced status = r.attribute(code, "code");
  const std::string source = status.text;
  status.text = "unknown";
  for (const status_row& row : statuses) {
    if (row.cda == source) {
      status.text = kind == status_of::report ? row.report : row.observation;
    }
  }
  to.set("status", status);
  r.drop(code, reason_nothing_known);
}

bool is_lab_template(const xmlNode* node) {
  return has_template(node, "1.3.6.1.4.1.19376.1.3.1") || has_template(node, "1.2.250.1.213.1.1.3.21");
}

void write_range(const reading& r, const xmlNode* range_node, const spot& to) {
  const xmlNode* range = child(range_node, "observationRange");
  const xmlNode* value = child(range, "value");
  r.structure(range_node);
  r.structure(range);
  bool said = false;
  if (value != nullptr) {
    r.ledger.envelope(value, "type");
    for (const char* bound_name : {"low", "high"}) {
      const xmlNode* bound = child(value, bound_name);
      said = write_quantity(r, bound, to / bound_name) || said;
    }
    if (!said && child(value, "low") == nullptr && child(value, "high") == nullptr) {
      const sourced text = r.text(value);
      if (!text.empty()) {
        (to / "text").set(text);
        said = true;
      } else if (!attribute_text(value, "displayName").empty()) {
        (to / "text").set(r.attribute(value, "displayName"));
        said = true;
      } else if (!attribute_text(value, "value").empty()) {
        said = write_quantity(r, value, to / "low") || said;
      }
    }
  }
  const xmlNode* text = child(range, "text");
  const std::string printed = referenced_text(r.ids, text);
  if (!printed.empty()) {
    sourced source = r.text(text);
    if (source.empty()) {
      source = r.attribute(child(text, "reference"), "value");
    }
    source.text = printed;
    (to / "text").set(source);
    said = true;
  }
  if (said) {
    write_concept(r, child(range, "interpretationCode"), to / "type");
    write_concept(r, child(range, "code"), to / "appliesTo/0");
  } else {
    r.drop(range_node, "a range without bounds or text");
  }
}

/// `translation` of a quantity: the same amount in another unit.
bool write_translation(const reading& r, const xmlNode* translation, const spot& to) {
  const sourced value = r.attribute(translation, "value");
  sourced digits = value;
  digits.text = json_digits(value.text);
  if (digits.empty()) {
    return false;
  }
  to.ref.set_number(to.path + "/value", digits);
  const sourced unit = r.attribute(translation, attribute_text(translation, "unit").empty() ? "code" : "unit");
  (to / "unit").set(unit);
  const sourced system = r.attribute(translation, "codeSystem");
  if (system.text == "2.16.840.1.113883.6.8") {
    to.ref.set(to.path + "/system", "http://unitsofmeasure.org");
    to.ref.carry(to.path + "/system", system);
    (to / "code").set(unit);
  }
  return true;
}

/// The result in a second unit, as a component with the Observation's own code (pivot, Results).
void write_second_units(const reading& r, const xmlNode* observation, const resource_ref& to) {
  const xmlNode* code = child(observation, "code");
  const xmlNode* first = child(observation, "value");
  std::size_t components = 0;
  const auto begin = [&] {
    const spot component = spot{to, "component"} / components++;
    write_required_concept(r, code, component / "code");
    return component;
  };
  const xmlNode* bounds = descend(observation, {"referenceRange", "observationRange", "value"});
  for (const xmlNode* translation = child(first, "translation"); translation != nullptr;
       translation = next(translation, "translation")) {
    if (json_digits(attribute_text(translation, "value")).empty()) {
      continue;  // a translation of a code
    }
    const spot component = begin();
    write_translation(r, translation, component / "valueQuantity");
    for (const char* bound : {"low", "high"}) {
      if (const xmlNode* second = child(child(bounds, bound), "translation")) {
        write_translation(r, second, component / "referenceRange/0" / bound);
      }
    }
  }
  for (const xmlNode* more = next(first, "value"); more != nullptr; more = next(more, "value")) {
    const spot component = begin();
    // value[x] of a component has the same names as that of the Observation.
    write_value(r, more, to, component.path + "/value");
  }
}

void write_specimen_parts(const reading& r, const xmlNode* role, const resource_ref& specimen) {
  write_identifiers(r, role, {specimen, "identifier"});
  r.structure(role);
  for (const char* name : {"playingEntity", "specimenPlayingEntity"}) {
    if (const xmlNode* entity = child(role, name)) {
      r.structure(entity);
      write_concept(r, child(entity, "code"), {specimen, "type"});
      if (!specimen.has("type")) {
        const sourced label = r.text(child(entity, "name"));
        if (!label.empty()) {
          specimen.set("type/text", label);
        }
      }
    }
  }
}

/// Sampling: procedure with its product, and the act of reception in it.
resource_ref write_sampling(reading& r, const xmlNode* procedure) {
  const resource_ref specimen = r.pivot.add("Specimen");
  r.structure(procedure);
  specimen.set_reference("subject", r.patient);
  for (const xmlNode* node = child(procedure, "participant"); node != nullptr; node = next(node, "participant")) {
    r.structure(node);
    write_specimen_parts(r, child(node, "participantRole"), specimen);
  }
  write_effective(r, child(procedure, "effectiveTime"), specimen, "collection/collected");
  write_concept(r, child(procedure, "code"), {specimen, "collection/method"});
  write_concept(r, child(procedure, "targetSiteCode"), {specimen, "collection/bodySite"});
  if (const xmlNode* performer = child(procedure, "performer")) {
    if (const resource_ref who = write_entity_of(r, performer)) {
      specimen.set_reference("collection/collector", as_individual(r, who));
      r.structure(performer);
    }
  }
  for (const xmlNode* link = child(procedure, "entryRelationship"); link != nullptr;
       link = next(link, "entryRelationship")) {
    const xmlNode* act = child(link, "act");
    if (act == nullptr) {
      continue;
    }
    r.structure(link);
    r.structure(act);
    if (is_comment(act)) {
      write_note(r, act, spot{specimen, "note"}.next());
    } else if (write_time(r, child(act, "effectiveTime"), {specimen, "receivedTime"})) {
      r.ledger.envelope(child(act, "code"));
    }
  }
  r.drop(child(procedure, "statusCode"), "a Specimen states no status of its sampling");
  return specimen;
}

resource_ref write_specimen(reading& r, const xmlNode* participation) {
  const resource_ref specimen = r.pivot.add("Specimen");
  r.structure(participation);
  specimen.set_reference("subject", r.patient);
  write_specimen_parts(r, child(participation, "specimenRole"), specimen);
  return specimen;
}

void write_people(reading& r, const xmlNode* node, const resource_ref& to) {
  for (const char* name : {"performer", "author", "informant"}) {
    for (const xmlNode* person = child(node, name); person != nullptr; person = next(person, name)) {
      const resource_ref who = write_entity_of(r, person);
      if (!who || who.full_url().empty()) {
        continue;
      }
      write_participant(r, person,
                        name == std::string_view("author")      ? "AUT"
                        : name == std::string_view("informant") ? "INF"
                                                                : "PRF",
                        who, {to, ""});
    }
  }
  for (const xmlNode* person = child(node, "participant"); person != nullptr; person = next(person, "participant")) {
    if (const resource_ref who = write_entity_of(r, person)) {
      write_participant(r, person, "PRCP", who, {to, ""});
    }
  }
}

class report_writer {
 public:
  report_writer(reading& r, const resource_ref& report, const spot& section)
      : r_(r), report_(report), section_(section) {}

  void act(const xmlNode* node) {
    r_.structure(node);
    write_people(r_, node, report_);
    for (const xmlNode* specimen = child(node, "specimen"); specimen != nullptr;
         specimen = next(specimen, "specimen")) {
      spot{report_, "specimen"}.next().refer(write_specimen(r_, specimen));
    }
    for (const xmlNode* link : elements(node)) {
      if (is_named(link, "entryRelationship") || is_named(link, "component")) {
        r_.structure(link);
        for (const xmlNode* part : elements(link)) {
          member(part);
        }
      }
    }
  }

 private:
  void member(const xmlNode* node) {
    if (is_named(node, "observation")) {
      spot{report_, "result"}.next().refer(write_observation(r_, node, result_time::current));
    } else if (is_named(node, "organizer")) {
      spot{report_, "result"}.next().refer(write_panel(r_, node));
    } else if (is_named(node, "procedure")) {
      spot{report_, "specimen"}.next().refer(write_sampling(r_, node));
    } else if (is_named(node, "act") && is_comment(node)) {
      comment(node);
    } else if (is_named(node, "act")) {
      act(node);
    }
  }

  void comment(const xmlNode* node) {
    const xmlNode* text = child(node, "text");
    const std::string printed = referenced_text(r_.ids, text);
    if (printed.empty()) {
      return;
    }
    conclusion_ += (conclusion_.empty() ? "" : "\n") + printed;
    sourced source = r_.text(text);
    if (source.empty()) {
      source = r_.attribute(child(text, "reference"), "value");
    }
    source.text = conclusion_;
    report_.set("conclusion", source);
    r_.structure(node);
    for (const char* name : {"code", "statusCode"}) {
      r_.ledger.envelope(child(node, name));
    }
  }

  reading& r_;
  const resource_ref& report_;
  const spot& section_;
  std::string conclusion_;
};

void write_previous(reading& r, const xmlNode* link, const resource_ref& to) {
  for (const xmlNode* part : elements(link)) {
    if (!is_named(part, "observation")) {
      continue;
    }
    r.ledger.envelope(link, "typeCode");
    const resource_ref previous = write_observation(r, part, result_time::previous);
    const spot extension = spot{to, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "previous-result");
    (extension / "valueReference").refer(previous);
  }
}

/// What hangs below an observation or a panel: comments, previous results, members.
void write_links(reading& r, const xmlNode* node, const resource_ref& to) {
  for (const xmlNode* link : elements(node)) {
    if (!is_named(link, "entryRelationship") && !is_named(link, "component")) {
      continue;
    }
    if (attribute_text(link, "typeCode") == "REFR" && child(link, "observation") != nullptr) {
      write_previous(r, link, to);
      continue;
    }
    r.structure(link);
    r.ledger.envelope(link, "inversionInd");
    for (const xmlNode* part : elements(link)) {
      if (is_named(part, "act") && is_comment(part)) {
        write_note(r, part, spot{to, "note"}.next());
      } else if (is_named(part, "observation")) {
        spot{to, "hasMember"}.next().refer(write_observation(r, part, result_time::current));
      } else if (is_named(part, "organizer")) {
        spot{to, "hasMember"}.next().refer(write_panel(r, part));
      } else if (is_named(part, "procedure") && !to.has("specimen")) {
        to.set_reference("specimen", write_sampling(r, part));
      }
    }
  }
}

void write_text_reference(const reading& r, const xmlNode* text, const resource_ref& to) {
  if (text == nullptr) {
    return;
  }
  const sourced inline_text = r.text(text);
  if (!inline_text.empty()) {
    const spot note = spot{to, "note"}.next();
    (note / "text").set(inline_text);
    return;
  }
  // A pointer into the narrative, which is carried as a whole.
  const sourced reference = r.attribute(child(text, "reference"), "value");
  if (!reference.empty() && r.ids.find(reference.text) != nullptr) {
    r.composition.carry("section", reference);
  }
}

}  // namespace

bool is_result_entry(const xmlNode* entry) {
  if (is_lab_template(entry) || is_lab_template(child(entry, "act"))) {
    return true;
  }
  return false;
}

bool is_comment(const xmlNode* act) {
  return attribute_text(child(act, "code"), "code") == "48767-8" || has_template(act, "2.16.840.1.113883.10.20.1.40") ||
         has_template(act, "1.3.6.1.4.1.19376.1.5.3.1.4.2");
}

void write_note(const reading& r, const xmlNode* act, const spot& to) {
  const xmlNode* text = child(act, "text");
  const std::string printed = referenced_text(r.ids, text);
  r.structure(act);
  if (printed.empty()) {
    r.drop(act, "a comment without text");
    return;
  }
  sourced source = r.text(text);
  if (source.empty()) {
    source = r.attribute(child(text, "reference"), "value");
  }
  source.text = printed;
  (to / "text").set(source);
  for (const char* name : {"code", "statusCode"}) {
    r.ledger.envelope(child(act, name));
  }
  if (const xmlNode* author = child(act, "author")) {
    write_time(r, child(author, "time"), to / "time");
  }
}

resource_ref write_observation(reading& r, const xmlNode* observation, result_time when) {
  const resource_ref to = r.pivot.add("Observation");
  r.structure(observation);
  if (when == result_time::previous) {
    to.set("meta/tag/0/system", std::string(extension_base) + "result-time");
    to.set("meta/tag/0/code", "previous");
  }
  write_identifiers(r, observation, {to, "identifier"});
  write_status(r, child(observation, "statusCode"), to, status_of::observation);
  const xmlNode* code = child(observation, "code");
  write_required_concept(r, code, {to, "code"});
  const std::string label = result_label(r.ids, observation);
  if (!label.empty() && to.has("code/text")) {
    to.set("code/text", label);
  }
  to.set_reference("subject", r.patient);
  write_effective(r, child(observation, "effectiveTime"), to, "effective");
  const sourced negation = r.attribute(observation, "negationInd");
  const xmlNode* value = child(observation, "value");
  if (!write_value(r, value, to, "value") && !to.has("valueCodeableConcept")) {
    to.set("dataAbsentReason/coding/0/system", "http://terminology.hl7.org/CodeSystem/data-absent-reason");
    to.set("dataAbsentReason/coding/0/code", "unknown");
  }
  if (negation.text == "true") {
    to.set("modifierExtension/0/url", std::string(extension_base) + "negated");
    to.set_bool("modifierExtension/0/valueBoolean", true);
    to.carry("modifierExtension/0/valueBoolean", negation);
  } else if (negation.has_leaf && r.book != nullptr) {
    r.book->envelope(negation.leaf);
  }
  std::size_t index = 0;
  for (const xmlNode* flag = child(observation, "interpretationCode"); flag != nullptr;
       flag = next(flag, "interpretationCode")) {
    index += write_concept(r, flag, spot{to, "interpretation"} / index) ? 1U : 0U;
  }
  write_concept(r, child(observation, "methodCode"), {to, "method"});
  write_concept(r, child(observation, "targetSiteCode"), {to, "bodySite"});
  if (const xmlNode* specimen = child(observation, "specimen")) {
    to.set_reference("specimen", write_specimen(r, specimen));
  }
  index = 0;
  for (const xmlNode* range = child(observation, "referenceRange"); range != nullptr;
       range = next(range, "referenceRange")) {
    write_range(r, range, spot{to, "referenceRange"} / index);
    index = to.size_of("referenceRange");
  }
  write_second_units(r, observation, to);
  write_people(r, observation, to);
  write_text_reference(r, child(observation, "text"), to);
  write_links(r, observation, to);
  write_related(r, observation, to);
  return to;
}

resource_ref write_panel(reading& r, const xmlNode* organizer) {
  const resource_ref to = r.pivot.add("Observation");
  r.structure(organizer);
  write_identifiers(r, organizer, {to, "identifier"});
  write_status(r, child(organizer, "statusCode"), to, status_of::observation);
  write_required_concept(r, child(organizer, "code"), {to, "code"});
  to.set_reference("subject", r.patient);
  write_effective(r, child(organizer, "effectiveTime"), to, "effective");
  if (const xmlNode* specimen = child(organizer, "specimen")) {
    to.set_reference("specimen", write_specimen(r, specimen));
  }
  write_people(r, organizer, to);
  write_links(r, organizer, to);
  if (attribute_text(organizer, "classCode") == "CLUSTER") {
    const spot extension = spot{to, "extension"}.next();
    extension.ref.set(extension.path + "/url", std::string(extension_base) + "panel-kind");
    (extension / "valueCode").set(r.attribute(organizer, "classCode"));
  }
  return to;
}

bool write_results(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section) {
  const xmlNode* act = child(entry, "act");
  if (act == nullptr) {
    // Some producers leave the act out.
    bool said = false;
    for (const xmlNode* part : elements(entry)) {
      if (is_named(part, "observation") || is_named(part, "organizer")) {
        const resource_ref made =
            is_named(part, "organizer") ? write_panel(r, part) : write_observation(r, part, result_time::current);
        (section / "entry").next().refer(made);
        said = true;
      }
    }
    return said;
  }
  const resource_ref report = r.pivot.add("DiagnosticReport");
  (section / "entry").next().refer(report);
  write_identifiers(r, act, {report, "identifier"});
  write_status(r, child(act, "statusCode"), report, status_of::report);
  const xmlNode* code = child(act, "code");
  write_required_concept(r, code != nullptr ? code : child(section_node, "code"), {report, "code"});
  report.set_reference("subject", r.patient);
  if (r.encounter) {
    report.set_reference("encounter", r.encounter);
  }
  write_effective(r, child(act, "effectiveTime"), report, "effective");
  report_writer(r, report, section).act(act);
  return true;
}

}  // namespace liaison::cda
