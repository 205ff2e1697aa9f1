// SPDX-License-Identifier: Apache-2.0
// Requests to one HTTP server, over connections that are kept between them. Certificates are verified, no redirection is
// followed, and no more of an answer is read than was asked for.
#pragma once

#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace liaison::net {

struct http_call {
  std::string method = "POST";
  std::string target = "/";
  std::map<std::string, std::string> headers;  ///< besides those of the settings
  shared_bytes body;                           ///< may be null
  std::uint64_t answer_size_bytes_max = 0;     ///< of the answer's body; more, or 0: it is left unread
};

struct http_reply {
  /// Set: there was no answer, and why. Otherwise the rest holds.
  std::optional<model::send_outcome> failure;
  /// With a failure: whether the request may have reached the server.
  bool may_have_arrived = false;
  unsigned status = 0;
  std::string retry_after;
  std::string body;  ///< empty when it was not wanted, too large, or cut
};

/// `work` outlives the client. A call under way when the client is destroyed still calls back. Thread: the executor's.
/// Codes of failures: those of client_stream.hpp; "answer-timeout", "connection-lost", "http-malformed", "http-unsendable",
/// "address-malformed", "tls-files".
class http_client {
 public:
  http_client(asio_executor& work, config::http_destination settings);
  ~http_client();

  /// Calls back exactly once, never from inside the call, within `answer_ms_max`.
  void ask(http_call what, std::function<void(http_reply)> then);

  const config::http_destination& settings() const;
  /// Path (and query) of the configured url.
  std::string target() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace liaison::net
