// SPDX-License-Identifier: Apache-2.0
// Documents in ORU and MDM by the volet: what is taken, what is taken with a note, what is refused.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

result inspected(const document_message& of, const char* options = "{}") {
  return run(operation::inspect, of.build(), options);
}

TEST(document_message, that_keeps_the_contract_gives_its_document_byte_for_byte) {
  document_message plain;
  plain.flags = "NYNNNYYNYY";  // row 2 of the matrix
  const result read = inspected(plain);
  EXPECT_EQ(read.status, LIAISON_OK);
  EXPECT_TRUE(read.issues.empty()) << read.list_issues();
  const part* document = read.first(LIAISON_PART_EMBEDDED);
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(document->name, "OBX[1]-5.5");
  EXPECT_EQ(document->format, "cda");
  EXPECT_EQ(document->bytes, synthetic_cda());
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/profile"), "cisis-cda-hl7v2");
  EXPECT_EQ(at(facts, "/document/type/code"), "11490-0");
  EXPECT_EQ(at(facts, "/document/status"), "final");
  EXPECT_EQ(at(facts, "/document/masks"), R"(["INVISIBLE_PATIENT"])");
  EXPECT_EQ(at(facts, "/sender/name"), "Luc ENVOI");
  EXPECT_EQ(at(facts, "/sender/organization"), "Service T");
  EXPECT_EQ(at(facts, "/recipients/0/address"), "alix.traitant@cabinet.mssante.fr");
  EXPECT_EQ(at(facts, "/recipients/0/role"), "primary");
  EXPECT_EQ(at(facts, "/recipients/1/role"), "reply");
  EXPECT_EQ(at(facts, "/results"), "0");
}

TEST(document_message, as_mdm_tells_id_and_parent) {
  document_message mdm;
  mdm.event = "MDM^T10^MDM_T02";
  mdm.version = "2.6";
  mdm.order = "RO";
  mdm.status = "C";
  mdm.txa = "TXA|1|11490-0|TEXT|202603021000||||||||1.2.250.1.999.2.2|EXT-1^^1.2.250.1.999.2^ISO||||AU\r";
  const result read = inspected(mdm);
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/document/id"), "urn:oid:1.2.250.1.999.2.2");
  EXPECT_EQ(at(facts, "/document/replaces"), "1.2.250.1.999.2^EXT-1");
  EXPECT_EQ(at(facts, "/document/status"), "amended");
  EXPECT_EQ(at(facts, "/event/time"), "2026-03-02T10:14:00+01:00");
}

struct order_case {
  const char* event;
  const char* order;
  const char* status;
  liaison_status expected;
};
class orders : public ::testing::TestWithParam<order_case> {};
TEST_P(orders, and_status_and_event_must_agree) {
  document_message of;
  of.event = GetParam().event;
  of.order = GetParam().order;
  of.status = GetParam().status;
  EXPECT_EQ(inspected(of).status, GetParam().expected) << inspected(of).list_issues();
}
INSTANTIATE_TEST_SUITE_P(table, orders,
                         ::testing::Values(order_case{"ORU^R01^ORU_R01", "NW", "F", LIAISON_OK},
                                           order_case{"ORU^R01^ORU_R01", "RO", "C", LIAISON_OK},
                                           order_case{"ORU^R01^ORU_R01", "CA", "D", LIAISON_OK},
                                           order_case{"ORU^R01^ORU_R01", "NW", "C", LIAISON_REJECT},
                                           order_case{"ORU^R01^ORU_R01", "CA", "F", LIAISON_REJECT},
                                           order_case{"MDM^T02^MDM_T02", "NW", "F", LIAISON_OK},
                                           order_case{"MDM^T02^MDM_T02", "RO", "C", LIAISON_REJECT},
                                           order_case{"MDM^T04^MDM_T02", "CA", "D", LIAISON_OK},
                                           order_case{"MDM^T10^MDM_T02", "CA", "D", LIAISON_REJECT},
                                           order_case{"ORU^R01^ORU_R01", "SC", "F", LIAISON_REJECT},
                                           order_case{"ORU^R01^ORU_R01", "", "F", LIAISON_REJECT},
                                           order_case{"MDM^T02^MDM_T02", "", "F", LIAISON_OK},
                                           order_case{"MDM^T02^MDM_T02", "", "D", LIAISON_REJECT}));

