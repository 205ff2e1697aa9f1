// SPDX-License-Identifier: Apache-2.0
// One defect each in a resource that is otherwise good: the finding must be that one, at its place.
#include "primitives.hpp"
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

const std::string observation =
    R"({"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":4.10,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},)"
    R"("effectivePeriod":{"start":"2024-02-01","end":"2024-02-02"},"interpretation":[{"coding":[{"code":"N"}]}],"referenceRange":[{"low":{"value":3.5}}]})";

std::string changed(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

struct defect_case {
  const char *name, *from, *to, *code, *location;
};
class validate_defect : public testing::TestWithParam<defect_case> {};

TEST_P(validate_defect, is_found_where_it_is) {
  const auto got = run(translator_table().validate, changed(observation, GetParam().from, GetParam().to));
  ASSERT_EQ(got.errors(), 1U) << got.list();
  EXPECT_EQ(got.issues[0].code, GetParam().code);
  EXPECT_EQ(got.issues[0].location, GetParam().location);
}

INSTANTIATE_TEST_SUITE_P(
    observation, validate_defect,
    testing::Values(
        defect_case{"missing_status", "\"status\":\"final\",", "", "fhir-missing-element", "Observation.status"},
        defect_case{"unknown_status", "\"final\"", "\"finished\"", "fhir-required-binding", "Observation.status"},
        defect_case{"status_number", "\"final\"", "1", "fhir-wrong-type", "Observation.status"},
        defect_case{"missing_code", "\"code\":{\"text\":\"K\"},", "", "fhir-missing-element", "Observation.code"},
        defect_case{"code_as_text", "{\"text\":\"K\"}", "\"K\"", "fhir-wrong-type", "Observation.code"},
        defect_case{"value_as_text", "4.10", "\"4.10\"", "fhir-wrong-type", "Observation.valueQuantity.value"},
        defect_case{"value_of_no_type", "valueQuantity", "valueMoney", "fhir-unknown-element",
                    "Observation.valueMoney"},
        defect_case{"two_values", "\"referenceRange\"", "\"valueString\":\"x\",\"referenceRange\"", "fhir-cardinality",
                    "Observation.valueString"},
        defect_case{"code_without_system", "\"system\":\"http://unitsofmeasure.org\",", "", "fhir-invariant",
                    "Observation.valueQuantity"},
        defect_case{"period_inverted", "2024-02-02", "2024-01-31", "fhir-invariant", "Observation.effectivePeriod"},
        defect_case{"day_that_is_none", "2024-02-02", "2024-02-30", "fhir-bad-value",
                    "Observation.effectivePeriod.end"},
        defect_case{"time_without_zone", "2024-02-02", "2024-02-02T10:00:00", "fhir-bad-value",
                    "Observation.effectivePeriod.end"},
        defect_case{"interpretation_no_array", "[{\"coding\":[{\"code\":\"N\"}]}]", "{\"coding\":[{\"code\":\"N\"}]}",
                    "fhir-not-an-array", "Observation.interpretation"},
        defect_case{"code_an_array", "{\"text\":\"K\"}", "[{\"text\":\"K\"}]", "fhir-unexpected-array",
                    "Observation.code"},
        defect_case{"empty_range", "{\"low\":{\"value\":3.5}}", "{\"id\":\"r\"}", "fhir-invariant",
                    "Observation.referenceRange[0]"},
        defect_case{"unknown_element", "\"status\"", "\"statut\":\"x\",\"status\"", "fhir-unknown-element",
                    "Observation.statut"},
        defect_case{"twin_of_an_object", "\"status\"", "\"_code\":{\"id\":\"a\"},\"status\"", "fhir-unknown-element",
                    "Observation._code"},
        defect_case{"extension_without_value", "\"status\"", "\"extension\":[{\"url\":\"http://x.org/e\"}],\"status\"",
                    "fhir-extension", "Observation.extension[0]"},
        defect_case{"extension_relative", "\"status\"",
                    "\"extension\":[{\"url\":\"e\",\"valueCode\":\"x\"}],\"status\"", "fhir-extension",
                    "Observation.extension[0].url"},
        defect_case{"modifier", "\"status\"",
                    "\"modifierExtension\":[{\"url\":\"http://x.org/e\",\"valueCode\":\"x\"}],\"status\"",
                    "fhir-unknown-modifier", "Observation.modifierExtension[0]"},
        defect_case{"contained_missing", "\"status\"", "\"subject\":{\"reference\":\"#p\"},\"status\"",
                    "fhir-broken-reference", "Observation.subject.reference"},
        defect_case{"contained_unused", "\"status\"",
                    "\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\"}],\"status\"", "fhir-contained",
                    "Observation.contained[0]"},
        defect_case{"wrong_target", "\"status\"", "\"subject\":{\"reference\":\"Practitioner/1\"},\"status\"",
                    "fhir-reference-target", "Observation.subject"},
        defect_case{"narrative_script", "\"status\"",
                    "\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><p "
                    "onclick='x'>a</p></div>\"},\"status\"",
                    "fhir-narrative", "Observation.text.div"},
        defect_case{"narrative_empty", "\"status\"",
                    "\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"> "
                    "</div>\"},\"status\"",
                    "fhir-narrative", "Observation.text.div"}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(validate, a_good_resource_has_no_issue) { EXPECT_EQ(run(translator_table().validate, observation).list(), ""); }

TEST(validate, a_file_is_held_against_what_is_said_of_it) {
  const std::string text =
      R"({"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"text/plain","data":"YWJj","size":3,"hash":"qZk+NkcGgWq6PiVxeFDCbJzQ2J0="}}]})";
  EXPECT_EQ(run(translator_table().validate, text).list(), "");
  EXPECT_TRUE(run(translator_table().validate, changed(text, "\"size\":3", "\"size\":4")).has("fhir-attachment-size"));
  EXPECT_TRUE(run(translator_table().validate, changed(text, "YWJj", "YWJk")).has("fhir-attachment-hash"));
}

