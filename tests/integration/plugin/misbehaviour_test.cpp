// SPDX-License-Identifier: Apache-2.0
// Every way in which a plugin can break the interface: its own message gets a clear answer, the messages in flight
// beside it get theirs, the next ones work, and no process is left behind.
#include "pool_fixture.hpp"

namespace liaison::plugin::testing {
namespace {

struct misdeed {
  const char* input;
  mishap expected;
  const char* code;
  const char* said;   ///< part of the diagnostics
  bool kills = true;  ///< its process
};

void PrintTo(const misdeed& one, std::ostream* out) { *out << one.input; }

const misdeed misdeeds[] = {
    {"segv", mishap::crashed, "plugin-crashed", "SIGSEGV"},
    {"null", mishap::crashed, "plugin-crashed", "SIGSEGV"},
    {"abort", mishap::crashed, "plugin-crashed", "SIGABRT"},
    {"stack", mishap::crashed, "plugin-crashed", "SIGSEGV"},
    {"throw", mishap::crashed, "plugin-crashed", "SIGABRT"},
    {"exit", mishap::crashed, "plugin-crashed", "exit code 0"},
    {"loop", mishap::timed_out, "plugin-timed-out", "deadline of 800 ms"},
    {"eat", mishap::out_of_memory, "plugin-out-of-memory", "memory limit of 128 MiB"},
    {"open", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"socket", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"fork", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"exec", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"thread", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"kill", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"code", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"closefd", mishap::crashed, "plugin-crashed", "the sandbox forbids"},
    {"scribble", mishap::bad_reply, "plugin-bad-reply", "no reply"},
    {"status 99", mishap::bad_reply, "plugin-bad-reply", "status 99", false},
    {"status -1", mishap::bad_reply, "plugin-bad-reply", "status -1", false},
    {"nothing", mishap::bad_reply, "plugin-bad-reply", "0 parts", false},
    {"twice", mishap::bad_reply, "plugin-bad-reply", "2 parts", false},
    {"gigantic", mishap::bad_reply, "plugin-bad-reply", "limit", false},
    {"manyparts", mishap::bad_reply, "plugin-bad-reply", "limit", false},
    {"nullbytes", mishap::bad_reply, "plugin-bad-reply", "unsound", false},
};

// A sanitizer build relaxes the sandbox (its own machinery needs files and memory) and dies in its own ways.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool strict_sandbox = false;
#else
constexpr bool strict_sandbox = true;
#endif

class plugin_misdeed : public ::testing::TestWithParam<misdeed> {};

std::string name_of_misdeed(const ::testing::TestParamInfo<misdeed>& info) {
  std::string name = info.param.input;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

TEST_P(plugin_misdeed, harms_its_own_message_only) {
  const misdeed& bad = GetParam();
  const bool needs_strict_sandbox =
      std::string_view(bad.said) == "the sandbox forbids" || bad.expected == mishap::out_of_memory;
  if (needs_strict_sandbox && !strict_sandbox) GTEST_SKIP() << "sanitizer build";
  const bool waits_for_deadline = bad.expected == mishap::timed_out;
  pool_fixture hosts((waits_for_deadline ? hurried_settings_for : settings_for)({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  ASSERT_EQ(facts_of(hosts.inspect("echo first")), "first");

  std::vector<request> requests;
  for (int i = 0; i < 20; ++i)
    requests.push_back(pool_fixture::request_for(i == 10 ? bad.input : "echo " + std::to_string(i)));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  for (int i = 0; i < 20; ++i) {
    if (i == 10) continue;
    EXPECT_EQ(replies[i].mishap, mishap::none) << "neighbour " << i;
    EXPECT_EQ(facts_of(replies[i]), std::to_string(i));
  }
  EXPECT_EQ(replies[10].mishap, bad.expected) << name_of(replies[10].mishap);
  EXPECT_EQ(replies[10].status, LIAISON_QUARANTINE);
  ASSERT_FALSE(replies[10].issues.empty());
  EXPECT_EQ(replies[10].issues.back().code, bad.code);
  if (strict_sandbox || bad.expected != mishap::crashed) {
    EXPECT_THAT(replies[10].issues.back().diagnostics, ::testing::HasSubstr(bad.said));
  }
  EXPECT_TRUE(replies[10].parts.empty());

  EXPECT_EQ(facts_of(hosts.inspect("echo next")), "next");
  EXPECT_EQ(hosts.deaths.empty(), !bad.kills);
  EXPECT_LE(hosts.deaths.size(), 3U) << "among the others, alone, alone on a fresh process";
  for (int i = 0; i < 200 && children().size() > 1; ++i) hosts.run_for(10);
  EXPECT_LE(children().size(), 1U) << "the trial's process stays";
  hosts.pool.reset();
  EXPECT_EQ(children(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(each, plugin_misdeed, ::testing::ValuesIn(misdeeds), name_of_misdeed);

TEST(plugin_misdeeds, a_guilty_message_alone_on_a_fresh_host_is_not_run_twice) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(hosts.inspect("segv").mishap, mishap::crashed);
  EXPECT_EQ(hosts.deaths, std::vector<mishap>{mishap::crashed});
}

TEST(plugin_misdeeds, several_killers_among_many_are_all_found) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  for (int i = 0; i < 200; ++i)
    requests.push_back(pool_fixture::request_for(i % 40 == 7   ? "segv"
                                                 : i % 40 == 9 ? "exit"
                                                               : "echo " + std::to_string(i)));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  for (int i = 0; i < 200; ++i) {
    const bool guilty = i % 40 == 7 || i % 40 == 9;
    EXPECT_EQ(replies[i].mishap, guilty ? mishap::crashed : mishap::none) << i;
    EXPECT_EQ(facts_of(replies[i]), guilty ? "(none)" : std::to_string(i));
  }
}

TEST(plugin_misdeeds, others_go_on_while_one_hangs_when_there_are_two_hosts) {
  host_settings how = settings_for({fixture("rogue")});
  how.hosts = 2;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  bool hung_answered = false;
  hosts.pool->call(pool_fixture::request_for("loop"), [&](reply) { hung_answered = true; });
  hosts.run_for(50);
  std::vector<request> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(pool_fixture::request_for("echo " + std::to_string(i)));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(facts_of(replies[i]), std::to_string(i));
  EXPECT_FALSE(hung_answered) << "nobody waited for it";
  hosts.pool->stop();
  hosts.run_for(10);
  EXPECT_TRUE(hung_answered);
}

TEST(plugin_misdeeds, texts_are_made_presentable) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const reply latin = hosts.inspect("latin");
  ASSERT_EQ(latin.issues.size(), 1U);
  EXPECT_EQ(latin.issues[0].code, "rogue-\xEF\xBF\xBD");
  EXPECT_EQ(latin.issues[0].diagnostics, "not UTF-8: \xEF\xBF\xBD( \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD   ");
  const reply nulls = hosts.inspect("nulls");
  EXPECT_EQ(nulls.mishap, mishap::none);
  ASSERT_EQ(nulls.issues.size(), 1U);
  EXPECT_EQ(nulls.issues[0].diagnostics, "");
}

TEST(plugin_misdeeds, ten_thousand_issues_become_a_thousand_and_a_count) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  const reply many = hosts.inspect("issues");
  EXPECT_EQ(many.mishap, mishap::none);
  ASSERT_EQ(many.issues.size(), 1001U);
  EXPECT_EQ(many.issues.back().code, "plugin-issues-left-out");
  EXPECT_EQ(many.issues.back().severity, model::severity::error) << "the worst that was left out";
  EXPECT_THAT(many.issues.back().diagnostics, ::testing::HasSubstr("9000"));
}

TEST(plugin_misdeeds, printing_goes_nowhere_and_unknown_roles_are_ignored) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(hosts.inspect("print something that stays inside").mishap, mishap::none);
  const reply role = hosts.inspect("role");
  EXPECT_EQ(role.mishap, mishap::none);
  EXPECT_EQ(role.parts.size(), 1U);
}

TEST(plugin_misdeeds, ok_without_a_document_is_no_answer) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  EXPECT_EQ(hosts.call(pool_fixture::request_for("{}", operation::encode)).mishap, mishap::bad_reply);
}

TEST(plugin_misdeeds, a_leaking_plugin_is_replaced_before_it_harms_a_message) {
  if (!strict_sandbox) GTEST_SKIP() << "sanitizer build";
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  for (int i = 0; i < 500; ++i) requests.push_back(pool_fixture::request_for("leak"));
  for (const reply& one : hosts.call_all(std::move(requests))) EXPECT_EQ(one.mishap, mishap::none);
  EXPECT_GE(hosts.replaced, 3) << "500 MiB through a limit of 128";
}

TEST(plugin_misdeeds, a_host_killed_from_outside_costs_no_message) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  for (int i = 0; i < 300; ++i) requests.push_back(pool_fixture::request_for("busy 200"));
  boost::asio::steady_timer soon(hosts.io, std::chrono::milliseconds(10));
  soon.async_wait([](auto) {
    for (const std::string& child : children()) ::kill(std::atoi(child.c_str()), SIGKILL);
  });
  for (const reply& one : hosts.call_all(std::move(requests))) EXPECT_EQ(one.mishap, mishap::none);
  EXPECT_EQ(hosts.deaths.size(), 1U);
}

TEST(plugin_misdeeds, a_full_queue_says_busy) {
  host_settings how = settings_for({fixture("rogue")});
  how.queue_max = 10;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(pool_fixture::request_for("echo x"));
  int busy = 0;
  for (const reply& one : hosts.call_all(std::move(requests))) {
    if (one.mishap == mishap::none) continue;
    ++busy;
    EXPECT_EQ(one.status, LIAISON_RETRY);
    EXPECT_EQ(one.mishap, mishap::unavailable);
    EXPECT_EQ(code_of(one), "plugin-busy");
  }
  EXPECT_EQ(busy, 90);
}

TEST(plugin_misdeeds, waiting_has_an_end) {
  host_settings how = settings_for({fixture("rogue")});
  how.deadline_ms = 700;
  how.queue_ms_max = 100;
  how.in_flight_max = 1;
  pool_fixture hosts(std::move(how));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  std::vector<request> requests;
  requests.push_back(pool_fixture::request_for("loop"));
  requests.push_back(pool_fixture::request_for("echo x"));
  const std::vector<reply> replies = hosts.call_all(std::move(requests));
  EXPECT_EQ(replies[0].mishap, mishap::timed_out);
  EXPECT_EQ(code_of(replies[1]), "plugin-busy");
}

TEST(plugin_misdeeds, stop_answers_what_is_under_way) {
  pool_fixture hosts(settings_for({fixture("rogue")}));
  ASSERT_TRUE(hosts.pool) << hosts.why_not.text;
  int answered = 0;
  for (int i = 0; i < 50; ++i)
    hosts.pool->call(pool_fixture::request_for("loop"), [&](reply got) {
      ++answered;
      EXPECT_EQ(got.mishap, mishap::unavailable);
      EXPECT_EQ(got.status, LIAISON_RETRY);
    });
  hosts.run_for(20);
  hosts.pool->stop();
  EXPECT_EQ(answered, 0) << "never from inside the call";
  EXPECT_EQ(children(), std::vector<std::string>{});
  hosts.run_for(20);
  EXPECT_EQ(answered, 50);
}

}  // namespace
}  // namespace liaison::plugin::testing
