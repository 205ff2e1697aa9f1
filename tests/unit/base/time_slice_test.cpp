// SPDX-License-Identifier: Apache-2.0
#include "core/base/time_slice.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

namespace liaison {
namespace {

using namespace std::chrono_literals;

/// Of the calling thread, by the kernel; 0: it knows of none.
std::chrono::nanoseconds slice_now() {
  std::array<unsigned char, 48> how{};  // sched_setattr(2): the running time stands behind 24 bytes
  std::uint64_t runtime = 0;
  if (::syscall(SYS_sched_getattr, 0, how.data(), how.size(), 0) != 0) return 0ns;
  std::memcpy(&runtime, how.data() + 24, sizeof runtime);
  return std::chrono::nanoseconds(runtime);
}

/// In a thread of its own: what it asks for ends with it.
template <class Check>
void in_a_thread(Check check) {
  std::thread(check).join();
}

TEST(time_slice, is_what_the_thread_asked_for_and_its_threads_have_it_too) {
  in_a_thread([] {
    ask_for_time_slices_of(700us);
    if (slice_now() == 0ns) GTEST_SKIP() << "this kernel knows no such thing";
    EXPECT_EQ(slice_now(), 700us);
    in_a_thread([] { EXPECT_EQ(slice_now(), 700us); });
  });
}

TEST(time_slice, leaves_the_priority_alone) {
  in_a_thread([] {
    const auto self = static_cast<id_t>(::gettid());
    ASSERT_EQ(::setpriority(PRIO_PROCESS, self, 7), 0);
    ask_for_time_slices_of(3ms);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, self), 7);
  });
}

}  // namespace
}  // namespace liaison
