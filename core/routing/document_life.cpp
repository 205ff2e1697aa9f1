// SPDX-License-Identifier: Apache-2.0
#include "core/routing/document_life.hpp"

#include "core/identity/compare.hpp"

#include <algorithm>

namespace liaison::routing {
namespace {

bool is_removal(const model::message_facts& facts) {
  return facts.document.status == "deleted" || facts.document.status == "entered-in-error";
}

bool has_instruction(const model::message_facts& facts, std::string_view wanted) {
  return std::find(facts.instructions.begin(), facts.instructions.end(), wanted) != facts.instructions.end();
}

struct named {
  std::string id, target;
};

named names_of(const model::message_facts& facts, const std::string& source) {
  return {name_for_all(facts.document.id, source), name_for_all(target_of(facts), source)};
}

/// Identifiers and organisation of those who wrote it.
std::vector<std::string> hands_of(const model::message_facts& facts) {
  std::vector<std::string> found;
  for (const auto& author : facts.authors) {
    for (const auto& id : author.identifiers) found.push_back(id.system + "|" + id.value);
    if (!author.organization.empty()) found.push_back(author.organization);
  }
  return found;
}

/// True when nothing speaks against it: both sides must say who wrote for a difference to be one.
bool may_be_same_author(const model::message_facts& one, const model::message_facts& other) {
  const auto here = hands_of(one), there = hands_of(other);
  if (here.empty() || there.empty()) return true;
  return std::any_of(here.begin(), here.end(),
                     [&](const auto& id) { return std::find(there.begin(), there.end(), id) != there.end(); });
}

bool is_another_patient(const model::message_facts& one, const model::message_facts& other) {
  if (one.patients.empty() || other.patients.empty()) return false;
  return model::has_error(identity::compare(one.patients.front(), other.patients.front(), "", ""));
}

model::issue finding(model::severity severity, const char* code, const char* text) {
  return {severity, code, "", text};
}

}  // namespace

std::string name_for_all(const std::string& id, const std::string& source) {
  return id.empty() || id.rfind("urn:", 0) == 0 ? id : source + "\x1f" + id;
}

const char* name_of(document_change change) {
  switch (change) {
    case document_change::initial:
      return "initial";
    case document_change::replacement:
      return "replacement";
    case document_change::masking:
      return "masking";
    case document_change::deletion:
      return "deletion";
  }
  return "initial";
}

const char* name_of(version_state state) {
  switch (state) {
    case version_state::current:
      return "current";
    case version_state::replaced:
      return "replaced";
    case version_state::deleted:
      return "deleted";
    case version_state::removal:
      return "removal";
    case version_state::waiting:
      return "waiting";
  }
  return "current";
}

document_change change_of(const model::message_facts& facts) {
  if (is_removal(facts)) return document_change::deletion;
  if (facts.document.replaces.empty()) return document_change::initial;
  return has_instruction(facts, "masking-change") ? document_change::masking : document_change::replacement;
}

std::string target_of(const model::message_facts& facts) {
  const auto& document = facts.document;
  // A deletion sends the last version again: its own id is the target (and what it once replaced is told as well).
  if (is_removal(facts)) return document.id.empty() ? document.replaces : document.id;
  return document.replaces == document.id ? std::string() : document.replaces;
}

std::vector<life_version> life_of(const std::vector<store::document_version>& line) {
  std::vector<life_version> life;
  std::vector<named> names;
  for (const auto& one : line) {
    life_version made;
    made.message = one.message.id;
    if (auto facts = model::facts_from_json(one.message.facts_json)) made.facts = std::move(facts).value();
    made.change = change_of(made.facts);
    made.id = made.facts.document.id;
    made.target = target_of(made.facts);
    if (made.change == document_change::deletion) made.state = version_state::removal;
    if (one.awaits_until > 0) made.state = version_state::waiting;
    names.push_back(names_of(made.facts, one.message.source));
    life.push_back(std::move(made));
  }
  // What refers to a version that waits waits as well.
  for (bool more = true; more;) {
    more = false;
    for (std::size_t by = 0; by < life.size(); ++by) {
      if (names[by].target.empty() || life[by].state == version_state::waiting) continue;
      const auto is_target = [&](std::size_t of) { return of != by && names[of].id == names[by].target; };
      bool any = false, all_wait = true;
      for (std::size_t of = 0; of < life.size(); ++of) {
        if (!is_target(of)) continue;
        any = true;
        all_wait = all_wait && life[of].state == version_state::waiting;
      }
      if (!any || !all_wait) continue;
      life[by].state = version_state::waiting;
      more = true;
    }
  }
  for (std::size_t by = 0; by < life.size(); ++by) {
    if (names[by].target.empty() || life[by].state == version_state::waiting) continue;
    for (std::size_t of = 0; of < life.size(); ++of) {
      if (of == by || names[of].id != names[by].target || life[of].change == document_change::deletion) continue;
      if (life[of].state == version_state::waiting || life[of].state == version_state::deleted) continue;
      const bool removed = life[by].change == document_change::deletion;
      life[of].state = removed ? version_state::deleted : version_state::replaced;
      life[of].changed_by = life[by].message;
    }
  }
  return life;
}

const char* state_of(const std::vector<life_version>& life) {
  const auto any = [&](version_state wanted) {
    return std::any_of(life.begin(), life.end(), [&](const auto& one) { return one.state == wanted; });
  };
  if (any(version_state::current)) return "current";
  if (any(version_state::deleted)) return "deleted";
  if (any(version_state::waiting)) return "waiting";
  return life.empty() ? "unknown" : "deleted";
}

std::vector<model::issue> judge(const model::message_facts& incoming, const std::string& source,
                                const std::vector<store::document_version>& line, std::string_view strictness) {
  std::vector<model::issue> found;
  const named names = names_of(incoming, source);
  if (names.target.empty()) return found;
  const auto life = life_of(line);
  const life_version* referred = nullptr;
  for (std::size_t i = 0; i < life.size(); ++i) {
    const bool is_target = names_of(life[i].facts, line[i].message.source).id == names.target;
    if (is_target && life[i].change != document_change::deletion) referred = &life[i];
  }
  if (referred == nullptr) {
    found.push_back(finding(model::severity::warning, "document-original-unknown",
                            "the document that this one replaces or removes has not come by this gateway"));
    return found;
  }
  const auto broken = strictness == "strict" ? model::severity::error : model::severity::warning;
  if (is_another_patient(incoming, referred->facts))
    found.push_back(finding(model::severity::error, "document-patient-differs",
                            "904: the document that this one replaces or removes is another patient's"));
  const auto by =
      std::find_if(life.begin(), life.end(), [&](const auto& one) { return one.message == referred->changed_by; });
  const bool came_again = by != life.end() && !by->id.empty() && by->id == incoming.document.id &&
                          by->change == change_of(incoming) && by->change != document_change::deletion;
  if (!came_again && (referred->state == version_state::replaced || referred->state == version_state::deleted))
    found.push_back(finding(broken, "document-not-latest",
                            "900: the document that this one replaces or removes is not the latest version"));
  if (!may_be_same_author(incoming, referred->facts))
    found.push_back(finding(broken, "document-author-differs",
                            "901: neither the author nor the organisation wrote what this one replaces or removes"));
  return found;
}

}  // namespace liaison::routing
