// SPDX-License-Identifier: Apache-2.0
// Writing JSON straight into a string: what the facts and the account are made with. A DOM would cost more
// than the facts themselves, and these are written for every message that comes in.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::detail {

/// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Length of the well-formed UTF-8 sequence at `at` (RFC 3629: no surrogates, no overlong forms), 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text, std::size_t at = 0);

void append_json_number(std::string& out, std::uint64_t number);

/// Commas and names of one object or array; the closing bracket is written by `close`.
class json_scope {
 public:
  json_scope(std::string& out, char open) : out_(out), close_(open == '{' ? '}' : ']') { out_ += open; }
  json_scope(const json_scope&) = delete;
  json_scope& operator=(const json_scope&) = delete;
  ~json_scope() { out_ += close_; }

  /// Writes `"name":` and leaves the value to the caller.
  std::string& member(std::string_view name) {
    // Put together first: four small appends cost more than the value.
    std::array<char, 64> text;  // names are ours, and short
    if (name.size() + 4 > text.size()) return long_member(name);
    char* at = text.data();
    *at = ',';
    at += any_ ? 1 : 0;
    any_ = true;
    *at++ = '"';
    at = std::copy(name.begin(), name.end(), at);
    *at++ = '"';
    *at++ = ':';
    return out_.append(text.data(), at);
  }
  /// The next element of an array.
  std::string& element() {
    separate();
    return out_;
  }
  /// A string member, left out when the text is empty.
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_string(member(name), value);
  }

 private:
  std::string& long_member(std::string_view name) {
    separate();
    out_.append(1, '"').append(name).append("\":");
    return out_;
  }
  void separate() {
    if (any_) out_ += ',';
    any_ = true;
  }
  std::string& out_;
  char close_;
  bool any_ = false;
};

}  // namespace liaison::detail
