// SPDX-License-Identifier: Apache-2.0
// Reading the pivot for the metadata.
#include "encode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/pivot_terms.hpp>
#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

const json_value* item(const json_value* node, std::string_view path, std::size_t index) {
  const json_value* list = pivot_reader::find(node, path);
  if (list == nullptr || !list->IsArray() || index >= list->Size()) return nullptr;
  return &(*list)[static_cast<rapidjson::SizeType>(index)];
}

const json_value* extension(const json_value* node, std::string_view url, std::size_t nth = 0) {
  for (std::size_t i = 0; const json_value* each = item(node, "extension", i); ++i)
    if (pivot_reader::text(each, "url") == url && nth-- == 0) return each;
  return nullptr;
}

std::string own(std::string_view name) { return std::string(terms::extension_base) + std::string(name); }

std::string type_of(const json_value* resource) { return pivot_reader::text(resource, "resourceType"); }

std::string plain_id(std::string value) {
  for (const std::string_view prefix : {"urn:oid:", "urn:uuid:"})
    if (value.starts_with(prefix)) value.erase(0, prefix.size());
  return is_uuid(value) ? oid_of_uuid(value) : value;
}

/// Identifier of a document: "root" or "root^extension".
std::string document_id_of(const json_value* id) {
  const std::string system = pivot_reader::text(id, "system"), value = pivot_reader::text(id, "value");
  if (value.empty() || system.empty() || system == terms::system_uri) return plain_id(value);
  const std::string root = oid_of_system(system);
  return root.empty() ? value : plain_id(root) + "^" + value;
}

}  // namespace

pivot_source::pivot_source(pivot_reader& pivot) : pivot_(pivot) {
  for (std::size_t i = 0; i < pivot.entry_count(); ++i)
    if (type_of(&pivot.resource(i)) == "Composition") compositions_.push_back(&pivot.resource(i));
  patient_ = compositions_.empty() ? nullptr : pivot.resolve(pivot_reader::find(compositions_.front(), "subject"));
  if (patient_ == nullptr || type_of(patient_) != "Patient") patient_ = pivot.find_first("Patient");
}

const json_value* pivot_source::composition(std::size_t document) const {
  if (compositions_.empty()) return nullptr;
  return document < compositions_.size() ? compositions_[document] : compositions_.front();
}

std::string pivot_source::take(const json_value* node, std::string_view path, std::string_view target) {
  std::string text = pivot_reader::text(node, path);
  if (!text.empty()) pivot_.carry(node, path, target);
  return text;
}

coded pivot_source::take_code(const json_value* node, std::string_view target) {
  const json_value* coding = item(node, "coding", 0);
  const std::string system = oid_of_system(take(coding, "system", target));
  return {sourced(take(coding, "code", target)), sourced(take(coding, "display", target)), sourced(system)};
}

/// VALI of the older code system v2-0445 goes with an INS and means qualified (identity statuses of FR Core 2.1).
bool pivot_source::is_qualified() const {
  const json_value* reliability = extension(patient_, terms::extension_identity_reliability);
  const json_value* status = extension(reliability, "identityStatus");
  const std::string code = pivot_reader::text(status, "valueCoding/code");
  return code == "QUAL" ||
         (code == "VALI" && pivot_reader::text(status, "valueCoding/system").find("0445") != std::string::npos);
}

std::vector<identifier> pivot_source::patient_ids(std::string_view target) {
  std::vector<identifier> found;
  for (std::size_t i = 0; const json_value* id = item(patient_, "identifier", i); ++i) {
    const std::string oid = oid_of_system(pivot_reader::text(id, "system"));
    const auto kind = identifier_kind_of(oid);
    const std::string type = pivot_reader::text(id, "type/coding/0/code");
    if (pivot_reader::text(id, "value").empty() || kind == facts::identifier_kind::nir || type == "NH") continue;
    if (is_ins(kind) && !is_qualified()) continue;
    pivot_.carry(id, "", target);
    found.push_back({pivot_reader::text(id, "value"), oid, is_ins(kind) ? "NH" : "PI"});
  }
  return found;
}

