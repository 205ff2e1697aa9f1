// SPDX-License-Identifier: Apache-2.0
// Bytes read from a pipe, waiting to be understood. Grows by realloc (large ones move by remapping pages, not
// by copying), is never zero-filled, and gives memory back once a large frame has passed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace liaison::plugin {

class buffer {
 public:
  buffer() = default;
  ~buffer() { std::free(data_); }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  std::string_view unread() const { return {data_ + begin_, end_ - begin_}; }
  char* room() { return data_ + end_; }
  std::size_t room_bytes() const { return capacity_ - end_; }

  /// Makes room for at least `bytes` behind the unread ones. Throws std::bad_alloc.
  void reserve(std::size_t bytes) {
    if (room_bytes() >= bytes) return;
    compact();
    if (room_bytes() >= bytes) return;
    const std::size_t wanted = end_ + bytes;
    char* grown = static_cast<char*>(std::realloc(data_, wanted));
    if (grown == nullptr) throw std::bad_alloc();
    data_ = grown;
    capacity_ = wanted;
  }

  void filled(std::size_t bytes) { end_ += bytes; }

  /// Forgets the first `bytes` of the unread ones.
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ < end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kept_bytes_max) {
      std::free(data_);
      data_ = nullptr;
      capacity_ = 0;
    }
  }

 private:
  static constexpr std::size_t kept_bytes_max = 1U << 20U;

  void compact() {
    if (begin_ == 0) return;
    std::memmove(data_, data_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  void swap(buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  char* data_ = nullptr;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace liaison::plugin
