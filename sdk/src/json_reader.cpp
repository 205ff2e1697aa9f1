// SPDX-License-Identifier: Apache-2.0
// A pointer that moves forward, and a depth. Strings are looked at sixteen bytes at a time: most are short and plain.
#include <liaison/json_reader.hpp>

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace liaison::detail {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Length of the run of bytes that stand for themselves in a string: no quote, no backslash, no control character.
inline std::size_t plain_run(const char* at, const char* end) {
  const char* const begin = at;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(
        is_control, _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)))));
    if (found != 0) return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return static_cast<std::size_t>(at - begin);
}

void append_utf8(std::string& into, unsigned point) {
  const auto byte = [&into](unsigned value) { into += static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      byte(0xE0U | point >> 12U);
    } else {
      byte(0xF0U | point >> 18U);
      byte(0x80U | (point >> 12U & 0x3FU));
    }
    byte(0x80U | (point >> 6U & 0x3FU));
  }
  byte(0x80U | (point & 0x3FU));
}

}  // namespace

bool json_reader::fail() {
  failed_ = true;
  at_ = end_;
  return false;
}

void json_reader::space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool json_reader::enter(char open) {
  if (peek() != open) {
    skip();
    return false;
  }
  if (depth_ == depth_max) return fail();
  ++at_;
  ++depth_;
  first_ = true;
  return true;
}

inline bool json_reader::more(char close) {
  const char next = peek();
  if (next == close) {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (next != ',') return fail();
    ++at_;
  }
  first_ = false;
  return true;
}

/// After the opening quote. A string without escapes is told as it stands; `decoded` is written, and told, for others only.
inline bool json_reader::string_body(std::string_view& body, std::string& decoded) {
  const std::size_t plain = plain_run(at_, end_);
  if (at_ + plain < end_ && at_[plain] == '"') [[likely]] {
    body = {at_, plain};
    at_ += plain + 1;
    return true;
  }
  if (!decode_body(plain, decoded)) return false;
  body = decoded;
  return true;
}

bool json_reader::next_element() {
  if (failed_ || !more(']')) return false;
  return peek() != '\0' || fail();
}

bool json_reader::next_member(std::string_view& name) {
  if (failed_ || !more('}')) return false;
  if (peek() != '"') return fail();
  ++at_;
  if (!string_body(name, name_)) return false;
  if (peek() != ':') return fail();
  ++at_;
  return peek() != '\0' || fail();
}

/// The rest of a string that is not plain from its beginning to its end.
bool json_reader::decode_body(std::size_t plain, std::string& decoded) {
  decoded.assign(at_, plain);
  at_ += plain;
  while (at_ < end_ && *at_ != '"') {
    if (*at_ != '\\' || !escape(decoded)) return fail();
    const std::size_t next = plain_run(at_, end_);
    decoded.append(at_, next);
    at_ += next;
  }
  if (at_ == end_) return fail();
  ++at_;
  return true;
}

bool json_reader::hex4(unsigned& into) {
  if (end_ - at_ < 4) return false;
  into = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = *at_;
    const char low = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      into = into * 16 + static_cast<unsigned>(c - '0');
    } else if (low >= 'a' && low <= 'f') {
      into = into * 16 + static_cast<unsigned>(low - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

bool json_reader::escape(std::string& into) {
  constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  ++at_;
  if (at_ == end_) return false;
  const char kind = *at_++;
  if (kind != 'u') {
    const std::size_t which = names.find(kind);
    if (which == std::string_view::npos) return false;
    into += meanings[which];
    return true;
  }
  unsigned point = 0, low = 0;
  if (!hex4(point) || (point >= 0xDC00 && point <= 0xDFFF)) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return false;
    at_ += 2;
    if (!hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(into, point);
  return true;
}

bool json_reader::text(std::string& into) {
  if (peek() != '"') {
    skip();
    return false;
  }
  ++at_;
  std::string_view body;
  if (!string_body(body, into)) return false;
  if (body.data() != into.data()) into.assign(body);
  return true;
}

bool json_reader::number(std::uint64_t& into) {
  const char first = peek();
  const char* const from = at_;
  skip();
  if (failed_ || !is_digit(first)) return false;
  std::uint64_t value = 0;
  for (const char* each = from; each < at_; ++each) {
    if (!is_digit(*each)) return false;
    const auto digit = static_cast<std::uint64_t>(*each - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  into = value;
  return true;
}

bool json_reader::flag(bool& into) {
  const char first = peek();
  skip();
  if (failed_ || (first != 't' && first != 'f')) return false;
  into = first == 't';
  return true;
}

std::string_view json_reader::raw() {
  peek();
  const char* const from = at_;
  skip();
  return failed_ ? std::string_view() : std::string_view(from, static_cast<std::size_t>(at_ - from));
}

bool json_reader::take(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return fail();
  at_ += word.size();
  return true;
}

/// After the opening quote, with every escape checked.
bool json_reader::skip_string() {
  for (;;) {
    at_ += plain_run(at_, end_);
    if (at_ == end_) return fail();
    if (*at_ == '"') break;
    if (*at_ != '\\' || !escape(name_)) return fail();
    name_.clear();
  }
  ++at_;
  return true;
}

bool json_reader::skip_number() {
  const auto digits = [this] {
    const char* const from = at_;
    while (at_ < end_ && is_digit(*at_)) ++at_;
    return at_ > from;
  };
  if (*at_ == '-') ++at_;
  if (at_ < end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return fail();
  }
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return fail();
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return fail();
  }
  return true;
}

bool json_reader::skip_scalar() {
  switch (peek()) {
    case '"':
      ++at_;
      return skip_string();
    case 't':
      return take("true");
    case 'f':
      return take("false");
    case 'n':
      return take("null");
    case '-':
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
      return skip_number();
    default:
      return fail();
  }
}

/// Which brackets are open is kept in the bits of a word: the depth is limited, and a stack would be an allocation.
void json_reader::skip() {
  static_assert(depth_max <= 32);
  std::uint32_t objects = 0;  // lowest bit: what was opened last
  unsigned open = 0;
  std::string_view ignored;
  for (;;) {
    const char next = peek();
    if (next == '{' || next == '[') {
      if (!enter(next)) return;
      objects = objects << 1U | (next == '{' ? 1U : 0U);
      ++open;
    } else if (!skip_scalar()) {
      return;
    }
    // The next value to look at, behind all that ends here.
    for (;;) {
      if (open == 0) return;
      if ((objects & 1U) != 0 ? next_member(ignored) : next_element()) break;
      if (failed_) return;
      objects >>= 1U;
      --open;
    }
  }
}

bool json_reader::complete() {
  space();
  return !failed_ && depth_ == 0 && at_ == end_;
}

}  // namespace liaison::detail
