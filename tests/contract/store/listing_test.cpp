// SPDX-License-Identifier: Apache-2.0
// Lists and pages, and what retention removes.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class store_listing : public store_contract {
 protected:
  std::vector<model::message_id> message_ids(const message_filter& filter) {
    std::vector<model::message_id> ids;
    for (const auto& message : store_.messages(filter)) ids.push_back(message.id);
    return ids;
  }
  std::vector<model::delivery_id> delivery_ids(const delivery_filter& filter) {
    std::vector<model::delivery_id> ids;
    for (const auto& delivery : store_.deliveries(filter)) ids.push_back(delivery.id);
    return ids;
  }
  model::message_id one(const std::string& text, const std::string& source, std::vector<std::string> recipients,
                        const std::string& document_type = "11490-0") {
    auto what = message_of(text, std::move(recipients));
    what.message.source = source;
    what.document_type = document_type;
    return store_.stored(std::move(what));
  }
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_listing, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_listing, messages_newest_first_by_page) {
  std::vector<model::message_id> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(one("message " + std::to_string(i), "hospital", {"gp"}));
  message_filter filter;
  filter.limit = 3;
  EXPECT_THAT(message_ids(filter), ElementsAre(ids[6], ids[5], ids[4]));
  filter.before = ids[4];
  EXPECT_THAT(message_ids(filter), ElementsAre(ids[3], ids[2], ids[1]));
  filter.before = ids[1];
  EXPECT_THAT(message_ids(filter), ElementsAre(ids[0]));
  filter.before = ids[0];
  EXPECT_THAT(message_ids(filter), IsEmpty());
}

TEST_P(store_listing, messages_by_source_state_and_type) {
  const auto a = one("a", "hospital", {"gp"}), b = one("b", "laboratory", {}, "11502-2");
  auto broken = message_of("c", {});
  broken.message.source = "laboratory";
  broken.message.state = model::message_state::quarantined;
  broken.document_type = "";
  const auto c = store_.stored(std::move(broken));
  const auto d = one("d", "laboratory", {"gp"}, "11502-2");

  message_filter filter;
  filter.source = "laboratory";
  EXPECT_THAT(message_ids(filter), ElementsAre(d, c, b));
  filter.state = model::message_state::unrouted;
  EXPECT_THAT(message_ids(filter), ElementsAre(b));
  filter.source = "";
  filter.state = model::message_state::quarantined;
  EXPECT_THAT(message_ids(filter), ElementsAre(c));
  filter.state = model::message_state::routed;
  EXPECT_THAT(message_ids(filter), ElementsAre(d, a));
  filter.document_type = "11502-2";
  EXPECT_THAT(message_ids(filter), ElementsAre(d));
  filter.state.reset();
  EXPECT_THAT(message_ids(filter), ElementsAre(d, b));
  filter.source = "nobody";
  EXPECT_THAT(message_ids(filter), IsEmpty());
}

TEST_P(store_listing, messages_by_control_id_and_time) {
  const auto at = [&](const std::string& text, unix_ms when, const std::string& control_id, const std::string& source) {
    auto what = message_of(text, {"gp"});
    what.message.received_at = when;
    what.message.control_id = control_id;
    what.message.source = source;
    return store_.stored(std::move(what));
  };
  const auto a = at("a", 1000, "K1", "hospital"), b = at("b", 3000, "K2", "hospital"), c = at("c", 2000, "K1", "laboratory"),
             d = at("d", 3000, "", "laboratory");
  message_filter filter;
  EXPECT_THAT(message_ids(filter), ElementsAre(d, b, c, a)) << "the clock was set back before the third";
  filter.limit = 2;
  filter.before = b;
  EXPECT_THAT(message_ids(filter), ElementsAre(c, a)) << "a page begins where the last one ended";
  filter = {};
  filter.control_id = "K1";
  EXPECT_THAT(message_ids(filter), ElementsAre(c, a));
  filter.source = "hospital";
  EXPECT_THAT(message_ids(filter), ElementsAre(a));
  filter = {};
  filter.control_id = "K";
  EXPECT_THAT(message_ids(filter), IsEmpty());
  filter = {};
  filter.received_from = 2000;
  EXPECT_THAT(message_ids(filter), ElementsAre(d, b, c));
  filter.received_until = 3000;
  EXPECT_THAT(message_ids(filter), ElementsAre(c));
  filter.received_from = 0;
  EXPECT_THAT(message_ids(filter), ElementsAre(c, a));
  filter.source = "laboratory";
  EXPECT_THAT(message_ids(filter), ElementsAre(c));
  filter.before = a;
  EXPECT_THAT(message_ids(filter), IsEmpty());
}

