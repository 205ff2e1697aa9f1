// SPDX-License-Identifier: Apache-2.0
#include "broker_fixture.hpp"

namespace liaison::test {
namespace {

TEST_F(broker, a_failed_attempt_is_made_again_later) {
  senders["gp"]->script = {failed_once};
  receive("control=1;type=letter;id=d1");
  EXPECT_TRUE(senders["gp"]->taken.empty());
  time.advance(2'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
  EXPECT_EQ(deliveries("gp")[0].attempts, 2U);
}

class profiled_broker : public broker {
 protected:
  void ask_for(const std::string& format, const std::string& profile) {
    auto asks = std::make_shared<config::configuration>(*configuration);
    asks->endpoints["gp"].format = format;
    asks->endpoints["gp"].profile = profile;
    configuration = asks;
    start();
  }
};

TEST_F(profiled_broker, what_came_in_the_profile_that_is_asked_for_needs_no_translator_after_intake) {
  ask_for("plain", "lab");
  const std::string message = "control=1;type=letter;id=d1;profile=lab;inner=id:d1,type:letter";
  receive(message);
  EXPECT_EQ(senders["gp"]->taken, std::vector<std::string>{message});
  EXPECT_EQ(translators.calls, (std::vector{plugin::operation::inspect, plugin::operation::inspect}))
      << "intake looked at the message and at the document inside it, the delivery at nothing";
  std::vector<model::receipt> receipts;
  store->list_receipts(deliveries("gp")[0].message, 10, [&](auto r) { receipts = std::move(r).value(); });
  time.settle();
  ASSERT_FALSE(receipts.empty());
  EXPECT_EQ(receipts[0].code, "as-is");
}

TEST_F(profiled_broker, what_came_in_another_profile_is_translated) {
  ask_for("plain", "lab");
  receive("control=1;type=letter;id=d1;profile=ward");
  ASSERT_EQ(senders["gp"]->taken.size(), 1U);
  EXPECT_TRUE(senders["gp"]->taken[0].starts_with("written:"));
}

TEST_F(profiled_broker, a_document_inside_still_goes_to_who_reads_its_format) {
  ask_for("inner", "");
  receive("control=1;type=letter;id=d1;inner=id:d1,type:letter");
  EXPECT_EQ(senders["gp"]->taken, std::vector<std::string>{"id=d1;type=letter"});
}

TEST_F(broker, a_refusal_is_a_dead_letter_at_once_and_waits_for_a_person) {
  senders["gp"]->script = {refused};
  receive("control=1;type=letter;id=d1");
  time.advance(3'600'000);
  EXPECT_EQ(senders["gp"]->attempts, 1);
  const auto dead = deliveries("gp");
  EXPECT_EQ(dead[0].state, model::delivery_state::dead);
  bool done_well = false;
  store->retry(dead[0].id, time.now(), [&](result<done> r) { done_well = static_cast<bool>(r); });
  time.settle();
  EXPECT_TRUE(done_well);
  scheduler->changed("gp");
  time.settle();
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

TEST_F(broker, a_replacement_never_overtakes_its_original_while_others_go_on) {
  senders["gp"]->script = {failed_once};
  receive("control=1;type=letter;id=d1;set=s1");
  receive("control=2;type=letter;id=d2;set=s1;replaces=d1");
  receive("control=3;type=letter;id=d9;set=s9");
  EXPECT_EQ(senders["gp"]->taken, std::vector<std::string>{"control=3;type=letter;id=d9;set=s9"});
  time.advance(5'000);
  ASSERT_EQ(senders["gp"]->taken.size(), 3U);
  EXPECT_EQ(senders["gp"]->taken[1], "control=1;type=letter;id=d1;set=s1");
  EXPECT_EQ(senders["gp"]->taken[2], "control=2;type=letter;id=d2;set=s1;replaces=d1");
}

TEST_F(broker, a_replacement_behind_a_dead_letter_waits_until_it_is_cancelled) {
  senders["gp"]->script = {refused};
  receive("control=1;type=letter;id=d1;set=s1");
  receive("control=2;type=letter;id=d2;set=s1;replaces=d1");
  time.advance(3'600'000);
  EXPECT_TRUE(senders["gp"]->taken.empty());
  store->cancel(deliveries("gp").back().id, time.now(), [](auto) {});
  time.settle();
  scheduler->changed("gp");
  time.settle();
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

TEST_F(broker, a_recipient_that_is_down_is_probed_by_one_and_the_rest_waits_on_disk) {
  senders["gp"]->script = {unreachable};
  senders["gp"]->repeat_last = true;
  for (int i = 0; i < 200; ++i) receive("control=" + std::to_string(i) + ";type=report;id=d" + std::to_string(i));
  EXPECT_EQ(senders["pta"]->taken.size(), 200U) << "a recipient that is down delays nobody else";
  const int before = senders["gp"]->attempts;
  time.advance(600'000);
  EXPECT_LT(senders["gp"]->attempts - before, 30) << "one probe at a time, further and further apart";
  senders["gp"]->script.clear();
  time.advance(120'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 200U);
  for (int i = 1; i < 200; ++i) EXPECT_NE(senders["gp"]->taken[i], senders["gp"]->taken[i - 1]);
}

TEST_F(broker, a_recipient_that_is_busy_all_the_time_is_probed_by_one_as_well) {
  auto& gp = *senders["gp"];
  gp.script = {failed_once};
  gp.repeat_last = true;
  for (int i = 0; i < 500; ++i) receive("control=" + std::to_string(i) + ";type=letter;id=d" + std::to_string(i));
  time.advance(60'000);
  const int before = gp.attempts;
  time.advance(3'600'000);
  EXPECT_LT(gp.attempts - before, 130) << "and not five hundred in each minute";
  EXPECT_GT(gp.attempts - before, 50);
  gp.script.clear();
  time.advance(180'000);
  EXPECT_EQ(gp.taken.size(), 500U);
}

TEST_F(broker, a_few_that_a_recipient_cannot_take_do_not_hold_up_the_others_for_long) {
  auto& gp = *senders["gp"];
  gp.answers = [](const std::string& text) { return text.find("odd") == std::string::npos ? std::nullopt : std::optional(failed_once); };
  for (int i = 0; i < 20; ++i) receive("control=odd" + std::to_string(i) + ";type=letter;id=o" + std::to_string(i));
  for (int round = 0; round < 20; ++round) {
    time.advance(600'000);
    const std::size_t before = gp.taken.size();
    for (int i = 0; i < 10; ++i) receive("control=" + std::to_string(round * 10 + i) + ";type=letter;id=d" + std::to_string(round * 10 + i));
    time.advance(180'000);
    EXPECT_EQ(gp.taken.size(), before + 10) << round;
  }
}

TEST_F(broker, what_is_not_delivered_in_time_becomes_a_dead_letter) {
  senders["gp"]->script = {unreachable};
  senders["gp"]->repeat_last = true;
  receive("control=1;type=letter;id=d1");
  time.advance(25LL * 3600 * 1000);
  const auto dead = deliveries("gp")[0];
  EXPECT_EQ(dead.state, model::delivery_state::dead);

  // A person who retries it gives it as much time again.
  senders["gp"]->script.clear();
  store->retry(dead.id, time.now(), [](const result<done>&) {});
  time.settle();
  scheduler->changed("gp");
  time.advance(3'600'000);
  EXPECT_EQ(deliveries("gp")[0].state, model::delivery_state::delivered);
}

TEST_F(broker, an_outcome_that_cannot_be_written_is_written_later_and_never_sent_again) {
  receive("control=0;type=letter;id=d0");
  senders["gp"]->hold = true;
  receive("control=1;type=letter;id=d1");
  ASSERT_EQ(senders["gp"]->held.size(), 1U);
  store->refuse_next(store::refusal::full, 3);
  senders["gp"]->hold = false;
  senders["gp"]->held[0]();
  time.advance(10'000);
  EXPECT_EQ(senders["gp"]->attempts, 2) << "sent once each";
  for (const auto& d : deliveries("gp")) EXPECT_EQ(d.state, model::delivery_state::delivered);
}

class broker_that_records_nothing : public broker {
 protected:
  /// Six messages wait; how many of them the recipient has when the store writes nothing down.
  std::size_t taken_unrecorded(std::uint32_t in_flight_max) {
    auto several = std::make_shared<config::configuration>(*configuration);
    several->endpoints["gp"].delivery.in_flight_max = in_flight_max;
    configuration = several;
    start();
    auto& gp = *senders["gp"];
    gp.script = {unreachable};
    for (int i = 0; i < 6; ++i) receive("control=" + std::to_string(i) + ";type=letter;id=d" + std::to_string(i));
    EXPECT_TRUE(gp.taken.empty());
    store->refuse_next(store::refusal::full, 1'000'000);
    scheduler->changed("gp");
    time.advance(20'000);
    const auto taken = gp.taken.size();
    store->refuse_next(store::refusal::full, 0);
    time.advance(20'000);
    EXPECT_EQ(gp.taken.size(), 6U) << "each once";
    for (const auto& d : deliveries("gp")) EXPECT_EQ(d.state, model::delivery_state::delivered);
    return taken;
  }
};

TEST_F(broker_that_records_nothing, one_at_a_time_is_given_the_next_when_the_last_one_is_recorded) { EXPECT_EQ(taken_unrecorded(1), 1U); }

TEST_F(broker_that_records_nothing, several_at_a_time_are_given_more_while_the_last_ones_are_recorded_but_no_end_of_them) {
  EXPECT_EQ(taken_unrecorded(2), 3U);
}

class broker_with_several_at_a_time : public broker {
 protected:
  /// Of six messages of this size: how many the recipient is given before it answers the first one.
  std::size_t given_at_once(std::size_t size_bytes) {
    auto several = std::make_shared<config::configuration>(*configuration);
    several->endpoints["gp"].delivery.in_flight_max = 4;
    configuration = several;
    start();
    auto& gp = *senders["gp"];
    gp.hold = true;
    for (int i = 0; i < 6; ++i)
      receive("control=" + std::to_string(i) + ";type=letter;id=d" + std::to_string(i) + ";rest=" + std::string(size_bytes, 'x'));
    const auto given = gp.taken.size();
    for (std::size_t i = 0; i < gp.held.size(); ++i) {
      const auto answer_one = gp.held[i];
      answer_one();
      time.settle();
      EXPECT_LE(gp.taken.size(), i + 1 + given) << "no more at one time than before";
    }
    EXPECT_EQ(gp.taken.size(), 6U) << "each once";
    for (const auto& d : deliveries("gp")) EXPECT_EQ(d.state, model::delivery_state::delivered);
    return given;
  }
};

TEST_F(broker_with_several_at_a_time, small_messages_go_as_many_as_are_allowed) { EXPECT_EQ(given_at_once(1'000), 4U); }

TEST_F(broker_with_several_at_a_time, large_messages_go_as_many_as_memory_is_kept_for) { EXPECT_EQ(given_at_once(7U << 20U), 2U); }

TEST_F(broker_with_several_at_a_time, one_that_is_larger_than_that_goes_alone) { EXPECT_EQ(given_at_once(20U << 20U), 1U); }

TEST_F(broker, stopping_waits_for_what_is_in_flight) {
  senders["gp"]->hold = true;
  receive("control=1;type=letter;id=d1");
  bool stopped = false;
  scheduler->stop([&] { stopped = true; });
  time.settle();
  EXPECT_FALSE(stopped);
  senders["gp"]->held[0]();
  time.settle();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(deliveries("gp")[0].state, model::delivery_state::delivered);
}

TEST_F(broker, a_removed_recipient_keeps_its_queue_and_gets_it_when_it_is_back) {
  const config::snapshot whole = configuration;
  auto less = std::make_shared<config::configuration>(*configuration);
  senders["gp"]->script = {unreachable};
  receive("control=1;type=letter;id=d1");
  less->endpoints.erase("gp");
  less->routes.clear();
  scheduler->use(less);
  time.advance(3'600'000);
  EXPECT_TRUE(senders["gp"]->taken.empty());
  EXPECT_EQ(deliveries("gp")[0].state, model::delivery_state::pending);
  scheduler->use(whole);
  time.advance(1'000);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
}

class two_step_broker : public broker {
 protected:
  two_step_broker() { two_steps = true; }
};

TEST_F(two_step_broker, a_file_is_prepared_recorded_and_then_put_in_place) {
  receive("control=1;type=letter;id=d1");
  EXPECT_EQ(senders["gp"]->prepared.size(), 1U);
  EXPECT_EQ(senders["gp"]->taken.size(), 1U);
  EXPECT_EQ(deliveries("gp")[0].state, model::delivery_state::delivered);
}

TEST_F(two_step_broker, after_a_crash_between_the_two_steps_only_the_second_is_made) {
  senders["gp"]->hold = true;
  receive("control=1;type=letter;id=d1");
  ASSERT_TRUE(deliveries("gp")[0].prepared);
  senders["gp"]->held.clear();  // The process dies here.
  scheduler.reset();
  senders["gp"] = std::make_shared<scripted_sender>(time, true);
  start();
  EXPECT_TRUE(senders["gp"]->prepared.empty());
  EXPECT_EQ(senders["gp"]->taken, std::vector<std::string>{"control=1;type=letter;id=d1"});
}

}  // namespace
}  // namespace liaison::test
