// SPDX-License-Identifier: Apache-2.0
// Facts of PAM.FR events: stays, movements, choices of the patient, merges.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

constexpr std::string_view authority = "^^^HOPITAL-T&1.2.250.1.999.1&ISO^";

std::string pid(std::string_view ipp) {
  return "PID|1||" + std::string(ipp) + std::string(authority) + "PI||EXEMPLE^ODETTE^^^^^L||19470305|F\r";
}

std::string adt(std::string_view trigger, std::string_view segments) {
  return "MSH|^~\\&|GAM|HOPITAL-T|LIAISON|PFI-T|20260305161500||ADT^" + std::string(trigger) +
         "^ADT_A01|A-9|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM\r" + std::string(segments);
}

rapidjson::Document facts_of(const std::string& message) {
  return run(operation::inspect, message, R"({"now":"2026-03-05T18:00:00+01:00"})").json_of(LIAISON_PART_FACTS);
}

struct discharge {
  const char* pv1_45;
  const char* evn_6;
  const char* zbe_2;
  const char* zbe_3;
  const char* end;
  const char* from;
};
class discharge_time : public ::testing::TestWithParam<discharge> {};

TEST_P(discharge_time, follows_the_order_of_precedence) {
  const discharge& with = GetParam();
  std::string pv1 = "PV1|1|I";
  pv1.append(42, '|').append("20260302092500|").append(with.pv1_45).append("\r");
  const auto facts = facts_of(adt("A03", std::string("EVN||20260305161500||||") + with.evn_6 + "\r" + pid("55512") +
                                             pv1 + "ZBE|M2^GAM|" + with.zbe_2 + "|" + with.zbe_3 +
                                             "|INSERT|N||U1^^^^^^UF^^^0001|U2^^^^^^UF^^^0002|HMS\r"));
  EXPECT_EQ(at(facts, "/encounter/end"), with.end);
  EXPECT_EQ(at(facts, "/encounter/end_from"), with.from);
  EXPECT_EQ(at(facts, "/event/time"), with.end);
  EXPECT_EQ(at(facts, "/event/time_from"), with.from);
}
INSTANTIATE_TEST_SUITE_P(
    table, discharge_time,
    ::testing::Values(discharge{"20260305150000", "20260305154000", "", "", "2026-03-05T15:00:00+01:00", "PV1-45"},
                      discharge{"", "20260305154000", "20260304", "", "2026-03-05T15:40:00+01:00", "EVN-6"},
                      discharge{"", "", "20260305143000", "", "2026-03-05T14:30:00+01:00", "ZBE-2"},
                      // The movement of the admission says nothing about the discharge.
                      discharge{"", "", "20260302092500", "20260305120000", "2026-03-05T12:00:00+01:00", "ZBE-3"},
                      discharge{"", "", "", "20280305", "2026-03-05T16:15:00+01:00", "EVN-2"},  // two years ahead
                      discharge{"20260301080000", "", "", "", "2026-03-05T16:15:00+01:00",
                                "EVN-2"}));  // before the admission

TEST(stay_facts, name_units_movement_and_class) {
  const auto facts =
      facts_of(adt("A02", "EVN||20260305161500\r" + pid("1") +
                              "PV1|1|I\rPV2|||||||||20260309\rZBE|M2^GAM^1.2.250.1.999.7|20260305120000||INSERT"
                              "|N||U1^^^^^^UF^^^0001|U2^^^^^^UF^^^0002|HMS\r"));
  EXPECT_EQ(at(facts, "/encounter/patient_class"), "I");
  EXPECT_EQ(at(facts, "/encounter/movement"), "1.2.250.1.999.7^M2");
  EXPECT_EQ(at(facts, "/encounter/medical_unit"), "0001");
  EXPECT_EQ(at(facts, "/encounter/care_unit"), "0002");
  EXPECT_EQ(at(facts, "/encounter/expected_end"), "2026-03-09");
  EXPECT_EQ(at(facts, "/encounter/end"), "(none)");
  EXPECT_EQ(at(facts, "/event/action"), "insert");
  EXPECT_EQ(at(facts, "/event/of"), "A02");
}

