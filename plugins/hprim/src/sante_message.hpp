// SPDX-License-Identifier: Apache-2.0
// The syntax of HPRIM Santé (H2.0 to H2.5): separators by position, addenda spliced byte for byte, segments as views.
// No opinion on what a segment means, except which one belongs to which.
#pragma once

#include "text_lines.hpp"

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

struct separators {
  char field = '|', component = '~', repeat = '^', escape = '\\', sub = '&';
  std::string after_field() const { return {component, repeat, escape, sub}; }
};

/// One segment: its name, its fields still joined.
struct sante_segment {
  std::string_view name;
  std::string_view text;  ///< whole segment with addenda
  std::uint32_t line = 0;
  std::uint32_t ordinal = 1;  ///< among the segments of this name
  std::string location() const { return std::string(name) + "[" + std::to_string(ordinal) + "]"; }
};

struct sante_file {
  decoded source;
  separators marks;
  std::vector<sante_segment> segments;  ///< H first, L included when there is one
  std::string_view context, version, link_type;
};

/// False when the bytes are no HPRIM Santé; findings say why. `file` is filled in place and must not be moved.
bool read_sante(std::string_view bytes, std::string_view charset_override, sante_file& file, findings& found);

int recognise_sante(std::string_view head);

/// Splits a field, repetition or component at a separator that no escape protects. `count_max` 0: no limit.
std::vector<std::string_view> split_marks(std::string_view text, char separator, char escape);
/// Piece number `index` from 0; empty when there are fewer.
std::string_view piece(std::string_view text, std::size_t index, char separator, char escape);

/// Field of a segment by its index (X.n), as sent, and parts of it.
class field_view {
 public:
  field_view(std::string_view text, const separators& marks) : text_(text), marks_(&marks) {}
  std::string_view raw() const { return text_; }
  bool empty() const { return text_.empty(); }
  field_view repetition(std::size_t index) const {
    return {piece(text_, index, marks_->repeat, marks_->escape), *marks_};
  }
  field_view component(std::size_t index) const {
    return {piece(text_, index, marks_->component, marks_->escape), *marks_};
  }
  field_view sub(std::size_t index) const { return {piece(text_, index, marks_->sub, marks_->escape), *marks_}; }
  std::vector<std::string_view> repetitions() const { return split_marks(text_, marks_->repeat, marks_->escape); }
  std::vector<std::string_view> components() const { return split_marks(text_, marks_->component, marks_->escape); }
  /// Text of the first repetition, component and sub-field, escapes undone, blanks at the ends removed.
  std::string text() const;

 private:
  std::string_view text_;
  const separators* marks_;
};

field_view field_of(const sante_segment& segment, std::size_t index, const separators& marks);

/// Escapes undone: \F\ \S\ \T\ \R\ \E\ \Xhh\ and the escape before a separator; anything else stays.
std::string unescaped(std::string_view text, const separators& marks);

bool is_known_context(std::string_view context);

}  // namespace liaison::hprim