TEST(validate, the_identity_profile_is_checked_when_it_is_claimed_or_asked_for) {
  const std::string patient = R"({"resourceType":"Patient","gender":"other"})";
  EXPECT_EQ(run(translator_table().validate, patient).errors(), 0U);
  EXPECT_GT(run(translator_table().validate, patient, R"({"profile":"fr-core-patient-ins"})").errors(), 3U);
}

TEST(validate, findings_have_an_end) {
  std::string text = R"({"resourceType":"Patient")";
  for (int i = 0; i < 5000; ++i) text += ",\"n" + std::to_string(i) + "\":1";
  const auto got = run(translator_table().validate, text + "}");
  EXPECT_EQ(got.errors(), 500U);
  EXPECT_TRUE(got.has("fhir-more-issues"));
}

TEST(validate, no_issue_shows_a_value) {
  for (const auto& file : corpus_files(true)) {
    for (const auto& issue : run(translator_table().validate, read_file(file)).issues)
      EXPECT_EQ(issue.diagnostics.find("DOMINIQUE"), std::string::npos) << file;
  }
}

TEST(validate, size_and_hash_of_any_attachment_are_those_of_its_data) {
  const auto of = [](std::string_view attachment) {
    return run(translator_table().validate,
               R"({"resourceType":"Media","status":"completed","content":{"contentType":"text/plain","data":"YWJj")" +
                   std::string(attachment) + "}}")
        .list();
  };
  EXPECT_EQ(of(R"(,"size":3,"hash":"qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")"), "");
  EXPECT_EQ(of(R"(,"size":4)"), "error\tfhir-attachment-size\tMedia.content.size\n");
  EXPECT_EQ(of(R"(,"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=")"), "error\tfhir-attachment-hash\tMedia.content.hash\n");
}

