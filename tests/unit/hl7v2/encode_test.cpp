// SPDX-License-Identifier: Apache-2.0
// Pivot → message: what was read comes back, what must not leave does not, and the account adds up.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

constexpr const char* options = R"({"account":true,"now":"2026-03-06T12:00:00+01:00","control_id":"G1"})";
const std::string golden = std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/hl7v2/";

result there_and_back(const std::string& message) {
  const result read = run(operation::decode, message, options);
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  return run(operation::encode, read.bytes_of(LIAISON_PART_DOCUMENT), options);
}

/// A segment of a message by name and number, without its CR.
std::string segment_of(const std::string& message, const std::string& name, int number = 1) {
  std::size_t at_ = 0;
  for (;;) {
    const std::size_t end = message.find('\r', at_);
    if (end == std::string::npos) return "(none)";
    if (message.compare(at_, 3, name) == 0 && --number == 0) return message.substr(at_, end - at_);
    at_ = end + 1;
  }
}

TEST(encoding, gives_back_what_was_read_of_a_result) {
  const std::string before = laboratory_result();
  const std::string after = there_and_back(before).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(segment_of(after, "MSH"),
            "MSH|^~\\&|LIAISON||||20260306120000||ORU^R01^ORU_R01|G1|P|2.5|||||FRA|UNICODE UTF-8");
  for (const char* name : {"ORC", "NTE"}) EXPECT_EQ(segment_of(after, name), segment_of(before, name));
  // A home number gets its default use and kind; the rest of PID is as it was.
  std::string pid = segment_of(after, "PID");
  pid.replace(pid.find("0320000000^PRN^PH"), 17, "0320000000");
  EXPECT_EQ(pid, segment_of(before, "PID"));
  EXPECT_EQ(segment_of(after, "OBX", 1),
            "OBX|1|NM|718-7^Hémoglobine^LN^HB^Hb^L||13.20|g/dL|12.0-16.0||||F|||20260302074500+0100");
  EXPECT_EQ(segment_of(after, "OBX", 3), "OBX|3|SN|777-3^Plaquettes^LN||>^150|10*3/uL|>150||||F|||20260302074500+0100");
  EXPECT_EQ(segment_of(after, "OBX", 5).substr(0, 80), segment_of(before, "OBX", 5).replace(6, 2, "FT").substr(0, 80));
  EXPECT_EQ(segment_of(after, "PRT", 2).substr(0, 55), "PRT||UC||RCT^^participation|81000000029^COPIE^Anne^^^^^");
}

TEST(encoding, gives_back_what_was_read_of_an_admission) {
  const std::string before = with_cr("\n" + read_file(golden + "admission_with_general_practitioner/input.hl7"));
  const std::string after = there_and_back(before).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_NE(segment_of(after, "MSH").find("|ADT^A01^ADT_A01|G1|T|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR"),
            std::string::npos)
      << segment_of(after, "MSH");
  for (const char* name : {"EVN", "ZBE"}) EXPECT_EQ(segment_of(after, name), segment_of(before, name));
  EXPECT_EQ(segment_of(after, "ZFA") + "|", segment_of(before, "ZFA"));
  EXPECT_NE(segment_of(after, "PV1").find("|20260302092500"), std::string::npos);
}

TEST(encoding, gives_back_what_was_read_of_an_appointment) {
  const std::string before = with_cr("\n" + read_file(golden + "appointment/input.hl7"));
  const std::string after = there_and_back(before).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_NE(segment_of(after, "MSH").find("|SIU^S12^SIU_S12|G1|P|2.5|||||FRA|UNICODE UTF-8"), std::string::npos);
  std::string schedule = segment_of(before, "SCH");
  schedule.replace(schedule.find("|||||SUIVI"), 10, "||||S12|SUIVI");  // SCH-6 is required
  EXPECT_EQ(segment_of(after, "SCH"), schedule);
  for (const char* name : {"NTE", "RGS", "AIS", "AIP"}) EXPECT_EQ(segment_of(after, name), segment_of(before, name));
  EXPECT_EQ(run(operation::validate, after).list_issues(), "");
}

