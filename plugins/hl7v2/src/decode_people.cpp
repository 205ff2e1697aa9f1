// SPDX-License-Identifier: Apache-2.0
// Persons, organisations and participations → Practitioner, PractitionerRole, Organization, Device.
#include "codes.hpp"
#include "decode.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

/// The resource for what the source says, made at its first mention.
resource_ref once(decoding& d, std::string_view resource_type, std::string_view content) {
  std::string key(resource_type);
  key.append("/").append(content);
  const auto found = d.parties.find(key);
  if (found != d.parties.end()) return found->second;
  const resource_ref made = d.pivot.add(resource_type);
  d.parties.emplace(std::move(key), made);
  return made;
}

/// A professional's number: RPPS has eleven digits, the national number of the register a leading 8 more (trap 14).
void write_professional_number(decoding& d, const repetition& xcn, const spot& to) {
  const sourced id = d.values.get(xcn.component(1));
  if (id.empty()) return;
  const authority by = authority_of(xcn, 9);
  const std::string_view raw_type = xcn.component(13);
  if (by.universal_id == oid_health_professional) {
    const bool is_rpps = id.text.size() == 11;
    const std::string_view whole = xcn.component(9);
    const char sub = xcn.by().subcomponent;
    const std::string_view raw_oid = by.is_misplaced ? nth_piece(whole, sub, 1) : nth_piece(whole, sub, 2);
    const std::string code = is_rpps ? "RPPS" : "IDNPS";
    (to / "type/coding/0/system").set(system_identifier_type_fr);
    (to / "type/coding/0/code").set(trim(raw_type).empty() ? sourced(code) : d.values.as(raw_type, code));
    (to / "system").set(d.values.as(raw_oid, is_rpps ? "https://rpps.esante.gouv.fr" : by.system));
    (to / "system").carry(d.values.get(nth_piece(whole, sub, 3)));
    if (!by.is_misplaced) (to / "assigner/display").set(d.values.get(nth_piece(whole, sub, 1)));
    (to / "value").set(id);
    return;
  }
  const std::string_view whole = xcn.component(9);
  const char sub = xcn.by().subcomponent;
  (to / "value").set(id);
  if (!by.system.empty()) {
    (to / "system").set(d.values.as(by.is_misplaced ? nth_piece(whole, sub, 1) : nth_piece(whole, sub, 2), by.system));
    (to / "system").carry(d.values.get(nth_piece(whole, sub, 3)));
  }
  if (!by.is_misplaced) (to / "assigner/display").set(d.values.get(nth_piece(whole, sub, 1)));
  (to / "type/text").set(d.values.get(raw_type));
}

void write_person_name(const sourced& family, const sourced& given, const spot& to) {
  (to / "family").set(family);
  (to / "given/0").set(given);
}

bool has_person(const repetition& xcn) {
  for (const unsigned n : {1U, 2U, 3U}) {
    if (!trim(xcn.component(n)).empty()) return true;
  }
  return false;
}

}  // namespace

resource_ref write_person(decoding& d, const repetition& xcn) {
  if (!has_person(xcn)) return {};
  const resource_ref to = once(d, "Practitioner", xcn.text());
  if (!trim(xcn.component(1)).empty()) write_professional_number(d, xcn, {to, "identifier/0"});
  const auto part = [&](unsigned n) { return d.values.get(xcn.component(n)); };
  const spot name{to, "name/0"};
  write_person_name(part(2), part(3), name);
  if (!part(4).empty()) (name / "given" / (part(3).empty() ? 0U : 1U)).set(part(4));
  std::size_t suffixes = 0;
  for (const unsigned n : {5U, 7U}) {
    if (!part(n).empty()) (name / "suffix" / suffixes++).set(part(n));
  }
  (name / "prefix/0").set(part(6));
  const std::string_view type = trim(xcn.component(10));
  if (to.has("name/0") && (type == "L" || type == "D")) {
    (name / "use").set(d.values.as(xcn.component(10), type == "L" ? "official" : "usual"));
  }
  return to;
}

