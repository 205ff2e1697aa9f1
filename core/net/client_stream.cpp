// SPDX-License-Identifier: Apache-2.0
#include "core/net/client_stream.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <cerrno>

#include <utility>

namespace liaison::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

failure connect_failure(const error_code& error) {
  if (error == asio::error::connection_refused) return {"connection-refused", "the recipient refuses connections"};
  return {"connect-failed", "no connection to the recipient: " + error.message()};
}

}  // namespace

client_stream::client_stream(asio_executor& work, client_target target)
    : work_(work), target_(std::move(target)), resolver_(work.context()), socket_(work.context()) {}

void client_stream::connect(std::function<void(result<done>)> then) {
  then_ = std::move(then);
  deadline_ = work_.call_after(target_.connect_ms_max, [self = shared_from_this(), this] {
    deadline_ = 0;
    finish(failure{"connect-timeout", "the recipient did not take the connection in time"});
  });
  error_code not_numeric;
  const auto address = asio::ip::make_address(target_.host, not_numeric);
  if (!not_numeric) {
    resolved(tcp::resolver::results_type::create(tcp::endpoint(address, target_.port), target_.host, ""));
    return;
  }
  resolver_.async_resolve(target_.host, std::to_string(target_.port), tcp::resolver::numeric_service,
                          [self = shared_from_this(), this](const error_code& error, const auto& found) {
                            if (!then_) return;
                            if (error) {
                              finish(failure{"host-unknown", "the recipient's host name cannot be resolved"});
                              return;
                            }
                            resolved(found);
                          });
}

void client_stream::resolved(const tcp::resolver::results_type& found) {
  asio::async_connect(socket_, found, [self = shared_from_this(), this](const error_code& error, const auto&) {
    if (!then_) return;
    if (error) {
      finish(connect_failure(error));
      return;
    }
    connected();
  });
}

void client_stream::connected() {
  set_connection_options(socket_);
  if (!target_.tls) {
    finish(done{});
    return;
  }
  tls_.emplace(socket_, *target_.tls);
  error_code not_numeric;
  asio::ip::make_address(target_.host, not_numeric);
  if (not_numeric) SSL_set_tlsext_host_name(tls_->native_handle(), target_.host.c_str());
  error_code error;
  tls_->set_verify_callback(asio::ssl::host_name_verification(target_.host), error);
  tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this(), this](const error_code& failed) {
    if (!then_) return;
    if (failed) {
      finish(failure{"tls-handshake", "no trusted connection to the recipient: " + failed.message()});
      return;
    }
    finish(done{});
  });
}

void client_stream::finish(result<done> outcome) {
  if (!then_) return;
  work_.cancel(std::exchange(deadline_, 0));
  open_ = static_cast<bool>(outcome);
  if (!open_) close();
  std::exchange(then_, nullptr)(std::move(outcome));
}

bool client_stream::peer_has_closed() const {
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

void client_stream::close() {
  open_ = false;
  resolver_.cancel();
  error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace liaison::net
