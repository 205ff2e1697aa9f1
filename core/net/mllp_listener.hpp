// SPDX-License-Identifier: Apache-2.0
// Receives messages over MLLP, with or without TLS: hands each frame to the intake as it comes, answers in the order of
// the frames. One listener per MLLP source. Everything happens on the executor's thread.
#pragma once

#include "core/base/result.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace liaison::net {

/// Since the start; connections: now.
struct mllp_statistics {
  std::uint64_t connections = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  ///< over the limit
  std::uint64_t connections_idle_closed = 0;
  std::uint64_t frames = 0;
  std::uint64_t answers = 0;
  std::uint64_t junk_bytes = 0;
  std::uint64_t frames_truncated = 0;
  std::uint64_t frames_too_large = 0;
};

class mllp_listener {
 public:
  /// `work` and `receiver` outlive the listener. Failures: those of listen_rules.hpp and tls.hpp.
  static result<std::unique_ptr<mllp_listener>> start(asio_executor& work, model::intake& receiver, std::string source,
                                                      const config::mllp_source& settings);
  ~mllp_listener();  ///< closes everything at once; answers that come later are dropped

  /// Changed settings, without closing a connection: limits from the next frame on, TLS files for new connections. A
  /// changed address is opened before the old one is closed. On failure everything stays as it was.
  result<done> adopt(const config::mllp_source& settings);

  /// No new connections and frames; what is in flight is answered, at most `within_ms` long; then `then`.
  void stop(std::int64_t within_ms, std::function<void()> then);

  std::uint16_t port() const;
  mllp_statistics statistics() const;

  struct state;

 private:
  explicit mllp_listener(std::shared_ptr<state> shared);
  std::shared_ptr<state> state_;
};

}  // namespace liaison::net
