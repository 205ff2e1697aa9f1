// SPDX-License-Identifier: Apache-2.0
// An HTTP request and its response as plain values: net carries them, the API's and FHIR's layers answer them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace liaison::model {

struct web_request {
  std::string method;
  std::string path;                          ///< decoded, without query
  std::map<std::string, std::string> query;  ///< decoded; the last one wins
  std::vector<std::pair<std::string, std::string>> parameters;  ///< the same, all of them, in their order
  std::vector<std::pair<std::string, std::string>> headers;     ///< names in lower case
  std::string content_type;
  std::string bearer_token;  ///< empty: none
  std::string host;          ///< as the client wrote it
  std::string origin;        ///< of the page that asks, when a browser does
  std::string peer;
  std::vector<std::string> client_names;  ///< that the client's verified certificate gives
  bool from_loopback = false;
  bool encrypted = false;
  std::string body;

  std::string_view header(std::string_view name) const {
    for (const auto& [known, value] : headers)
      if (known == name) return value;
    return {};
  }
};

struct web_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
};

using respond = std::function<void(web_response)>;

}  // namespace liaison::model
