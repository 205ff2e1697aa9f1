// SPDX-License-Identifier: Apache-2.0
// Texts that live as long as one translation: an allocation for each of thousands of short strings would cost more than
// the strings.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace liaison {

class text_pages {
 public:
  text_pages() = default;
  text_pages(const text_pages&) = delete;
  text_pages& operator=(const text_pages&) = delete;

  /// Room for `size` bytes, which stays where it is for as long as the pages live.
  char* room(std::size_t size) {
    if (size > left_) turn(size);
    char* const at = next_;
    next_ += size;
    left_ -= size;
    return at;
  }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* const at = room(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

 private:
  void turn(std::size_t size) {
    constexpr std::size_t page_size_bytes_min = 8U << 10U, page_size_bytes_max = 256U << 10U;
    page_size_ = std::clamp(page_size_ * 2, page_size_bytes_min, page_size_bytes_max);
    const std::size_t made = std::max(page_size_, size);
    pages_.push_back(std::make_unique_for_overwrite<char[]>(made));
    next_ = pages_.back().get();
    left_ = made;
  }

  std::vector<std::unique_ptr<char[]>> pages_;
  char* next_ = nullptr;
  std::size_t left_ = 0, page_size_ = 0;
};

}  // namespace liaison