struct cancelled {
  const char* trigger;
  const char* zbe;
  const char* action;
  const char* of;
};
class movements : public ::testing::TestWithParam<cancelled> {};
TEST_P(movements, say_what_they_do_to_which_event) {
  const std::string zbe =
      *GetParam().zbe == '\0' ? std::string() : "ZBE|M|20260305120000||" + std::string(GetParam().zbe) + "\r";
  const auto facts = facts_of(adt(GetParam().trigger, "EVN||20260305161500\r" + pid("1") + "PV1|1|I\r" + zbe));
  EXPECT_EQ(at(facts, "/event/action"), GetParam().action);
  EXPECT_EQ(at(facts, "/event/of"), GetParam().of);
}
INSTANTIATE_TEST_SUITE_P(table, movements,
                         ::testing::Values(cancelled{"A11", "", "cancel", "A01"}, cancelled{"A13", "", "cancel", "A03"},
                                           cancelled{"A12", "CANCEL|N|A02", "cancel", "A02"},
                                           cancelled{"A38", "", "cancel", "A05"}, cancelled{"A55", "", "cancel", "A54"},
                                           cancelled{"Z81", "", "cancel", "Z80"},
                                           cancelled{"Z99", "UPDATE|N|A03", "update", "A03"},
                                           cancelled{"A01", "INSERT|N", "insert", "A01"},
                                           cancelled{"A08", "", "(none)", "(none)"}));

TEST(stay_facts, a_cancelled_discharge_ends_no_stay_and_a_corrected_one_does) {
  std::string pv1 = "PV1|1|I";
  pv1.append(43, '|').append("20260305150000\r");
  EXPECT_EQ(at(facts_of(adt("A13", "EVN||20260305161500\r" + pid("1") + pv1)), "/encounter/end"), "(none)");
  const auto corrected =
      facts_of(adt("Z99", "EVN||20260305161500\r" + pid("1") + pv1 + "ZBE|M|20260305120000||UPDATE|N|A03\r"));
  EXPECT_EQ(at(corrected, "/encounter/end"), "2026-03-05T15:00:00+01:00");
  EXPECT_EQ(at(corrected, "/encounter/end_from"), "PV1-45");
}

TEST(stay_facts, times_that_differ_by_more_than_an_hour_are_told) {
  const auto message = [](std::string_view evn_6) {
    std::string pv1 = "PV1|1|I";
    pv1.append(43, '|').append("20260301000500\r");
    return adt("A03", "EVN||20260301001500||||" + std::string(evn_6) + "\r" + pid("1") + pv1);
  };
  EXPECT_FALSE(run(operation::inspect, message("20260228233000")).has_issue("hl7v2-discharge-times-differ"));
  EXPECT_TRUE(run(operation::inspect, message("20260228230000")).has_issue("hl7v2-discharge-times-differ"));
}

TEST(consent_facts, tell_what_was_chosen_when_and_where_it_stands) {
  const auto facts = facts_of(
      adt("A01", "EVN||20260305161500\r" + pid("1") +
                     "PV1|1|I\rZFA|ACTIF|20260301||Y|20260302|Y|N|20260303|IO|20260304|NA|20260305\rZFD|||N\r"));
  const char* const expected[][4] = {{"dmp-feeding", "deny", "2026-03-04", "ZFA-9"},
                                     {"dmp-consultation", "not-collected", "(none)", "ZFA-11"},
                                     {"dmp-access", "permit", "2026-03-02", "ZFA-4"},
                                     {"dmp-break-glass", "deny", "2026-03-03", "ZFA-6"},
                                     {"dmp-emergency-centre", "permit", "2026-03-03", "ZFA-7"},
                                     {"sms", "deny", "(none)", "ZFD-3"}};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const std::string place = "/consents/" + std::to_string(i);
    EXPECT_EQ(at(facts, (place + "/patient").c_str()), "0");
    EXPECT_EQ(at(facts, (place + "/kind").c_str()), expected[i][0]);
    EXPECT_EQ(at(facts, (place + "/value").c_str()), expected[i][1]) << expected[i][0];
    EXPECT_EQ(at(facts, (place + "/date").c_str()), expected[i][2]) << expected[i][0];
    EXPECT_EQ(at(facts, (place + "/source").c_str()), expected[i][3]);
  }
  EXPECT_EQ(at(facts, "/consents/6"), "(none)");
}

