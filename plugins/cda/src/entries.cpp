// SPDX-License-Identifier: Apache-2.0
// Which act becomes which resource: by its class and mood, then by template or section.
#include "entries.hpp"

#include "parties.hpp"
#include "results.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

bool is_intent(const xmlNode* act) {
  const std::string mood = attribute_text(act, "moodCode");
  return mood == "INT" || mood == "PRP" || mood == "RQO" || mood == "ARQ" || mood == "PRMS" || mood == "APT";
}

enum class concern : std::uint8_t { none, problem, allergy };

concern concern_of(const xmlNode* act, std::string_view section_code) {
  if (has_template(act, "1.3.6.1.4.1.19376.1.5.3.1.4.5.3") || has_template(act, "2.16.840.1.113883.10.22.4.1") ||
      section_code == "48765-2") {
    return concern::allergy;
  }
  if (has_template(act, "1.3.6.1.4.1.19376.1.5.3.1.4.5.2") || has_template(act, "1.3.6.1.4.1.19376.1.5.3.1.4.5.1") ||
      section_code == "11450-4" || section_code == "11348-0") {
    return concern::problem;
  }
  return concern::none;
}

class entry_writer {
 public:
  entry_writer(reading& r, std::string_view section_code, const spot& section)
      : r_(r), section_code_(section_code), section_(section) {}

  bool any() const { return any_; }

  void act(const xmlNode* node) {
    const std::string_view kind = local_name(node);
    if (kind == "substanceAdministration") {
      substance(node);
    } else if (kind == "observation") {
      observation(node);
    } else if (kind == "organizer") {
      organizer(node);
    } else if (kind == "procedure") {
      show(is_intent(node) ? write_request(r_, node) : write_procedure(r_, node));
    } else if (kind == "supply") {
      show(attribute_text(node, "moodCode") == "EVN" ? write_device_use(r_, node) : write_request(r_, node));
    } else if (kind == "encounter") {
      show(write_visit(r_, node));
    } else if (kind == "act") {
      plain_act(node);
    }
  }

 private:
  void show(const resource_ref& made) {
    if (made) {
      (section_ / "entry").next().refer(made);
      any_ = true;
    }
  }

  void substance(const xmlNode* node) {
    const bool vaccine = has_template(node, "1.3.6.1.4.1.19376.1.5.3.1.4.12") || section_code_ == "11369-6";
    show(vaccine && attribute_text(node, "moodCode") == "EVN" ? write_immunization(r_, node)
                                                              : write_medication(r_, node));
  }

  void observation(const xmlNode* node) {
    const std::string mood = attribute_text(node, "moodCode");
    if (mood == "EVN" || mood.empty()) {
      // A problem without a concern around it; an allergy or an alert has the template of a problem too.
      const bool alert =
          concern_of(node, section_code_) == concern::allergy || has_template(node, "2.16.840.1.113883.10.20.1.18");
      if (!alert && has_template(node, "1.3.6.1.4.1.19376.1.5.3.1.4.5")) {
        show(write_problem(r_, nullptr, node));
      } else {
        show(write_observation(r_, node, result_time::current));
      }
    } else if (is_intent(node)) {
      show(write_request(r_, node));
    } else if (mood == "GOL") {
      show(write_goal(r_, node));
    }
  }

  void organizer(const xmlNode* node) {
    if (has_template(node, "1.2.250.1.213.1.1.3.18")) {
      attached_file(node);
      return;
    }
    if (child(child(node, "subject"), "relatedSubject") != nullptr) {
      show(write_family_member(r_, node));
    } else {
      show(write_panel(r_, node));
    }
  }

