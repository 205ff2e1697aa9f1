// SPDX-License-Identifier: Apache-2.0
// The ends of a measurement over MLLP: a bare server, the least that any durable receiver must do, a recipient that says yes to
// everything, and a load of connections that send, wait for the acknowledgement and send again. Used by `liaison bench` only.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::net {

/// Reads frames, appends them to `file` in groups, calls fdatasync, answers AA, and parses nothing but MSH-10. Listens
/// on 127.0.0.1, tells the port by `ready`, and serves until the process is killed. Blocks.
result<done> run_bare_server(const std::string& file, const std::function<void(std::uint16_t port)>& ready);

/// The same without keeping anything: a recipient that acknowledges at once, and so never is the limit.
result<done> run_answering_peer(const std::function<void(std::uint16_t port)>& ready);

/// A port of 127.0.0.1 that was free a moment ago.
result<std::uint16_t> free_loopback_port();

struct load_settings {
  std::uint16_t port = 0;  ///< on 127.0.0.1
  unsigned connections = 1;
  double seconds = 3;
  std::uint64_t messages_max = 0;  ///< sent in all, where `seconds` do not end it before; 0: no limit
  std::function<std::string(std::uint64_t number)> message;  ///< content of one frame
  std::string_view tail;                                     ///< what ends every message: not made anew, not copied
};

struct load_outcome {
  std::uint64_t accepted = 0, refused = 0;
  double seconds = 0;
  double latency_p50_us = 0, latency_p99_us = 0;
};

/// One thread, each connection with one message in flight. Failure when a connection breaks.
result<load_outcome> run_load(const load_settings& settings);

}  // namespace liaison::net
