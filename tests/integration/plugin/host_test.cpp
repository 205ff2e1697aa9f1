// SPDX-License-Identifier: Apache-2.0
// The pool with a well-behaved plugin: what goes in comes out, in bulk and in size.
#include "pool_fixture.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace liaison::plugin::testing {
namespace {

TEST(plugin_host, lists_what_plugins_offer) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  ASSERT_EQ(hosts.pool->list().size(), 1U);
  const translator_info& one = hosts.pool->list().front();
  EXPECT_EQ(one.format, "rogue");
  EXPECT_EQ(one.profiles, std::vector<std::string>{"plain"});
  EXPECT_EQ(one.operations, (std::vector<operation>{operation::inspect, operation::decode, operation::encode}));
  EXPECT_EQ(one.plugin_id + " " + one.plugin_version, "test.rogue 1.2.3");
}

TEST(plugin_host, hands_over_input_options_and_parts) {
  host_settings how = settings_for({fixture("rogue")});
  how.configuration_json = {{"test.rogue", R"({"own": 1})"}, {"test.other", R"({"own": 2})"}};
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(facts_of(hosts.inspect("echo {\"a\": 1}")), "{\"a\": 1}");
  EXPECT_EQ(facts_of(hosts.inspect("configuration")), "{\"own\": 1}");
  request with_options = pool_fixture::request_for("options");
  with_options.options_json = R"({"values": true})";
  EXPECT_EQ(facts_of(hosts.call(with_options)), R"({"values": true})");
  request with_parts = pool_fixture::request_for("parts");
  with_parts.parts = {{LIAISON_PART_DOCUMENT, "OBX-5", "", "fhir", "one"},
                      {LIAISON_PART_DOCUMENT, "OBX[2]-5", "", "fhir", "two"}};
  EXPECT_EQ(facts_of(hosts.call(with_parts)), "OBX-5=one;OBX[2]-5=two;");
  const reply told = hosts.inspect("echo {}");
  EXPECT_EQ(told.plugin, "test.rogue 1.2.3");
  EXPECT_EQ(told.mishap, mishap::none);
  EXPECT_EQ(told.status, LIAISON_OK);
}

TEST(plugin_host, answers_thousands_at_once_each_with_its_own) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  for (int i = 0; i < 3000; ++i)
    requests.push_back(pool_fixture::request_for("echo " + std::to_string(i) + std::string(i % 3000, ' ')));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(std::atoi(facts_of(replies[i]).c_str()), i);
}

TEST(plugin_host, carries_large_messages_between_small_ones) {
  pool_fixture hosts([] {
    host_settings how = settings_for({fixture("rogue")});
    how.memory_bytes_max = 512U << 20U;
    return how;
  }());
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const std::string large(40U << 20U, 'x');
  std::vector<request> requests;
  requests.push_back(pool_fixture::request_for("echo before"));
  requests.push_back(pool_fixture::request_for(large, operation::decode));
  requests.push_back(pool_fixture::request_for("echo after"));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  EXPECT_EQ(facts_of(replies[0]), "before");
  ASSERT_NE(replies[1].find(LIAISON_PART_DOCUMENT), nullptr);
  EXPECT_TRUE(replies[1].find(LIAISON_PART_DOCUMENT)->bytes == large);
  EXPECT_EQ(facts_of(replies[2]), "after");
}

TEST(plugin_host, recognises_by_the_first_64_kib) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const auto ask = [&](std::string input) {
    return hosts.call(pool_fixture::request_for(std::move(input), operation::recognise));
  };
  EXPECT_EQ(ask("echo " + std::string(1U << 20U, 'x')).format, "rogue");
  const reply unknown = ask("nobody's");
  EXPECT_EQ(unknown.format, "");
  EXPECT_EQ(unknown.status, LIAISON_NOT_MINE);
  EXPECT_EQ(unknown.mishap, mishap::none);
  EXPECT_EQ(ask("absurd ask").format, "") << "1000 is no score";
  EXPECT_EQ(ask("crashing ask").mishap, mishap::crashed);
  EXPECT_EQ(ask("").format, "");
}

