// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

constexpr std::string_view reliability =
    R"({"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[)"
    R"({"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/SYSTEM","code":"CODE"}}]})";

std::string status_extension(std::string_view code, std::string_view system = "fr-core-cs-v2-0445") {
  std::string text(reliability);
  text.replace(text.find("SYSTEM"), 6, system);
  text.replace(text.find("CODE"), 4, code);
  return text;
}

std::string patient(std::string_view ins, std::string_view extension = {}) {
  std::string text = R"({"resourceType":"Patient",)";
  if (!extension.empty()) text.append("\"extension\":[").append(extension).append("],");
  return text + R"("identifier":[{"use":"official","system":"urn:oid:1.2.250.1.213.1.4.10","value":")" +
         std::string(ins) +
         R"("},{"type":{"coding":[{"code":"PI"}]},"system":"urn:oid:1.2.3","value":"42"}],"name":[{"family":"DUPONT"}]})";
}

std::string document(std::string_view resources) {
  return R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2.3"},)"
         R"("timestamp":"2024-03-01T12:00:00+01:00","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":)"
         R"({"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2024-03-01","title":"t","author":[{"display":"a"}],)"
         R"("subject":{"reference":"urn:uuid:00000000-0000-5000-8000-000000000002"}}},)" +
         std::string(resources) + "]}";
}

std::string entry(int number, std::string_view resource) {
  return R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-00000000000)" + std::to_string(number) + R"(","resource":)" +
         std::string(resource) + "}";
}

TEST(fhir_plugin, speaks_one_abi_only) {
  EXPECT_EQ(liaison_plugin_entry("liaison.translator/2"), nullptr);
  EXPECT_STREQ(liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->id, "fr.liaison.fhir");
}

