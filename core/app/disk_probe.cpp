// SPDX-License-Identifier: Apache-2.0
#include "core/app/disk_probe.hpp"

#include "core/net/directory.hpp"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace liaison::app {
namespace {

constexpr std::int64_t fresh_ms = 1'000;
constexpr std::int64_t patience_ms = 3'000;
constexpr const char* probe_name = ".can-be-written";

/// "" or what the disk said. Names no folder: whoever asks needs no credentials.
std::string write_in(const std::string& folder) {
  const auto at = net::open_directory(folder);
  if (!at) return "its folder cannot be opened";
  if (const auto written = net::write_file(at.value(), probe_name, "?"); !written) {
    ::unlinkat(at.value().handle(), probe_name, 0);
    return written.error().text;
  }
  if (::unlinkat(at.value().handle(), probe_name, 0) != 0) return net::failure_of(errno, "a file cannot be removed").text;
  return {};
}

}  // namespace

void disk_probe::ask(answer then) {
  const std::int64_t now = executor_.steady_ms();
  if (is_known_ && now - known_at_ms_ < fresh_ms) return then(why_not_);
  waiting_.push_back(std::move(then));
  if (is_under_way_) {
    if (now - asked_at_ms_ >= patience_ms) tell();
    return;
  }
  is_under_way_ = true;
  is_known_ = false;
  asked_at_ms_ = now;
  why_not_ = "it has not answered for " + std::to_string(patience_ms / 1000) + " seconds or more";
  const auto timer = executor_.call_after(patience_ms, [this] { tell(); });
  auto said = std::make_shared<std::string>();
  executor_.run_blocking([said, folder = folder_] { *said = write_in(folder); },
                         [this, said, timer] {
                           executor_.cancel(timer);
                           is_under_way_ = false;
                           is_known_ = true;
                           known_at_ms_ = executor_.steady_ms();
                           why_not_ = std::move(*said);
                           tell();
                         });
}

void disk_probe::tell() {
  for (const auto& each : std::exchange(waiting_, {})) each(why_not_);
}

}  // namespace liaison::app
