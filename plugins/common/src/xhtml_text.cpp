// SPDX-License-Identifier: Apache-2.0
// Plain text of a FHIR narrative. One pass over the bytes with a handful of counters: no tree, so hostile
// nesting costs nothing. Every encoder and every printed view uses this one function.
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace liaison {
namespace {

struct tag {
  std::string name;  ///< lower case, without prefix
  bool closing = false;
  bool self_closing = false;
  std::string_view attributes;
};

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_block(std::string_view name) {
  return among(name,
               {"p",  "div", "table", "thead", "tbody", "tfoot", "tr", "ul", "ol",      "dl",         "dt", "dd",
                "li", "pre", "h1",    "h2",    "h3",    "h4",    "h5", "h6", "caption", "blockquote", "hr", "address"});
}

void append_utf_8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  } else if (c < 0x110000) {
    out += static_cast<char>(0xF0U | (c >> 18U));
    out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  }
}

std::optional<std::uint32_t> named_entity(std::string_view name) {
  struct row {
    std::string_view name;
    std::uint32_t character;
  };
  static constexpr std::array<row, 6> rows{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}}};
  for (const row& entry : rows) {
    if (entry.name == name) {
      return entry.character;
    }
  }
  return std::nullopt;
}

/// The character of "&…;" at `at`; moves behind it. A lone '&' stands for itself.
std::uint32_t read_entity(std::string_view text, std::size_t& at) {
  const std::size_t end = text.substr(at, 12).find(';');
  if (end == std::string_view::npos) {
    ++at;
    return '&';
  }
  const std::string_view name = text.substr(at + 1, end - 1);
  std::optional<std::uint32_t> found = named_entity(name);
  if (!found && name.size() > 1 && name.front() == '#') {
    const bool hexadecimal = name[1] == 'x' || name[1] == 'X';
    std::uint32_t value = 0;
    bool good = name.size() > (hexadecimal ? 2U : 1U);
    for (const char c : name.substr(hexadecimal ? 2 : 1)) {
      const int digit = c >= '0' && c <= '9'                  ? c - '0'
                        : hexadecimal && c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : hexadecimal && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                              : -1;
      good = good && digit >= 0 && value < 0x110000;
      value = value * (hexadecimal ? 16U : 10U) + static_cast<std::uint32_t>(std::max(digit, 0));
    }
    if (good && value < 0x110000 && (value < 0xD800 || value > 0xDFFF)) {
      found = value;
    }
  }
  if (!found) {
    ++at;
    return '&';
  }
  at += end + 1;
  return *found;
}

/// Reads "<…>" at `at` and moves behind it. Nothing for comments and declarations, and for a '<' that opens no tag.
std::optional<tag> read_tag(std::string_view text, std::size_t& at) {
  if (text.substr(at, 4) == "<!--") {
    const std::size_t end = text.find("-->", at + 4);
    at = end == std::string_view::npos ? text.size() : end + 3;
    return std::nullopt;
  }
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != '>') {
    if (text[end] == '"' || text[end] == '\'') {
      end = std::min(text.find(text[end], end + 1), text.size() - 1);
    }
    ++end;
  }
  std::string_view inside = text.substr(at + 1, end - at - 1);
  at = std::min(end + 1, text.size());
  tag found;
  if (inside.starts_with('/')) {
    found.closing = true;
    inside.remove_prefix(1);
  }
  if (inside.ends_with('/')) {
    found.self_closing = true;
    inside.remove_suffix(1);
  }
  const std::size_t name_end = std::min(inside.find_first_of(" \t\r\n"), inside.size());
  std::string_view name = inside.substr(0, name_end);
  name.remove_prefix(name.rfind(':') == std::string_view::npos ? 0 : name.rfind(':') + 1);
  for (const char c : name) {
    found.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  found.attributes = inside.substr(name_end);
  return found;
}

