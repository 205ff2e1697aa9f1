// SPDX-License-Identifier: Apache-2.0
#include "french_patient.hpp"

#include "identity.hpp"
#include "primitives.hpp"
#include "tree_edit.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace liaison::fhir {
namespace {

using facts::identifier_kind;

constexpr std::string_view core = "https://hl7.fr/ig/fhir/core/StructureDefinition/";
constexpr std::string_view core_types = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
constexpr std::string_view source_field = "https://liaison.example/fhir/StructureDefinition/source-field";

node_id extension(const tree& of, node_id element, std::string_view url_end) {
  node_id found = none;
  of.each(of.child(element, "extension"), [&](node_id one) {
    if (found == none && of.text(one, "url").ends_with(url_end)) found = one;
  });
  return found;
}

node_id official_name(const tree& of, node_id patient, std::size_t& count) {
  node_id found = none;
  of.each(of.child(patient, "name"), [&](node_id name) {
    if (of.text(name, "use") != "official") return;
    if (count++ == 0) found = name;
  });
  return found;
}

/// Which of the five traits is missing, as a person would say it; empty when all are there.
std::string_view missing_trait(const tree& of, node_id patient) {
  std::size_t names = 0;
  const node_id name = official_name(of, patient, names);
  if (names != 1 || of.text(name, "family").empty()) return "the birth name";
  if (of.text(name, "given/0").empty()) return "the birth given names";
  const std::string_view born = of.text(patient, "birthDate");
  if (born.size() != 10 || !is_date(born)) return "the whole birth date";
  const std::string_view gender = of.text(patient, "gender");
  if (gender != "male" && gender != "female" && gender != "unknown") return "the sex";
  const node_id place = of.child(extension(of, patient, "/patient-birthPlace"), "valueAddress");
  const node_id insee = extension(of, place, "/fr-core-address-insee-code");
  if (of.text(insee, "valueCoding/code").empty()) return "the code of the birth place";
  return {};
}

struct ins_form {
  std::string_view type, use;
};
ins_form form_of(identifier_kind kind) {
  switch (kind) {
    case identifier_kind::ins_nia:
      return {"INS-NIA", "temp"};
    case identifier_kind::ins_test:
      return {"INS-NIR-TEST", "official"};
    case identifier_kind::ins_demo:
      return {"INS-NIR-DEMO", "official"};
    default:
      return {"INS-NIR", "official"};
  }
}

class guard {
 public:
  guard(tree& of, account& ledger) : tree_(of), ledger_(ledger) {}

  guarded run() {
    const std::size_t size = tree_.size();  // what is added below has no identities
    std::vector<node_id> patients;
    for (node_id id = 0; id < size; ++id) {
      if (tree_[id].kind == kind::object && tree_.type_of(id) == "Patient") patients.push_back(id);
    }
    for (const node_id patient : patients) judge(patient);
    for (node_id id = 0; id < size; ++id) {
      if (tree_[id].kind == kind::string) check_condition(id);
      if (tree_[id].kind != kind::object) continue;
      if (tree_.text(id, "url") == source_field) {
        check_source_field(id);
      } else if (is_ins(kind_of(tree_, id))) {
        check_identifier(id);
      }
    }
    return {std::move(withheld_), changed_};
  }

 private:
  void judge(node_id patient) {
    const auto all = ins_of(tree_, patient);
    const bool qualified = status_of(tree_, patient) == facts::identity_status::qualified;
    if (all.empty()) return;
    if (!qualified) {
      refused_.insert(refused_.end(), all.begin(), all.end());
      return;
    }
    if (const auto trait = missing_trait(tree_, patient); !trait.empty()) {
      incomplete_.insert(incomplete_.end(), all.begin(), all.end());
      trait_ = trait;
      return;
    }
    allowed_.insert(allowed_.end(), all.begin(), all.end());
    complete(patient);
  }

  /// fr-core-patient-ins: what the profile asks for beyond the traits, which the traits allow to say.
  void complete(node_id patient) {
    std::size_t count = 0;
    const node_id name = official_name(tree_, patient, count);
    const node_id given = tree_.child(name, "given");
    if (extension(tree_, name, "/fr-core-patient-birth-list-given-name") == none) add_birth_list(name, given);
    if (tree_.is_array(given)) {
      for (node_id more = tree_[tree_[given].first].next; more != none; more = tree_[more].next)
        withheld_.push_back({more, {}, "stands in the list of birth given names"});
    }
    tree_.each(tree_.child(patient, "identifier"), [&](node_id identifier) {
      if (is_ins(kind_of(tree_, identifier)) && tree_.text(identifier, "use") != "old") complete_identifier(identifier);
      // An IPP whose authority the source names by a word only: the profile wants a system for it.
      if (is_ipp(identifier) && tree_.child(identifier, "system") == none && tree_.child(identifier, "_system") == none)
        add_absent(tree_, identifier, "_system");
    });
    claim_profile(tree_, patient, std::string(core) + "fr-core-patient-ins");
    changed_ = true;
  }

