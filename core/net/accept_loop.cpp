// SPDX-License-Identifier: Apache-2.0
#include "core/net/accept_loop.hpp"

#include "core/observe/log.hpp"

#include <utility>

namespace liaison::net {

using boost::system::error_code;

constexpr std::int64_t retry_ms = 200;

accept_loop::accept_loop(asio_executor& work, std::string listener, std::function<void(tcp_socket)> then)
    : work_(work), listener_(std::move(listener)), then_(std::move(then)), acceptor_(work.context()) {}

void accept_loop::use(tcp_acceptor acceptor) {
  ++openings_;
  acceptor_ = std::move(acceptor);
  accept_next();
}

void accept_loop::close() {
  ++openings_;
  error_code ignored;
  acceptor_.close(ignored);
  then_ = nullptr;
}

std::uint16_t accept_loop::port() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void accept_loop::accept_next() {
  acceptor_.async_accept(
      [self = shared_from_this(), this, opened = openings_](const error_code& error, tcp_socket socket) {
        if (opened != openings_) return;
        if (error) {
          failed(error);
          return;
        }
        fails_ = false;
        then_(std::move(socket));
        if (opened == openings_) accept_next();
      });
}

void accept_loop::failed(const error_code& error) {
  const bool no_room = error == boost::asio::error::no_descriptors || error.value() == ENFILE ||
                       error.value() == ENOBUFS || error.value() == ENOMEM;
  const bool first = !std::exchange(fails_, no_room);
  if (first) {
    observe::log_line(observe::level::error, "accept-failed")
        .with("listener", listener_)
        .with("error", error.message());
  }
  work_.call_after(no_room ? retry_ms : 1, [self = shared_from_this(), this, opened = openings_] {
    if (opened == openings_) accept_next();
  });
}

}  // namespace liaison::net
