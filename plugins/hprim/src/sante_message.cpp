// SPDX-License-Identifier: Apache-2.0
// Reading the segments of HPRIM Santé. Addenda are spliced on the bytes, before the character set is decoded: a cut may
// fall inside a character.
#include "sante_message.hpp"

#include "byte_search.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <cstring>

namespace liaison::hprim {
namespace {

constexpr std::string_view contexts[] = {"ADM", "ORM", "ORA", "REG", "ORU", "FAC", "ERR", "NS"};
constexpr std::string_view known_segments[] = {"H",  "P",  "OBR", "OBX", "C",   "L",  "A",
                                               "AP", "AC", "FAC", "ACT", "REG", "ERR"};
constexpr std::size_t segment_length_max = 220;  // with its terminator
constexpr std::size_t searched_for_header_max = 4096;

bool is_mark(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7F && !(u >= '0' && u <= '9') && !(u >= 'A' && u <= 'Z') && !(u >= 'a' && u <= 'z');
}

bool are_distinct(std::string_view marks) {
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (!is_mark(marks[i]) || marks.find(marks[i], i + 1) != std::string_view::npos) return false;
  }
  return true;
}

/// Separators of a header at the start of `text`; nothing when there is none.
std::optional<separators> marks_at(std::string_view text) {
  if (text.size() < 6 || text[0] != 'H' || !is_mark(text[1])) return std::nullopt;
  separators out;
  out.field = text[1];
  const std::size_t end = text.find(out.field, 2);
  const std::string_view others = text.substr(2, end == std::string_view::npos ? 0 : end - 2);
  if (others.size() == 4 && are_distinct(text.substr(1, 5))) {
    out.component = others[0];
    out.repeat = others[1];
    out.escape = others[2];
    out.sub = others[3];
    return out;
  }
  if (others == "^~&") {  // the escape is missing: read as the known senders of this mean it
    out.component = '^';
    out.repeat = '~';
    out.sub = '&';
    return out;
  }
  return std::nullopt;
}

std::string_view plain_field(std::string_view line, std::size_t index, char separator) {
  for (; index > 0; --index) {
    const std::size_t at = line.find(separator);
    if (at == std::string_view::npos) return {};
    line = line.substr(at + 1);
  }
  return line.substr(0, line.find(separator));
}

/// A header is believed when its seventh field is a context.
bool is_header(std::string_view text) {
  const auto marks = marks_at(text);
  if (!marks) return false;
  const std::string_view line = text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{2048}));
  return is_known_context(trim(plain_field(line, 6, marks->field)));
}

std::size_t find_header(std::string_view text) {
  std::size_t start = 0;
  while (start < text.size() && (static_cast<unsigned char>(text[start]) <= 0x20)) ++start;
  if (is_header(text.substr(start)) || marks_at(text.substr(start))) return start;
  const std::size_t end = std::min(text.size(), searched_for_header_max);
  for (std::size_t i = text.find('H', start); i < end; i = text.find('H', i + 1)) {
    if (is_header(text.substr(i))) return i;
  }
  return std::string_view::npos;
}

/// The file's bytes with addenda spliced, one segment a line, and where each came from.
struct spliced_lines {
  std::string bytes;
  std::vector<std::uint32_t> line_numbers;
};

spliced_lines splice(std::string_view bytes, char field, findings& found) {
  spliced_lines out;
  out.bytes.reserve(bytes.size());
  std::uint32_t number = 0;
  byte_pair_search line_ends(bytes, '\r', '\n');
  for (std::size_t start = 0; start < bytes.size();) {
    const std::size_t end = std::min(line_ends.next(start), bytes.size());
    std::string_view line = bytes.substr(start, end - start);
    start = end + 1;
    if (end < bytes.size() && bytes[end] == '\r' && start < bytes.size() && bytes[start] == '\n') ++start;
    ++number;
    while (!line.empty() && static_cast<unsigned char>(line.front()) < 0x20) line.remove_prefix(1);
    if (line.find_first_not_of(" \t\x1A") == std::string_view::npos) continue;
    if (line.size() + 1 > segment_length_max) found.add(finding::line_too_long, "line " + std::to_string(number));
    if (line.size() >= 2 && line[0] == 'A' && line[1] == field) {
      if (out.line_numbers.empty()) {
        found.add(finding::addendum_without_segment, "line " + std::to_string(number));
      } else {
        out.bytes.pop_back();
        out.bytes.append(line.substr(2)).append("\n");
        continue;
      }
    }
    out.bytes.append(line).append("\n");
    out.line_numbers.push_back(number);
  }
  return out;
}

bool is_wide(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") ||
         (bytes.size() > 2 && (bytes[1] == 0 || bytes[0] == 0));
}

constexpr std::size_t segments_max = 20'000;

