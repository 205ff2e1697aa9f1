// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/core_sharing.hpp"

#include <algorithm>
#include <cerrno>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;

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

void core_sharing::forget(pid_t host) { std::erase(guests_, host); }

void core_sharing::gather(pid_t host) {
  cpu_set_t here;
  CPU_ZERO(&here);
  if (!is_sharing()) {
    const int core = ::sched_getcpu();
    if (core < 0 || core >= CPU_SETSIZE || ::sched_getaffinity(0, sizeof allowed_, &allowed_) != 0 || CPU_COUNT(&allowed_) < 2) return;
    CPU_SET(core, &here);
    if (::sched_setaffinity(0, sizeof here, &here) != 0) return;
    core_ = core;
    since_ = steady::now();
  }
  if (std::ranges::find(guests_, host) != guests_.end()) return;
  CPU_SET(core_, &here);
  if (::sched_setaffinity(host, sizeof here, &here) == 0) return guests_.push_back(host);
  is_refused_ = errno == EPERM;
  let_go();
}

void core_sharing::let_go() {
  if (!is_sharing()) return;
  core_ = -1;
  (void)::sched_setaffinity(0, sizeof allowed_, &allowed_);
  for (const pid_t host : guests_) (void)::sched_setaffinity(host, sizeof allowed_, &allowed_);
  guests_.clear();
}

}  // namespace liaison::plugin
