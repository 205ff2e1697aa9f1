// SPDX-License-Identifier: Apache-2.0
// A FHIR server as destination: where a body goes, how it is known again, and what answers mean.
#include "core/fhir_api/fhir_sender.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir_api {
namespace {

using model::send_verdict;

outline bundle(const std::string& type, std::vector<outline::entry> entries = {}) {
  outline made;
  made.type = "Bundle";
  made.bundle_type = type;
  made.entries = std::move(entries);
  return made;
}

outline::entry post(const std::string& type, const std::string& identifier, const std::string& condition = {}) {
  outline::entry made;
  made.method = "POST";
  made.url = made.type = type;
  if (!identifier.empty()) made.identifiers.push_back(identifier);
  made.if_none_exist = condition;
  return made;
}

TEST(fhir_request, goes_where_the_body_belongs) {
  EXPECT_EQ(fhir_request_for(bundle("transaction")).target, "");
  EXPECT_EQ(fhir_request_for(bundle("message")).target, "/$process-message");
  EXPECT_TRUE(fhir_request_for(bundle("message")).repeatable);
  outline document = bundle("document");
  document.identifiers.push_back("urn:oid:1.2|a b");
  EXPECT_EQ(fhir_request_for(document).target, "/Bundle");
  EXPECT_EQ(fhir_request_for(document).if_none_exist, "identifier=urn%3Aoid%3A1.2%7Ca%20b");
  outline single;
  single.type = "Observation";
  single.entries = {post("Observation", "")};
  EXPECT_EQ(fhir_request_for(single).target, "/Observation");
  EXPECT_FALSE(fhir_request_for(single).repeatable) << "nothing tells it from another";
  EXPECT_EQ(fhir_request_for(single).search, "");
}

TEST(fhir_request, a_transaction_is_known_by_what_it_makes_anew) {
  const auto found = fhir_request_for(bundle("transaction", {post("Patient", "s|ipp"), post("DocumentReference", "s|doc"), post("List", "s|set")}));
  EXPECT_EQ(found.search, "/List?identifier=s%7Cset");
  EXPECT_FALSE(found.repeatable);
  EXPECT_EQ(fhir_request_for(bundle("transaction", {post("Patient", "s|ipp")})).search, "") << "a patient may have been there before";
  EXPECT_TRUE(fhir_request_for(bundle("transaction", {post("List", "s|set", "identifier=s|set")})).repeatable);
  EXPECT_FALSE(fhir_request_for(bundle("batch", {post("List", "s|set", "identifier=s|set")})).repeatable);
}

struct row {
  unsigned status;
  const char* issue;
  send_verdict verdict;
};

TEST(fhir_answer, tells_what_may_be_tried_again) {
  const row table[] = {{200, "", send_verdict::accepted},         {201, "", send_verdict::accepted},
                       {400, "invalid", send_verdict::refused},   {400, "transient", send_verdict::failed},
                       {401, "login", send_verdict::unreachable}, {404, "not-found", send_verdict::refused},
                       {409, "conflict", send_verdict::failed},   {412, "multiple-matches", send_verdict::refused},
                       {422, "processing", send_verdict::refused}, {422, "lock-error", send_verdict::failed},
                       {429, "throttled", send_verdict::failed},  {500, "exception", send_verdict::failed},
                       {503, "", send_verdict::failed}};
  for (const row& one : table) {
    outline answer;
    answer.type = "OperationOutcome";
    if (*one.issue != '\0') answer.issues.push_back({"error", one.issue, "", "Bundle.entry[0]"});
    EXPECT_EQ(outcome_of_answer(one.status, "", 0, &answer).verdict, one.verdict) << one.status << " " << one.issue;
  }
}

TEST(fhir_answer, names_codes_and_places_and_follows_retry_after) {
  outline answer;
  answer.issues.push_back({"error", "required", "", "Bundle.entry[0].resource"});
  const auto outcome = outcome_of_answer(422, "7", 0, &answer);
  EXPECT_NE(outcome.text.find("required at Bundle.entry[0].resource"), std::string::npos) << outcome.text;
  EXPECT_EQ(outcome_of_answer(503, "7", 0, nullptr).retry_after_ms, 7'000);
}

TEST(fhir_answer, an_entry_or_a_message_may_say_no_inside_a_200) {
  outline batch = bundle("batch-response");
  batch.entries.resize(2);
  batch.entries[0].status = "201 Created";
  batch.entries[1].status = "422 Unprocessable";
  EXPECT_EQ(outcome_of_answer(200, "", 0, &batch).verdict, send_verdict::refused);
  batch.entries[1].status = "200";
  EXPECT_EQ(outcome_of_answer(200, "", 0, &batch).verdict, send_verdict::accepted);
  outline message = bundle("message");
  message.response_code = "transient-error";
  EXPECT_EQ(outcome_of_answer(200, "", 0, &message).verdict, send_verdict::failed);
  message.response_code = "fatal-error";
  EXPECT_EQ(outcome_of_answer(200, "", 0, &message).verdict, send_verdict::refused);
  message.response_code = "ok";
  EXPECT_EQ(outcome_of_answer(200, "", 0, &message).verdict, send_verdict::accepted);
}

}  // namespace
}  // namespace liaison::fhir_api
