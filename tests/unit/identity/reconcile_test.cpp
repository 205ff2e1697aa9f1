// SPDX-License-Identifier: Apache-2.0
#include "core/identity/reconcile.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace liaison::identity {
namespace {

using facts::identifier_kind;

facts::patient person() {
  facts::patient p;
  p.family = p.birth_family = "LE-GALL";
  p.given = {"ZÉNOBIE", "MARIE"};
  p.birth_date = "1979-03-28";
  p.sex = facts::sex::female;
  p.birth_place_code = "63220";
  p.identity_status = facts::identity_status::qualified;
  p.identifiers.push_back({"urn:oid:1.2.250.1.213.1.4.10", "279035121518989", identifier_kind::ins_test});
  return p;
}

facts::patient but(const std::function<void(facts::patient&)>& change) {
  facts::patient p = person();
  change(p);
  return p;
}

TEST(likeness, table) {
  struct row {
    const char* what;
    facts::patient told;
    likeness expected;
  };
  const row table[] = {
      {"the same, in another writing", but([](auto& p) { p.birth_family = "le-gall", p.given = {"Zenobie", "Marie"}; }), likeness::exact},
      {"the used name is no trait", but([](auto& p) { p.family = "DURAND"; }), likeness::exact},
      {"blank for hyphen", but([](auto& p) { p.birth_family = "LE GALL"; }), likeness::near},
      {"one given name less", but([](auto& p) { p.given = {"ZENOBIE"}; }), likeness::near},
      {"another given name", but([](auto& p) { p.given = {"ZENO", "MARIE"}; }), likeness::conflict},
      {"another birth date", but([](auto& p) { p.birth_date = "1979-03-29"; }), likeness::conflict},
      {"a lunar date matches only itself", but([](auto& p) { p.birth_date = "1979-03-00"; }), likeness::conflict},
      {"another sex", but([](auto& p) { p.sex = facts::sex::male; }), likeness::conflict},
      {"another place", but([](auto& p) { p.birth_place_code = "99100"; }), likeness::conflict},
      {"another INS, the same traits", but([](auto& p) { p.identifiers[0].value = "247035118500129"; }), likeness::conflict},
      {"the same digits as NIA", but([](auto& p) { p.identifiers[0].kind = identifier_kind::ins_nia; }), likeness::conflict},
      {"somebody else", but([](auto& p) { p.identifiers[0].value = "247035118500129", p.birth_date = "1947-03-01"; }), likeness::different},
      {"no INS", but([](auto& p) { p.identifiers.clear(); }), likeness::no_ins},
  };
  for (const row& r : table) EXPECT_EQ(compare_identities(person(), r.told), r.expected) << r.what;
}

TEST(reconcile, outcomes_902_to_906) {
  const facts::patient known = person();
  const auto outcome = [&](const facts::patient& told, const facts::patient* who, bool twice = false, bool marked = false) {
    return std::string(code_of(reconcile({told, who, twice, marked})));
  };
  EXPECT_EQ(outcome(person(), &known), "");
  EXPECT_EQ(reconcile({person(), &known}), reconciliation::exact);
  EXPECT_EQ(outcome(person(), nullptr), "902");
  EXPECT_EQ(outcome(but([](auto& p) { p.identifiers.clear(); }), &known), "903");
  EXPECT_EQ(outcome(but([](auto& p) { p.birth_family = "LE GALL"; }), &known), "904") << "exact or a person looks";
  EXPECT_EQ(outcome(but([](auto& p) { p.birth_place_code.clear(); }), &known), "905");
  EXPECT_EQ(outcome(person(), &known, true), "906");
  EXPECT_EQ(outcome(person(), &known, false, true), "906");
  EXPECT_EQ(outcome(but([](auto& p) { p.identity_flags = {"HOMD"}; }), &known), "906");
}

TEST(reconcile, only_what_a_person_should_look_at_becomes_an_issue) {
  for (const auto quiet : {reconciliation::none, reconciliation::exact, reconciliation::unknown, reconciliation::no_ins})
    EXPECT_FALSE(issue_of(quiet)) << name_of(quiet);
  for (const auto told : {reconciliation::differs, reconciliation::incomplete, reconciliation::other})
    EXPECT_EQ(issue_of(told)->severity, model::severity::warning) << name_of(told);
}

}  // namespace
}  // namespace liaison::identity
