// SPDX-License-Identifier: Apache-2.0
// Facts of laboratory results, admissions, discharges and documents.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

TEST(recognition, is_by_content) {
  EXPECT_EQ(recognise("MSH|^~\\&|A"), 100);
  EXPECT_EQ(recognise("\xEF\xBB\xBFMSH|^~\\&|A"), 100);
  EXPECT_EQ(recognise("\x0BMSH|^~\\&|A"), 100);
  EXPECT_EQ(recognise("FHS|^~\\&|A\rBHS|^~\\&|A\rMSH|^~\\&|A\r"), 100);
  for (const char* other :
       {"", "MSH", "H|^~\\&|A", "MSHA|B|C", "<ClinicalDocument/>", "{\"resourceType\":\"Bundle\"}", "PID|1"}) {
    EXPECT_EQ(recognise(other), 0) << other;
    EXPECT_EQ(run(operation::inspect, other).status, LIAISON_NOT_MINE) << other;
  }
}

TEST(laboratory_result_facts, tell_patient_document_people_and_count) {
  const result read = run(operation::inspect, laboratory_result());
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  EXPECT_TRUE(read.issues.empty()) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/format"), "hl7v2");
  EXPECT_EQ(at(facts, "/charset"), "utf-8");
  EXPECT_EQ(at(facts, "/patients/0/family"), "MODÈLE");
  EXPECT_EQ(at(facts, "/patients/0/birth_family"), "EXEMPLE");
  EXPECT_EQ(at(facts, "/patients/0/given"), R"(["LÉONIE","ODETTE"])");
  EXPECT_EQ(at(facts, "/patients/0/birth_date"), "1947-03-05");
  EXPECT_EQ(at(facts, "/patients/0/sex"), "female");
  EXPECT_EQ(at(facts, "/patients/0/birth_place_code"), "51185");
  EXPECT_EQ(at(facts, "/patients/0/postal_code"), "59000");
  EXPECT_EQ(at(facts, "/patients/0/identity_status"), "qualified");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/0/kind"), "ins-test");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/0/system"), "urn:oid:1.2.250.1.213.1.4.10");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/1/kind"), "ipp");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/2/kind"), "stay");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/2/value"), "V26-0001");
  EXPECT_EQ(at(facts, "/document/type/code"), "58410-2");
  EXPECT_EQ(at(facts, "/document/type/system"), "http://loinc.org");
  EXPECT_EQ(at(facts, "/document/set_id"), "SIL-T^F-200");
  EXPECT_EQ(at(facts, "/document/status"), "final");
  EXPECT_EQ(at(facts, "/document/created"), "2026-03-02T10:00:00+01:00");
  EXPECT_EQ(at(facts, "/authors/0/name"), "Jeanne BIO");
  EXPECT_EQ(at(facts, "/sender/name"), "SIL-T");
  EXPECT_EQ(at(facts, "/recipients/0/name"), "Paul ORDONNE");
  EXPECT_EQ(at(facts, "/recipients/0/role"), "primary");
  EXPECT_EQ(at(facts, "/recipients/1/role"), "copy");
  EXPECT_EQ(at(facts, "/event/code"), "ORU^R01");
  EXPECT_EQ(at(facts, "/event/message"), "L20260302-77");
  EXPECT_EQ(at(facts, "/event/sending_application"), "SIL-T|LABO-T");
  EXPECT_EQ(at(facts, "/results"), "6");
  EXPECT_EQ(at(facts, "/values"), "(none)");
}

TEST(laboratory_result_facts, list_values_on_request) {
  const auto facts = run(operation::inspect, laboratory_result(), R"({"values":true})").json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/values/0/value"), "13.20");
  EXPECT_EQ(at(facts, "/values/0/low"), "12.0");
  EXPECT_EQ(at(facts, "/values/0/high"), "16.0");
  EXPECT_EQ(at(facts, "/values/1/flag"), "H");
  EXPECT_EQ(at(facts, "/values/2/value"), ">150");
  EXPECT_EQ(at(facts, "/values/2/low"), "150");
  EXPECT_EQ(at(facts, "/values/3/value"), "Groupe A");
  EXPECT_EQ(at(facts, "/values/4/value"), "Hémogramme sans anomalie & stable\nà revoir");
  EXPECT_EQ(at(facts, "/values/5/value"), "5.1");
  EXPECT_EQ(at(facts, "/values/5/status"), "P");
}

