// SPDX-License-Identifier: Apache-2.0
// The life of documents: a replacement or a removal waits for what it refers to, and what its end leads to.
#include "tests/contract/store/contract_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr unix_ms later = 9'000'000, until = 2'000'000;
constexpr auto delivered = model::delivery_state::delivered;

class store_documents : public store_contract {
 protected:
  static intake original(std::vector<std::string> recipients = {"gp"}) {
    return document_of({"d1", "", ""}, std::move(recipients));
  }
  static intake waiting(document_names names, std::vector<std::string> recipients = {"gp"}) {
    auto made = document_of(std::move(names), std::move(recipients));
    made.waits_until = until;
    return made;
  }
  static intake removal(const std::string& id, std::vector<std::string> recipients = {"gp"}) {
    auto made = waiting({id, "", ""}, std::move(recipients));
    made.raw = share("removal of " + id);
    made.message.sha256 = sha256_hex_of(*made.raw);
    made.message.size_bytes = made.raw->size();
    made.removes = true;
    return made;
  }
  model::delivery_id only_delivery(intake what) { return store_.deliveries_of(store_.stored(std::move(what))).at(0); }
  model::delivery delivery(model::delivery_id id) {
    for (auto& one : store_.deliveries({})) {
      if (one.id == id) return one;
    }
    ADD_FAILURE() << "no delivery " << id;
    return {};
  }
  std::vector<std::string> end_waits(unix_ms now, unawaited how) {
    return wait_for<result<std::vector<std::string>>>(
               runs_, [&](auto then) { store_->end_waits(now, how, 100, std::move(then)); })
        .value();
  }
  std::vector<document_version> line(const std::string& name) {
    return wait_for<result<std::vector<document_version>>>(
               runs_, [&](auto then) { store_->document_line(name, 100, std::move(then)); })
        .value();
  }
  std::vector<outcome> outcomes() {
    return wait_for<result<std::vector<outcome>>>(runs_,
                                                  [&](auto then) { store_->list_outcomes(100, std::move(then)); })
        .value();
  }
  result<std::vector<intake_outcome>> settle(model::delivery_id id, std::vector<intake> follows) {
    return wait_for<result<std::vector<intake_outcome>>>(
        runs_, [&](auto then) { store_->settle(id, std::move(follows), std::move(then)); });
  }
  void expect_one_after_another(const std::vector<model::delivery_id>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      EXPECT_THAT(store_.ready("gp", later), ElementsAre(ids[i])) << "before the end of number " << i;
      store_.ended(ids[i], delivered);
    }
    EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  }
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_documents, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_documents, a_replacement_waits_for_its_original_and_follows_it) {
  const auto taken = store_.take_in(waiting({"d2", "", "d1"}));
  EXPECT_TRUE(taken.waits);
  const auto replacement = store_.deliveries_of(taken.id).at(0);
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  EXPECT_TRUE(delivery(replacement).awaits_document);
  EXPECT_EQ(store_.next_due("gp"), 0);
  delivery_filter held;
  held.awaits_document = true;
  EXPECT_EQ(store_.deliveries(held).size(), 1U);
  const auto came = store_.take_in(original());
  EXPECT_FALSE(came.waits);
  EXPECT_THAT(came.released, ElementsAre("gp"));
  EXPECT_FALSE(delivery(replacement).awaits_document);
  EXPECT_THAT(store_.deliveries(held), IsEmpty());
  expect_one_after_another({store_.deliveries_of(came.id).at(0), replacement});
}

TEST_P(store_documents, a_replacement_of_what_came_does_not_wait) {
  const auto first = only_delivery(original());
  const auto taken = store_.take_in(waiting({"d2", "", "d1"}));
  EXPECT_FALSE(taken.waits);
  expect_one_after_another({first, store_.deliveries_of(taken.id).at(0)});
}

TEST_P(store_documents, a_set_that_is_named_is_no_document_that_came) {
  store_.stored(document_of({"d2", "d1", ""}, {}));
  EXPECT_TRUE(store_.take_in(waiting({"d3", "d1", "d1"})).waits);
}

TEST_P(store_documents, a_chain_that_comes_backwards_goes_forwards) {
  const auto third = only_delivery(waiting({"d3", "", "d2"}));
  const auto second = only_delivery(waiting({"d2", "", "d1"}));
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  const auto first = only_delivery(original());
  expect_one_after_another({first, second, third});
}

TEST_P(store_documents, a_version_after_one_that_waits_does_not_overtake_it) {
  const auto second = only_delivery(waiting({"d2", "", "d1"}));
  const auto third = only_delivery(waiting({"d3", "", "d2"}));
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  const auto first = only_delivery(original());
  expect_one_after_another({first, second, third});
}

TEST_P(store_documents, a_removal_waits_for_the_document_of_its_own_name) {
  const auto removed = only_delivery(removal("d1"));
  EXPECT_THAT(store_.ready("gp", later), IsEmpty());
  const auto first = only_delivery(original());
  expect_one_after_another({first, removed});
}

TEST_P(store_documents, a_removal_does_not_bring_the_document) {
  store_.stored(removal("d1", {}));
  EXPECT_TRUE(store_.take_in(waiting({"d2", "", "d1"})).waits);
}

TEST_P(store_documents, what_the_original_does_not_reach_is_let_go_with_it) {
  store_.stored(waiting({"d2", "", "d1"}, {"gp", "platform"}));
  const auto came = store_.take_in(original({"gp"}));
  EXPECT_THAT(came.released, ElementsAre("gp", "platform"));
  EXPECT_EQ(store_.ready("platform", later).size(), 1U);
}

