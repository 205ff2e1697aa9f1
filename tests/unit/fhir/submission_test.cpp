// SPDX-License-Identifier: Apache-2.0
// ITI-65 and ITI-105 of a synthetic letter that replaces another one, with a CDA to carry.
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir {
namespace {

constexpr std::string_view cda =
    R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.1"/><templateId extension="2022.01" root="1.2.250.1.213.1.1.1.29"/><recordTarget/></ClinicalDocument>)";

/// Only the recipient knows the document that is replaced.
constexpr std::string_view what_is_replaced_is_elsewhere =
    "information\tfhir-conditional-reference\tBundle.entry[1].resource.relatesTo[0].target.reference\n";

std::string pivot() { return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/fhir/letter-document/pivot.json"); }

std::string options(std::string_view profile, std::string_view endpoint = "{\"custodian_id\":\"1750000000\"}") {
  return R"({"now":"2024-03-01T12:00:00+01:00","account":true,"profile":")" + std::string(profile) +
         R"(","endpoint":)" + std::string(endpoint) + "}";
}

outcome wrap(std::string_view profile, const std::string& of = pivot(),
             std::string_view endpoint = "{\"custodian_id\":\"1750000000\"}") {
  return run(translator_table().encode, of, options(profile, endpoint),
             {part_of(LIAISON_PART_EMBEDDED, "", "cda", cda)});
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text = pivot();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(submission, is_a_transaction_that_our_own_rules_of_pdsm_and_mhd_accept) {
  const auto got = wrap("pdsm-iti65");
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  const std::string text = got.part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(run(translator_table().validate, text).list(), what_is_replaced_is_elsewhere);
  rapidjson::Document out;
  out.Parse(text.c_str());
  const auto type = [&](int entry) {
    return at_pointer(out, "/entry/" + std::to_string(entry) + "/resource/resourceType");
  };
  ASSERT_EQ(out["entry"].Size(), 5U);
  EXPECT_EQ(type(0) + type(1) + type(2) + type(3) + type(4), "ListDocumentReferenceBinaryParametersPatient");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/entry/0/item/reference"), at_pointer(out, "/entry/1/fullUrl"));
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/content/0/attachment/url"), at_pointer(out, "/entry/2/fullUrl"));
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/masterIdentifier/value"), "DOC-1");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/category/0/coding/0/code"), "10");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/content/0/format/code"), "urn:asip:ci-sis:ldl-ses:2017");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/securityLabel/1/coding/0/code"), "MASQUE_PS");
  EXPECT_EQ(at_pointer(out, "/entry/1/request/ifNoneExist"), "identifier=urn:oid:1.2.250.1.99999.2|DOC-1");
  EXPECT_EQ(out["entry"][1]["resource"]["content"][0]["attachment"]["size"].GetUint(), cda.size());
}

TEST(submission, carries_the_document_byte_for_byte) {
  const auto back = run(translator_table().inspect, wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(back.part(LIAISON_PART_EMBEDDED), cda);
}

TEST(submission, a_replacement_names_and_patches_what_it_replaces) {
  rapidjson::Document out;
  const std::string text = wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT);
  out.Parse(text.c_str());
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/relatesTo/0/code"), "replaces");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/relatesTo/0/target/identifier/value"), "DOC-0");
  EXPECT_EQ(at_pointer(out, "/entry/3/request/method"), "PATCH");
  EXPECT_EQ(at_pointer(out, "/entry/3/request/url"), "DocumentReference?identifier=urn:oid:1.2.250.1.99999.2|DOC-0");
  EXPECT_EQ(at_pointer(out, "/entry/3/resource/parameter/0/part/2/valueCode"), "superseded");
}

TEST(submission, recipients_source_author_and_patient_are_contained) {
  rapidjson::Document out;
  const std::string text = wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT);
  out.Parse(text.c_str());
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/extension/2/url"),
            "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-intended-recipient");
  for (const char* at : {"/entry/0/resource/extension/2/valueReference/reference", "/entry/0/resource/source/reference",
                         "/entry/1/resource/author/0/reference", "/entry/1/resource/custodian/reference",
                         "/entry/1/resource/context/sourcePatientInfo/reference"})
    EXPECT_EQ(at_pointer(out, at).substr(0, 2), "#p") << at;
}

