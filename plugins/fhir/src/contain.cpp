// SPDX-License-Identifier: Apache-2.0
#include "contain.hpp"

#include <algorithm>
#include <array>

namespace liaison::fhir {
namespace {

struct nomenclature {
  std::string_view oid, name;
};
constexpr std::array nomenclatures = {
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.1", "TRE_A03-ClasseDocument"},
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.5", "TRE_A02-ProfessionSavFaire-CISIS"},
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.6", "TRE_A00-ProducteurDocNonPS"},
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.9", "TRE_A01-CadreExercice"},
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.12", "TRE_A05-TypeDocComplementaire"},
    nomenclature{"urn:oid:1.2.250.1.213.1.1.4.13", "TRE_A07-StatutVisibiliteDocument"},
    nomenclature{"urn:oid:1.2.250.1.71.4.2.4", "TRE_R02-SecteurActivite"}};

/// What a contained resource does not take along: it has no narrative, no metadata and no contained resources
/// (dom-2 to dom-5), and a patient's links would drag further people in.
bool stays_behind(std::string_view type, std::string_view member) {
  constexpr std::array always = {"id", "meta", "text", "contained", "resourceType", "implicitRules"};
  constexpr std::array of_patient = {"generalPractitioner", "managingOrganization", "link"};
  return std::ranges::find(always, member) != always.end() ||
         (type == "Patient" && std::ranges::find(of_patient, member) != of_patient.end());
}

}  // namespace

std::optional<std::string> nos_system_instead(const tree& of, node_id id) {
  if (of[id].name != "system") return std::nullopt;
  for (const nomenclature& known : nomenclatures) {
    if (of[id].text != known.oid) continue;
    std::string dashed(known.name);
    std::ranges::replace(dashed, '_', '-');
    return "https://mos.esante.gouv.fr/NOS/" + std::string(known.name) + "/FHIR/" + dashed;
  }
  return std::nullopt;
}

std::string containment::id_of(node_id resource) {
  const auto [known, is_new] = slots_.try_emplace(resource, resources_.size());
  const std::size_t slot = known->second;
  if (is_new) {
    resources_.emplace_back();
    write(resource, slot);
  }
  return local(slot);
}

void containment::write(node_id resource, std::size_t slot) {
  const std::string_view type = tree_.type_of(resource);
  const std::string at = holder_ + "/contained/" + std::to_string(slot) + "/";
  std::string text = "{\"resourceType\":";
  append_json_string(text, type);
  text += ",\"id\":\"" + local(slot).substr(1) + "\"";
  if (const node_id profile = tree_.find(resource, "meta/profile"); type == "Patient" && profile != none) {
    text += ",\"meta\":{\"profile\":";
    write_json(tree_, profile, text);
    text += '}';
  }
  for (node_id id = tree_[resource].first; id != none; id = tree_[id].next) {
    if (stays_behind(type, tree_[id].name)) continue;
    text += ',';
    append_json_string(text, tree_[id].name);
    text += ':';
    write_json(tree_, id, text, [&](node_id inner) -> std::optional<std::string> {
      if (tree_[inner].name != "reference") return nos_system_instead(tree_, inner);
      const node_id target = bundle_.resolve(tree_[inner].parent);
      if (target == none) return std::nullopt;
      return id_of(target);
    });
    where_.copied(id, at + std::string(tree_[id].name));
  }
  resources_[slot] = std::move(text) + "}";
}

std::string containment::reference(node_id resource) { return "{\"reference\":\"" + id_of(resource) + "\"}"; }

std::string containment::reference_to_made(const std::string& members) {
  const std::size_t slot = resources_.size();
  resources_.push_back("{" + members + ",\"id\":\"" + local(slot).substr(1) + "\"}");
  return "{\"reference\":\"" + local(slot) + "\"}";
}

std::string containment::role_reference(node_id reference_to) {
  const node_id target = bundle_.resolve(reference_to);
  const std::string_view type = tree_.type_of(target);
  if (type == "PractitionerRole" || type == "Device" || type == "Patient") return reference(target);
  std::string whom;
  if (type == "Practitioner" || type == "Organization") {
    if (const auto known = roles_.find(target); known != roles_.end())
      return "{\"reference\":\"" + local(known->second) + "\"}";
    whom = reference(target);
  } else {
    for (const std::string_view name : {"identifier", "display"}) {
      const node_id part = tree_.child(reference_to, name);
      if (part == none) continue;
      whom += whom.empty() ? "{" : ",";
      append_json_string(whom, name);
      whom += ':';
      write_json(tree_, part, whom);
      where_.copied(part,
                    holder_ + "/contained/" + std::to_string(resources_.size()) + "/practitioner/" + std::string(name));
    }
    if (whom.empty()) return {};
    whom += '}';
  }
  if (target != none) roles_.emplace(target, resources_.size());
  return reference_to_made(R"("resourceType":"PractitionerRole",")" +
                           std::string(type == "Organization" ? "organization" : "practitioner") + "\":" + whom);
}

std::string containment::json() const {
  std::string list;
  for (const std::string& one : resources_) list += (list.empty() ? "[" : ",") + one;
  return list.empty() ? list : list + "]";
}

}  // namespace liaison::fhir