resource_ref write_packed_person(decoding& d, const repetition& cnn) {
  const char sub = cnn.by().subcomponent;
  const std::string_view packed = cnn.component(1);
  if (packed.find(sub) == std::string_view::npos) return write_person(d, cnn);
  const auto part = [&](unsigned n) { return d.values.get(nth_piece(packed, sub, n)); };
  if (part(1).empty() && part(2).empty() && part(3).empty()) return {};
  const resource_ref to = once(d, "Practitioner", packed);
  (spot{to, "identifier/0/value"}).set(part(1));
  write_person_name(part(2), part(3), {to, "name/0"});
  (spot{to, "name/0/prefix/0"}).set(part(6));
  (spot{to, "name/0/suffix/0"}).set(part(7));
  return to;
}

resource_ref write_organization(decoding& d, const repetition& xon) {
  const sourced name = d.values.get(xon.component(1));
  const std::string_view raw_id = trim(xon.component(10)).empty() ? xon.component(3) : xon.component(10);
  const sourced id = d.values.get(raw_id);
  if (name.empty() && id.empty()) return {};
  const resource_ref to = once(d, "Organization", xon.text());
  to.set("name", name);
  if (id.empty()) return to;
  const spot identifier{to, "identifier/0"};
  const authority by = authority_of(xon, 6);
  const std::string_view whole = xon.component(6), raw_type = xon.component(7);
  const char sub = xon.by().subcomponent;
  const std::string_view type = trim(raw_type);
  const std::string_view raw_oid = by.is_misplaced ? nth_piece(whole, sub, 1) : nth_piece(whole, sub, 2);
  if (by.universal_id == oid_health_organization) {
    // A FINESS number has nine characters; with its leading 1 it is the national structure number (trap 17).
    const bool is_finess = id.text.size() == 9 && type.starts_with("FINE");
    (identifier / "system").set(d.values.as(raw_oid, is_finess ? "https://finess.esante.gouv.fr" : by.system));
    const std::string code = is_finess                                  ? std::string(type)
                             : type.starts_with("FINE") || type.empty() ? "IDNST"
                                                                        : std::string(type);
    (identifier / "type/coding/0/system").set(system_identifier_type_fr);
    (identifier / "type/coding/0/code").set(type.empty() ? sourced(code) : d.values.as(raw_type, code));
  } else {
    if (!by.system.empty()) (identifier / "system").set(d.values.as(raw_oid, by.system));
    (identifier / "type/text").set(d.values.get(raw_type));
  }
  if (!by.system.empty()) (identifier / "system").carry(d.values.get(nth_piece(whole, sub, 3)));
  if (!by.is_misplaced) (identifier / "assigner/display").set(d.values.get(nth_piece(whole, sub, 1)));
  (identifier / "value").set(id);
  return to;
}

resource_ref write_participant(decoding& d, const segment& prt) {
  const repetition person = prt[5].first(), device = prt[10].first();
  const bool is_patient = trim(person.component(13)) == "INS";
  const resource_ref organization = write_organization(d, prt[8].first());
  resource_ref who;
  if (is_patient) {
    // The patient as a recipient is the Patient of the document; the number is said there.
    who = d.patient;
    if (d.values.has_ledger())
      d.values.drop_all(prt[5].text(), "the recipient is the patient of the document, who is named there");
  } else {
    who = write_person(d, person);
  }
  if (!who && !device.empty()) {
    who = once(d, "Device", device.text());
    write_entity_identifier(d, device, {who, "identifier/0"});
  }
  const bool needs_role = who && !is_patient && organization && device.empty();
  const std::string key = "role/" + std::string(person.text()) + "/" + std::string(prt[8].text());
  resource_ref holder = needs_role ? once(d, "PractitionerRole", key) : who ? who : organization;
  if (needs_role) {
    holder.set_reference("practitioner", who);
    holder.set_reference("organization", organization);
  }
  bool has_address = false;
  for (const unsigned n : {15U, 16U}) {
    for (const auto piece : prt[n].repetitions()) {
      const repetition telecom = prt[n].as_repetition(piece);
      if (trim(telecom.component(4)).empty()) continue;
      // Without a person or organisation the mailbox itself is who is meant.
      if (!holder) holder = once(d, "Organization", prt.text());
      const spot to = spot{holder, "telecom"}.next();
      has_address = write_telecom(d, telecom, to) || has_address;
    }
  }
  if (!is_patient && holder && !who && !organization && has_address) {
    holder.set("name", value_of(prt[15].component(4), d.of.by()));
  }
  d.owners[prt.position()] = holder;
  return holder;
}

}  // namespace liaison::hl7v2
