// SPDX-License-Identifier: Apache-2.0
// Deliveries: what is ready, attempts, receipts, a person's words, expiry.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr unix_ms later = 2'000'000;

class store_delivery : public store_contract {
 protected:
  model::delivery_id one(const std::string& text, const std::string& recipient = "gp") {
    return store_.deliveries_of(store_.stored(message_of(text, {recipient}))).at(0);
  }
  model::delivery read(model::delivery_id id) {
    delivery_filter filter;
    filter.before = id + 1;
    filter.limit = 1;
    const auto found = store_.deliveries(filter);
    EXPECT_EQ(found.size(), 1U);
    EXPECT_EQ(found.at(0).id, id);
    return found.at(0);
  }
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_delivery, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_delivery, work_brings_what_an_attempt_needs) {
  const auto what = message_of("MSH", {"gp"}, "1");
  const auto id = store_.stored(what);
  const auto found = store_.ready_work("gp", {later});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].delivery.message, id);
  EXPECT_EQ(found[0].delivery.recipient, "gp");
  EXPECT_EQ(found[0].delivery.format, "hprim-medecin");
  EXPECT_EQ(found[0].message_format, "hl7v2");
  EXPECT_EQ(found[0].message_source, "hospital");
  EXPECT_EQ(found[0].facts_json, what.message.facts_json);
  EXPECT_EQ(found[0].sha256, what.message.sha256);
  EXPECT_EQ(found[0].size_bytes, 3U);
  EXPECT_THAT(store_.ready("nobody", later), IsEmpty());
}

TEST_P(store_delivery, ready_is_oldest_first_within_its_limit_and_without_exceptions) {
  std::vector<model::delivery_id> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(one("message " + std::to_string(i)));
  one("elsewhere", "platform");
  EXPECT_THAT(store_.ready("gp", later), ::testing::ElementsAreArray(ids));
  EXPECT_THAT(store_.ready("gp", later, {}, 2), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(store_.ready("gp", later, {ids[0], ids[2]}, 2), ElementsAre(ids[1], ids[3]));
  EXPECT_THAT(store_.ready("gp", later, {}, 0), IsEmpty());
}

TEST_P(store_delivery, what_was_put_off_comes_back_in_its_place_when_it_is_due) {
  const auto first = one("1"), second = one("2"), third = one("3");
  EXPECT_TRUE(store_.put_off(first, later));
  EXPECT_TRUE(store_.put_off(second, later + 10));
  EXPECT_THAT(store_.ready("gp", later - 1), ElementsAre(third));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first, third));
  EXPECT_THAT(store_.ready("gp", later + 10), ElementsAre(first, second, third));
  EXPECT_THAT(store_.ready("gp", later + 10, {first}, 1), ElementsAre(second));
  store_.ended(third, model::delivery_state::delivered);
  EXPECT_EQ(store_.next_due("gp"), later);
  EXPECT_EQ(store_.next_due("nobody"), 0);
}

TEST_P(store_delivery, next_due_of_what_was_never_put_off_is_past) {
  const auto first = one("1");
  one("2");
  store_.delayed(first, later);
  EXPECT_GT(store_.next_due("gp"), 0);
  EXPECT_LE(store_.next_due("gp"), time_.now());
}

TEST_P(store_delivery, an_attempt_that_failed_leaves_its_traces) {
  const auto id = one("1");
  delivery_update what;
  what.id = id;
  what.next_attempt_at = later;
  what.error = "the peer closed the connection";
  what.receipts.push_back({0, 1'000'001, model::receipt_kind::attempt_failed, "connection-closed", "by the peer"});
  EXPECT_TRUE(store_.update(what));
  const auto delivery = read(id);
  EXPECT_EQ(delivery.state, model::delivery_state::pending);
  EXPECT_EQ(delivery.attempts, 1U);
  EXPECT_EQ(delivery.next_attempt_at, later);
  EXPECT_EQ(delivery.last_error, "the peer closed the connection");
  EXPECT_EQ(delivery.finished_at, 0);
  const auto receipts = store_.receipts(delivery.message);
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].delivery, id);
  EXPECT_EQ(receipts[0].at, 1'000'001);
  EXPECT_EQ(receipts[0].kind, model::receipt_kind::attempt_failed);
  EXPECT_EQ(receipts[0].code, "connection-closed");
  EXPECT_EQ(receipts[0].text, "by the peer");
}