TEST_P(store_documents, in_vain_they_become_dead_letters_and_come_back_with_the_original) {
  const auto replacement = only_delivery(waiting({"d2", "", "d1"}));
  EXPECT_THAT(end_waits(until - 1, unawaited::dead), IsEmpty());
  EXPECT_THAT(end_waits(until, unawaited::dead), ElementsAre("gp"));
  EXPECT_THAT(end_waits(until, unawaited::dead), IsEmpty());
  const auto dead = delivery(replacement);
  EXPECT_EQ(dead.state, model::delivery_state::dead);
  EXPECT_THAT(dead.last_error, ::testing::StartsWith(original_missing));
  const auto first = only_delivery(original());
  expect_one_after_another({first, replacement});
}

TEST_P(store_documents, one_that_expired_while_it_waited_comes_back_too) {
  const auto replacement = only_delivery(waiting({"d2", "", "d1"}));
  EXPECT_EQ(store_.expire("gp", later, later), 1U);
  const auto first = only_delivery(original());
  expect_one_after_another({first, replacement});
}

TEST_P(store_documents, in_vain_they_may_be_sent_and_the_original_is_then_for_a_person) {
  const auto replacement = only_delivery(waiting({"d2", "", "d1"}));
  EXPECT_THAT(end_waits(until, unawaited::sent), ElementsAre("gp"));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(replacement));
  store_.ended(replacement, delivered);
  const auto first = delivery(only_delivery(original()));
  EXPECT_EQ(first.state, model::delivery_state::dead);
  EXPECT_THAT(first.last_error, ::testing::StartsWith(document_superseded));
}

TEST_P(store_documents, a_person_lets_one_go) {
  const auto replacement = only_delivery(waiting({"d2", "", "d1"}));
  EXPECT_TRUE(store_.retry(replacement, 1'500'000));
  EXPECT_THAT(store_.ready("gp", later), ElementsAre(replacement));
  EXPECT_THAT(end_waits(until, unawaited::dead), IsEmpty()) << "it waits no longer";
}

TEST_P(store_documents, the_line_of_a_document_by_any_of_its_names) {
  const auto first = store_.stored(original());
  const auto second = store_.stored(document_of({"d2", "set", "d1"}));
  const auto third = store_.stored(waiting({"d4", "set", "d3"}));
  for (const auto* name : {"d1", "d2", "set", "d3", "d4"}) {
    const auto found = line(name);
    ASSERT_EQ(found.size(), 3U) << name;
    EXPECT_EQ(found[0].message.id, first);
    EXPECT_EQ(found[1].message.id, second);
    EXPECT_EQ(found[2].message.id, third);
    EXPECT_EQ(found[1].awaits_until, 0);
    EXPECT_EQ(found[2].awaits_until, until);
    ASSERT_EQ(found[2].deliveries.size(), 1U);
    EXPECT_TRUE(found[2].deliveries[0].awaits_document);
  }
  EXPECT_THAT(line("unknown"), IsEmpty());
}

TEST_P(store_documents, the_line_of_documents_that_were_tied_later_is_one) {
  const auto lone = store_.stored(document_of({"a", "", ""}));
  const auto in_set = store_.stored(document_of({"b", "set", ""}));
  const auto both = store_.stored(document_of({"c", "set", "a"}));
  std::vector<model::message_id> ids;
  for (const auto& one : line("b")) ids.push_back(one.message.id);
  EXPECT_THAT(ids, ElementsAre(lone, in_set, both));
}

TEST_P(store_documents, an_end_that_reports_is_settled_once_with_what_follows) {
  auto what = message_of("letter");
  what.deliveries[0].reports = true;
  what.deliveries.push_back({"platform", "fhir", ""});
  const auto ids = store_.deliveries_of(store_.stored(std::move(what)));
  EXPECT_THAT(outcomes(), IsEmpty());
  delivery_update update;
  update.id = ids.at(0);
  update.state = delivered;
  update.receipts.push_back({0, 1'000'001, model::receipt_kind::accepted, "AA", ""});
  EXPECT_TRUE(store_.update(update));
  store_.ended(ids.at(1), delivered);
  const auto ended = outcomes();
  ASSERT_EQ(ended.size(), 1U) << "only what reports";
  EXPECT_EQ(ended[0].delivery.id, ids.at(0));
  EXPECT_EQ(ended[0].delivery.state, delivered);
  EXPECT_EQ(ended[0].last.code, "AA");
  EXPECT_EQ(ended[0].message_source, "hospital");
  const auto made = settle(ids.at(0), {message_of("acknowledgement", {"hospital-back"}, "ack-1")});
  ASSERT_TRUE(made);
  ASSERT_EQ(made.value().size(), 1U);
  EXPECT_EQ(store_.ready("hospital-back", later).size(), 1U);
  EXPECT_THAT(outcomes(), IsEmpty());
  const auto again = settle(ids.at(0), {message_of("acknowledgement, second", {"hospital-back"}, "ack-2")});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "not-found");
  EXPECT_EQ(store_.ready("hospital-back", later).size(), 1U) << "nothing twice";
}

TEST_P(store_documents, dead_letters_cancellations_and_expiry_report) {
  auto what = message_of("letter", {"gp", "platform", "folder"});
  for (auto& one : what.deliveries) one.reports = true;
  const auto ids = store_.deliveries_of(store_.stored(std::move(what)));
  store_.ended(ids.at(0), model::delivery_state::dead);
  store_.cancelled(ids.at(1), 1'000'002);
  EXPECT_EQ(store_.expire("folder", later, later), 1U);
  EXPECT_EQ(outcomes().size(), 3U);
}

}  // namespace
}  // namespace liaison::store::testing
