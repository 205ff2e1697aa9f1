// SPDX-License-Identifier: Apache-2.0
// Choices of patients at the moment of sending, with the whole broker under simulated time.
#include "broker_fixture.hpp"

#include "core/identity/patient_index.hpp"

namespace liaison::test {
namespace {

class secrecy_at_sending : public broker {
 protected:
  void choose(identity::consent_answer answer, unix_ms since) {
    store->change_patients(
        [=](identity::patient_table& table) {
          const auto subject = table.subject_of(1);
          ASSERT_TRUE(subject);
          identity::consent choice;
          choice.kind = "professionals";
          choice.answer = answer;
          choice.since = since;
          choice.source = "accueil";
          table.put(subject->patient, choice);
        },
        [](auto) {});
    time.settle();
  }
  static constexpr const char* letter = "control=1;type=letter;id=d1;family=EXEMPLE;ipp=7";
};

TEST_F(secrecy_at_sending, a_refusal_told_while_the_letter_waits_holds_it) {
  senders["gp"]->script = {unreachable};
  receive(letter);
  EXPECT_EQ(senders["gp"]->attempts, 1);
  choose(identity::consent_answer::deny, 10);
  senders["gp"]->script.clear();
  time.advance(3'600'000);
  EXPECT_EQ(senders["gp"]->attempts, 1) << "asked again before the next attempt";
  const auto held = deliveries("gp");
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].state, model::delivery_state::dead);
  EXPECT_EQ(held[0].last_error.rfind("secrecy-opposed:", 0), 0U) << held[0].last_error;
  std::vector<model::receipt> receipts;
  store->list_receipts(1, 10, [&](auto r) { receipts = std::move(r).value(); });
  time.settle();
  ASSERT_FALSE(receipts.empty());
  EXPECT_EQ(receipts.back().kind, model::receipt_kind::refused);
  EXPECT_EQ(receipts.back().code, "secrecy-opposed");
  EXPECT_EQ(receipts.back().text.find("EXEMPLE"), std::string::npos);
  EXPECT_NE(metrics.to_prometheus_text().find("liaison_withheld_total{code=\"secrecy-opposed\",recipient=\"gp\"} 1"), std::string::npos);
}

TEST_F(secrecy_at_sending, an_authorisation_told_later_lets_a_person_release_it) {
  senders["gp"]->script = {unreachable};
  receive(letter);
  choose(identity::consent_answer::deny, 10);
  senders["gp"]->script.clear();
  time.advance(3'600'000);
  ASSERT_EQ(deliveries("gp")[0].state, model::delivery_state::dead);
  choose(identity::consent_answer::permit, 20);
  store->retry(deliveries("gp")[0].id, time.now(), [](auto) {});
  time.settle();
  scheduler->changed("gp");
  time.settle();
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

TEST_F(secrecy_at_sending, nothing_is_withheld_within_the_house) {
  auto c = std::make_shared<config::configuration>(*configuration);
  c->endpoints["gp"].audience = "internal";
  configuration = c;
  start();
  senders["gp"]->script = {unreachable};
  receive(letter);
  choose(identity::consent_answer::deny, 10);
  senders["gp"]->script.clear();
  time.advance(3'600'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

}  // namespace
}  // namespace liaison::test
