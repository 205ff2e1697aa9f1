// SPDX-License-Identifier: Apache-2.0
#include "core/observe/metrics.hpp"

#include "core/observe/metrics_table.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <regex>
#include <set>
#include <thread>

using liaison::observe::metric_kind;
using liaison::observe::metrics;
using testing::HasSubstr;
using testing::Not;

TEST(metrics, counters_gauges_and_histograms_appear_with_help_and_labels) {
  metrics all;
  all.count("liaison_messages_received_total", {{"source", "hospital"}, {"format", "hl7v2"}, {"verdict", "accepted"}});
  all.count("liaison_messages_received_total", {{"source", "hospital"}, {"format", "hl7v2"}, {"verdict", "accepted"}},
            2);
  all.set("liaison_deliveries", {{"recipient", "gp"}, {"state", "pending"}}, 7);
  all.set("liaison_deliveries", {{"recipient", "gp"}, {"state", "pending"}}, 5);
  all.observe_seconds("liaison_commit_seconds", {}, 0.0003);
  const std::string text = all.to_prometheus_text();
  EXPECT_THAT(
      text, HasSubstr("liaison_messages_received_total{format=\"hl7v2\",source=\"hospital\",verdict=\"accepted\"} 3"));
  EXPECT_THAT(text, HasSubstr("# TYPE liaison_messages_received_total counter"));
  EXPECT_THAT(text, HasSubstr("# HELP liaison_deliveries Deliveries kept"));
  EXPECT_THAT(text, HasSubstr("liaison_deliveries{recipient=\"gp\",state=\"pending\"} 5"));
  EXPECT_THAT(text, HasSubstr("liaison_commit_seconds_bucket{le=\"0.00025\"} 0"));
  EXPECT_THAT(text, HasSubstr("liaison_commit_seconds_bucket{le=\"0.0005\"} 1"));
  EXPECT_THAT(text, HasSubstr("liaison_commit_seconds_count 1"));
  EXPECT_THAT(text, Not(HasSubstr("liaison_duplicates_total{")));
}

TEST(metrics, the_process_is_measured) {
  metrics all;
  const std::string text = all.to_prometheus_text();
  auto value = [&](const std::string& name) {
    std::smatch found;
    return std::regex_search(text, found, std::regex("\n" + name + " ([0-9.e+]+)")) ? std::stod(found[1]) : -1;
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_LT(value("process_resident_memory_bytes"), 1e10);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(value("process_start_time_seconds"), now - 3600);
  EXPECT_LE(value("process_start_time_seconds"), now + 2);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GT(value("process_max_fds"), value("process_open_fds"));
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
}

TEST(metrics, a_forgotten_series_is_gone_and_may_come_back) {
  metrics all;
  all.set("liaison_queue_age_seconds", {{"recipient", "gp"}}, 5);
  all.set("liaison_queue_age_seconds", {{"recipient", "pta"}}, 6);
  all.forget("liaison_queue_age_seconds", {{"recipient", "gp"}});
  EXPECT_THAT(all.to_prometheus_text(), Not(HasSubstr("recipient=\"gp\"")));
  EXPECT_THAT(all.to_prometheus_text(), HasSubstr("recipient=\"pta\""));
  all.forget("liaison_queue_age_seconds", {{"recipient", "never"}});
  all.set("liaison_queue_age_seconds", {{"recipient", "gp"}}, 1);
  EXPECT_THAT(all.to_prometheus_text(), HasSubstr("liaison_queue_age_seconds{recipient=\"gp\"} 1"));
}

TEST(metrics, hostile_label_values_stay_inside_their_quotes_and_bounded) {
  metrics all;
  all.count("liaison_duplicates_total", {{"source", "a\"} 1\nevil{x=\"\xE9"}});
  all.count("liaison_duplicates_total", {{"source", std::string(10'000, 'x')}});
  const std::string text = all.to_prometheus_text();
  EXPECT_THAT(text, HasSubstr("{source=\"a\\\"} 1\\nevil{x=\\\"\xEF\xBF\xBD\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr(std::string(200, 'x'))));
}

TEST(metrics, series_beyond_the_limit_are_counted_together) {
  metrics all;
  for (int i = 0; i < 2'500; ++i) all.count("liaison_duplicates_total", {{"source", std::to_string(i)}});
  const std::string text = all.to_prometheus_text();
  EXPECT_THAT(text, HasSubstr("liaison_duplicates_total{source=\"other\"} 500"));
  EXPECT_THAT(text, Not(HasSubstr("{source=\"2400\"}")));
}

TEST(metrics, threads_may_count_together) {
  metrics all;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) all.count("liaison_plugin_restarts_total", {});
    });
  }
  for (auto& one : threads) one.join();
  EXPECT_THAT(all.to_prometheus_text(), HasSubstr("liaison_plugin_restarts_total 8000"));
}

TEST(metrics_death, unknown_names_and_labels_are_bugs) {
  metrics all;
  EXPECT_DEATH(all.count("liaison_nonsense_total", {}), "liaison_nonsense_total: is not in the table");
  EXPECT_DEATH(all.set("liaison_duplicates_total", {{"source", "a"}}, 1), "is of another kind");
  EXPECT_DEATH(all.count("liaison_duplicates_total", {{"recipient", "a"}}), "labels that the table does not name");
  EXPECT_DEATH(all.count("liaison_duplicates_total", {}), "too few labels");
}

TEST(metrics, the_table_follows_the_rules_of_prometheus) {
  std::set<std::string> names;
  for (const auto& one : liaison::observe::metric_table()) {
    const std::string name = one.name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(std::regex_match(name, std::regex("(liaison|process)(_[a-z]+)+"))) << name;
    EXPECT_EQ(one.kind == metric_kind::counter, name.ends_with("_total")) << name;
    EXPECT_EQ(one.kind == metric_kind::histogram, one.buckets != liaison::observe::ladder::none) << name;
    auto limits = liaison::observe::bucket_limits(one.buckets);
    EXPECT_TRUE(std::is_sorted(limits.begin(), limits.end())) << name;
    EXPECT_GT(std::string(one.help).size(), 10U) << name;
  }
}

// The hot path of intake counts several times for each message. The least of several rounds is what the code costs;
// the rest is the machine.
TEST(metrics, counting_again_is_cheap) {
  metrics all;
#ifdef __OPTIMIZE__
  constexpr double limit_ns = 200;
#else
  constexpr double limit_ns = 4'000;
#endif
  double least_ns = 1e9;
  for (int round = 0; round < 20; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 5'000; ++i) {
      all.count("liaison_messages_received_total",
                {{"source", "hospital"}, {"format", "hl7v2"}, {"verdict", "accepted"}});
    }
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    least_ns = std::min(least_ns, took.count() / 5'000);
  }
  RecordProperty("nanoseconds", std::to_string(least_ns));
  std::printf("  %.0f ns\n", least_ns);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(least_ns, limit_ns);
#endif
}
