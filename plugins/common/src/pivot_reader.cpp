// SPDX-License-Identifier: Apache-2.0
// Reading the pivot. One pass over the Bundle numbers its nodes in document order, so that everything at and
// below a node is a range of leaves; a row of the account for each leaf when one is wanted.
#include "json_document.hpp"

#include <liaison/common/pivot.hpp>

#include <bit>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace liaison {
namespace {

const json_value null_value;

const json_value* member(const json_value* of, std::string_view name) {
  if (of == nullptr || !of->IsObject()) return nullptr;
  for (auto each = of->MemberBegin(); each != of->MemberEnd(); ++each) {
    if (each->name.GetStringLength() == name.size() && std::memcmp(each->name.GetString(), name.data(), name.size()) == 0)
      return &each->value;
  }
  return nullptr;
}

std::string_view view(const json_value* of) {
  return of != nullptr && of->IsString() ? std::string_view(of->GetString(), of->GetStringLength())
                                         : std::string_view{};
}

std::string scalar_text(const json_value& of) {
  if (of.IsBool()) return of.GetBool() ? "true" : "false";
  std::string_view text = view(&of);
  if (is_number(of)) text.remove_prefix(1);
  return std::string(text);
}

void append_escaped(std::string& pointer, std::string_view segment) {
  pointer += '/';
  for (const char c : segment) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace

struct pivot_reader::index {
  struct node {
    const json_value* value;
    std::uint32_t parent;
    std::uint32_t ordinal;  ///< position in the parent array, or member number
    std::uint32_t leaf_begin, leaf_end;
  };
  /// Numbers of nodes by the address of their value: a table of open addressing, half empty.
  class numbers {
   public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;
    void fill(const std::vector<node>& with) {
      slots_.assign(std::bit_ceil(with.size() * 2), none);
      for (std::uint32_t i = 0; i < with.size(); ++i) {
        std::size_t at = home(with[i].value);
        while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = i;
      }
    }
    std::uint32_t find(const json_value* value, const std::vector<node>& among) const {
      std::size_t at = home(value);
      while (slots_[at] != none && among[slots_[at]].value != value) at = (at + 1) & (slots_.size() - 1);
      return slots_[at];
    }

   private:
    std::size_t home(const json_value* value) const {
      const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(value));
      return static_cast<std::size_t>(address * 0x9E3779B97F4A7C15ULL >> 32U) & (slots_.size() - 1);
    }
    std::vector<std::uint32_t> slots_;
  };
  std::vector<node> nodes;
  numbers number_of;
  std::unordered_map<std::string_view, const json_value*> by_url;
  std::unordered_map<std::string, const json_value*>
      by_type_and_id;  ///< for relative references, which FHIR sources have
  std::vector<account::leaf> rows;

  void build(const json_value& root, account* ledger);
  void add_urls(const json_value& root);
  const node* find(const json_value* value) const {
    const std::uint32_t number = value == nullptr ? numbers::none : number_of.find(value, nodes);
    return number == numbers::none ? nullptr : &nodes[number];
  }
  std::string pointer(const node& of) const;
};

void pivot_reader::index::build(const json_value& root, account* ledger) {
  struct frame {
    std::uint32_t number;
    std::uint32_t next_child;
    std::size_t pointer_size;
  };
  const bool shown = ledger != nullptr && ledger->shows_leaves();
  std::vector<frame> open;
  std::string at;
  std::uint32_t leaves = 0;
  const auto enter = [&](const json_value& value, std::uint32_t parent, std::uint32_t ordinal, std::size_t back_to) {
    const auto number = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({&value, parent, ordinal, leaves, leaves});
    if (value.IsObject() || value.IsArray()) {
      open.push_back({number, 0, back_to});
      return;
    }
    if (!value.IsNull()) {  // null only pads an array of primitives; it is no value
      nodes[number].leaf_end = ++leaves;
      if (ledger != nullptr) rows.push_back(shown ? ledger->add(at, scalar_text(value)) : ledger->add({}, {}));
    }
    at.resize(back_to);
  };
  enter(root, 0, 0, 0);
  while (!open.empty()) {
    const frame top = open.back();
    const json_value& value = *nodes[top.number].value;
    const std::uint32_t size = value.IsObject() ? value.MemberCount() : value.Size();
    if (top.next_child == size) {
      nodes[top.number].leaf_end = leaves;
      at.resize(top.pointer_size);
      open.pop_back();
      continue;
    }
    ++open.back().next_child;
    const std::size_t back_to = at.size();
    if (value.IsObject()) {
      const auto child = value.MemberBegin() + top.next_child;
      if (shown) append_escaped(at, view(&child->name));
      enter(child->value, top.number, top.next_child, back_to);
    } else {
      if (shown) at.append("/").append(std::to_string(top.next_child));
      enter(value[top.next_child], top.number, top.next_child, back_to);
    }
  }
  number_of.fill(nodes);
}

void pivot_reader::index::add_urls(const json_value& root) {
  const json_value* entries = member(&root, "entry");
  if (entries == nullptr) return;
  for (const auto& entry : entries->GetArray()) {
    const json_value* resource = member(&entry, "resource");
    const std::string_view url = view(member(&entry, "fullUrl"));
    if (resource == nullptr) continue;
    if (!url.empty()) by_url.emplace(url, resource);
    const std::string_view id = view(member(resource, "id"));
    if (!id.empty())
      by_type_and_id.emplace(std::string(view(member(resource, "resourceType"))).append("/").append(id), resource);
  }
}

std::string pivot_reader::index::pointer(const node& of) const {
  std::vector<const node*> chain;
  for (const node* at = &of; at != &nodes.front(); at = &nodes[at->parent]) chain.push_back(at);
  std::string text;
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) {
    const json_value& parent = *nodes[(*step)->parent].value;
    if (parent.IsObject()) {
      append_escaped(text, view(&(parent.MemberBegin() + (*step)->ordinal)->name));
    } else {
      text.append("/").append(std::to_string((*step)->ordinal));
    }
  }
  return text;
}

