// SPDX-License-Identifier: Apache-2.0
// Short segments written from left to right: acknowledgements, with the separators of what they answer.
#pragma once

#include "message.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace liaison::hl7v2 {

/// Field after field, in the order in which they stand. The separators are borrowed.
class segment_writer {
 public:
  explicit segment_writer(const separators& by) : by_(by) {}
  void begin(std::string_view name) { out_.append(name); }
  void raw(std::string_view text) { out_.append(1, by_.field).append(text); }
  void text(std::string_view value) { raw(escape(value, by_)); }
  void empty(unsigned count) { out_.append(count, by_.field); }
  /// Components that are empty at the end are not written.
  void components(std::initializer_list<std::string_view> values) {
    const std::size_t begin = out_.size();
    out_ += by_.field;
    bool first = true;
    for (const auto value : values) {
      if (!first) out_ += by_.component;
      out_ += escape(value, by_);
      first = false;
    }
    while (out_.size() > begin + 1 && out_.back() == by_.component) out_.pop_back();
  }
  void end() { out_ += '\r'; }
  std::string take() { return std::move(out_); }

 private:
  const separators& by_;
  std::string out_;
};

}  // namespace liaison::hl7v2