TEST_P(store_listing, deliveries_by_recipient_state_and_message) {
  const auto first = one("a", "hospital", {"gp", "platform"});
  const auto second = one("b", "hospital", {"gp"});
  const auto of_first = store_.deliveries_of(first), of_second = store_.deliveries_of(second);
  store_.ended(of_first[0], model::delivery_state::dead);
  store_.ended(of_first[1], model::delivery_state::delivered);

  delivery_filter filter;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_second[0], of_first[1], of_first[0]));
  filter.recipient = "gp";
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_second[0], of_first[0]));
  filter.state = model::delivery_state::dead;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[0]));
  filter.recipient = "";
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[0]));
  filter.state = model::delivery_state::pending;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_second[0]));
  filter.recipient = "gp";
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_second[0]));
  filter.state = model::delivery_state::delivered;
  EXPECT_THAT(delivery_ids(filter), IsEmpty());
  filter.recipient = "platform";
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[1]));
  filter = {};
  filter.message = first;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[1], of_first[0]));
  filter.limit = 1;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[1]));
  filter.before = of_first[1];
  EXPECT_THAT(delivery_ids(filter), ElementsAre(of_first[0]));
}

TEST_P(store_listing, pending_deliveries_of_every_lane_come_in_one_order) {
  std::vector<model::delivery_id> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(store_.deliveries_of(store_.stored(document_of({"d" + std::to_string(i), "set", ""}))).at(0));
    ids.push_back(store_.deliveries_of(one("m" + std::to_string(i), "hospital", {"gp"})).at(0));
  }
  store_.delayed(ids[1], 5'000'000);
  store_.delayed(ids[5], 4'000'000);
  delivery_filter filter;
  filter.recipient = "gp";
  filter.state = model::delivery_state::pending;
  filter.limit = 5;
  EXPECT_THAT(delivery_ids(filter), ElementsAre(ids[11], ids[10], ids[9], ids[8], ids[7]));
  filter.before = ids[7];
  EXPECT_THAT(delivery_ids(filter), ElementsAre(ids[6], ids[5], ids[4], ids[3], ids[2]));
}

TEST_P(store_listing, receipts_of_a_message_are_in_time_order) {
  const auto id = one("a", "hospital", {"gp", "platform"});
  const auto deliveries = store_.deliveries_of(id);
  const auto say = [&](model::delivery_id to, unix_ms at, const char* code) {
    delivery_update what;
    what.id = to;
    what.receipts.push_back({0, at, model::receipt_kind::attempt_failed, code, ""});
    EXPECT_TRUE(store_.update(what));
  };
  say(deliveries[0], 30, "third");
  say(deliveries[1], 10, "first");
  say(deliveries[1], 20, "second");
  std::vector<std::string> codes;
  for (const auto& receipt : store_.receipts(id)) codes.push_back(receipt.code);
  EXPECT_THAT(codes, ElementsAre("first", "second", "third"));
  EXPECT_EQ(store_.receipts(id, 2).size(), 2U);
  EXPECT_EQ(store_.traced(id).value().receipts.size(), 3U);
  EXPECT_THAT(store_.receipts(12345), IsEmpty());
}

