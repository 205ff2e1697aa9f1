// SPDX-License-Identifier: Apache-2.0
// An HL7v2 message (2.3 to 2.9) as an index of offsets over its own text. Nothing is copied or unescaped
// until somebody asks: repetitions, components and sub-components are split where they stand.
// The text is UTF-8 and stays with its owner; every view handed out lives as long as that text.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

/// MSH-1 and MSH-2. HL7 2.7 added a fifth character, the truncation mark, which is read and not used.
struct separators {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
};

struct parse_limits {
  std::size_t size_bytes_max = 256U << 20;
  std::size_t segments_max = 200'000;
  std::size_t fields_max = 4'000'000;
};

enum class parse_defect : std::uint8_t {
  none,
  no_header,
  bad_separators,
  too_large,
  too_many_segments,
  too_many_fields
};

/// The pieces of `text` between separators, found one after the other (time in proportion to what is walked).
class pieces {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;
    iterator() = default;
    iterator(std::string_view rest, char separator) : rest_(rest), separator_(separator), done_(false) { cut(); }
    std::string_view operator*() const { return piece_; }
    iterator& operator++() {
      if (last_) {
        done_ = true;
      } else {
        cut();
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const iterator& other) const { return done_ == other.done_; }

   private:
    void cut() {
      const std::size_t end = rest_.find(separator_);
      last_ = end == std::string_view::npos;
      piece_ = rest_.substr(0, end);
      rest_ = last_ ? std::string_view{} : rest_.substr(end + 1);
    }
    std::string_view rest_, piece_;
    char separator_ = 0;
    bool last_ = false, done_ = true;
  };
  pieces(std::string_view text, char separator) : text_(text), separator_(separator) {}
  iterator begin() const { return text_.empty() ? iterator{} : iterator{text_, separator_}; }
  iterator end() const { return {}; }

 private:
  std::string_view text_;
  char separator_;
};

/// `text` up to its first CR or LF.
std::string_view first_line(std::string_view text);

/// The n-th piece, counted from 1; empty when there are fewer.
std::string_view nth_piece(std::string_view text, char separator, unsigned n);

/// One repetition of a field, or a component: raw text that can be split further.
class repetition {
 public:
  repetition() = default;
  repetition(std::string_view text, const separators* by) : text_(text), by_(by) {}
  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::string_view component(unsigned n) const { return nth_piece(text_, by_->component, n); }
  std::string_view subcomponent(unsigned n, unsigned m) const { return nth_piece(component(n), by_->subcomponent, m); }
  hl7v2::pieces components() const { return {text_, by_->component}; }
  const separators& by() const { return *by_; }

 private:
  std::string_view text_;
  const separators* by_ = nullptr;
};

/// One field with all its repetitions.
class field {
 public:
  field(std::string_view text, const separators* by) : text_(text), by_(by) {}
  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  hl7v2::pieces repetitions() const { return {text_, by_->repetition}; }
  repetition first() const { return {text_.substr(0, text_.find(by_->repetition)), by_}; }
  repetition as_repetition(std::string_view piece) const { return {piece, by_}; }
  std::string_view component(unsigned n) const { return first().component(n); }

 private:
  std::string_view text_;
  const separators* by_;
};

class message;

/// A segment in its message.
class segment {
 public:
  segment() = default;
  segment(const message* of, std::uint32_t position) : of_(of), position_(position) {}
  explicit operator bool() const { return of_ != nullptr; }
  std::string_view name() const;  ///< three characters
  std::string_view text() const;
  field operator[](unsigned n) const;  ///< field n as HL7 counts: MSH-1 is the separator; empty when absent
  unsigned field_count() const;        ///< highest field number that is written
  std::uint32_t position() const { return position_; }
  unsigned ordinal() const;  ///< 1 for the first segment of this name

 private:
  const message* of_ = nullptr;
  std::uint32_t position_ = 0;
};

/// Where in a segment; 0 means "not further".
struct place {
  unsigned field = 0;
  unsigned component = 0;
  unsigned subcomponent = 0;
  unsigned repetition = 1;
};

class message {
 public:
  /// Indexes `text`. What could be read before a defect stays readable.
  explicit message(std::string_view text, const parse_limits& limits = {});

  parse_defect defect() const { return defect_; }
  std::string_view text() const { return text_; }
  const separators& by() const { return by_; }
  std::size_t size() const { return segments_.size(); }
  hl7v2::segment at(std::size_t position) const { return {this, static_cast<std::uint32_t>(position)}; }

  /// First segment called `name` at or after `from`; false when there is none.
  hl7v2::segment find(std::string_view name, std::size_t from = 0) const;
  std::size_t count(std::string_view name) const;

  bool has_line_feeds() const { return has_line_feeds_; }     ///< segments end in LF or CRLF
  unsigned stray_lines() const { return stray_lines_; }       ///< line ends inside a field
  std::size_t header_count() const { return header_count_; }  ///< MSH segments: more than one in a batch

 private:
  friend class hl7v2::segment;
  struct row {
    std::uint32_t begin, end, first_field, field_count;
    std::uint32_t name;  ///< packed: segments are looked for by name many times for each message
    bool is_header;
  };
  bool read_separators(std::string_view header);
  void index(const parse_limits& limits);
  bool starts_segment(std::size_t at) const;
  std::uint32_t ordinal_of(std::uint32_t position) const;
  bool close_segment(std::size_t begin, std::size_t end, std::size_t first_field, std::size_t field_count,
                     const parse_limits& limits);

  std::string_view text_;
  separators by_;
  std::vector<row> segments_;
  std::vector<std::uint32_t> field_starts_;
  parse_defect defect_ = parse_defect::none;
  bool has_line_feeds_ = false;
  unsigned stray_lines_ = 0;
  std::size_t header_count_ = 0;
  mutable std::vector<std::uint32_t> ordinals_;  // made when a location is asked for the first time
};

/// "OBX[2]-5.3": segments that may repeat carry their ordinal, others only from their second on; a
/// repetition of a field carries its number from the second on ("PID-3[2].4.2").
std::string location(const segment& of, const place& where = {});
/// The segment's part of it, for callers that count ordinals themselves.
std::string location_with(const segment& of, unsigned ordinal);

/// The text that a raw component stands for: escape sequences replaced (HL7 2.9, chapter 2.7), `""` kept. Hexadecimal
/// data is read as UTF-8 when it is, else as windows-1252. A sequence that is none stays as it is.
std::string unescape(std::string_view raw, const separators& by);

/// Reverse for one component; line ends become `\.br\`, other controls `\Xdd\`.
std::string escape(std::string_view text, const separators& by);

}  // namespace liaison::hl7v2
