// SPDX-License-Identifier: Apache-2.0
// RapidJSON's SAX interface does not say where a token began, but the stream says where it ended: the beginning is
// found by going back over the token, which JSON's grammar makes unambiguous.
#include "core/config/json_tree.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>

namespace liaison::config {
namespace {

class line_index {
 public:
  explicit line_index(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  place at(std::size_t offset) const {
    auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const std::size_t start = *(after - 1);
    std::uint32_t column = 1;
    for (std::size_t i = start; i < std::min(offset, text_.size()); ++i) {
      if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++column;
    }
    return {.line = static_cast<std::uint32_t>(after - starts_.begin()), .column = column};
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// Builds the tree. Containers under way are kept on a stack, so that nothing recurses.
class tree_builder {
 public:
  tree_builder(std::string_view text, const rapidjson::MemoryStream& stream)
      : text_(text), stream_(stream), lines_(text) {}

  struct duplicate {
    std::string key;  // dotted
    place at, first;
  };

  bool Null() { return add(node(json_kind::null, token_start())); }
  bool Bool(bool value) {
    node made(json_kind::boolean, token_start());
    made.boolean = value;
    return add(std::move(made));
  }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value) { return add(integer_node(value, token_start())); }
  bool Uint64(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) return Int64(static_cast<std::int64_t>(value));
    node made(json_kind::number, token_start());
    made.number = static_cast<double>(value);
    return add(std::move(made));
  }
  bool Double(double value) {
    node made(json_kind::number, token_start());
    made.number = value;
    if (std::trunc(value) == value && std::fabs(value) < 9e15) {
      made.kind = json_kind::integer;
      made.integer = static_cast<std::int64_t>(value);
    }
    return add(std::move(made));
  }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(text_node(std::string(text, size), string_start()));
  }
  bool StartObject() { return open(json_kind::object); }
  bool StartArray() { return open(json_kind::array); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    member made{.key = std::string(text, size), .at = string_start(), .value = node()};
    auto& members = open_.back().members;
    for (const auto& one : members) {
      if (one.key == made.key) duplicates_.push_back({path_of(made.key), made.at, one.at});
    }
    members.push_back(std::move(made));
    return true;
  }

  node root;
  bool too_deep = false;
  const line_index& lines() const { return lines_; }
  const std::vector<duplicate>& duplicates() const { return duplicates_; }

 private:
  place token_start() const {  // a number or a literal: the last character was consumed
    std::size_t at = stream_.Tell();
    auto belongs = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.';
    };
    while (at > 0 && belongs(text_[at - 1])) --at;
    return lines_.at(at);
  }
  place string_start() const {  // the closing quote was consumed; every quote within is escaped
    std::size_t at = stream_.Tell() - 1;
    while (at > 0) {
      --at;
      if (text_[at] != '"') continue;
      std::size_t backslashes = 0;
      while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) break;
    }
    return lines_.at(at);
  }

  std::string path_of(const std::string& last) const {
    std::string path;
    for (const auto& one : open_) {
      if (one.kind == json_kind::array) path += std::to_string(one.items.size()) + ".";
      if (one.kind == json_kind::object && !one.members.empty() && &one != &open_.back()) {
        path += one.members.back().key + ".";
      }
    }
    return path + last;
  }

  bool open(json_kind kind) {  // the bracket is the next character
    if (open_.size() >= json_depth_max) {
      too_deep = true;
      return false;
    }
    open_.emplace_back(kind, lines_.at(stream_.Tell()));
    return true;
  }
  bool close() {
    node closed = std::move(open_.back());
    open_.pop_back();
    return add(std::move(closed));
  }
  bool add(node value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().kind == json_kind::array) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().members.back().value = std::move(value);
    }
    return true;
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  line_index lines_;
  std::vector<node> open_;
  std::vector<duplicate> duplicates_;
};

