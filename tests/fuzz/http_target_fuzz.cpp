// SPDX-License-Identifier: Apache-2.0
// uses: liaison_net
// The targets of requests and their credentials: what is decoded is no longer than what came, holds no control bytes, and
// says the same in the list and in the map.
#include "core/net/http_target.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void look_at(const std::string& text) {
  for (char byte : text) must(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = liaison::net::parse_http_target(text)) {
    must(target->path.starts_with("/"));
    look_at(target->path);
    std::size_t decoded = target->path.size();
    must(target->parameters.size() <= 100 && target->query.size() <= target->parameters.size());
    for (const auto& [name, value] : target->parameters) {
      look_at(name);
      look_at(value);
      decoded += name.size() + value.size();
      must(target->query.count(name) == 1);
    }
    must(decoded <= text.size());
  }
  const std::string token = liaison::net::bearer_token_of(text);
  must(token.size() < text.size() || token.empty());
  return 0;
}
