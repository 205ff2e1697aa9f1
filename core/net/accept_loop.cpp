// SPDX-License-Identifier: Apache-2.0
#include "core/net/accept_loop.hpp"

#include "core/observe/log.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace liaison::net {

using boost::system::error_code;

constexpr std::int64_t retry_ms = 200;
constexpr rlim_t reserve_max = 256;

namespace {

int end_for_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return std::numeric_limits<int>::max();
  const rlim_t end = files.rlim_cur - std::min(reserve_max, files.rlim_cur / 8);
  return static_cast<int>(std::min<rlim_t>(end, std::numeric_limits<int>::max()));
}

}  // namespace

accept_loop::accept_loop(asio_executor& work, std::string listener, std::function<void(tcp_socket)> then)
    : work_(work), listener_(std::move(listener)), then_(std::move(then)), acceptor_(work.context()), descriptors_end_(end_for_connections()) {}

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
        // The system gives the lowest number that is free: this is how many are in use.
        if (socket.native_handle() >= descriptors_end_) {
          socket.close();
          failed(boost::asio::error::no_descriptors);
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
