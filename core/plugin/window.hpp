// SPDX-License-Identifier: Apache-2.0
// Memory that the broker shares with one host, in one direction: large bytes are laid down in it and only their place goes
// through the pipe. Two for each host, made with it and gone with it; docs/decisions/0017-shared-windows.md says why so.
#pragma once

#include "core/plugin/room.hpp"

#include <cstdint>
#include <string_view>

namespace liaison::plugin {

/// Address space; memory comes with use. What is larger goes through the pipe.
inline constexpr std::uint32_t window_size_bytes = 8U << 20U;

/// The broker's end. Its size is sealed: no host can cut it from under a reader.
class shared_window {
 public:
  enum class writer : std::uint8_t {
    broker,  ///< sealed against every other writer: the host can only look
    host,    ///< the broker can only look, and must not believe what it sees to stay
  };

  shared_window() = default;  ///< there is none
  /// There is none either when the system cannot make it (Linux before 5.14, no descriptor left): pipes do then.
  explicit shared_window(writer who);
  ~shared_window();
  shared_window(const shared_window&) = delete;
  shared_window& operator=(const shared_window&) = delete;
  shared_window(shared_window&& other) noexcept { swap(other); }
  shared_window& operator=(shared_window&& other) noexcept {
    swap(other);
    return *this;
  }

  std::uint32_t size_bytes() const { return memory_ == nullptr ? 0 : window_size_bytes; }
  char* memory() const { return memory_; }  ///< writing is for the writer
  std::string_view look_at(extent where) const { return {memory_ + where.begin, where.size_bytes}; }

  /// Sees to it that there is memory up to `end`. False: none is to be had. Touching what has none would be a SIGBUS then.
  bool back_up_to(std::uint64_t end);

  int fd() const { return fd_; }  ///< for the host that is started next; -1 afterwards
  void close_fd();

 private:
  int advice() const;
  void swap(shared_window& other) noexcept;

  char* memory_ = nullptr;
  std::uint32_t backed_bytes_ = 0;
  writer writer_ = writer::broker;
  int fd_ = -1;
};

}  // namespace liaison::plugin
