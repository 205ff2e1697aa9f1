// SPDX-License-Identifier: Apache-2.0
// A package made here: a Patient with sliced identifiers, a closed list of names, a pattern, a value set and an
// invariant.
#include <unistd.h>

#include "profile.hpp"

#include "invariants.hpp"
#include "json_parser.hpp"
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

constexpr std::string_view definition =
    R"json({"resourceType":"StructureDefinition","url":"http://x.org/StructureDefinition/essai","type":"Patient","snapshot":{"element":[
 {"id":"Patient","path":"Patient","min":0,"max":"*","constraint":[{"key":"essai-1","severity":"error","human":"active needs a birth date","expression":"active.exists() implies birthDate.exists()","source":"http://x.org/StructureDefinition/essai"}]},
 {"id":"Patient.identifier","path":"Patient.identifier","min":1,"max":"2","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"},"type":[{"code":"Identifier"}]},
 {"id":"Patient.identifier.system","path":"Patient.identifier.system","min":0,"max":"1","type":[{"code":"uri"}]},
 {"id":"Patient.identifier:ipp","path":"Patient.identifier","sliceName":"ipp","min":1,"max":"1","type":[{"code":"Identifier"}]},
 {"id":"Patient.identifier:ipp.system","path":"Patient.identifier.system","min":1,"max":"1","type":[{"code":"uri"}],"fixedUri":"urn:oid:1.2.3"},
 {"id":"Patient.identifier:ipp.value","path":"Patient.identifier.value","min":1,"max":"1","type":[{"code":"string"}]},
 {"id":"Patient.name","path":"Patient.name","min":0,"max":"*","slicing":{"discriminator":[{"type":"pattern","path":"use"}],"rules":"closed"},"type":[{"code":"HumanName"}]},
 {"id":"Patient.name:usual","path":"Patient.name","sliceName":"usual","min":0,"max":"1","type":[{"code":"HumanName"}]},
 {"id":"Patient.name:usual.use","path":"Patient.name.use","min":1,"max":"1","type":[{"code":"code"}],"patternCode":"usual"},
 {"id":"Patient.gender","path":"Patient.gender","min":0,"max":"1","type":[{"code":"code"}],"binding":{"strength":"required","valueSet":"http://x.org/ValueSet/two|1.0"}},
 {"id":"Patient.maritalStatus","path":"Patient.maritalStatus","min":0,"max":"1","type":[{"code":"CodeableConcept"}],"patternCodeableConcept":{"coding":[{"system":"s","code":"M"}]}},
 {"id":"Patient.deceased[x]","path":"Patient.deceased[x]","min":0,"max":"1","type":[{"code":"boolean"}]},
 {"id":"Patient.generalPractitioner","path":"Patient.generalPractitioner","min":0,"max":"0","type":[{"code":"Reference"}]},
 {"id":"Patient.managingOrganization","path":"Patient.managingOrganization","min":0,"max":"1","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Location"]}]}
]}})json";
constexpr std::string_view value_set =
    R"({"resourceType":"ValueSet","url":"http://x.org/ValueSet/two","compose":{"include":[{"system":"http://x.org/cs"}]}})";
constexpr std::string_view code_system =
    R"({"resourceType":"CodeSystem","url":"http://x.org/cs","content":"complete","concept":[{"code":"male","concept":[{"code":"female"}]}]})";

constexpr std::string_view good =
    R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"H"}],"identifier":[{"system":"urn:oid:1.2.3","value":"1"},{"system":"urn:oid:9.9","value":"2"}],)"
    R"("name":[{"use":"usual","family":"A"}],"gender":"female","maritalStatus":{"coding":[{"system":"s","code":"M","display":"d"}]},"deceasedBoolean":false})";