TEST_P(store_delivery, the_first_half_of_a_delivery_is_remembered) {
  const auto id = one("1");
  delivery_update half;
  half.id = id;
  half.count_attempt = false;
  half.prepared = true;
  EXPECT_TRUE(store_.update(half));
  EXPECT_TRUE(read(id).prepared);
  EXPECT_EQ(read(id).attempts, 0U);
  EXPECT_THAT(store_.ready("gp", time_.now()), ElementsAre(id));
  EXPECT_TRUE(store_.put_off(id, later));
  EXPECT_TRUE(read(id).prepared) << "unsaid means unchanged";
  half.prepared = false;
  EXPECT_TRUE(store_.update(half));
  EXPECT_FALSE(read(id).prepared);
  EXPECT_EQ(read(id).last_error, "connection-refused") << "unsaid means unchanged";
}

TEST_P(store_delivery, the_end_is_final_and_said_twice_changes_nothing) {
  const auto id = one("1");
  time_.set(1'500'000);
  delivery_update end;
  end.id = id;
  end.state = model::delivery_state::delivered;
  end.receipts.push_back({0, 1'500'000, model::receipt_kind::accepted, "AA", ""});
  EXPECT_TRUE(store_.update(end));
  EXPECT_EQ(read(id).finished_at, 1'500'000);
  EXPECT_EQ(read(id).attempts, 1U);
  EXPECT_EQ(read(id).last_error, "");
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());

  time_.set(1'600'000);
  EXPECT_TRUE(store_.update(end));
  EXPECT_TRUE(store_.put_off(id, later));
  EXPECT_TRUE(store_.finish(id, model::delivery_state::dead));
  const auto delivery = read(id);
  EXPECT_EQ(delivery.state, model::delivery_state::delivered);
  EXPECT_EQ(delivery.finished_at, 1'500'000);
  EXPECT_EQ(delivery.attempts, 1U);
  EXPECT_EQ(store_.receipts(delivery.message).size(), 2U) << "receipts are kept all the same";
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
}

TEST_P(store_delivery, delivered_is_true_even_after_it_was_given_up) {
  const auto expired = one("1"), cancelled = one("2");
  EXPECT_EQ(store_.expire("gp", later, later, 1), 1U);
  EXPECT_TRUE(store_.cancel(cancelled, later));
  EXPECT_TRUE(store_.finish(expired, model::delivery_state::delivered));
  EXPECT_TRUE(store_.finish(cancelled, model::delivery_state::delivered));
  EXPECT_EQ(read(expired).state, model::delivery_state::delivered);
  EXPECT_EQ(read(cancelled).state, model::delivery_state::delivered);
  const auto counts = store_.counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].delivered, 2U);
  EXPECT_EQ(counts[0].dead + counts[0].cancelled + counts[0].pending, 0U);
}

TEST_P(store_delivery, an_update_of_nothing_is_not_found) {
  const auto outcome = store_.finish(4711, model::delivery_state::delivered);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "not-found");
}

TEST_P(store_delivery, of_many_failures_the_first_and_the_last_are_kept) {
  const auto id = one("1");
  for (int i = 1; i <= 20; ++i) {
    delivery_update what;
    what.id = id;
    what.next_attempt_at = later;
    what.receipts.push_back({0, 1'000'000 + i, model::receipt_kind::attempt_failed, std::to_string(i), ""});
    if (i == 10) what.receipts.push_back({0, 1'000'010, model::receipt_kind::operator_action, "seen", ""});
    ASSERT_TRUE(store_.update(what));
  }
  EXPECT_EQ(read(id).attempts, 20U);
  std::vector<std::string> codes;
  for (const auto& receipt : store_.receipts(read(id).message)) codes.push_back(receipt.code);
  EXPECT_THAT(codes, ElementsAre("1", "2", "3", "seen", "18", "19", "20"));
}

