// SPDX-License-Identifier: Apache-2.0
#include "fhirpath.hpp"

#include "invariants.hpp"
#include "json_parser.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir::path {
namespace {

constexpr std::string_view sample = R"({"resourceType":"Patient","id":"p","active":true,"birthDate":"1950-03",
  "_birthDate":{"extension":[{"url":"http://x.org/time","valueDateTime":"1950-03-01T10:00:00+01:00"}]},
  "contained":[{"resourceType":"Organization","id":"o","name":"H"}],
  "managingOrganization":{"reference":"#o"},
  "name":[{"use":"official","family":"A","given":["B","C"]},{"use":"usual","family":"D"}],
  "identifier":[{"system":"s","value":"1"},{"system":"s","value":"2"}],
  "deceasedDateTime":"2020-01-01T00:00:00Z","multipleBirthInteger":2,
  "extension":[{"url":"http://x.org/q","valueQuantity":{"value":1.50,"unit":"g"}},{"url":"http://x.org/s","valueString":"text"}]})";

std::string answer(std::string_view expression_text) {
  tree resource;
  EXPECT_TRUE(parse_json(sample, resource).good);
  const bundle_view bundle(resource);
  evaluator work(bundle);
  const compiled expression = compile(expression_text);
  if (expression.root == nullptr) return "?" + expression.reason;
  const collection focus{work.make_item(0, none, nullptr)};
  std::string text;
  for (const item& one : work.run(*expression.root, focus, {focus, 0, 0})) {
    if (!text.empty()) text += ",";
    if (one.kind != value_kind::node) {
      text += one.text;
    } else if (one.id == none) {
      text += "(no value)";
    } else if (resource[one.id].kind == kind::object) {
      text += "{" + std::string(one.type == nullptr ? "?" : one.type->name) + "}";
    } else {
      text += resource[one.id].text;
    }
  }
  return text;
}

struct fhirpath_case {
  const char* expression;
  const char* expected;
};
class fhirpath : public testing::TestWithParam<fhirpath_case> {};

TEST_P(fhirpath, gives) { EXPECT_EQ(answer(GetParam().expression), GetParam().expected) << GetParam().expression; }

