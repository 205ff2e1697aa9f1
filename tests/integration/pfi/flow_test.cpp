// SPDX-License-Identifier: Apache-2.0
// A hospital's software that is not ours (a Node HL7 library) and a running gateway: stays, a document and its life,
// what the hospital is told about it (ZAM), and a practice's software that takes it as MDM. CI-SIS "Transmission de
// document(s) CDA en HL7v2" and "Transmission au LPS".
#include "node_peer.hpp"

#include <gmock/gmock.h>

namespace liaison::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const letter_version first{}, second{2, 1, "RO", "C"}, third{3, 2, "RO", "C"}, removal{3, 2, "CA", "D"};

class pfi : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_node_peer()) GTEST_SKIP() << "tests/peers/hl7 is not installed: scripts/dependencies test";
  }

  /// The hospital sends by MLLP and hears at `dpi`; a GP's folder, a platform's folder, and a practice that takes MDM.
  void start(std::vector<std::string> dpi_answers = {}, std::vector<std::string> practice_answers = {},
             const std::string& documents = R"({"missing_original":{"wait_minutes":60}})") {
    dpi = std::make_unique<node_receiver>(gateway.folder() / "dpi", std::move(dpi_answers));
    practice = std::make_unique<node_receiver>(gateway.folder() / "practice", std::move(practice_answers));
    const std::string f = gateway.folder().string();
    const std::string delivery = R"("delivery":{"retry_delay_ms_min":100,"retry_delay_ms_max":200})";
    const auto mllp = [](std::uint16_t port) {
      return R"("destination":{"mllp":{"host":"127.0.0.1","port":)" + std::to_string(port) + "}}";
    };
    gateway.configure(
        R"({"instance":{"name":"test","data":")" + f + R"(/data"},"listen":{"http":{"port":)" +
        std::to_string(gateway.http_port()) + R"(}},"documents":)" + documents +
        R"(,"endpoints":{"hospital":{"format":"hl7v2","source":{"mllp":{"port":)" +
        std::to_string(gateway.mllp_port()) +
        R"(}},"business_acknowledgements":{"to":"dpi"}},"dpi":{"format":"hl7v2",)" + delivery + "," +
        mllp(dpi->port()) +
        R"(},"gp":{"format":"hprim-medecin","mailboxes":"*@medecin.demo.mssante.fr","destination":{"folder":{"path":")" +
        f + R"(/gp"}}},"pta":{"format":"fhir","destination":{"folder":{"path":")" + f +
        R"(/pta"}}},"practice":{"format":"hl7v2","profile":"cisis-cda-hl7-lps","mailboxes":"*@medecin.demo.mssante.fr",)" +
        delivery + "," + mllp(practice->port()) +
        R"(}},"routes":[{"name":"stays","when":{"event":"ADT*"},"to":["pta"],"last":true},)" + routes + "]}");
    gateway.start();
  }

  std::filesystem::path file(const std::string& name, const std::string& message) {
    const auto path = gateway.folder() / "sent" / name;
    write_file(path, message);
    return path;
  }
  std::filesystem::path letter(const std::string& number, const letter_version& which) {
    return file(number + "-" + std::to_string(which.version) + which.order + ".hl7", discharge_letter(number, which));
  }
  std::vector<std::string> send(const std::vector<std::filesystem::path>& files) {
    return send_by_node(gateway.mllp_port(), files);
  }
  rapidjson::Document document(const std::string& id) {
    rapidjson::Document read;
    read.Parse(gateway.ask("GET", "/api/v1/documents?id=" + id).body.c_str());
    return read;
  }
  std::string last_received() { return gateway.ask("GET", "/api/v1/messages?source=hospital&limit=1").body; }
  std::string waiting() { return gateway.ask("GET", "/api/v1/documents?state=waiting").body; }

  gateway_process gateway;
  std::string routes = R"({"name":"documents","when":{"has_document":true},"to":["gp","pta"]})";
  std::unique_ptr<node_receiver> dpi, practice;
};