TEST(plugin_host, processes_die_with_the_gateway_even_while_they_work) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // the orphan comes to us, so that we see its end
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t gateway = fork();
  if (gateway == 0) {
    pool_fixture hosts(settings_for({fixture("rogue")}));
    hosts.pool->call(pool_fixture::request_for("loop"), [](reply) {});
    hosts.run_for(50);
    const int host = children().empty() ? 0 : std::atoi(children().front().c_str());
    (void)!write(ends[1], &host, sizeof host);
    ::kill(getpid(), SIGKILL);
  }
  int host = 0;
  ASSERT_EQ(read(ends[0], &host, sizeof host), static_cast<ssize_t>(sizeof host));
  ASSERT_GT(host, 0);
  ASSERT_EQ(waitpid(gateway, nullptr, 0), gateway);
  int status = 0;
  pid_t reaped = 0;
  for (int i = 0; i < 500 && reaped == 0; ++i) {
    reaped = waitpid(host, &status, WNOHANG);
    if (reaped == 0) usleep(10'000);
  }
  EXPECT_EQ(reaped, host);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  if (reaped == 0) ::kill(host, SIGKILL);
  close(ends[0]);
  close(ends[1]);
  (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// Runs the pool until it has so many processes, at most five seconds.
std::size_t children_when(pool_fixture& hosts, std::size_t wanted) {
  for (int i = 0; i < 500 && children().size() != wanted; ++i) hosts.run_for(10);
  return children().size();
}

TEST(plugin_host, nobody_calls_and_its_process_leaves_until_somebody_does) {
  host_settings how = settings_for({fixture("rogue")});
  how.rest_ms = 100;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  ASSERT_EQ(children().size(), 1U);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(children_when(hosts, 0), 0U) << "round " << round;
    EXPECT_EQ(facts_of(hosts.inspect("echo again")), "again");
    EXPECT_EQ(children().size(), 1U);
  }
  EXPECT_EQ(hosts.starts, 4);
  EXPECT_TRUE(hosts.deaths.empty());
}

TEST(plugin_host, a_call_that_takes_longer_than_the_rest_is_answered) {
  host_settings how = settings_for({fixture("rogue")});
  how.rest_ms = 20;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const reply got = hosts.inspect("busy 300000");
  EXPECT_EQ(got.mishap, mishap::none);
  EXPECT_EQ(hosts.starts, 1);
  EXPECT_EQ(children_when(hosts, 0), 0U);
}

TEST(plugin_host, a_process_that_is_never_to_rest_stays) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  hosts.run_for(1'500);
  EXPECT_EQ(children().size(), 1U);
}

/// Of the only child; 0: there is no such process.
int cores_of_child() {
  const auto all = children();
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (all.size() != 1 || ::sched_getaffinity(std::atoi(all.front().c_str()), sizeof allowed, &allowed) != 0) return 0;
  return CPU_COUNT(&allowed);
}

/// A host that was called one at a time for a while.
class plugin_host_on_one_processor : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
    if (all < 2) GTEST_SKIP() << "one processor only";
    for (int i = 0; i < 40; ++i) hosts.inspect("echo one");
    ASSERT_EQ(cores_of_child(), 1);
  }
  pool_fixture hosts{settings_for({fixture("rogue")})};
  const int all = cores_of_child();
};

TEST_F(plugin_host_on_one_processor, runs_on_all_when_calls_come_together) {
  std::vector<request> requests;
  for (int i = 0; i < 3; ++i) requests.push_back(pool_fixture::request_for("echo several"));
  hosts.call_all(std::move(requests));
  EXPECT_EQ(cores_of_child(), all);
}

TEST_F(plugin_host_on_one_processor, has_a_successor_that_may_run_on_all) {
  EXPECT_EQ(hosts.inspect("abort").mishap, mishap::crashed);
  EXPECT_EQ(children_when(hosts, 1), 1U) << "another one, and the one in which the message was tried again is gone";
  EXPECT_GE(hosts.starts, 2);
  EXPECT_EQ(cores_of_child(), all);
}

}  // namespace
}  // namespace liaison::plugin::testing
