// SPDX-License-Identifier: Apache-2.0
// Where a listener may listen, and opening its socket. Used by the configuration check and at start alike.
#pragma once

#include "core/base/result.hpp"
#include "core/config/configuration.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace liaison::net {

/// Sockets without type-erased executors: everything runs in the one io_context.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using tcp_acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

enum class authentication : std::uint8_t { none, tokens, client_certificates };

/// Anything but loopback needs TLS and authentication, or the configuration's word for it.
/// Failure "listen-unprotected" or "listen-address": address, port and what is missing.
result<done> check_listen_address(const config::listen_address& settings, authentication clients);

/// Failure "port-in-use", "listen-permission" or "listen-address", naming address and port.
result<tcp_acceptor> open_listener(boost::asio::io_context& context, const config::listen_address& settings);

/// "127.0.0.1:2575", "[::1]:2575".
std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint);

/// Whether the address names this machine only: 127.0.0.0/8, ::1.
bool is_loopback(const std::string& address);

/// No delay, keepalive probes after a minute of silence: half-open peers are found within two.
void set_connection_options(tcp_socket& socket);

}  // namespace liaison::net
