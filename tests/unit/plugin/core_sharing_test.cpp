// SPDX-License-Identifier: Apache-2.0
// Beside a process that sleeps: who may run on how many processors, and when.
#include "core/plugin/core_sharing.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace liaison::plugin {
namespace {

int cores_of(pid_t process) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  return ::sched_getaffinity(process, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : -1;
}

class core_sharing_test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (all < 2) GTEST_SKIP() << "one processor only";
    host = ::fork();
    if (host == 0)
      for (;;) ::pause();
  }
  void TearDown() override {
    if (host <= 0) return;
    ::kill(host, SIGKILL);
    ::waitpid(host, nullptr, 0);
  }
  void one_at_a_time(int calls) {
    for (int i = 0; i < calls; ++i) {
      cores.begun(host, false);
      cores.ended();
    }
  }

  const int all = cores_of(0);
  pid_t host = -1;
  core_sharing cores;
};

TEST_F(core_sharing_test, one_call_at_a_time_for_a_while_brings_both_onto_one_processor) {
  one_at_a_time(3);
  EXPECT_EQ(cores_of(0), all);
  EXPECT_EQ(cores_of(host), all);
  one_at_a_time(30);
  EXPECT_TRUE(cores.is_sharing());
  cpu_set_t ours, theirs;
  ASSERT_EQ(::sched_getaffinity(0, sizeof ours, &ours), 0);
  ASSERT_EQ(::sched_getaffinity(host, sizeof theirs, &theirs), 0);
  EXPECT_EQ(CPU_COUNT(&ours), 1);
  EXPECT_TRUE(CPU_EQUAL(&ours, &theirs));
}

TEST_F(core_sharing_test, a_second_call_under_way_parts_them) {
  one_at_a_time(30);
  cores.begun(host, false);
  cores.begun(host, false);
  EXPECT_FALSE(cores.is_sharing());
  EXPECT_EQ(cores_of(0), all);
  EXPECT_EQ(cores_of(host), all);
  cores.ended(2);
  one_at_a_time(3);
  EXPECT_EQ(cores_of(0), all) << "not after the first that are alone again";
}

TEST_F(core_sharing_test, a_long_call_has_a_processor_of_its_own) {
  one_at_a_time(30);
  cores.begun(host, true);
  EXPECT_EQ(cores_of(0), all);
  EXPECT_EQ(cores_of(host), all);
}

TEST_F(core_sharing_test, what_was_forgotten_is_left_alone) {
  one_at_a_time(30);
  cores.forget(host);
  cores.let_go();
  EXPECT_EQ(cores_of(0), all);
  EXPECT_EQ(cores_of(host), 1) << "its number may be another process's by now";
}

TEST_F(core_sharing_test, a_thread_that_was_bound_stays_bound) {
  cpu_set_t before, first;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&first);
  CPU_SET(::sched_getcpu(), &first);
  ASSERT_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
  one_at_a_time(30);
  EXPECT_FALSE(cores.is_sharing());
  EXPECT_EQ(cores_of(0), 1);
  EXPECT_EQ(cores_of(host), all);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace liaison::plugin
