// SPDX-License-Identifier: Apache-2.0
#include "pivot_tree.hpp"

#include "json_document.hpp"
#include "json_scan.hpp"

#include <liaison/common/digest.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace liaison::detail {
namespace {

constexpr std::size_t path_index_max = 100'000'000;

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

/// To the next byte that JSON writes in another way; those beyond ASCII stand for themselves.
std::size_t skip_unescaped(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(block, control), block);
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(is_control, _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)))));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

/// JSON text that grows: room is asked for once for each value, not for each byte.
class json_text {
 public:
  explicit json_text(std::size_t expected_bytes) { text_.resize(expected_bytes); }

  void put(char c) {
    need(1);
    text_[used_++] = c;
  }
  void put(std::string_view plain) {
    need(plain.size());
    std::memcpy(text_.data() + used_, plain.data(), plain.size());
    used_ += plain.size();
  }
  void put_string(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF", letters = "btnufr";
    need(text.size() + 2);
    text_[used_++] = '"';
    std::size_t from = 0;
    for (std::size_t at = skip_unescaped(text, 0); at < text.size(); at = skip_unescaped(text, at + 1)) {
      const auto c = static_cast<unsigned char>(text[at]);
      put(text.substr(from, at - from));
      from = at + 1;
      if (c >= 0x20) {
        put(std::string_view{std::array{'\\', text[at]}.data(), 2});
      } else if (c >= '\b' && c <= '\r' && c != '\v') {
        put(std::string_view{std::array{'\\', letters[c - '\b']}.data(), 2});
      } else {
        put("\\u00");
        put(digits[c >> 4U]);
        put(digits[c & 15U]);
      }
    }
    put(text.substr(from));
    put('"');
  }
  void put_base64(std::string_view bytes) {
    put('"');
    text_.resize(used_);
    append_base64(text_, bytes);
    used_ = text_.size();
    text_.resize(text_.capacity());
    put('"');
  }
  std::string take() {
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  void need(std::size_t bytes) {
    if (bytes > text_.size() - used_) text_.resize(std::max(used_ + bytes, used_ + used_ / 2));
  }

  std::string text_;
  std::size_t used_ = 0;
};

}  // namespace

void pivot_tree::clear() {
  nodes_.clear();
  nodes_.emplace_back().kind = kind::object;
  text_size_bytes_ = 0;
}

void pivot_tree::append(id parent, id child) {
  node& to = nodes_[parent];
  if (to.last == none) to.first = child;
  else nodes_[to.last].next = child;
  to.last = child;
  ++to.size;
}

pivot_tree::id pivot_tree::add(id parent, std::string_view name, pivot_tree::kind type) {
  const auto made = static_cast<id>(nodes_.size());
  node& of = nodes_.emplace_back();
  of.name = texts_.keep(name);
  of.kind = type;
  text_size_bytes_ += name.size();
  append(parent, made);
  return made;
}

pivot_tree::id pivot_tree::add_apart() {
  nodes_.emplace_back();
  return static_cast<id>(nodes_.size() - 1);
}

pivot_tree::id pivot_tree::child(id of, std::string_view name) const {
  if (!is_object(of) || name.empty()) return none;
  for (id at = nodes_[of].first; at != none; at = nodes_[at].next) {
    const std::string_view known = nodes_[at].name;
    if (known.size() == name.size() && known.front() == name.front() && known == name) return at;
  }
  return none;
}

pivot_tree::id pivot_tree::element(id of, std::size_t index) const {
  const node& list = nodes_[of];
  if (!is_array(of) || index >= list.size) return none;
  if (index + 1 == list.size) return list.last;
  id at = list.first;
  while (index-- > 0) at = nodes_[at].next;
  return at;
}

pivot_tree::id pivot_tree::find(id from, std::string_view path) const {
  id at = from;
  while (!path.empty() && at != none) {
    const std::string_view segment = next_segment(path);
    at = is_index(segment) ? element(at, index_of(segment)) : child(at, segment);
  }
  return at;
}

