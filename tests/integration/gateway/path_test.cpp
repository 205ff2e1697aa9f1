// SPDX-License-Identifier: Apache-2.0
// The main job from end to end with real processes: what comes in by MLLP, folder and HTTP arrives with the right people.
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <csignal>
#include <thread>

namespace liaison::test {
namespace {

std::string all_of(const std::vector<std::filesystem::path>& files) {
  std::string text;
  for (const auto& f : files) text += read_file(f);
  return text;
}

TEST(path, a_letter_and_a_result_arrive_in_both_formats) {
  gateway_process gateway;
  gateway.start();
  const auto answer = gateway.send(discharge_letter("1000000001"));
  EXPECT_EQ(answer.code, "AA") << answer.text;
  write_file(gateway.folder() / "laboratory/out/result.hpr", laboratory_result("1000000002"));
  for (int i = 0; i < 100 && files_in(gateway.folder() / "pta/in").size() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(gateway.wait_until_delivered());

  const auto letters = files_in(gateway.folder() / "gp/in", ".hpr");
  ASSERT_EQ(letters.size(), 2U);
  const std::string inbox = all_of(letters);
  EXPECT_NE(inbox.find("LEROUX-EXEMPLE\r\n"), std::string::npos) << "the used name on line 2";
  EXPECT_NE(inbox.find("12/05/1948"), std::string::npos);
  EXPECT_NE(inbox.find("Amoxicilline 1 g"), std::string::npos) << "the letter's text";
  EXPECT_NE(inbox.find("RES|"), std::string::npos) << "the laboratory's results";
  EXPECT_NE(inbox.find("****FIN****"), std::string::npos);
  const auto copies = files_in(gateway.folder() / "gp/in", ".pdf");
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(read_file(copies[0]), read_file(std::filesystem::path(LIAISON_SOURCE_DIRECTORY) / "configs/demo/discharge-letter.pdf"));

  const auto bundles = files_in(gateway.folder() / "pta/in", ".json");
  ASSERT_EQ(bundles.size(), 2U);
  for (const auto& file : bundles) {
    rapidjson::Document bundle;
    bundle.Parse(read_file(file).c_str());
    ASSERT_FALSE(bundle.HasParseError()) << file;
    EXPECT_STREQ(bundle["resourceType"].GetString(), "Bundle");
    EXPECT_STREQ(bundle["entry"][0]["resource"]["resourceType"].GetString(), "Composition");
  }
  EXPECT_NE(all_of(bundles).find("248053599810704"), std::string::npos) << "a qualified INS travels";
  EXPECT_TRUE(files_in(gateway.folder() / "laboratory/out").empty());
  EXPECT_EQ(files_in(gateway.folder() / "laboratory/out/done").size(), 1U);
  EXPECT_EQ(gateway.stop(), 0);
  const std::string log = read_file(gateway.log_file());
  for (const char* said : {"LEROUX", "MARTIN-ESSAI", "248053599810704", "Jeanne", "JEANNE", "1948"})
    EXPECT_EQ(log.find(said), std::string::npos) << "patient data in the log: " << said;
}

TEST(path, the_same_message_again_is_acknowledged_and_not_delivered_again) {
  gateway_process gateway;
  gateway.start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gateway.send(plain_result("7")).code, "AA");
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in", ".hpr").size(), 1U);
  EXPECT_EQ(gateway.count("gp", "delivered"), 1U);
}

TEST(path, what_was_posted_can_be_followed_replayed_and_read_back) {
  gateway_process gateway;
  gateway.start();
  const std::string message = plain_result("8");
  const auto posted = gateway.ask("POST", "/api/v1/messages", message, "application/octet-stream");
  EXPECT_EQ(posted.status, 201U) << posted.body;
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.ask("GET", "/api/v1/messages/1/raw").body, message) << "the bytes as they came";
  const auto trace = gateway.ask("GET", "/api/v1/messages/1/trace");
  EXPECT_NE(trace.body.find("\"what\":\"received\""), std::string::npos);
  EXPECT_NE(trace.body.find("\"what\":\"accepted\""), std::string::npos);
  EXPECT_EQ(gateway.ask("POST", "/api/v1/messages/1/replay?to=gp").status, 201U);
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in", ".hpr").size(), 2U);
  EXPECT_EQ(gateway.ask("GET", "/api/v1/messages/99").status, 404U);
  EXPECT_EQ(gateway.ask("GET", "/readyz").status, 200U);
  const std::string metrics = gateway.ask("GET", "/metrics").body;
  EXPECT_NE(metrics.find("liaison_commit_seconds_count"), std::string::npos);
  EXPECT_EQ(metrics.find("liaison_commit_seconds_count 0\n"), std::string::npos) << "asking for readiness loses no commit";
  for (const char* name : {"liaison_messages_received_total{", "liaison_deliveries{", "liaison_queue_age_seconds{", "liaison_commit_seconds_bucket", "liaison_plugin_hosts"})
    EXPECT_NE(metrics.find(name), std::string::npos) << name;
  EXPECT_EQ(metrics.find("ZENOBIE"), std::string::npos);
}

TEST(path, a_message_is_found_by_control_id_sender_type_and_time) {
  gateway_process gateway;
  gateway.start();
  ASSERT_EQ(gateway.send(plain_result("11")).code, "AA");
  ASSERT_EQ(gateway.send(discharge_letter("1000000012")).code, "AA");
  ASSERT_TRUE(gateway.wait_until_delivered());
  const auto found = [&](const std::string& query) {
    const auto answer = gateway.ask("GET", "/api/v1/messages?" + query);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    rapidjson::Document page;
    page.Parse(answer.body.c_str());
    return page.HasParseError() ? 99U : page["items"].Size();
  };
  rapidjson::Document one;
  one.Parse(gateway.ask("GET", "/api/v1/messages/1").body.c_str());
  ASSERT_TRUE(one.IsObject() && one.HasMember("control_id"));
  EXPECT_EQ(found("control_id=" + std::string(one["control_id"].GetString())), 1U);
  EXPECT_EQ(found("control_id=nobody"), 0U);
  EXPECT_EQ(found("source=hospital"), 2U);
  EXPECT_EQ(found("document_type=34105-7"), 1U);
  EXPECT_EQ(found("from=2020-01-01&until=2099-01-01"), 2U);
  EXPECT_EQ(found("until=2020-01-01"), 0U);
  EXPECT_EQ(found("source=hospital&from=2099-01-01"), 0U);
  EXPECT_EQ(gateway.ask("GET", "/api/v1/messages?from=yesterday").status, 400U);
}

TEST(path, a_fhir_bundle_comes_in_by_fhir_and_leaves_as_hprim) {
  gateway_process gateway;
  gateway.start();
  ASSERT_EQ(gateway.send(plain_result("9")).code, "AA");
  ASSERT_TRUE(gateway.wait_until_delivered());
  const std::string bundle = read_file(files_in(gateway.folder() / "pta/in", ".json").at(0));
  const auto posted = gateway.ask("POST", "/fhir", bundle, "application/fhir+json");
  EXPECT_EQ(posted.status, 202U) << posted.body;
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in", ".hpr").size(), 2U);
  EXPECT_EQ(gateway.ask("POST", "/fhir", "{\"resourceType\":", "application/fhir+json").status, 400U);
  EXPECT_NE(gateway.ask("GET", "/fhir/metadata").body.find("CapabilityStatement"), std::string::npos);
}

TEST(path, reload_takes_a_new_recipient_without_refusing_a_connection) {
  gateway_process gateway;
  gateway.start();
  ASSERT_EQ(gateway.send(plain_result("10")).code, "AA");
  std::string configuration = read_file(gateway.configuration_file());
  const std::string mark = "\"pta\":{";
  configuration.replace(configuration.find(mark), mark.size(),
                        "\"second\":{\"format\":\"hl7v2\",\"destination\":{\"folder\":{\"path\":\"" + (gateway.folder() / "second").string() + "\"}}}," + mark);
  configuration.replace(configuration.find("[\"gp\",\"pta\"]"), 12, "[\"gp\",\"pta\",\"second\"]");
  gateway.configure(configuration);
  gateway.signal(SIGHUP);
  int refused = 0, number = 100;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (files_in(gateway.folder() / "second").empty() && std::chrono::steady_clock::now() < deadline)
    if (gateway.send(plain_result(std::to_string(number++))).code != "AA") ++refused;
  EXPECT_EQ(refused, 0);
  EXPECT_FALSE(files_in(gateway.folder() / "second").empty());
  gateway.configure("{\"endpoints\":{}, \"rutes\":[]}");
  gateway.signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(gateway.send(plain_result("11")).code, "AA") << "a bad configuration changes nothing";
  EXPECT_NE(read_file(gateway.log_file()).find("configuration-refused"), std::string::npos);
}

}  // namespace
}  // namespace liaison::test
