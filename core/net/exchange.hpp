// SPDX-License-Identifier: Apache-2.0
// One question, one answer, then the connection closes: what the command line needs to talk to a gateway or a
// peer. Blocking, with a deadline; the gateway itself never uses this.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace liaison::net {

struct address {
  std::string scheme;  ///< "mllp", "mllps", "http", "https"
  std::string host;
  std::uint16_t port = 0;
  std::string target = "/";  ///< path and query
};

/// "mllp://127.0.0.1:2575", "http://localhost:8480/api/v1/messages". Failure "address-malformed".
result<address> address_from(const std::string& text);

/// Sends one MLLP frame and gives the content of the answering frame. Failures: "unreachable", "timed-out", "closed".
result<std::string> mllp_exchange(const address& to, const std::string& message, std::int64_t deadline_ms);

struct http_question {
  std::string method = "GET";
  std::map<std::string, std::string> headers;
  std::string body;
};
struct http_answer {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};
/// Follows no redirection. TLS certificates are verified against the system's authorities, or `authorities_file`.
result<http_answer> http_exchange(const address& to, const http_question& what, std::int64_t deadline_ms,
                                  const std::string& authorities_file = {});

}  // namespace liaison::net
