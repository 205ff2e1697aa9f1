// SPDX-License-Identifier: Apache-2.0
#include "core/net/listen_rules.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace liaison::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string place_of(const config::listen_address& settings) {
  const bool v6 = settings.address.find(':') != std::string::npos;
  return (v6 ? "[" + settings.address + "]" : settings.address) + ":" + std::to_string(settings.port);
}

result<asio::ip::address> parsed(const config::listen_address& settings) {
  error_code error;
  auto address = asio::ip::make_address(settings.address == "localhost" ? "127.0.0.1" : settings.address, error);
  if (error) return failure{"listen-address", "\"" + settings.address + "\" is not an IP address to listen on"};
  return address;
}

failure cannot_listen(const config::listen_address& settings, const error_code& error) {
  if (error == asio::error::address_in_use)
    return {"port-in-use", "cannot listen on " + place_of(settings) + ": the port is in use by another program"};
  if (error == asio::error::access_denied)
    return {"listen-permission", "cannot listen on " + place_of(settings) + ": no permission for this port"};
  return {"listen-address", "cannot listen on " + place_of(settings) + ": " + error.message()};
}

}  // namespace

bool is_loopback(const std::string& address) {
  error_code error;
  const auto parsed_address = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  return !error && parsed_address.is_loopback();
}

result<done> check_listen_address(const config::listen_address& settings, authentication clients) {
  const auto address = parsed(settings);
  if (!address) return address.error();
  if (address.value().is_loopback() || settings.exposed_without_protection) return done{};
  std::string missing;
  if (!settings.tls) missing = "TLS";
  if (clients == authentication::none) missing += missing.empty() ? "authentication" : " and authentication";
  if (missing.empty()) return done{};
  return failure{"listen-unprotected",
                 "listening on " + place_of(settings) + " would expose patient data: " + missing +
                     " missing; configure it, listen on 127.0.0.1, or set \"exposed_without_protection\": true"};
}

result<tcp_acceptor> open_listener(asio::io_context& context, const config::listen_address& settings) {
  const auto address = parsed(settings);
  if (!address) return address.error();
  const tcp::endpoint endpoint(address.value(), settings.port);
  tcp_acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return cannot_listen(settings, error);
  return acceptor;
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

void set_connection_options(tcp_socket& socket) {
  error_code ignored;  // a socket that refuses an option still works
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int handle = socket.native_handle();
  const auto set = [handle](int option, int value) { ::setsockopt(handle, IPPROTO_TCP, option, &value, sizeof value); };
  set(TCP_KEEPIDLE, 60);
  set(TCP_KEEPINTVL, 15);
  set(TCP_KEEPCNT, 4);
}

}  // namespace liaison::net