TEST(files_in_a_result, are_attachments_and_no_results) {
  const std::string pdf = "%PDF-1.4 synthetic";
  const std::string message =
      laboratory_result() + "OBX|7|ED|PDF^Compte rendu^L||^application^pdf^Base64^" + base64_encode(pdf) + "||||||F\r";
  const auto facts = run(operation::inspect, message).json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/results"), "6");
  EXPECT_EQ(at(facts, "/attachments/0/content_type"), "application/pdf");
  EXPECT_EQ(at(facts, "/attachments/0/size_bytes"), std::to_string(pdf.size()));
  EXPECT_EQ(at(facts, "/attachments/0/sha256"), sha256_hex(pdf));
}

TEST(files_in_a_result, with_broken_base64_are_told_and_stop_nothing) {
  const result read =
      run(operation::inspect, laboratory_result() + "OBX|7|ED|PDF||^application^pdf^Base64^AB*D||||||F\r");
  EXPECT_EQ(read.status, LIAISON_OK);
  EXPECT_TRUE(read.has_issue("hl7v2-base64", "OBX[7]-5.5"));
}

constexpr const char* admission = R"(
MSH|^~\&|GAM|HOPITAL-T|LIAISON|PFI-T|20260302101500||ADT^A01^ADT_A01|A-1|P|2.5^FRA^2.11|||||FRA|8859/15|FR||2.11^IHE_FRANCE-2.11-PAM
EVN||20260302101500||||20260302093000
PID|1||55512^^^HOPITAL-T&1.2.250.1.999.1&ISO^PI||EXEMPLE^ODETTE^ODETTE^^^^L||19470305|F|||^^LILLE^^59000^FRA^H|||||||26001^^^HOPITAL-T&1.2.250.1.999.1&ISO^AN|||||||||||||N|PROV
ROL||UC|ODRP|81000000045^TRAITANT^Alix^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS
PV1|1|I|CARDIO||||||||||||||||V26-0002^^^HOPITAL-T&1.2.250.1.999.1&ISO^VN|||||||||||||||||||||||||20260302092500
ZBE|M1^GAM|20260302092500||INSERT|N||UF1^^^^^^UF^^^0001||HMS
)";

TEST(admission_facts, tell_event_stay_and_general_practitioner) {
  const result read = run(operation::inspect, with_cr(admission));
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/event/code"), "ADT^A01");
  EXPECT_EQ(at(facts, "/event/time"), "2026-03-02T09:30:00+01:00");
  EXPECT_EQ(at(facts, "/patients/0/identity_status"), "provisional");
  EXPECT_EQ(at(facts, "/patients/0/identifiers/1/kind"), "stay");
  EXPECT_EQ(at(facts, "/recipients/0/name"), "Alix TRAITANT");
  EXPECT_EQ(at(facts, "/recipients/0/role"), "general-practitioner");
  EXPECT_EQ(at(facts, "/profile"), "pam-fr");
  EXPECT_EQ(at(facts, "/charset"), "iso-8859-15");
}

struct discharge_case {
  const char* evn_6;
  const char* admitted;
  const char* discharged;
  const char* zbe_2;
  const char* expected;
};
class discharges : public ::testing::TestWithParam<discharge_case> {};

