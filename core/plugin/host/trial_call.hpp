// SPDX-License-Identifier: Apache-2.0
// One call of a translator under a magnifying glass: its input ends where readable memory ends and cannot be
// written to, its sink may refuse, and everything that it says is kept.
#pragma once

#include "core/plugin/host/loaded_plugin.hpp"
#include "core/plugin/wire.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin::hosted {

/// Bytes between a page boundary and a page that nobody may touch: one byte read too far is a crash.
class guarded_bytes {
 public:
  explicit guarded_bytes(std::string_view content);
  ~guarded_bytes();
  guarded_bytes(const guarded_bytes&) = delete;
  guarded_bytes& operator=(const guarded_bytes&) = delete;
  liaison_bytes bytes() const { return bytes_; }

 private:
  char* pages_ = nullptr;
  std::size_t pages_bytes_ = 0;
  liaison_bytes bytes_{};
};

struct trial {
  operation what = operation::inspect;
  std::string_view input;
  std::string_view options = "{}";
  std::size_t refuse_part = 0;   ///< the sink refuses the n-th part, counted from 1; 0: never
  std::size_t refuse_issue = 0;  ///< the same for issues
};

struct trial_outcome {
  wire::reply_view answer;
  bool refused = false;  ///< the sink said RETRY
  std::string unsound;   ///< what was wrong with a part or an issue; empty: nothing
};

trial_outcome try_call(const loaded_plugin& plugin, const liaison_translator& translator, const trial& what);

}  // namespace liaison::plugin::hosted
