// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <algorithm>
#include <array>

namespace liaison::fhir {
namespace {

using facts::identifier_kind;

struct known_system {
  std::string_view oid;
  identifier_kind kind;
};
constexpr std::array<known_system, 6> systems = {{{"1.2.250.1.213.1.4.8", identifier_kind::ins_nir},
                                                  {"1.2.250.1.213.1.4.9", identifier_kind::ins_nia},
                                                  {"1.2.250.1.213.1.4.10", identifier_kind::ins_test},
                                                  {"1.2.250.1.213.1.4.11", identifier_kind::ins_demo},
                                                  {"1.2.250.1.213.1.4.13", identifier_kind::nir},
                                                  {"1.2.250.1.213.1.4.14", identifier_kind::nir}}};

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string_view type_code(const tree& of, node_id identifier) { return of.text(identifier, "type/coding/0/code"); }

}  // namespace

identifier_kind kind_of(const tree& of, node_id identifier) {
  const std::string_view oid = without_prefix(of.text(identifier, "system"), "urn:oid:");
  const std::string_view type = type_code(of, identifier);
  for (const known_system& known : systems) {
    if (oid != known.oid) continue;
    // FR Core gives the social security number the OID of the INS-NIR; only the type tells them apart.
    return type == "NH" ? identifier_kind::nir : known.kind;
  }
  if (type == "NH") return identifier_kind::nir;
  if (type == "PI" || type == "MR") return identifier_kind::ipp;
  if (type == "VN" || type == "AN") return identifier_kind::stay;
  return identifier_kind::other;
}

bool is_ins(identifier_kind kind) {
  return kind == identifier_kind::ins_nir || kind == identifier_kind::ins_nia || kind == identifier_kind::ins_test ||
         kind == identifier_kind::ins_demo;
}

named_ins ins_of_condition(std::string_view url) {
  const std::size_t query = url.find("identifier=");
  if (query == std::string_view::npos || url.find('?') == std::string_view::npos) return {};
  const std::string_view token = url.substr(query + 11, url.substr(query + 11).find('&'));
  const std::size_t bar = std::min(token.find('|'), token.find("%7C"));
  if (bar == std::string_view::npos) return {};
  const std::string_view system = token.substr(0, bar);
  const std::string_view value = token.substr(bar + (token[bar] == '|' ? 1U : 3U));
  for (const known_system& known : systems) {
    if (is_ins(known.kind) && without_prefix(without_prefix(system, "urn:oid:"), "urn%3Aoid%3A") == known.oid)
      return {system, value, known.kind};
  }
  return {};
}

facts::identity_status status_of(const tree& of, node_id patient) {
  using facts::identity_status;
  std::string_view code, system;
  of.each(of.child(patient, "extension"), [&](node_id extension) {
    if (!of.text(extension, "url").ends_with("/fr-core-identity-reliability")) return;
    of.each(of.child(extension, "extension"), [&](node_id part) {
      if (of.text(part, "url") != "identityStatus" && of.text(part, "url") != "identityReliability") return;
      const std::string_view found = of.text(part, "valueCoding/code");
      if (found.empty()) return;
      code = found;
      system = of.text(part, "valueCoding/system");
    });
  });
  if (code == "QUAL") return identity_status::qualified;
  if (code == "RECUP") return identity_status::retrieved;
  if (code == "PROV" || code == "VIDE") return identity_status::provisional;
  if (code != "VALI") return identity_status::unknown;
  const bool newer = system.ends_with("fr-core-cs-identity-status");
  return !newer && !ins_of(of, patient).empty() ? identity_status::qualified : identity_status::validated;
}

std::vector<std::string_view> ins_of(const tree& of, node_id patient) {
  std::vector<std::string_view> found;
  of.each(of.child(patient, "identifier"), [&](node_id identifier) {
    const std::string_view value = of.text(identifier, "value");
    if (!value.empty() && is_ins(kind_of(of, identifier)) && of.text(identifier, "use") != "old")
      found.push_back(value);
  });
  return found;
}

namespace {

bool share_one(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::ranges::any_of(a, [&](std::string_view value) { return std::ranges::find(b, value) != b.end(); });
}

/// One subject as named somewhere: a Patient resource or an identifier alone.
struct subject {
  node_id where;
  std::vector<std::string_view> ins;
};

class subjects {
 public:
  explicit subjects(const bundle_view& of) : bundle_(of), tree_(of.source()) {}

  void add_patient(node_id patient) {
    if (patient != none && tree_.type_of(patient) == "Patient") add({patient, ins_of(tree_, patient)});
  }
  void add_reference(node_id reference) {
    if (reference == none) return;
    add_patient(bundle_.resolve(reference));
    const named_ins named = ins_of_condition(tree_.text(reference, "reference"));
    if (!named.value.empty()) add({reference, {named.value}});
    const node_id identifier = tree_.child(reference, "identifier");
    const std::string_view value = tree_.text(identifier, "value");
    if (!value.empty() && is_ins(kind_of(tree_, identifier))) add({identifier, {value}});
  }
  const std::optional<identity_conflict>& conflict() const { return conflict_; }

 private:
  void add(subject found) {
    if (conflict_ || found.ins.empty()) return;
    if (first_.ins.empty()) {
      first_ = std::move(found);
    } else if (!share_one(first_.ins, found.ins)) {
      conflict_ = {first_.where, found.where};
    }
  }
  const bundle_view& bundle_;
  const tree& tree_;
  subject first_{none, {}};
  std::optional<identity_conflict> conflict_;
};

/// Resources whose subject is the subject of the whole document or event. A result or a device may be about
/// somebody else (mother and child); these may not.
bool speaks_for_the_whole(std::string_view type) {
  return type == "Composition" || type == "DiagnosticReport" || type == "DocumentReference" || type == "Encounter" ||
         type == "List" || type == "DocumentManifest";
}

}  // namespace

std::optional<identity_conflict> find_conflict(const bundle_view& of) {
  const tree& source = of.source();
  // One Patient with two INS-NIR is a contradiction in itself; an INS-NIA that became an INS-NIR is not.
  for (const auto& entry : of.entries()) {
    if (entry.resource == none || source.type_of(entry.resource) != "Patient") continue;
    std::string_view seen;
    identifier_kind seen_kind = identifier_kind::other;
    std::optional<identity_conflict> twice;
    source.each(source.child(entry.resource, "identifier"), [&](node_id identifier) {
      const identifier_kind kind = kind_of(source, identifier);
      const std::string_view value = source.text(identifier, "value");
      if (value.empty() || !is_ins(kind) || source.text(identifier, "use") == "old") return;
      if (kind == seen_kind && value != seen) twice = {entry.resource, identifier};
      seen = value;
      seen_kind = kind;
    });
    if (twice) return twice;
  }
  const std::string_view type = of.type();
  const bool about_one = !of.is_bundle() || type == "document" || type == "message" || type == "transaction";
  if (!about_one) return std::nullopt;
  subjects found(of);
  // A document speaks of its Composition's subject; a transaction without one may hold several people's data,
  // so there only documents (DocumentReference with its list) are held against each other.
  for (const auto& entry : of.entries()) {
    if (entry.resource == none || !speaks_for_the_whole(source.type_of(entry.resource))) continue;
    if (type == "transaction" && source.type_of(entry.resource) == "Encounter") continue;
    found.add_reference(source.child(entry.resource, "subject"));
    found.add_reference(source.find(entry.resource, "context/sourcePatientInfo"));
  }
  return found.conflict();
}

}  // namespace liaison::fhir
