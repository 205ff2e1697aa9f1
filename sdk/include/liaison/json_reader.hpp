// SPDX-License-Identifier: Apache-2.0
// Reading JSON (RFC 8259) front to back without a tree: what facts and options are read with, once for every message
// that comes in. The caller asks for what it expects; what it does not want is checked and skipped. The bytes may be
// hostile: nothing recurses, depth is limited, and the first thing that is no JSON ends the reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::detail {

/// Not copyable in spirit: one reader, one pass. `text` outlives it. After the first fault every call says "nothing".
class json_reader {
 public:
  static constexpr unsigned depth_max = 32;

  explicit json_reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// The value that comes next, by its first byte: '{' '[' '"' 't' 'f' 'n', a digit or '-'; 0 at the end or after a fault.
  char peek() {
    if (at_ < end_ && static_cast<unsigned char>(*at_) <= ' ') space();  // programs write none
    return at_ < end_ ? *at_ : '\0';
  }

  /// Begins an object or an array when one comes next; anything else is skipped. Then call `next_member` or
  /// `next_element` until it says no, and read exactly one value each time.
  bool enter_object() { return enter('{'); }
  bool enter_array() { return enter('['); }
  /// `name` lives until the next call.
  bool next_member(std::string_view& name);
  bool next_element();

  // One value. Of another type than asked for: skipped, `into` stays as it was, and the answer is no.
  bool text(std::string& into);
  bool number(std::uint64_t& into);  ///< a whole number from 0 on, without fraction and exponent
  bool flag(bool& into);
  void skip();
  std::string_view raw();  ///< its bytes as they stand; lives as long as the text

  /// Nothing but white space is left, everything that was begun has ended, and there was no fault.
  bool complete();
  bool failed() const { return failed_; }

 private:
  bool enter(char open);
  bool more(char close);
  bool fail();
  void space();
  bool take(std::string_view word);
  bool skip_string();
  bool skip_number();
  bool skip_scalar();
  bool string_body(std::string_view& body, std::string& decoded);
  bool decode_body(std::size_t plain, std::string& decoded);
  bool escape(std::string& into);
  bool hex4(unsigned& into);

  const char* at_;
  const char* end_;
  std::string name_;  ///< of a member whose name has escapes
  unsigned depth_ = 0;
  bool first_ = false;  ///< nothing was read yet of what was entered last
  bool failed_ = false;
};

}  // namespace liaison::detail
