// SPDX-License-Identifier: Apache-2.0
#include "invariants.hpp"

#include "profile.hpp"

#include <algorithm>

asm(R"(
  .section .rodata
  .global liaison_fhir_profiles_begin
  .global liaison_fhir_profiles_end
  .hidden liaison_fhir_profiles_begin
  .hidden liaison_fhir_profiles_end
liaison_fhir_profiles_begin:
  .incbin ")" LIAISON_FHIR_TABLES R"(/profiles.txt"
liaison_fhir_profiles_end:
  .byte 0
  .text
)");
extern "C" const char liaison_fhir_profiles_begin[], liaison_fhir_profiles_end[];

namespace liaison::fhir {
namespace {

std::string_view take(std::string_view& from, char separator) {
  const std::size_t end = from.find(separator);
  const std::string_view part = from.substr(0, end);
  from = end == std::string_view::npos ? std::string_view{} : from.substr(end + 1);
  return part;
}

}  // namespace

rule_book::rule_book() {
  compile_invariants();
  read_profiles(std::string_view(liaison_fhir_profiles_begin,
                                 static_cast<std::size_t>(liaison_fhir_profiles_end - liaison_fhir_profiles_begin)));
}

const rule_book& rule_book::built_in() {
  static const rule_book made;
  return made;
}

void rule_book::compile_invariants() {
  const auto add = [&](const invariant& of) {
    if (by_expression_.contains(of.expression)) return;
    path::compiled made = path::compile(of.expression);
    if (made.root == nullptr) failures_.push_back(std::string(of.key) + ": " + made.reason);
    by_expression_.emplace(of.expression, std::move(made));
  };
  for (const auto& [name, type] : tables::r4().all()) {
    for (const invariant& of : type->invariants) add(of);
    for (const element_definition& element : type->elements) {
      for (const invariant& of : element.invariants) add(of);
    }
  }
}

void rule_book::read_profiles(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    if (line.empty() || line[0] == '#') continue;
    const std::string_view what = take(line, '\t');
    if (what == "P") {
      names.clear();
      while (!line.empty()) names.push_back(take(line, ' '));
      continue;
    }
    auto rule = std::make_unique<profile_rule>();
    rule->key = take(line, '\t');
    rule->is_error = take(line, '\t') == "error";
    rule->context = path::compile(take(line, '\t'));
    rule->expression = path::compile(take(line, '\t'));
    rule->human = line;
    for (const path::compiled* one : {&rule->context, &rule->expression}) {
      if (one->root == nullptr) failures_.push_back(std::string(rule->key) + ": " + one->reason);
    }
    for (const std::string_view name : names) by_profile_[name].push_back(rule.get());
    rules_.push_back(std::move(rule));
  }
}

const path::expression* rule_book::find(const invariant& of) const {
  const auto found = by_expression_.find(of.expression);
  return found == by_expression_.end() ? nullptr : found->second.root.get();
}

const std::vector<const profile_rule*>* rule_book::rules_of(std::string_view name) const {
  const auto found = by_profile_.find(name);
  return found == by_profile_.end() ? nullptr : &found->second;
}

void invariant_checker::check(const invariant_site& at) {
  const path::collection focus{evaluator_.make_item(at.node, at.extra, at.type)};
  const path::environment in{focus, at.resource, at.root_resource};
  for (const invariant& of : *at.invariants) {
    if (found_.full() || evaluator_.exhausted()) return;
    const path::expression* expression = rule_book::built_in().find(of);
    if (expression == nullptr || evaluator_.truth(evaluator_.run(*expression, focus, in)) != false) continue;
    found_.add(of.is_error ? severity::error : severity::warning, "fhir-invariant", at.node, {},
               std::string(of.human).append(" (").append(of.key).append(")"));
  }
}

void invariant_checker::check_profiles(std::string_view wanted) {
  if (!wanted.empty()) check_profile(0, wanted);
  for (const auto& entry : bundle_.entries()) {
    if (entry.resource == none) continue;
    const auto claimed = [&](node_id resource) {
      tree_.each(tree_.find(resource, "meta/profile"), [&](node_id profile) {
        if (resource != 0 || tree_[profile].text != wanted) check_profile(resource, tree_[profile].text);
      });
    };
    claimed(entry.resource);
    tree_.each(tree_.child(entry.resource, "contained"), claimed);
  }
  if (bundle_.is_bundle()) {
    tree_.each(tree_.find(0, "meta/profile"), [&](node_id profile) { check_profile(0, tree_[profile].text); });
  }
}

void invariant_checker::check_profile(node_id resource, std::string_view canonical) {
  canonical = canonical.substr(0, canonical.find('|'));
  if (const profile* loaded = packages().find(canonical); loaded != nullptr)
    profile_checker(bundle_, evaluator_, packages(), found_).check(*loaded, resource);
  const std::string_view name = canonical.substr(canonical.rfind('/') + 1);
  const auto* rules = rule_book::built_in().rules_of(name);
  if (rules == nullptr) return;
  const path::collection focus{evaluator_.make_item(resource, none, nullptr)};
  const path::environment in{focus, resource, resource};
  for (const profile_rule* rule : *rules) {
    if (found_.full() || evaluator_.exhausted()) return;
    for (const path::item& site : evaluator_.run(*rule->context.root, focus, in)) {
      const path::collection one{site};
      if (evaluator_.truth(evaluator_.run(*rule->expression.root, one, in)) != false) continue;
      const node_id where = site.id != none ? site.id : site.extra;
      found_.add(rule->is_error ? severity::error : severity::warning, "fhir-profile", where == none ? resource : where,
                 {}, std::string(rule->human).append(" (").append(name).append(", ").append(rule->key).append(")"));
    }
  }
}

}  // namespace liaison::fhir
