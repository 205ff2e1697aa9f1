// SPDX-License-Identifier: Apache-2.0
#include "pivot_account.hpp"

namespace liaison::fhir {
namespace {

class walk {
 public:
  walk(const tree& source, const placements& where, account& into, std::string_view otherwise, source_places named)
      : tree_(source), where_(where), into_(into), otherwise_(otherwise), named_(named), shown_(into.shows_leaves()) {
    for (std::size_t i = 0; i < where.copies.size(); ++i) copies_of_[where.copies[i].source].push_back(i);
  }

  void run() {
    if (tree_.empty()) return;
    enter(0, {0, 0});
    while (!open_.empty()) {
      frame& top = open_.back();
      if (top.next == none) {
        pointer_.resize(top.pointer_size);
        kept_.resize(top.kept_size);
        active_.resize(top.active_size);
        if (top.drops) dropped_ = nullptr;
        open_.pop_back();
        continue;
      }
      const node_id id = top.next;
      const mark back_to{pointer_.size(), kept_.size()};
      top.next = tree_[id].next;
      if (!shown_) {
        // only what was copied and what was dropped counts
      } else if (tree_[tree_[id].parent].kind == kind::array) {
        pointer_.append("/").append(std::to_string(top.position++));
        kept_.append("/").append(std::to_string(top.kept_position));
        if (!where_.dropped.contains(id)) ++top.kept_position;
      } else {
        append_name(tree_[id].name);
      }
      enter(id, back_to);
    }
  }

 private:
  struct mark {
    std::size_t pointer, kept;
  };
  struct frame {
    node_id next;
    std::size_t position, kept_position, pointer_size, kept_size, active_size;
    bool drops;
  };
  struct active_copy {
    std::size_t kept_size;
    const std::string* target;
  };

  void append_name(std::string_view name) {
    const std::size_t from = pointer_.size();
    pointer_ += '/';
    for (const char c : name) {
      if (c == '~') {
        pointer_ += "~0";
      } else if (c == '/') {
        pointer_ += "~1";
      } else {
        pointer_ += c;
      }
    }
    kept_.append(pointer_, from);
  }

  void enter(node_id id, mark back_to) {
    const std::size_t active_before = active_.size();
    if (const auto found = copies_of_.find(id); found != copies_of_.end()) {
      for (const std::size_t copy : found->second) active_.push_back({kept_.size(), &where_.copies[copy].target});
    }
    bool drops = false;
    if (dropped_ == nullptr) {
      const auto found = where_.dropped.find(id);
      drops = found != where_.dropped.end();
      if (drops) dropped_ = &found->second;
    }
    if (tree_[id].kind == kind::object || tree_[id].kind == kind::array) {
      open_.push_back({tree_[id].first, 0, 0, back_to.pointer, back_to.kept, active_before, drops});
      return;
    }
    if (tree_[id].kind != kind::null) row(id);
    pointer_.resize(back_to.pointer);
    kept_.resize(back_to.kept);
    active_.resize(active_before);
    if (drops) dropped_ = nullptr;
  }

  void row(node_id id) {
    if (!shown_) {
      const account::leaf leaf = into_.add({}, {});
      if (dropped_ == nullptr && !active_.empty()) into_.carry(leaf, {});
      return;
    }
    const account::leaf leaf =
        into_.add(named_ == source_places::pointers ? pointer_ : tree_.location(id), tree_[id].text);
    if (dropped_ != nullptr) return into_.drop(leaf, *dropped_);
    for (const active_copy& copy : active_) into_.carry(leaf, *copy.target + kept_.substr(copy.kept_size));
    if (active_.empty()) into_.drop(leaf, otherwise_);
  }

  const tree& tree_;
  const placements& where_;
  account& into_;
  std::string_view otherwise_;
  source_places named_;
  bool shown_;
  std::unordered_map<node_id, std::vector<std::size_t>> copies_of_;
  std::vector<frame> open_;
  std::vector<active_copy> active_;
  const std::string* dropped_ = nullptr;
  std::string pointer_;
  std::string kept_;  ///< as pointer_, but what is dropped does not count in its array
};

}  // namespace

void write_account(const tree& source, const placements& where, account& into, std::string_view otherwise,
                   source_places named) {
  walk(source, where, into, otherwise, named).run();
}

}  // namespace liaison::fhir
