// SPDX-License-Identifier: Apache-2.0
// The target of an HTTP request (RFC 9112, 3.2.1 origin-form), decoded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace liaison::net {

struct http_target {
  std::string path;
  std::map<std::string, std::string> query;  ///< the last one of a name
  std::vector<std::pair<std::string, std::string>> parameters;  ///< all, in their order
};

/// Nothing when it does not begin with a slash, an escape is broken, a control byte results, or the query has more than
/// a hundred parts.
std::optional<http_target> parse_http_target(std::string_view target);

/// "abc" of "Bearer abc"; empty when it is anything else.
std::string bearer_token_of(std::string_view authorization);

}  // namespace liaison::net
