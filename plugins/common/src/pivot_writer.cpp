// SPDX-License-Identifier: Apache-2.0
// Writing the pivot: paths into a RapidJSON document, ids derived from the seed, leaves carried on the way.
#include "json_document.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace liaison {
namespace {

constexpr std::size_t bundle_index = std::numeric_limits<std::size_t>::max();
constexpr std::size_t path_index_max = 100'000'000;

json_value text_value(std::string_view text, rapidjson::Document::AllocatorType& allocator) {
  return json_value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

const json_value* member(const json_value& of, std::string_view name) {
  if (!of.IsObject()) return nullptr;
  const auto found =
      of.FindMember(json_value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  return found == of.MemberEnd() ? nullptr : &found->value;
}

bool is_index(std::string_view segment) { return !segment.empty() && segment[0] >= '0' && segment[0] <= '9'; }

std::size_t index_of(std::string_view segment) {
  std::size_t index = 0;
  for (const char c : segment) {
    if (c < '0' || c > '9' || index > path_index_max) throw std::logic_error("pivot path with a bad array index");
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return segment;
}

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

const json_value* bundle_entries(const rapidjson::Document& document) {
  const json_value* entries = member(document, "entry");
  return entries != nullptr && entries->IsArray() ? entries : nullptr;
}

std::optional<std::string> parse_bundle(std::string_view text, rapidjson::Document& into) {
  if (auto wrong = detail::parse_json(text, into, detail::json_numbers::as_digits)) return wrong;
  const json_value* type = member(into, "resourceType");
  if (type == nullptr || !type->IsString() || std::string_view(type->GetString()) != "Bundle")
    return "the resource is no Bundle";
  const json_value* entries = member(into, "entry");
  if (entries == nullptr) return std::nullopt;
  if (!entries->IsArray()) return "Bundle.entry is no array";
  for (const auto& entry : entries->GetArray()) {
    if (!entry.IsObject()) return "an entry of the Bundle is no object";
    const json_value* resource = member(entry, "resource");
    if (resource != nullptr && !resource->IsObject()) return "a resource of the Bundle is no object";
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

pivot_writer::pivot_writer(std::string_view bundle_type, std::string seed, account* ledger)
    : seed_(std::move(seed)), ledger_(ledger) {
  auto& allocator = document_.GetAllocator();
  document_.SetObject();
  document_.AddMember("resourceType", "Bundle", allocator);
  document_.AddMember("type", text_value(bundle_type, allocator), allocator);
}

std::optional<std::string> pivot_writer::check_bundle(std::string_view bundle_json) {
  rapidjson::Document scratch;
  return parse_bundle(bundle_json, scratch);
}

bool pivot_writer::load(std::string_view bundle_json) {
  rapidjson::Document loaded;
  if (parse_bundle(bundle_json, loaded)) return false;
  document_.Swap(loaded);
  made_ = std::max(made_, entry_count());
  return true;
}

namespace {

/// Every string below `root` that is a key of `renamed` becomes its value; without recursion.
void rename(json_value& root, const std::unordered_map<std::string, std::string>& renamed,
            rapidjson::Document::AllocatorType& allocator) {
  std::vector<json_value*> open{&root};
  while (!open.empty()) {
    json_value& at = *open.back();
    open.pop_back();
    if (at.IsObject()) {
      for (auto& each : at.GetObject()) open.push_back(&each.value);
    } else if (at.IsArray()) {
      for (auto& each : at.GetArray()) open.push_back(&each);
    } else if (at.IsString() && at.GetStringLength() < 64) {
      const auto found = renamed.find({at.GetString(), at.GetStringLength()});
      if (found != renamed.end()) at = text_value(found->second, allocator);
    }
  }
}

}  // namespace

std::optional<std::size_t> pivot_writer::append(std::string_view bundle_json) {
  rapidjson::Document other(&document_.GetAllocator());
  if (parse_bundle(bundle_json, other)) return std::nullopt;
  auto& allocator = document_.GetAllocator();
  const std::size_t first = entry_count();
  if (bundle_entries(other) == nullptr) return first;
  if (bundle_entries(document_) == nullptr) {
    document_.RemoveMember("entry");
    document_.AddMember("entry", json_value(rapidjson::kArrayType), allocator);
  }
  std::unordered_map<std::string, std::string> renamed;
  for (auto& entry : other["entry"].GetArray()) {
    std::string full_url = "urn:uuid:" + uuid_v5(seed_ + "/" + std::to_string(made_++));
    const json_value* url = member(entry, "fullUrl");
    if (url != nullptr && url->IsString()) renamed.emplace(url->GetString(), std::move(full_url));
  }
  rename(other["entry"], renamed, allocator);
  for (auto& entry : other["entry"].GetArray()) document_["entry"].PushBack(entry, allocator);
  return first;
}

std::size_t pivot_writer::entry_count() const {
  const json_value* entries = bundle_entries(document_);
  return entries == nullptr ? 0 : entries->Size();
}

resource_ref pivot_writer::add(std::string_view resource_type) {
  auto& allocator = document_.GetAllocator();
  if (bundle_entries(document_) == nullptr) {
    document_.RemoveMember("entry");
    document_.AddMember("entry", json_value(rapidjson::kArrayType), allocator);
  }
  const std::string full_url = "urn:uuid:" + uuid_v5(seed_ + "/" + std::to_string(made_++));
  json_value resource(rapidjson::kObjectType);
  resource.AddMember("resourceType", text_value(resource_type, allocator), allocator);
  json_value entry(rapidjson::kObjectType);
  entry.AddMember("fullUrl", text_value(full_url, allocator), allocator);
  entry.AddMember("resource", resource, allocator);
  document_["entry"].PushBack(entry, allocator);
  return {this, entry_count() - 1, full_url};
}

resource_ref pivot_writer::at(std::size_t entry_index) {
  const json_value* entries = bundle_entries(document_);
  if (entries == nullptr || entry_index >= entries->Size()) throw std::logic_error("no such entry in the pivot");
  const json_value* url = member((*entries)[static_cast<rapidjson::SizeType>(entry_index)], "fullUrl");
  return {this, entry_index, url != nullptr && url->IsString() ? url->GetString() : ""};
}

resource_ref pivot_writer::find_first(std::string_view resource_type) {
  for (std::size_t i = 0; i < entry_count(); ++i) {
    const json_value* resource = member((*bundle_entries(document_))[static_cast<rapidjson::SizeType>(i)], "resource");
    const json_value* type = resource == nullptr ? nullptr : member(*resource, "resourceType");
    if (type != nullptr && type->IsString() && std::string_view(type->GetString()) == resource_type) return at(i);
  }
  return {};
}

resource_ref pivot_writer::bundle() { return {this, bundle_index, {}}; }

std::string pivot_writer::to_json() const { return detail::write_json(document_, files_); }

std::string_view pivot_writer::keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }

json_value& pivot_writer::target(std::size_t index) {
  if (index == bundle_index) return document_;
  auto& entry = document_["entry"][static_cast<rapidjson::SizeType>(index)];
  if (member(entry, "resource") == nullptr)
    entry.AddMember("resource", json_value(rapidjson::kObjectType), document_.GetAllocator());
  return entry["resource"];
}

json_value& pivot_writer::place(json_value& root, std::string_view path) {
  auto& allocator = document_.GetAllocator();
  json_value* at = &root;
  while (!path.empty()) {
    const std::string_view segment = next_segment(path);
    if (is_index(segment)) {
      const std::size_t index = index_of(segment);
      if (!at->IsArray()) {
        if (!at->IsNull()) throw std::logic_error("pivot path with an index where no array is");
        at->SetArray();
      }
      if (index > at->Size()) throw std::logic_error("pivot path that leaves a hole in an array");
      if (index == at->Size()) at->PushBack(json_value(), allocator);
      at = &(*at)[static_cast<rapidjson::SizeType>(index)];
      continue;
    }
    if (!at->IsObject()) {
      if (!at->IsNull()) throw std::logic_error("pivot path with a name where no object is");
      at->SetObject();
    }
    if (member(*at, segment) == nullptr) at->AddMember(text_value(segment, allocator), json_value(), allocator);
    at = &(*at)[json_value(rapidjson::StringRef(segment.data(), static_cast<rapidjson::SizeType>(segment.size())))];
  }
  return *at;
}

std::string pivot_writer::pointer(std::size_t index, std::string_view path) const {
  std::string text;
  if (index != bundle_index) text = "/entry/" + std::to_string(index) + "/resource";
  if (!path.empty()) text.append("/").append(path);
  return text;
}

void resource_ref::set(std::string_view path, const sourced& value) const {
  if (writer_ == nullptr || value.empty()) return;
  auto& allocator = writer_->document_.GetAllocator();
  json_value& at = writer_->place(writer_->target(index_), path);
  if (std::ranges::any_of(value.text, is_forbidden)) {
    at = text_value(without_forbidden(value.text), allocator);
  } else {
    at = text_value(value.text, allocator);
  }
  carry(path, value);
}

void resource_ref::set_base64(std::string_view path, std::string_view bytes) const {
  if (writer_ == nullptr || bytes.empty()) return;
  writer_->place(writer_->target(index_), path) =
      detail::make_file(writer_->files_.size(), writer_->document_.GetAllocator());
  writer_->files_.push_back(bytes);
}

void resource_ref::set_number(std::string_view path, const sourced& digits) const {
  if (writer_ == nullptr || digits.empty()) return;
  if (!is_json_number(digits.text)) throw std::logic_error("pivot number that is none");
  writer_->place(writer_->target(index_), path) = detail::make_number(digits.text, writer_->document_.GetAllocator());
  carry(path, digits);
}

void resource_ref::set_bool(std::string_view path, bool value) const {
  if (writer_ == nullptr) return;
  writer_->place(writer_->target(index_), path).SetBool(value);
}

void resource_ref::set_json(std::string_view path, std::string_view json_text) const {
  if (writer_ == nullptr) return;
  rapidjson::Document parsed;
  if (auto wrong = detail::parse_json(json_text, parsed, detail::json_numbers::as_digits))
    throw std::logic_error("pivot fragment: " + *wrong);
  writer_->place(writer_->target(index_), path).CopyFrom(parsed, writer_->document_.GetAllocator());
}

void resource_ref::set_reference(std::string_view path, const resource_ref& target) const {
  if (!target) return;
  set(std::string(path) + "/reference", target.full_url());
}

void resource_ref::carry(std::string_view path, const sourced& value) const {
  if (writer_ == nullptr || writer_->ledger_ == nullptr || !value.has_leaf) return;
  writer_->ledger_->carry(value.leaf, writer_->pointer(index_, path));
}

namespace {

const json_value* walk(const json_value& root, std::string_view path) {
  const json_value* at = &root;
  while (!path.empty() && at != nullptr) {
    const std::string_view segment = next_segment(path);
    if (is_index(segment)) {
      const std::size_t index = index_of(segment);
      at = at->IsArray() && index < at->Size() ? &(*at)[static_cast<rapidjson::SizeType>(index)] : nullptr;
    } else {
      at = member(*at, segment);
    }
  }
  return at;
}

}  // namespace

std::size_t resource_ref::size_of(std::string_view path) const {
  if (writer_ == nullptr) return 0;
  const json_value* found = walk(writer_->target(index_), path);
  return found != nullptr && found->IsArray() ? found->Size() : 0;
}

std::string resource_ref::pointer(std::string_view path) const {
  return writer_ == nullptr ? std::string{} : writer_->pointer(index_, path);
}

bool resource_ref::has(std::string_view path) const {
  return writer_ != nullptr && walk(writer_->target(index_), path) != nullptr;
}

}  // namespace liaison