TEST(consent_facts, a_code_that_is_not_known_is_neither_yes_nor_no) {
  const result read =
      run(operation::inspect, adt("A01", "EVN||20260305161500\r" + pid("1") + "PV1|1|I\rZFA|ACTIF||||||||PEUT-ETRE\r"));
  EXPECT_TRUE(read.has_issue("hl7v2-consent-unknown", "ZFA-9")) << read.list_issues();
  EXPECT_EQ(at(read.json_of(LIAISON_PART_FACTS), "/consents/0/value"), "not-collected");
}

TEST(merge_facts, name_the_identifier_that_gives_way) {
  const std::string ins = "247035118500129^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS";
  const auto facts = facts_of(adt("A40", "EVN||20260305161500\rPID|1||10" + std::string(authority) + "PI~" + ins +
                                             "||EXEMPLE^ODETTE^^^^^L||19470305|F\rMRG|11" + std::string(authority) +
                                             "PI~" + ins + "\r" + pid("20") + "MRG|21" + std::string(authority) +
                                             "PI||99" + std::string(authority) + "AN\r"));
  EXPECT_EQ(at(facts, "/merges/0/action"), "merge");
  EXPECT_EQ(at(facts, "/merges/0/patient"), "0");
  EXPECT_EQ(at(facts, "/merges/0/prior/0/value"), "11");
  EXPECT_EQ(at(facts, "/merges/0/prior/0/kind"), "ipp");
  // The INS that both share is no identifier that gives way.
  EXPECT_EQ(at(facts, "/merges/0/prior/1"), "(none)");
  EXPECT_EQ(at(facts, "/merges/1/patient"), "1");
  EXPECT_EQ(at(facts, "/merges/1/prior/0/value"), "21");
  EXPECT_EQ(at(facts, "/merges/1/prior_stays/0/value"), "99");
}

TEST(merge_facts, link_two_patients_change_a_number_move_a_stay) {
  const auto linked = facts_of(adt("A24", "EVN||20260305161500\r" + pid("1") + pid("2")));
  EXPECT_EQ(at(linked, "/merges/0/action"), "link");
  EXPECT_EQ(at(linked, "/merges/0/prior_patient"), "1");
  const std::string mrg = "MRG|1" + std::string(authority) + "PI||||V1" + std::string(authority) + "VN\r";
  const auto changed = facts_of(adt("A47", "EVN||20260305161500\r" + pid("2") + mrg));
  EXPECT_EQ(at(changed, "/merges/0/action"), "change");
  EXPECT_EQ(at(changed, "/merges/0/prior/0/value"), "1");
  const auto moved = facts_of(adt("A45", "EVN||20260305161500\r" + pid("2") + mrg));
  EXPECT_EQ(at(moved, "/merges/0/action"), "move");
  EXPECT_EQ(at(moved, "/merges/0/prior/0/value"), "1");
  EXPECT_EQ(at(moved, "/merges/0/prior_stays/0/value"), "V1");
  // A renumbered stay leaves the patient's own identifiers alone.
  const auto renumbered = facts_of(adt("A50", "EVN||20260305161500\r" + pid("1") + mrg));
  EXPECT_EQ(at(renumbered, "/merges/0/prior"), "(none)");
  EXPECT_EQ(at(renumbered, "/merges/0/prior_stays/0/kind"), "stay");
  EXPECT_EQ(at(facts_of(adt("A01", "EVN||20260305161500\r" + pid("2") + mrg)), "/merges"), "(none)");
}

