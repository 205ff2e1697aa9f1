// SPDX-License-Identifier: Apache-2.0
// A resource against a snapshot: cardinality, slices, fixed and pattern values, types and targets, required value
// sets that can be listed, invariants. What base R4 says already is not said again.
#include "profile.hpp"

#include <algorithm>

namespace liaison::fhir {
namespace {

constexpr unsigned depth_max = 40;

std::string number(std::size_t value) { return std::to_string(value); }

}  // namespace

void profile_checker::say(severity level, const path::item& at, std::string_view member, std::string text) {
  const node_id where = at.id != none ? at.id : (at.extra != none ? at.extra : resource_);
  found_->add(level, "fhir-profile", where, member, text.append(" (").append(name_).append(")"));
}

void profile_checker::check(const profile& of, node_id resource) {
  name_ = of.url.substr(of.url.rfind('/') + 1);
  resource_ = resource;
  check_item(*of.root, evaluator_.make_item(resource, none, nullptr), 0);
}

void profile_checker::check_item(const profile_element& of, const path::item& at, unsigned depth) {
  if (depth > depth_max || found_->full() || evaluator_.exhausted()) return;
  check_values(of, at);
  check_types(of, at, depth);
  const path::collection focus{at};
  for (const auto& rule : of.rules) {
    if (evaluator_.truth(evaluator_.run(*rule.expression.root, focus, {focus, resource_, resource_})) == false)
      say(rule.is_error ? severity::error : severity::warning, at, {},
          std::string(rule.human).append(" [").append(rule.key).append("]"));
  }
  check_children(of, at, depth);
}

void profile_checker::check_children(const profile_element& of, const path::item& at, unsigned depth) {
  for (const auto& child : of.children) {
    const path::collection items = evaluator_.named(at, child->name);
    count(*child, at, items.size());
    for (const path::item& item : items) check_item(*child, item, depth + 1);
    if (!child->slices.empty()) check_slices(*child, at, items, depth);
  }
}

void profile_checker::count(const profile_element& of, const path::item& parent, std::size_t found) {
  std::string label(of.name);
  if (const std::size_t colon = of.id.rfind(':');
      colon != std::string_view::npos && of.id.find('.', colon) == std::string_view::npos)
    label.append(":").append(of.id.substr(colon + 1));
  if (found < of.min)
    say(severity::error, parent, {},
        label + " must be there at least " + number(of.min) + " times, is there " + number(found));
  if (found > of.max)
    say(severity::error, parent, {},
        label + " may be there at most " + number(of.max) + " times, is there " + number(found));
}

void profile_checker::check_slices(const profile_element& of, const path::item& parent, const path::collection& items,
                                   unsigned depth) {
  std::unordered_map<const profile_element*, std::size_t> counts;
  bool certain = !of.discriminators.empty();
  for (const path::item& item : items) {
    const placed found = slice_of(of, item, depth);
    certain = certain && found.certain;
    if (found.slice == nullptr) {
      if (of.closed && found.certain)
        say(severity::error, item, {}, "belongs to none of the slices, and there may be no others");
      continue;
    }
    ++counts[found.slice];
    check_item(*found.slice, item, depth + 1);
  }
  // Where an item could not be placed for certain, a slice that seems to be missing may be that item.
  for (const auto& slice : of.slices) {
    if (certain || counts[slice.get()] > 0) count(*slice, parent, counts[slice.get()]);
  }
}

profile_checker::placed profile_checker::slice_of(const profile_element& of, const path::item& at, unsigned depth) {
  placed found;
  for (const auto& slice : of.slices) {
    bool out = of.discriminators.empty(), some = false;
    for (const discriminator& by : of.discriminators) {
      const verdict one = out ? verdict::no : matches(*slice, by, at, depth);
      out = out || one == verdict::no;
      some = some || one == verdict::yes;
    }
    if (out) continue;
    if (some) return {slice.get(), true};
    found.certain = false;
  }
  return found;
}

profile_checker::verdict profile_checker::matches(const profile_element& slice, const discriminator& by,
                                                  const path::item& at, unsigned depth) {
  const auto verdict_of = [](bool yes) { return yes ? verdict::yes : verdict::no; };
  if (by.path == "url" && slice.name.ends_with("xtension") && !slice.types.empty() && !slice.types[0].profiles.empty())
    return verdict_of(tree_.text(at.id, "url") == slice.types[0].profiles[0]);
  // The element of the slice that the path leads to, and the items there.
  const profile_element* wanted = &slice;
  path::collection items{at};
  std::string_view rest = by.path;
  while (!rest.empty() && rest != "$this") {
    const std::size_t dot = rest.find('.');
    const std::string_view step = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    path::collection next;
    if (step == "resolve()") {
      for (const path::item& one : items) {
        if (const node_id target = bundle_.resolve(one.id); target != none)
          next.push_back(evaluator_.make_item(target, none, nullptr));
      }
    } else {
      for (const path::item& one : items) std::ranges::move(evaluator_.named(one, step), std::back_inserter(next));
      if (wanted != nullptr) {
        const auto found = std::ranges::find(wanted->children, step, [](const auto& child) { return child->name; });
        wanted = found == wanted->children.end() ? nullptr : found->get();
      }
    }
    items = std::move(next);
  }
  if (wanted == nullptr) return verdict::unknown;
  if (by.type == "exists") return verdict_of(wanted->max == 0 ? items.empty() : !items.empty());
  verdict best = verdict::no;
  for (const path::item& one : items) best = std::max(best, matches_item(*wanted, by, one, depth));
  return best;
}

profile_checker::verdict profile_checker::matches_item(const profile_element& wanted, const discriminator& by,
                                                       const path::item& one, unsigned depth) {
  if (by.type == "type" || by.type == "profile") {
    verdict best = verdict::no;
    for (const profile_type& use : wanted.types) {
      const bool same = one.type != nullptr &&
                        (one.type->is_a(use.name) || std::ranges::any_of(use.targets, [&](std::string_view target) {
                           return one.type->name == target.substr(target.rfind('/') + 1);
                         }));
      if (!same) continue;
      if (by.type == "type" || use.profiles.empty()) return verdict::yes;
      for (const std::string_view canonical : use.profiles) best = std::max(best, conforms(canonical, one, depth));
    }
    return best;
  }
  if (wanted.fixed != none) return holds(*wanted.source, wanted.fixed, one.id, true) ? verdict::yes : verdict::no;
  if (wanted.pattern != none) return holds(*wanted.source, wanted.pattern, one.id, false) ? verdict::yes : verdict::no;
  const auto listed = wanted.required_set.empty() ? std::nullopt : in_set(wanted.required_set, one);
  if (!listed) return verdict::unknown;
  return *listed ? verdict::yes : verdict::no;
}

/// A trial on a list of its own: an item belongs to the slice whose profile it keeps, or at least claims.
profile_checker::verdict profile_checker::conforms(std::string_view canonical, const path::item& at, unsigned depth) {
  const profile* of = store_.find(canonical);
  if (of == nullptr) {
    const bool base = canonical.starts_with("http://hl7.org/fhir/StructureDefinition/");
    return base ? (at.type->name == canonical.substr(canonical.rfind('/') + 1) ? verdict::yes : verdict::no)
                : verdict::unknown;
  }
  if (at.type->name != of->type) return verdict::no;
  bool claims = false;
  tree_.each(tree_.find(at.id, "meta/profile"),
             [&](node_id id) { claims = claims || tree_[id].text.starts_with(canonical); });
  if (claims) return verdict::yes;
  findings trial(tree_);
  findings* outer = found_;
  const node_id outer_resource = resource_;
  found_ = &trial;
  resource_ = at.id;
  check_item(*of->root, at, depth + 10);
  found_ = outer;
  resource_ = outer_resource;
  const bool bad = std::ranges::any_of(trial.list(), [](const issue& one) { return one.severity == severity::error; });
  return bad ? verdict::no : verdict::yes;
}

/// Code, Coding or CodeableConcept in a value set; nothing when the set cannot be listed or there is no code.
std::optional<bool> profile_checker::in_set(std::string_view canonical, const path::item& at) const {
  if (at.id == none) return std::nullopt;
  if (!tree_.is_object(at.id)) return store_.has_code(canonical, {}, tree_.text(at.id));
  std::optional<bool> best;
  const auto judge = [&](node_id coding) {
    const auto one = store_.has_code(canonical, tree_.text(coding, "system"), tree_.text(coding, "code"));
    if (one == true || !best) best = one;
  };
  if (tree_.child(at.id, "coding") != none) {
    tree_.each(tree_.child(at.id, "coding"), judge);
  } else if (tree_.child(at.id, "code") != none) {
    judge(at.id);
  }
  return best;
}

void profile_checker::check_values(const profile_element& of, const path::item& at) {
  if (of.fixed != none && !holds(*of.source, of.fixed, at.id, true))
    say(severity::error, at, {}, "has not the value that the profile fixes");
  if (of.pattern != none && !holds(*of.source, of.pattern, at.id, false))
    say(severity::error, at, {}, "does not follow the pattern of the profile");
  if (of.required_set.empty()) return;
  const auto listed = in_set(of.required_set, at);
  if (!listed && found_ != nullptr) found_->note_unchecked_code();
  if (listed == false)
    say(severity::error, at, {}, "the code is not in the required value set " + std::string(of.required_set));
}

void profile_checker::check_types(const profile_element& of, const path::item& at, unsigned depth) {
  if (of.types.empty() || at.type == nullptr) return;
  const auto use = std::ranges::find_if(of.types, [&](const profile_type& one) { return at.type->is_a(one.name); });
  const bool named = std::ranges::none_of(
      of.types, [](const profile_type& one) { return one.name.find(':') != std::string_view::npos; });
  if (use == of.types.end()) {
    const bool comparable = named && at.type->kind != type_kind::backbone && !at.type->is_a("BackboneElement");
    if (comparable && of.id.find('.') != std::string_view::npos)
      say(severity::error, at, {}, "this type is not among those that the profile allows");
    return;
  }
  if (!use->profiles.empty()) {
    // Several profiles: one is enough. One: its findings are worth more than a verdict.
    const profile* only = use->profiles.size() == 1 ? store_.find(use->profiles[0]) : nullptr;
    if (only != nullptr && only->root.get() != &of && depth < depth_max) check_item(*only->root, at, depth + 1);
  }
  if (use->targets.empty() || !tree_.is_object(at.id)) return;
  const node_id target = bundle_.resolve(at.id);
  if (target == none) return;
  const std::string_view type = tree_.type_of(target);
  const bool allowed = std::ranges::any_of(use->targets, [&](std::string_view canonical) {
    const profile* of_target = store_.find(canonical);
    const std::string_view name = of_target != nullptr ? of_target->type : canonical.substr(canonical.rfind('/') + 1);
    // A profile that is not loaded may be of any type.
    return name == type || name == "Resource" ||
           (of_target == nullptr && !canonical.starts_with("http://hl7.org/fhir/StructureDefinition/"));
  });
  if (!allowed) say(severity::error, at, {}, "refers to a resource of a type that the profile does not allow");
}

/// Whether `at` holds everything of `wanted`; exactly: and nothing else.
bool profile_checker::holds(const tree& wanted_in, node_id wanted, node_id at, bool exactly) const {
  if (at == none) return false;
  const node& need = wanted_in[wanted];
  if (need.kind == kind::object) {
    if (!tree_.is_object(at) || (exactly && wanted_in.child_count(wanted) != tree_.child_count(at))) return false;
    for (node_id id = need.first; id != none; id = wanted_in[id].next) {
      if (!holds(wanted_in, id, tree_.child(at, wanted_in[id].name), exactly)) return false;
    }
    return true;
  }
  if (need.kind == kind::array) {
    for (node_id id = need.first; id != none; id = wanted_in[id].next) {
      bool some = false;
      tree_.each(at, [&](node_id one) { some = some || holds(wanted_in, id, one, exactly); });
      if (!some) return false;
    }
    return true;
  }
  return tree_[at].text == need.text;
}

}  // namespace liaison::fhir
