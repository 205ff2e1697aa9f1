// SPDX-License-Identifier: Apache-2.0
#include "people.hpp"

#include "codes.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

using facts::identifier_kind;
using facts::identity_status;

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (c != ' ') out += c;
  }
  return out;
}

/// PID-5: the repetition typed L is the birth name in the French profiles, D the used one (pfi-hl7v2 5.3).
void read_names(const segment& pid, facts::patient& into) {
  const field names = pid[5];
  const separators& by = names.first().by();
  repetition birth, used, first;
  for (const auto piece : names.repetitions()) {
    const repetition name{piece, &by};
    if (trim(piece).empty()) continue;
    const std::string_view type = trim(name.component(7));
    if (first.empty()) first = name;
    if ((type == "L" || type == "M") && birth.empty()) birth = name;
    if ((type == "D" || type == "B" || type == "U") && used.empty()) used = name;
  }
  if (first.empty()) return;
  const repetition& shown = !used.empty() ? used : !birth.empty() ? birth : first;
  into.family = value_of(nth_piece(shown.component(1), by.subcomponent, 1), by);
  if (!birth.empty()) into.birth_family = value_of(nth_piece(birth.component(1), by.subcomponent, 1), by);
  const repetition& legal = birth.empty() ? shown : birth;
  const std::string given = value_of(legal.component(2), by);
  if (!given.empty()) into.given.push_back(given);
  // Component 3 of a birth name is the whole list of given names in one string, the first one included.
  std::string_view rest;
  const std::string further = value_of(legal.component(3), by);
  rest = further;
  if (!given.empty() && rest.starts_with(given) && (rest.size() == given.size() || rest[given.size()] == ' ')) {
    rest.remove_prefix(given.size());
  }
  for (const auto piece : pieces(rest, ' ')) {
    if (!piece.empty() && into.given.size() < 32) into.given.emplace_back(piece);
  }
}

/// PID-11: the birth place comes from the repetition typed BDL only, the home from the others (trap 19).
void read_addresses(const segment& pid, facts::patient& into) {
  const field addresses = pid[11];
  for (const auto piece : addresses.repetitions()) {
    const repetition address = addresses.as_repetition(piece);
    if (trim(address.component(7)) == "BDL") {
      if (into.birth_place_code.empty()) into.birth_place_code = value_of(address.component(9), address.by());
    } else if (into.postal_code.empty()) {
      into.postal_code = value_of(address.component(5), address.by());
    }
  }
}

void check_ins(const facts::identifier& ins, identity_status status, unsigned repetition_number, const segment& pid,
               findings& found) {
  if (nir_key_is_right(ins.value)) return;
  const std::string where = location(pid, {3, 1, 0, repetition_number});
  constexpr std::string_view text = "the matricule INS has not 15 characters with a right key";
  // identity-ins 5.3: many published test identities are not computed; a real one must be.
  if (is_test_ins(ins.kind) || status != identity_status::qualified) {
    found.warning("hl7v2-ins-key", where, text);
  } else {
    found.error("hl7v2-ins-key", where, text);
  }
}

void read_identifiers(const segment& pid, facts::patient& into, findings& found) {
  const field identifiers = pid[3];
  const facts::identifier* ins = nullptr;
  std::size_t ins_at = 0;
  unsigned number = 0, ins_number = 0;
  for (const auto piece : identifiers.repetitions()) {
    ++number;
    if (into.identifiers.size() >= 64) {
      found.warning("hl7v2-too-many-repetitions", location(pid, {3}), "only the first 64 identifiers are read");
      break;
    }
    facts::identifier identifier = patient_identifier(identifiers.as_repetition(piece));
    if (identifier.value.empty()) continue;
    if (is_ins(identifier.kind)) {
      ins = ins_number == 0 ? nullptr : &into.identifiers[ins_at];
      if (ins != nullptr && (ins->value != identifier.value || ins->system != identifier.system)) {
        found.forbid("hl7v2-two-ins", location(pid, {3, 0, 0, number}), "PID-3 holds two different INS");
      }
      ins_at = into.identifiers.size();
      ins_number = number;
    }
    into.identifiers.push_back(std::move(identifier));
  }
  if (ins_number > 0) check_ins(into.identifiers[ins_at], into.identity_status, ins_number, pid, found);
}