TEST(orders_of_the_older_volet, are_taken_on_a_link_that_says_so) {
  document_message of;
  of.order = "SC";
  EXPECT_EQ(inspected(of, R"({"endpoint":{"volet":"2.0"}})").status, LIAISON_OK);
  EXPECT_EQ(inspected(of, R"({"endpoint":{"volet":"2.1"}})").status, LIAISON_REJECT);
}

TEST(document_data, that_is_no_xml_is_refused) {
  document_message of;
  of.data = base64_encode("Ceci est un document au format CDA");
  const result read = inspected(of);
  EXPECT_EQ(read.status, LIAISON_REJECT);
  EXPECT_TRUE(read.has_issue("hl7v2-document-not-xml", "OBX[1]-5.5"));
  EXPECT_EQ(read.first(LIAISON_PART_EMBEDDED), nullptr);
}

TEST(document_data, that_is_no_base64_is_refused) {
  document_message of;
  of.data = "PD94*bWw";
  EXPECT_TRUE(inspected(of).has_issue("hl7v2-base64", "OBX[1]-5.5"));
  EXPECT_EQ(inspected(of).status, LIAISON_REJECT);
}

TEST(document_data, without_padding_is_taken_with_a_note_in_both_profiles) {
  document_message of;
  std::string cda = synthetic_cda();
  while (cda.size() % 3 == 0) cda += ' ';
  of.data = base64_encode(cda);
  while (of.data.ends_with('=')) of.data.pop_back();
  of.flags = "NYNNNYYNYY";
  for (const char* options : {"{}", R"({"strictness":"strict"})"}) {
    const result read = inspected(of, options);
    EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
    EXPECT_TRUE(read.has_issue("hl7v2-pfi-t04", "OBX[1]-5.5"));
    EXPECT_EQ(read.bytes_of(LIAISON_PART_EMBEDDED), cda);
  }
}

struct tolerance_case {
  const char* code;
  const char* from;
  const char* to;
};
class tolerances : public ::testing::TestWithParam<tolerance_case> {};

/// One change to a message that keeps the contract: noted on a tolerant link, refused on a strict one.
TEST_P(tolerances, are_notes_on_a_tolerant_link_and_refusals_on_a_strict_one) {
  document_message of;
  of.flags = "NYNNNYYNYY";
  of.txa = "TXA|1|11490-0|TEXT|202603021000||||||||1.2.250.1.999.2.1|||||AU\r";
  of.extra = "OBX|12|ED|CORPSMAIL_PS^x^MetaDMPMSS||^TEXT^^Base64^Qm9uam91cg==||||||F\r";
  std::string text = of.build();
  ASSERT_EQ(run(operation::inspect, text, R"({"strictness":"strict"})").status, LIAISON_OK);
  const std::size_t found = text.find(GetParam().from);
  ASSERT_NE(found, std::string::npos);
  text.replace(found, std::string_view(GetParam().from).size(), GetParam().to);
  const result tolerant = run(operation::inspect, text);
  EXPECT_EQ(tolerant.status, LIAISON_OK) << tolerant.list_issues();
  EXPECT_TRUE(tolerant.has_issue(GetParam().code)) << tolerant.list_issues();
  const result strict = run(operation::inspect, text, R"({"strictness":"strict"})");
  EXPECT_EQ(strict.status, LIAISON_REJECT);
  EXPECT_TRUE(strict.has_issue(GetParam().code));
}
INSTANTIATE_TEST_SUITE_P(
    table, tolerances,
    ::testing::Values(
        tolerance_case{"hl7v2-pfi-t02", "\rPV1", "\nPV1"}, tolerance_case{"hl7v2-pfi-t05", "Qm9uam91cg==", "Qm9uam91c"},
        tolerance_case{"hl7v2-pfi-t11", "|1.2.250.1.999.2.1||", "|1.2.250.1.999.2.1^Service||"},
        tolerance_case{"hl7v2-pfi-t11", "|1.2.250.1.999.2.1||", "|1.2.250.1.999.2.1|1.2.250.1.999.2.0|"},
        tolerance_case{"hl7v2-pfi-t13", "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO", "1.2.250.1.71.4.2.1"},
        tolerance_case{"hl7v2-pfi-t14", "IDNPS", "RPPS"},
        tolerance_case{"hl7v2-pfi-t15", "||||||||||^^X.400", "|||||||||||^^X.400"},
        tolerance_case{"hl7v2-pfi-t17", "590000011", "1590000011"},
        tolerance_case{"hl7v2-pfi-t20", "INVISIBLE_REP_LEGAUX", "INVISIBLE_REPRESENTANTS_LEGAUX"},
        tolerance_case{"hl7v2-pfi-t20", "expandedYes-NoIndicator", "HL70136"},
        tolerance_case{"hl7v2-pfi-t24", "INVISIBLE_PATIENT^x^MetaDMPMSS||Y", "INVISIBLE_PATIENT^x^MetaDMPMSS||N"},
        tolerance_case{"hl7v2-pfi-t30", "ORU^R01^ORU_R01", "ORU^R01^ORU_R01^ORU_R01"},
        tolerance_case{"hl7v2-pfi-t31", "^TEXT^XML", "^Text^XML"}, tolerance_case{"hl7v2-pfi-t33", "|D|2.5", "|P|2.5"},
        tolerance_case{"hl7v2-pfi-t03", "|^~\\&|", "|^\xCB\x9C\\&|"},
        tolerance_case{"hl7v2-version", "|D|2.5|", "|D|2.4|"},
        tolerance_case{"hl7v2-field-missing", "|V26-0001^^^HOPITAL-T&1.2.250.1.999.1&ISO^VN\r", "\r"},
        tolerance_case{"hl7v2-pfi-type-differs", "OBR|1|||11490-0", "OBR|1|||11502-2"}));

