// SPDX-License-Identifier: Apache-2.0
// Intake, duplicates, bytes as they came, callbacks.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;

class store_intake : public store_contract {};
INSTANTIATE_TEST_SUITE_P(every_backend, store_intake, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_intake, keeps_the_message_its_facts_and_its_deliveries) {
  auto what = message_of("MSH|^~\\&|first", {"gp", "platform"}, "SIH^1");
  what.message.issues.push_back({model::severity::warning, "hl7v2-odd", "PID-3", "a \"quoted\" sentence"});
  const auto outcome = store_.take_in(what);
  ASSERT_EQ(outcome.verdict, intake_verdict::stored) << outcome.text;
  EXPECT_GT(outcome.id, 0);
  EXPECT_EQ(outcome.state, model::message_state::routed);
  EXPECT_FALSE(outcome.control_id_seen);
  EXPECT_THAT(outcome.recipients, ElementsAre("gp", "platform"));

  const auto traced = store_.traced(outcome.id);
  ASSERT_TRUE(traced);
  const auto& message = traced.value().message;
  EXPECT_EQ(message.id, outcome.id);
  EXPECT_EQ(message.source, "hospital");
  EXPECT_EQ(message.peer, "127.0.0.1:40412");
  EXPECT_EQ(message.received_at, 1'000'000);
  EXPECT_EQ(message.state, model::message_state::routed);
  EXPECT_EQ(message.format, "hl7v2");
  EXPECT_EQ(message.sha256, what.message.sha256);
  EXPECT_EQ(message.size_bytes, what.raw->size());
  EXPECT_EQ(message.control_id, "SIH^1");
  EXPECT_EQ(message.facts_json, what.message.facts_json);
  EXPECT_EQ(message.times_received, 1U);
  ASSERT_EQ(message.issues.size(), 1U);
  EXPECT_EQ(message.issues[0].severity, model::severity::warning);
  EXPECT_EQ(message.issues[0].code, "hl7v2-odd");
  EXPECT_EQ(message.issues[0].location, "PID-3");
  EXPECT_EQ(message.issues[0].diagnostics, "a \"quoted\" sentence");

  ASSERT_EQ(traced.value().deliveries.size(), 2U);
  const auto& delivery = traced.value().deliveries[1];
  EXPECT_EQ(delivery.message, outcome.id);
  EXPECT_EQ(delivery.recipient, "platform");
  EXPECT_EQ(delivery.format, "hprim-medecin");
  EXPECT_EQ(delivery.profile, "hprim-medecin");
  EXPECT_EQ(delivery.state, model::delivery_state::pending);
  EXPECT_EQ(delivery.attempts, 0U);
  EXPECT_EQ(delivery.created_at, 1'000'000);
  EXPECT_EQ(delivery.order_key, "");
  EXPECT_FALSE(delivery.prepared);
  EXPECT_GT(delivery.id, traced.value().deliveries[0].id);
}