struct reliability {
  std::string_view code;
  identity_status status;
};
constexpr reliability reliabilities[] = {
    {"PROV", identity_status::provisional}, {"VIDE", identity_status::provisional},
    {"QUAL", identity_status::qualified},   {"RECUP", identity_status::retrieved},
    {"VALI", identity_status::validated},
};
constexpr std::string_view stopping_flags[] = {"DOUB", "DPOT", "DOUA", "COLP", "COLV", "HOMD", "HOMA",
                                               "USUR", "INVA", "DESA", "CACH", "ANOM", "DOUT", "FICT"};

/// identity-ins 2.2: PID-32 VALI together with an INS means qualified; nothing at all means provisional.
void read_reliability(const segment& pid, facts::patient& into, findings& found) {
  identity_status status = identity_status::provisional;
  const field codes = pid[32];
  for (const auto piece : codes.repetitions()) {
    const std::string_view code = trim(codes.as_repetition(piece).component(1));
    for (const auto& row : reliabilities) {
      if (row.code == code) status = row.status;
    }
    if (std::find(std::begin(stopping_flags), std::end(stopping_flags), code) != std::end(stopping_flags)) {
      found.warning("hl7v2-identity-flag", location(pid, {32}),
                    "the identity is marked as doubtful, duplicate, hidden or invalid");
      into.identity_flags.emplace_back(code);
    }
  }
  bool has_ins = false;
  for (const auto piece : pid[3].repetitions()) {
    has_ins = has_ins || is_ins(patient_identifier(pid[3].as_repetition(piece)).kind);
  }
  if (status == identity_status::validated && has_ins) status = identity_status::qualified;
  if (has_ins && status != identity_status::qualified) {
    found.warning("hl7v2-ins-not-qualified", location(pid, {32}),
                  "there is an INS and the identity is not qualified: it must not leave");
  }
  into.identity_status = status;
}

facts::sex sex_of(std::string_view code) {
  if (code == "M") return facts::sex::male;
  if (code == "F") return facts::sex::female;
  return code.empty() || code == "\"\"" ? facts::sex::unstated : facts::sex::unknown;
}

std::string address_of(const segment& prt) {
  for (const unsigned number : {15U, 16U}) {
    for (const auto piece : prt[number].repetitions()) {
      const repetition telecom = prt[number].as_repetition(piece);
      std::string address = value_of(telecom.component(4), telecom.by());
      if (address.find('@') != std::string::npos) return address;
    }
  }
  return {};
}

}  // namespace

std::string value_of(std::string_view raw, const separators& by) {
  raw = trim(raw);
  if (raw == "\"\"") return {};
  return unescape(raw, by);
}

authority authority_of(const repetition& of, unsigned component) {
  authority out;
  const std::string_view whole = of.component(component);
  const char sub = of.by().subcomponent;
  const std::string_view namespace_id = trim(nth_piece(whole, sub, 1));
  out.universal_id = trim(nth_piece(whole, sub, 2));
  out.system = system_of(out.universal_id, nth_piece(whole, sub, 3));
  if (out.system.empty() && is_oid(namespace_id) && namespace_id.find('.', 2) != std::string_view::npos) {
    out.universal_id = namespace_id;
    out.system = system_of(namespace_id, {});
    out.is_misplaced = true;
  }
  return out;
}

std::string id_of(const repetition& ei) {
  const separators& by = ei.by();
  const std::string entity = value_of(ei.component(1), by);
  const std::string_view root = trim(ei.component(3));
  if (entity.empty()) return {};
  if (is_oid(root)) return std::string(root) + "^" + entity;
  if (is_oid(entity)) return "urn:oid:" + entity;
  const std::string space = value_of(ei.component(2), by);
  return space.empty() ? entity : space + "^" + entity;
}

facts::identifier patient_identifier(const repetition& cx) {
  facts::identifier out;
  const authority by = authority_of(cx, 4);
  out.kind = kind_of_patient_identifier(by.universal_id, cx.component(5));
  out.system = by.system;
  out.value = is_ins(out.kind) ? without_blanks(cx.component(1)) : value_of(cx.component(1), cx.by());
  return out;
}

