// SPDX-License-Identifier: Apache-2.0
#include "core/identity/reconcile.hpp"

#include "core/identity/compare.hpp"
#include "core/identity/matricule.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace liaison::identity {

namespace {

const facts::identifier* matricule_of(const facts::patient& patient) {
  const auto at = std::find_if(patient.identifiers.begin(), patient.identifiers.end(),
                               [](const auto& id) { return is_ins(id.kind) && !id.value.empty(); });
  return at == patient.identifiers.end() ? nullptr : &*at;
}

std::string all_given(const facts::patient& patient) {
  std::string names;
  for (const auto& given : patient.given) names += (names.empty() ? "" : " ") + normal_form(given);
  return names;
}

std::string blank_for_hyphen(std::string name) {
  std::replace(name.begin(), name.end(), '-', ' ');
  return name;
}

struct names {
  std::string family, given;
};
names names_of(const facts::patient& patient) {
  return {normal_form(patient.birth_family.empty() ? patient.family : patient.birth_family), all_given(patient)};
}

bool same_other_traits(const facts::patient& a, const facts::patient& b) {
  return a.birth_date == b.birth_date && a.sex == b.sex && a.birth_place_code == b.birth_place_code;
}

/// One list of given names is the beginning of the other one, word by word.
bool begins_alike(const std::string& a, const std::string& b) {
  const std::string& shorter = a.size() < b.size() ? a : b;
  const std::string& longer = a.size() < b.size() ? b : a;
  return longer.starts_with(shorter) && (longer.size() == shorter.size() || shorter.empty() || longer[shorter.size()] == ' ');
}

}  // namespace

likeness compare_identities(const facts::patient& known, const facts::patient& told) {
  const auto* left = matricule_of(known);
  const auto* right = matricule_of(told);
  if (left == nullptr || right == nullptr) return likeness::no_ins;
  const bool same_ins = left->value == right->value && left->kind == right->kind;
  const names a = names_of(known), b = names_of(told);
  const bool same_others = same_other_traits(known, told);
  const bool same_traits = same_others && a.family == b.family && a.given == b.given;
  if (!same_ins) return same_traits ? likeness::conflict : likeness::different;
  if (same_traits) return likeness::exact;
  const bool near = same_others && blank_for_hyphen(a.family) == blank_for_hyphen(b.family) &&
                    begins_alike(blank_for_hyphen(a.given), blank_for_hyphen(b.given));
  return near ? likeness::near : likeness::conflict;
}

const char* name_of(reconciliation outcome) {
  constexpr std::array<const char*, 7> names{"none", "exact", "unknown", "no-ins", "differs", "incomplete", "other"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view code_of(reconciliation outcome) {
  constexpr std::array<std::string_view, 7> codes{"", "", "902", "903", "904", "905", "906"};
  return codes[static_cast<std::size_t>(outcome)];
}

std::optional<model::issue> issue_of(reconciliation outcome) {
  const auto warning = [](const char* code, const char* text) {
    return model::issue{model::severity::warning, code, "patient", text};
  };
  switch (outcome) {
    case reconciliation::differs:
      return warning("identity-differs", "the INS or its traits are not exactly those of the patient known here (904)");
    case reconciliation::incomplete:
      return warning("identity-incomplete", "an INS without all of its five traits (905)");
    case reconciliation::other:
      return warning("identity-doubtful",
                     "two local patients have this INS, or the identity is marked as doubtful, double or homonym (906)");
    default: return std::nullopt;
  }
}

reconciliation reconcile(const reconciliation_question& q) {
  if (matricule_of(q.told) == nullptr) return reconciliation::no_ins;
  if (!missing_traits(q.told).empty()) return reconciliation::incomplete;
  if (q.known_twice) return reconciliation::other;
  if (q.known == nullptr) return reconciliation::unknown;
  if (q.is_marked || stops_matching(q.told.identity_flags)) return reconciliation::other;
  return compare_identities(*q.known, q.told) == likeness::exact ? reconciliation::exact : reconciliation::differs;
}

}  // namespace liaison::identity