TEST(recognise, knows_json_and_xml_by_their_content) {
  const auto sure = [](std::string_view text) {
    return translator_table().recognise(nullptr, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  EXPECT_GT(sure(" \r\n{ \"resourceType\" : \"Patient\""), 90);
  EXPECT_GT(sure("\xEF\xBB\xBF{\"resourceType\":\"Patient\""), 90);
  EXPECT_GT(sure("<?xml version='1.0'?><f:Patient xmlns:f='http://hl7.org/fhir'/>"), 90);
  EXPECT_LT(sure("{\"type\":\"x\"}"), 50);
  EXPECT_EQ(sure("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>"), 0);
  EXPECT_EQ(sure("MSH|^~\\&|"), 0);
  EXPECT_EQ(sure(""), 0);
}

TEST(inspect, another_format_is_not_ours) {
  EXPECT_EQ(run(translator_table().inspect, "MSH|^~\\&|").status, LIAISON_NOT_MINE);
  EXPECT_EQ(run(translator_table().inspect, R"({"a":1})").status, LIAISON_NOT_MINE);
  EXPECT_EQ(run(translator_table().inspect, R"([1,2])").status, LIAISON_NOT_MINE);
  EXPECT_EQ(run(translator_table().inspect, R"({"resourceType":"Patient","name":[)").status, LIAISON_REJECT);
}

TEST(inspect, a_value_that_stands_twice_is_refused) {
  const auto got = run(translator_table().inspect, R"({"resourceType":"Patient","id":"a","id":"b"})");
  EXPECT_EQ(got.status, LIAISON_REJECT);
  EXPECT_TRUE(got.has("fhir-json-duplicate-name"));
}

TEST(inspect, reads_the_status_by_its_code_system) {
  const auto status = [](std::string_view extension) {
    const std::string facts =
        run(translator_table().inspect, patient("279035121518989", extension)).part(LIAISON_PART_FACTS);
    const std::size_t at = facts.find("identity_status\":\"");
    return at == std::string::npos ? std::string("none") : facts.substr(at + 18, facts.find('"', at + 18) - at - 18);
  };
  EXPECT_EQ(status(status_extension("VALI")), "qualified");
  EXPECT_EQ(status(status_extension("VALI", "fr-core-cs-identity-status")), "validated");
  EXPECT_EQ(status(status_extension("QUAL", "fr-core-cs-identity-status")), "qualified");
  EXPECT_EQ(status(status_extension("RECUP", "fr-core-cs-identity-status")), "retrieved");
  EXPECT_EQ(status(status_extension("PROV")), "provisional");
  EXPECT_EQ(status({}), "unknown");
}

TEST(identity, two_ins_for_the_subject_of_a_document_stop_it) {
  const std::string other =
      R"({"resourceType":"DocumentReference","status":"current","subject":{"reference":"urn:uuid:00000000-0000-5000-8000-000000000004"},"content":[{"attachment":{"title":"t"}}]})";
  const std::string text = document(entry(2, patient("279035121518989")) + "," + entry(3, other) + "," +
                                    entry(4, patient("160012B12345645")));
  for (const auto operation : {translator_table().inspect, translator_table().decode, translator_table().encode}) {
    const auto got = run(operation, text);
    EXPECT_EQ(got.status, LIAISON_REJECT);
    EXPECT_TRUE(got.has("fhir-two-identities"));
    EXPECT_TRUE(got.parts.empty());
    for (const auto& issue : got.issues) EXPECT_EQ(issue.diagnostics.find("279035121518989"), std::string::npos);
  }
}

TEST(identity, one_person_named_twice_is_no_conflict) {
  const std::string other =
      R"({"resourceType":"DocumentReference","status":"current","subject":{"identifier":{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"279035121518989"}},"content":[{"attachment":{"title":"t"}}]})";
  EXPECT_EQ(
      run(translator_table().inspect, document(entry(2, patient("279035121518989")) + "," + entry(3, other))).status,
      LIAISON_OK);
}

TEST(identity, a_condition_names_its_subject_too) {
  const std::string letter =
      R"({"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|160012B12345645"},"content":[{"attachment":{"title":"t"}}]})";
  const std::string text =
      R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entry(1, letter) + "," +
      entry(
          2,
          R"({"resourceType":"List","status":"current","mode":"working","subject":{"identifier":{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"279035121518989"}}})") +
      "]}";
  EXPECT_TRUE(run(translator_table().inspect, text).has("fhir-two-identities"));
  EXPECT_NE(run(translator_table().inspect, letter).part(LIAISON_PART_FACTS).find("160012B12345645"),
            std::string::npos);
  const std::string pivot = run(translator_table().decode, letter).part(LIAISON_PART_DOCUMENT);
  EXPECT_NE(pivot.find("160012B12345645"), std::string::npos);
  EXPECT_EQ(run(translator_table().encode, pivot).part(LIAISON_PART_DOCUMENT).find("160012B12345645"),
            std::string::npos);
}

TEST(identity, a_collection_may_hold_several_patients) {
  const std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)" +
                           entry(1, patient("279035121518989")) + "," + entry(2, patient("160012B12345645")) + "]}";
  const auto got = run(translator_table().inspect, text);
  EXPECT_EQ(got.status, LIAISON_OK);
  rapidjson::Document facts;
  facts.Parse(got.part(LIAISON_PART_FACTS).c_str());
  EXPECT_EQ(facts["patients"].Size(), 2U);
}

TEST(decode, a_document_passes_byte_for_byte) {
  const std::string text = " " + document(entry(2, patient("279035121518989"))) + "\n";
  EXPECT_EQ(run(translator_table().decode, text).part(LIAISON_PART_DOCUMENT), text);
}

TEST(decode, is_deterministic) {
  const std::string text = patient("279035121518989");
  EXPECT_EQ(run(translator_table().decode, text).part(LIAISON_PART_DOCUMENT),
            run(translator_table().decode, text).part(LIAISON_PART_DOCUMENT));
}

/// Every trait that fr-core-patient-ins asks for.
constexpr std::string_view qualified_patient =
    R"({"resourceType":"Patient","extension":[EXTENSION,{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"extension":[)"
    R"({"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"51215"}}]}}],)"
    R"("identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"279035121518989"}],)"
    R"("name":[{"use":"official","family":"ESSAI","given":["DOMINIQUE","ANNE"]}],"gender":"female","birthDate":"1979-03-12"})";

std::string qualified(std::string_view without = {}) {
  std::string text(qualified_patient);
  text.replace(text.find("EXTENSION"), 9, status_extension("VALI"));
  if (!without.empty()) text.replace(text.find(without), without.size(), "");
  return document(entry(2, text));
}

TEST(encode, an_ins_leaves_as_fr_core_patient_ins) {
  const auto got = run(translator_table().encode, qualified());
  EXPECT_EQ(got.issues.size(), 0U);
  rapidjson::Document out;
  out.Parse(got.part(LIAISON_PART_DOCUMENT).c_str());
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/meta/profile/0"),
            "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/value"), "279035121518989");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/use"), "official");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/type/coding/0/code"), "INS-NIR-TEST");
  EXPECT_EQ(out["entry"][1]["resource"]["name"][0]["given"].Size(), 1U);
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/name/0/extension/0/valueString"), "DOMINIQUE ANNE");
}

TEST(encode, a_local_number_beside_the_ins_without_a_system_says_that_it_is_not_known) {
  std::string text = qualified();
  text.replace(text.find("\"identifier\":[", 200) + 14, 0, R"({"type":{"coding":[{"code":"PI"}]},"value":"42"},)");
  const auto got = run(translator_table().encode, text);
  rapidjson::Document out;
  out.Parse(got.part(LIAISON_PART_DOCUMENT).c_str());
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/value"), "42");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/_system/extension/0/valueCode"), "unknown");
}