pivot_tree::id pivot_tree::place(id from, std::string_view path) {
  // Most values follow one of the same element ("code/coding/0/system", "code/coding/0/code").
  const std::size_t last_slash = path.rfind('/');
  if (last_slash == std::string_view::npos) return place_below(from, path);
  const std::string_view holder = path.substr(0, last_slash);
  if (from != recent_from_ || holder != recent_path_) {
    recent_at_ = place_below(from, holder);
    recent_from_ = from;
    recent_path_.assign(holder);
  }
  return place_below(recent_at_, path.substr(last_slash + 1));
}

pivot_tree::id pivot_tree::place_below(id from, std::string_view path) {
  id at = from;
  while (!path.empty()) {
    const std::string_view segment = next_segment(path);
    node& here = nodes_[at];
    if (is_index(segment)) {
      const std::size_t index = index_of(segment);
      if (here.kind != kind::array) {
        if (here.kind != kind::null) throw std::logic_error("pivot path with an index where no array is");
        here.kind = kind::array;
      }
      if (index > here.size) throw std::logic_error("pivot path that leaves a hole in an array");
      at = index == here.size ? add(at, {}, kind::null) : element(at, index);
      continue;
    }
    if (here.kind != kind::object) {
      if (here.kind != kind::null) throw std::logic_error("pivot path with a name where no object is");
      here.kind = kind::object;
    }
    const id known = child(at, segment);
    at = known == none ? add(at, segment, kind::null) : known;
  }
  return at;
}

void pivot_tree::set_borrowed(id of, pivot_tree::kind type, std::string_view text) {
  node& here = nodes_[of];
  if (here.first != none) recent_from_ = none;  // what is below goes
  if (here.kind == kind::string) text_size_bytes_ -= here.text.size();
  here.first = here.last = none;
  here.size = 0;
  here.kind = type;
  here.text = text;
  text_size_bytes_ += type == kind::file ? base64_size(text.size()) : text.size();
}

void pivot_tree::set(id of, pivot_tree::kind type, std::string_view text) { set_borrowed(of, type, texts_.keep(text)); }

void pivot_tree::remove(id parent, std::string_view name) {
  recent_from_ = none;
  node& from = nodes_[parent];
  id before = none;
  for (id at = from.first; at != none; before = at, at = nodes_[at].next) {
    if (nodes_[at].name != name) continue;
    const id next = nodes_[at].next;
    if (before == none) from.first = next;
    else nodes_[before].next = next;
    if (from.last == at) from.last = before;
    --from.size;
    return;
  }
}

void pivot_tree::move_last(id from_parent, id to_parent) {
  node &from = nodes_[from_parent], &to = nodes_[to_parent];
  if (from.first == none) return;
  if (to.last == none) to.first = from.first;
  else nodes_[to.last].next = from.first;
  to.last = from.last;
  to.size += from.size;
  from.first = from.last = none;
  from.size = 0;
}

/// The events of a JSON text, as RapidJSON's reader and json_scan tell them.
class pivot_tree::reading {
 public:
  reading(pivot_tree& to, id into) : to_(to), into_(into) {}