class text_maker {
 public:
  std::string run(std::string_view xhtml) {
    std::size_t at = 0;
    while (at < xhtml.size()) {
      if (xhtml[at] == '<') {
        if (const auto found = read_tag(xhtml, at)) {
          apply(*found);
        }
      } else if (xhtml[at] == '&') {
        std::string entity;
        append_utf_8(entity, read_entity(xhtml, at));
        character(entity);
      } else {
        character(xhtml.substr(at++, 1));
      }
    }
    end_line();
    while (!out_.empty() && (out_.back() == '\n' || out_.back() == ' ')) {
      out_.pop_back();
    }
    return std::move(out_);
  }

 private:
  static constexpr unsigned list_depth_shown_max = 8;

  void apply(const tag& found) {
    if (among(found.name, {"style", "script", "title"})) {
      hidden_ += found.closing ? (hidden_ > 0 ? -1 : 0) : found.self_closing ? 0 : 1;
      return;
    }
    if (found.name == "br") {
      new_line();
      return;
    }
    if (found.name == "img" && !found.closing) {
      image(found.attributes);
      return;
    }
    if (among(found.name, {"td", "th"})) {
      if (!found.closing && cells_++ > 0) {
        cell_pending_ = true;
      }
      return;
    }
    if (!is_block(found.name)) {
      return;
    }
    end_line();
    if (found.name == "tr") {
      cells_ = 0;
      cell_pending_ = false;
    } else if (found.name == "pre") {
      pre_ = !found.closing && !found.self_closing;
    } else if (among(found.name, {"ul", "ol"})) {
      list_depth_ += found.closing ? (list_depth_ > 0 ? -1 : 0) : found.self_closing ? 0 : 1;
    } else if (found.name == "li" && !found.closing) {
      begin_text();
      const unsigned level = std::min(static_cast<unsigned>(list_depth_), list_depth_shown_max);
      out_.append(level > 1 ? 2 * (level - 1) : 0, ' ').append("- ");
      blank_pending_ = false;
    }
  }

  void image(std::string_view attributes) {
    const std::size_t alt = attributes.find("alt=\"");
    if (alt == std::string_view::npos) {
      return;
    }
    const std::string_view value = attributes.substr(alt + 5);
    for (const char& c : value.substr(0, value.find('"'))) {
      character({&c, 1});
    }
  }

  /// One byte of the text, or the whole character of an entity.
  void character(std::string_view c) {
    if (hidden_ > 0) {
      return;
    }
    if (pre_) {
      if (c == "\n") {
        new_line();
      } else if (c != "\r") {
        begin_text();
        out_ += c;
      }
      return;
    }
    if (c == " " || c == "\t" || c == "\n" || c == "\r") {
      blank_pending_ = true;
      return;
    }
    begin_text();
    if (cell_pending_) {
      out_ += "  ";
      cell_pending_ = false;
    } else if (blank_pending_ && !out_.empty() && out_.back() != '\n' && out_.back() != ' ') {
      out_ += ' ';
    }
    blank_pending_ = false;
    out_ += c;
  }

  void begin_text() {
    if (lines_owed_ > 0) {
      out_.append(std::min(lines_owed_, 2U), '\n');
      lines_owed_ = 0;
    }
  }

  void new_line() {  // a line end that the source asks for: blank lines stay
    if (hidden_ > 0) {
      return;
    }
    begin_text();
    out_ += '\n';
    blank_pending_ = false;
  }

  void end_line() {  // a block begins or ends: at most one line end however many blocks do
    cell_pending_ = false;
    blank_pending_ = false;
    if (!out_.empty() && out_.back() != '\n') {
      lines_owed_ = 1;
    }
  }

  std::string out_;
  unsigned lines_owed_ = 0;
  unsigned cells_ = 0;
  int list_depth_ = 0;
  int hidden_ = 0;
  bool pre_ = false;
  bool cell_pending_ = false;
  bool blank_pending_ = false;
};

}  // namespace

std::string xhtml_text(std::string_view xhtml) { return text_maker().run(xhtml); }

}  // namespace liaison
