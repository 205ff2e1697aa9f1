// SPDX-License-Identifier: Apache-2.0
#include "broker_fixture.hpp"

namespace liaison::test {
namespace {

using model::verdict;

TEST_F(broker, what_a_rule_takes_is_accepted_and_delivered) {
  const model::answer answer = receive("control=1;type=letter;id=d1");
  EXPECT_EQ(answer.verdict, verdict::accepted);
  EXPECT_EQ(answer.acknowledgement, "ACK");
  EXPECT_EQ(answer.recipients, std::vector<std::string>{"gp"});
  EXPECT_EQ(senders["gp"]->taken, std::vector<std::string>{"control=1;type=letter;id=d1"}) << "the same format goes on byte for byte";
  EXPECT_TRUE(senders["pta"]->taken.empty());
}

TEST_F(broker, another_format_is_translated) {
  receive("control=1;type=report;id=d1");
  EXPECT_EQ(senders["pta"]->taken, std::vector<std::string>{"written:control=1;type=report;id=d1"});
}

TEST_F(broker, what_no_rule_takes_is_kept_and_shown) {
  const model::answer answer = receive("control=1;type=unheard-of;id=d1");
  EXPECT_EQ(answer.verdict, verdict::accepted);
  EXPECT_TRUE(answer.recipients.empty());
  std::vector<model::message> kept;
  store->list_messages({}, [&](auto r) { kept = std::move(r).value(); });
  time.settle();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].state, model::message_state::unrouted);
}

TEST_F(broker, a_bad_message_is_refused_and_kept_in_quarantine) {
  const model::answer answer = receive("control=1;type=letter;bad=1");
  EXPECT_EQ(answer.verdict, verdict::rejected);
  EXPECT_EQ(answer.acknowledgement, "NACK");
  EXPECT_GT(answer.message, 0);
  EXPECT_TRUE(senders["gp"]->taken.empty());
}

TEST_F(broker, a_message_that_kills_its_translator_is_quarantined_and_the_transport_answers) {
  const model::answer answer = receive("control=1;type=letter;crash=1");
  EXPECT_EQ(answer.verdict, verdict::rejected);
  EXPECT_TRUE(answer.acknowledgement.empty());
  EXPECT_EQ(receive("control=2;type=letter;id=d2").verdict, verdict::accepted) << "everybody else's goes on";
}

TEST_F(broker, without_a_translator_the_sender_is_asked_to_come_back_and_nothing_is_kept) {
  translators.unavailable = true;
  EXPECT_EQ(receive("control=1;type=letter;id=d1").verdict, verdict::not_now);
  std::vector<model::message> kept;
  store->list_messages({}, [&](auto r) { kept = std::move(r).value(); });
  time.settle();
  EXPECT_TRUE(kept.empty());
}

TEST_F(broker, the_same_again_is_acknowledged_and_not_delivered_again) {
  const model::answer first = receive("control=1;type=letter;id=d1");
  const model::answer again = receive("control=1;type=letter;id=d1");
  EXPECT_EQ(again.verdict, verdict::accepted);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.message, first.message);
  EXPECT_EQ(again.acknowledgement, "ACK");
  time.advance(10'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

TEST_F(broker, the_same_control_id_with_other_content_is_a_new_message_with_an_issue) {
  receive("control=1;type=letter;id=d1");
  const model::answer other = receive("control=1;type=letter;id=d2");
  EXPECT_FALSE(other.duplicate);
  ASSERT_EQ(other.issues.size(), 1U);
  EXPECT_EQ(other.issues[0].code, "control-id-reused");
  std::vector<model::message> kept;
  store->list_messages({}, [&](auto r) { kept = std::move(r).value(); });
  time.settle();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].issues.size(), 1U) << "kept with the message";
  EXPECT_TRUE(kept[1].issues.empty());
  EXPECT_EQ(senders["gp"]->taken.size(), 2U);
}