  bool Null() { return open(kind::null) != none; }
  bool Bool(bool value) { return scalar(kind::boolean, value ? "true" : "false"); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (size > 0 && text[0] == json_number_mark) return scalar(kind::number, {text + 1, size - 1});
    return scalar(kind::string, {text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_ = {text, size};
    return true;
  }
  bool StartObject() { return enter(kind::object); }
  bool StartArray() { return enter(kind::array); }
  bool EndObject(rapidjson::SizeType) { return open_.pop_back(), true; }
  bool EndArray(rapidjson::SizeType) { return open_.pop_back(), true; }

 private:
  id open(pivot_tree::kind type) {
    if (open_.empty()) {
      to_.nodes_[into_].kind = type;
      return into_;
    }
    const auto made = static_cast<id>(to_.nodes_.size());
    node& of = to_.nodes_.emplace_back();
    of.kind = type;
    if (to_.is_object(open_.back())) of.name = name_;
    to_.text_size_bytes_ += of.name.size();
    to_.append(open_.back(), made);
    return made;
  }
  bool enter(pivot_tree::kind type) { return open_.push_back(open(type)), true; }
  bool scalar(pivot_tree::kind type, std::string_view text) { return to_.set_borrowed(open(type), type, text), true; }

  pivot_tree& to_;
  id into_;
  std::string_view name_;
  std::vector<id> open_;
};

namespace {

/// Tells a document that was read the careful way to the same listener; the texts must be copied before.
template <class Listener>
void tell(const json_value& from, text_pages& texts, Listener& to) {
  const auto kept = [&](const json_value& of) {
    const std::string_view text = texts.keep({of.GetString(), of.GetStringLength()});
    return std::pair{text.data(), static_cast<rapidjson::SizeType>(text.size())};
  };
  if (from.IsObject()) {
    to.StartObject();
    for (const auto& each : from.GetObject()) {
      const auto [name, size] = kept(each.name);
      to.Key(name, size, false);
      tell(each.value, texts, to);
    }
    to.EndObject(0);
  } else if (from.IsArray()) {
    to.StartArray();
    for (const auto& each : from.GetArray()) tell(each, texts, to);
    to.EndArray(0);
  } else if (from.IsString()) {
    const auto [text, size] = kept(from);
    to.String(text, size, false);
  } else if (from.IsBool()) {
    to.Bool(from.GetBool());
  } else {
    to.Null();
  }
}

}  // namespace

bool pivot_tree::read(id into, std::string_view json, std::string& why) {
  const std::size_t before = nodes_.size(), text_before = text_size_bytes_;
  char* const copy = texts_.room(json.size() + 1);
  json.copy(copy, json.size());  // nothing of an empty one, which may stand nowhere
  reading listener(*this, into);
  if (json_scan(copy, copy + json.size(), listener, json_depth_max).run()) return true;
  nodes_.resize(before);
  text_size_bytes_ = text_before;
  set_borrowed(into, kind::null, {});
  rapidjson::Document careful;
  if (auto wrong = parse_json(json, careful)) {
    why = std::move(*wrong);
    return false;
  }
  reading again(*this, into);
  tell(careful, texts_, again);  // its depth was limited when it was read
  return true;
}

std::string pivot_tree::write() {
  json_text out(text_size_bytes_ + nodes_.size() * 8 + 16);
  values_ = 0;
  std::vector<id> open;
  id at = root;
  bool is_first = true;
  for (;;) {
    node& here = nodes_[at];
    if (!is_first) out.put(',');
    if (!open.empty() && is_object(open.back())) {
      out.put_string(here.name);
      out.put(':');
    }
    here.values = {values_, here.kind == kind::null ? 0U : 1U};
    values_ += here.values.count;
    switch (here.kind) {
      case kind::object:
      case kind::array:
        --values_;  // its values are those below it
        out.put(here.kind == kind::object ? '{' : '[');
        if (here.first != none) {
          open.push_back(at);
          at = here.first;
          is_first = true;
          continue;
        }
        here.values.count = 0;
        out.put(here.kind == kind::object ? '}' : ']');
        break;
      case kind::string:
        out.put_string(here.text);
        break;
      case kind::file:
        out.put_base64(here.text);
        break;
      case kind::null:
        out.put("null");
        break;
      default:
        out.put(here.text);
    }
    while (nodes_[at].next == none) {
      if (open.empty()) return out.take();
      at = open.back();
      open.pop_back();
      nodes_[at].values.count = values_ - nodes_[at].values.first;
      out.put(is_object(at) ? '}' : ']');
      if (at == root) return out.take();
    }
    at = nodes_[at].next;
    is_first = false;
  }
}

/// As `element`, for the Bundle's entries without walking there.
pivot_tree::id pivot_tree::nth(id of, std::size_t index) const {
  if (nodes_[of].size < 64) return element(of, index);
  if (entries_of_ != of || entries_.size() != nodes_[of].size) {
    entries_of_ = of;
    entries_.clear();
    for (id at = nodes_[of].first; at != none; at = nodes_[at].next) entries_.push_back(at);
  }
  return index < entries_.size() ? entries_[index] : none;
}

value_range pivot_tree::range_of(std::string_view pointer) const {
  id at = root;
  while (!pointer.empty()) {
    const pivot_tree::kind here = nodes_[at].kind;
    if (here != kind::object && here != kind::array) break;
    pointer.remove_prefix(1);
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    const std::string_view segment = pointer.substr(0, slash);
    pointer.remove_prefix(slash);
    at = here == kind::object ? child(at, segment) : is_index(segment) ? nth(at, index_of(segment)) : none;
    if (at == none) return {};
  }
  return nodes_[at].values;
}

}  // namespace liaison::detail
