// SPDX-License-Identifier: Apache-2.0
// What the network tests share: an executor on its own thread, a scripted intake, a blocking peer with time-outs and
// a folder that is removed at the end.
#pragma once

#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace liaison::net::testing_support {

/// Runs the executor beside the test; `on` does something on its thread and waits for it.
class running_executor {
 public:
  running_executor() : thread_([this] { executor.run(); }) {}
  ~running_executor() {
    executor.stop();
    thread_.join();
  }
  template <class Work>
  auto on(Work work) -> decltype(work()) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto outcome = task.get_future();
    executor.post([&task] { task(); });
    return outcome.get();
  }
  asio_executor executor;

 private:
  std::thread thread_;
};

/// True as soon as `condition` holds, false when it does not within twenty seconds, since machines that test are busy.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return condition();
}

inline model::answer answer_of(model::verdict verdict, std::string acknowledgement = {}) {
  model::answer answer;
  answer.verdict = verdict;
  answer.acknowledgement = std::move(acknowledgement);
  return answer;
}

/// Answers by `reply`, which may keep the callback. Everything is touched on the executor's thread only, but counts.
class scripted_intake : public model::intake {
 public:
  using callback = std::function<void(model::answer)>;
  std::function<void(const model::arrival&, callback)> reply = [](const model::arrival& what, const callback& then) {
    then(answer_of(model::verdict::accepted, "ACK " + *what.bytes));
  };
  void accept(model::arrival what, callback then) override {
    {
      const std::lock_guard lock(mutex_);
      arrivals_.push_back(what);
    }
    reply(what, std::move(then));
  }
  std::vector<model::arrival> arrivals() const {
    const std::lock_guard lock(mutex_);
    return arrivals_;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return arrivals_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<model::arrival> arrivals_;
};

/// A client on loopback that never waits longer than twenty seconds.
class peer {
 public:
  explicit peer(std::uint16_t port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~peer() { close(); }
  peer(peer&& other) noexcept : handle_(std::exchange(other.handle_, -1)), connected_(other.connected_) {}
  bool connected() const { return connected_; }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// As much as is there, at least one byte; empty: closed by the other side. "<timeout>" when nothing came.
  std::string receive(int wait_ms = 20'000) const {
    pollfd ready{handle_, POLLIN, 0};
    if (::poll(&ready, 1, wait_ms) <= 0) return "<timeout>";
    std::string bytes(65'536, '\0');
    const ssize_t got = ::recv(handle_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  /// Until `size_bytes` came, the other side closed or time is up.
  std::string receive_all(std::size_t size_bytes) const {
    std::string all;
    while (all.size() < size_bytes) {
      const std::string more = receive();
      if (more.empty() || more == "<timeout>") break;
      all += more;
    }
    return all;
  }
  std::string receive_until_closed() const { return receive_all(std::string::npos); }
  void finish_sending() const { ::shutdown(handle_, SHUT_WR); }
  void close() {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
  }
  int handle() const { return handle_; }

 private:
  int handle_;
  bool connected_ = false;
};

inline std::string framed(const std::string& content) { return "\v" + content + "\x1c\r"; }

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "liaison-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
  }
  std::vector<std::string> names(const std::string& below = {}) const {
    std::vector<std::string> all;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(path(below), ignored))
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  std::string path_;
};

}  // namespace liaison::net::testing_support
