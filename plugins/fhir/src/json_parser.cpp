// SPDX-License-Identifier: Apache-2.0
#include "json_parser.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace liaison::fhir {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// To the next byte that needs a look inside a string: quote, backslash, control characters and everything beyond ASCII.
std::size_t skip_plain(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(0x20);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Bytes from 0x80 on are negative, and so below a blank like the controls.
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmplt_epi8(block, blank), _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)))));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && static_cast<signed char>(text[at]) >= 0x20 && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

class parser {
 public:
  parser(std::string_view bytes, tree& into, const parse_limits& limits, parsed& result)
      : bytes_(bytes), tree_(into), limits_(limits), result_(result) {}

  bool run();

 private:
  bool fail(std::string_view code, std::string_view why);
  void note(std::string_view code, node_id where, std::string_view why);
  void skip_blanks();
  bool value(std::string_view name);
  bool after_value();
  bool open(std::string_view name, kind of);
  bool close(kind of);
  bool member_name(std::string_view& into);
  bool string(std::string_view& into);
  bool string_with_escapes(std::size_t begin, std::string_view& into);
  bool escape();
  bool code_point(unsigned& into);
  bool sequence();
  bool number(std::string_view& into);
  bool word(std::string_view expected);
  void check_names(node_id object);
  void check_closed(node_id container);
  bool peek_is(char c) const { return at_ < bytes_.size() && bytes_[at_] == c; }

  std::string_view bytes_;
  tree& tree_;
  const parse_limits& limits_;
  parsed& result_;
  std::size_t at_ = 0;
  node_id current_ = none;  ///< the container that is open
  unsigned depth_ = 0;
  std::string scratch_;
  std::vector<std::string_view> names_;
};

bool parser::fail(std::string_view code, std::string_view why) {
  const std::string_view before = bytes_.substr(0, at_);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  std::string location = "line " + std::to_string(line) + ", column " + std::to_string(at_ - line_start + 1);
  if (current_ != none) {
    const std::string where = tree_.location(current_);
    if (!where.empty()) location += " (" + where.substr(0, 300) + ")";
  }
  result_.defects.push_back({defect::weight::fatal, std::string(code), std::move(location), std::string(why)});
  return false;
}

void parser::note(std::string_view code, node_id where, std::string_view why) {
  if (result_.defects.size() < defects_max)
    result_.defects.push_back({defect::weight::error, std::string(code), tree_.location(where), std::string(why)});
}

void parser::skip_blanks() {
  while (at_ < bytes_.size()) {
    const char c = bytes_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++at_;
  }
}

bool parser::run() {
  if (bytes_.size() > limits_.size_bytes_max) return fail("fhir-too-large", "the message is larger than the limit");
  tree_.reserve(std::min(limits_.nodes_max, bytes_.size() / 40 + 16));
  if (bytes_.starts_with(byte_order_mark)) {
    at_ = byte_order_mark.size();
    result_.defects.push_back({defect::weight::error, "fhir-json-byte-order-mark", "line 1, column 1",
                               "FHIR JSON begins without a byte order mark"});
  }
  skip_blanks();
  if (at_ == bytes_.size()) return fail("fhir-json-empty", "there is no JSON value");
  if (!value({})) return false;
  while (current_ != none) {
    if (!after_value()) return false;
  }
  skip_blanks();
  if (at_ < bytes_.size()) return fail("fhir-json-trailing", "something follows the end of the resource");
  return true;
}

bool parser::value(std::string_view name) {
  if (tree_.size() >= limits_.nodes_max)
    return fail("fhir-too-many-elements", "the message has more elements than the limit");
  if (at_ == bytes_.size()) return fail("fhir-json-truncated", "the message ends in the middle");
  const std::size_t begin = at_;
  std::string_view text;
  kind of = kind::string;
  switch (bytes_[at_]) {
    case '{':
      return open(name, kind::object);
    case '[':
      return open(name, kind::array);
    case '"':
      if (!string(text)) return false;
      break;
    case 't':
    case 'f':
      of = kind::boolean;
      text = bytes_[at_] == 't' ? "true" : "false";
      if (!word(text)) return false;
      break;
    case 'n':
      of = kind::null;
      if (!word("null")) return false;
      break;
    default:
      of = kind::number;
      if (!number(text)) return false;
  }
  const node_id made = tree_.add(current_, name, of, text);
  tree_.at(made).begin = static_cast<std::uint32_t>(begin);
  tree_.at(made).end = static_cast<std::uint32_t>(at_);
  if (of == kind::string && text.empty()) note("fhir-json-empty-string", made, "an empty string is no FHIR value");
  if (of == kind::null && current_ != none && tree_[current_].kind == kind::object)
    note("fhir-json-null", made, "null stands for no FHIR element");
  return true;
}

