// SPDX-License-Identifier: Apache-2.0
// Looking for either of two bytes at the speed of memchr: each is searched once for every stretch without it, so that
// the cost stays linear however the two are mixed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace liaison::hprim {

class byte_pair_search {
 public:
  byte_pair_search(std::string_view text, char one, char other)
      : text_(text), one_(one), other_(other), next_one_(text.find(one)), next_other_(text.find(other)) {}

  /// First of the two at or behind `from`, which never goes back; npos when there is none.
  std::size_t next(std::size_t from) {
    if (next_one_ < from) next_one_ = text_.find(one_, from);
    if (next_other_ < from) next_other_ = text_.find(other_, from);
    return std::min(next_one_, next_other_);
  }

 private:
  std::string_view text_;
  char one_, other_;
  std::size_t next_one_, next_other_;
};

}  // namespace liaison::hprim