TEST_P(discharges, take_their_time_from_the_first_plausible_field) {
  const auto& given = GetParam();
  const std::string message =
      std::string("MSH|^~\\&|GAM|H|L|P|20260302101500||ADT^A03^ADT_A03|A-2|P|2.5\rEVN||20260302101400||||") +
      given.evn_6 + "\rPID|1||1^^^H^PI||X\rPV1|1|I|||||||||||||||||V1|||||||||||||||||||||||||" + given.admitted + "|" +
      given.discharged + "\rZBE|M|" + given.zbe_2 + "||INSERT\r";
  EXPECT_EQ(at(run(operation::inspect, message).json_of(LIAISON_PART_FACTS), "/event/time"), given.expected);
}
INSTANTIATE_TEST_SUITE_P(
    order, discharges,
    ::testing::Values(discharge_case{"202603020930", "20260301", "202603020900", "202603020945",
                                     "2026-03-02T09:00:00+01:00"},
                      discharge_case{"202603020930", "20260301", "", "202603020945", "2026-03-02T09:30:00+01:00"},
                      discharge_case{"", "20260301", "", "202603020945", "2026-03-02T09:45:00+01:00"},
                      // before the admission, and two years ahead: not plausible
                      discharge_case{"202603020930", "202603010800", "202602280900", "", "2026-03-02T09:30:00+01:00"},
                      discharge_case{"202603020930", "202603010800", "202803020900", "", "2026-03-02T09:30:00+01:00"},
                      // the movement starts with the admission: says nothing about the discharge
                      discharge_case{"", "202603010800", "", "202603010800", "2026-03-02T10:14:00+01:00"}));

TEST(character_sets, follow_the_header_with_a_tolerant_second_look) {
  const auto read = [](const std::string& declared, const std::string& name, const char* options = "{}") {
    return run(operation::inspect,
               "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5||||||" + declared + "\rPID|1||1||" + name + "\r", options);
  };
  EXPECT_EQ(at(read("UNICODE UTF-8", "H\xC3\xA9").json_of(LIAISON_PART_FACTS), "/patients/0/family"), "Hé");
  EXPECT_EQ(at(read("8859/15", "H\xE9\xBD").json_of(LIAISON_PART_FACTS), "/patients/0/family"), "Héœ");
  EXPECT_EQ(at(read("8859/1", "H\xE9").json_of(LIAISON_PART_FACTS), "/patients/0/family"), "Hé");
  const result mismatch = read("UNICODE UTF-8", "H\xE9\x9C");
  EXPECT_EQ(at(mismatch.json_of(LIAISON_PART_FACTS), "/patients/0/family"), "Héœ");
  EXPECT_TRUE(mismatch.has_issue("hl7v2-charset-mismatch", "MSH-18"));
  EXPECT_EQ(read("UNICODE UTF-8", "H\xE9", R"({"strictness":"strict"})").status, LIAISON_REJECT);
  EXPECT_TRUE(read("8859/1", "H\xC3\xA9").has_issue("hl7v2-charset-mismatch"));
  const result overridden = read("8859/1", "H\xC3\xA9", R"({"charset":"utf-8"})");
  EXPECT_TRUE(overridden.issues.empty()) << overridden.list_issues();
  EXPECT_TRUE(read("KLINGON", "H").has_issue("hl7v2-charset-unknown"));
}

TEST(identities, two_ins_in_one_message_stop_it) {
  const result read =
      run(operation::inspect,
          "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5\rPID|1||247035118500129^^^I&1.2.250.1.213.1.4.10&ISO^INS~"
          "255081416802538^^^I&1.2.250.1.213.1.4.10&ISO^INS||X|||||||||||||||||||||||||||VALI\r");
  EXPECT_EQ(read.status, LIAISON_REJECT);
  EXPECT_TRUE(read.has_issue("hl7v2-two-ins", "PID-3[2]"));
  EXPECT_NE(read.first(LIAISON_PART_FACTS), nullptr);
}