void make_segments(const spliced_lines& lines, sante_file& file) {
  std::string_view rest = file.source.text;
  std::array<std::pair<std::string_view, std::uint32_t>, 64> counts{};
  for (std::size_t i = 0; i < lines.line_numbers.size() && !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    sante_segment made;
    made.text = rest.substr(0, end);
    made.name = trim(made.text.substr(0, made.text.find(file.marks.field)));
    made.line = lines.line_numbers[i];
    for (auto& [name, count] : counts) {
      if (name.empty()) name = made.name;
      if (name == made.name) {
        made.ordinal = ++count;
        break;
      }
    }
    file.segments.push_back(made);
    rest = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
  }
}

void check_header(sante_file& file, findings& found) {
  const sante_segment& header = file.segments.front();
  const auto field = [&](std::size_t index) { return field_of(header, index, file.marks); };
  file.context = trim(field(6).raw());
  for (const std::string_view known : contexts) {
    if (equals_ignoring_case(file.context, known)) file.context = known;
  }
  file.version = trim(field(12).component(0).raw());
  file.link_type = trim(field(12).component(1).raw());
  if (file.marks.after_field() != "~^\\&" || file.marks.field != '|') found.add(finding::separators_unusual, "H-1");
  if (!is_known_context(file.context)) found.add(finding::unknown_context, "H-6");
  if (file.version.size() > 4) file.version = file.version.substr(0, 4);  // "H2.0\:C" and the like
  const bool known =
      file.version.size() == 4 && file.version.starts_with("H2.") && file.version[3] >= '0' && file.version[3] <= '5';
  if (!known) found.add(finding::unknown_version, "H-12");
  if (field(4).empty() || field(9).empty() || field(13).empty()) found.add(finding::header_fields_missing, "H");
}

void check_end(const sante_file& file, findings& found) {
  const sante_segment& last = file.segments.back();
  if (last.name != "L") {
    found.add(finding::no_end_segment);
    return;
  }
  const auto count_of = [&](std::size_t index) { return std::string(trim(field_of(last, index, file.marks).raw())); };
  const auto patients =
      std::count_if(file.segments.begin(), file.segments.end(), [](const sante_segment& s) { return s.name == "P"; });
  const auto differs = [](const std::string& sent, std::size_t counted) {
    return !sent.empty() && (!is_digits(sent) || sent.size() > 9 || std::stoul(sent) != counted);
  };
  if (differs(count_of(3), static_cast<std::size_t>(patients)) || differs(count_of(4), file.segments.size()))
    found.add(finding::counts_mismatch, last.location());
}

void check_segments(const sante_file& file, findings& found) {
  bool patient = false, request = false;
  for (const sante_segment& segment : file.segments) {
    if (std::find(std::begin(known_segments), std::end(known_segments), segment.name) == std::end(known_segments)) {
      found.add(finding::unknown_segment, "line " + std::to_string(segment.line));
      continue;
    }
    if (segment.name == "P") {
      patient = true;
      request = false;
    } else if (segment.name == "OBR") {
      if (!patient) found.add(finding::segment_order, segment.location());
      request = true;
    } else if (segment.name == "OBX") {
      if (!request) found.add(finding::segment_order, segment.location());
    } else if ((segment.name == "AP" || segment.name == "AC" || segment.name == "FAC") && !patient) {
      found.add(finding::segment_order, segment.location());
    } else if (segment.name == "H" && &segment != &file.segments.front()) {
      found.add(finding::segment_order, segment.location());
    }
  }
}

}  // namespace

bool is_known_context(std::string_view context) {
  return std::find(std::begin(contexts), std::end(contexts), context) != std::end(contexts);
}

bool read_sante(std::string_view bytes, std::string_view charset_override, sante_file& file, findings& found) {
  std::string widened;
  std::string_view input = bytes;
  const bool wide = is_wide(bytes);
  if (wide) {
    file.source = decode_text(bytes, charset_override, found);
    widened = file.source.text;
    input = widened;
  } else if (input.starts_with("\xEF\xBB\xBF")) {
    input.remove_prefix(3);
  }
  const std::size_t start = find_header(input);
  if (start == std::string_view::npos) {
    found.add(trim(input).empty() ? finding::empty_message : finding::unknown_context, "H");
    return false;
  }
  if (!trim(input.substr(0, start)).empty()) found.add(finding::bytes_before_header);
  file.marks = *marks_at(input.substr(start));
  const spliced_lines lines = splice(input.substr(start), file.marks.field, found);
  if (wide) {
    file.source.text = lines.bytes;
  } else {
    file.source = decode_text(lines.bytes, charset_override, found);
  }
  make_segments(lines, file);
  if (file.segments.size() > segments_max) {  // each becomes a resource of kilobytes
    found.add(finding::too_many_lines);
    file.segments.clear();
  }
  if (file.segments.empty()) return false;
  check_header(file, found);
  check_segments(file, found);
  check_end(file, found);
  return true;
}

