// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <algorithm>
#include <cstring>

namespace liaison::fhir {

namespace {
constexpr std::size_t page_size_bytes = 64U << 10U;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  return value;
}
}  // namespace

node_id tree::add(node_id parent, std::string_view name, fhir::kind kind, std::string_view text) {
  const auto id = static_cast<node_id>(nodes_.size());
  node& made = nodes_.emplace_back();
  made.name = name;
  made.text = text;
  made.parent = parent;
  made.kind = kind;
  if (parent == none) return id;
  node& above = nodes_[parent];
  if (above.last == none) {
    above.first = id;
  } else {
    nodes_[above.last].next = id;
    made.ordinal = nodes_[above.last].ordinal + 1;
  }
  above.last = id;
  return id;
}

std::string_view tree::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > page_size_ - page_used_) {
    page_size_ = std::max(page_size_bytes, text.size());
    page_used_ = 0;
    pages_.push_back(std::make_unique_for_overwrite<char[]>(page_size_));
  }
  char* place = pages_.back().get() + page_used_;
  std::memcpy(place, text.data(), text.size());
  page_used_ += text.size();
  return {place, text.size()};
}

void tree::detach(node_id id) {
  if (id == none || nodes_[id].parent == none) return;  // no node, the root, or detached already
  node& of = nodes_[id];
  node& above = nodes_[of.parent];
  node_id before = none;
  for (node_id at = above.first; at != id; at = nodes_[at].next) before = at;
  if (before == none) {
    above.first = of.next;
  } else {
    nodes_[before].next = of.next;
  }
  if (above.last == id) above.last = before;
  for (node_id at = of.next; at != none; at = nodes_[at].next) --nodes_[at].ordinal;
  of.parent = of.next = none;
  of.ordinal = 0;
}

void tree::prepend(node_id parent, node_id id) {
  node& above = nodes_[parent];
  nodes_[id].parent = parent;
  nodes_[id].next = above.first;
  above.first = id;
  if (above.last == none) above.last = id;
  for (node_id at = nodes_[id].next; at != none; at = nodes_[at].next) ++nodes_[at].ordinal;
}

node_id tree::child(node_id of, std::string_view name) const {
  if (of == none || nodes_[of].kind != kind::object) return none;
  for (node_id id = nodes_[of].first; id != none; id = nodes_[id].next) {
    if (nodes_[id].name == name) return id;
  }
  return none;
}

std::size_t tree::child_count(node_id of) const {
  std::size_t count = 0;
  if (of == none) return 0;
  for (node_id id = nodes_[of].first; id != none; id = nodes_[id].next) ++count;
  return count;
}

node_id tree::find(node_id of, std::string_view path) const {
  node_id at = of;
  while (!path.empty() && at != none) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (nodes_[at].kind != kind::array) {
      at = child(at, segment);
      continue;
    }
    node_id element = nodes_[at].first;
    if (is_number(segment)) {
      for (std::uint32_t i = number(segment); i > 0 && element != none; --i) element = nodes_[element].next;
      at = element;
    } else {
      at = child(element, segment);
    }
  }
  return at;
}

std::string_view tree::text(node_id of, std::string_view path) const {
  node_id found = find(of, path);
  if (is_array(found)) found = nodes_[found].first;
  return found == none ? std::string_view{} : nodes_[found].text;
}

namespace {

std::vector<node_id> chain_to(const tree& of, node_id id) {
  std::vector<node_id> chain;
  for (node_id at = id; at != none && of[at].parent != none; at = of[at].parent) chain.push_back(at);
  std::ranges::reverse(chain);
  return chain;
}

}  // namespace

std::string tree::pointer(node_id id) const {
  std::string text;
  for (const node_id step : chain_to(*this, id)) {
    text += '/';
    if (nodes_[nodes_[step].parent].kind == kind::array) {
      text += std::to_string(nodes_[step].ordinal);
      continue;
    }
    for (const char c : nodes_[step].name) {
      if (c == '~') {
        text += "~0";
      } else if (c == '/') {
        text += "~1";
      } else {
        text += c;
      }
    }
  }
  return text;
}

std::string tree::location(node_id id) const {
  std::string text(empty() ? std::string_view{} : type_of(0));
  for (const node_id step : chain_to(*this, id)) {
    if (nodes_[nodes_[step].parent].kind == kind::array) {
      text.append("[").append(std::to_string(nodes_[step].ordinal)).append("]");
    } else {
      if (!text.empty()) text += '.';
      // A name comes from the message: shown only as far as it can be the name of an element.
      text += nodes_[step].name.substr(0, 64);
    }
  }
  return text;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  std::size_t clean_from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, clean_from, at - clean_from);
    clean_from = at + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += digits[c >> 4U];
        out += digits[c & 15U];
    }
  }
  out.append(text, clean_from);
  out += '"';
}

namespace {

using substitution = std::function<std::optional<std::string>(node_id)>;

void open_or_scalar(const tree& of, node_id id, std::string& out, const substitution& instead_of) {
  if (instead_of && of[id].kind == kind::string) {
    if (const auto other = instead_of(id)) return append_json_string(out, *other);
  }
  switch (of[id].kind) {
    case kind::object:
      out += '{';
      break;
    case kind::array:
      out += '[';
      break;
    case kind::string:
      append_json_string(out, of[id].text);
      break;
    case kind::null:
      out += "null";
      break;
    default:
      out += of[id].text;
  }
}

}  // namespace

void write_json(const tree& of, node_id from, std::string& out, const substitution& instead_of) {
  node_id at = from;
  for (;;) {
    open_or_scalar(of, at, out, instead_of);
    if (of[at].first != none) {
      at = of[at].first;
    } else {
      if (of[at].kind == kind::object) out += '}';
      if (of[at].kind == kind::array) out += ']';
      while (at != from && of[at].next == none) {
        at = of[at].parent;
        out += of[at].kind == kind::object ? '}' : ']';
      }
      if (at == from) return;
      out += ',';
      at = of[at].next;
    }
    if (of[of[at].parent].kind == kind::object) {
      append_json_string(out, of[at].name);
      out += ':';
    }
  }
}

void write_json(const tree& of, node_id from, std::string& out) { write_json(of, from, out, {}); }

}  // namespace liaison::fhir