std::string explained(const rapidjson::ParseResult& failed, std::string_view text, bool too_deep) {
  if (too_deep) return "nested deeper than " + std::to_string(json_depth_max);
  const char next = failed.Offset() < text.size() ? text[failed.Offset()] : '\0';
  if (next == '/' || next == '#') return "not JSON: there are no comments in JSON";
  std::string why = std::string("not JSON: ") + rapidjson::GetParseError_En(failed.Code());
  if (failed.Code() == rapidjson::kParseErrorObjectMissName && next == '}') why += " Is there a comma too many?";
  if (failed.Code() == rapidjson::kParseErrorValueInvalid && next == ']') why += " Is there a comma too many?";
  return why;
}

void write(rapidjson::Writer<rapidjson::StringBuffer>& writer, const node& value) {  // as deep as json_depth_max
  switch (value.kind) {
    case json_kind::null:
      writer.Null();
      return;
    case json_kind::boolean:
      writer.Bool(value.boolean);
      return;
    case json_kind::integer:
      writer.Int64(value.integer);
      return;
    case json_kind::number:
      writer.Double(value.number);
      return;
    case json_kind::text:
      writer.String(value.text);
      return;
    case json_kind::array:
      writer.StartArray();
      for (const auto& item : value.items) write(writer, item);
      writer.EndArray();
      return;
    case json_kind::object:
      writer.StartObject();
      for (const auto& one : value.members) {
        writer.Key(one.key.data(), static_cast<rapidjson::SizeType>(one.key.size()));
        write(writer, one.value);
      }
      writer.EndObject();
      return;
  }
}

}  // namespace

// Here, where `member` is complete.
node::node(json_kind of, place where) : kind(of), at(where) {}
node::node(const node&) = default;
node::node(node&&) noexcept = default;
node& node::operator=(const node&) = default;
node& node::operator=(node&&) noexcept = default;
node::~node() = default;

node text_node(std::string text, place where) {
  node made(json_kind::text, where);
  made.text = std::move(text);
  return made;
}

node integer_node(std::int64_t value, place where) {
  node made(json_kind::integer, where);
  made.integer = value;
  made.number = static_cast<double>(value);
  return made;
}

const node* node::find(std::string_view key) const {
  for (auto last = members.rbegin(); last != members.rend(); ++last) {
    if (last->key == key) return &last->value;
  }
  return nullptr;
}

node* node::find(std::string_view key) { return const_cast<node*>(std::as_const(*this).find(key)); }

const char* name_of(json_kind kind) {
  switch (kind) {
    case json_kind::null:
      return "null";
    case json_kind::boolean:
      return "true or false";
    case json_kind::integer:
      return "an integer";
    case json_kind::number:
      return "a number";
    case json_kind::text:
      return "a string";
    case json_kind::array:
      return "an array";
    case json_kind::object:
      return "an object";
  }
  return "";
}

node parse_json(std::string_view text, const std::string& file, std::vector<finding>& findings) {
  if (text.size() > json_size_bytes_max) {
    findings.push_back({.file = file, .text = "larger than " + std::to_string(json_size_bytes_max) + " bytes"});
    return node();
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto zero = text.find('\0'); zero != std::string_view::npos) {  // which RapidJSON takes for the end
    const place at = line_index(text).at(zero);
    findings.push_back({.file = file, .line = at.line, .column = at.column, .text = "not JSON: a zero byte"});
    return node();
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  tree_builder builder(text, stream);
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  const auto parsed = reader.Parse<flags>(stream, builder);
  if (!parsed) {
    const place at = builder.lines().at(parsed.Offset());
    findings.push_back({.file = file,
                        .line = at.line,
                        .column = at.column,
                        .key = "",
                        .text = explained(parsed, text, builder.too_deep)});
    return node();
  }
  for (const auto& one : builder.duplicates()) {
    findings.push_back({.file = file,
                        .line = one.at.line,
                        .column = one.at.column,
                        .key = one.key,
                        .text = "the same key is already in line " + std::to_string(one.first.line)});
  }
  return std::move(builder.root);
}

std::string to_json(const node& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  write(writer, value);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace liaison::config