  /// The media of an attached file are read already: here its id and its type.
  void attached_file(const xmlNode* node) {
    resource_ref reference;
    for (const xmlNode* component = child(node, "component"); component != nullptr;
         component = next(component, "component")) {
      r_.structure(component);
      const auto found = r_.media.find(child(component, "observationMedia"));
      reference = found == r_.media.end() ? reference : found->second;
    }
    if (!reference) {
      return;
    }
    any_ = true;
    r_.structure(node);
    write_identifiers(r_, node, {reference, "identifier"});
    r_.ledger.envelope(child(node, "code"));
    r_.ledger.envelope(child(node, "statusCode"));
    for (const xmlNode* component = child(node, "component"); component != nullptr;
         component = next(component, "component")) {
      const xmlNode* observation = child(component, "observation");
      if (attribute_text(child(observation, "code"), "code") == "69764-9") {
        r_.structure(observation);
        if (!attribute_text(child(observation, "id"), "root").empty()) {
          write_identifier(r_, child(observation, "id"), spot{reference, "identifier"}.next());
        }
        write_concept(r_, child(observation, "value"), {reference, "type"});
        r_.ledger.envelope(child(observation, "code"));
        r_.ledger.envelope(child(observation, "statusCode"));
        write_text_pointer(r_, observation);
      }
    }
  }

  void plain_act(const xmlNode* node) {
    const concern kind = concern_of(node, section_code_);
    const auto observations = linked(node, "", "observation");
    if (kind != concern::none && !observations.empty()) {
      for (const xmlNode* found : observations) {
        show(kind == concern::allergy ? write_allergy(r_, node, found) : write_problem(r_, node, found));
      }
      return;
    }
    // An act that only holds others together: they are the entries.
    if (++depth_ <= act_depth_max) {
      for (const xmlNode* link : elements(node)) {
        if (is_named(link, "entryRelationship")) {
          for (const xmlNode* part : elements(link)) {
            if (!is_comment(part)) {
              act(part);
            }
          }
        }
      }
    }
    --depth_;
  }

  static constexpr int act_depth_max = 16;
  reading& r_;
  std::string_view section_code_;
  const spot& section_;
  bool any_ = false;
  int depth_ = 0;
};

}  // namespace

void write_text_pointer(const reading& r, const xmlNode* act) {
  const sourced reference = r.attribute(child(child(act, "text"), "reference"), "value");
  if (!reference.empty() && r.ids.find(reference.text) != nullptr) {
    r.composition.carry("section", reference);  // the narrative is carried as a whole
  }
}

void write_notes(const reading& r, const xmlNode* act, const resource_ref& to) {
  for (const xmlNode* link = child(act, "entryRelationship"); link != nullptr; link = next(link, "entryRelationship")) {
    const xmlNode* comment = child(link, "act");
    if (comment != nullptr && is_comment(comment)) {
      r.structure(link);
      r.ledger.envelope(link, "inversionInd");
      write_note(r, comment, spot{to, "note"}.next());
    }
  }
}

resource_ref write_person(reading& r, const xmlNode* act, const char* role) {
  const xmlNode* person = child(act, role);
  if (person == nullptr) {
    return {};
  }
  r.structure(person);
  return write_entity_of(r, person);
}

void write_second_name(const reading& r, const xmlNode* entity, const sourced& name, const spot& to) {
  if (name.empty()) {
    return;
  }
  if (!to.ref.has(to.path + "/text")) {
    (to / "text").set(name);
  } else if (referenced_text(r.ids, child(child(entity, "code"), "originalText")) == name.text) {
    to.ref.carry(to.path + "/text", name);
  } else {
    ((to / "coding").next() / "display").set(name);
  }
}

void write_other_people(reading& r, const xmlNode* act, const resource_ref& to,
                        std::initializer_list<const char*> roles) {
  for (const std::string_view name : roles) {
    for (const xmlNode* person = child(act, name); person != nullptr; person = next(person, name)) {
      const resource_ref who = write_entity_of(r, person);
      if (who && !who.full_url().empty()) {
        write_participant(r, person, name == "author" ? "AUT" : name == "informant" ? "INF" : "PRF", who, {to, ""});
      }
    }
  }
}

void write_code_extension(const reading& r, const xmlNode* code, const resource_ref& to, std::string_view name) {
  const spot extension = spot{to, "extension"}.next();
  if (write_concept(r, code, extension / "valueCodeableConcept")) {
    extension.ref.set(extension.path + "/url", std::string(extension_base) + std::string(name));
  }
}