std::string partial_date(std::string_view stamp) {
  stamp = trim(stamp).substr(0, 8);
  if (stamp.size() >= 8 && stamp.substr(6, 2) == "00") stamp = stamp.substr(0, 6);
  if (stamp.size() >= 6 && stamp.substr(4, 2) == "00") stamp = stamp.substr(0, 4);
  return fhir_from_hl7(stamp).value_or(std::string{});
}

facts::patient read_patient(const segment& pid, findings& found) {
  facts::patient out;
  read_names(pid, out);
  read_addresses(pid, out);
  read_reliability(pid, out, found);
  read_identifiers(pid, out, found);
  out.sex = sex_of(trim(pid[8].component(1)));
  const std::string_view birth = trim(pid[7].component(1));
  out.birth_date = partial_date(birth);
  if (out.birth_date.empty() && !birth.empty() && birth != "\"\"") {
    found.warning("hl7v2-date", location(pid, {7}), "the birth date is no possible date");
  }
  return out;
}

facts::party party_of_person(const repetition& xcn) {
  facts::party out;
  const separators& by = xcn.by();
  // A family name may come with its own parts (FN); a CNN packs everything into sub-components (OBR-32).
  const bool packed = xcn.component(2).empty() && xcn.component(1).find(by.subcomponent) != std::string_view::npos;
  const auto part = [&](unsigned n) {
    return packed ? xcn.subcomponent(1, n) : nth_piece(xcn.component(n), by.subcomponent, 1);
  };
  const std::string family = value_of(part(2), by), given = value_of(part(3), by);
  out.name = given.empty() ? family : family.empty() ? given : given + " " + family;
  const std::string id = value_of(part(1), by);
  if (!id.empty()) {
    const authority assigned = packed ? authority{} : authority_of(xcn, 9);
    auto kind = identifier_kind::other;
    if (!packed && trim(xcn.component(13)) == "INS") kind = kind_of_patient_identifier(assigned.universal_id, "INS");
    out.identifiers.push_back({assigned.system, id, kind});
  }
  return out;
}

facts::party party_of_organization(const repetition& xon) {
  facts::party out;
  const separators& by = xon.by();
  out.organization = value_of(xon.component(1), by);
  std::string id = value_of(xon.component(10), by);
  if (id.empty()) id = value_of(xon.component(3), by);
  if (!id.empty()) out.identifiers.push_back({authority_of(xon, 6).system, id, identifier_kind::other});
  return out;
}

facts::party party_of_application(const field& application, const field& facility) {
  facts::party out;
  const separators& by = application.first().by();
  out.name = value_of(application.component(1), by);
  out.organization = value_of(facility.component(1), by);
  for (const field& from : {application, facility}) {
    const std::string oid = system_of(from.component(2), from.component(3));
    if (!oid.empty()) out.identifiers.push_back({"urn:ietf:rfc:3986", oid, identifier_kind::other});
  }
  return out;
}

participant read_participant(const segment& prt) {
  participant out;
  const std::string_view code = trim(prt[4].component(1));
  out.role = code == "SB"                      ? participation::send_by
             : code == "RCT"                   ? participation::result_copies_to
             : code == "REPLY" || code == "RT" ? participation::reply_to
                                               : participation::other;
  const repetition person = prt[5].first(), organization = prt[8].first(), device = prt[10].first();
  out.party = party_of_person(person);
  out.is_patient = trim(person.component(13)) == "INS";
  if (!organization.empty()) {
    facts::party also = party_of_organization(organization);
    out.party.organization = std::move(also.organization);
    for (auto& identifier : also.identifiers) out.party.identifiers.push_back(std::move(identifier));
  }
  if (!device.empty()) {
    const std::string id = value_of(device.component(1), device.by());
    if (!id.empty()) out.party.identifiers.push_back({system_of(device.component(3), device.component(4)), id, {}});
    if (out.party.name.empty()) out.party.name = value_of(device.component(2), device.by());
  }
  out.party.address = address_of(prt);
  return out;
}

}  // namespace liaison::hl7v2
