// SPDX-License-Identifier: Apache-2.0
// People and organisations of the metadata as resources.
#include "decode.hpp"

#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

/// One resource for everything that is named by the same text.
resource_ref once(decoding& d, const char* type, const std::string& text, bool& is_new) {
  resource_ref& known = d.parties[std::string(type) + '\n' + text];
  is_new = !known;
  if (is_new) known = d.pivot.add(type);
  return known;
}

void write_identifier(const sourced& whole, const identifier& id, const spot& to) {
  if (id.empty()) return;
  const bool is_national = id.oid == oid_ps_idnat || id.oid == oid_struct_idnat;
  if (is_national) {
    (to / "type/coding/0/system").set(terms::system_identifier_type_fr);
    (to / "type/coding/0/code").set(id.oid == oid_ps_idnat ? "IDNPS" : "IDNST");
  } else if (!id.type.empty()) {
    (to / "type/text").set(id.type);
  }
  if (!id.oid.empty()) (to / "system").set("urn:oid:" + id.oid);
  (to / "value").set(part_of(whole, id.value));
}

}  // namespace

resource_ref write_person(decoding& d, const sourced& xcn) {
  const person who = person_of_xcn(xcn.text);
  if (who.empty()) return {};
  bool is_new = false;
  const resource_ref to = once(d, who.is_device ? "Device" : "Practitioner", xcn.text, is_new);
  d.carry(xcn, to.pointer());
  if (!is_new) return to;
  write_identifier(xcn, who.id, {to, "identifier/0"});
  if (who.is_device) {
    if (who.family.empty()) return to;
    to.set("deviceName/0/name", part_of(xcn, who.family));
    to.set("deviceName/0/type", "user-friendly-name");
    return to;
  }
  to.set("name/0/family", part_of(xcn, who.family));
  if (!who.given.empty()) to.set("name/0/given/0", part_of(xcn, who.given));
  if (!who.prefix.empty()) to.set("name/0/prefix/0", part_of(xcn, who.prefix));
  if (!who.suffix.empty()) to.set("name/0/suffix/0", part_of(xcn, who.suffix));
  return to;
}

resource_ref write_organization(decoding& d, const sourced& xon) {
  const organization what = organization_of_xon(xon.text);
  if (what.empty()) return {};
  bool is_new = false;
  const resource_ref to = once(d, "Organization", xon.text, is_new);
  d.carry(xon, to.pointer());
  if (!is_new) return to;
  write_identifier(xon, what.id, {to, "identifier/0"});
  to.set("name", part_of(xon, what.name));
  return to;
}

resource_ref write_author(decoding& d, const author& from) {
  const resource_ref who = from.persons.empty() ? resource_ref{} : write_person(d, from.persons.front());
  const resource_ref where =
      from.institutions.empty() ? resource_ref{} : write_organization(d, from.institutions.front());
  const bool says_more = !from.specialties.empty() || !from.roles.empty() || !from.telecoms.empty();
  if (who && who.pointer().empty()) return {};
  const bool is_device = !from.persons.empty() && person_of_xcn(from.persons.front().text).is_device;
  if (!who || is_device || (!where && !says_more)) return who ? who : where;
  const resource_ref role = d.pivot.add("PractitionerRole");
  role.set_reference("practitioner", who);
  role.set_reference("organization", where);
  for (std::size_t i = 0; i < from.specialties.size(); ++i) {
    const field_view value(from.specialties[i].text);
    const spot to = spot{role, "code"} / i;
    if (!value.component(3).empty()) (to / "coding/0/system").set(system_of_oid(value.component(3)));
    (to / "coding/0/code").set(part_of(from.specialties[i], value.component(1)));
    (to / "coding/0/display").set(part_of(from.specialties[i], value.component(2)));
  }
  for (const sourced& each : from.roles) (spot{role, "code"}.next() / "text").set(each);
  for (const sourced& each : from.telecoms) {
    const field_view value(each.text);
    const std::string mail = value.component(4);
    if (mail.empty()) continue;
    const spot to = spot{role, "telecom"}.next();
    (to / "system").set("email");
    (to / "value").set(part_of(each, mail));
  }
  return role;
}

resource_ref write_recipient(decoding& d, const sourced& text) {
  const recipient to = recipient_of(text.text);
  const field_view parts(text.text, '|');
  const resource_ref where = write_organization(d, part_of(text, std::string(parts.raw(1))));
  const resource_ref who = write_person(d, part_of(text, std::string(parts.raw(2))));
  resource_ref whole = who ? who : where;
  if (who && where) {
    whole = d.pivot.add("PractitionerRole");
    whole.set_reference("practitioner", who);
    whole.set_reference("organization", where);
  } else if (!whole && !to.mail.empty()) {
    whole = d.pivot.add("Organization");
    whole.set("name", part_of(text, to.mail));
  }
  if (whole && !to.mail.empty() && !whole.has("telecom")) {
    whole.set("telecom/0/system", "email");
    whole.set("telecom/0/value", part_of(text, to.mail));
  }
  return whole;
}

void write_code(const coded& value, const spot& to) {
  if (value.empty()) return;
  if (!value.system.empty()) (to / "system").set(part_of(value.system, system_of_oid(value.system.text)));
  (to / "code").set(value.code);
  (to / "display").set(value.display);
}

void write_patient_identifier(decoding& d, const sourced& cx, const resource_ref& patient) {
  const identifier id = identifier_of_cx(cx.text);
  if (id.empty() || !patient) return;
  const auto kind = identifier_kind_of(id.oid);
  if (is_ins(kind) && !d.is_qualified) {
    // It stays with the patient as what it is: a value of the source.
    terms::add_source_field({patient, ""}, "xdm.patientId", cx);
    return;
  }
  const spot to = spot{patient, "identifier"}.next();
  if (is_ins(kind)) (to / "use").set("official");
  (to / "type/coding/0/system").set(is_ins(kind) ? terms::system_identifier_type_fr : terms::system_identifier_type);
  (to / "type/coding/0/code")
      .set(kind == facts::identifier_kind::ins_nia ? "INS-NIA"
           : is_ins(kind)                          ? "INS-NIR"
                                                   : "PI");
  if (!id.oid.empty()) (to / "system").set("urn:oid:" + id.oid);
  (to / "value").set(part_of(cx, id.value));
}

}  // namespace liaison::xdm