TEST(validate, an_element_has_a_value_or_extensions) {
  EXPECT_EQ(run(translator_table().validate, R"({"resourceType":"Patient","_birthDate":{"id":"x"}})").list(),
            "error\tfhir-empty-element\tPatient._birthDate\n");
}

TEST(validate, what_only_the_narrative_shows_is_used) {
  const std::string text =
      R"({"resourceType":"Basic","code":{"text":"c"},"contained":[{"resourceType":"Binary","id":"im","contentType":"image/png"}],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><img src=\"#im\" alt=\"\"/></div>"}})";
  EXPECT_EQ(run(translator_table().validate, text).list(), "");
}

TEST(validate, conditional_references_are_resolved_in_the_bundle_or_told) {
  const auto of = [](std::string_view type, std::string_view condition) {
    return run(translator_table().validate,
               R"({"resourceType":"Bundle","type":")" + std::string(type) +
                   R"(","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.2","value":"7"}]},"request":{"method":"POST","url":"Patient"}},)"
                   R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000002","resource":{"resourceType":"Basic","code":{"text":"c"},"subject":{"reference":")" +
                   std::string(condition) + R"("}},"request":{"method":"POST","url":"Basic"}}]})")
        .list();
  };
  EXPECT_EQ(of("transaction", "Patient?identifier=urn:oid:1.2|7"), "");
  EXPECT_EQ(of("transaction", "Patient?identifier=urn%3Aoid%3A1.2%7C7"), "");
  EXPECT_EQ(of("transaction", "Patient?identifier=urn:oid:1.2|8"),
            "information\tfhir-conditional-reference\tBundle.entry[1].resource.subject.reference\n");
  EXPECT_EQ(of("batch", "Patient?identifier=urn:oid:1.2|8"),
            "warning\tfhir-conditional-reference\tBundle.entry[1].resource.subject.reference\n");
  EXPECT_EQ(of("transaction", "Patiente?identifier=urn:oid:1.2|7"),
            "error\tfhir-broken-reference\tBundle.entry[1].resource.subject.reference\n");
}

