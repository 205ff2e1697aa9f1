// SPDX-License-Identifier: Apache-2.0
// A Bundle, or a single resource looked at as a Bundle of one: entries, their fullUrls, and what references point to.
#pragma once

#include "tree.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::fhir {

class bundle_view {
 public:
  struct entry {
    std::string_view full_url;
    node_id element;   ///< the entry; none for a single resource
    node_id resource;  ///< none when the entry has none
  };

  /// `of` must outlive the view and not change. Entries of Bundles inside the Bundle follow their carrier.
  explicit bundle_view(const tree& of);

  const tree& source() const { return tree_; }
  bool is_bundle() const { return is_bundle_; }
  std::string_view type() const { return tree_.text(0, "type"); }  ///< Bundle.type
  const std::vector<entry>& entries() const { return entries_; }
  node_id first(std::string_view resource_type) const;

  /// What a Reference points to: "#id" in the resource that holds it, a fullUrl, `Type/id`, or a condition
  /// (`Type?identifier=system|value`) that exactly one entry meets. None when it is not here or logical only.
  node_id resolve(node_id reference) const;
  /// The same for a url that is no Reference (Attachment.url): a fullUrl or `Type/id`.
  node_id resolve_url(std::string_view url) const;
  /// Resource of an entry (or the root) that `of` belongs to.
  node_id holder(node_id of) const;

 private:
  void collect(node_id bundle, unsigned depth);
  const tree& tree_;
  bool is_bundle_ = false;
  std::vector<entry> entries_;
  mutable std::unordered_map<std::string_view, node_id> by_url_;
  mutable std::unordered_map<std::string, node_id> by_type_and_id_;
  mutable std::unordered_map<std::string, node_id> by_condition_;  ///< none where several entries meet it
  mutable std::unordered_map<node_id, std::unordered_map<std::string_view, node_id>> contained_;
  mutable bool indexed_ = false;
  void index() const;
  void index_identifiers(node_id resource) const;
  node_id resolve_contained(node_id container, std::string_view id) const;
};

}  // namespace liaison::fhir
