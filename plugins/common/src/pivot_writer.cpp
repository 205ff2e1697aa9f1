// SPDX-License-Identifier: Apache-2.0
// Writing the pivot: paths into its tree, ids derived from the seed, leaves carried on the way.
#include "json_document.hpp"
#include "pivot_tree.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace liaison {
namespace {

using detail::pivot_tree;
using kind = pivot_tree::kind;

/// Characters that a FHIR string may not hold (R4, datatypes: below U+0020 but for tab, LF and CR).
bool is_forbidden(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

std::string without_forbidden(std::string_view text) {
  std::string clean;
  clean.reserve(text.size() + 8);
  for (const char c : text) {
    if (is_forbidden(c)) {
      clean += "\xEF\xBF\xBD";
    } else {
      clean += c;
    }
  }
  return clean;
}

pivot_tree::id entries_of(const pivot_tree& tree, pivot_tree::id bundle) {
  const pivot_tree::id found = tree.child(bundle, "entry");
  return found != pivot_tree::none && tree.is_array(found) ? found : pivot_tree::none;
}

/// The text of a string member; empty when there is none.
std::string_view text_of(const pivot_tree& tree, pivot_tree::id of, std::string_view name) {
  const pivot_tree::id found = of == pivot_tree::none ? of : tree.child(of, name);
  return found != pivot_tree::none && tree.is_string(found) ? tree[found].text : std::string_view{};
}

/// Reads a Bundle into `at`; tells what keeps it from being one.
std::optional<std::string> read_bundle(pivot_tree& tree, pivot_tree::id at, std::string_view json) {
  std::string wrong;
  if (!tree.read(at, json, wrong)) return wrong;
  if (text_of(tree, at, "resourceType") != "Bundle") return "the resource is no Bundle";
  const pivot_tree::id entries = tree.child(at, "entry");
  if (entries == pivot_tree::none) return std::nullopt;
  if (!tree.is_array(entries)) return "Bundle.entry is no array";
  for (pivot_tree::id entry = tree[entries].first; entry != pivot_tree::none; entry = tree[entry].next) {
    if (!tree.is_object(entry)) return "an entry of the Bundle is no object";
    const pivot_tree::id resource = tree.child(entry, "resource");
    if (resource != pivot_tree::none && !tree.is_object(resource)) return "a resource of the Bundle is no object";
  }
  return std::nullopt;
}

}  // namespace

std::string uuid_v5(std::string_view name) {
  // The namespace of liaison, a random UUID chosen once: 7c1d3f0e-52a6-4a0c-9b1f-0e6b1f6c2d57.
  constexpr std::string_view space = "\x7c\x1d\x3f\x0e\x52\xa6\x4a\x0c\x9b\x1f\x0e\x6b\x1f\x6c\x2d\x57";
  auto hash = sha1(std::string(space).append(name));
  hash[6] = static_cast<std::uint8_t>((hash[6] & 0x0FU) | 0x50U);
  hash[8] = static_cast<std::uint8_t>((hash[8] & 0x3FU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[hash[i] >> 4U];
    text += digits[hash[i] & 15U];
  }
  return text;
}

struct pivot_writer::state {
  pivot_tree tree;
  std::vector<pivot_tree::id> entries, resources;  // in order
  std::deque<std::string> urls;         // of references; they stay where they are

  pivot_tree::id list() {
    const pivot_tree::id known = entries_of(tree, pivot_tree::root);
    if (known != pivot_tree::none) return known;
    tree.remove(pivot_tree::root, "entry");
    return tree.add(pivot_tree::root, "entry", kind::array);
  }
  void note_entries() {
    entries.clear();
    resources.clear();
    const pivot_tree::id list = entries_of(tree, pivot_tree::root);
    if (list == pivot_tree::none) return;
    for (pivot_tree::id at = tree[list].first; at != pivot_tree::none; at = tree[at].next) {
      entries.push_back(at);
      resources.push_back(tree.child(at, "resource"));
    }
  }
};

pivot_writer::pivot_writer(std::string_view bundle_type, std::string seed, account* ledger)
    : state_(std::make_unique<state>()), seed_(std::move(seed)), ledger_(ledger) {
  pivot_tree& tree = state_->tree;
  tree.set(tree.add(pivot_tree::root, "resourceType", kind::string), kind::string, "Bundle");
  tree.set(tree.add(pivot_tree::root, "type", kind::string), kind::string, bundle_type);
}

pivot_writer::~pivot_writer() = default;

std::optional<std::string> pivot_writer::check_bundle(std::string_view bundle_json) {
  pivot_tree scratch;
  return read_bundle(scratch, pivot_tree::root, bundle_json);
}

bool pivot_writer::load(std::string_view bundle_json) {
  auto loaded = std::make_unique<state>();
  if (read_bundle(loaded->tree, pivot_tree::root, bundle_json)) return false;
  loaded->note_entries();
  loaded->urls = std::move(state_->urls);
  state_ = std::move(loaded);
  made_ = std::max(made_, entry_count());
  return true;
}

std::optional<std::size_t> pivot_writer::append(std::string_view bundle_json) {
  pivot_tree& tree = state_->tree;
  const pivot_tree::id other = tree.add_apart();
  if (read_bundle(tree, other, bundle_json)) return std::nullopt;
  const std::size_t first = entry_count();
  const pivot_tree::id added = entries_of(tree, other);
  if (added == pivot_tree::none) return first;
  std::unordered_map<std::string_view, std::string_view> renamed;
  for (pivot_tree::id entry = tree[added].first; entry != pivot_tree::none; entry = tree[entry].next) {
    const std::string& full_url = state_->urls.emplace_back("urn:uuid:" + uuid_v5(seed_ + "/" + std::to_string(made_++)));
    const pivot_tree::id url = tree.child(entry, "fullUrl");
    if (url != pivot_tree::none && tree.is_string(url)) renamed.emplace(tree[url].text, full_url);
  }
  std::vector<pivot_tree::id> open{added};
  while (!open.empty()) {
    const pivot_tree::id at = open.back();
    open.pop_back();
    for (pivot_tree::id each = tree[at].first; each != pivot_tree::none; each = tree[each].next) open.push_back(each);
    if (!tree.is_string(at) || tree[at].text.size() >= 64) continue;
    const auto found = renamed.find(tree[at].text);
    if (found != renamed.end()) tree.set(at, kind::string, found->second);
  }
  tree.move_last(added, state_->list());
  state_->note_entries();
  return first;
}

std::size_t pivot_writer::entry_count() const { return state_->entries.size(); }

resource_ref pivot_writer::add(std::string_view resource_type) {
  pivot_tree& tree = state_->tree;
  const std::string& full_url = state_->urls.emplace_back("urn:uuid:" + uuid_v5(seed_ + "/" + std::to_string(made_++)));
  const pivot_tree::id entry = tree.add(state_->list(), {}, kind::object);
  tree.set(tree.add(entry, "fullUrl", kind::string), kind::string, full_url);
  const pivot_tree::id resource = tree.add(entry, "resource", kind::object);
  tree.set(tree.add(resource, "resourceType", kind::string), kind::string, resource_type);
  state_->entries.push_back(entry);
  state_->resources.push_back(resource);
  return {this, entry_count() - 1, &full_url};
}

resource_ref pivot_writer::at(std::size_t entry_index) {
  if (entry_index >= entry_count()) throw std::logic_error("no such entry in the pivot");
  const std::string_view url = text_of(state_->tree, state_->entries[entry_index], "fullUrl");
  return {this, entry_index, &state_->urls.emplace_back(url)};
}

resource_ref pivot_writer::find_first(std::string_view resource_type) {
  const pivot_tree& tree = state_->tree;
  for (std::size_t i = 0; i < entry_count(); ++i) {
    if (text_of(tree, state_->resources[i], "resourceType") == resource_type) return at(i);
  }
  return {};
}

resource_ref pivot_writer::bundle() { return {this, bundle_index, nullptr}; }

std::string pivot_writer::to_json() { return state_->tree.write(); }

std::string pivot_writer::tally() const {
  const pivot_tree& tree = state_->tree;
  return ledger_->tally(
      tree.value_count(), [&](std::string_view pointer) { return tree.range_of(pointer); },
      [&](std::uint32_t element) { return tree.range_of(element); });
}

std::string_view pivot_writer::keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }

std::uint32_t pivot_writer::target(std::size_t index) {
  if (index == bundle_index) return pivot_tree::root;
  pivot_tree& tree = state_->tree;
  pivot_tree::id& resource = state_->resources.at(index);
  if (resource == pivot_tree::none) resource = tree.add(state_->entries[index], "resource", kind::object);
  return resource;
}

std::uint32_t pivot_writer::place(std::size_t index, std::string_view path) {
  return state_->tree.place(target(index), path);
}

std::string pivot_writer::pointer(std::size_t index, std::string_view path) const {
  std::string text;
  if (index != bundle_index) text = "/entry/" + std::to_string(index) + "/resource";
  if (!path.empty()) text.append("/").append(path);
  return text;
}

const std::string& resource_ref::full_url() const {
  static const std::string nowhere;
  return full_url_ == nullptr ? nowhere : *full_url_;
}

void resource_ref::set(std::string_view path, const sourced& value) const {
  if (writer_ == nullptr || value.empty()) return;
  carried(path, value, write(path, value.text));
}

void resource_ref::set(std::string_view path, std::string_view value) const {
  if (writer_ != nullptr && !value.empty()) (void)write(path, value);
}

std::uint32_t resource_ref::write(std::string_view path, std::string_view value) const {
  const std::uint32_t at = writer_->place(index_, path);
  if (std::ranges::any_of(value, is_forbidden)) {
    writer_->state_->tree.set(at, kind::string, without_forbidden(value));
  } else {
    writer_->state_->tree.set(at, kind::string, value);
  }
  return at;
}

void resource_ref::set_base64(std::string_view path, std::string_view bytes) const {
  if (writer_ == nullptr || bytes.empty()) return;
  writer_->state_->tree.set_borrowed(writer_->place(index_, path), kind::file, bytes);
}

void resource_ref::set_number(std::string_view path, const sourced& digits) const {
  if (writer_ == nullptr || digits.empty()) return;
  if (!is_json_number(digits.text)) throw std::logic_error("pivot number that is none");
  const std::uint32_t at = writer_->place(index_, path);
  writer_->state_->tree.set(at, kind::number, digits.text);
  carried(path, digits, at);
}

void resource_ref::set_bool(std::string_view path, bool value) const {
  if (writer_ == nullptr) return;
  writer_->state_->tree.set_borrowed(writer_->place(index_, path), kind::boolean, value ? "true" : "false");
}

void resource_ref::set_json(std::string_view path, std::string_view json_text) const {
  if (writer_ == nullptr) return;
  pivot_tree& tree = writer_->state_->tree;
  const std::uint32_t at = writer_->place(index_, path);
  tree.set_borrowed(at, kind::null, {});
  std::string wrong;
  if (!tree.read(at, json_text, wrong)) throw std::logic_error("pivot fragment: " + wrong);
}

void resource_ref::set_reference(std::string_view path, const resource_ref& target) const {
  if (!target) return;
  pivot_tree& tree = writer_->state_->tree;
  tree.set(tree.place(writer_->place(index_, path), "reference"), kind::string, target.full_url());
}

void resource_ref::carry(std::string_view path, const sourced& value) const {
  if (writer_ == nullptr || writer_->ledger_ == nullptr || !value.has_leaf) return;
  const bool by_number = !writer_->ledger_->shows_leaves();
  carried(path, value, by_number ? writer_->state_->tree.find(writer_->target(index_), path) : pivot_tree::none);
}

/// `at`: the element at `path` when it is known to be there.
void resource_ref::carried(std::string_view path, const sourced& value, std::uint32_t at) const {
  account* const ledger = writer_->ledger_;
  if (ledger == nullptr || !value.has_leaf) return;
  if (ledger->shows_leaves() || at == pivot_tree::none) return ledger->carry(value.leaf, writer_->pointer(index_, path));
  ledger->carry_to_element(value.leaf, at);
}

std::size_t resource_ref::size_of(std::string_view path) const {
  if (writer_ == nullptr) return 0;
  const pivot_tree& tree = writer_->state_->tree;
  const pivot_tree::id found = tree.find(writer_->target(index_), path);
  return found != pivot_tree::none && tree.is_array(found) ? tree[found].size : 0;
}

std::string resource_ref::pointer(std::string_view path) const {
  return writer_ == nullptr ? std::string{} : writer_->pointer(index_, path);
}

bool resource_ref::has(std::string_view path) const {
  return writer_ != nullptr && writer_->state_->tree.find(writer_->target(index_), path) != pivot_tree::none;
}

}  // namespace liaison