TEST_F(pfi, a_stay_a_document_its_replacement_and_its_deletion) {
  start();
  std::string admission = read_file(std::filesystem::path(LIAISON_SOURCE_DIRECTORY) / "configs/demo/admission.adt.hl7");
  std::replace(admission.begin(), admission.end(), '\n', '\r');
  const auto answers = send({file("admission.hl7", admission), letter("7001", first), letter("7001", second),
                             letter("7001", {2, 1, "CA", "D"})});
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0], "AA ADM0001");
  EXPECT_EQ(answers[1], "AA DEMO7001-1NW");
  EXPECT_EQ(answers[2], "AA DEMO7001-2RO");
  EXPECT_EQ(answers[3], "AA DEMO7001-2CA");

  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("pta", "delivered"), 4U);
  const auto life = document("2.999.48.1.7001.1");
  ASSERT_TRUE(life.HasMember("items")) << gateway.ask("GET", "/api/v1/documents?id=2.999.48.1.7001.1").body;
  EXPECT_STREQ(life["state"].GetString(), "deleted");
  ASSERT_EQ(life["items"].Size(), 3U);
  EXPECT_STREQ(life["items"][0]["state"].GetString(), "replaced");
  EXPECT_STREQ(life["items"][1]["state"].GetString(), "deleted");
  EXPECT_STREQ(life["items"][1]["change"].GetString(), "replacement");
  EXPECT_STREQ(life["items"][2]["change"].GetString(), "deletion");
  const auto shown = run({program("liaison"), "document", "show", "2.999.48.1.7001", "--api",
                          "http://127.0.0.1:" + std::to_string(gateway.http_port())});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("deletion"));
  EXPECT_EQ(gateway.ask("GET", "/api/v1/documents?id=1.2.3").status, 404U);
}

TEST_F(pfi, the_hospital_hears_of_each_recipient_once) {
  start({"AR"});  // the first answer: not now
  ASSERT_THAT(send({letter("7002", first)}), ElementsAre("AA DEMO7002-1NW"));
  const auto heard = dpi->taken(2);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].raw, heard[1].raw) << "sent again after AR, the very same";
  const taken_message& zam = heard[1];
  EXPECT_EQ(zam.type, "ZAM");
  EXPECT_EQ(zam.event, "Z02");
  EXPECT_THAT(zam.segment("OBX|1"), HasSubstr("|DEMO7002-1NW|Y^"));
  EXPECT_THAT(zam.segment("OBX|2"), HasSubstr("claude.modele@medecin.demo.mssante.fr"));
  EXPECT_EQ(zam.segment("ERR"), "");
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("dpi", "delivered"), 1U) << "none for the platform, which stands for no mailbox";
  const std::string trace = gateway.ask("GET", "/api/v1/messages/1/trace").body;
  EXPECT_THAT(trace, HasSubstr("\"reported\""));
  EXPECT_THAT(trace, HasSubstr("no-mailbox"));
  // The same message again: the same answer, and nobody hears anything.
  ASSERT_THAT(send({letter("7002", first)}), ElementsAre("AA DEMO7002-1NW"));
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(dpi->taken(0).size(), 2U);
}

