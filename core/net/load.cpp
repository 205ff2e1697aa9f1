// SPDX-License-Identifier: Apache-2.0
#include "core/net/load.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>

namespace liaison::net {

namespace {

failure system_failure(const char* during) { return {"io-error", std::string(during) + ": " + std::strerror(errno)}; }

struct file_descriptor {
  int value = -1;
  file_descriptor() = default;
  explicit file_descriptor(int fd) : value(fd) {}
  file_descriptor(file_descriptor&& other) noexcept : value(std::exchange(other.value, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(value, other.value);
    return *this;
  }
  ~file_descriptor() {
    if (value >= 0) ::close(value);
  }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// MSH-10 and nothing else: the acknowledgement has to name it.
std::string_view control_id(std::string_view frame) {
  std::size_t at = 0;
  for (int field = 0; field < 9 && at != std::string_view::npos; ++field) at = frame.find('|', at + 1);
  if (at == std::string_view::npos) return {};
  return frame.substr(at + 1, frame.find('|', at + 1) - at - 1);
}

struct bare_connection {
  file_descriptor fd;
  std::string received, answer;
};

/// Takes every whole frame of the connection into the group.
void collect(bare_connection& c, std::string& group) {
  for (;;) {
    const std::size_t end = c.received.find("\x1c\r");
    if (end == std::string::npos) return;
    const std::size_t start = c.received.find('\x0b');
    const std::string_view frame = std::string_view(c.received).substr(start + 1, end - start - 1);
    group.append(frame);
    c.answer += "\x0bMSH|^~\\&|BARE|||||ACK|1|P|2.5\rMSA|AA|";
    c.answer += control_id(frame);
    c.answer += "\r\x1c\r";
    c.received.erase(0, end + 2);
  }
}

/// Serves until something breaks. `keep` is given each group of messages before it is answered.
result<done> serve(const std::function<void(std::uint16_t port)>& ready, const std::function<bool(const std::string&)>& keep) {
  file_descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (::bind(listener.value, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener.value, 1024) != 0 ||
      ::getsockname(listener.value, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    return system_failure("listening");
  file_descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener.value;
  ::epoll_ctl(poll.value, EPOLL_CTL_ADD, listener.value, &event);
  ready(ntohs(address.sin_port));
  std::map<int, bare_connection> connections;
  std::array<epoll_event, 256> events{};
  std::array<char, 1 << 16> chunk{};
  for (;;) {
    const int count = ::epoll_wait(poll.value, events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) return system_failure("waiting");
    std::string group;
    std::vector<int> answering;
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener.value) {
        const int accepted = ::accept4(listener.value, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) continue;
        no_delay(accepted);
        event.data.fd = accepted;
        ::epoll_ctl(poll.value, EPOLL_CTL_ADD, accepted, &event);
        connections[accepted].fd = file_descriptor(accepted);
        continue;
      }
      bare_connection& c = connections[fd];
      const ssize_t n = ::read(fd, chunk.data(), chunk.size());
      if (n <= 0) {
        connections.erase(fd);
        continue;
      }
      c.received.append(chunk.data(), static_cast<std::size_t>(n));
      collect(c, group);
      if (!c.answer.empty()) answering.push_back(fd);
    }
    if (!group.empty() && !keep(group)) return system_failure("writing the log");
    for (int fd : answering) {
      bare_connection& c = connections[fd];
      if (::send(fd, c.answer.data(), c.answer.size(), MSG_NOSIGNAL) < 0)
        connections.erase(fd);
      else
        c.answer.clear();
    }
  }
}

/// All of it on a blocking socket, however many calls that takes.
bool send_all(int fd, std::array<iovec, 3> parts) {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (message.msg_iovlen > 0) {
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent < 0) return false;
    auto left = static_cast<std::size_t>(sent);
    while (message.msg_iovlen > 0 && left >= message.msg_iov->iov_len) {
      left -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen == 0) break;
    message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + left;
    message.msg_iov->iov_len -= left;
  }
  return true;
}

}  // namespace

result<done> run_bare_server(const std::string& file, const std::function<void(std::uint16_t port)>& ready) {
  file_descriptor log(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (log.value < 0) return system_failure("opening the log");
  return serve(ready, [&](const std::string& group) {
    return ::write(log.value, group.data(), group.size()) == static_cast<ssize_t>(group.size()) && ::fdatasync(log.value) == 0;
  });
}

result<done> run_answering_peer(const std::function<void(std::uint16_t port)>& ready) {
  return serve(ready, [](const std::string&) { return true; });
}

result<std::uint16_t> free_loopback_port() {
  file_descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (::bind(fd.value, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd.value, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    return system_failure("looking for a free port");
  return static_cast<std::uint16_t>(ntohs(address.sin_port));
}

result<load_outcome> run_load(const load_settings& settings) {
  using clock = std::chrono::steady_clock;
  struct connection {
    file_descriptor fd;
    std::string received;
    clock::time_point sent_at;
  };
  std::vector<connection> connections(settings.connections);
  file_descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  std::uint64_t number = 0;
  const auto send_next = [&](connection& c) {
    std::string head = "\x0b" + settings.message(number++);
    std::string end = "\x1c\r";
    c.sent_at = clock::now();
    return send_all(c.fd.value, {iovec{head.data(), head.size()}, iovec{const_cast<char*>(settings.tail.data()), settings.tail.size()},
                                 iovec{end.data(), end.size()}});
  };
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connection& c = connections[i];
    c.fd = file_descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(settings.port);
    if (::connect(c.fd.value, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return system_failure("connecting");
    no_delay(c.fd.value);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(poll.value, EPOLL_CTL_ADD, c.fd.value, &event);
  }
  std::vector<float> latencies;
  latencies.reserve(1 << 20);
  load_outcome outcome;
  const auto begin = clock::now();
  const auto end = begin + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(settings.seconds));
  const auto is_last = [&] { return settings.messages_max > 0 && number >= settings.messages_max; };
  std::size_t waiting = 0;
  for (connection& c : connections) {
    if (is_last()) break;
    if (!send_next(c)) return system_failure("sending");
    ++waiting;
  }
  std::array<epoll_event, 256> events{};
  std::array<char, 16384> chunk{};
  while (waiting > 0) {
    const int count = ::epoll_wait(poll.value, events.data(), events.size(), 10'000);
    if (count == 0) return failure{"timed-out", "no acknowledgement for ten seconds"};
    const auto now = clock::now();
    for (int i = 0; i < count; ++i) {
      connection& c = connections[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t n = ::read(c.fd.value, chunk.data(), chunk.size());
      if (n <= 0) return failure{"closed", "the server closed a connection"};
      c.received.append(chunk.data(), static_cast<std::size_t>(n));
      if (c.received.find('\x1c') == std::string::npos) continue;
      ++(c.received.find("MSA|AA|") != std::string::npos ? outcome.accepted : outcome.refused);
      latencies.push_back(std::chrono::duration<float, std::micro>(now - c.sent_at).count());
      c.received.clear();
      if (now >= end || is_last())
        --waiting;
      else if (!send_next(c))
        return system_failure("sending");
    }
  }
  outcome.seconds = std::chrono::duration<double>(clock::now() - begin).count();
  std::sort(latencies.begin(), latencies.end());
  if (!latencies.empty()) {
    outcome.latency_p50_us = latencies[latencies.size() / 2];
    outcome.latency_p99_us = latencies[latencies.size() * 99 / 100];
  }
  return outcome;
}

}  // namespace liaison::net