TEST_P(store_listing, retention_takes_what_ended_long_ago_and_nothing_else) {
  time_.set(2'000'000);
  const auto ended = one("ended", "hospital", {"gp", "platform"});
  for (const auto id : store_.deliveries_of(ended)) store_.ended(id, model::delivery_state::delivered);
  const auto half = one("half", "hospital", {"gp", "platform"});
  store_.ended(store_.deliveries_of(half)[0], model::delivery_state::delivered);
  const auto dead = one("dead", "hospital", {"gp"});
  store_.ended(store_.deliveries_of(dead)[0], model::delivery_state::dead);
  const auto cancelled = one("cancelled", "hospital", {"gp"});
  store_.cancelled(store_.deliveries_of(cancelled)[0], 2'000'000);
  const auto unrouted = one("unrouted", "hospital", {});
  auto broken = message_of("broken", {});
  broken.message.state = model::message_state::quarantined;
  const auto quarantined = store_.stored(std::move(broken));
  time_.set(2'500'000);
  const auto recent = one("recent", "hospital", {"gp"});
  store_.ended(store_.deliveries_of(recent)[0], model::delivery_state::delivered);

  retention policy;
  EXPECT_EQ(store_.purge(policy, 9'000'000), 0U) << "0 is never";
  policy.finished_after_ms = 1000;
  EXPECT_EQ(store_.purge(policy, 2'000'999), 0U);
  EXPECT_EQ(store_.purge(policy, 2'001'000), 2U);
  EXPECT_THAT(message_ids({}), ElementsAre(recent, quarantined, unrouted, dead, half));
  EXPECT_FALSE(store_.raw(ended));
  EXPECT_FALSE(store_.traced(ended));
  EXPECT_THAT(store_.receipts(ended), IsEmpty());
  EXPECT_EQ(store_.finish(1, model::delivery_state::delivered).error().code, "not-found");

  policy = {};
  policy.quarantined_after_ms = 500'000;
  EXPECT_EQ(store_.purge(policy, 1'500'000), 1U);
  policy = {};
  policy.unrouted_after_ms = 500'000;
  EXPECT_EQ(store_.purge(policy, 1'500'000), 1U);
  EXPECT_THAT(message_ids({}), ElementsAre(recent, dead, half));
  EXPECT_TRUE(store_.raw(half));

  EXPECT_EQ(store_.take_in(message_of("ended", {"gp", "platform"})).verdict, intake_verdict::stored)
      << "what is gone is no longer known as a duplicate";
  EXPECT_GT(message_ids({}).at(0), recent) << "ids are never used again";
}

TEST_P(store_listing, retention_keeps_to_its_limit_and_comes_back_for_the_rest) {
  for (int i = 0; i < 25; ++i) one("message " + std::to_string(i), "hospital", {});
  retention policy;
  policy.unrouted_after_ms = 1;
  policy.messages_max = 10;
  EXPECT_EQ(store_.purge(policy, 9'000'000), 10U);
  EXPECT_EQ(store_.purge(policy, 9'000'000), 10U);
  EXPECT_EQ(store_.purge(policy, 9'000'000), 5U);
  EXPECT_EQ(store_.purge(policy, 9'000'000), 0U);
}

TEST_P(store_listing, a_line_is_kept_until_all_of_it_has_ended) {
  const auto finish_all = [&](model::message_id id, model::delivery_state state) {
    for (const auto delivery : store_.deliveries_of(id)) store_.ended(delivery, state);
  };
  const auto first = store_.stored(document_of({"d1", "", ""}));
  finish_all(first, model::delivery_state::dead);
  const auto second = store_.stored(document_of({"d2", "", "d1"}, {"platform"}));
  finish_all(second, model::delivery_state::delivered);
  retention policy;
  policy.finished_after_ms = policy.unrouted_after_ms = 1;
  EXPECT_EQ(store_.purge(policy, 9'000'000), 0U);
  const auto third = store_.stored(document_of({"d3", "", "d2"}));
  EXPECT_THAT(store_.ready("gp", 9'000'000), IsEmpty()) << "overtakes the dead letter";
  finish_all(first, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", 9'000'000), ElementsAre(store_.deliveries_of(third).at(0)));
  finish_all(third, model::delivery_state::delivered);
  EXPECT_EQ(store_.purge(policy, 9'000'000), 3U);
  EXPECT_THAT(message_ids({}), IsEmpty());
}

}  // namespace
}  // namespace liaison::store::testing