class profile_test : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // One for each process: tests of this file run side by side.
    const auto folder =
        std::filesystem::path(testing::TempDir()) / ("liaison-profile-" + std::to_string(::getpid())) / "package";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "a.json") << definition;
    std::ofstream(folder / "b.json") << value_set;
    std::ofstream(folder / "c.json") << code_system;
    std::ofstream(folder / "package.json") << "{\"name\":\"x\"}";
    std::ofstream(folder / "broken.json") << "{";
    store_.load(folder.parent_path().string());
    std::filesystem::remove_all(folder.parent_path());
  }

  static std::string check(std::string_view text) {
    tree resource;
    EXPECT_TRUE(parse_json(text, resource).good);
    const bundle_view bundle(resource);
    findings found(resource);
    path::evaluator work(bundle);
    profile_checker(bundle, work, store_, found).check(*store_.find("http://x.org/StructureDefinition/essai|2.0"), 0);
    std::string list;
    for (const issue& one : found.list()) list += one.location + ": " + one.diagnostics + "\n";
    return list;
  }

  static std::string changed(std::string_view from, std::string_view to) {
    std::string text(good);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  static inline package_store store_;
};

TEST_F(profile_test, a_resource_that_keeps_it_has_no_finding) { EXPECT_EQ(check(good), ""); }

TEST_F(profile_test, each_rule_is_enforced) {
  EXPECT_EQ(check(changed("urn:oid:1.2.3", "urn:oid:1.2.4")),
            "Patient: identifier:ipp must be there at least 1 times, is there 0 (essai)\n");
  EXPECT_EQ(check(changed("\"system\":\"urn:oid:9.9\"", "\"system\":\"urn:oid:1.2.3\"")),
            "Patient: identifier:ipp may be there at most 1 times, is there 2 (essai)\n");
  EXPECT_EQ(check(changed(",\"value\":\"1\"", "")),
            "Patient.identifier[0]: value must be there at least 1 times, is there 0 (essai)\n");
  EXPECT_EQ(check(changed("\"use\":\"usual\"", "\"use\":\"old\"")),
            "Patient.name[0]: belongs to none of the slices, and there may be no others (essai)\n");
  EXPECT_EQ(check(changed("\"female\"", "\"other\"")),
            "Patient.gender: the code is not in the required value set http://x.org/ValueSet/two (essai)\n");
  EXPECT_EQ(check(changed("\"code\":\"M\"", "\"code\":\"S\"")),
            "Patient.maritalStatus: does not follow the pattern of the profile (essai)\n");
  EXPECT_EQ(check(changed("\"deceasedBoolean\":false", "\"deceasedDateTime\":\"2020\"")),
            "Patient.deceasedDateTime: this type is not among those that the profile allows (essai)\n");
  EXPECT_EQ(check(changed("\"deceasedBoolean\":false", "\"active\":true")),
            "Patient: active needs a birth date [essai-1] (essai)\n");
  EXPECT_EQ(check(changed("\"deceasedBoolean\":false", "\"generalPractitioner\":[{\"display\":\"d\"}]")),
            "Patient: generalPractitioner may be there at most 0 times, is there 1 (essai)\n");
  EXPECT_EQ(check(changed("\"deceasedBoolean\":false", "\"managingOrganization\":{\"reference\":\"#o\"}")),
            "Patient.managingOrganization: refers to a resource of a type that the profile does not allow (essai)\n");
}

TEST_F(profile_test, value_sets_are_listed_through_code_systems_or_not_at_all) {
  EXPECT_EQ(store_.has_code("http://x.org/ValueSet/two|1.0", "http://x.org/cs", "female"), true);
  EXPECT_EQ(store_.has_code("http://x.org/ValueSet/two", "http://other", "female"), false);
  EXPECT_EQ(store_.has_code("http://x.org/ValueSet/none", "", "female"), std::nullopt);
}

TEST(create, says_when_a_package_is_not_there) {
  std::string said;
  const liaison_sink sink = {sizeof(liaison_sink), &said, nullptr, [](void* self, const liaison_issue* issue) {
                               *static_cast<std::string*>(self) = issue->diagnostics;
                               return LIAISON_OK;
                             }};
  constexpr std::string_view configuration = R"({"packages":["/nowhere/at/all"]})";
  void* self = nullptr;
  const auto& plugin = *liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  EXPECT_EQ(
      plugin.create({reinterpret_cast<const std::uint8_t*>(configuration.data()), configuration.size()}, &sink, &self),
      LIAISON_REJECT);
  EXPECT_NE(said.find("/nowhere/at/all"), std::string::npos);
  EXPECT_EQ(plugin.create({nullptr, 0}, &sink, &self), LIAISON_OK);
}

}  // namespace
}  // namespace liaison::fhir
