// SPDX-License-Identifier: Apache-2.0
#include "core/config/report.hpp"

#include <charconv>

namespace liaison::config {
namespace {

struct step_result {
  const node* value = nullptr;
  place at;
};

step_result step(const node& from, const std::string& name) {
  if (from.kind == json_kind::array) {
    std::size_t index = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error == std::errc() && end == name.data() + name.size() && index < from.items.size()) {
      return {&from.items[index], from.items[index].at};
    }
    return {};
  }
  for (auto last = from.members.rbegin(); last != from.members.rend(); ++last) {
    if (last->key == name) return {&last->value, last->at};
  }
  return {};
}

}  // namespace

std::string dotted(const key_path& path) {
  std::string text;
  for (const auto& one : path) text += text.empty() ? one : "." + one;
  return text;
}

key_path parts_of(std::string_view dotted_key) {
  key_path parts;
  std::size_t start = 0;
  for (std::size_t dot; (dot = dotted_key.find('.', start)) != std::string_view::npos; start = dot + 1) {
    parts.emplace_back(dotted_key.substr(start, dot - start));
  }
  parts.emplace_back(dotted_key.substr(start));
  return parts;
}

const node* find(const node& root, const key_path& key) {
  const node* at = &root;
  for (const auto& name : key) {
    at = step(*at, name).value;
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string report::file_of(const place& at) const {
  if (at.override_index < 0) return file_;
  const auto& text = overrides_[static_cast<std::size_t>(at.override_index)];
  return "--set " + text.substr(0, text.find('='));  // not its value, which may be a secret
}

void report::add(model::severity how, const node& root, const key_path& key, std::string text) {
  const node* current = &root;
  place at = root.at;
  for (const auto& name : key) {
    const auto next = step(*current, name);
    if (next.value == nullptr) break;
    current = next.value;
    at = next.at;
  }
  findings.push_back({.severity = how,
                      .file = file_of(at),
                      .line = at.line,
                      .column = at.column,
                      .key = dotted(key),
                      .text = std::move(text)});
}

void report::error(const node& root, const key_path& key, std::string text) {
  add(model::severity::error, root, key, std::move(text));
}
void report::warning(const node& root, const key_path& key, std::string text) {
  add(model::severity::warning, root, key, std::move(text));
}
void report::information(const node& root, const key_path& key, std::string text) {
  add(model::severity::information, root, key, std::move(text));
}

void report::error_at(const place& at, std::string key, std::string text) {
  findings.push_back(
      {.file = file_of(at), .line = at.line, .column = at.column, .key = std::move(key), .text = std::move(text)});
}

}  // namespace liaison::config
