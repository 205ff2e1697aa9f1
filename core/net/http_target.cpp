// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_target.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace liaison::net {
namespace {

enum class plus : bool { stays, is_space };

int digit_of(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, plus meaning) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char byte = text[at];
    if (byte == '+' && meaning == plus::is_space) byte = ' ';
    if (byte == '%') {
      if (text.size() - at < 3) return std::nullopt;
      const int high = digit_of(text[at + 1]), low = digit_of(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      byte = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) return std::nullopt;
    out += byte;
  }
  return out;
}

}  // namespace

std::optional<http_target> parse_http_target(std::string_view target) {
  constexpr std::size_t parts_max = 100;
  if (target.empty() || target.front() != '/') return std::nullopt;
  const std::size_t mark = target.find('?');
  http_target parsed;
  auto path = decoded(target.substr(0, mark), plus::stays);
  if (!path) return std::nullopt;
  parsed.path = std::move(*path);
  if (mark == std::string_view::npos) return parsed;

  std::string_view rest = target.substr(mark + 1);
  for (std::size_t parts = 0; !rest.empty(); ++parts) {
    if (parts == parts_max) return std::nullopt;
    const std::size_t end = rest.find('&');
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto name = decoded(part.substr(0, equals), plus::is_space);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : decoded(part.substr(equals + 1), plus::is_space);
    if (!name || !value) return std::nullopt;
    parsed.parameters.emplace_back(*name, *value);
    parsed.query[std::move(*name)] = std::move(*value);
  }
  return parsed;
}

std::string bearer_token_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  const bool is_bearer = std::equal(scheme.begin(), scheme.end(), authorization.begin(),
                                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
  if (!is_bearer) return {};
  authorization.remove_prefix(scheme.size());
  while (!authorization.empty() && authorization.front() == ' ') authorization.remove_prefix(1);
  while (!authorization.empty() && authorization.back() == ' ') authorization.remove_suffix(1);
  return std::string(authorization);
}

}  // namespace liaison::net
