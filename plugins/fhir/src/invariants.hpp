// SPDX-License-Identifier: Apache-2.0
// Invariants of types and rules of profiles: FHIRPath compiled once and evaluated where they belong.
#pragma once

#include "fhirpath.hpp"
#include "findings.hpp"
#include "structure_check.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace liaison::fhir {

/// Rules that a canonical stands for (tables/profiles.txt).
struct profile_rule {
  std::string_view key, human;
  bool is_error = true;
  path::compiled context, expression;
};

/// Everything compiled; made once in a process.
class rule_book {
 public:
  static const rule_book& built_in();
  const path::expression* find(const invariant& of) const;
  /// Rules of the profile whose canonical ends in `name`; nothing when none are known.
  const std::vector<const profile_rule*>* rules_of(std::string_view name) const;
  /// Keys and reasons of what could not be compiled; empty in a sound build.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  rule_book();
  void compile_invariants();
  void read_profiles(std::string_view text);
  std::unordered_map<std::string_view, path::compiled> by_expression_;
  std::vector<std::unique_ptr<profile_rule>> rules_;
  std::unordered_map<std::string_view, std::vector<const profile_rule*>> by_profile_;
  std::vector<std::string> failures_;
};

class invariant_checker {
 public:
  invariant_checker(const bundle_view& of, findings& into)
      : bundle_(of), tree_(of.source()), found_(into), evaluator_(of) {}

  void check(const invariant_site& at);
  /// Rules of the profiles that the resources claim, and of `wanted` for the root when it is not empty.
  void check_profiles(std::string_view wanted);
  bool exhausted() const { return evaluator_.exhausted(); }

 private:
  void check_profile(node_id resource, std::string_view canonical);
  const bundle_view& bundle_;
  const tree& tree_;
  findings& found_;
  path::evaluator evaluator_;
};

}  // namespace liaison::fhir
