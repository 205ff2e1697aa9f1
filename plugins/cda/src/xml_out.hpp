// SPDX-License-Identifier: Apache-2.0
// Writing XML with the account as a by-product: what a value of the pivot became is known by where it is written.
#pragma once

#include <liaison/common/account.hpp>
#include <liaison/common/pivot.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::cda {

class xml_out {
 public:
  explicit xml_out(account* book) : book_(book) {}

  /// An element that is open as long as this lives.
  class element {
   public:
    element(xml_out& out, std::string_view name) : out_(out) { out_.open(name); }
    ~element() { out_.close(); }
    element(const element&) = delete;
    element& operator=(const element&) = delete;

   private:
    xml_out& out_;
  };

  void open(std::string_view name);
  void close();
  /// Nothing when the value is empty.
  xml_out& attribute(std::string_view name, const sourced& value);
  xml_out& attribute(std::string_view name, std::string_view value) {
    return attribute(name, sourced(std::string(value)));
  }
  void text(const sourced& value);
  void text(std::string_view value) { text(sourced(std::string(value))); }
  /// Markup that is already well-formed.
  void raw(std::string_view markup);
  /// A whole element with attributes, values literal.
  void leaf(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> attributes);

  /// "/ClinicalDocument/author[2]/time" of the element that is open.
  std::string location() const;
  /// The value became what is written here without standing here letter by letter.
  void carry(const sourced& value, std::string_view attribute_name = {}) const;

  std::string take() { return std::move(out_); }

 private:
  struct level {
    std::string name;
    std::size_t ordinal = 1;
    bool has_content = false;
    bool has_text = false;
    std::unordered_map<std::string, std::size_t> children;
  };
  void finish_start_tag();

  account* book_;
  std::string out_;
  std::vector<level> levels_;
  bool tag_open_ = false;
};

}  // namespace liaison::cda
