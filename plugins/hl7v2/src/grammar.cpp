// SPDX-License-Identifier: Apache-2.0
// A structure is a tree of groups; the segments of a message are matched from left to right, without going back: in
// HL7 the name of the next segment always tells which branch it is.
#include "grammar.hpp"

#include "tables.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace liaison::hl7v2 {
namespace {

struct node {
  std::string_view segment;    // empty for a group
  std::vector<node> children;  // of a group
  bool is_required = true, repeats = false;

  /// Whether the node can begin with a segment of this name.
  bool can_begin_with(std::string_view name) const {
    if (!segment.empty()) return segment == name;
    for (const node& child : children) {
      if (child.can_begin_with(name)) return true;
      if (child.is_required) return false;
    }
    return false;
  }
  bool contains(std::string_view name) const {
    return segment.empty()
               ? std::any_of(children.begin(), children.end(), [&](const node& child) { return child.contains(name); })
               : segment == name;
  }
  std::string_view first_required() const {
    if (!segment.empty()) return segment;
    for (const node& child : children) {
      if (child.is_required) return child.first_required();
    }
    return {};
  }
};

/// Reads "MSH [{SFT}] {OBX [{NTE}]}" from `at` on, up to the bracket that closes the group.
std::vector<node> parse(std::string_view text, std::size_t& at) {
  std::vector<node> out;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ']' || c == '}') return out;
    if (c == ' ') continue;
    node& made = out.emplace_back();
    if (c == '[' || c == '{') {
      made.children = parse(text, ++at);
      made.is_required = c == '{';
      made.repeats = c == '{';
      // "[{A}]" is one thing: optional and repeated.
      if (made.children.size() == 1) {
        node inner = std::move(made.children.front());
        inner.is_required = inner.is_required && made.is_required;
        inner.repeats = inner.repeats || made.repeats;
        made = std::move(inner);
      }
    } else {
      made.segment = text.substr(at, 3);
      at += 2;
    }
  }
  return out;
}

class structures {
 public:
  structures() {
    std::map<std::string, std::string, std::less<>> macros;
    tables::each_row(tables::structures(), [&](const std::vector<std::string_view>& row) {
      if (row.size() != 2) return;
      std::string text(row[1]);
      for (std::size_t at = 0; (at = text.find('$', at)) != std::string::npos;) {
        const std::size_t end = std::min(text.find_first_of(" ]}", at), text.size());
        text.replace(at, end - at, macros[text.substr(at, end - at)]);
      }
      if (row[0].starts_with('$')) {
        macros[std::string(row[0])] = std::move(text);
        return;
      }
      texts_.push_back(std::make_unique<std::string>(std::move(text)));
      auto made = std::make_shared<node>();
      std::size_t at = 0;
      made->children = parse(*texts_.back(), at);
      for (const std::string_view event : pieces(row[0], ',')) by_event_[std::string(event)] = made;
    });
  }
  const node* of_event(const std::string& event) const {
    const auto found = by_event_.find(event);
    return found == by_event_.end() ? nullptr : found->second.get();
  }

 private:
  std::vector<std::unique_ptr<std::string>> texts_;  // the trees point into them
  std::map<std::string, std::shared_ptr<node>> by_event_;
};

/// Where the matching stands in a group and the groups around it.
struct frame {
  const node& group;
  std::size_t at = 0;
  const frame* around = nullptr;
};

class matching {
 public:
  matching(const message& of, const node& structure, findings& found) : of_(of), structure_(structure), found_(found) {}

  void run() {
    match_children({structure_, 0, nullptr});
    while (skip_strangers()) {
      report_out_of_place();
      ++next_;
    }
  }

 private:
  std::string_view name() const { return of_.at(next_).name(); }

  /// Whether something from here on, or a new turn of a group around, can begin with `name`.
  static bool is_expected(const frame& here, std::string_view name) {
    for (const frame* each = &here; each != nullptr; each = each->around) {
      for (std::size_t i = each->at; i < each->group.children.size(); ++i) {
        if (each->group.children[i].can_begin_with(name)) return true;
      }
      if (each->group.repeats && each->group.can_begin_with(name)) return true;
    }
    return false;
  }

  /// Steps over Z segments; false at the end of the message.
  bool skip_strangers() {
    while (next_ < of_.size() && (name().starts_with('Z') || name() == "FTS" || name() == "BTS" || name() == "ADD"))
      ++next_;
    return next_ < of_.size();
  }

  void report_out_of_place() {
    const segment at = of_.at(next_);
    if (structure_.contains(at.name())) {
      found_.error("hl7v2-segment-order", location(at), "the structure of the message has the segment elsewhere");
    } else {
      found_.warning("hl7v2-segment-unexpected", location(at),
                     "the structure of the message does not have the segment");
    }
  }

  /// At the next segment that something ahead may begin with; what nobody waits for is reported and stepped over.
  bool at_expected(const frame& here) {
    while (skip_strangers()) {
      if (is_expected(here, name())) return true;
      report_out_of_place();
      ++next_;
    }
    return false;
  }

  void match(const node& what, const frame& around) {
    for (bool first = true;; first = false) {
      const bool here = at_expected(around) && what.can_begin_with(name());
      if (!here) {
        if (first && what.is_required) report_missing(what);
        return;
      }
      if (what.segment.empty()) {
        match_children({what, 0, &around});
      } else {
        ++next_;
      }
      if (!what.repeats) return;
    }
  }

  void match_children(frame here) {
    for (; here.at < here.group.children.size(); ++here.at) match(here.group.children[here.at], here);
  }

  void report_missing(const node& what) {
    const std::string_view missing = what.first_required();
    if (missing.empty()) return;
    found_.error("hl7v2-segment-missing", std::string(missing), "the structure of the message needs this segment");
  }

  const message& of_;
  const node& structure_;
  findings& found_;
  std::size_t next_ = 0;
};

}  // namespace

void check_order(const message& of, findings& found) {
  static const structures known;
  const field type = of.at(0)[9];
  const std::string code(trim(type.component(1)));
  const node* structure = known.of_event(code + "^" + std::string(trim(type.component(2))));
  if (structure == nullptr) structure = known.of_event(code);
  if (structure != nullptr) matching(of, *structure, found).run();
}

}  // namespace liaison::hl7v2
