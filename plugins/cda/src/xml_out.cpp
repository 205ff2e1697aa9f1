// SPDX-License-Identifier: Apache-2.0
// Two blanks of indentation a level; an element with text stays on one line, for blanks in it would be text.
#include "xml_out.hpp"

#include <liaison/common/text.hpp>

namespace liaison::cda {

void xml_out::finish_start_tag() {
  if (tag_open_) {
    out_ += '>';
    tag_open_ = false;
  }
}

void xml_out::open(std::string_view plain_name) {
  finish_start_tag();
  std::size_t ordinal = 1;
  std::string name(plain_name);
  if (!levels_.empty()) {
    level& parent = levels_.back();
    // Codes of IHE's pharmacy extension are of its namespace with all they hold; its quantities are HL7's.
    if (parent.name.rfind("pharm:", 0) == 0 && parent.name != "pharm:quantity" && name.find(':') == std::string::npos) {
      name.insert(0, "pharm:");
    }
    ordinal = ++parent.children[name];
    parent.has_content = true;
    if (!parent.has_text) {
      out_ += '\n' + std::string(2 * levels_.size(), ' ');
    }
  }
  out_.append("<").append(name);
  tag_open_ = true;
  levels_.push_back({std::move(name), ordinal, false, false, {}});
}

void xml_out::close() {
  const level closed = std::move(levels_.back());
  levels_.pop_back();
  if (tag_open_) {
    out_ += "/>";
    tag_open_ = false;
    return;
  }
  if (closed.has_content && !closed.has_text) {
    out_ += '\n' + std::string(2 * levels_.size(), ' ');
  }
  out_.append("</").append(closed.name).append(">");
}

xml_out& xml_out::attribute(std::string_view name, const sourced& value) {
  if (value.empty()) {
    return *this;
  }
  std::string escaped = escape_xml(value.text);
  std::size_t at = 0;
  while ((at = escaped.find_first_of("\n\r\t", at)) != std::string::npos) {
    // A line end in an attribute would be read back as a blank.
    const std::string reference = escaped[at] == '\n' ? "&#10;" : escaped[at] == '\r' ? "&#13;" : "&#9;";
    escaped.replace(at, 1, reference);
    at += reference.size();
  }
  out_.append(" ").append(name).append("=\"").append(escaped).append("\"");
  carry(value, name);
  return *this;
}

void xml_out::text(const sourced& value) {
  if (value.empty()) {
    return;
  }
  finish_start_tag();
  levels_.back().has_text = true;
  out_ += escape_xml(value.text);
  carry(value);
}

void xml_out::raw(std::string_view markup) {
  finish_start_tag();
  levels_.back().has_text = true;
  out_ += markup;
}

void xml_out::leaf(std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> attributes) {
  const element made(*this, name);
  for (const auto& [key, value] : attributes) {
    attribute(key, value);
  }
}

std::string xml_out::location() const {
  std::string text;
  for (const level& of : levels_) {
    text += '/' + of.name;
    if (of.ordinal > 1) {
      text += '[' + std::to_string(of.ordinal) + ']';
    }
  }
  return text;
}

void xml_out::carry(const sourced& value, std::string_view attribute_name) const {
  if (book_ != nullptr && value.has_leaf) {
    book_->carry(value.leaf, attribute_name.empty() ? location() : location() + "/@" + std::string(attribute_name));
  }
}

}  // namespace liaison::cda
