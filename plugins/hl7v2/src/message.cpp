// SPDX-License-Identifier: Apache-2.0
// The index over a message: one pass that looks for field separators and line ends, sixteen bytes at a time. Of a block
// without line ends every mark is a field, and nothing else need be asked.
#include "message.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <unordered_map>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace liaison::hl7v2 {
namespace {

bool is_name_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_line_end(char c) { return c == '\r' || c == '\n'; }
bool is_header(std::string_view name) { return name == "MSH" || name == "FHS" || name == "BHS"; }

/// Segments that occur once in the messages of this profile: their locations carry no ordinal.
bool occurs_once(std::string_view name) {
  static constexpr std::array<std::string_view, 27> names = {
      "MSH", "FHS", "BHS", "EVN", "PID", "PD1", "PV1", "PV2", "TXA", "MSA", "MRG", "SCH", "ZBE", "ZFA",
      "ZFV", "ZFD", "ZFM", "ZFP", "ZFS", "BTS", "FTS", "UAC", "QAK", "QPD", "DSC", "ACC", "PDA"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::uint32_t packed(std::string_view name) {
  const auto byte = [name](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[at])); };
  return byte(0) | byte(1) << 8U | byte(2) << 16U;
}

constexpr std::size_t block_bytes = 16;

/// Bits of the field separators and of the line ends among the sixteen bytes at `at`.
struct marks {
  unsigned fields = 0, line_ends = 0;
};

marks marks_at(const char* at, char separator) {
  marks found;
#ifdef __SSE2__
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto bits = [&block](char c) { return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)))); };
  found.fields = bits(separator);
  found.line_ends = bits('\r') | bits('\n');
#else
  for (unsigned i = 0; i < block_bytes; ++i) {
    found.fields |= (at[i] == separator ? 1U : 0U) << i;
    found.line_ends |= (is_line_end(at[i]) ? 1U : 0U) << i;
  }
#endif
  return found;
}

}  // namespace

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\r'));
  return text.substr(0, text.find('\n'));
}

std::string_view nth_piece(std::string_view text, char separator, unsigned n) {
  for (; n > 1; --n) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find(separator));
}

std::string_view segment::text() const {
  const auto& row = of_->segments_[position_];
  return of_->text_.substr(row.begin, row.end - row.begin);
}

std::string_view segment::name() const { return of_->text_.substr(of_->segments_[position_].begin, 3); }

unsigned segment::field_count() const {
  const auto& row = of_->segments_[position_];
  return row.field_count - (row.is_header ? 0U : 1U);
}

field segment::operator[](unsigned n) const {
  if (of_ == nullptr) {
    static constexpr separators usual;
    return {{}, &usual};
  }
  const auto& row = of_->segments_[position_];
  if (row.is_header) {
    if (n == 1) return {of_->text_.substr(row.begin + 3, 1), &of_->by_};
    if (n > 0) --n;
  }
  if (n >= row.field_count) return {{}, &of_->by_};
  const std::uint32_t begin = of_->field_starts_[row.first_field + n];
  const std::uint32_t end = n + 1 < row.field_count ? of_->field_starts_[row.first_field + n + 1] - 1 : row.end;
  return {of_->text_.substr(begin, end - begin), &of_->by_};
}

unsigned segment::ordinal() const { return of_->ordinal_of(position_); }

std::uint32_t message::ordinal_of(std::uint32_t position) const {
  if (ordinals_.empty()) {
    std::unordered_map<std::string_view, std::uint32_t> seen;
    ordinals_.reserve(segments_.size());
    for (const auto& each : segments_) ordinals_.push_back(++seen[text_.substr(each.begin, 3)]);
  }
  return ordinals_[position];
}

message::message(std::string_view text, const parse_limits& limits) : text_(text) {
  if (text_.size() > std::min<std::size_t>(limits.size_bytes_max, std::numeric_limits<std::uint32_t>::max())) {
    defect_ = parse_defect::too_large;
    text_ = first_line(text_);
    if (text_.size() > 65536) text_ = {};
  }
  if (text_.size() < 4 || !is_header(text_.substr(0, 3)) || !read_separators(text_)) {
    if (defect_ == parse_defect::none) defect_ = parse_defect::no_header;
    if (text_.size() >= 8 && is_header(text_.substr(0, 3))) defect_ = parse_defect::bad_separators;
    text_ = {};
    return;
  }
  index(limits);
}

bool message::read_separators(std::string_view header) {
  // The field separator is whatever follows the name; MSH-2 ends at the next one.
  by_.field = header[3];
  const auto is_fit = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter_or_digit = is_name_character(c) || (c >= 'a' && c <= 'z');
    return byte > 0x20 && byte < 0x7F && !letter_or_digit;
  };
  if (!is_fit(by_.field)) return false;
  const std::string_view characters = first_line(header.substr(4, header.find(by_.field, 4) - 4));
  if (characters.size() > 5) return false;
  const std::array<char*, 4> into = {&by_.component, &by_.repetition, &by_.escape, &by_.subcomponent};
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (!is_fit(characters[i]) || characters.find(characters[i], i + 1) != std::string_view::npos) return false;
    if (i < into.size()) *into[i] = characters[i];
  }
  // A sender that writes fewer than four means the usual ones for the rest, unless they are taken.
  for (std::size_t i = characters.size(); i < into.size(); ++i) {
    if (characters.find(*into[i]) != std::string_view::npos || *into[i] == by_.field) *into[i] = '\0';
  }
  return !characters.empty();
}