/// After a value inside a container: a comma and the next one, or the end of containers.
bool parser::after_value() {
  skip_blanks();
  const kind of = tree_[current_].kind;
  const char end = of == kind::object ? '}' : ']';
  if (at_ == bytes_.size()) return fail("fhir-json-truncated", "the message ends in the middle");
  if (bytes_[at_] == end) return close(of);
  if (tree_[current_].first != none) {
    if (bytes_[at_] != ',') return fail("fhir-json-syntax", "a comma or a closing bracket was expected");
    ++at_;
    skip_blanks();
  }
  std::string_view name;
  if (of == kind::object && !member_name(name)) return false;
  skip_blanks();
  return value(name);
}

bool parser::open(std::string_view name, kind of) {
  if (++depth_ > limits_.depth_max) return fail("fhir-too-deep", "elements are nested deeper than the limit");
  const node_id made = tree_.add(current_, name, of);
  tree_.at(made).begin = static_cast<std::uint32_t>(at_);
  ++at_;
  current_ = made;
  return true;
}

bool parser::close(kind of) {
  ++at_;
  --depth_;
  const node_id closed = current_;
  tree_.at(closed).end = static_cast<std::uint32_t>(at_);
  current_ = tree_[closed].parent;
  if (of == kind::object) check_names(closed);
  check_closed(closed);
  return true;
}

void parser::check_closed(node_id container) {
  const node& of = tree_[container];
  if (of.first == none) {
    note(of.kind == kind::object ? "fhir-json-empty-object" : "fhir-json-empty-array", container,
         "an element without content must be left out");
    return;
  }
  if (of.kind == kind::object) return;
  for (node_id id = of.first; id != none; id = tree_[id].next) {
    if (tree_[id].kind != kind::null) return;
  }
  note("fhir-json-null", container, "an array of nulls says nothing");
}

void parser::check_names(node_id object) {
  constexpr std::string_view why = "the name stands twice in one object; readers differ on which value counts";
  const node_id first = tree_[object].first;
  std::size_t count = 0;
  for (node_id id = first; id != none; id = tree_[id].next, ++count) {
    if (count > 12) continue;
    for (node_id before = first; before != id; before = tree_[before].next) {
      if (tree_[before].name == tree_[id].name) return note("fhir-json-duplicate-name", id, why);
    }
  }
  if (count <= 12) return;
  names_.clear();
  for (node_id id = first; id != none; id = tree_[id].next) names_.push_back(tree_[id].name);
  std::ranges::sort(names_);
  const auto twice = std::ranges::adjacent_find(names_);
  if (twice != names_.end()) note("fhir-json-duplicate-name", tree_.child(object, *twice), why);
}

bool parser::member_name(std::string_view& into) {
  if (!peek_is('"')) return fail("fhir-json-syntax", "a member name in quotes was expected");
  if (!string(into)) return false;
  skip_blanks();
  if (!peek_is(':')) return fail("fhir-json-syntax", "a colon was expected");
  ++at_;
  return true;
}

bool parser::word(std::string_view expected) {
  if (bytes_.substr(at_, expected.size()) != expected) return fail("fhir-json-syntax", "this is no JSON value");
  at_ += expected.size();
  return true;
}

