// SPDX-License-Identifier: Apache-2.0
// Order keys: what must not overtake what, at which recipient.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr unix_ms later = 2'000'000;

class store_order : public store_contract {
 protected:
  model::delivery_id first_delivery(intake what) { return deliveries(std::move(what)).at(0); }
  std::vector<model::delivery_id> deliveries(intake what) {
    return store_.deliveries_of(store_.stored(std::move(what)));
  }
  void expect_one_after_another(const std::vector<model::delivery_id>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      EXPECT_THAT(store_.ready("gp", later), ElementsAre(ids[i])) << "before the end of number " << i;
      EXPECT_TRUE(store_.finish(ids[i], model::delivery_state::delivered));
    }
    EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  }
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_order, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_order, versions_of_a_set_go_one_after_another) {
  const auto original = first_delivery(document_of({"d1", "set", ""}));
  const auto replacement = first_delivery(document_of({"d2", "set", "d1"}));
  const auto third = first_delivery(document_of({"d3", "set", "d2"}));
  expect_one_after_another({original, replacement, third});
}

TEST_P(store_order, a_replacement_without_set_follows_what_it_replaces) {
  const auto original = first_delivery(document_of({"d1", "", ""}));
  const auto replacement = first_delivery(document_of({"d2", "", "d1"}));
  const auto third = first_delivery(document_of({"d3", "", "d2"}));
  expect_one_after_another({original, replacement, third});
}

TEST_P(store_order, chains_through_sets_and_replacements_are_one_line) {
  const auto original = first_delivery(document_of({"d1", "set", ""}));
  const auto without_set = first_delivery(document_of({"d2", "", "d1"}));
  const auto in_set_again = first_delivery(document_of({"d3", "set", "d2"}));
  const auto by_id_of_the_second = first_delivery(document_of({"d4", "other", "d2"}));
  const auto of_the_other_set = first_delivery(document_of({"d5", "other", ""}));
  expect_one_after_another({original, without_set, in_set_again, by_id_of_the_second, of_the_other_set});
}

TEST_P(store_order, a_link_that_went_elsewhere_still_links) {
  const auto original = first_delivery(document_of({"d1", "", ""}, {"gp"}));
  store_.stored(document_of({"d2", "", "d1"}, {"platform"}));
  store_.stored(document_of({"d3", "", "d2"}, {}));
  const auto fourth = first_delivery(document_of({"d4", "", "d3"}, {"gp"}));
  expect_one_after_another({original, fourth});
}

TEST_P(store_order, an_original_that_comes_after_its_replacement_waits_for_it) {
  const auto replacement = first_delivery(document_of({"d2", "", "d1"}));
  const auto original = first_delivery(document_of({"d1", "", ""}));
  expect_one_after_another({replacement, original});
}

TEST_P(store_order, a_document_that_ties_two_lines_waits_for_both) {
  const auto lone = first_delivery(document_of({"a", "", ""}));
  const auto in_set = first_delivery(document_of({"b", "set", ""}));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(lone, in_set));
  const auto both = first_delivery(document_of({"c", "set", "a"}));
  EXPECT_THAT(store_.ready("gp", later, {lone}), IsEmpty()) << "the lines are one now";
  expect_one_after_another({lone, in_set, both});
  const auto after = first_delivery(document_of({"d", "", "b"}));
  const auto last = first_delivery(document_of({"e", "set", ""}));
  expect_one_after_another({after, last});
}

TEST_P(store_order, tying_goes_on_through_what_was_tied) {
  const auto a = first_delivery(document_of({"a", "", ""}));
  const auto b = first_delivery(document_of({"b", "s1", ""}));
  const auto c = first_delivery(document_of({"c", "s2", ""}));
  const auto d = first_delivery(document_of({"d", "s1", "a"}));  // a, s1
  const auto e = first_delivery(document_of({"e", "s2", "b"}));  // (a, s1), s2
  const auto f = first_delivery(document_of({"f", "", "c"}));
  expect_one_after_another({a, b, c, d, e, f});
}

TEST_P(store_order, other_documents_and_other_recipients_go_on) {
  const auto original = deliveries(document_of({"d1", "set", ""}, {"gp", "platform"}));
  const auto replacement = deliveries(document_of({"d2", "set", "d1"}, {"gp", "platform"}));
  const auto other = first_delivery(document_of({"x", "y", ""}));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(original[0], other));
  store_.ended(original[1], model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("platform", later), ElementsAre(replacement[1]));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(original[0], other));
}

TEST_P(store_order, events_of_one_subject_keep_their_order_and_others_go_on) {
  const auto event = [&](const char* text, const char* subject) {
    auto what = message_of(text);
    what.subject_key = subject;
    return first_delivery(std::move(what));
  };
  const auto admission = event("a", "stay-1");
  const auto other = event("b", "stay-2");
  const auto discharge = event("c", "stay-1");
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(admission, other));
  store_.ended(admission, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(other, discharge));
}