TEST_P(store_intake, gives_back_the_very_bytes_whatever_their_size) {
  std::vector<std::pair<model::message_id, shared_bytes>> kept;
  for (const std::size_t size_bytes : {std::size_t{0}, std::size_t{1}, std::size_t{2000}, std::size_t{131'072},
                                       std::size_t{131'073}, std::size_t{20'000'000}}) {
    std::string bytes(size_bytes, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 2654435761U) >> 13);
    auto what = message_of(std::move(bytes));
    const auto raw = what.raw;
    kept.emplace_back(store_.stored(std::move(what)), raw);
  }
  for (const auto& [id, raw] : kept) {
    const auto found = store_.raw(id);
    ASSERT_TRUE(found) << found.error().text;
    EXPECT_TRUE(*found.value() == *raw) << raw->size() << " bytes";
  }
}

TEST_P(store_intake, keeps_text_with_null_bytes_and_odd_encodings) {
  auto what = message_of(std::string("a\0b\xff", 4), {"gp"}, std::string("k\0ey", 4));
  what.message.facts_json = "{\"format\":\"\\u0000 caf\u00e9\"}";
  const auto id = store_.stored(what);
  const auto traced = store_.traced(id);
  EXPECT_EQ(traced.value().message.facts_json, what.message.facts_json);
  EXPECT_EQ(traced.value().message.control_id, std::string("k\0ey", 4));
  EXPECT_EQ(*store_.raw(id).value(), std::string("a\0b\xff", 4));
}

TEST_P(store_intake, a_duplicate_is_counted_and_not_delivered_again) {
  const auto first = store_.take_in(message_of("same", {"gp"}, "SIH^7"));
  const auto second = store_.take_in(message_of("same", {"gp", "platform"}, "SIH^7"));
  EXPECT_EQ(second.verdict, intake_verdict::duplicate);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.state, model::message_state::routed);
  EXPECT_TRUE(second.recipients.empty());
  EXPECT_FALSE(second.control_id_seen);
  const auto traced = store_.traced(first.id);
  EXPECT_EQ(traced.value().message.times_received, 2U);
  EXPECT_EQ(traced.value().deliveries.size(), 1U);
}

TEST_P(store_intake, a_duplicate_of_a_quarantined_message_says_so) {
  auto what = message_of("broken", {}, "SIH^8");
  what.message.state = model::message_state::quarantined;
  const auto id = store_.stored(what);
  const auto again = store_.take_in(what);
  EXPECT_EQ(again.verdict, intake_verdict::duplicate);
  EXPECT_EQ(again.id, id);
  EXPECT_EQ(again.state, model::message_state::quarantined);
}

TEST_P(store_intake, the_same_control_id_with_other_bytes_is_new_and_said) {
  auto first = message_of("one", {"gp"}, "CONSTANT");
  auto other = message_of("two", {"gp"}, "CONSTANT");
  first.if_control_id_seen = other.if_control_id_seen = {model::severity::warning, "control-id-reused", "", "seen before"};
  const auto first_id = store_.stored(first);
  const auto second = store_.take_in(other);
  EXPECT_EQ(second.verdict, intake_verdict::stored);
  EXPECT_TRUE(store_.traced(first_id).value().message.issues.empty());
  ASSERT_EQ(store_.traced(second.id).value().message.issues.size(), 1U) << "the later one keeps the issue";
  EXPECT_EQ(store_.traced(second.id).value().message.issues[0].code, "control-id-reused");
  EXPECT_TRUE(second.control_id_seen);
  EXPECT_EQ(store_.take_in(message_of("one", {"gp"}, "CONSTANT")).verdict, intake_verdict::duplicate);
  EXPECT_EQ(store_.take_in(message_of("two", {"gp"}, "CONSTANT")).verdict, intake_verdict::duplicate);
}

TEST_P(store_intake, another_source_or_sender_key_makes_another_message) {
  store_.stored(message_of("same", {"gp"}, "A"));
  auto other_source = message_of("same", {"gp"}, "A");
  other_source.message.source = "laboratory";
  const auto outcome = store_.take_in(std::move(other_source));
  EXPECT_EQ(outcome.verdict, intake_verdict::stored);
  EXPECT_FALSE(outcome.control_id_seen);
  EXPECT_EQ(store_.take_in(message_of("same", {"gp"}, "B")).verdict, intake_verdict::stored);
  // The parts of the key are kept apart: moving a character from one to the next is another key.
  auto shifted = message_of("same", {"gp"}, "");
  shifted.message.source = "hospitalA";
  EXPECT_EQ(store_.take_in(std::move(shifted)).verdict, intake_verdict::stored);
}

TEST_P(store_intake, without_sender_key_bytes_and_source_decide) {
  store_.stored(message_of("same"));
  EXPECT_EQ(store_.take_in(message_of("same")).verdict, intake_verdict::duplicate);
  const auto other = store_.take_in(message_of("other"));
  EXPECT_EQ(other.verdict, intake_verdict::stored);
  EXPECT_FALSE(other.control_id_seen);
}

TEST_P(store_intake, of_many_at_once_one_is_stored_and_answers_come_in_order) {
  std::vector<std::pair<int, intake_outcome>> answers;
  for (int i = 0; i < 50; ++i) {
    store_->take_in(message_of("same", {"gp"}, "X"),
                    [&answers, i](intake_outcome outcome) { answers.emplace_back(i, std::move(outcome)); });
  }
  EXPECT_TRUE(answers.empty()) << "called back from inside the call";
  ASSERT_TRUE(runs_.run_until([&] { return answers.size() == 50; }));
  for (int i = 0; i < 50; ++i) {
    const auto& [made, outcome] = answers[static_cast<std::size_t>(i)];
    EXPECT_EQ(made, i);
    EXPECT_EQ(outcome.verdict, i == 0 ? intake_verdict::stored : intake_verdict::duplicate);
    EXPECT_EQ(outcome.id, answers[0].second.id);
  }
  const auto traced = store_.traced(answers[0].second.id);
  EXPECT_EQ(traced.value().message.times_received, 50U);
  EXPECT_EQ(traced.value().deliveries.size(), 1U);
}

TEST_P(store_intake, ids_ascend_in_the_order_of_arrival) {
  std::vector<model::message_id> ids;
  for (int i = 0; i < 300; ++i) {
    store_->take_in(message_of("message " + std::to_string(i)),
                    [&ids](const intake_outcome& outcome) { ids.push_back(outcome.id); });
  }
  ASSERT_TRUE(runs_.run_until([&] { return ids.size() == 300; }));
  EXPECT_TRUE(std::ranges::is_sorted(ids, std::less_equal<>{}));
}

TEST_P(store_intake, an_unknown_message_is_not_found) {
  const auto raw = store_.raw(42);
  ASSERT_FALSE(raw);
  EXPECT_EQ(raw.error().code, "not-found");
  const auto traced = store_.traced(42);
  ASSERT_FALSE(traced);
  EXPECT_EQ(traced.error().code, "not-found");
}

TEST_P(store_intake, what_was_handed_in_before_close_is_done_and_answered) {
  int answers = 0;
  for (int i = 0; i < 20; ++i) {
    store_->take_in(message_of("late " + std::to_string(i)), [&answers](const intake_outcome& outcome) {
      EXPECT_EQ(outcome.verdict, intake_verdict::stored);
      ++answers;
    });
  }
  store_->close();
  EXPECT_EQ(answers, 0) << "called back from inside close";
  EXPECT_TRUE(runs_.run_until([&] { return answers == 20; }));
}

TEST_P(store_intake, statistics_count_what_happened) {
  for (int i = 0; i < 5; ++i) store_.stored(message_of(std::string(10'000, static_cast<char>('a' + i))));
  const auto taken = store_->take_statistics();
  EXPECT_GE(taken.operations, 5U);
  EXPECT_GE(taken.commits, 1U);
  EXPECT_LE(taken.commits, taken.operations);
  EXPECT_GE(taken.size_bytes, 50'000U);
  EXPECT_TRUE(store_->take_statistics().commit_seconds_new.empty());
}

TEST_P(store_intake, the_instance_is_six_hexadecimal_digits) {
  const auto& instance = store_->instance();
  EXPECT_EQ(instance.size(), 6U);
  EXPECT_EQ(instance.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace liaison::store::testing
