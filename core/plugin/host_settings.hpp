// SPDX-License-Identifier: Apache-2.0
// How plugins are run, and what an observer is told about it.
#pragma once

#include "core/plugin/translators.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin {

enum class host_event_kind : std::uint8_t {
  started,      ///< a host process is ready
  ended,        ///< a host process died or was killed; `text` says of what
  left,         ///< a host process ended because it was asked to
  replaced,     ///< a host had grown and got a successor
  load_failed,  ///< a plugin cannot be used; `text` says why
  called,       ///< one request was answered; `mishap` says how it went with the process
};

/// No patient data in any of it. The texts live as long as the call of the observer.
struct host_event {
  host_event_kind kind = host_event_kind::called;
  std::string_view plugin;  ///< id, or the file's path when it could not be loaded
  std::string_view text;
  plugin::mishap mishap = mishap::none;
  operation what = operation::inspect;
  std::uint64_t elapsed_us = 0;  ///< called: in the translator
};

/// A plugin of the directory that cannot be loaded.
enum class bad_plugin : std::uint8_t { refuse_to_start, leave_out };

/// The sandbox needs seccomp; only a configuration that says so runs plugins without.
enum class no_seccomp : std::uint8_t { refuse_to_start, run_unconfined };

struct host_settings {
  std::string host_program;        ///< path of liaison-host; empty: beside the running program
  std::string directory;           ///< every *.so in it, in the order of their names
  std::vector<std::string> files;  ///< besides those
  unsigned hosts = 1;              ///< processes per plugin; the second and later start when there is work for them
  std::uint64_t memory_bytes_max = 1ULL << 30U;
  std::uint64_t reply_size_bytes_max = 256ULL << 20U;
  std::int64_t deadline_ms = 10'000;                      ///< per call; its process is killed then
  std::int64_t start_ms_max = 10'000;                     ///< from exec to ready
  std::int64_t queue_ms_max = 30'000;                     ///< a request that waited longer is answered RETRY
  std::int64_t rest_ms = 0;                               ///< without a call for so long they leave, until the next one; 0: never
  std::size_t queue_max = 16'384;                         ///< requests waiting per plugin; one more is answered RETRY
  std::size_t in_flight_max = 32;                         ///< calls handed to one process, of together at most
  std::size_t in_flight_bytes_max = 1U << 20U;            ///< these bytes; a larger call goes alone
  std::map<std::string, std::string> configuration_json;  ///< plugin id → JSON object
  bad_plugin on_bad_plugin = bad_plugin::refuse_to_start;
  no_seccomp on_no_seccomp = no_seccomp::refuse_to_start;
  std::function<void(const host_event&)> observer;  ///< executor's thread; must not call back into the translators
};

}  // namespace liaison::plugin