TEST_F(broker, a_full_store_says_not_now_and_goes_on_when_there_is_room) {
  store->refuse_next(store::refusal::full, 1);
  const model::answer answer = receive("control=1;type=letter;id=d1");
  EXPECT_EQ(answer.verdict, verdict::not_now);
  EXPECT_TRUE(senders["gp"]->taken.empty());
  EXPECT_EQ(receive("control=1;type=letter;id=d1").verdict, verdict::accepted);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

TEST_F(broker, two_identities_in_one_message_stop_it) {
  const model::answer answer = receive("control=1;type=letter;id=d1;ins=111;family=A;inner=ins:222,family:B");
  EXPECT_EQ(answer.verdict, verdict::rejected);
  ASSERT_FALSE(answer.issues.empty());
  EXPECT_EQ(answer.issues.back().code, "identity-two-ins");
  EXPECT_TRUE(senders["gp"]->taken.empty());
}

TEST_F(broker, a_carried_document_of_the_same_person_goes_through) {
  const model::answer answer = receive("control=1;ins=248053599810704;status=qualified;family=A;inner=ins:248053599810704,family:A,type:letter,id:d1");
  EXPECT_EQ(answer.verdict, verdict::accepted);
  EXPECT_EQ(answer.recipients, std::vector<std::string>{"gp"}) << "the rules see the type of the carried document";
}

TEST_F(broker, an_envelope_that_names_another_document_is_told) {
  const auto codes_of = [](const model::answer& answer) {
    std::string codes;
    for (const auto& one : answer.issues) codes += one.code + " ";
    return codes;
  };
  EXPECT_EQ(codes_of(receive("control=1;type=letter;id=URN:OID:1.2;inner=id:1.2,type:letter")), "");
  const auto told = receive("control=2;type=letter;id=1.3;inner=id:1.4,type:report");
  EXPECT_EQ(told.verdict, verdict::accepted);
  EXPECT_EQ(codes_of(told), "document-id-differs document-type-differs ");
  auto strict = std::make_shared<config::configuration>(*configuration);
  strict->endpoints["hospital"].strictness = "strict";
  intake->use(strict);
  EXPECT_EQ(receive("control=3;type=letter;id=1.5;inner=id:1.6").verdict, verdict::rejected);
}

TEST_F(broker, a_replacement_waits_for_its_original_and_says_so) {
  const auto waits = receive("control=1;type=letter;id=d2;replaces=d1");
  EXPECT_EQ(waits.verdict, verdict::accepted);
  ASSERT_EQ(waits.issues.size(), 1U);
  EXPECT_EQ(waits.issues[0].code, "document-original-unknown");
  EXPECT_TRUE(senders["gp"]->taken.empty());
  receive("control=2;type=letter;id=d1");
  ASSERT_EQ(senders["gp"]->taken.size(), 2U);
  EXPECT_EQ(senders["gp"]->taken[0], "control=2;type=letter;id=d1");
  EXPECT_TRUE(receive("control=3;type=letter;id=d3;replaces=d2").issues.empty());
}

TEST_F(broker, a_replacement_goes_alone_when_its_time_is_over) {
  receive("control=1;type=letter;id=d2;replaces=d1");
  time.advance(59 * 60'000);
  EXPECT_TRUE(senders["gp"]->taken.empty());
  time.advance(2 * 60'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
  receive("control=2;type=letter;id=d1");
  EXPECT_EQ(senders["gp"]->taken.size(), 1U) << "what was replaced is not given after its replacement";
  EXPECT_EQ(deliveries("gp").front().state, model::delivery_state::dead);
}

TEST_F(broker, a_replacement_without_original_is_a_dead_letter_where_the_configuration_says_so) {
  auto other = std::make_shared<config::configuration>(*configuration);
  other->missing_original = {10, "dead-letter"};
  intake->use(other);
  scheduler->use(other);
  receive("control=1;type=letter;id=d2;replaces=d1");
  time.advance(11 * 60'000);
  EXPECT_EQ(deliveries("gp").front().state, model::delivery_state::dead);
  receive("control=2;type=letter;id=d1");
  EXPECT_EQ(senders["gp"]->taken.size(), 2U) << "both, in their order";
}

TEST_F(broker, an_unqualified_matricule_does_not_leave_unchanged) {
  receive("control=1;type=letter;id=d1;ins=111;status=validated;family=A");
  EXPECT_TRUE(senders["gp"]->taken.empty());
  const auto waiting = deliveries("gp");
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].state, model::delivery_state::dead);
  EXPECT_EQ(waiting[0].last_error.rfind("identity-ins-not-qualified", 0), 0U);
  receive("control=2;type=letter;id=d2;ins=248053599810704;status=qualified;family=A;traits=1");
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
  receive("control=3;type=letter;id=d3;ins=248053599810704;status=qualified;family=A");
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
  EXPECT_EQ(deliveries("gp").front().last_error.rfind("identity-traits-missing", 0), 0U) << "the five traits go with the INS";
}

TEST_F(broker, a_stopping_gateway_takes_nothing) {
  intake->stop();
  EXPECT_EQ(receive("control=1;type=letter;id=d1").verdict, verdict::not_now);
}

}  // namespace
}  // namespace liaison::test
