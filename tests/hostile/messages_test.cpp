// SPDX-License-Identifier: Apache-2.0
// Hostile messages in each format: refused with a named code or taken with a named tolerance, and translated, delivered or
// given up like any other. Nobody else is disturbed, and no value of them is seen outside of the store.
#include "cases.hpp"
#include "watch.hpp"

#include <gtest/gtest.h>

namespace liaison::test {
namespace {

void hand_in_all(const std::vector<hostile_message>& cases) {
  gateway_process gateway;
  // What waits for an original that never comes would wait for an hour.
  gateway.set("documents.missing_original.wait_minutes=0");
  gateway.set("plugins.deadline_ms=120000");  // what is judged here is not the machine
  gateway.start();
  for (const hostile_message& each : cases) {
    SCOPED_TRACE(each.name);
    const auto answer = gateway.ask("POST", "/api/v1/messages", each.bytes(), "application/octet-stream");
    EXPECT_EQ(outcome_of(answer), each.becomes) << answer.body.substr(0, 1'000);
    EXPECT_EQ(answer.body.find(marker), std::string::npos) << "no value in an answer";
    expect_sound(gateway);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_TRUE(gateway.wait_until_delivered(120'000)) << "each delivery comes to its end";
  expect_sound(gateway);
  expect_silent(gateway);
}

TEST(hostile_messages, hl7v2) { hand_in_all(hl7_cases()); }
TEST(hostile_messages, hprim) { hand_in_all(hprim_cases()); }
TEST(hostile_messages, xml) { hand_in_all(xml_cases()); }
TEST(hostile_messages, json) { hand_in_all(json_cases()); }
TEST(hostile_messages, archives) { hand_in_all(archive_cases()); }

TEST(hostile_messages, hl7v2_over_mllp_is_answered_as_over_http) {
  gateway_process gateway;
  gateway.start();
  for (const hostile_message& each : hl7_cases()) {
    SCOPED_TRACE(each.name);
    const std::string bytes = each.bytes();
    // A byte that ends a frame is for mllp_test; large ones have been through HTTP.
    if (bytes.find('\x1c') != std::string::npos || bytes.empty() || bytes.size() > (1U << 20)) continue;
    const bool taken = std::string_view(each.becomes).starts_with("20");
    const auto answer = gateway.send(bytes);
    EXPECT_EQ(answer.code, taken ? "AA" : "AE");
    EXPECT_EQ(answer.text.find(marker), std::string::npos) << "no value in an answer";
  }
  expect_sound(gateway);
  expect_silent(gateway);
}

}  // namespace
}  // namespace liaison::test