INSTANTIATE_TEST_SUITE_P(
    expressions, fhirpath,
    testing::Values(
        fhirpath_case{"name.family", "A,D"}, fhirpath_case{"Patient.name.given", "B,C"},
        fhirpath_case{"name[1].family", "D"}, fhirpath_case{"name.where(use = 'official').given.count()", "2"},
        fhirpath_case{"name.given.first()", "B"}, fhirpath_case{"name.given.last()", "C"},
        fhirpath_case{"name.given.tail()", "C"}, fhirpath_case{"name.given.skip(1)", "C"},
        fhirpath_case{"name.given.take(1)", "B"}, fhirpath_case{"name.exists(use = 'old')", "false"},
        fhirpath_case{"name.all(family.exists())", "true"}, fhirpath_case{"name.all(given.exists())", "false"},
        fhirpath_case{"deceased", "2020-01-01T00:00:00Z"}, fhirpath_case{"deceased is dateTime", "true"},
        fhirpath_case{"deceased is boolean", "false"}, fhirpath_case{"(deceased as dateTime).exists()", "true"},
        fhirpath_case{"multipleBirth + 1", "3"}, fhirpath_case{"multipleBirth > 1 and multipleBirth <= 2", "true"},
        fhirpath_case{"7 div 2 = 3 and 7 mod 2 = 1 and 6 / 4 = 1.5 and -1 < 0", "true"},
        fhirpath_case{"2 + 3 * 4", "14"}, fhirpath_case{"(2 + 3) * 4", "20"}, fhirpath_case{"{} and false", "false"},
        fhirpath_case{"{} and true", ""}, fhirpath_case{"{} or true", "true"},
        fhirpath_case{"false implies {}", "true"}, fhirpath_case{"{} implies true", "true"},
        fhirpath_case{"true xor false", "true"}, fhirpath_case{"photo.empty().not()", "false"},
        fhirpath_case{"photo = 'x'", ""}, fhirpath_case{"'C' in name.given", "true"},
        fhirpath_case{"name.given contains 'Z'", "false"}, fhirpath_case{"(name.given | name.given).count()", "2"},
        fhirpath_case{"name.given.combine(name.given).count()", "4"},
        fhirpath_case{"identifier.select(system).isDistinct()", "false"},
        fhirpath_case{"identifier.select(system & value)", "s1,s2"},
        fhirpath_case{"identifier.value.intersect('2' | '3')", "2"},
        fhirpath_case{"identifier.value.exclude('2')", "1"},
        fhirpath_case{"('1').subsetOf(%context.identifier.value)", "true"},
        fhirpath_case{"managingOrganization.resolve()", "{Organization}"},
        fhirpath_case{"managingOrganization.resolve().name", "H"},
        fhirpath_case{"managingOrganization.reference.substring(1) in %resource.contained.id", "true"},
        fhirpath_case{"contained.ofType(Organization).name", "H"}, fhirpath_case{"contained.ofType(Patient)", ""},
        fhirpath_case{"birthDate.hasValue()", "true"},
        fhirpath_case{"birthDate.extension('http://x.org/time').value", "1950-03-01T10:00:00+01:00"},
        fhirpath_case{"extension('http://x.org/q').value.value", "1.50"},
        fhirpath_case{"extension.where(url.endsWith('/s')).value.length()", "4"},
        fhirpath_case{"extension.value.ofType(Quantity).unit", "g"}, fhirpath_case{"birthDate < @1951", "true"},
        fhirpath_case{"birthDate < @1950-03-02", ""}, fhirpath_case{"@2020-01-01T01:00:00+01:00 = deceased", "true"},
        fhirpath_case{"@2020-01-01T00:30:00+01:00 < deceased", "true"},
        fhirpath_case{"'abc'.matches('^[a-c]+$')", "true"}, fhirpath_case{"'abc'.replaceMatches('b.*', 'x')", "ax"},
        fhirpath_case{"'aXbX'.replace('X', '-')", "a-b-"}, fhirpath_case{"'abc'.indexOf('c')", "2"},
        fhirpath_case{"'ab'.upper()", "AB"}, fhirpath_case{"iif(active, 'yes', 'no')", "yes"},
        fhirpath_case{"'12'.toInteger() + 1", "13"}, fhirpath_case{"'x'.toInteger()", ""},
        fhirpath_case{"name.select(given.count())", "2,0"}, fhirpath_case{"name.select($index)", "0,1"},
        fhirpath_case{"name.given.where($this = 'B')", "B"},
        fhirpath_case{"descendants().where($this = 'H').count()", "1"}, fhirpath_case{"children().count() > 5", "true"},
        fhirpath_case{"`name`.family[0]", "A"}, fhirpath_case{"name.family = 'A'", "false"},
        fhirpath_case{"active = true", "true"}, fhirpath_case{"true.not()", "false"},
        fhirpath_case{"name.nosuch()", "?no such function: nosuch"}, fhirpath_case{"name.", "?expected a name"},
        fhirpath_case{"'a", "?a quote is not closed"}, fhirpath_case{"iif(true)", "?too few arguments: iif"},
        fhirpath_case{"name.where()", "?too few arguments: where"},
        fhirpath_case{"a b", "?something follows the expression"}));

TEST(fhirpath_limits, deep_expressions_are_refused) {
  EXPECT_EQ(compile(std::string(100'000, '(')).reason, "nested too deep");
}

TEST(rules, every_invariant_and_every_profile_rule_compiles) {
  for (const auto& failure : rule_book::built_in().failures()) ADD_FAILURE() << failure;
  EXPECT_GT(tables::r4().type_count(), 600U);
  EXPECT_NE(rule_book::built_in().rules_of("fr-core-patient-ins"), nullptr);
}

}  // namespace
}  // namespace liaison::fhir::path
