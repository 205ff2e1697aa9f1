// SPDX-License-Identifier: Apache-2.0
// Resources of a Bundle copied into another resource as contained ones: what they refer to comes along, once, and
// references become "#…" (R4, references.html#contained).
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::fhir {

/// `instead_of` of write_json that gives the names of the nomenclatures of the Agence du numérique en santé (NOS) in
/// FHIR for the OIDs that CDA and HL7v2 use; nothing for other strings.
std::optional<std::string> nos_system_instead(const tree& of, node_id id);

class containment {
 public:
  /// `holder` is where the containing resource will stand, a JSON pointer. All arguments must outlive this.
  containment(const bundle_view& of, placements& where, std::string holder)
      : bundle_(of), tree_(of.source()), where_(where), holder_(std::move(holder)) {}

  /// `{"reference":"#…"}` to the resource, which is contained if it is not yet.
  std::string reference(node_id resource);
  /// What a person or organization is referred to as where only roles, devices and patients may stand: a
  /// Practitioner, an Organization or a name alone gets a PractitionerRole around it. Empty when nobody is named.
  std::string role_reference(node_id reference);
  /// Contains a resource written by hand, without its `id`; `members` begins with the resourceType.
  std::string reference_to_made(const std::string& members);

  /// The array of contained resources; empty for none.
  std::string json() const;

 private:
  std::string id_of(node_id resource);
  void write(node_id resource, std::size_t slot);
  std::string local(std::size_t slot) const { return "#p" + std::to_string(slot + 1); }

  const bundle_view& bundle_;
  const tree& tree_;
  placements& where_;
  std::string holder_;
  std::vector<std::string> resources_;
  std::unordered_map<node_id, std::size_t> slots_;
  std::unordered_map<node_id, std::size_t> roles_;  ///< party → PractitionerRole made around it
};

}  // namespace liaison::fhir