void write_mood(const reading& r, const xmlNode* act, const resource_ref& to,
                std::initializer_list<std::string_view> told) {
  const sourced mood = r.attribute(act, "moodCode");
  if (mood.empty() || std::find(told.begin(), told.end(), mood.text) != told.end()) {
    return;
  }
  const spot extension = spot{to, "extension"}.next();
  extension.ref.set(extension.path + "/url", std::string(extension_base) + "mood");
  extension.ref.set(extension.path + "/valueCode", mood.text);
}

void write_reasons(const reading& r, const xmlNode* act, const resource_ref& to) {
  std::size_t index = 0;
  for (const char* element : {"observation", "act"}) {
    for (const xmlNode* reason : linked(act, "RSON", element)) {
      r.structure(reason->parent);
      r.structure(reason);
      r.ledger.envelope(child(reason, "statusCode"));
      const xmlNode* said = child(reason, "value") != nullptr ? child(reason, "value") : child(reason, "code");
      index += write_concept(r, said, spot{to, "reasonCode"} / index) ? 1U : 0U;
      write_text_pointer(r, reason);
    }
  }
}

std::vector<const xmlNode*> linked(const xmlNode* act, std::string_view type_code, std::string_view element) {
  std::vector<const xmlNode*> found;
  for (const xmlNode* link = child(act, "entryRelationship"); link != nullptr; link = next(link, "entryRelationship")) {
    if (type_code.empty() || attribute_text(link, "typeCode") == type_code) {
      if (const xmlNode* part = child(link, element)) {
        found.push_back(part);
      }
    }
  }
  return found;
}

void write_related(reading& r, const xmlNode* act, const resource_ref& to) {
  for (const xmlNode* link = child(act, "entryRelationship"); link != nullptr; link = next(link, "entryRelationship")) {
    for (const xmlNode* part : elements(link)) {
      if (r.seen.count(part) != 0 || is_comment(part)) {
        continue;
      }
      resource_ref made;
      if (is_named(part, "observation")) {
        const bool goal = attribute_text(part, "moodCode") == "GOL";
        made = goal              ? write_goal(r, part)
               : is_intent(part) ? write_request(r, part)
                                 : write_observation(r, part, result_time::current);
      } else if (is_named(part, "organizer")) {
        made = write_panel(r, part);
      } else if (is_named(part, "procedure")) {
        made = is_intent(part) ? write_request(r, part) : write_procedure(r, part);
      } else if (is_named(part, "substanceAdministration")) {
        made = write_medication(r, part);
      } else if (is_named(part, "encounter")) {
        made = write_visit(r, part);
      } else if (is_named(part, "supply")) {
        made = attribute_text(part, "moodCode") == "EVN" ? write_device_use(r, part) : write_request(r, part);
      }
      if (!made) {
        continue;
      }
      const sourced type = r.attribute(link, "typeCode");
      const spot extension = spot{to, "extension"}.next();
      extension.ref.set(extension.path + "/url", std::string(extension_base) + "related");
      extension.ref.set(extension.path + "/extension/0/url", "target");
      (extension / "extension/0/valueReference").refer(made);
      if (!type.empty()) {
        extension.ref.set(extension.path + "/extension/1/url", "type");
        (extension / "extension/1/valueCode").set(type);
      }
      r.structure(link);
    }
  }
}

bool is_negated(const reading& r, const xmlNode* act, const spot& to) {
  const sourced negation = r.attribute(act, "negationInd");
  if (negation.text == "true") {
    to.carry(negation);
    return true;
  }
  r.ledger.envelope(act, "negationInd");
  return false;
}

bool write_clinical_entry(reading& r, const xmlNode* entry, const xmlNode* section_node, const spot& section) {
  const std::string code = attribute_text(child(section_node, "code"), "code");
  entry_writer writer(r, code, section);
  for (const xmlNode* part : elements(entry)) {
    if (!is_named(part, "templateId")) {
      writer.act(part);
    }
  }
  r.drop(entry, writer.any() ? reason_no_element : "no resource for this entry: the narrative of its section says it");
  return writer.any();
}

}  // namespace liaison::cda
