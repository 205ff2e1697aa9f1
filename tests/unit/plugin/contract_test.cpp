// SPDX-License-Identifier: Apache-2.0
// From answers and mishaps to replies.
#include "core/plugin/verdict.hpp"

#include "core/plugin/contract.hpp"

#include <gtest/gtest.h>

namespace liaison::plugin {
namespace {

wire::reply_view answer(int status, std::vector<liaison_part_role> roles = {}) {
  wire::reply_view made;
  made.status = status;
  for (const liaison_part_role role : roles) made.parts.push_back({role, "", "", "", "x"});
  return made;
}

TEST(plugin_contract, ok_owes_the_part_that_was_asked_for) {
  EXPECT_EQ(breach_of(operation::inspect, answer(LIAISON_OK, {LIAISON_PART_FACTS})), "");
  EXPECT_NE(breach_of(operation::inspect, answer(LIAISON_OK)), "");
  EXPECT_EQ(breach_of(operation::decode, answer(LIAISON_OK, {LIAISON_PART_DOCUMENT, LIAISON_PART_ACCOUNT})), "");
  EXPECT_NE(breach_of(operation::decode, answer(LIAISON_OK, {LIAISON_PART_DOCUMENT, LIAISON_PART_DOCUMENT})), "");
  EXPECT_NE(breach_of(operation::encode, answer(LIAISON_OK, {LIAISON_PART_ATTACHMENT})), "");
  EXPECT_NE(breach_of(operation::acknowledge, answer(LIAISON_OK)), "");
  EXPECT_NE(breach_of(operation::render, answer(LIAISON_OK)), "");
  EXPECT_EQ(breach_of(operation::validate, answer(LIAISON_OK)), "");
  for (const int status : {LIAISON_REJECT, LIAISON_NOT_MINE, LIAISON_RETRY, LIAISON_QUARANTINE, LIAISON_UNSUPPORTED})
    EXPECT_EQ(breach_of(operation::decode, answer(status)), "") << "no document is owed with status " << status;
}

TEST(plugin_contract, statuses_that_do_not_exist_are_breaches) {
  for (const int status : {-1, 6, 99, 1 << 30}) EXPECT_NE(breach_of(operation::validate, answer(status)), "");
}

TEST(plugin_contract, a_broken_answer_is_quarantined_without_its_parts) {
  const reply got = reply_of(operation::decode, answer(99, {LIAISON_PART_DOCUMENT}), "test.x 1");
  EXPECT_EQ(got.status, LIAISON_QUARANTINE);
  EXPECT_EQ(got.mishap, mishap::bad_reply);
  EXPECT_TRUE(got.parts.empty());
  ASSERT_EQ(got.issues.size(), 1U);
  EXPECT_EQ(got.issues[0].code, "plugin-bad-reply");
}

TEST(plugin_contract, the_document_leads) {
  const reply got =
      reply_of(operation::encode,
               answer(LIAISON_OK, {LIAISON_PART_ATTACHMENT, LIAISON_PART_ACCOUNT, LIAISON_PART_DOCUMENT}), "x");
  ASSERT_EQ(got.parts.size(), 3U);
  EXPECT_EQ(got.parts[0].role, LIAISON_PART_DOCUMENT);
  EXPECT_EQ(got.parts[1].role, LIAISON_PART_ATTACHMENT) << "the others keep their order";
}

TEST(plugin_contract, every_operation_and_mishap_has_its_own_name) {
  EXPECT_STREQ(name_of(operation::recognise), "recognise");
  EXPECT_STREQ(name_of(operation::render), "render");
  EXPECT_STREQ(name_of(mishap::none), "none");
  EXPECT_STREQ(name_of(mishap::unavailable), "unavailable");
  EXPECT_STREQ(issue_code_of(mishap::timed_out), "plugin-timed-out");
}

}  // namespace
}  // namespace liaison::plugin