pivot_reader::pivot_reader(std::string_view bundle_json, account* ledger)
    : ledger_(ledger), index_(std::make_shared<index>()) {
  if (auto wrong = detail::parse_json_in(text_, bundle_json, document_))
    throw pivot_error("the pivot is no JSON: " + *wrong);
  if (view(member(&document_, "resourceType")) != "Bundle") throw pivot_error("the pivot is no Bundle");
  const json_value* entries = member(&document_, "entry");
  if (entries != nullptr && !entries->IsArray()) throw pivot_error("Bundle.entry of the pivot is no array");
  index_->build(document_, ledger);
  index_->add_urls(document_);
}

std::size_t pivot_reader::entry_count() const {
  const json_value* entries = member(&document_, "entry");
  return entries == nullptr ? 0 : entries->Size();
}

const json_value& pivot_reader::resource(std::size_t entry_index) const {
  if (entry_index >= entry_count()) return null_value;
  const json_value* found =
      member(&(*member(&document_, "entry"))[static_cast<rapidjson::SizeType>(entry_index)], "resource");
  return found == nullptr ? null_value : *found;
}

const json_value* pivot_reader::find_first(std::string_view resource_type, std::size_t from) const {
  for (std::size_t i = from; i < entry_count(); ++i) {
    const json_value& candidate = resource(i);
    if (view(member(&candidate, "resourceType")) == resource_type) return &candidate;
  }
  return nullptr;
}

const json_value* pivot_reader::resolve(const json_value* reference) const {
  const std::string_view url = view(member(reference, "reference"));
  if (url.empty()) return nullptr;
  if (url[0] != '#') {
    if (const auto found = index_->by_url.find(url); found != index_->by_url.end()) return found->second;
    const auto found = index_->by_type_and_id.find(std::string(url));
    return found == index_->by_type_and_id.end() ? nullptr : found->second;
  }
  // "#id" is local to the resource of the entry that holds the reference.
  for (const index::node* at = index_->find(reference); at != nullptr && at != &index_->nodes.front();
       at = &index_->nodes[at->parent]) {
    const json_value* contained = member(at->value, "contained");
    if (contained == nullptr || !contained->IsArray()) continue;
    for (const auto& candidate : contained->GetArray()) {
      if (view(member(&candidate, "id")) == url.substr(1)) return &candidate;
    }
  }
  return nullptr;
}

const json_value* pivot_reader::find(const json_value* node, std::string_view path) {
  const json_value* at = node;
  while (!path.empty() && at != nullptr) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (!at->IsArray()) {
      at = member(at, segment);
      continue;
    }
    std::size_t position = 0;
    for (const char c : segment) {
      if (c < '0' || c > '9' || position >= at->Size()) return nullptr;
      position = position * 10 + static_cast<std::size_t>(c - '0');
    }
    at = !segment.empty() && position < at->Size() ? &(*at)[static_cast<rapidjson::SizeType>(position)] : nullptr;
  }
  return at;
}

std::string pivot_reader::text(const json_value* node, std::string_view path) {
  const json_value* found = find(node, path);
  return found == nullptr ? std::string{} : scalar_text(*found);
}

sourced pivot_reader::get(const json_value* node, std::string_view path) const {
  const json_value* found = find(node, path);
  if (found == nullptr || found->IsObject() || found->IsArray() || found->IsNull()) return {};
  const index::node* known = ledger_ == nullptr ? nullptr : index_->find(found);
  if (known == nullptr) return sourced(scalar_text(*found));
  return {scalar_text(*found), index_->rows[known->leaf_begin]};
}

void pivot_reader::carry(const json_value* node, std::string_view path, std::string_view target_location) {
  const index::node* at = ledger_ == nullptr ? nullptr : index_->find(find(node, path));
  if (at == nullptr) return;
  for (std::uint32_t i = at->leaf_begin; i < at->leaf_end; ++i) ledger_->carry(index_->rows[i], target_location);
}

void pivot_reader::drop(const json_value* node, std::string_view path, std::string_view reason) {
  const index::node* at = ledger_ == nullptr ? nullptr : index_->find(find(node, path));
  if (at == nullptr) return;
  for (std::uint32_t i = at->leaf_begin; i < at->leaf_end; ++i) ledger_->drop(index_->rows[i], reason);
}

void pivot_reader::envelope(const json_value* node, std::string_view path) {
  const index::node* at = ledger_ == nullptr ? nullptr : index_->find(find(node, path));
  if (at == nullptr) return;
  for (std::uint32_t i = at->leaf_begin; i < at->leaf_end; ++i) ledger_->envelope(index_->rows[i]);
}

std::string pivot_reader::pointer(const json_value* node, std::string_view path) const {
  const index::node* at = index_->find(find(node, path));
  return at == nullptr ? std::string{} : index_->pointer(*at);
}

}  // namespace liaison
