// SPDX-License-Identifier: Apache-2.0
#include "core/config/checks.hpp"

#include <arpa/inet.h>

#include <array>
#include <set>

namespace liaison::config {
namespace {

constexpr std::size_t token_size_min = 16;

struct listener {
  key_path key;  // of the object that holds address and port
  std::string address;
  std::uint16_t port;
};

std::string at_port(const listener& one) { return one.address + " port " + std::to_string(one.port); }

/// Whether two listeners would ask for the same port.
bool collide(const listener& a, const listener& b) {
  if (a.port == 0 || a.port != b.port) return false;
  auto same_family = [](const std::string& x, const std::string& y) {
    return (x.find(':') == std::string::npos) == (y.find(':') == std::string::npos);
  };
  const bool one_is_any =
      kind_of_address(a.address) == address_kind::any || kind_of_address(b.address) == address_kind::any;
  return a.address == b.address || (one_is_any && same_family(a.address, b.address)) ||
         (a.address == "localhost" && is_loopback_host(b.address)) ||
         (b.address == "localhost" && is_loopback_host(a.address));
}

key_path with(key_path key, const char* name) {
  key.emplace_back(name);
  return key;
}

enum class authentication : std::uint8_t { none, present };

void check_listener(const check_context& in, const listen_address& listen, const key_path& key, authentication proof,
                    const char* how_to_authenticate) {
  const auto kind = kind_of_address(listen.address);
  if (kind == address_kind::invalid) {
    in.findings.error(in.root, with(key, "address"), "'" + listen.address + "' is no IP address");
    return;
  }
  if (listen.tls) check_tls(in, *listen.tls, with(key, "tls"));
  if (kind == address_kind::loopback) return;
  const bool protected_enough = listen.tls && proof == authentication::present;
  if (!protected_enough && !listen.exposed_without_protection) {
    in.findings.error(in.root, with(key, "address"),
                      listen.address + " can be reached from other machines: this needs " +
                          (listen.tls ? "" : "tls and ") + how_to_authenticate +
                          ", or \"exposed_without_protection\": true");
  } else if (!protected_enough) {
    in.findings.warning(in.root, with(key, "exposed_without_protection"),
                        "whoever reaches " + listen.address + " may send, and reads what is sent");
  }
}

void check_tokens(const check_context& in, const std::vector<std::string>& tokens, const key_path& key,
                  std::map<std::string, std::string>& seen) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty()) continue;  // could not be read, which was said
    const key_path here = with(key, std::to_string(i).c_str());
    if (tokens[i].size() < token_size_min) {
      in.findings.warning(in.root, here,
                          "a token shorter than " + std::to_string(token_size_min) + " characters can be guessed");
    }
    auto [at, fresh] = seen.emplace(tokens[i], dotted(here));
    if (!fresh) in.findings.error(in.root, here, "the same token is at " + at->second);
  }
}

}  // namespace

address_kind kind_of_address(const std::string& address) {
  if (address == "localhost") return address_kind::loopback;
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    const std::uint32_t host = ntohl(four.s_addr);
    if (host == INADDR_ANY) return address_kind::any;
    return (host >> 24) == 127 ? address_kind::loopback : address_kind::other;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return address_kind::invalid;
  if (IN6_IS_ADDR_UNSPECIFIED(&six)) return address_kind::any;
  return IN6_IS_ADDR_LOOPBACK(&six) ? address_kind::loopback : address_kind::other;
}

bool is_loopback_host(const std::string& host) { return kind_of_address(host) == address_kind::loopback; }

void check_listeners(const check_context& in) {
  std::vector<listener> all;
  std::map<std::string, std::string> tokens;
  if (in.of.http) {
    const bool authenticated = !in.of.http_tokens.empty() || (in.of.http->tls && !in.of.http->tls->authorities.empty());
    check_listener(in, *in.of.http, {"listen", "http"}, authenticated ? authentication::present : authentication::none,
                   "tokens or tls.authorities");
    check_tokens(in, in.of.http_tokens, {"listen", "http", "tokens"}, tokens);
    all.push_back({{"listen", "http"}, in.of.http->address, in.of.http->port});
  }
  for (const auto& [name, one] : in.of.endpoints) {
    if (const auto* http = std::get_if<http_source>(&one.source)) {
      const key_path key{"endpoints", name, "source", "http"};
      check_tokens(in, http->tokens, with(key, "tokens"), tokens);
      if (!in.of.http) in.findings.error(in.root, key, "there is no listen.http by which it could come in");
    }
    const auto* mllp = std::get_if<mllp_source>(&one.source);
    if (mllp == nullptr) continue;
    const key_path key{"endpoints", name, "source", "mllp"};
    const bool authenticated = mllp->listen.tls && !mllp->listen.tls->authorities.empty();
    check_listener(in, mllp->listen, key, authenticated ? authentication::present : authentication::none,
                   "tls.authorities (MLLP knows no tokens)");
    all.push_back({key, mllp->listen.address, mllp->listen.port});
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!collide(all[i], all[j])) continue;
      in.findings.error(in.root, with(all[i].key, "port"),
                        at_port(all[i]) + " is already listened on by " + dotted(all[j].key));
      break;
    }
  }
}

}  // namespace liaison::config
