// SPDX-License-Identifier: Apache-2.0
// One accepted HTTP connection: reads a request within limits and time, waits for the handler, writes the answer, and
// goes on with the next. The server owns it.
#pragma once

#include "core/net/http_server.hpp"
#include "core/net/listen_rules.hpp"
#include "core/net/tls.hpp"

#include <cstdint>
#include <memory>

namespace liaison::net {

class http_session;

/// What a session needs of its server.
class http_session_owner {
 public:
  virtual ~http_session_owner() = default;
  virtual void request_arrived(http_request request, std::function<void(http_response)> then) = 0;
  virtual void session_ended(http_session& which) = 0;
  virtual void request_refused() = 0;
  virtual const http_limits& limits() const = 0;
  virtual std::int64_t steady_ms() const = 0;
  virtual bool take_body_bytes(std::int64_t by) = 0;  ///< false: over what all bodies together may hold
};

class http_session {
 public:
  virtual ~http_session() = default;
  virtual void start() = 0;
  virtual void stop() = 0;   ///< answers the request under way, then ends
  virtual void close() = 0;  ///< at once
  virtual void detach() = 0;
};

std::shared_ptr<http_session> make_http_session(http_session_owner& owner, tcp_socket socket, const tls_context& tls);

}  // namespace liaison::net
