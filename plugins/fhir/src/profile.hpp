// SPDX-License-Identifier: Apache-2.0
// Profiles from FHIR packages: StructureDefinitions with snapshot, CodeSystems and ValueSets, read once at the start
// from folders that the operator names, and resources checked against them.
#pragma once

#include "fhirpath.hpp"
#include "findings.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace liaison::fhir {

struct profile_type {
  std::string_view name;
  std::vector<std::string_view> profiles, targets;  ///< canonicals without version
};

struct discriminator {
  std::string_view type, path;
};

/// One element of a snapshot, with what stands below it.
struct profile_element {
  std::string_view id, name;  ///< "Patient.identifier:INS.use", "use"
  std::uint32_t min = 0, max = 0xFFFFFFFF;
  const tree* source = nullptr;
  node_id fixed = none, pattern = none;
  std::vector<profile_type> types;
  std::string_view required_set;  ///< canonical of a required binding
  struct rule {
    std::string_view key, human;
    bool is_error = true;
    path::compiled expression;
  };
  std::vector<rule> rules;
  bool sliced = false, closed = false;
  std::vector<discriminator> discriminators;
  std::vector<std::unique_ptr<profile_element>> children, slices;
};

struct profile {
  std::string_view url, type;
  std::unique_ptr<profile_element> root;
};

class package_store {
 public:
  /// Reads the JSON files of a folder and of folders in it; returns how many definitions were taken. Files that are no
  /// definitions are passed over.
  std::size_t load(const std::string& folder);

  const profile* find(std::string_view canonical) const;
  bool empty() const { return profiles_.empty(); }

  /// Whether `code` of `system` is in the value set; nothing when the set cannot be listed.
  std::optional<bool> has_code(std::string_view canonical, std::string_view system, std::string_view code) const;

 private:
  struct file {
    std::string bytes;
    tree resource;
  };
  using codes = std::unordered_map<std::string_view, std::unordered_set<std::string_view>>;
  void take(const tree& resource);
  void take_profile(const tree& resource);
  const codes* expansion(std::string_view canonical, unsigned depth) const;
  std::vector<std::unique_ptr<file>> files_;
  std::unordered_map<std::string_view, profile> profiles_;
  std::unordered_map<std::string_view, const tree*> value_sets_, code_systems_;
  mutable std::unordered_map<std::string_view, std::unique_ptr<codes>> expansions_;
};

/// What the process was started with.
package_store& packages();

class profile_checker {
 public:
  profile_checker(const bundle_view& of, path::evaluator& with, const package_store& store, findings& into)
      : bundle_(of), tree_(of.source()), evaluator_(with), store_(store), found_(&into) {}

  void check(const profile& of, node_id resource);

 private:
  void check_item(const profile_element& of, const path::item& at, unsigned depth);
  void check_children(const profile_element& of, const path::item& at, unsigned depth);
  void check_slices(const profile_element& of, const path::item& parent, const path::collection& items, unsigned depth);
  void check_values(const profile_element& of, const path::item& at);
  void check_types(const profile_element& of, const path::item& at, unsigned depth);
  void count(const profile_element& of, const path::item& parent, std::size_t found);
  /// Tells by a discriminator; unknown when it rests on codes or profiles that are not loaded.
  enum class verdict : std::uint8_t { no, unknown, yes };
  struct placed {
    const profile_element* slice = nullptr;
    bool certain = true;
  };
  placed slice_of(const profile_element& of, const path::item& at, unsigned depth);
  verdict matches(const profile_element& slice, const discriminator& by, const path::item& at, unsigned depth);
  verdict matches_item(const profile_element& wanted, const discriminator& by, const path::item& one, unsigned depth);
  verdict conforms(std::string_view canonical, const path::item& at, unsigned depth);
  std::optional<bool> in_set(std::string_view canonical, const path::item& at) const;
  bool holds(const tree& wanted_in, node_id wanted, node_id at, bool exactly) const;
  void say(severity level, const path::item& at, std::string_view member, std::string text);

  const bundle_view& bundle_;
  const tree& tree_;
  path::evaluator& evaluator_;
  const package_store& store_;
  findings* found_;
  std::string_view name_;
  node_id resource_ = none;
};

}  // namespace liaison::fhir
