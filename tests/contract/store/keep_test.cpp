// SPDX-License-Identifier: Apache-2.0
// Intakes in two steps: kept first, filed later.
#include "tests/contract/store/contract_fixture.hpp"

namespace liaison::store::testing {
namespace {

class keeping : public store_contract {
 protected:
  keeping() {
    store_->on_filed([this](std::vector<filed> group) {
      for (auto& each : group) filed_.push_back(std::move(each));
    });
  }
  void keep(intake what) {
    const auto kept =
        wait_for<result<done>>(runs_, [&](auto then) { store_->keep(std::move(what), std::move(then)); });
    ASSERT_TRUE(kept) << kept.error().text;
  }
  const std::vector<filed>& all_filed(std::size_t count) {
    EXPECT_TRUE(runs_.run_until([&] { return filed_.size() >= count; }));
    return filed_;
  }

  std::vector<filed> filed_;
};

TEST_P(keeping, tells_what_became_of_it_once_it_has_its_rows) {
  auto what = message_of("MSH|a", {"gp", "pharmacy"}, "SIH^1");
  what.message.issues = {{model::severity::warning, "hl7v2-odd", "PID-3", "odd"}};
  keep(std::move(what));
  const auto& made = all_filed(1).front();
  EXPECT_EQ(made.outcome.verdict, intake_verdict::stored);
  EXPECT_EQ(made.outcome.recipients, (std::vector<std::string>{"gp", "pharmacy"}));
  EXPECT_EQ(made.message.id, made.outcome.id);
  EXPECT_EQ(made.message.source, "hospital");
  EXPECT_EQ(made.message.format, "hl7v2");
  ASSERT_EQ(made.message.issues.size(), 1U);
  EXPECT_EQ(made.message.issues.front().code, "hl7v2-odd");
  EXPECT_EQ(*store_.raw(made.outcome.id).value(), "MSH|a");
  EXPECT_EQ(store_.ready("gp", 2'000'000).size(), 1U);
  const auto found = store_.traced(made.outcome.id).value().message;
  EXPECT_EQ(found.control_id, "SIH^1");
  EXPECT_EQ(found.facts_json, message_of("x").message.facts_json);
}

TEST_P(keeping, reckons_the_digest_when_there_is_none) {
  auto what = message_of("MSH|a", {"gp"}, "SIH^1");
  what.message.sha256.clear();
  keep(std::move(what));
  const auto found = store_.traced(all_filed(1).front().outcome.id).value().message;
  EXPECT_EQ(found.sha256, sha256_hex_of("MSH|a"));
}

TEST_P(keeping, the_same_again_is_a_duplicate) {
  keep(message_of("MSH|a", {"gp"}, "SIH^1"));
  keep(message_of("MSH|a", {"gp"}, "SIH^1"));
  const auto& made = all_filed(2);
  EXPECT_EQ(made[1].outcome.verdict, intake_verdict::duplicate);
  EXPECT_EQ(made[1].outcome.id, made[0].outcome.id);
  EXPECT_EQ(store_.ready("gp", 2'000'000).size(), 1U);
}

TEST_P(keeping, is_filed_in_the_order_of_all_intakes) {
  std::vector<model::message_id> ids;
  int open = 0;
  for (int i = 0; i < 60; ++i) {
    auto what = message_of("MSH|" + std::to_string(i), {"gp"}, "SIH^" + std::to_string(i));
    ++open;
    if (i % 7 == 3) {
      store_->take_in(std::move(what), [&, i](intake_outcome outcome) {
        EXPECT_EQ(outcome.id, i + 1);
        --open;
      });
    } else {
      store_->keep(std::move(what), [&](result<done> kept) {
        EXPECT_TRUE(kept);
        --open;
      });
    }
  }
  ASSERT_TRUE(runs_.run_until([&] { return open == 0 && filed_.size() == 51; }));
  for (const auto& each : filed_) EXPECT_EQ(each.message.control_id, "SIH^" + std::to_string(each.outcome.id - 1));
}

TEST_P(keeping, a_document_is_known_to_what_is_asked_after_it) {
  auto first = document_of({"d1", "", ""});
  keep(std::move(first));
  const auto line = wait_for<result<std::vector<document_version>>>(
      runs_, [&](auto then) { store_->document_line("d1", 10, std::move(then)); });
  EXPECT_EQ(line.value().size(), 1U);
  auto second = document_of({"d2", "", "d1"});
  second.waits_until = 9'000'000;
  EXPECT_FALSE(store_.take_in(std::move(second)).waits) << "the one that it replaces was kept before";
}

TEST_P(keeping, releases_what_waited_for_it) {
  auto second = document_of({"d2", "", "d1"});
  second.waits_until = 9'000'000;
  EXPECT_TRUE(store_.take_in(std::move(second)).waits);
  keep(document_of({"d1", "", ""}));
  EXPECT_EQ(all_filed(1).front().outcome.released, std::vector<std::string>{"gp"});
}

TEST_P(keeping, large_ones_too) {
  const std::string large(3'000'000, 'x');
  keep(message_of(large, {"gp"}, "SIH^1"));
  keep(message_of("MSH|small", {"gp"}, "SIH^2"));
  const auto& made = all_filed(2);
  EXPECT_EQ(made[0].message.control_id, "SIH^1");
  EXPECT_TRUE(*store_.raw(made[0].outcome.id).value() == large);
}

TEST_P(keeping, every_part_of_an_intake_comes_through) {
  auto what = document_of({"d1", "s1", ""}, {"gp"});
  what.deliveries[0].reports = true;
  what.marks = {{"patient 1", 0}, {"entry", 3}};
  what.subject.is_document = true;
  what.subject.patients.push_back({});
  auto& patient = what.subject.patients.front();
  patient.family = "MESURE";
  patient.given = {"ANNE", "MARIE"};
  patient.birth_date = "1962-02-14";
  patient.sex = facts::sex::female;
  patient.identifiers = {{"urn:oid:2.999.1", "IPP1", facts::identifier_kind::ipp}};
  patient.identity_status = facts::identity_status::validated;
  what.subject.at = 999'000;
  keep(std::move(what));
  const auto made = all_filed(1).front();
  EXPECT_NE(made.outcome.reconciliation, identity::reconciliation::none);
  EXPECT_EQ(store_.found_marked("entry"), (std::vector<marked>{{made.outcome.id, 3}}));
  message_filter letters;
  letters.document_type = "11490-0";
  EXPECT_EQ(store_.messages(letters).size(), 1U);
  store_.ended(store_.deliveries_of(made.outcome.id).front(), model::delivery_state::delivered);
  const auto ends = wait_for<result<std::vector<outcome>>>(
      runs_, [&](auto then) { store_->list_outcomes(10, std::move(then)); });
  EXPECT_EQ(ends.value().size(), 1U) << "its end is to be told";
}

INSTANTIATE_TEST_SUITE_P(backends, keeping, ::testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace liaison::store::testing
