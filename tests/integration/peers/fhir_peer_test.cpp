// SPDX-License-Identifier: Apache-2.0
// The gateway between FHIR software that is not ours: practice software (fhir-kit-client) posts and reads, a regional
// platform (Medplum's router) receives. tests/peers/fhir holds both.
#include "core/net/exchange.hpp"
#include "gateway_process.hpp"
#include "peer_process.hpp"

#include <gtest/gtest.h>

#include <rapidjson/document.h>

#include <chrono>
#include <thread>

namespace liaison::test {
namespace {

std::string submission() { return std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/fhir/iti65-submission/input.json"; }

/// "practice" posts over HTTP; everything goes to "platform", a FHIR server at `port`.
std::string configuration(const gateway_process& gateway, int port) {
  return R"({"instance":{"name":"test","data":")" + (gateway.folder() / "data").string() + R"("},"listen":{"http":{"port":)" +
         std::to_string(gateway.http_port()) + R"(,"tokens":["operator-secret-0001"]}},"endpoints":{"practice":{"source":{"http":{"tokens":["practice-secret-0001"]}}},
         "other":{"source":{"http":{"tokens":["other-secret-00001"]}}},
         "platform":{"format":"fhir","destination":{"http":{"url":"http://127.0.0.1:)" +
         std::to_string(port) + R"(/fhir","interaction":"fhir","answer_ms_max":10000}},"delivery":{"retry_delay_ms_min":50,"retry_delay_ms_max":200}}},
         "routes":[{"name":"all","to":["platform"]}]})";
}

class fhir_peers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_peer("fhir")) GTEST_SKIP() << "scripts/dependencies test installs the peers";
  }

  net::http_answer ask(const std::string& method, const std::string& path, const std::string& token, const std::string& body = {}) const {
    net::http_question question;
    question.method = method;
    question.body = body;
    question.headers["Authorization"] = "Bearer " + token;
    if (!body.empty()) question.headers["Content-Type"] = "application/fhir+json";
    auto got = net::http_exchange({"http", "127.0.0.1", gateway.http_port(), path}, question, 30'000);
    return got ? got.value() : net::http_answer{};
  }

  bool delivered(std::uint64_t wanted) const {
    for (int i = 0; i < 400; ++i) {
      rapidjson::Document read;
      read.Parse(ask("GET", "/api/v1/deliveries?state=delivered", "operator-secret-0001").body.c_str());
      if (!read.HasParseError() && read.IsObject() && read.HasMember("items") && read["items"].Size() >= wanted) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  std::string at_platform(int port, const std::string& path) const {
    auto got = net::http_exchange({"http", "127.0.0.1", static_cast<std::uint16_t>(port), path}, {}, 30'000);
    return got ? got.value().body : "";
  }

  static std::size_t entries_in(const std::string& bundle) {
    rapidjson::Document read;
    read.Parse(bundle.c_str());
    return !read.HasParseError() && read.IsObject() && read.HasMember("entry") ? read["entry"].Size() : 0;
  }

  gateway_process gateway;
};

TEST_F(fhir_peers, practice_software_finds_the_interface_that_R4_and_MHD_describe) {
  peer_process platform("fhir", "server.mjs");
  ASSERT_GT(platform.port(), 0);
  gateway.configure(configuration(gateway, platform.port()));
  gateway.start();
  const peer_output told = run_peer("fhir", "client.mjs", {"http://127.0.0.1:" + std::to_string(gateway.http_port()) + "/fhir", submission()},
                                    {{"TOKEN", "practice-secret-0001"}});
  EXPECT_EQ(told.exit, 0) << told.text;
  // The submission and the observation are there too; the event has no $process-message there and waits for a person.
  EXPECT_TRUE(delivered(2));
  EXPECT_EQ(entries_in(at_platform(platform.port(), "/fhir/DocumentReference?identifier=urn:oid:1.2.250.1.99999.4.3")), 1U);
  EXPECT_EQ(entries_in(at_platform(platform.port(), "/fhir/Observation?identifier=peer-1")), 1U);
  // Who neither sent it nor got it sees nothing of it.
  EXPECT_EQ(ask("GET", "/fhir/DocumentReference/1-2", "practice-secret-0001").status, 200U);
  EXPECT_EQ(ask("GET", "/fhir/DocumentReference/1-2", "other-secret-00001").status, 404U);
  EXPECT_EQ(ask("GET", "/fhir/DocumentReference/1-2", "wrong").status, 401U);
}

TEST_F(fhir_peers, a_transaction_whose_answer_was_lost_is_not_made_twice) {
  peer_process platform("fhir", "server.mjs", {{"LOSE_ANSWER", "1"}});
  ASSERT_GT(platform.port(), 0);
  gateway.configure(configuration(gateway, platform.port()));
  gateway.start();
  ASSERT_EQ(ask("POST", "/fhir", "practice-secret-0001", read_file(submission())).status, 200U);
  ASSERT_TRUE(delivered(1));
  EXPECT_EQ(at_platform(platform.port(), "/posts"), "1") << "the second attempt asked first";
  EXPECT_EQ(entries_in(at_platform(platform.port(), "/fhir/List?identifier=urn:oid:1.2.250.1.99999.4.1")), 1U);
  const auto trace = ask("GET", "/api/v1/messages/1/trace", "operator-secret-0001").body;
  EXPECT_NE(trace.find("already-there"), std::string::npos) << trace;
}

TEST_F(fhir_peers, a_platform_that_is_busy_is_asked_again_when_it_says) {
  peer_process platform("fhir", "server.mjs", {{"BUSY", "1"}});
  ASSERT_GT(platform.port(), 0);
  gateway.configure(configuration(gateway, platform.port()));
  gateway.start();
  const auto before = std::chrono::steady_clock::now();
  ASSERT_EQ(ask("POST", "/fhir", "practice-secret-0001", read_file(submission())).status, 200U);
  ASSERT_TRUE(delivered(1));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(900)) << "Retry-After: 1";
  EXPECT_EQ(entries_in(at_platform(platform.port(), "/fhir/List?identifier=urn:oid:1.2.250.1.99999.4.1")), 1U);
}

}  // namespace
}  // namespace liaison::test
