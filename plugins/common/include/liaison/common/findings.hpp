// SPDX-License-Identifier: Apache-2.0
// What a plugin can find in a message, as one table with code, severity and sentence, from which issues are reported
// and the page of issues is generated. A finding never holds a value of the message.
#pragma once

#include <liaison/common/plugin.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace liaison {

/// Whether a message with this flaw is still taken.
enum class stops : std::uint8_t { never, when_strict, always };

template <class Finding>
struct finding_row {
  Finding id;
  severity level;
  stops when;
  const char* code;
  const char* sentence;
};

/// Findings of one call, in order; of the same code at most `per_code_max` are kept and the rest counted. `Finding`
/// ends with `count`, and `rows` has one row for each, in the order of the enumeration.
template <class Finding>
class finding_list {
 public:
  static constexpr std::size_t per_code_max = 20;
  static constexpr std::size_t kinds = static_cast<std::size_t>(Finding::count);
  using table = std::array<finding_row<Finding>, kinds>;

  finding_list(const table& rows, bool strict) : rows_(rows), strict_(strict) {}

  void add(Finding id, std::string location = {}, std::string detail = {}) {
    const finding_row<Finding>& row = rows_[static_cast<std::size_t>(id)];
    const bool stopping = row.when == stops::always || (strict_ && row.when == stops::when_strict);
    stopped_ = stopped_ || stopping;
    if (++seen_[static_cast<std::size_t>(id)] > per_code_max) return;
    std::string text = row.sentence;
    if (!detail.empty()) text += ": " + detail;
    list_.push_back({stopping ? severity::error : row.level, row.code, std::move(location), std::move(text)});
  }

  bool stopped() const { return stopped_; }  ///< the message is not taken
  bool has(Finding id) const { return seen_[static_cast<std::size_t>(id)] != 0; }
  const std::vector<issue>& list() const { return list_; }

  /// Reports all; `if_stopped` when the message is not taken, else OK.
  liaison_status report(const call& to, liaison_status if_stopped = LIAISON_REJECT) const {
    for (const issue& one : list_) to.report(one);
    for (const finding_row<Finding>& row : rows_) {
      const std::uint64_t count = seen_[static_cast<std::size_t>(row.id)];
      if (count > per_code_max)
        to.report(row.level, row.code, "", std::string(row.sentence) + ": " + std::to_string(count) + " times in all");
    }
    return stopped_ ? if_stopped : LIAISON_OK;
  }

 private:
  const table& rows_;
  bool strict_;
  bool stopped_ = false;
  std::vector<issue> list_;
  std::array<std::uint64_t, kinds> seen_{};
};

}  // namespace liaison