std::vector<sourced> pivot_source::patient_info(std::string_view target) {
  std::vector<sourced> lines;
  const auto line = [&](const char* field, const std::string& value) {
    if (!value.empty()) lines.emplace_back(std::string(field) + "|" + value);
  };
  const json_value* birth_name = nullptr;
  for (std::size_t i = 0; const json_value* name = item(patient_, "name", i); ++i)
    if (pivot_reader::text(name, "use") == "official") birth_name = name;
  for (std::size_t i = 0; const json_value* name = item(patient_, "name", i); ++i) {
    const bool is_birth = name == birth_name || birth_name == nullptr;
    const std::string family = take(name, "family", target);
    if (family.empty()) continue;
    std::string all = take(extension(name, terms::extension_birth_list_given), "valueString", target);
    const std::string first = take(name, "given/0", target);
    if (all.empty())
      for (std::size_t g = 0; g < 10; ++g)
        if (const std::string given = pivot_reader::text(name, "given/" + std::to_string(g)); !given.empty())
          all += (all.empty() ? "" : " ") + given;
    line("PID-5",
         escaped(family) + "^" + escaped(first) + "^" + escaped(is_birth ? all : "") + "^^^^" + (is_birth ? "L" : "D"));
  }
  const auto birth = hl7_from_fhir(take(patient_, "birthDate", target), hl7_zone::drop);
  line("PID-7", birth.value_or(""));
  const std::string gender = take(patient_, "gender", target);
  line("PID-8", gender == "male" ? "M" : gender == "female" ? "F" : gender.empty() ? "" : "U");
  const json_value* place = pivot_reader::find(extension(patient_, terms::extension_birth_place), "valueAddress");
  const json_value* insee = extension(place, terms::extension_insee_code);
  std::string code = take(insee, "valueCoding/code", target);
  if (code.empty()) code = take(place, "district", target);
  line("PID-11", code.empty() ? "" : "^^^^^^BDL^^" + escaped(code));
  return lines;
}

std::vector<coded> pivot_source::masks(const json_value* composition, std::string_view target) {
  std::vector<coded> found;
  for (std::size_t i = 0; const json_value* label = item(composition, "meta/security", i); ++i) {
    const std::string code = pivot_reader::text(label, "code");
    if (code.size() <= 1) continue;
    pivot_.carry(label, "", target);
    found.push_back({sourced(code), sourced(pivot_reader::text(label, "display")),
                     sourced(oid_of_system(pivot_reader::text(label, "system")))});
  }
  return found;
}

identifier pivot_source::identifier_of(const json_value* resource, std::string_view preferred,
                                       std::string_view target) {
  const json_value* chosen = nullptr;
  for (std::size_t i = 0; const json_value* id = item(resource, "identifier", i); ++i) {
    if (pivot_reader::text(id, "value").empty()) continue;
    if (chosen == nullptr || oid_of_system(pivot_reader::text(id, "system")) == preferred) chosen = id;
  }
  if (chosen == nullptr) return {};
  pivot_.carry(chosen, "", target);
  const std::string system = pivot_reader::text(chosen, "system");
  return {plain_id(pivot_reader::text(chosen, "value")), system == terms::system_uri ? "" : oid_of_system(system), ""};
}

person pivot_source::person_of(const json_value* practitioner, std::string_view target) {
  person who;
  if (practitioner == nullptr) return who;
  who.id = identifier_of(practitioner, oid_ps_idnat, target);
  who.is_device = type_of(practitioner) == "Device";
  if (who.is_device) {
    who.family = take(practitioner, "deviceName/0/name", target);
    if (!who.id.empty()) who.id.type = "RI";
    return who;
  }
  // A bare RPPS of eleven digits becomes the national number.
  if (who.id.oid == oid_ps_idnat && who.id.value.size() == 11 && is_digits(who.id.value)) who.id.value.insert(0, "8");
  if (!who.id.empty())
    who.id.type = who.id.oid == oid_ps_idnat && who.id.value.find('/') == std::string::npos ? "IDNPS" : "EI";
  who.family = take(practitioner, "name/0/family", target);
  who.given = take(practitioner, "name/0/given/0", target);
  who.prefix = take(practitioner, "name/0/prefix/0", target);
  if (who.family.empty()) who.family = take(practitioner, "name/0/text", target);
  return who;
}

organization pivot_source::organization_of(const json_value* resource, std::string_view target) {
  organization what;
  if (resource == nullptr || type_of(resource) != "Organization") return what;
  what.id = identifier_of(resource, oid_struct_idnat, target);
  // A bare FINESS of nine characters becomes the national number.
  if (what.id.oid == oid_struct_idnat && what.id.value.size() == 9) what.id.value.insert(0, "1");
  if (!what.id.empty()) what.id.type = what.id.oid == oid_struct_idnat ? "IDNST" : "XX";
  what.name = take(resource, "name", target);
  if (what.name == "—") what.name.clear();
  return what;
}