bool parser::number(std::string_view& into) {
  const std::size_t begin = at_;
  const auto digits = [&] {
    const std::size_t from = at_;
    while (at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9') ++at_;
    return at_ - from;
  };
  if (peek_is('-')) ++at_;
  const bool zero = peek_is('0');
  const std::size_t whole = digits();
  if (whole == 0) return fail("fhir-json-syntax", "this is no JSON value");
  if (zero && whole > 1) return fail("fhir-json-syntax", "a number must not begin with zeros");
  if (peek_is('.')) {
    ++at_;
    if (digits() == 0) return fail("fhir-json-syntax", "a number must not end in its decimal point");
  }
  if (peek_is('e') || peek_is('E')) {
    ++at_;
    if (peek_is('+') || peek_is('-')) ++at_;
    if (digits() == 0) return fail("fhir-json-syntax", "a number has an exponent without digits");
  }
  into = bytes_.substr(begin, at_ - begin);
  if (!is_json_number(into)) return fail("fhir-json-number", "a number is longer than 64 characters or larger than any reader holds");
  return true;
}

/// Steps over one UTF-8 sequence beyond ASCII (RFC 3629).
bool parser::sequence() {
  const auto byte = [&](std::size_t offset) -> unsigned {
    return at_ + offset < bytes_.size() ? static_cast<unsigned char>(bytes_[at_ + offset]) : 0U;
  };
  const auto continues = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF && continues(1)) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF && continues(1) && continues(2) && !(lead == 0xE0 && byte(1) < 0xA0) &&
      !(lead == 0xED && byte(1) > 0x9F))
    length = 3;
  if (lead >= 0xF0 && lead <= 0xF4 && continues(1) && continues(2) && continues(3) &&
      !(lead == 0xF0 && byte(1) < 0x90) && !(lead == 0xF4 && byte(1) > 0x8F))
    length = 4;
  if (length == 0) return fail("fhir-json-not-utf-8", "the bytes are not UTF-8");
  at_ += length;
  return true;
}

bool parser::string(std::string_view& into) {
  const std::size_t begin = ++at_;
  while (at_ < bytes_.size()) {
    at_ = skip_plain(bytes_, at_);
    if (at_ == bytes_.size()) break;
    const auto c = static_cast<unsigned char>(bytes_[at_]);
    if (c == '"') {
      into = bytes_.substr(begin, at_ - begin);
      ++at_;
      return true;
    } else if (c == '\\') {
      return string_with_escapes(begin, into);
    } else if (c < 0x20) {
      return fail("fhir-json-syntax", "a control character stands in a string without escape");
    } else if (!sequence()) {
      return false;
    }
  }
  return fail("fhir-json-truncated", "the message ends inside a string");
}

bool parser::string_with_escapes(std::size_t begin, std::string_view& into) {
  scratch_.assign(bytes_, begin, at_ - begin);
  while (at_ < bytes_.size()) {
    const auto c = static_cast<unsigned char>(bytes_[at_]);
    const std::size_t from = at_;
    if (c == '"') {
      ++at_;
      into = tree_.keep(scratch_);
      return true;
    }
    if (c == '\\') {
      if (!escape()) return false;
      continue;
    }
    if (c < 0x20) return fail("fhir-json-syntax", "a control character stands in a string without escape");
    if (c < 0x80) {
      ++at_;
    } else if (!sequence()) {
      return false;
    }
    scratch_.append(bytes_, from, at_ - from);
  }
  return fail("fhir-json-truncated", "the message ends inside a string");
}

bool parser::code_point(unsigned& into) {
  into = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < bytes_.size() ? bytes_[at_] : ' ';
    unsigned digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A' + 10);
    if (digit == 16) return fail("fhir-json-syntax", "an escape \\u needs four hexadecimal digits");
    into = into * 16 + digit;
  }
  return true;
}

bool parser::escape() {
  ++at_;
  const char c = at_ < bytes_.size() ? bytes_[at_] : ' ';
  ++at_;
  switch (c) {
    case '"':
    case '\\':
    case '/':
      scratch_ += c;
      return true;
    case 'b':
      scratch_ += '\b';
      return true;
    case 'f':
      scratch_ += '\f';
      return true;
    case 'n':
      scratch_ += '\n';
      return true;
    case 'r':
      scratch_ += '\r';
      return true;
    case 't':
      scratch_ += '\t';
      return true;
    case 'u':
      break;
    default:
      return fail("fhir-json-syntax", "this escape does not exist");
  }
  unsigned point = 0;
  if (!code_point(point)) return false;
  if (point >= 0xDC00 && point <= 0xDFFF) return fail("fhir-json-not-utf-8", "half of a surrogate pair stands alone");
  if (point >= 0xD800 && point <= 0xDBFF) {
    unsigned low = 0;
    if (bytes_.substr(at_, 2) != "\\u") return fail("fhir-json-not-utf-8", "half of a surrogate pair stands alone");
    at_ += 2;
    if (!code_point(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return fail("fhir-json-not-utf-8", "half of a surrogate pair stands alone");
    point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
  }
  const auto put = [&](unsigned byte) { scratch_ += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
  return true;
}

}  // namespace

parsed parse_json(std::string_view bytes, tree& into, const parse_limits& limits) {
  parsed result;
  result.good = parser(bytes, into, limits, result).run();
  return result;
}

}  // namespace liaison::fhir
