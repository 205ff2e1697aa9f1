// SPDX-License-Identifier: Apache-2.0
// uses: liaison_net
// The bytes of a hostile HTTP client on one connection, then its end. Whatever they are: the session ends, each request
// that arrives is whole and unambiguous (RFC 9112, 6.3), and what is answered is what was asked or refused.
#include "core/net/http_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

class owner final : public net::http_session_owner {
 public:
  explicit owner(boost::asio::io_context& io) : io_(io) {
    limits_.body_size_bytes_max = 4096;
    limits_.header_size_bytes_max = 2048;
  }
  void request_arrived(net::http_request request, std::function<void(net::http_response)> then) override {
    ++requests;
    look_at(request);
    net::http_response answer;
    answer.body = request.body;
    // Twice: the second has no effect.
    boost::asio::post(io_, [answer, then = std::move(then)] {
      then(answer);
      then(answer);
    });
  }
  void session_ended(net::http_session&) override { ++ended; }
  void request_refused() override { ++refused; }
  const net::http_limits& limits() const override { return limits_; }
  std::int64_t steady_ms() const override { return 1; }
  bool take_body_bytes(std::int64_t by) override { return held += by, held <= 8192; }

  int requests = 0, refused = 0, ended = 0;
  std::int64_t held = 0;

 private:
  void look_at(const net::http_request& request) const {
    must(!request.method.empty() && request.path.starts_with("/"));
    must(request.body.size() <= limits_.body_size_bytes_max);
    std::size_t size = 0;
    int lengths = 0, codings = 0, hosts = 0;
    for (const auto& [name, value] : request.headers) {
      size += name.size() + value.size();
      must(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
      must(std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || (c >= 'A' && c <= 'Z'); }));
      lengths += name == "content-length" ? 1 : 0;
      codings += name == "transfer-encoding" ? 1 : 0;
      hosts += name == "host" ? 1 : 0;
    }
    must(size <= limits_.header_size_bytes_max);
    must(lengths <= 1 && codings <= 1 && lengths + codings <= 1 && hosts <= 1);
    if (lengths == 1) must(std::stoull(std::string(request.header("content-length"))) == request.body.size());
    if (codings == 0 && lengths == 0) must(request.body.empty());
  }

  boost::asio::io_context& io_;
  net::http_limits limits_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (32U << 10U)) return 0;  // fits into the socket
  int ends[2] = {-1, -1};
  must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  must(::send(ends[0], data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size));
  must(::shutdown(ends[0], SHUT_WR) == 0);
  boost::asio::io_context io(1);
  owner all(io);
  {
    net::tcp_socket socket(io);
    socket.assign(boost::asio::ip::tcp::v4(), ends[1]);
    net::make_http_session(all, std::move(socket), {})->start();
  }
  io.run();
  must(all.ended == 1 && all.held == 0 && all.refused <= 1);
  std::string answered;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) answered.append(piece, static_cast<std::size_t>(got));
  ::close(ends[0]);
  must(answered.empty() || answered.starts_with("HTTP/1.1 ") || answered.starts_with("HTTP/1.0 "));
  must(all.requests + all.refused == 0 || !answered.empty());
  return 0;
}
