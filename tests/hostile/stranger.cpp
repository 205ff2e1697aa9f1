// SPDX-License-Identifier: Apache-2.0
#include "stranger.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace liaison::test {

namespace {

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace

stranger::stranger(std::uint16_t port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(handle_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
}

stranger::~stranger() { ::close(handle_); }

void stranger::write(std::string_view bytes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!bytes.empty() && std::chrono::steady_clock::now() < end) {
    const ssize_t put = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) return;
    // Who answers before everything was read may wait for us to read.
    pollfd ready{handle_, POLLIN | POLLOUT, 0};
    if (::poll(&ready, 1, 1'000) > 0 && (ready.revents & POLLIN) != 0 && !read_some(0)) return;
  }
}

void stranger::write_slowly(std::string_view bytes, std::size_t piece, int pause_ms) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    write(bytes.substr(0, piece));
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  }
}

void stranger::end_output() { ::shutdown(handle_, SHUT_WR); }

bool stranger::read_some(int ms_max) {
  pollfd ready{handle_, POLLIN, 0};
  if (closed_ || ::poll(&ready, 1, ms_max) <= 0) return false;
  char piece[16'384];
  const ssize_t got = ::recv(handle_, piece, sizeof piece, 0);
  if (got <= 0) closed_ = true;
  else read_.append(piece, static_cast<std::size_t>(got));
  return got > 0;
}

const std::string& stranger::read_until(std::string_view text, std::size_t count, int ms_max) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms_max);
  while (count_of(read_, text) < count && !closed_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 || (!read_some(static_cast<int>(left)) && !closed_)) break;
  }
  return read_;
}

const std::string& stranger::read_all(int ms_max) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms_max);
  while (!closed_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) break;
    read_some(static_cast<int>(left));
  }
  return read_;
}

}  // namespace liaison::test