TEST(encoding, gives_back_the_choices_of_the_patient) {
  const std::string zfa = "ZFA|ACTIF|20260301||Y|20260302|Y|N|20260303|IO|20260304|NA|20260305";
  const std::string before =
      "MSH|^~\\&|GAM|H|L|P|20260305161500||ADT^A31^ADT_A05|A-9|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR\r"
      "EVN||20260305161500\rPID|1||1^^^H&1.2.250.1.999.1&ISO^PI||EXEMPLE^ODETTE^^^^^L\rPV1|1|N\r" +
      zfa + "\rZFD|||N\r";
  const result read = run(operation::decode, before, options);
  const auto pivot = read.json_of(LIAISON_PART_DOCUMENT);
  std::string choices;
  for (const auto& entry : pivot["entry"].GetArray()) {
    const auto& resource = entry["resource"];
    if (at(resource, "/resourceType") != "Consent") continue;
    choices += at(resource, "/category/0/coding/0/code") + " " + at(resource, "/provision/type") + " " +
               at(resource, "/dateTime") + ";";
    EXPECT_EQ(at(resource, "/status"), "active");
    EXPECT_NE(at(resource, "/patient/reference"), "(none)");
  }
  EXPECT_EQ(choices,
            "dmp-feeding deny 2026-03-04;dmp-access permit 2026-03-02;dmp-break-glass deny 2026-03-03;"
            "dmp-emergency-centre permit 2026-03-03;sms deny (none);");
  const std::string after =
      run(operation::encode, read.bytes_of(LIAISON_PART_DOCUMENT), options).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(segment_of(after, "ZFA"), zfa);
  EXPECT_EQ(segment_of(after, "ZFD"), "ZFD|||N");
  EXPECT_NE(after.find("|ADT^A31^ADT_A05|"), std::string::npos);
}

TEST(encoding, reads_back_to_the_same_facts) {
  for (const char* name :
       {"laboratory_result", "result_with_pdf", "admission_with_general_practitioner", "discharge"}) {
    const std::string before = with_cr("\n" + read_file(golden + name + "/input.hl7"));
    const std::string after = there_and_back(before).bytes_of(LIAISON_PART_DOCUMENT);
    const auto was = run(operation::inspect, before, R"({"values":true})").json_of(LIAISON_PART_FACTS);
    const auto is = run(operation::inspect, after, R"({"values":true})").json_of(LIAISON_PART_FACTS);
    for (const char* pointer :
         {"/patients/0/family", "/patients/0/birth_family", "/patients/0/given", "/patients/0/birth_date",
          "/patients/0/sex", "/patients/0/birth_place_code", "/patients/0/postal_code", "/event/code", "/event/time",
          "/results", "/attachments", "/values/0/value", "/values/1/unit", "/values/1/low", "/document/type",
          "/document/status"}) {
      if (std::string(name).find("result") != std::string::npos && std::string(pointer) == "/event/time")
        continue;  // a new message, a new time
      EXPECT_EQ(at(is, pointer), at(was, pointer)) << name << pointer;
    }
  }
}

TEST(encoding, carries_files_byte_for_byte) {
  const std::string before = with_cr("\n" + read_file(golden + "result_with_pdf/input.hl7"));
  const std::string after = there_and_back(before).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_NE(after.find("|ED|PDF^Compte rendu^L||^application^pdf^Base64^JVBERi0xLjQgc3ludGhldGljCg==||||||F"),
            std::string::npos);
}

std::string letter(const std::string& identifier, const std::string& reliability, const std::string& text) {
  return R"({"resourceType":"Bundle","type":"document","identifier":{"value":"x"},"timestamp":"2026-03-02T10:00:00+01:00","entry":[
   {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"11490-0","display":"Lettre"}]},
     "subject":{"reference":"urn:uuid:2"},"date":"2026-03-02T10:00:00+01:00","title":"Lettre de sortie","author":[{"reference":"urn:uuid:3"}],
     "section":[{"title":"Conclusion","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>)" +
         text + R"(</p><p>Suite</p></div>"}}]}},
   {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient",)" +
         reliability +
         R"("identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","type":{"coding":[{"code":"INS-NIR-TEST"}]},"value":")" +
         identifier + R"("}],
     "name":[{"use":"official","family":"EXEMPLE","given":["ODETTE"]}],"birthDate":"1947-03-05","gender":"female"}},
   {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Practitioner","name":[{"family":"SENIOR","given":["Luc"]}]}}]})";
}