struct subject {
  const char* type;
  const char* segments;
  const char* code;
};
class subjects : public ::testing::TestWithParam<subject> {};
TEST_P(subjects, of_orders_appointments_and_master_files_are_told) {
  const std::string message =
      std::string("MSH|^~\\&|GAM|H|L|P|20260305161500||") + GetParam().type + "|A-9|P|2.5\r" + GetParam().segments;
  const result read = run(operation::inspect, message);
  EXPECT_EQ(read.status, LIAISON_OK) << read.list_issues();
  const auto facts = read.json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/document/type/code"), GetParam().code);
  EXPECT_EQ(at(facts, "/document/status"), "(none)");
  EXPECT_EQ(run(operation::validate, message).list_issues(), "");
}
INSTANTIATE_TEST_SUITE_P(
    table, subjects,
    ::testing::Values(
        subject{"ORM^O01", "PID|1||1||A^B\rPV1|1|O\rORC|NW|P1^DPI\rOBR|1|P1^DPI||NFS^Numeration^L\r", "NFS"},
        subject{"OML^O21^OML_O21",
                "PID|1||1||A^B\rPV1|1|O\rORC|NW|P1^DPI\rTQ1|1||||||20260102\rOBR|1|P1^DPI||58410-2^Hemogramme^LN\r"
                "SPM|1|S1||BLD^Sang^L\r",
                "58410-2"},
        subject{"SIU^S12^SIU_S12", "SCH|R-1|||||S12||CS^Consultation^L\rPID|1||1||A^B\rRGS|1\rAIS|1||CARDIO\r", "CS"},
        subject{"MFN^M05^MFN_M05", "MFI|LOC|||20260101||NE\rMFE|MAD|1||CARDIO^^^H|PL\rLOC|CARDIO^^^H|Cardiologie\r",
                "LOC"}));

TEST(merge_events, make_a_patient_of_each_person) {
  const std::string message = adt("A40", "EVN||20260305161500\r" + pid("10") + "MRG|11" + std::string(authority) +
                                             "PI\r" + pid("20") + "MRG|21" + std::string(authority) + "PI\r");
  const result read = run(operation::decode, message, R"({"account":true})");
  const auto pivot = read.json_of(LIAISON_PART_DOCUMENT);
  std::string found;
  for (const auto& entry : pivot["entry"].GetArray()) {
    if (at(entry, "/resource/resourceType") == "Patient") found += at(entry, "/resource/identifier/0/value") + ";";
  }
  EXPECT_EQ(found, "10;20;");
  EXPECT_EQ(read.bytes_of(LIAISON_PART_ACCOUNT).find("no place"), std::string::npos);
  const std::string written =
      run(operation::encode, read.bytes_of(LIAISON_PART_DOCUMENT), R"({"now":"2026-03-06T12:00:00+01:00"})")
          .bytes_of(LIAISON_PART_DOCUMENT);
  const auto facts = facts_of(written);
  EXPECT_EQ(at(facts, "/merges/0/prior/0/value"), "11") << written;
}

TEST(identity_facts, tell_the_marks_that_stop_matching) {
  std::string marked = "PID|1||1" + std::string(authority) + "PI||EXEMPLE^ODETTE^^^^^L||19470305|F";
  marked.append(24, '|').append("PROV~DOUB~HOMD\r");
  const auto facts = facts_of(adt("A28", "EVN||20260305161500\r" + marked));
  EXPECT_EQ(at(facts, "/patients/0/identity_flags"), R"(["DOUB","HOMD"])");
  EXPECT_EQ(at(facts, "/patients/0/identity_status"), "provisional");
}

}  // namespace
}  // namespace liaison::hl7v2::testing