struct status_case {
  const char* reliability;
  const char* identifier;
  const char* expected;
};
class identity_statuses : public ::testing::TestWithParam<status_case> {};
TEST_P(identity_statuses, follow_the_table) {
  const std::string message = std::string("MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5\rPID|1||") +
                              GetParam().identifier + "||X|||||||||||||||||||||||||||" + GetParam().reliability + "\r";
  EXPECT_EQ(at(run(operation::inspect, message).json_of(LIAISON_PART_FACTS), "/patients/0/identity_status"),
            GetParam().expected);
}
constexpr const char* with_ins = "247035118500129^^^I&1.2.250.1.213.1.4.10&ISO^INS";
constexpr const char* without_ins = "1^^^I^PI~247035118500129^^^S&1.2.250.1.213.1.4.13&ISO^SS";
INSTANTIATE_TEST_SUITE_P(
    table, identity_statuses,
    ::testing::Values(status_case{"VALI", with_ins, "qualified"}, status_case{"VALI", without_ins, "validated"},
                      status_case{"PROV", with_ins, "provisional"}, status_case{"", with_ins, "provisional"},
                      status_case{"QUAL", with_ins, "qualified"}, status_case{"RECUP", with_ins, "retrieved"},
                      status_case{"VIDE", without_ins, "provisional"},
                      status_case{"FILI~VALI", with_ins, "qualified"}));

TEST(identities, show_what_must_not_leave) {
  const std::string head = "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5\rPID|1||";
  const std::string tail = "||X|||||||||||||||||||||||||||";
  EXPECT_TRUE(run(operation::inspect, head + with_ins + tail + "PROV\r").has_issue("hl7v2-ins-not-qualified"));
  EXPECT_TRUE(run(operation::inspect, head + with_ins + tail + "VALI~HOMD\r").has_issue("hl7v2-identity-flag"));
  EXPECT_TRUE(run(operation::inspect, head + "247035118500128^^^I&1.2.250.1.213.1.4.8&ISO^INS" + tail + "VALI\r")
                  .has_issue("hl7v2-ins-key", "PID-3.1"));
}

// What follows a second PID would otherwise be delivered as the first patient's.
TEST(patients, of_several_only_adt_may_speak) {
  const std::string second = "PID|2||8^^^HOP&2.999.48.20&ISO^PI||AUTRE^X||19500101|M\rOBR|1|P2|F2|NFS^Num^L\rOBX|1|NM|HB^Hemo^L||7.5|g/dL||||F\r";
  const result several = run(operation::inspect, laboratory_result() + second);
  EXPECT_EQ(several.status, LIAISON_REJECT);
  EXPECT_TRUE(several.has_issue("hl7v2-several-patients"));
  const std::string one = laboratory_result();
  const std::size_t pid = one.find("PID|");
  EXPECT_FALSE(run(operation::inspect, one + one.substr(pid, one.find('\r', pid) + 1 - pid)).has_issue("hl7v2-several-patients"));
}

TEST(batches, of_one_message_are_stepped_into_and_of_several_refused) {
  EXPECT_EQ(run(operation::inspect, "FHS|^~\\&|A\rBHS|^~\\&|A\r" + laboratory_result() + "BTS|1\rFTS|1\r").status,
            LIAISON_OK);
  const result several = run(operation::inspect, "BHS|^~\\&|A\r" + laboratory_result() + laboratory_result());
  EXPECT_EQ(several.status, LIAISON_REJECT);
  EXPECT_TRUE(several.has_issue("hl7v2-batch-of-several"));
}

TEST(framing, that_was_left_on_a_message_is_stepped_over) {
  const result framed = run(operation::inspect, "\x0B" + laboratory_result() + "\x1C\r");
  EXPECT_EQ(framed.status, LIAISON_OK);
  EXPECT_TRUE(framed.issues.empty()) << framed.list_issues();
}

TEST(issues, never_show_what_the_message_says) {
  document_message odd;
  odd.participations = "PRT||UC||RCT^^participation|SECRET1^SECRET2||||||||||^^X.400^SECRET3@patient.mssante.fr\r";
  odd.flags = "YYYYYYYNYY";
  odd.data = "U0VDUkVU";
  for (const auto& each : run(operation::inspect, odd.build()).issues) {
    EXPECT_EQ(each.diagnostics.find("SECRET"), std::string::npos) << each.code;
    EXPECT_EQ(each.location.find("SECRET"), std::string::npos) << each.code;
  }
}

}  // namespace
}  // namespace liaison::hl7v2::testing