TEST(metadata, out_of_order_are_read_by_their_code) {
  document_message of;
  of.flags = "NYNNNYYNYY";
  std::string text = of.build();
  const std::size_t a = text.find("MASQUE_PS"), b = text.find("CONNEXION_SECRETE");
  text.replace(b, 17, "MASQUE_PS");
  text.replace(a, 9, "CONNEXION_SECRETE");
  const result read = run(operation::inspect, text);
  EXPECT_EQ(read.status, LIAISON_OK);
  EXPECT_TRUE(read.has_issue("hl7v2-pfi-t21"));
  EXPECT_EQ(run(operation::inspect, text, R"({"strictness":"strict"})").status, LIAISON_REJECT);
}

TEST(metadata, that_are_missing_are_never_assumed) {
  document_message of;
  of.flags = "NNNNNYYN";
  const result read = inspected(of);
  EXPECT_EQ(read.status, LIAISON_REJECT);
  EXPECT_TRUE(read.has_issue("hl7v2-pfi-metadata-missing"));
}

struct destination_case {
  const char* rule;
  const char* flags;
  bool has_patient;
  bool has_professional;
  liaison_status expected;
};
class destinations : public ::testing::TestWithParam<destination_case> {};
TEST_P(destinations, are_held_against_the_participations) {
  document_message of;
  of.flags = GetParam().flags;
  of.participations = "PRT||UC||SB^^participation|801000000118^ENVOI^Luc^^^^^^A&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS\r";
  if (GetParam().has_professional)
    of.participations += "PRT||UC||RCT^^participation|||||||||||^^X.400^a@b.mssante.fr\r";
  if (GetParam().has_patient)
    of.participations += "PRT||UC||RCT^^participation|||||||||||^^X.400^247035118500129@patient.mssante.fr\r";
  const result read = inspected(of);
  EXPECT_EQ(read.status, GetParam().expected) << read.list_issues();
}
INSTANTIATE_TEST_SUITE_P(rules, destinations,
                         ::testing::Values(destination_case{"R1", "NYNNNYYYYY", true, true, LIAISON_REJECT},
                                           destination_case{"R2", "NNNNNYYYYY", false, true, LIAISON_REJECT},
                                           destination_case{"R3", "NNNNNYYNYY", true, true, LIAISON_REJECT},
                                           destination_case{"R4", "NNNNNYYNYY", false, false, LIAISON_REJECT},
                                           destination_case{"R4", "NNNNNYNYYY", true, true, LIAISON_REJECT},
                                           destination_case{"R7", "NNNNNNNNYY", false, false, LIAISON_REJECT},
                                           destination_case{"row 1", "NNNNNYYYYY", true, true, LIAISON_OK},
                                           destination_case{"row 2", "NYNNNYYNYY", false, true, LIAISON_OK},
                                           destination_case{"row 3", "YNYNNNNYYY", true, false, LIAISON_OK},
                                           destination_case{"DMP only", "NNNNNYNNYY", false, false, LIAISON_OK}));

