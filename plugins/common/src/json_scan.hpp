// SPDX-License-Identifier: Apache-2.0
// A reader for the pivot, which is nearly always plain JSON: in place and without copies. It gives up on whatever is
// wrong, and on what is right but rare (huge numbers, lone surrogates, a byte order mark): `parse_json` then decides and says why.
#pragma once

#include <liaison/common/pivot.hpp>
#include <liaison/json_text.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace liaison::detail {

/// `Handler` gets the events of RapidJSON's document (String, Key, StartObject, …) with texts that lie in the buffer,
/// closed by a zero. Numbers come as strings that begin with `json_number_mark`, without a zero behind them.
template <class Handler>
class json_scan {
 public:
  /// `*end` belongs to the buffer too and is written.
  json_scan(char* begin, char* end, Handler& to, unsigned depth_max) : at_(begin), end_(end), to_(to), depth_max_(depth_max) {}

  /// False: given up; what the handler was told is worth nothing. The buffer is spoilt either way.
  bool run() {
    *end_ = '\0';
    skip_blank();
    if (*at_ != '{' || !value()) return false;
    while (!open_.empty()) {
      skip_blank();
      if (!open_.back().is_object) {
        if (!next_of_array()) return false;
      } else if (!next_of_object()) {
        return false;
      }
    }
    skip_blank();
    return at_ == end_;
  }

 private:
  struct frame {
    bool is_object;
    rapidjson::SizeType count;
  };

  void skip_blank() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
  }

  bool next_of_object() {
    frame& top = open_.back();
    if (*at_ == '}') return ++at_, close();
    if (top.count > 0) {
      if (*at_ != ',') return false;
      ++at_;
      skip_blank();
    }
    std::string_view name;
    if (*at_ != '"' || !text(name)) return false;
    to_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()), false);
    ++top.count;
    skip_blank();
    if (*at_ != ':') return false;
    ++at_;
    skip_blank();
    return value();
  }

  bool next_of_array() {
    frame& top = open_.back();
    if (*at_ == ']') return ++at_, close();
    if (top.count > 0) {
      if (*at_ != ',') return false;
      ++at_;
      skip_blank();
    }
    ++top.count;
    return value();
  }

  bool close() {
    const frame top = open_.back();
    open_.pop_back();
    return top.is_object ? to_.EndObject(top.count) : to_.EndArray(top.count);
  }

  bool open(bool is_object) {
    ++at_;
    if (open_.size() >= depth_max_) return false;
    open_.push_back({is_object, 0});
    return is_object ? to_.StartObject() : to_.StartArray();
  }

  bool value() {
    switch (*at_) {
      case '{':
        return open(true);
      case '[':
        return open(false);
      case '"': {
        std::string_view string;
        if (!text(string)) return false;
        if (!string.empty() && (string[0] == json_number_mark || string[0] == '\x02')) return false;  // json_document.hpp
        return to_.String(string.data(), static_cast<rapidjson::SizeType>(string.size()), false);
      }
      case 't':
        return word("true") && to_.Bool(true);
      case 'f':
        return word("false") && to_.Bool(false);
      case 'n':
        return word("null") && to_.Null();
      default:
        return number();
    }
  }

  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() || std::string_view(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  /// What stands before a number was read already, and gives way to its mark.
  bool number() {
    char* const begin = at_;
    if (*at_ == '-') ++at_;
    if (!is_digit(*at_)) return false;
    if (*at_ == '0' && is_digit(at_[1])) return false;
    while (is_digit(*at_)) ++at_;
    if (*at_ == '.') {
      ++at_;
      if (!is_digit(*at_)) return false;
      while (is_digit(*at_)) ++at_;
    }
    if (*at_ == 'e' || *at_ == 'E' || at_ - begin > 200) return false;
    begin[-1] = json_number_mark;
    return to_.String(begin - 1, static_cast<rapidjson::SizeType>(at_ - begin + 1), false);
  }

  /// To the next byte of a string that is not plain ASCII.
  static char* skip_plain(char* at, const char* end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(0x20);
    for (; end - at >= 16; at += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      // Bytes from 0x80 on are negative, and so below a blank like the controls.
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(
          _mm_or_si128(_mm_cmplt_epi8(block, blank), _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)))));
      if (mask != 0) return at + std::countr_zero(mask);
    }
#endif
    while (at < end && static_cast<signed char>(*at) >= 0x20 && *at != '"' && *at != '\\') ++at;
    return at;
  }

  bool text(std::string_view& into) {
    char* const begin = ++at_;
    char* to = begin;
    for (;;) {
      char* const plain = skip_plain(at_, end_);
      if (to != at_) std::memmove(to, at_, static_cast<std::size_t>(plain - at_));
      to += plain - at_;
      at_ = plain;
      if (at_ == end_) return false;
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        ++at_;
        *to = '\0';
        into = {begin, static_cast<std::size_t>(to - begin)};
        return true;
      }
      if (c == '\\') {
        if (!escape(to)) return false;
      } else {
        const std::size_t length = c < 0x80 ? 0 : utf8_sequence_length({at_, static_cast<std::size_t>(end_ - at_)});
        if (length == 0) return false;
        for (std::size_t i = 0; i < length; ++i) *to++ = *at_++;
      }
    }
  }

  bool escape(char*& to) {
    ++at_;
    static constexpr std::string_view from = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const char c = *at_++;
    if (const std::size_t known = from.find(c); known != std::string_view::npos) {
      *to++ = meant[known];
      return true;
    }
    std::uint32_t code = 0;
    if (c != 'u' || !hexadecimal(code)) return false;
    if (code >= 0xD800 && code <= 0xDFFF) {
      std::uint32_t low = 0;
      if (code > 0xDBFF || at_[0] != '\\' || at_[1] != 'u') return false;
      at_ += 2;
      if (!hexadecimal(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6U), put(0x80 | (code & 0x3FU));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12U), put(0x80 | (code >> 6U & 0x3FU)), put(0x80 | (code & 0x3FU));
    } else {
      put(0xF0 | code >> 18U), put(0x80 | (code >> 12U & 0x3FU)), put(0x80 | (code >> 6U & 0x3FU)), put(0x80 | (code & 0x3FU));
    }
    return true;
  }

  bool hexadecimal(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = *at_;
      const int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return false;
      code = code << 4U | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  char* at_;
  char* const end_;
  Handler& to_;
  unsigned depth_max_;
  std::vector<frame> open_;
};

}  // namespace liaison::detail
