// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 for the API, the FHIR intake and the console: parses requests within limits, hands them to one handler,
// writes the answers in order. Knows no paths and no credentials. What breaks a limit is answered here, as {"code",
// "text"}.
#pragma once

#include "core/base/result.hpp"
#include "core/config/configuration.hpp"
#include "core/net/asio_executor.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace liaison::net {

struct http_request {
  std::string method;                        ///< "GET" also for HEAD, whose answer is written without its body
  std::string path;                          ///< decoded, without query
  std::map<std::string, std::string> query;  ///< decoded; the last one wins
  std::vector<std::pair<std::string, std::string>> parameters;  ///< all of the query, in their order
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, in the order of the request
  std::string body;
  std::string peer;  ///< "127.0.0.1:40412"
  std::vector<std::string> client_names;  ///< of the certificate that the client showed, verified: CN and DNS names
  bool from_loopback = false;
  bool encrypted = false;
  std::string bearer_token;  ///< as presented: nobody has checked it; empty: none

  /// First value of a header by its lower-case name; empty: none.
  std::string_view header(std::string_view name) const;
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
};

/// Thread: the executor's. Calls back once, at any time, on the same thread; after the connection is gone it has no
/// effect.
using http_handler = std::function<void(http_request, std::function<void(http_response)>)>;

struct http_limits {
  std::uint64_t body_size_bytes_max = 64U << 20;
  std::uint32_t connections_max = 1'000;
  std::uint32_t header_size_bytes_max = 16U << 10;
  std::int64_t header_ms_max = 10'000;                  ///< from a request's first byte to the end of its header
  std::int64_t idle_ms_max = 60'000;                    ///< between requests
  std::int64_t stall_ms_max = 20'000;                   ///< without a byte of a body or an answer going through
  std::uint32_t body_rate_bytes_per_s_min = 16U << 10;  ///< slower than that, after the first stall_ms_max, is given up
};

struct http_statistics {
  std::uint64_t connections = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t requests = 0;
  std::uint64_t requests_bad = 0;  ///< answered here: 400, 408, 413, 431, 503
};

class http_server {
 public:
  /// `authentication_required`: somebody checks credentials on every path that shows or takes data. Failures: those of
  /// listen_rules.hpp and tls.hpp.
  enum class credentials : std::uint8_t { not_required, required };
  static result<std::unique_ptr<http_server>> start(asio_executor& work, const config::listen_address& address,
                                                    credentials needed, const http_limits& limits,
                                                    http_handler handler);
  ~http_server();

  /// As mllp_listener::adopt: nothing is closed.
  result<done> adopt(const config::listen_address& address, credentials needed, const http_limits& limits);
  /// No new connections and requests; those under way are answered, at most `within_ms` long; then `then`.
  void stop(std::int64_t within_ms, std::function<void()> then);

  std::uint16_t port() const;
  http_statistics statistics() const;

  struct state;

 private:
  explicit http_server(std::shared_ptr<state> shared);
  std::shared_ptr<state> state_;
};

}  // namespace liaison::net