  bool is_ipp(node_id identifier) const {
    bool found = false;
    tree_.each(tree_.find(identifier, "type/coding"),
               [&](node_id coding) { found = found || tree_.text(coding, "code") == "PI"; });
    return found;
  }

  void add_birth_list(node_id name, node_id given) {
    std::string all;
    tree_.each(given, [&](node_id one) { all += (all.empty() ? "" : " ") + std::string(tree_[one].text); });
    node_id list = tree_.child(name, "extension");
    if (list == none) list = tree_.add(name, "extension", kind::array);
    const node_id made = tree_.add(list, {}, kind::object);
    tree_.add(made, "url", kind::string, tree_.keep(std::string(core) + "fr-core-patient-birth-list-given-name"));
    tree_.add(made, "valueString", kind::string, tree_.keep(all));
    ledger_.added(tree_.pointer(made) + "/valueString", all,
                  "fr-core-patient-ins asks for the list of birth given names");
  }

  void complete_identifier(node_id identifier) {
    const ins_form form = form_of(kind_of(tree_, identifier));
    if (tree_.child(identifier, "use") == none) tree_.add(identifier, "use", kind::string, form.use);
    bool typed = false;
    tree_.each(tree_.find(identifier, "type/coding"),
               [&](node_id coding) { typed = typed || tree_.text(coding, "system") == core_types; });
    if (typed) return;
    node_id type = tree_.child(identifier, "type");
    if (type == none) type = tree_.add(identifier, "type", kind::object);
    node_id codings = tree_.child(type, "coding");
    if (codings == none) codings = tree_.add(type, "coding", kind::array);
    const node_id coding = tree_.add(codings, {}, kind::object);
    tree_.add(coding, "system", kind::string, core_types);
    tree_.add(coding, "code", kind::string, form.type);
  }

  void check_identifier(node_id id) {
    const std::string_view value = tree_.text(id, "value");
    if (value.empty() || contains(allowed_, value)) return;
    if (contains(incomplete_, value)) {
      withheld_.push_back({id, "fhir-ins-traits-missing",
                           "an INS leaves with its five traits only: " + std::string(trait_) + " is missing"});
    } else {
      withheld_.push_back({id, "fhir-ins-withheld", "an INS leaves with a qualified identity only"});
    }
  }

  /// A conditional reference or create names its patient by the matricule.
  void check_condition(node_id id) {
    const std::string_view name = tree_[id].name;
    if (name != "reference" && name != "url" && name != "ifNoneExist") return;
    const named_ins named = ins_of_condition(tree_[id].text);
    if (!named.value.empty() && !contains(allowed_, named.value))
      withheld_.push_back({id, "fhir-ins-withheld", "an INS leaves with a qualified identity only"});
  }

  /// What a format keeps for itself may be a matricule that never became an identifier.
  void check_source_field(node_id id) {
    std::string_view value;
    tree_.each(tree_.child(id, "extension"), [&](node_id part) {
      if (tree_.text(part, "url") == "value") value = tree_.text(part, "valueString");
    });
    if (!holds_matricule(value)) return;
    for (const std::string_view ins : allowed_) {
      if (value.find(ins) != std::string_view::npos) return;
    }
    withheld_.push_back({id, "fhir-ins-withheld", "an INS leaves with a qualified identity only"});
  }

  static bool contains(const std::vector<std::string_view>& list, std::string_view value) {
    return std::ranges::find(list, value) != list.end();
  }

  /// 13 characters of a NIR or NIA and their key, standing alone (identity-ins: 97 minus the number modulo 97; 2A and
  /// 2B count as 19 and 18).
  static bool holds_matricule(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::size_t at = 0; at + 15 <= text.size(); ++at) {
      if (at > 0 && is_digit(text[at - 1])) continue;
      if (at + 15 < text.size() && is_digit(text[at + 15])) continue;
      std::string digits(text.substr(at, 15));
      if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'B')) {
        digits[6] = digits[6] == 'A' ? '9' : '8';
        digits[5] = '1';
      }
      if (!std::ranges::all_of(digits, is_digit)) continue;
      std::uint64_t number = 0, key = 0;
      std::from_chars(digits.data(), digits.data() + 13, number);
      std::from_chars(digits.data() + 13, digits.data() + 15, key);
      if (97 - number % 97 == key) return true;
    }
    return false;
  }

  tree& tree_;
  account& ledger_;
  std::vector<std::string_view> allowed_, refused_, incomplete_;
  std::string_view trait_;
  std::vector<withheld_value> withheld_;
  bool changed_ = false;
};

}  // namespace

guarded guard_identities(tree& of, account& ledger) { return guard(of, ledger).run(); }

}  // namespace liaison::fhir
