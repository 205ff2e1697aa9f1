// SPDX-License-Identifier: Apache-2.0
// The discharge clock under simulated time. The story begins on 2023-11-14 at 23:13 in Paris.
#include "coordination_fixture.hpp"

namespace liaison::test {
namespace {

constexpr std::int64_t minute_ms = 60'000;

class discharge_clock : public coordination {
 protected:
  void watch(std::vector<std::string> alert_to = {"secretariat"}) {
    auto c = std::make_shared<config::configuration>();
    c->endpoints["secretariat"].destination = config::http_destination{};
    c->discharge.alert_to = std::move(alert_to);
    watching = std::make_unique<liaison::coordination::discharge_watch>(*store, time, time, metrics,
                                                                        [this](const std::string& to) { woken.push_back(to); });
    watching->use(c);
    time.settle();
  }
  std::string figure(const std::string& line) {
    const std::string text = metrics.to_prometheus_text();
    const auto at = text.find("\n" + line + " ");
    if (at == std::string::npos) return "";
    const auto value = at + line.size() + 2;
    return text.substr(value, text.find('\n', value) - value);
  }

  std::unique_ptr<liaison::coordination::discharge_watch> watching;
  std::vector<std::string> woken;
};

TEST_F(discharge_clock, a_letter_that_does_not_leave_is_said_once_where_the_configuration_says) {
  watch();
  tell(facts_of("ADT^A01"));
  tell(facts_of("ADT^A03"));
  time.advance(119 * minute_ms);
  EXPECT_TRUE(alerts().empty());
  EXPECT_EQ(figure("liaison_discharges{letter=\"waiting\"}"), "1");
  time.advance(2 * minute_ms);
  ASSERT_EQ(alerts().size(), 1U);
  EXPECT_EQ(woken, std::vector<std::string>{"secretariat"});
  EXPECT_EQ(stay().clock, identity::letter_clock::overdue);
  EXPECT_EQ(figure("liaison_discharge_alerts_total"), "1");
  EXPECT_EQ(figure("liaison_discharges{letter=\"overdue\"}"), "1");
  time.advance(600 * minute_ms);
  EXPECT_EQ(alerts().size(), 1U) << "once";
}

TEST_F(discharge_clock, the_alert_names_the_stay_and_no_one) {
  watch();
  tell(facts_of("ADT^A03"));
  time.advance(130 * minute_ms);
  ASSERT_EQ(alerts().size(), 1U);
  std::string text;
  store->read_raw(alerts()[0].id, [&](auto r) { text = *r.value(); });
  time.settle();
  EXPECT_NE(text.find("\"number\":\"S1\""), std::string::npos) << text;
  for (const char* said : {"EXEMPLE", "000003"}) EXPECT_EQ(text.find(said), std::string::npos) << said;
}

TEST_F(discharge_clock, a_letter_in_time_says_nothing) {
  watch();
  tell(facts_of("ADT^A03"));
  const auto letter = tell(facts_of("MDM^T02", "11490-0"), {"gp"});
  time.advance(100 * minute_ms);
  EXPECT_EQ(stay().clock, identity::letter_clock::waiting) << "it came, and has not left yet";
  delivered(letter);
  time.advance(600 * minute_ms);
  EXPECT_TRUE(alerts().empty());
  EXPECT_EQ(stay().clock, identity::letter_clock::on_time);
}

TEST_F(discharge_clock, a_letter_after_the_alert_is_late_and_stands_so_in_the_file) {
  watch();
  tell(facts_of("ADT^A03"));
  const auto letter = tell(facts_of("MDM^T02", "11490-0"), {"gp"});
  time.advance(200 * minute_ms);
  delivered(letter);
  EXPECT_EQ(stay().clock, identity::letter_clock::late);
  EXPECT_GT(stay().letter_left_at, stay().alerted_at);
}

TEST_F(discharge_clock, a_cancelled_discharge_is_not_waited_for) {
  watch();
  tell(facts_of("ADT^A03"));
  tell(facts_of("ADT^A13"));
  time.advance(600 * minute_ms);
  EXPECT_TRUE(alerts().empty());
}

TEST_F(discharge_clock, a_restart_forgets_none_and_raises_none_twice) {
  watch();
  tell(facts_of("ADT^A03"));
  time.advance(60 * minute_ms);
  watching.reset();
  time.advance(120 * minute_ms);
  EXPECT_TRUE(alerts().empty());
  watch();
  EXPECT_EQ(alerts().size(), 1U) << "due while nobody looked";
  watching.reset();
  watch();
  time.advance(60 * minute_ms);
  EXPECT_EQ(alerts().size(), 1U);
}

TEST_F(discharge_clock, an_alert_that_cannot_be_kept_is_raised_later) {
  watch();
  tell(facts_of("ADT^A03"));
  time.advance(120 * minute_ms - 1'000);
  store->refuse_next(store::refusal::full, 1);
  time.advance(5'000);
  EXPECT_TRUE(alerts().empty());
  EXPECT_EQ(stay().clock, identity::letter_clock::waiting);
  time.advance(2 * minute_ms);
  EXPECT_EQ(alerts().size(), 1U);
}

TEST_F(discharge_clock, without_recipients_the_log_and_the_metrics_say_so) {
  watch({});
  tell(facts_of("ADT^A03"));
  time.advance(130 * minute_ms);
  EXPECT_TRUE(alerts().empty());
  EXPECT_EQ(stay().clock, identity::letter_clock::overdue);
  EXPECT_EQ(figure("liaison_discharge_alerts_total"), "1");
}

}  // namespace
}  // namespace liaison::test
