// SPDX-License-Identifier: Apache-2.0
#include "core/config/overrides.hpp"

#include "core/config/nearest.hpp"
#include "core/config/schema.hpp"

#include <charconv>

namespace liaison::config {
namespace {

constexpr std::size_t path_steps_max = json_depth_max;

void set_place(node& value, const place& at) {  // as deep as json_depth_max
  value.at = at;
  for (auto& one : value.members) {
    one.at = at;
    set_place(one.value, at);
  }
  for (auto& one : value.items) set_place(one, at);
}

/// Whether a scalar can only be text there, so that `name=123` means the text "123".
bool scalar_is_text(const node& given) {
  const node* type = resolved(given).find("type");
  if (type == nullptr) return false;
  if (type->kind == json_kind::text) return type->text == "string";
  bool text = false;
  for (const auto& one : type->items) {
    if (one.text != "string" && one.text != "object" && one.text != "array") return false;
    text = text || one.text == "string";
  }
  return text;
}

node value_of(std::string_view text, const node& schema, const place& at) {
  std::vector<finding> unreadable;
  node value = parse_json(text, "", unreadable);
  const bool scalar = value.kind != json_kind::object && value.kind != json_kind::array;
  const bool wanted_as_text = scalar_is_text(schema) && scalar && value.kind != json_kind::text;
  if (!unreadable.empty() || wanted_as_text) value = text_node(std::string(text));
  set_place(value, at);
  return value;
}

/// One override on its way down the tree.
class walk {
 public:
  walk(node& root, const key_path& parts, const place& at, report& findings)
      : current_(&root), parts_(parts), at_(at), findings_(findings) {}

  void run(std::string_view value) {
    const node* schema = &schema_root();
    while (next_ < parts_.size()) {
      schema = current_->kind == json_kind::array ? into_item(*schema) : into_member(*schema);
      if (schema == nullptr) return;
    }
    *current_ = value_of(value, *schema, at_);
  }

 private:
  const node* fail(const std::string& text) {
    findings_.error_at(at_, dotted(key_path(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(next_) + 1)),
                       text);
    return nullptr;
  }

  const node* into_item(const node& schema) {
    const std::string& name = parts_[next_];
    std::size_t index = current_->items.size();
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error != std::errc() || end != name.data() + name.size()) index = named(name);
    if (index >= current_->items.size()) {
      std::vector<std::string> names;
      for (const auto& one : current_->items) {
        if (const node* its = one.find("name")) names.push_back(its->text);
      }
      return fail("there is no such entry" + suggestion(name, names));
    }
    current_ = &current_->items[index];
    ++next_;
    static const node anything{json_kind::object};
    const node* items = resolved(schema).find("items");
    return items == nullptr ? &anything : items;
  }

  std::size_t named(const std::string& name) const {
    for (std::size_t i = 0; i < current_->items.size(); ++i) {
      const node* its = current_->items[i].find("name");
      if (its != nullptr && its->text == name) return i;
    }
    return current_->items.size();
  }

  const node* into_member(const node& schema) {
    const node* properties = resolved(schema).find("properties");
    const bool is_property = properties != nullptr && properties->find(parts_[next_]) != nullptr;
    const std::string name = is_property ? take(1) : take(longest_existing());
    const node* of_member = schema_of_member(schema, name);
    if (current_->kind != json_kind::object) *current_ = node(json_kind::object, at_);
    node* found = current_->find(name);
    if (found == nullptr) {
      if (!is_property && of_member != nullptr && names_partners(*of_member)) {
        std::vector<std::string> names;
        for (const auto& one : current_->members) names.push_back(one.key);
        --next_;
        return fail("there is no '" + name + "'" + suggestion(name, names));
      }
      current_->members.push_back({name, at_, node(json_kind::object, at_)});
      found = &current_->members.back().value;
    }
    for (auto& one : current_->members) {
      if (one.key == name && next_ == parts_.size()) one.at = at_;
    }
    current_ = found;
    static const node anything{json_kind::object};
    return of_member == nullptr ? &anything : of_member;
  }

  /// Whether the members are described things of their own (endpoints), not free options.
  static bool names_partners(const node& of_member) {
    const node& schema = resolved(of_member);
    const node* type = schema.find("type");
    return schema.find("properties") != nullptr && type != nullptr && type->text == "object";
  }

  /// Names may contain dots (ids of plugins): the longest one that is there.
  std::size_t longest_existing() const {
    std::string name;
    std::size_t best = 1;
    for (std::size_t i = next_; i < parts_.size(); ++i) {
      name += (i == next_ ? "" : ".") + parts_[i];
      if (current_->find(name) != nullptr) best = i - next_ + 1;
    }
    return best;
  }

  std::string take(std::size_t count) {
    key_path taken(parts_.begin() + static_cast<std::ptrdiff_t>(next_),
                   parts_.begin() + static_cast<std::ptrdiff_t>(next_ + count));
    next_ += count;
    return dotted(taken);
  }

  node* current_;
  const key_path& parts_;
  std::size_t next_ = 0;
  place at_;
  report& findings_;
};

}  // namespace

void apply_overrides(node& root, const std::vector<std::string>& overrides, report& findings) {
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const place at{.override_index = static_cast<int>(i)};
    const std::string& text = overrides[i];
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      findings.error_at(at, "", "must be KEY=VALUE");
      continue;
    }
    const key_path parts = parts_of(std::string_view(text).substr(0, equals));
    if (parts.size() > path_steps_max) {
      findings.error_at(at, "", "the key has more than " + std::to_string(path_steps_max) + " steps");
      continue;
    }
    walk(root, parts, at, findings).run(std::string_view(text).substr(equals + 1));
  }
}

}  // namespace liaison::config
