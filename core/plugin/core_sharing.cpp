// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/core_sharing.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;

constexpr pid_t calling_thread = 0;  ///< as the kernel's calls name it
constexpr unsigned alone_min = 16;
constexpr std::chrono::seconds shared_max(1);  ///< then the scheduler may choose once more

}  // namespace

void core_sharing::begun(pid_t host, bool is_long) {
  const bool is_alone = under_way_++ == 0 && !is_long;
  if (!is_alone) {
    alone_ = 0;
    return let_go();
  }
  if (is_refused_) return;
  if (alone_ < alone_min) {
    ++alone_;
    return;
  }
  if (is_sharing() && steady::now() - since_ > shared_max) return let_go();
  gather(host);
}

void core_sharing::ended(std::size_t calls) { under_way_ -= calls; }

void core_sharing::forget(pid_t host) { std::erase(bound_, host); }

void core_sharing::gather(pid_t host) {
  if (std::ranges::find(bound_, host) != bound_.end()) return;
  if (!is_sharing()) {
    if (::sched_getaffinity(0, sizeof allowed_, &allowed_) != 0 || CPU_COUNT(&allowed_) < 2) return;
    since_ = steady::now();
  }
  const int core = ::sched_getcpu();
  if (core < 0 || core >= CPU_SETSIZE) return;
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(core, &here);
  // The thread first: from then on it is the same processor for every host.
  for (const pid_t each : {calling_thread, host}) {
    if (std::ranges::find(bound_, each) != bound_.end()) continue;
    if (::sched_setaffinity(each, sizeof here, &here) != 0) {
      is_refused_ = errno == EPERM;
      return let_go();
    }
    bound_.push_back(each);
  }
}

void core_sharing::let_go() {
  for (const pid_t each : std::exchange(bound_, {})) (void)::sched_setaffinity(each, sizeof allowed_, &allowed_);
}

}  // namespace liaison::plugin