bool message::starts_segment(std::size_t at) const {
  if (text_.size() - at < 3) return false;
  const bool named =
      text_[at] >= 'A' && text_[at] <= 'Z' && is_name_character(text_[at + 1]) && is_name_character(text_[at + 2]);
  return named && (text_.size() - at == 3 || text_[at + 3] == by_.field || is_line_end(text_[at + 3]));
}

bool message::close_segment(std::size_t begin, std::size_t end, std::size_t first_field, std::size_t field_count,
                            const parse_limits& limits) {
  if (segments_.size() >= limits.segments_max) {
    defect_ = parse_defect::too_many_segments;
    return false;
  }
  const std::string_view name = text_.substr(begin, 3);
  segments_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                       static_cast<std::uint32_t>(first_field), static_cast<std::uint32_t>(field_count - first_field),
                       packed(name), is_header(name)});
  if (name == "MSH") ++header_count_;
  return true;
}

void message::index(const parse_limits& limits) {
  segments_.reserve(std::min<std::size_t>(text_.size() / 40 + 4, 1024));
  // Room is made before it is needed; `count` says how much of it is used.
  field_starts_.resize(std::min<std::size_t>(text_.size() / 6 + 2 * block_bytes, 8192));
  std::size_t count = 0, begin = 0, first_field = 0, skip_to = 0;
  bool open = true;
  const auto push = [&](std::size_t start) { field_starts_[count++] = static_cast<std::uint32_t>(start); };
  push(0);
  const auto mark = [&](std::size_t at) {
    if (at < skip_to) return true;
    if (text_[at] == by_.field) {
      if (count >= limits.fields_max) {
        defect_ = parse_defect::too_many_fields;
        return false;
      }
      push(at + 1);
      return true;
    }
    // A line end closes the segment when another one or nothing follows; else it belongs to the field (raw
    // line ends inside base64 or text, which some senders write).
    std::size_t next = at;
    while (next < text_.size() && (is_line_end(text_[next]) || text_[next] == ' ' || text_[next] == '\x1C')) {
      has_line_feeds_ = has_line_feeds_ || text_[next] == '\n';
      ++next;
    }
    if (next < text_.size() && !starts_segment(next)) {
      ++stray_lines_;
      skip_to = next;
      return true;
    }
    if (!close_segment(begin, at, first_field, count, limits)) return false;
    open = next < text_.size();
    begin = skip_to = next;
    first_field = count;
    if (open) push(begin);
    return open;
  };
  bool goes_on = true;
  std::size_t at = 3;
  for (; goes_on && at + block_bytes <= text_.size(); at += block_bytes) {
    if (field_starts_.size() - count < 2 * block_bytes) field_starts_.resize(2 * field_starts_.size());
    const marks found = marks_at(text_.data() + at, by_.field);
    if (found.line_ends == 0 && at >= skip_to && count + block_bytes <= limits.fields_max) {
      const auto first = static_cast<std::uint32_t>(at + 1);
      std::uint32_t* next = field_starts_.data() + count;
      for (unsigned bits = found.fields; bits != 0; bits &= bits - 1)
        *next++ = first + static_cast<std::uint32_t>(std::countr_zero(bits));
      count = static_cast<std::size_t>(next - field_starts_.data());
      continue;
    }
    for (unsigned bits = found.fields | found.line_ends; goes_on && bits != 0; bits &= bits - 1)
      goes_on = mark(at + static_cast<std::size_t>(std::countr_zero(bits)));
  }
  if (field_starts_.size() - count < 2 * block_bytes) field_starts_.resize(field_starts_.size() + 2 * block_bytes);
  for (; goes_on && at < text_.size(); ++at)
    if (text_[at] == by_.field || is_line_end(text_[at])) goes_on = mark(at);
  field_starts_.resize(count);
  if (open && defect_ == parse_defect::none) close_segment(begin, text_.size(), first_field, count, limits);
}

segment message::find(std::string_view name, std::size_t from) const {
  if (name.size() != 3) return {};
  const std::uint32_t wanted = packed(name);
  for (std::size_t i = from; i < segments_.size(); ++i) {
    if (segments_[i].name == wanted) return at(i);
  }
  return {};
}

std::size_t message::count(std::string_view name) const {
  std::size_t count = 0;
  for (segment each = find(name); each; each = find(name, each.position() + 1)) ++count;
  return count;
}

std::string location_with(const segment& of, unsigned ordinal) {
  std::string out(of.name());
  if (ordinal > 1 || !occurs_once(of.name())) out += "[" + std::to_string(ordinal) + "]";
  return out;
}

std::string location(const segment& of, const place& where) {
  std::string out = location_with(of, of.ordinal());
  if (where.field == 0) return out;
  out += "-" + std::to_string(where.field);
  if (where.repetition > 1) out += "[" + std::to_string(where.repetition) + "]";
  if (where.component > 0) out += "." + std::to_string(where.component);
  if (where.subcomponent > 0) out += "." + std::to_string(where.subcomponent);
  return out;
}

}  // namespace liaison::hl7v2
