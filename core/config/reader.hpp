// SPDX-License-Identifier: Apache-2.0
// The visitor of fields.hpp that reads: what is in the tree goes into the configuration. Types and ranges were checked
// against the schema before; what is of another type keeps its default, so that later checks still find what
// else is wrong.
#pragma once

#include "core/config/fields.hpp"
#include "core/config/report.hpp"

#include <cmath>
#include <concepts>
#include <utility>

namespace liaison::config {

/// The text of a secret, or a finding: the text itself, the first line of {"file": …}, or the variable {"env": …}.
std::optional<std::string> read_secret(const node& written, const key_path& key, const node& root, report& findings);

class reader {
 public:
  reader(const node* from, key_path path, const node& root, report& findings)
      : from_(from), path_(std::move(path)), root_(root), findings_(findings) {}

  void value(const char* key, std::string& into) {
    if (const node* found = find(key, json_kind::text)) into = found->text;
  }
  void value(const char* key, bool& into) {
    if (const node* found = find(key, json_kind::boolean)) into = found->boolean;
  }
  void value(const char* key, std::optional<bool>& into) {
    if (const node* found = find(key, json_kind::boolean)) into = found->boolean;
  }
  void value(const char* key, double& into) {
    if (const node* found = find_number(key)) into = found->number;
  }
  template <std::integral Integer>
  void value(const char* key, Integer& into) {
    const node* found = find(key, json_kind::integer);
    if (found != nullptr && std::in_range<Integer>(found->integer)) into = static_cast<Integer>(found->integer);
  }
  void value(const char* key, std::vector<std::string>& into) {
    const node* found = from_ == nullptr ? nullptr : from_->find(key);
    if (found == nullptr) return;
    into.clear();
    if (found->kind == json_kind::text) into.push_back(found->text);
    for (const auto& item : found->items) into.push_back(item.text);
  }
  void patterns(const char* key, std::vector<std::string>& into) { value(key, into); }
  void scaled(const char* key, std::int64_t& into, std::int64_t unit) {
    const node* found = find_number(key);
    constexpr double most = 9e15;
    if (found == nullptr || !(std::fabs(found->number) * static_cast<double>(unit) < most)) return;
    into = std::llround(found->number * static_cast<double>(unit));
  }
  void secrets(const char* key, std::vector<std::string>& into) {
    const node* found = find(key, json_kind::array);
    if (found == nullptr) return;
    for (std::size_t i = 0; i < found->items.size(); ++i) {
      auto text = read_secret(found->items[i], below(key, std::to_string(i)), root_, findings_);
      // An empty list would mean "nobody has to show one": a token that cannot be read must not lead there.
      into.push_back(text.value_or(std::string()));
    }
  }
  void secret_map(const char* key, std::map<std::string, std::string>& into) {
    const node* found = find(key, json_kind::object);
    if (found == nullptr) return;
    for (const auto& one : found->members) {
      if (auto text = read_secret(one.value, below(key, one.key), root_, findings_)) into[one.key] = *text;
    }
  }
  void raw(const char* key, std::string& into) {
    if (const node* found = find(key, json_kind::object)) into = to_json(*found);
  }
  void raw_map(const char* key, std::map<std::string, std::string>& into) {
    const node* found = find(key, json_kind::object);
    if (found == nullptr) return;
    for (const auto& one : found->members) into[one.key] = to_json(one.value);
  }
  template <class Fields>
  void object(const char* key, Fields fields) {
    reader inner(find(key, json_kind::object), below(key), root_, findings_);
    fields(inner);
  }
  template <class Value, class Fields>
  void optional_object(const char* key, std::optional<Value>& into, Fields fields) {
    const node* found = find(key, json_kind::object);
    if (found == nullptr) return;
    into.emplace();
    reader inner(found, below(key), root_, findings_);
    fields(inner);
  }
  template <class Value, class Variant>
  void alternative(const char* key, Variant& into) {
    const node* found = find(key, json_kind::object);
    if (found == nullptr) return;
    Value made;
    reader inner(found, below(key), root_, findings_);
    fields_of(inner, made);
    into = std::move(made);
  }
  template <class Value>
  void list(const char* key, std::vector<Value>& into) {
    const node* found = find(key, json_kind::array);
    if (found == nullptr) return;
    for (std::size_t i = 0; i < found->items.size(); ++i) {
      reader inner(&found->items[i], below(key, std::to_string(i)), root_, findings_);
      fields_of(inner, into.emplace_back());
    }
  }
  template <class Value>
  void map(const char* key, std::map<std::string, Value>& into) {
    const node* found = find(key, json_kind::object);
    if (found == nullptr) return;
    for (const auto& one : found->members) {
      reader inner(&one.value, below(key, one.key), root_, findings_);
      Value& made = into[one.key];
      made = Value();
      made.name = one.key;
      fields_of(inner, made);
    }
  }

 private:
  const node* find(const char* key, json_kind kind) const {
    const node* found = from_ == nullptr ? nullptr : from_->find(key);
    return found != nullptr && found->kind == kind ? found : nullptr;
  }
  const node* find_number(const char* key) const {
    const node* found = find(key, json_kind::integer);
    return found != nullptr ? found : find(key, json_kind::number);
  }
  template <class... Names>
  key_path below(Names... names) const {
    key_path path = path_;
    (path.emplace_back(names), ...);
    return path;
  }

  const node* from_;
  key_path path_;
  const node& root_;
  report& findings_;
};

}  // namespace liaison::config