std::string trusted(const std::string& code, bool with_place) {
  std::string out =
      R"("extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[{"url":"identityStatus",
    "valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status","code":")" +
      code + "\"}}]}";
  if (with_place) {
    out += R"(,{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"extension":[{
      "url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"51185"}}]}})";
  }
  return out + "],";
}

TEST(encoding, writes_a_letter_as_text_under_an_order_of_its_type) {
  const result written =
      run(operation::encode, letter("247035118500129", trusted("QUAL", true), "Bonjour & merci"), options);
  ASSERT_EQ(written.status, LIAISON_OK) << written.list_issues();
  const std::string text = written.bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(segment_of(text, "OBR"),
            "OBR|1|||11490-0^Lettre^LN^^Lettre de sortie||||||||||||||||||20260302100000+0100|||F|||||||&SENIOR&Luc");
  EXPECT_EQ(segment_of(text, "OBX"), "OBX|1|FT|^Conclusion||Bonjour \\T\\ merci\\.br\\Suite||||||F");
}

struct leaving_case {
  const char* code;
  bool with_place;
  const char* number;
  bool leaves;
};
class written_matricules : public ::testing::TestWithParam<leaving_case> {};
TEST_P(written_matricules, need_a_qualified_identity_all_traits_and_a_right_key) {
  const auto& given = GetParam();
  const result written =
      run(operation::encode, letter(given.number, trusted(given.code, given.with_place), "x"), options);
  ASSERT_EQ(written.status, LIAISON_OK) << written.list_issues();
  EXPECT_EQ(written.bytes_of(LIAISON_PART_DOCUMENT).find(given.number) != std::string::npos, given.leaves);
  EXPECT_EQ(written.has_issue("hl7v2-ins-withheld"), !given.leaves);
}
INSTANTIATE_TEST_SUITE_P(table, written_matricules,
                         ::testing::Values(leaving_case{"QUAL", true, "247035118500129", true},
                                           leaving_case{"QUAL", false, "247035118500129", false},
                                           leaving_case{"VALI", true, "247035118500129", false},
                                           leaving_case{"RECUP", true, "247035118500129", false},
                                           leaving_case{"PROV", true, "247035118500129", false},
                                           leaving_case{"QUAL", true, "24703511850012", false}));

TEST(character_sets_of_a_link, fail_closed) {
  const std::string euro = letter("247035118500129", trusted("QUAL", true), "12 \xE2\x82\xAC");
  const std::string latin_1 = R"({"now":"2026-03-02T12:00:00+01:00","charset":"8859/1"})",
                    latin_9 = R"({"now":"2026-03-02T12:00:00+01:00","charset":"8859/15"})";
  const result closed = run(operation::encode, euro, latin_1);
  EXPECT_EQ(closed.status, LIAISON_REJECT);
  EXPECT_TRUE(closed.has_issue("hl7v2-charset-cannot-write"));
  EXPECT_EQ(closed.first(LIAISON_PART_DOCUMENT), nullptr);
  const result written = run(operation::encode, euro, latin_9);
  EXPECT_EQ(written.status, LIAISON_OK);
  EXPECT_NE(written.bytes_of(LIAISON_PART_DOCUMENT).find("12 \xA4"), std::string::npos);
  EXPECT_NE(written.bytes_of(LIAISON_PART_DOCUMENT).find("|8859/15\r"), std::string::npos);
}

TEST(encoding, takes_the_peers_from_the_endpoint) {
  const result written = run(
      operation::encode, letter("247035118500129", trusted("QUAL", true), "x"),
      R"({"now":"2026-03-02T12:00:00+01:00","control_id":"7","endpoint":{"sending_application":"GW","sending_facility":"HOP","receiving_application":"DPI","receiving_facility":"CAB","processing":"T"}})");
  EXPECT_EQ(segment_of(written.bytes_of(LIAISON_PART_DOCUMENT), "MSH"),
            "MSH|^~\\&|GW|HOP|DPI|CAB|20260302120000||ORU^R01^ORU_R01|7|T|2.5|||||FRA|UNICODE UTF-8");
}

TEST(encoding, says_what_it_does_not_write) {
  EXPECT_TRUE(run(operation::encode, R"({"resourceType":"Bundle","type":"collection","entry":[]})", options)
                  .has_issue("hl7v2-several-documents"));
  EXPECT_EQ(run(operation::encode, R"({"resourceType":"Patient"})", options).status, LIAISON_REJECT);
  EXPECT_EQ(run(operation::encode, "MSH|", options).status, LIAISON_REJECT);
  EXPECT_TRUE(run(operation::encode, letter("1", "", "x"), "{}").has_issue("hl7v2-now"));
}

TEST(encoding, accounts_for_every_leaf_of_the_pivot_once) {
  const auto account = there_and_back(laboratory_result()).json_of(LIAISON_PART_ACCOUNT);
  ASSERT_TRUE(account.IsObject());
  std::size_t not_carried = 0;
  for (const auto& leaf : account["leaves"].GetArray()) {
    EXPECT_EQ(leaf.HasMember("to") + leaf.HasMember("envelope") + leaf.HasMember("reason"), 1) << at(leaf, "/location");
    not_carried += leaf.HasMember("reason") ? 1U : 0U;
  }
  EXPECT_LT(not_carried, 10U) << "a result goes there and back nearly whole";
}

TEST(validation, names_each_defect_with_its_place) {
  const result found =
      run(operation::validate,
          "MSH|^~\\&|A|B|C|D|2026-03-02||ORU^R01|1|Q|9.9\rPID|1||1||X||19993131|Z\rOBR|1\rOBX|1|NM|a^A^L||abc||||||F\r"
          "OBX|2|XY|b^B^L||1||||||Q\rOBX|3||c||1||||||F\rEVN|A01\r");
  EXPECT_EQ(found.status, LIAISON_OK);
  for (const auto& [code, where] :
       {std::pair{"hl7v2-date", "MSH-7"}, std::pair{"hl7v2-code", "MSH-11"}, std::pair{"hl7v2-version", "MSH-12"},
        std::pair{"hl7v2-date", "PID-7"}, std::pair{"hl7v2-code", "PID-8"},
        std::pair{"hl7v2-field-missing", "OBR[1]-4"}, std::pair{"hl7v2-number", "OBX[1]-5"},
        std::pair{"hl7v2-code", "OBX[2]-2"}, std::pair{"hl7v2-code", "OBX[2]-11"},
        std::pair{"hl7v2-field-missing", "OBX[3]-2"}, std::pair{"hl7v2-segment-unexpected", "EVN"}}) {
    EXPECT_TRUE(found.has_issue(code, where)) << code << " " << where << "\n" << found.list_issues();
  }
}

struct defect {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;  // codes and places, all of them
};
class defects : public ::testing::TestWithParam<defect> {};

/// One change to a good message, and exactly what is said of it.
TEST_P(defects, are_named_with_their_place) {
  std::string text = laboratory_result();
  const std::size_t found = text.find(GetParam().from);
  ASSERT_NE(found, std::string::npos);
  text.replace(found, std::string_view(GetParam().from).size(), GetParam().to);
  std::string said;
  for (const auto& each : run(operation::validate, text).issues) said += each.code + " " + each.location + ";";
  EXPECT_EQ(said, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    table, defects,
    ::testing::Values(
        defect{"segment_in_the_wrong_group", "\rORC|RE", "\rPD1|x\rORC|RE", "hl7v2-segment-order PD1;"},
        defect{"segment_of_another_message", "\rORC|RE", "\rSCH|1|||||R\rORC|RE", "hl7v2-segment-unexpected SCH;"},
        defect{"own_segment_anywhere", "\rORC|RE", "\rZXX|1\rORC|RE", ""},
        defect{"order_without_service_segment", "\rOBX|1|NM", "\rORC|RE\rOBX|1|NM", "hl7v2-segment-missing OBR;"},
        defect{"no_order", "\rOBR|1|", "\rZBR|1|", "hl7v2-segment-missing OBR;"},
        defect{"field_twice", "|19470305|", "|19470305~19470306|", "hl7v2-cardinality PID-7[2];"},
        defect{"identifier_without_value", "~55512^^^", "~^^^", "hl7v2-field-missing PID-3[2].1;"},
        defect{"name_type", "^^^^L~MOD", "^^^^Q~MOD", "hl7v2-code PID-5.7;"},
        defect{"second_repetition", "|13.20|", "|13.20~1x|", "hl7v2-number OBX[1]-5[2];"},
        defect{"date_in_a_component", "&ISO^PI|", "&ISO^PI^^20261301|", "hl7v2-date PID-3[2].7;"},
        defect{"status", "|||F|||20260302074500\rOBX|2", "|||9|||20260302074500\rOBX|2", "hl7v2-code OBX[1]-11;"},
        defect{"birth_place_type", "^BDL^", "^BDX^", "hl7v2-code PID-11[2].7;"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(validation, asks_of_a_profile_what_the_profile_asks) {
  const std::string admission =
      "MSH|^~\\&|GAM|H|L|P|20260305161500||ADT^A01^ADT_A01|A-9|P|2.5\rEVN||20260305161500\r"
      "PID|1||1||EXEMPLE^ODETTE\rPV1|1|I\r";
  EXPECT_EQ(run(operation::validate, admission).list_issues(), "");
  std::string said;
  for (const auto& each : run(operation::validate, admission, R"({"profile":"pam-fr"})").issues)
    said += each.code + " " + each.location + ";";
  EXPECT_EQ(said,
            "hl7v2-field-missing MSH-17;hl7v2-field-missing MSH-18;hl7v2-field-missing PID-3.4;hl7v2-field-missing "
            "PID-3.5;hl7v2-segment-missing ZBE;");
}

TEST(validation, finds_nothing_in_a_good_message) {
  const result found = run(operation::validate, laboratory_result());
  EXPECT_TRUE(found.issues.empty()) << found.list_issues();
  EXPECT_TRUE(found.parts.empty());
}

TEST(rendering, shows_patient_results_and_notes) {
  const std::string text = run(operation::render, laboratory_result()).bytes_of(LIAISON_PART_TEXT);
  for (const char* part :
       {"Patient : MODÈLE LÉONIE ODETTE\n", "Né(e) le : 05/03/1947\n", "Destinataire : Paul ORDONNE\n",
        "    Contrôlé sur lame\n", "13.20         g/dL        [12.0 - 16.0]\n", "    à revoir\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }
}

}  // namespace
}  // namespace liaison::hl7v2::testing