std::string pivot_source::mail_of(const json_value* resource, std::string_view target) {
  for (std::size_t i = 0; const json_value* telecom = item(resource, "telecom", i); ++i) {
    std::string value = pivot_reader::text(telecom, "value");
    if (pivot_reader::text(telecom, "system") != "email" || value.empty()) continue;
    pivot_.carry(telecom, "", target);
    if (value.starts_with("mailto:")) value.erase(0, 7);
    return value;
  }
  return {};
}

author pivot_source::party(const json_value* resource, std::string_view target) {
  author out;
  if (resource == nullptr) return out;
  const auto add = [](std::vector<sourced>& to, std::string value) {
    if (!value.empty()) to.emplace_back(std::move(value));
  };
  const std::string type = type_of(resource);
  if (type == "PractitionerRole") {
    add(out.persons, xcn_of(person_of(pivot_.resolve(pivot_reader::find(resource, "practitioner")), target)));
    add(out.institutions,
        xon_of(organization_of(pivot_.resolve(pivot_reader::find(resource, "organization")), target)));
    const coded code = take_code(item(resource, "code", 0), target);
    if (!code.empty())
      add(out.specialties,
          escaped(code.code.text) + "^" + escaped(code.display.text) + "^" + escaped(code.system.text));
  } else if (type == "Organization") {
    add(out.institutions, xon_of(organization_of(resource, target)));
  } else if (type == "Practitioner" || type == "Device") {
    add(out.persons, xcn_of(person_of(resource, target)));
  }
  return out;
}

std::vector<sourced> pivot_source::recipients(const json_value* composition, std::string_view target) {
  std::vector<sourced> found;
  const std::string url = own("recipient");
  for (std::size_t i = 0; const json_value* each = extension(composition, url, i); ++i) {
    const json_value* resource = pivot_.resolve(pivot_reader::find(each, "valueReference"));
    if (resource == nullptr) continue;
    recipient to;
    const std::string type = type_of(resource);
    const json_value* who = type == "PractitionerRole" ? pivot_.resolve(pivot_reader::find(resource, "practitioner"))
                            : type == "Practitioner"   ? resource
                                                       : nullptr;
    const json_value* where = type == "PractitionerRole" ? pivot_.resolve(pivot_reader::find(resource, "organization"))
                              : type == "Organization"   ? resource
                                                         : nullptr;
    to.who = person_of(who, target);
    to.where = organization_of(where, target);
    for (const json_value* from : {resource, who, where})
      if (to.mail.empty()) to.mail = mail_of(from, target);
    const std::string text = text_of(to);
    if (text.empty()) continue;
    pivot_.envelope(each, "");
    found.emplace_back(text);
  }
  return found;
}

std::vector<author> pivot_source::sender(const json_value* composition, std::string_view target) {
  const json_value* each = extension(composition, own("sender"));
  author from = party(pivot_.resolve(pivot_reader::find(each, "valueReference")), target);
  if (from.persons.empty() && from.institutions.empty()) return {};
  pivot_.envelope(each, "");
  return {std::move(from)};
}

std::vector<author> pivot_source::authors(const json_value* composition, std::string_view target) {
  std::vector<author> found;
  for (std::size_t i = 0; const json_value* each = item(composition, "author", i); ++i) {
    author from = party(pivot_.resolve(each), target);
    if (!from.persons.empty() || !from.institutions.empty()) found.push_back(std::move(from));
  }
  return found;
}

std::string pivot_source::replaced(const json_value* composition, std::string_view target) {
  for (std::size_t i = 0; const json_value* each = item(composition, "relatesTo", i); ++i) {
    if (pivot_reader::text(each, "code") != "replaces") continue;
    const std::string id = document_id_of(pivot_reader::find(each, "targetIdentifier"));
    if (id.empty()) continue;
    pivot_.carry(each, "", target);
    return id;
  }
  return {};
}

std::string pivot_source::document_id() {
  const json_value* id = pivot_reader::find(&pivot_.bundle(), "identifier");
  return document_id_of(id);
}

std::string pivot_source::encounter_class() const {
  return pivot_reader::text(pivot_.find_first("Encounter"), "class/code");
}

bool pivot_source::is_deleted(const json_value* composition, std::string_view target) {
  const bool deleted = pivot_reader::text(composition, "status") == "entered-in-error";
  if (deleted) pivot_.carry(composition, "status", target);
  return deleted;
}

}  // namespace liaison::xdm