TEST(encode, an_ins_stays_behind_when_a_trait_is_missing) {
  for (const std::string_view trait :
       {R"("family":"ESSAI",)", R"(,"given":["DOMINIQUE","ANNE"])", R"(,"gender":"female")",
        R"(,"birthDate":"1979-03-12")", R"(,"valueCoding":{"code":"51215"})", R"(-12)"}) {
    const auto got = run(translator_table().encode, qualified(trait));
    EXPECT_TRUE(got.has("fhir-ins-traits-missing")) << trait;
    EXPECT_EQ(got.part(LIAISON_PART_DOCUMENT).find("279035121518989"), std::string::npos) << trait;
  }
}

TEST(encode, a_source_field_with_an_ins_stays_behind_with_it) {
  const std::string field =
      R"({"url":"https://liaison.example/fhir/StructureDefinition/source-field","extension":[{"url":"location","valueString":"x.1"},{"url":"value","valueString":")";
  const auto encoded = [&](const std::string& value) {
    return run(translator_table().encode, document(entry(2, patient("279035121518989", field + value + "\"}]}"))))
        .part(LIAISON_PART_DOCUMENT);
  };
  EXPECT_EQ(encoded("INS 279035121518989").find("source-field"), std::string::npos);
  EXPECT_NE(encoded("279035121518980").find("source-field"), std::string::npos);  // no key: no matricule
}

TEST(encode, the_ins_stays_behind_unless_the_identity_is_qualified) {
  for (const std::string& extension :
       {std::string{}, status_extension("PROV"), status_extension("RECUP", "fr-core-cs-identity-status"),
        status_extension("VALI", "fr-core-cs-identity-status")}) {
    const auto got = run(translator_table().encode, document(entry(2, patient("279035121518989", extension))),
                         R"({"now":"2024-03-01T12:00:00+01:00","account":true})");
    EXPECT_EQ(got.status, LIAISON_OK);
    EXPECT_EQ(got.part(LIAISON_PART_DOCUMENT).find("279035121518989"), std::string::npos);
    EXPECT_NE(got.part(LIAISON_PART_DOCUMENT).find("\"value\":\"42\""), std::string::npos);
    EXPECT_TRUE(got.has("fhir-ins-withheld"));
    EXPECT_NE(got.part(LIAISON_PART_ACCOUNT).find("an INS leaves with a qualified identity only"), std::string::npos);
  }
}

TEST(encode, gives_a_document_what_it_must_have) {
  const auto got = run(
      translator_table().encode,
      R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","active":true}},)"
      R"({"fullUrl":"urn:uuid:b","resource":{"resourceType":"Composition","title":"t","section":[]}}]})");
  rapidjson::Document out;
  out.Parse(got.part(LIAISON_PART_DOCUMENT).c_str());
  ASSERT_TRUE(out.IsObject());
  EXPECT_EQ(at_pointer(out, "/timestamp"), "2024-03-01T12:00:00+01:00");
  EXPECT_EQ(at_pointer(out, "/identifier/value").substr(0, 9), "urn:uuid:");
  const auto half = run(translator_table().encode,
                        R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:liaison:local:LAB"},"entry":[)"
                        R"({"fullUrl":"urn:uuid:b","resource":{"resourceType":"Composition","title":"t"}}]})");
  rapidjson::Document completed;
  completed.Parse(half.part(LIAISON_PART_DOCUMENT).c_str());
  EXPECT_EQ(at_pointer(completed, "/identifier/system"), "urn:liaison:local:LAB");
  EXPECT_EQ(at_pointer(completed, "/identifier/value").substr(0, 9), "urn:uuid:");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/resourceType"), "Composition");
  EXPECT_FALSE(out["entry"][0]["resource"].HasMember("section"));
}

TEST(encode, what_leaves_is_valid_although_the_pivot_keeps_the_words_of_its_source) {
  const std::string pivot =
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Observation",)"
      R"("status":"final","code":{"coding":[{"system":"urn:liaison:local:L","code":"K  01"}]},"valueQuantity":{"value":4.10,"unit":"mmol/L"},)"
      R"("component":[{"code":{"coding":[{"system":"urn:liaison:local:L","code":"K  01"}]},"valueQuantity":{"value":160.0,"unit":"mg/L"}}]}}]})";
  EXPECT_EQ(run(translator_table().validate, pivot).errors(), 3U);
  const std::string out = run(translator_table().encode, pivot).part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(run(translator_table().validate, out).list(), "");
  EXPECT_NE(out.find("\"value\":4.10"), std::string::npos);
  const std::string facts = run(translator_table().inspect, out, R"({"values":true})").part(LIAISON_PART_FACTS);
  EXPECT_NE(facts.find("\"second\":{\"value\":\"160.0\""), std::string::npos) << facts;
}