int recognise_sante(std::string_view head) {
  std::string widened;
  if (is_wide(head)) {
    widened = detect_and_decode(head.substr(0, 8192)).text;
    head = widened;
  }
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  std::size_t start = 0;
  while (start < head.size() && static_cast<unsigned char>(head[start]) <= 0x20) ++start;
  if (is_header(head.substr(start))) return 99;
  if (head.substr(start).starts_with("<") || head.starts_with("MSH")) return 0;
  if (marks_at(head.substr(start))) return 60;
  return find_header(head) == std::string_view::npos ? 0 : 70;
}

namespace {

/// Length of an escape at `i`: "\F\", "\X0D\", or the escape and the separator it protects; 1 when it is none.
std::size_t escape_length(std::string_view text, std::size_t i, char escape) {
  if (i + 2 < text.size() && text[i + 2] == escape && std::strchr("FSTRE", text[i + 1]) != nullptr) return 3;
  if (i + 1 < text.size() && text[i + 1] == 'X') {
    std::size_t end = i + 2;
    while (end < text.size() && end < i + 8 && std::isxdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end > i + 2 && end < text.size() && text[end] == escape) return end - i + 1;
  }
  return i + 1 < text.size() && is_mark(text[i + 1]) ? 2 : 1;
}

/// Position of the next separator that no escape protects.
std::size_t next_mark(std::string_view text, std::size_t from, char separator, char escape) {
  const std::size_t plain = text.find(separator, from);
  if (plain == std::string_view::npos) return plain;
  // Looked for in this piece only: a search to the end for every separator would cost the square of the length.
  const std::size_t first_escape = text.substr(0, plain).find(escape, from);
  if (first_escape == std::string_view::npos) return plain;
  for (std::size_t i = first_escape; i < text.size();) {
    if (text[i] == separator) return i;
    i += text[i] == escape ? escape_length(text, i, escape) : 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string_view> split_marks(std::string_view text, char separator, char escape) {
  std::vector<std::string_view> out;
  for (std::size_t start = 0;;) {
    const std::size_t end = next_mark(text, start, separator, escape);
    out.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) return out;
    start = end + 1;
  }
}

std::string_view piece(std::string_view text, std::size_t index, char separator, char escape) {
  std::size_t start = 0;
  for (;; --index) {
    const std::size_t end = next_mark(text, start, separator, escape);
    if (index == 0) return text.substr(start, end == std::string_view::npos ? end : end - start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
}

field_view field_of(const sante_segment& segment, std::size_t index, const separators& marks) {
  // The first fields of H are the separators themselves: no escapes there.
  const char escape = segment.name == "H" && index < 2 ? '\0' : marks.escape;
  if (segment.name == "H" && index > 1) {
    const std::size_t second = segment.text.find(marks.field, 2);
    if (second == std::string_view::npos) return {{}, marks};
    return {piece(segment.text.substr(second + 1), index - 2, marks.field, escape), marks};
  }
  return {piece(segment.text, index, marks.field, escape), marks};
}

std::string unescaped(std::string_view text, const separators& marks) {
  if (text.find(marks.escape) == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != marks.escape) {
      out += text[i++];
      continue;
    }
    const std::size_t length = escape_length(text, i, marks.escape);
    const std::string_view sequence = text.substr(i, length);
    if (length == 3 && sequence[2] == marks.escape && sequence[1] != 'X') {
      switch (sequence[1]) {
        case 'F':
          out += marks.field;
          break;
        case 'S':
          out += marks.component;
          break;
        case 'T':
          out += marks.sub;
          break;
        case 'R':
          out += marks.repeat;
          break;
        default:
          out += marks.escape;
          break;
      }
    } else if (length >= 4) {
      const std::string_view digits = sequence.substr(2, length - 3);
      for (std::size_t k = 0; k + 1 < digits.size(); k += 2) {
        const auto value = std::stoi(std::string(digits.substr(k, 2)), nullptr, 16);
        if (value == 0x0D || value == 0x0A) {
          if (out.empty() || out.back() != '\n') out += '\n';
        } else if (value >= 0x20 && value < 0x7F) {
          out += static_cast<char>(value);
        } else {
          out += ' ';
        }
      }
    } else if (length == 2) {
      const char next = sequence[1];
      const bool separator = next == marks.field || next == marks.component || next == marks.repeat ||
                             next == marks.sub || next == marks.escape;
      if (!separator) out += marks.escape;
      out += next;
    } else {
      out += marks.escape;
    }
    i += length;
  }
  return out;
}

std::string field_view::text() const {
  const field_view first = repetition(0).component(0).sub(0);
  return std::string(trim(unescaped(first.raw(), *marks_)));
}

}  // namespace liaison::hprim