TEST_P(store_order, a_subject_is_no_document_of_the_same_name) {
  auto event = message_of("event");
  event.subject_key = "same-name";
  const auto first = first_delivery(std::move(event));
  const auto second = first_delivery(document_of({"same-name", "", ""}));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first, second));
}

TEST_P(store_order, what_has_no_names_has_no_order) {
  const auto first = first_delivery(message_of("one"));
  const auto second = first_delivery(message_of("two"));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first, second));
}

TEST_P(store_order, a_dead_letter_holds_what_must_not_overtake_it) {
  const auto original = first_delivery(document_of({"d1", "set", ""}));
  const auto replacement = first_delivery(document_of({"d2", "set", "d1"}));
  const auto third = first_delivery(document_of({"d3", "set", "d2"}));
  store_.ended(original, model::delivery_state::dead);
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  EXPECT_EQ(store_.next_due("gp"), 0);
  EXPECT_TRUE(store_.retry(original, later));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(original));
  store_.ended(original, model::delivery_state::dead);
  EXPECT_TRUE(store_.cancel(original, later));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(replacement));
  EXPECT_TRUE(store_.cancel(replacement, later));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(third));
}

TEST_P(store_order, a_blocked_one_that_dies_or_is_cancelled_lets_nothing_past_the_first) {
  const auto first = first_delivery(document_of({"d1", "set", ""}));
  const auto second = first_delivery(document_of({"d2", "set", ""}));
  const auto third = first_delivery(document_of({"d3", "set", ""}));
  EXPECT_TRUE(store_.cancel(second, later));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first));
  store_.ended(third, model::delivery_state::dead);
  EXPECT_TRUE(store_.retry(third, later));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first)) << "retried, and still behind the first";
  store_.ended(first, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(third));
}

// d3 came first and waits; d2, for which it waits, must take its turn after d1 and before d3.
TEST_P(store_order, the_middle_of_three_versions_comes_last_and_all_go_in_order) {
  const auto waiting = [&](document_names names) {
    auto what = document_of(std::move(names));
    what.waits_until = later;
    return what;
  };
  const auto third = first_delivery(waiting({"d3", "", "d2"}));
  const auto first = first_delivery(waiting({"d1", "", ""}));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first));
  const auto second = first_delivery(waiting({"d2", "", "d1"}));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first));
  store_.ended(first, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(second));
  store_.ended(second, model::delivery_state::delivered);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(third));
}

TEST_P(store_order, one_put_off_holds_its_followers_too) {
  const auto first = first_delivery(document_of({"d1", "set", ""}));
  first_delivery(document_of({"d2", "set", ""}));
  store_.delayed(first, later);
  EXPECT_THAT(store_.ready("gp", later - 1), IsEmpty());
  EXPECT_EQ(store_.next_due("gp"), later);
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(first));
}

TEST_P(store_order, one_put_off_beyond_the_horizon_is_due) {
  const auto first = first_delivery(document_of({"d1", "", ""}));
  const auto second = first_delivery(document_of({"d2", "", ""}));
  store_.delayed(first, later);
  store_.delayed(second, later + 100);
  EXPECT_THAT(store_.ready("gp", due_by{later - 10, later + 100}), IsEmpty());
  EXPECT_THAT(store_.ready("gp", due_by{later - 10, later + 99}), ElementsAre(second)) << "the clock was set back";
  EXPECT_THAT(store_.ready("gp", due_by{later, later + 99}), ElementsAre(first, second));
}

TEST_P(store_order, one_that_is_being_tried_holds_its_followers_too) {
  const auto first = first_delivery(document_of({"d1", "set", ""}));
  first_delivery(document_of({"d2", "set", ""}));
  EXPECT_THAT(store_.ready("gp", later, {first}), IsEmpty());
}

TEST_P(store_order, a_replay_goes_behind_what_waits) {
  const auto message = store_.stored(document_of({"d1", "set", ""}));
  const auto first = store_.deliveries_of(message).at(0);
  store_.ended(first, model::delivery_state::delivered);
  const auto second = first_delivery(document_of({"d2", "set", "d1"}));
  const auto replayed = store_.replay(message, {{"gp", "fhir", "fr-core"}}, later);
  ASSERT_TRUE(replayed);
  expect_one_after_another({second, replayed.value().at(0)});
}

TEST_P(store_order, the_trace_says_what_a_delivery_waits_for) {
  const auto first = first_delivery(document_of({"d1", "set", ""}));
  const auto message = store_.stored(document_of({"d2", "set", "d1"}, {"gp", "platform"}));
  const auto traced = store_.traced(message);
  EXPECT_THAT(traced.value().blocked_by, ElementsAre(first, 0));
  EXPECT_FALSE(traced.value().deliveries[0].order_key.empty());
  EXPECT_EQ(traced.value().deliveries[0].order_key.find("set"), std::string::npos) << "no names in keys";
}

TEST_P(store_order, two_deliveries_of_one_message_to_one_recipient_go_one_after_another) {
  const auto both = deliveries(document_of({"d1", "", ""}, {"gp", "gp"}));
  expect_one_after_another({both[0], both[1]});
}

}  // namespace
}  // namespace liaison::store::testing