TEST(submission, the_account_says_what_stands_beside_the_document) {
  const std::string account = wrap("pdsm-iti65").part(LIAISON_PART_ACCOUNT);
  rapidjson::Document read;
  read.Parse(account.c_str());
  std::size_t carried = 0, dropped = 0;
  for (const auto& leaf : read["leaves"].GetArray()) {
    const bool has_place = leaf.HasMember("to");
    EXPECT_NE(has_place, leaf.HasMember("reason")) << leaf["location"].GetString();
    ++(has_place ? carried : dropped);
  }
  EXPECT_GT(carried, 40U);
  EXPECT_GT(dropped, 5U);
}

TEST(submission, what_pdsm_requires_and_nobody_says_is_an_error) {
  EXPECT_TRUE(wrap("pdsm-iti65", changed("34112-3", "99999-9")).has("fhir-pdsm-class"));
  EXPECT_EQ(wrap("pdsm-iti65", changed("34112-3", "99999-9"), R"({"document_class":"10","custodian_id":"1"})").status,
            LIAISON_OK);
  EXPECT_TRUE(wrap("pdsm-iti65", changed("\"amended\"", "\"entered-in-error\"")).has("fhir-pdsm-no-deletion"));
  const auto nothing =
      run(translator_table().encode, changed("application/pdf", "application/pdf"), options("pdsm-iti65"));
  EXPECT_EQ(nothing.status, LIAISON_OK) << "the PDF of the letter is carried when there is no document to wrap";
  EXPECT_TRUE(
      wrap(
          "pdsm-iti65",
          R"({"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:00000000-0000-5000-8000-000000000001","resource":{"resourceType":"Composition","title":"t"}}]})")
          .has("fhir-pdsm-patient"));
}

TEST(submission, an_ins_that_may_not_leave_is_in_no_resource) {
  const auto got = wrap("pdsm-iti65", changed("\"VALI\"", "\"PROV\""));
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_TRUE(got.has("fhir-ins-withheld"));
  EXPECT_EQ(got.part(LIAISON_PART_DOCUMENT).find("279035121518989"), std::string::npos);
  EXPECT_NE(got.part(LIAISON_PART_DOCUMENT).find("identifier=urn:oid:1.2.250.1.99999.1|IPP-0042"), std::string::npos);
}

TEST(simplified_publish, is_one_document_reference_with_the_document_in_it) {
  const auto got = wrap("pdsm-iti105");
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  const std::string text = got.part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(run(translator_table().validate, text).list(), "");
  rapidjson::Document out;
  out.Parse(text.c_str());
  EXPECT_EQ(at_pointer(out, "/resourceType"), "DocumentReference");
  EXPECT_FALSE(out.HasMember("identifier"));
  EXPECT_EQ(at_pointer(out, "/relatesTo/0/target/identifier/value"), "DOC-0");
  EXPECT_EQ(run(translator_table().inspect, text).part(LIAISON_PART_EMBEDDED), cda);
}

TEST(submission, is_deterministic_and_may_be_xml) {
  EXPECT_EQ(wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT), wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT));
  const std::string xml =
      wrap("pdsm-iti65", pivot(), R"({"syntax":"xml","custodian_id":"1"})").part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(xml.substr(0, 5), "<?xml");
  EXPECT_EQ(run(translator_table().validate, xml).list(), what_is_replaced_is_elsewhere);
}