TEST(destinations_of_a_patient, need_a_qualified_identity) {
  document_message of;
  of.flags = "NNNNNYYYYY";
  of.participations += "PRT||UC||RCT^^participation|||||||||||^^X.400^247035118500129@patient.mssante.fr\r";
  std::string text = of.build();
  EXPECT_EQ(run(operation::inspect, text).status, LIAISON_OK);
  text.replace(text.find("|VALI\r"), 6, "|PROV\r");
  EXPECT_EQ(run(operation::inspect, text).status, LIAISON_REJECT);
}

TEST(patient_address, with_a_wrong_number_is_noted_and_the_message_taken) {
  document_message of;
  of.flags = "NNNNNYYYYY";
  of.participations += "PRT||UC||RCT^^participation|||||||||||^^X.400^24703511850012999999@patient.mssante.fr\r";
  const result read = inspected(of);
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  EXPECT_TRUE(read.has_issue("hl7v2-pfi-t16", "PRT[4]-15.4"));
}

TEST(several_documents, are_refused_in_an_mdm_and_taken_in_an_oru) {
  std::string other = synthetic_cda();
  other.replace(other.find("999.2.1"), 7, "999.2.5");
  const std::string second = "OBX|13|ED|11490-0^x^LN||^TEXT^XML^Base64^" + base64_encode(other) + "||||||";
  document_message of;
  of.flags = "NYNNNYYNYY";
  of.extra = second + "F\r";
  EXPECT_EQ(inspected(of).status, LIAISON_OK) << inspected(of).list_issues();
  std::size_t embedded = 0;
  for (const auto& each : inspected(of).parts) embedded += each.role == LIAISON_PART_EMBEDDED ? 1U : 0U;
  EXPECT_EQ(embedded, 2U);
  of.extra = second + "C\r";
  EXPECT_TRUE(inspected(of).has_issue("hl7v2-pfi-incoherent", "OBX[12]-11")) << inspected(of).list_issues();
  of.extra = second + "F\r";
  of.event = "MDM^T02^MDM_T02";
  EXPECT_TRUE(inspected(of).has_issue("hl7v2-pfi-several-documents", "OBX[12]"));
  EXPECT_EQ(inspected(of).status, LIAISON_REJECT);
}

TEST(business_acknowledgement, is_read_as_an_event_without_results) {
  const result read = run(operation::inspect,
                          "MSH|^~\\&|P|H|D|H|20260302||ZAM^Z02^ZAM_Z01|Z1|D|2.6|||||FRA|UNICODE "
                          "UTF-8|||2.1^CISIS_CDA_HL7_V2\rEVN||20260302\r"
                          "OBX|1|CWE|ACK_RECEPTION_MSS^x^AckMetierZAM|D-1|Y^^expandedYes-NoIndicator||||||F\r");
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/event/code"), "ZAM^Z02");
  EXPECT_EQ(at(facts, "/results"), "0");
}

TEST(small_tilde, in_the_header_separates_repetitions) {
  document_message of;
  std::string text = of.build();
  for (std::size_t at_ = text.find('~'); at_ != std::string::npos; at_ = text.find('~', at_ + 1))
    text.replace(at_, 1, "\xCB\x9C");
  const result read = run(operation::inspect, text);
  EXPECT_EQ(read.status, LIAISON_OK);
  EXPECT_EQ(at(read.json_of(LIAISON_PART_FACTS), "/patients/0/birth_place_code"), "51185");
}

}  // namespace
}  // namespace liaison::hl7v2::testing