TEST_P(store_delivery, retry_makes_due_and_cancel_ends) {
  const auto put_off = one("1"), dead = one("2"), delivered = one("3");
  store_.delayed(put_off, later + 1000);
  store_.ended(dead, model::delivery_state::dead);
  store_.ended(delivered, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  EXPECT_TRUE(store_.retry(put_off, later));
  EXPECT_TRUE(store_.retry(dead, later));
  EXPECT_EQ(store_.retry(delivered, later).error().code, "wrong-state");
  EXPECT_EQ(store_.retry(999, later).error().code, "not-found");
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(put_off, dead));
  EXPECT_EQ(read(dead).next_attempt_at, later);
  EXPECT_EQ(read(dead).finished_at, 0);

  EXPECT_TRUE(store_.cancel(put_off, later + 5));
  EXPECT_EQ(store_.cancel(put_off, later).error().code, "wrong-state");
  EXPECT_EQ(store_.cancel(delivered, later).error().code, "wrong-state");
  EXPECT_EQ(store_.cancel(999, later).error().code, "not-found");
  EXPECT_EQ(read(put_off).state, model::delivery_state::cancelled);
  EXPECT_EQ(read(put_off).finished_at, later + 5);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(dead));
}

TEST_P(store_delivery, replay_makes_new_deliveries) {
  const auto id = store_.stored(message_of("1", {}));
  EXPECT_EQ(store_.replay(999, {{"gp", "fhir", ""}}, later).error().code, "not-found");
  const auto made = store_.replay(id, {{"gp", "fhir", "fr-core"}, {"platform", "cda", ""}}, later);
  ASSERT_TRUE(made);
  ASSERT_EQ(made.value().size(), 2U);
  EXPECT_EQ(store_.deliveries_of(id), made.value());
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(made.value()[0]));
  const auto delivery = read(made.value()[1]);
  EXPECT_EQ(delivery.recipient, "platform");
  EXPECT_EQ(delivery.format, "cda");
  EXPECT_EQ(delivery.created_at, later);
  EXPECT_EQ(store_.traced(id).value().message.state, model::message_state::routed);
}

TEST_P(store_delivery, what_is_too_old_becomes_dead_but_not_what_a_person_just_retried) {
  const auto old = one("1"), retried = one("2");
  EXPECT_TRUE(store_.retry(retried, later));
  auto fresh = message_of("3");
  fresh.message.received_at = later;
  const auto young = store_.deliveries_of(store_.stored(fresh)).at(0);
  one("4", "platform");
  EXPECT_EQ(store_.expire("gp", later - 1, later + 7, 10), 1U);
  EXPECT_EQ(read(old).state, model::delivery_state::dead);
  EXPECT_EQ(read(old).finished_at, later + 7);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(retried, young));
  EXPECT_EQ(store_.expire("gp", later - 1, later, 10), 0U);
  EXPECT_EQ(read(retried).waits_since, later);
  EXPECT_EQ(read(retried).created_at, read(old).created_at);
}

TEST_P(store_delivery, expiry_takes_put_off_and_blocked_ones_too_oldest_first_within_its_limit) {
  const auto first = store_.deliveries_of(store_.stored(document_of({"d1", "set", ""}))).at(0);
  const auto blocked = store_.deliveries_of(store_.stored(document_of({"d2", "set", ""}))).at(0);
  const auto last = one("1");
  store_.delayed(first, later);
  EXPECT_EQ(store_.expire("gp", later, later, 2), 2U);
  EXPECT_EQ(read(first).state, model::delivery_state::dead);
  EXPECT_EQ(read(blocked).state, model::delivery_state::dead);
  EXPECT_EQ(read(last).state, model::delivery_state::pending);
  EXPECT_EQ(store_.expire("gp", later, later, 2), 1U);
}

TEST_P(store_delivery, counts_by_recipient_are_right) {
  const auto a = one("1"), b = one("2"), c = one("3");
  one("4");
  one("5", "platform");
  store_.ended(a, model::delivery_state::delivered);
  store_.ended(b, model::delivery_state::dead);
  store_.cancelled(c, later);
  const auto counts = store_.counts();
  ASSERT_EQ(counts.size(), 2U);
  const auto& gp = counts[0].recipient == "gp" ? counts[0] : counts[1];
  EXPECT_EQ(gp.recipient, "gp");
  EXPECT_EQ(gp.pending, 1U);
  EXPECT_EQ(gp.delivered, 1U);
  EXPECT_EQ(gp.dead, 1U);
  EXPECT_EQ(gp.cancelled, 1U);
  EXPECT_EQ(gp.oldest_pending_at, 1'000'000);
}

}  // namespace
}  // namespace liaison::store::testing