/// What a reader of the CDA makes of it: no identity status that allows the INS, no recipients.
constexpr std::string_view inner_pivot =
    R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:oid:1.2.250.1.99999.2","value":"DOC-1"},"entry":[)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-0000000000a1","resource":{"resourceType":"Composition","status":"final","title":"Lettre de liaison","subject":{"reference":"urn:uuid:00000000-0000-5000-8000-0000000000a2"}}},)"
    R"({"fullUrl":"urn:uuid:00000000-0000-5000-8000-0000000000a2","resource":{"resourceType":"Patient","birthDate":"1979-03-12","name":[{"family":"ESSAI-NAISSANCE"}],)"
    R"("extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[{"url":"identityStatus","valueCoding":{"code":"RECUP"}}]}]}}]})";

outcome unwrap(const std::string& submission, std::string_view pivot_inside = inner_pivot) {
  const auto seen = run(translator_table().inspect, submission);
  const auto part = std::ranges::find(seen.parts, LIAISON_PART_EMBEDDED, &part_copy::role);
  EXPECT_NE(part, seen.parts.end());
  return run(translator_table().decode, submission, R"({"now":"2024-03-01T12:00:00+01:00","account":true})",
             {part_of(LIAISON_PART_DOCUMENT, part->name.c_str(), "fhir", pivot_inside)});
}

TEST(submission, read_back_is_the_pivot_of_its_document_with_what_the_envelope_knows) {
  const auto got = unwrap(wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT));
  ASSERT_EQ(got.status, LIAISON_OK);
  rapidjson::Document out;
  const std::string text = got.part(LIAISON_PART_DOCUMENT);
  out.Parse(text.c_str());
  EXPECT_EQ(at_pointer(out, "/entry/0/fullUrl"), "urn:uuid:00000000-0000-5000-8000-0000000000a1");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/relatesTo/0/targetIdentifier/value"), "DOC-0");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/meta/security/0/code"), "MASQUE_PS");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/extension/0/url"),
            "https://liaison.example/fhir/StructureDefinition/recipient");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/identifier/0/value"), "279035121518989");
  EXPECT_EQ(at_pointer(out, "/entry/1/resource/extension/0/extension/0/valueCoding/code"), "VALI");
  EXPECT_EQ(text.find("\"data\""), std::string::npos) << "the document became the pivot and is not carried as a file";
  const auto facts = run(translator_table().inspect, text);
  EXPECT_EQ(facts.list(), "");
}

TEST(submission, read_back_accounts_for_every_value) {
  const auto got = unwrap(wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT));
  rapidjson::Document account, pivot;
  const std::string text = got.part(LIAISON_PART_ACCOUNT), bundle = got.part(LIAISON_PART_DOCUMENT);
  account.Parse(text.c_str());
  pivot.Parse(bundle.c_str());
  std::size_t carried = 0;
  for (const auto& leaf : account["leaves"].GetArray()) {
    EXPECT_NE(leaf.HasMember("to"), leaf.HasMember("reason")) << leaf["location"].GetString();
    if (!leaf.HasMember("to")) continue;
    ++carried;
    if (std::string_view(leaf["to"][0].GetString()) == "/entry") continue;
    EXPECT_EQ(at_pointer(pivot, leaf["to"][0].GetString()).empty(), false) << leaf["to"][0].GetString();
  }
  EXPECT_GT(carried, 60U);
}

TEST(submission, of_another_person_does_not_qualify_the_document) {
  std::string other(inner_pivot);
  other.replace(other.find("1979-03-12"), 10, "1980-03-12");
  EXPECT_EQ(unwrap(wrap("pdsm-iti65").part(LIAISON_PART_DOCUMENT), other)
                .part(LIAISON_PART_DOCUMENT)
                .find("\"identifier\":[{\"use\":\"official\""),
            std::string::npos);
}

TEST(simplified_publish, read_back_is_the_pivot_of_its_document) {
  rapidjson::Document out;
  const std::string text = unwrap(wrap("pdsm-iti105").part(LIAISON_PART_DOCUMENT)).part(LIAISON_PART_DOCUMENT);
  out.Parse(text.c_str());
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/title"), "Lettre de liaison");
  EXPECT_EQ(at_pointer(out, "/entry/0/resource/relatesTo/0/targetIdentifier/value"), "DOC-0");
}

}  // namespace
}  // namespace liaison::fhir
