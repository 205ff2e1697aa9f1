// SPDX-License-Identifier: Apache-2.0
// The visitor of fields.hpp that writes: the configuration in force as a tree, secrets left out.
#include "core/config/fields.hpp"
#include "core/config/json_tree.hpp"
#include "core/config/load.hpp"

namespace liaison::config {
namespace {

node boolean_node(bool value) {
  node made(json_kind::boolean);
  made.boolean = value;
  return made;
}

node number_node(double value) {
  node made(json_kind::number);
  made.number = value;
  return made;
}

class writer {
 public:
  node result{json_kind::object};

  // What is empty was not given: left out, as in a file.
  void value(const char* key, const std::string& from) {
    if (!from.empty()) add(key, text_node(from));
  }
  void patterns(const char* key, const std::vector<std::string>& from) {
    if (!from.empty()) value(key, from);
  }
  void value(const char* key, bool from) { add(key, boolean_node(from)); }
  void value(const char* key, const std::optional<bool>& from) {
    if (from) value(key, *from);
  }
  void value(const char* key, double from) { add(key, number_node(from)); }
  template <std::integral Integer>
  void value(const char* key, Integer from) {
    add(key, integer_node(static_cast<std::int64_t>(from)));
  }
  void value(const char* key, const std::vector<std::string>& from) {
    node list(json_kind::array);
    for (const auto& one : from) list.items.push_back(text_node(one));
    add(key, std::move(list));
  }
  void scaled(const char* key, std::int64_t from, std::int64_t unit) {
    value(key, static_cast<double>(from) / static_cast<double>(unit));
  }
  void secrets(const char* key, const std::vector<std::string>& from) {
    value(key, std::vector<std::string>(from.size(), "***"));
  }
  void secret_map(const char* key, const std::map<std::string, std::string>& from) {
    node made(json_kind::object);
    for (const auto& [name, hidden] : from) made.members.push_back({name, {}, text_node("***")});
    add(key, std::move(made));
  }
  void raw(const char* key, const std::string& from) {
    std::vector<finding> ignored;
    add(key, parse_json(from, key, ignored));
  }
  void raw_map(const char* key, const std::map<std::string, std::string>& from) {
    writer inner;
    for (const auto& [name, json] : from) inner.raw(name.c_str(), json);
    add(key, std::move(inner.result));
  }
  template <class Fields>
  void object(const char* key, Fields fields) {
    writer inner;
    fields(inner);
    if (!inner.result.members.empty()) add(key, std::move(inner.result));
  }
  template <class Value, class Fields>
  void optional_object(const char* key, std::optional<Value>& from, Fields fields) {
    if (!from) return;
    writer inner;
    fields(inner);
    add(key, std::move(inner.result));  // also when empty: `"tls": {}` is not the same as none
  }
  template <class Value, class Variant>
  void alternative(const char* key, Variant& from) {
    if (auto* held = std::get_if<Value>(&from)) {
      add(key, written(*held));
    }
  }
  template <class Value>
  void list(const char* key, std::vector<Value>& from) {
    node made(json_kind::array);
    for (auto& one : from) made.items.push_back(written(one));
    add(key, std::move(made));
  }
  template <class Value>
  void map(const char* key, std::map<std::string, Value>& from) {
    node made(json_kind::object);
    for (auto& [name, one] : from) made.members.push_back({name, {}, written(one)});
    add(key, std::move(made));
  }

 private:
  template <class Value>
  static node written(Value& from) {
    writer inner;
    fields_of(inner, from);
    return std::move(inner.result);
  }
  void add(const char* key, node value) { result.members.push_back({key, {}, std::move(value)}); }
};

}  // namespace

std::string effective_json(configuration of) {
  writer all;
  fields_of(all, of);
  return to_json(all.result);
}

}  // namespace liaison::config
