// SPDX-License-Identifier: Apache-2.0
#include "core/identity/compare.hpp"

#include <gtest/gtest.h>

namespace liaison::identity {
namespace {

using facts::identifier_kind;

facts::patient person(const char* family, const char* given, const char* birth_date, const char* ins = "") {
  facts::patient p;
  p.family = family;
  p.given = {given};
  p.birth_date = birth_date;
  if (*ins) p.identifiers.push_back({"urn:oid:1.2.250.1.213.1.4.10", ins, identifier_kind::ins_test});
  return p;
}

std::string worst(const std::vector<model::issue>& issues) {
  for (const auto& i : issues)
    if (i.severity == model::severity::error) return i.code;
  for (const auto& i : issues)
    if (i.severity == model::severity::warning) return i.code;
  return issues.empty() ? "" : issues.front().code;
}

TEST(normal_form, drops_accents_and_case_and_keeps_hyphens) {
  EXPECT_EQ(normal_form("  Hélène   d’Œuvre-Çà "), "HELENE D'OEUVRE-CA");
  EXPECT_EQ(normal_form("Strauß"), "STRAUSS");
  EXPECT_EQ(normal_form("e\xCC\x81t\xC3\xA9"), "ETE") << "a combining accent counts as none";
  EXPECT_EQ(normal_form("\xC3"), "\xC3") << "broken UTF-8 is kept, not read past";
}

TEST(compare, table) {
  struct row {
    facts::patient envelope, document;
    const char* expected;
  };
  const row table[] = {
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("Martin", "ZOE", "1950-03-17", "1"), ""},
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("MARTIN", "Zoé", "1950-03-17", "2"), "identity-two-ins"},
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("MARTIN", "Zoé", "1951-03-17", "1"), "identity-traits-conflict"},
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("DURAND", "Zoé", "1950-03-17", "1"), "identity-traits-differ"},
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("DURAND", "Paul", "1950-03-17", "1"), "identity-traits-conflict"},
      {person("MARTIN", "Zoé", "1950-03-17", "1"), person("MARTIN", "Zoé", "1950-03-17"), "identity-ins-on-one-side"},
      {person("MARTIN", "Zoé", "1950-03-17"), person("DURAND", "Paul", "1961-01-01"), "identity-traits-conflict"},
      {person("MARTIN", "Zoé", "1950-03-17"), person("MARTIN", "Zoé", "1950"), ""},
      {person("LE-GALL", "Zoé", "1950-03-17", "1"), person("LE GALL", "Zoé", "1950-03-17", "1"), ""},
  };
  int number = 0;
  for (const row& r : table) {
    EXPECT_EQ(worst(compare(r.envelope, r.document, "PID", "document")), r.expected) << "row " << number;
    for (const auto& issue : compare(r.envelope, r.document, "PID", "document"))
      for (const char* value : {"MARTIN", "DURAND", "Zoé", "1950"}) EXPECT_EQ(issue.diagnostics.find(value), std::string::npos) << "patient data in a text";
    ++number;
  }
}

TEST(compare, a_birth_name_on_one_side_and_both_on_the_other_agree) {
  facts::patient envelope = person("MARTIN", "Zoé", "1950-03-17", "1");
  facts::patient document = person("DURAND", "Zoé", "1950-03-17", "1");
  document.birth_family = "Martin";
  EXPECT_EQ(worst(compare(envelope, document, "PID", "document")), "");
}

TEST(check_one, two_matricules_in_one_patient_are_an_error) {
  facts::patient p = person("MARTIN", "Zoé", "1950-03-17", "248053599810704");
  EXPECT_TRUE(check_one(p, "PID-3").empty());
  p.identifiers.push_back({"urn:oid:1.2.250.1.213.1.4.10", "154033599804284", identifier_kind::ins_test});
  EXPECT_EQ(worst(check_one(p, "PID-3")), "identity-two-ins");
}

TEST(check_one, a_wrong_key_stops_a_qualified_identity) {
  facts::patient p = person("MARTIN", "Zoé", "1950-03-17", "248053599810705");
  EXPECT_EQ(worst(check_one(p, "PID-3")), "identity-ins-key");
  EXPECT_FALSE(model::has_error(check_one(p, "PID-3")));
  p.identity_status = facts::identity_status::qualified;
  EXPECT_TRUE(model::has_error(check_one(p, "PID-3")));
}

TEST(ins_key, table) {
  EXPECT_TRUE(ins_key_is_right("248053599810704"));
  EXPECT_TRUE(ins_key_is_right("154033599804284"));
  EXPECT_TRUE(ins_key_is_right("1850" "52A" "998" "001" "40")) << "2A counts as 19";
  for (const char* wrong : {"", "248053599810703", "24805359981070", "2480535998107040", "24805359981070x", "2480535998X0704"})
    EXPECT_FALSE(ins_key_is_right(wrong)) << wrong;
}

TEST(check_environment, a_test_matricule_never_reaches_production) {
  const facts::patient p = person("MARTIN", "Zoé", "1950-03-17", "1");
  EXPECT_EQ(worst(check_environment(p, environment::production, "PID-3")), "identity-test-ins");
  EXPECT_TRUE(check_environment(p, environment::test, "PID-3").empty());
}

}  // namespace
}  // namespace liaison::identity