TEST(encode, an_empty_section_says_at_least_its_title) {
  const std::string pivot = document(entry(2, R"({"resourceType":"Patient","active":true})"));
  std::string with_section = pivot;
  with_section.replace(with_section.find("\"title\":\"t\""), 11, R"("title":"t","section":[{"title":"a < b"}])");
  const auto got = run(translator_table().encode, with_section, R"({"account":true})");
  EXPECT_NE(got.part(LIAISON_PART_DOCUMENT).find("<p>a &lt; b</p>"), std::string::npos);
  EXPECT_NE(got.part(LIAISON_PART_ACCOUNT).find("/entry/0/resource/section/0/text/div"), std::string::npos);
  EXPECT_EQ(run(translator_table().validate, got.part(LIAISON_PART_DOCUMENT)).errors(), 0U);
}

TEST(encode, an_organization_without_name_says_that_it_is_not_known) {
  const std::string text =
      run(translator_table().encode, document(entry(2, R"({"resourceType":"Organization","type":[{"text":"t"}]})")))
          .part(LIAISON_PART_DOCUMENT);
  EXPECT_NE(text.find("\"_name\""), std::string::npos);
  EXPECT_EQ(run(translator_table().validate, text).list().find("org-1"), std::string::npos);
}

TEST(encode, refuses_what_is_no_pivot) {
  EXPECT_EQ(run(translator_table().encode, "MSH|").status, LIAISON_REJECT);
  EXPECT_EQ(run(translator_table().encode, patient("1")).status, LIAISON_REJECT);
}

TEST(xml, comes_back_as_it_went) {
  const std::string text =
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":)"
      R"({"resourceType":"Composition","id":"c","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b</p></div>"},)"
      R"("status":"final","type":{"text":"x"},"date":"2024-03-01","author":[{"display":"é \"q\" <&>\n\t."}],"title":"t"}},)"
      R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000002","resource":{"resourceType":"Patient","extension":[{"url":"http://x.org/e","valueDecimal":1.50}],)"
      R"("name":[{"family":"A","_family":{"id":"f"},"given":["B",null,"C"],"_given":[null,{"extension":[{"url":"http://x.org/n","valueCode":"unknown"}]},null]}],)"
      R"("_birthDate":{"extension":[{"url":"http://x.org/n","valueBoolean":true}]},"deceasedBoolean":false,"multipleBirthInteger":2}}]})";
  const auto xml =
      run(translator_table().encode, text, R"({"now":"2024-03-01T12:00:00+01:00","endpoint":{"syntax":"xml"}})");
  ASSERT_EQ(xml.status, LIAISON_OK);
  const std::string written = xml.part(LIAISON_PART_DOCUMENT);
  EXPECT_NE(written.find("<valueDecimal value=\"1.50\"/>"), std::string::npos) << written;
  const auto back = run(translator_table().decode, written);
  EXPECT_EQ(back.issues.size(), 0U) << back.list();
  rapidjson::Document expected, got;
  expected.Parse<rapidjson::kParseNumbersAsStringsFlag>(text.c_str());
  got.Parse<rapidjson::kParseNumbersAsStringsFlag>(back.part(LIAISON_PART_DOCUMENT).c_str());
  EXPECT_TRUE(expected == got) << back.part(LIAISON_PART_DOCUMENT);
}

TEST(xml, a_narrative_cannot_add_elements) {
  const std::string text =
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":)"
      R"({"resourceType":"Composition","text":{"status":"generated","div":"<div>x</div></text><status value=\"final\"/><text>"},"title":"t"}}]})";
  const std::string written =
      run(translator_table().encode, text, R"({"endpoint":{"syntax":"xml"}})").part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(written.find("<status value=\"final\"/>"), std::string::npos) << written;
}

TEST(xml, bad_input_is_named) {
  EXPECT_TRUE(run(translator_table().validate, "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"a\"></Patient>")
                  .has("fhir-xml-not-well-formed"));
  EXPECT_TRUE(run(translator_table().validate,
                  "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><id "
                  "value=\"&e;\"/></Patient>")
                  .has("fhir-xml-dtd"));
  std::string deep = "<Patient xmlns=\"http://hl7.org/fhir\">";
  for (int i = 0; i < 100'000; ++i) deep += "<extension>";
  EXPECT_TRUE(run(translator_table().validate, deep).has("fhir-xml-too-deep"));
}

}  // namespace
}  // namespace liaison::fhir