TEST(validate, xml_is_checked_like_json) {
  const auto good =
      run(translator_table().validate,
          R"(<Patient xmlns="http://hl7.org/fhir"><active value="true"/><gender value="male"/></Patient>)");
  EXPECT_EQ(good.list(), "");
  const auto bad =
      run(translator_table().validate,
          R"(<Patient xmlns="http://hl7.org/fhir"><active value="yes"/><gender value="m"/><nom value="x"/></Patient>)");
  EXPECT_EQ(bad.list(),
            "error\tfhir-wrong-type\tPatient.active\nerror\tfhir-required-binding\tPatient.gender\nerror\tfhir-unknown-"
            "element\tPatient.nom\n");
}

// The corpus README names these: official samples that are not valid.
bool is_known_bad(const std::string& name) {
  return name == "Bundle-example-td2-iti65-lot-soumission.json" ||
         name == "Bundle-ex-findDocumentReferencesResponse.json" || name == "Bundle-bundle-swart.json";
}

/// What the name of each negative states, in our words.
struct stated_reason {
  std::string_view file, code, location_end, says;
};
constexpr stated_reason reasons[] = {
    {"caredove-numeric-ids__fhir-test-cases", "fhir-wrong-type", ".resource.id", "string"},
    {"ins-gender-other", "fhir-profile", "Patient", "gender"},
    {"ins-no-insee-birthplace", "fhir-profile", "Patient", "place of birth"},
    {"ins-status-unknown-code", "fhir-profile", ".valueCoding", "status of an identity"},
    {"ins-vali-without-ins-identifier", "fhir-profile", "Patient", "has an INS"},
    {"iti65-attachment-url-unresolved", "fhir-broken-reference", ".attachment.url", "fullUrl"},
    {"iti65-author-not-contained", "fhir-profile", ".author[0]", "contained"},
    {"iti65-custodian-missing", "fhir-profile", "Bundle.entry[1].resource", "custodian"},
    {"iti65-docref-data-inline", "fhir-profile", ".attachment", "no data"},
    {"iti65-duplicate-fullurl", "fhir-duplicate-full-url", "Bundle.entry[1].fullUrl", "same fullUrl"},
    {"iti65-missing-request", "fhir-profile", "Bundle.entry[1]", "request"},
    {"iti65-no-sourceId", "fhir-profile", "Bundle.entry[0].resource", "ihe-sourceId"},
    {"iti65-security-label-missing", "fhir-profile", "Bundle.entry[1].resource", "securityLabel"},
    {"iti65-submissionset-item-unresolved", "fhir-broken-reference", ".item.reference", "fullUrl"},
    {"iti65-unknown-ihe-extension", "fhir-profile", ".extension[2]", "no such extension"},
    {"iti65-wrong-size", "fhir-attachment-size", ".attachment.size", "size"},
    {"lab-doc-no-timestamp", "fhir-profile", "Bundle", "timestamp"},
    {"lab-obs-status-missing", "fhir-missing-element", ".resource.status", "Observation"},
    {"lab-obs-value-as-string", "fhir-wrong-type", ".valueQuantity.value", "number"},
    {"not-fhir", "fhir-no-resource-type", "line 1", "resourceType"},
    {"patient-bad-id", "fhir-bad-value", "Patient.id", "id"},
    {"patient-date-fr-format", "fhir-bad-value", "Patient.birthDate", "date"},
    {"patient-empty-string", "fhir-json-empty-string", "Patient.name[0].family", "empty"},
    {"patient-name-not-array", "fhir-not-an-array", "Patient.name", "array"},
    {"patient-truncated", "fhir-json-truncated", "(Patient)", "ends"},
    {"patient-unknown-property", "fhir-unknown-element", "Patient.firstName", "no such element"},
    {"pta-careteam-no-period", "fhir-profile", ".resource", "period"},
    {"pta-episode-patient-is-org", "fhir-reference-target", ".patient", "Patient"},
    {"pta-period-inverted", "fhir-invariant", ".period", "per-1"},
    {"pta-task-status-bad", "fhir-required-binding", ".status", "task-status"},
    {"task-without-intent__fhir-test-cases", "fhir-missing-element", "Task.intent", "Task"},
    {"unknown-resource-type", "fhir-unknown-resource", "Patientt", "R4"}};

TEST(corpus, every_negative_is_refused_and_every_good_file_passes) {
  const auto negative = corpus_files(true), good = corpus_files(false);
  if (good.empty()) GTEST_SKIP() << "no corpus";
  for (const auto& file : negative) {
    const auto got = run(translator_table().validate, read_file(file));
    EXPECT_GT(got.errors(), 0U) << file;
    const auto reason = std::ranges::find(reasons, file.stem().string(), &stated_reason::file);
    if (reason == std::end(reasons)) continue;
    const bool told = std::ranges::any_of(got.issues, [&](const issue_copy& one) {
      return one.severity == LIAISON_ERROR && one.code == reason->code &&
             one.location.ends_with(reason->location_end) && one.diagnostics.find(reason->says) != std::string::npos;
    });
    EXPECT_TRUE(told) << file << "\n" << got.list();
  }
  for (const auto& file : good) {
    const auto got = run(translator_table().validate, read_file(file));
    EXPECT_TRUE(got.errors() == 0 || is_known_bad(file.filename().string())) << file << "\n" << got.list();
    EXPECT_EQ(run(translator_table().inspect, read_file(file)).status, LIAISON_OK) << file;
  }
}

TEST(corpus, goes_through_xml_and_comes_back_with_nothing_lost) {
  const auto files = corpus_files(false);
  if (files.empty()) GTEST_SKIP() << "no corpus";
  for (const auto& file : files) {
    const std::string pivot = run(translator_table().decode, read_file(file)).part(LIAISON_PART_DOCUMENT);
    const auto xml = run(translator_table().encode, pivot,
                         R"({"now":"2024-03-01T12:00:00+01:00","account":true,"endpoint":{"syntax":"xml"}})");
    const auto back = run(translator_table().decode, xml.part(LIAISON_PART_DOCUMENT), R"({"account":true})");
    EXPECT_EQ(back.status, LIAISON_OK) << file << back.list();
    rapidjson::Document account, returned;
    account.Parse(xml.part(LIAISON_PART_ACCOUNT).c_str());
    returned.Parse<rapidjson::kParseNumbersAsStringsFlag>(back.part(LIAISON_PART_DOCUMENT).c_str());
    ASSERT_FALSE(returned.HasParseError()) << file;
    for (const auto& leaf : account["leaves"].GetArray()) {
      if (!leaf.HasMember("to")) continue;
      const std::string place = leaf["to"][0].GetString();
      if (place.ends_with("/div")) continue;  // the same XHTML may be written in other bytes
      EXPECT_EQ(at_pointer(returned, place), leaf["value"].GetString()) << file << place;
    }
  }
}

struct primitive_case {
  const char *type, *text;
  bool good;
};
class primitive_form : public testing::TestWithParam<primitive_case> {};
TEST_P(primitive_form, is_judged) {
  EXPECT_EQ(primitive_defect(GetParam().type, GetParam().text).empty(), GetParam().good)
      << GetParam().type << " " << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    forms, primitive_form,
    testing::Values(
        primitive_case{"date", "2024-02-29", true}, primitive_case{"date", "2023-02-29", false},
        primitive_case{"date", "2024", true}, primitive_case{"date", "2024-13", false},
        primitive_case{"date", "24-01-01", false}, primitive_case{"date", "2024-1-1", false},
        primitive_case{"dateTime", "2024-02-29T23:59:60Z", true},
        primitive_case{"dateTime", "2024-02-29T10:00Z", false},
        primitive_case{"dateTime", "2024-02-29T10:00:00.123456+14:00", true},
        primitive_case{"dateTime", "2024-02T10:00:00Z", false}, primitive_case{"instant", "2024-02-29", false},
        primitive_case{"instant", "2024-02-29T10:00:00+01:00", true}, primitive_case{"time", "10:00", false},
        primitive_case{"time", "10:00:00", true}, primitive_case{"time", "24:00:00", false},
        primitive_case{"id", "a.b-C1", true}, primitive_case{"id", "a_b", false}, primitive_case{"id", "", false},
        primitive_case{"code", "a b", true}, primitive_case{"code", "a  b", false}, primitive_case{"code", " a", false},
        primitive_case{"oid", "urn:oid:1.2.250", true}, primitive_case{"oid", "urn:oid:3.2", false},
        primitive_case{"oid", "urn:oid:1..2", false}, primitive_case{"oid", "urn:oid:1.02", false},
        primitive_case{"uuid", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", false},
        primitive_case{"uri", "http://a b", false}, primitive_case{"uri", "urn:uuid:123", false},
        primitive_case{"uri", "a/b", true}, primitive_case{"positiveInt", "0", false},
        primitive_case{"unsignedInt", "0", true}, primitive_case{"unsignedInt", "-1", false},
        primitive_case{"integer", "-2147483647", true}, primitive_case{"integer", "2147483648", false},
        primitive_case{"integer", "1.0", false}, primitive_case{"base64Binary", "YWJj", true},
        primitive_case{"base64Binary", "YWJ", false}, primitive_case{"base64Binary", "YW*j", false},
        primitive_case{"string", " ", false}, primitive_case{"string", "a\x01", false},
        primitive_case{"string", "a\tb", true}));

}  // namespace
}  // namespace liaison::fhir