TEST_F(pfi, acknowledgements_outlive_the_gateway) {
  start();
  dpi.reset();  // nobody listens
  ASSERT_THAT(send({letter("7003", first)}), ElementsAre("AA DEMO7003-1NW"));
  for (int i = 0; i < 200 && gateway.count("dpi", "pending") == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_EQ(gateway.count("dpi", "pending"), 1U);
  gateway.kill_now();
  gateway.start();
  EXPECT_EQ(gateway.count("dpi", "pending"), 1U) << "kept, and not made again";
}

TEST_F(pfi, a_replacement_waits_for_its_original) {
  start();
  const auto answers = send({letter("7004", third), letter("7004", second)});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_THAT(answers[0], StartsWith("AA DEMO7004-3RO"));
  EXPECT_THAT(answers[1], StartsWith("AA DEMO7004-2RO"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(files_in(gateway.folder() / "pta").empty());
  EXPECT_THAT(waiting(), HasSubstr("\"waits_for\":\"original\""));
  const auto listed = run({program("liaison"), "document", "waiting", "--api",
                           "http://127.0.0.1:" + std::to_string(gateway.http_port())});
  EXPECT_EQ(listed.exit, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("original"));
  EXPECT_STREQ(document("2.999.48.1.7004.2")["state"].GetString(), "waiting");
  ASSERT_THAT(send({letter("7004", first)}), ElementsAre("AA DEMO7004-1NW"));
  ASSERT_TRUE(gateway.wait_until_delivered());
  const auto files = files_in(gateway.folder() / "pta");
  ASSERT_EQ(files.size(), 3U);
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> by_time;
  for (const auto& one : files) by_time.emplace_back(std::filesystem::last_write_time(one), read_file(one));
  std::sort(by_time.begin(), by_time.end());
  for (unsigned version = 1; version <= 3; ++version)
    EXPECT_THAT(by_time[version - 1].second, HasSubstr("urn:oid:2.999.48.1.7004." + std::to_string(version) + "\""))
        << version;
  EXPECT_STREQ(document("2.999.48.1.7004.2")["state"].GetString(), "current");
}

TEST_F(pfi, a_replacement_goes_alone_after_its_time_or_waits_for_a_person) {
  start({}, {}, R"({"missing_original":{"wait_minutes":0.005,"then":"dead-letter"}})");
  send({letter("7005", second)});
  for (int i = 0; i < 200 && gateway.count("gp", "dead") == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(gateway.count("gp", "dead"), 1U);
  EXPECT_EQ(gateway.count("pta", "dead"), 1U);
  ASSERT_THAT(send({letter("7005", first)}), ElementsAre("AA DEMO7005-1NW"));
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("gp", "delivered"), 2U) << "the original came all the same";
}

TEST_F(pfi, a_broken_chain_is_told) {
  start();
  ASSERT_THAT(send({letter("7006", first), letter("7006", second)}), ::testing::SizeIs(2));
  const auto again = send({letter("7006", {3, 1, "RO", "C"})});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_THAT(again[0], StartsWith("AA"));
  EXPECT_THAT(last_received(), HasSubstr("document-not-latest"));
  const auto other = send({letter("7006", {4, 3, "RO", "C", "899900000033"})});
  ASSERT_EQ(other.size(), 1U);
  EXPECT_THAT(other[0], StartsWith("AA"));
  EXPECT_THAT(last_received(), HasSubstr("document-author-differs"));
  EXPECT_THAT(gateway.ask("GET", "/metrics").body, HasSubstr("liaison_issues_total{"));
}

TEST_F(pfi, a_practice_takes_a_document_as_mdm_and_its_answer_comes_back) {
  routes = R"({"name":"documents","when":{"has_document":true},"to":["practice"]})";
  start({}, {"AR", "AA", "AE:902"});
  ASSERT_THAT(send({letter("7007", first)}), ElementsAre("AA DEMO7007-1NW"));
  auto taken = practice->taken(2);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].control_id, taken[1].control_id) << "AR: the same again";
  EXPECT_EQ(taken[1].type, "MDM");
  EXPECT_EQ(taken[1].event, "T02");
  auto heard = dpi->taken(2);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].event, "Z02");
  EXPECT_EQ(heard[1].event, "Z03") << "its software took it into the record";
  ASSERT_THAT(send({letter("7007", second)}), ElementsAre("AA DEMO7007-2RO"));
  taken = practice->taken(3);
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[2].event, "T10");
  heard = dpi->taken(4);
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[2].event, "Z02");
  EXPECT_EQ(heard[3].event, "Z03");
  EXPECT_THAT(heard[3].segment("OBX|1"), HasSubstr("|DEMO7007-2RO|N^"));
  EXPECT_THAT(heard[3].segment("ERR"), HasSubstr("902^"));
  EXPECT_EQ(gateway.count("practice", "dead"), 1U) << "no patient becomes known by sending again";
}

}  // namespace
}  // namespace liaison::test
