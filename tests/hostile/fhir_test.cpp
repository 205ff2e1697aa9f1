// SPDX-License-Identifier: Apache-2.0
// FHIR interactions that cost more than they look like: thousands of entries, searches for millions of values, conditions
// that break out of a header.
#include "cases.hpp"
#include "watch.hpp"

#include <gtest/gtest.h>

namespace liaison::test {
namespace {

constexpr const char* fhir = "application/fhir+json";

std::string of_entries(const char* type, const std::string& entry, std::size_t count) {
  return std::string(R"({"resourceType":"Bundle","type":")") + type + R"(","entry":[)" + times(entry + ",", count - 1) + entry + "]}";
}
constexpr const char* read_of_nothing = R"({"request":{"method":"GET","url":"metadata/nothing"}})";

// Each of these entries is answered at once: they must not stand on each other's stack.
TEST(hostile_fhir, a_batch_of_five_thousand_entries_is_answered_entry_by_entry) {
  gateway_process gateway;
  gateway.start();
  const auto answer = gateway.ask("POST", "/fhir?source=api", of_entries("batch", read_of_nothing, 5'000), fhir);
  EXPECT_EQ(answer.status, 200U) << answer.body.substr(0, 500);
  std::size_t entries = 0;
  for (std::size_t at = answer.body.find("\"response\":"); at != std::string::npos; at = answer.body.find("\"response\":", at + 1)) ++entries;
  EXPECT_EQ(entries, 5'000U);
  expect_sound(gateway);
}

TEST(hostile_fhir, a_transaction_that_reads_five_thousand_times_is_answered) {
  gateway_process gateway;
  gateway.start();
  EXPECT_EQ(gateway.ask("POST", "/fhir?source=api", of_entries("transaction", read_of_nothing, 5'000), fhir).status, 200U);
  expect_sound(gateway);
}

TEST(hostile_fhir, more_entries_than_that_are_refused) {
  gateway_process gateway;
  gateway.start();
  EXPECT_EQ(gateway.ask("POST", "/fhir?source=api", of_entries("batch", read_of_nothing, 5'001), fhir).status / 100, 4U);
  expect_sound(gateway);
}

// Every entry of a batch is cut out of the whole body: thousands of entries in megabytes would be hours of work.
TEST(hostile_fhir, a_batch_that_is_too_much_work_is_refused) {
  gateway_process gateway;
  gateway.start();
  const std::string entry = R"({"resource":{"resourceType":"Patient","id":")" + times("x", 1'000) + R"("},"request":{"method":"POST","url":"Patient"}})";
  const auto answer = gateway.ask("POST", "/fhir?source=api", of_entries("batch", entry, 2'000), fhir);
  EXPECT_EQ(answer.status, 413U);
  EXPECT_NE(answer.body.find("batch-too-large"), std::string::npos);
  expect_sound(gateway);
}

TEST(hostile_fhir, batches_inside_batches_come_to_an_end) {
  gateway_process gateway;
  gateway.start();
  std::string inner = read_of_nothing;
  for (int i = 0; i < 20; ++i)
    inner = R"({"resource":{"resourceType":"Bundle","type":"batch","entry":[)" + inner + R"(]},"request":{"method":"POST","url":""}})";
  const auto answer = gateway.ask("POST", "/fhir?source=api", R"({"resourceType":"Bundle","type":"batch","entry":[)" + inner + "]}", fhir);
  EXPECT_NE(answer.status, 0U);
  expect_sound(gateway);
}

struct search_case {
  const char* name;
  std::string form;
  unsigned status;
};

TEST(hostile_fhir, searches_are_bounded) {
  gateway_process gateway;
  gateway.start();
  const search_case cases[] = {
      {"a_hundred_thousand_ids", "_id=" + times("1,", 100'000) + "1", 400},
      {"a_hundred_thousand_patients", "patient.identifier=" + times("s|v,", 100'000) + "s|v", 400},
      {"a_hundred_thousand_identifiers", "identifier=" + times("a,", 100'000) + "a", 400},
      {"a_hundred_thousand_statuses", "_id=1&status=" + times("current,", 100'000) + "x", 400},
      {"two_hundred_ids", "_id=" + times("7,", 199) + "7", 200},
      {"ids_that_are_none", "_id=-1,0,1-,-,99999999999999999999,1-99999999999,%2e%2e", 200},
      {"dates_that_are_none", "_id=1&date=gt&date=zz2026&date=ge99999999999999999999&date=%ff", 200},
      {"modifiers_that_are_none", "_id=1&type:nothing=x&status:missing=perhaps&date:exact=2026", 200},
      {"only_commas_and_backslashes", "_id=,%5c,%5c&type=%5c", 200},
      {"pages_beyond_the_end", "_id=1&_offset=4294967295&_count=4294967295", 200},
      {"a_hundred_and_one_parameters", times("a=b&", 101), 400},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    const auto answer = gateway.ask("POST", "/fhir/DocumentReference/_search?source=api", each.form, "application/x-www-form-urlencoded");
    EXPECT_EQ(answer.status, each.status) << answer.body.substr(0, 300);
  }
  expect_sound(gateway);
}

struct request_case {
  const char* name;
  const char* method;
  std::string path, body;
  unsigned status;
};

TEST(hostile_fhir, requests_that_are_none_are_refused) {
  gateway_process gateway;
  gateway.start();
  const request_case cases[] = {
      {"a_type_that_does_not_exist", "POST", "/fhir/../../etc/passwd?source=api", "{}", 404},
      {"empty_steps", "GET", "/fhir////", "", 404},
      {"an_id_of_20_digits", "GET", "/fhir/Patient/99999999999999999999", "", 404},
      {"a_history_that_is_none", "GET", "/fhir/Patient/1/_history/../..", "", 404},
      {"a_status_that_is_none", "GET", "/fhir/$status/%2e%2e", "", 404},
      {"a_body_that_is_none", "POST", "/fhir/Patient?source=api", "", 400},
      {"another_type", "POST", "/fhir/Patient?source=api", R"({"resourceType":"Observation"})", 400},
      {"a_message_without_a_header", "POST", "/fhir/$process-message?source=api", R"({"resourceType":"Bundle","type":"message","entry":[]})", 400},
      {"convert_to_nowhere", "POST", "/fhir/$convert?to=../..&source=api", "x", 400},
      {"an_endpoint_that_does_not_exist", "POST", "/fhir/Patient?source=../..", R"({"resourceType":"Patient"})", 400},
      {"a_transaction_that_deletes", "POST", "/fhir?source=api", of_entries("transaction", R"({"request":{"method":"DELETE","url":"Patient/1"}})", 1), 405},
      {"a_transaction_with_a_line_end", "POST", "/fhir?source=api", of_entries("transaction", R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a|b\r\nX: y"}})", 1), 412},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    const auto answer = gateway.ask(each.method, each.path, each.body, each.body.empty() ? "" : fhir);
    EXPECT_EQ(answer.status, each.status) << answer.body.substr(0, 300);
  }
  expect_sound(gateway);
}

}  // namespace
}  // namespace liaison::test
