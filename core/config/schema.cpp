// SPDX-License-Identifier: Apache-2.0
#include "core/config/schema.hpp"

#include "core/base/assert.hpp"
#include "core/config/nearest.hpp"

#include <rapidjson/internal/regex.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace liaison::config {
namespace {

std::string joined(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

std::string number_text(const node& value) {
  if (value.kind == json_kind::integer) return std::to_string(value.integer);
  std::string text = to_json(value);
  return text;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_of_type(const node& value, std::string_view type) {
  switch (value.kind) {
    case json_kind::null:
      return type == "null";
    case json_kind::boolean:
      return type == "boolean";
    case json_kind::integer:
      return type == "integer" || type == "number";
    case json_kind::number:
      return type == "number" || (type == "integer" && std::trunc(value.number) == value.number);  // 1e30
    case json_kind::text:
      return type == "string";
    case json_kind::array:
      return type == "array";
    case json_kind::object:
      return type == "object";
  }
  return false;
}

std::string type_phrase(std::string_view type) {
  if (type == "boolean") return "true or false";
  return (type.starts_with('a') || type.starts_with('i') || type.starts_with('o') ? "an " : "a ") + std::string(type);
}

/// With RapidJSON's engine, which takes linear time and does not recurse; it would stop at a zero byte.
bool has_pattern(const std::string& text, const std::string& pattern) {
  const rapidjson::internal::Regex compiled(pattern.c_str());
  LIAISON_ASSERT(compiled.IsValid());
  return text.find('\0') == std::string::npos && compiled.Search(text.c_str());
}

class checker {
 public:
  explicit checker(const on_violation& report) : report_(report) {}

  void check(const node& value, const node& given_schema, const std::string& path) {
    const node& schema = resolved(given_schema);
    if (const node* type = schema.find("type"); type != nullptr && !has_type(value, *type, path)) return;
    if (const node* allowed = schema.find("enum")) check_enum(value, *allowed, path);
    switch (value.kind) {
      case json_kind::integer:
      case json_kind::number:
        check_range(value, schema, path);
        break;
      case json_kind::text:
        check_text(value, value.text, schema, path, "text");
        break;
      case json_kind::array:
        check_array(value, schema, path);
        break;
      case json_kind::object:
        check_object(value, schema, path);
        break;
      default:
        break;
    }
  }

 private:
  bool has_type(const node& value, const node& type, const std::string& path) {
    std::string expected;
    auto accepts = [&](const node& one) {
      if (!expected.empty()) expected += " or ";
      expected += type_phrase(one.text);
      return is_of_type(value, one.text);
    };
    const bool fits =
        type.kind == json_kind::array ? std::any_of(type.items.begin(), type.items.end(), accepts) : accepts(type);
    if (!fits) report_(path, value.at, "must be " + expected + ", not " + name_of(value.kind));
    return fits;
  }

  void check_enum(const node& value, const node& allowed, const std::string& path) {
    std::vector<std::string> names;
    for (const auto& one : allowed.items) {
      if (value.kind == json_kind::text && value.text == one.text) return;
      names.push_back(one.text);
    }
    if (value.kind != json_kind::text) {
      report_(path, value.at, std::string("must be a string, not ") + name_of(value.kind));
      return;
    }
    report_(path, value.at, "'" + value.text + "' is not known" + suggestion(value.text, names));
  }

  void check_range(const node& value, const node& schema, const std::string& path) {
    const node* least = schema.find("minimum");
    const node* most = schema.find("maximum");
    const bool below = least != nullptr && value.number < least->number;
    const bool above = most != nullptr && value.number > most->number;
    if (!below && !above) return;
    std::string text = number_text(value) + " is out of range: ";
    if (least != nullptr && most != nullptr) {
      text += number_text(*least) + " to " + number_text(*most);
    } else {
      text += least != nullptr ? "at least " + number_text(*least) : "at most " + number_text(*most);
    }
    report_(path, value.at, std::move(text));
  }

  void check_text(const node& value, const std::string& text, const node& schema, const std::string& path,
                  const std::string& what) {
    const auto length = static_cast<double>(characters_in(text));
    if (const node* least = schema.find("minLength"); least != nullptr && length < least->number) {
      report_(path, value.at, text.empty() ? "must not be empty" : what + " is too short");
    }
    if (const node* most = schema.find("maxLength"); most != nullptr && length > most->number) {
      report_(path, value.at, what + " is longer than " + number_text(*most) + " characters");
      return;  // a pattern is only tried on what is bounded
    }
    const node* pattern = schema.find("pattern");
    if (pattern != nullptr && !has_pattern(text, pattern->text)) {
      report_(path, value.at, what + " '" + text + "' must match " + pattern->text);
    }
  }

  void check_array(const node& value, const node& schema, const std::string& path) {
    check_count(value, value.items.size(), schema, path, {"minItems", "maxItems", "entries"});
    const node* items = schema.find("items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      check(value.items[i], *items, joined(path, std::to_string(i)));
    }
  }

  void check_object(const node& value, const node& schema, const std::string& path) {
    check_count(value, value.members.size(), schema, path, {"minProperties", "maxProperties", "keys"});
    if (const node* required = schema.find("required")) {
      for (const auto& name : required->items) {
        if (value.find(name.text) == nullptr) report_(joined(path, name.text), value.at, "is missing");
      }
    }
    const node* names = schema.find("propertyNames");
    for (const auto& one : value.members) {
      const std::string key = joined(path, one.key);
      const node* of_member = schema_of_member(schema, one.key);
      if (of_member == nullptr) {
        report_(key, one.at, "unknown key" + suggestion(one.key, property_names(schema)));
        continue;
      }
      if (names != nullptr) {
        const node name = text_node(one.key, one.at);
        check_text(name, one.key, *names, key, "the name");
      }
      check(one.value, *of_member, key);
    }
  }

  struct count_keywords {
    const char *least, *most, *what;
  };
  void check_count(const node& value, std::size_t count, const node& schema, const std::string& path,
                   const count_keywords& words) {
    const node* least = schema.find(words.least);
    const node* most = schema.find(words.most);
    const bool below = least != nullptr && static_cast<double>(count) < least->number;
    const bool above = most != nullptr && static_cast<double>(count) > most->number;
    if (!below && !above) return;
    std::string text;
    if (least != nullptr && most != nullptr && least->number == most->number) {
      text = "must have exactly " + number_text(*least) + " of its " + words.what + ", has " + std::to_string(count);
      text += suggestion("", property_names(schema));
    } else if (below) {
      text = "must have at least " + number_text(*least) + " of its " + words.what;
      text += suggestion("", property_names(schema));
    } else {
      text = "has " + std::to_string(count) + " " + words.what + ", more than " + number_text(*most);
    }
    report_(path, value.at, std::move(text));
  }

  const on_violation& report_;
};

}  // namespace

const node& schema_root() {
  static const node root = [] {
    std::vector<finding> findings;
    node parsed = parse_json(schema_text(), "configuration.schema.json", findings);
    LIAISON_ASSERT(findings.empty() && parsed.kind == json_kind::object);
    return parsed;
  }();
  return root;
}

std::span<const std::string_view> schema_keywords() {
  static constexpr std::array<std::string_view, 24> known{
      "$schema",  "$id",      "$defs",         "$ref",          "title",         "description",
      "default",  "type",     "properties",    "required",      "enum",          "additionalProperties",
      "minimum",  "maximum",  "minLength",     "maxLength",     "pattern",       "items",
      "minItems", "maxItems", "minProperties", "maxProperties", "propertyNames", "examples"};
  return known;
}

const node& resolved(const node& schema) {
  const node* ref = schema.find("$ref");
  if (ref == nullptr) return schema;
  constexpr std::string_view prefix = "#/$defs/";
  LIAISON_ASSERT(ref->text.starts_with(prefix));
  const node* target = schema_root().find("$defs")->find(ref->text.substr(prefix.size()));
  LIAISON_ASSERT(target != nullptr);
  return *target;
}

const node* schema_of_member(const node& given, std::string_view key) {
  static const node anything{json_kind::object};
  const node& schema = resolved(given);
  if (const node* properties = schema.find("properties")) {
    if (const node* found = properties->find(key)) return found;
  }
  const node* others = schema.find("additionalProperties");
  if (others == nullptr || (others->kind == json_kind::boolean && others->boolean)) return &anything;
  return others->kind == json_kind::object ? others : nullptr;
}

std::vector<std::string> property_names(const node& schema) {
  std::vector<std::string> names;
  if (const node* properties = resolved(schema).find("properties")) {
    for (const auto& one : properties->members) {
      if (one.key != "$schema") names.push_back(one.key);
    }
  }
  return names;
}

void check_against_schema(const node& value, const on_violation& report) {
  checker(report).check(value, schema_root(), "");
}

}  // namespace liaison::config
