// SPDX-License-Identifier: Apache-2.0
// What the message around a document adds to the document's own pivot: recipients, sender, stay, masks, the
// qualified identity. What both say is carried to where the document says it; where they differ, the document
// stands and the envelope's value is reported.
#include "codes.hpp"
#include "decode.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

constexpr std::string_view says_otherwise = "the document says otherwise, and the document stands";
constexpr std::string_view no_place = "said of the message that carried the document, which has no place for it";

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

/// The document's pivot as it was handed in: entries keep their indices in the writer.
class spoken {
 public:
  spoken(decoding& d, const pivot_reader& document) : d_(d), document_(document) {
    for (std::size_t i = 0; i < document.entry_count(); ++i) {
      const std::string type = pivot_reader::text(&document.resource(i), "resourceType");
      first_.emplace(type, i);
    }
  }

  const json_value* resource(const std::string& type) const {
    const auto found = first_.find(type);
    return found == first_.end() ? nullptr : &document_.resource(found->second);
  }
  resource_ref writable(const std::string& type) const {
    const auto found = first_.find(type);
    return found == first_.end() ? resource_ref{} : d_.pivot.at(found->second);
  }

  /// Carries `value` to the first of `paths` of the resource that says the same; drops it when none does.
  bool settle(const std::string& type, std::initializer_list<std::string> paths, const sourced& value,
              std::string_view raw) const {
    if (value.empty()) return false;
    const json_value* in = resource(type);
    const resource_ref to = writable(type);
    bool said_something = false;
    for (const std::string& path : paths) {
      const std::string said = pivot_reader::text(in, path);
      said_something = said_something || !said.empty();
      if (!said.empty() && folded(said) == folded(value.text)) {
        to.carry(path, value);
        return true;
      }
    }
    d_.values.drop(raw, said_something ? says_otherwise : no_place);
    return false;
  }

  decoding& of() const { return d_; }

 private:
  decoding& d_;
  const pivot_reader& document_;
  std::map<std::string, std::size_t> first_;
};

std::string name_path(const json_value* patient, std::string_view use) {
  const json_value* names = pivot_reader::find(patient, "name");
  if (names == nullptr || !names->IsArray()) return "name/0";
  for (rapidjson::SizeType i = 0; i < names->Size(); ++i) {
    if (pivot_reader::text(&(*names)[i], "use") == use) return "name/" + std::to_string(i);
  }
  return "name/0";
}

void settle_names(const spoken& document, const segment& pid) {
  decoding& d = document.of();
  const json_value* patient = document.resource("Patient");
  const field names = pid[5];
  for (const auto piece : names.repetitions()) {
    const repetition xpn = names.as_repetition(piece);
    const bool is_used = trim(xpn.component(7)) == "D";
    const std::string at = name_path(patient, is_used ? "usual" : "official");
    bool same = document.settle("Patient", {at + "/family"}, d.values.get(xpn.component(1)), xpn.component(1));
    same = document.settle("Patient", {at + "/given/0"}, d.values.get(xpn.component(2)), xpn.component(2)) && same;
    const sourced all_given = d.values.get(xpn.component(3));
    if (d.is_french && same && !is_used && pivot_reader::find(patient, at + "/extension") == nullptr &&
        !all_given.empty()) {
      // A trait of the INS that the header left out.
      const spot list = spot{d.patient, at} / "extension/0";
      (list / "url").set(extension_birth_list_given);
      (list / "valueString").set(all_given);
    } else {
      document.settle("Patient", {at + "/extension/0/valueString", at + "/given/1", at + "/given/0"}, all_given,
                      xpn.component(3));
    }
    if (same) document.writable("Patient").carry(at + "/use", d.values.get(xpn.component(7)));
  }
}

/// Path of the birth place or home address that the document gives.
std::string extension_path(const json_value* patient, std::string_view url) {
  const json_value* extensions = pivot_reader::find(patient, "extension");
  if (extensions == nullptr || !extensions->IsArray()) return {};
  for (rapidjson::SizeType i = 0; i < extensions->Size(); ++i) {
    if (pivot_reader::text(&(*extensions)[i], "url") == url) return "extension/" + std::to_string(i);
  }
  return {};
}

void settle_addresses(const spoken& document, const segment& pid) {
  decoding& d = document.of();
  const json_value* patient = document.resource("Patient");
  const std::string birth = extension_path(patient, extension_birth_place);
  const bool has_home = pivot_reader::find(patient, "address") != nullptr;
  const field addresses = pid[11];
  for (const auto piece : addresses.repetitions()) {
    const repetition xad = addresses.as_repetition(piece);
    if (!has_home && trim(xad.component(7)) != "BDL") {
      write_address(d, xad, spot{d.patient, "address"}.next());
      continue;
    }
    if (trim(xad.component(7)) == "BDL") {
      if (birth.empty()) {
        write_birth_place(d, xad);
        continue;
      }
      if (document.settle("Patient", {birth + "/valueAddress" + "/extension/0/valueCoding/code"},
                          d.values.get(xad.component(9)), xad.component(9))) {
        document.writable("Patient").carry(birth, d.values.get(xad.component(7)));
      }
      continue;
    }
    for (const auto& [n, name] :
         {std::pair{3U, "city"}, std::pair{5U, "postalCode"}, std::pair{6U, "country"}, std::pair{9U, "district"}}) {
      document.settle("Patient", {std::string("address/0/") + name}, d.values.get(xad.component(n)), xad.component(n));
    }
    document.settle("Patient", {"address/0/line/0", "address/0/line/1", "address/0/text"},
                    d.values.get(xad.component(1)), xad.component(1));
  }
}

/// Identifiers that the document has too are carried there; others are added, an INS when it is qualified only.
void settle_identifiers(const spoken& document, const segment& pid) {
  decoding& d = document.of();
  const json_value* patient = document.resource("Patient");
  const json_value* known = pivot_reader::find(patient, "identifier");
  const field identifiers = pid[3];
  const facts::patient& facts = d.read.facts.patients.front();
  for (const auto piece : identifiers.repetitions()) {
    const repetition cx = identifiers.as_repetition(piece);
    const facts::identifier what = patient_identifier(cx);
    if (what.value.empty()) continue;
    bool found = false;
    bool has_other_ins = false;
    for (rapidjson::SizeType i = 0; known != nullptr && known->IsArray() && i < known->Size(); ++i) {
      const std::string system = pivot_reader::text(&(*known)[i], "system"),
                        value = pivot_reader::text(&(*known)[i], "value");
      const bool same_system = what.system.empty() || system.empty() || what.system == system;
      if (value == what.value && same_system) {
        d.values.carry_all(piece, d.patient.pointer("identifier/" + std::to_string(i)));
        found = true;
        break;
      }
      has_other_ins = has_other_ins || (is_ins(what.kind) && system.starts_with("urn:oid:1.2.250.1.213.1.4."));
    }
    if (found) continue;
    if (has_other_ins) {
      d.values.drop_all(piece, says_otherwise);
      continue;
    }
    const bool is_fit = !is_ins(what.kind) || (facts.identity_status == facts::identity_status::qualified &&
                                               (nir_key_is_right(what.value) || is_test_ins(what.kind)));
    if (!is_fit) {
      d.values.drop_all(piece, "an INS is written only with a qualified identity and a right key");
      continue;
    }
    write_identifier(d, cx, spot{d.patient, "identifier"}.next());
  }
}

/// PID-32 qualifies what a CDA header cannot state; the document's own guess is replaced.
void settle_reliability(const spoken& document, const segment& pid) {
  decoding& d = document.of();
  if (trim(pid[32].component(1)).empty()) return;
  const json_value* patient = document.resource("Patient");
  const std::string at = extension_path(patient, extension_identity_reliability);
  if (at.empty()) {
    write_reliability(d, pid);
    return;
  }
  const spot status = spot{d.patient, at} / "extension/0";
  (status / "url").set("identityStatus");
  (status / "valueCoding/system").set(system_identity_reliability);
  (status / "valueCoding/code").set(d.values.get(pid[32].component(1)));
}

void settle_patient(const spoken& document, const segment& pid) {
  decoding& d = document.of();
  d.patient = document.writable("Patient");
  if (!d.patient) return;
  settle_identifiers(document, pid);
  settle_reliability(document, pid);
  settle_names(document, pid);
  const std::string_view birth = pid[7].component(1), sex = pid[8].component(1);
  document.settle("Patient", {"birthDate"}, d.values.as(birth, partial_date(birth)), birth);
  const std::string_view code = trim(sex);
  if (!code.empty()) {
    document.settle("Patient", {"gender"},
                    d.values.as(sex, code == "M"   ? "male"
                                     : code == "F" ? "female"
                                                   : "unknown"),
                    sex);
  }
  settle_addresses(document, pid);
}

void settle_type(const spoken& document, const repetition& cwe) {
  decoding& d = document.of();
  if (cwe.empty()) return;
  const bool same = document.settle("Composition", {"type/coding/0/code", "type/coding/1/code"},
                                    d.values.get(cwe.component(1)), cwe.component(1));
  if (same) document.writable("Composition").carry("type/coding/0/system", d.values.get(cwe.component(3)));
  document.settle("Composition", {"type/coding/0/display", "type/text", "title"}, d.values.get(cwe.component(2)),
                  cwe.component(2));
}

std::string uri_of(const repetition& ei) {
  const std::string entity = value_of(ei.component(1), ei.by());
  const std::string_view root = trim(ei.component(3));
  return is_oid(root) ? entity : is_oid(entity) ? "urn:oid:" + entity : entity;
}

void settle_numbers(const spoken& document, const segment& txa) {
  decoding& d = document.of();
  if (!txa) return;
  settle_type(document, txa[2].first());
  const auto settle_id = [&](const field& number, const resource_ref& in, const std::string& path,
                             const std::string& said) {
    const sourced id = d.values.get(number.component(1));
    if (id.empty()) return;
    if (said == uri_of(number.first())) {
      in.carry(path, id);
      in.carry(path, d.values.get(number.component(3)));
    } else {
      d.values.drop_all(number.text(), said.empty() ? no_place : says_otherwise);
    }
    d.values.drop(number.component(2), "a name behind a document number is ignored");
  };
  const json_value* composition = document.resource("Composition");
  settle_id(txa[12], d.pivot.bundle(), "identifier/value", d.bundle_identifier);
  settle_id(txa[13], document.writable("Composition"), "relatesTo/0/targetIdentifier/value",
            pivot_reader::text(composition, "relatesTo/0/targetIdentifier/value"));
}

/// ORC-1 and OBX-11 order what becomes of the document: they decide its status where the CDA cannot know.
void settle_status(const spoken& document, const segment& obx) {
  decoding& d = document.of();
  const resource_ref composition = document.writable("Composition");
  const std::string_view raw = obx[11].component(1), code = trim(raw);
  const std::string said = pivot_reader::text(document.resource("Composition"), "status");
  const std::string meant = code == "D" ? "entered-in-error" : code == "C" ? "amended" : said;
  if (composition && !meant.empty() && meant != said) composition.set("status", meant);
  composition.carry("status", d.values.get(raw));
  if (const segment orc = d.of.find("ORC")) composition.carry("status", d.values.get(orc[1].component(1)));
}

void settle_encounter(const spoken& document) {
  decoding& d = document.of();
  d.encounter = document.writable("Encounter");
  const segment pv1 = d.of.find("PV1"), pid = d.of.find("PID");
  if (!pv1) return;
  if (!d.encounter) {
    write_encounter(d);
    if (d.composition) d.composition.set_reference("encounter", d.encounter);
    return;
  }
  d.owners[pv1.position()] = d.encounter;
  const json_value* known = pivot_reader::find(document.resource("Encounter"), "identifier");
  for (const field& number : {pv1[19], pid[18]}) {
    const std::string value = value_of(number.component(1), d.of.by());
    if (value.empty()) continue;
    bool found = false;
    for (rapidjson::SizeType i = 0; known != nullptr && known->IsArray() && i < known->Size() && !found; ++i) {
      found = pivot_reader::text(&(*known)[i], "value") == value;
      if (found) d.values.carry_all(number.text(), d.encounter.pointer("identifier/" + std::to_string(i)));
    }
    if (!found) write_identifier(d, number.first(), spot{d.encounter, "identifier"}.next());
  }
  const std::string_view code = trim(pv1[2].component(1));
  const std::string act = code == "E" ? "EMER" : code == "I" ? "IMP" : code == "O" ? "AMB" : std::string(code);
  if (pivot_reader::find(document.resource("Encounter"), "location") == nullptr) write_stay_place(d, pv1);
  document.settle("Encounter", {"class/code"}, d.values.as(pv1[2].component(1), act), pv1[2].component(1));
}

}  // namespace

void write_masks(decoding& d) {
  if (!d.composition) return;
  static constexpr std::pair<flag, std::string_view> masks[] = {
      {flag::masque_ps, "MASQUE_PS"},
      {flag::invisible_patient, "INVISIBLE_PATIENT"},
      {flag::invisible_rep_legaux, "INVISIBLE_REPRESENTANTS_LEGAUX"}};
  for (const auto& [which, code] : masks) {
    const segment& obx = d.read.flags.where[static_cast<std::size_t>(which)];
    if (!obx) continue;
    if (!d.read.flags.is_set(which)) {
      // A mask that is not set is a label that is not there.
      d.values.envelope_all(obx.text());
      continue;
    }
    const spot to = spot{d.composition, "meta/security"}.next();
    (to / "system").set("urn:oid:" + std::string(oid_confidentiality));
    (to / "code").set(code);
    (to / "display").set(d.values.get(obx[3].component(2)));
    d.values.carry_all(obx[3].text(), (to / "code").pointer());
    d.values.carry_all(obx[5].text(), (to / "code").pointer());
    d.values.envelope_all(obx[11].text());
  }
  // A receiver of the document on its return path is told too that only its visibility has changed.
  const segment& modified = d.read.flags.where[static_cast<std::size_t>(flag::modif_conf_code)];
  if (modified && d.read.flags.is_set(flag::modif_conf_code))
    write_source_field(d.composition, std::string(name_of(flag::modif_conf_code)),
                       d.values.get(modified[5].component(1)));
}

void write_recipients(decoding& d) {
  const auto add = [&](const resource_ref& who, std::string_view role, const sourced& role_code) {
    if (!who || !d.composition) return;
    const spot extension = spot{d.composition, "extension"}.next();
    const bool is_sender = role == "sender";
    (extension / "url").set(std::string(extension_base) + (is_sender ? "sender" : "recipient"));
    extension.ref.set_reference((extension / "valueReference").path, who);
    if (is_sender) {
      extension.carry(role_code);
      return;
    }
    const spot nested = extension / "valueReference/extension/0";
    (nested / "url").set(std::string(extension_base) + "recipient-role");
    sourced code = role_code;
    code.text = role;
    (nested / "valueCode").set(code);
  };
  for (segment prt = d.of.find("PRT"); prt; prt = d.of.find("PRT", prt.position() + 1)) {
    const std::string_view code = trim(prt[4].component(1));
    const char* role = code == "SB"                      ? "sender"
                       : code == "REPLY" || code == "RT" ? "reply"
                       : code == "RCT"                   ? "primary"
                                                         : nullptr;
    const sourced role_code = d.values.get(prt[4].component(1));
    if (role != nullptr) add(write_participant(d, prt), role, role_code);
    d.values.envelope_all(prt[2].text());
    d.values.envelope_all(prt[4].text());
  }
  if (d.of.find("PRT")) return;
  const segment obr = d.of.find("OBR"), orc = d.of.find("ORC");
  const auto add_people = [&](const field& people, const char* role) {
    for (const auto piece : people.repetitions()) add(write_person(d, people.as_repetition(piece)), role, {});
  };
  if (obr && !obr[16].empty()) {
    add_people(obr[16], "primary");
  } else if (orc) {
    add_people(orc[12], "primary");
  }
  if (obr) add_people(obr[28], "copy");
}

void write_envelope(decoding& d, std::string_view embedded_pivot, const segment& document_obx) {
  const pivot_reader reader(embedded_pivot, nullptr);
  const spoken document(d, reader);
  d.bundle_identifier = pivot_reader::text(&reader.bundle(), "identifier/value");
  d.composition = document.writable("Composition");
  if (const segment pid = d.of.find("PID")) settle_patient(document, pid);
  settle_encounter(document);
  if (const segment obr = d.of.find("OBR")) settle_type(document, obr[4].first());
  settle_type(document, document_obx[3].first());
  settle_numbers(document, d.of.find("TXA"));
  settle_status(document, document_obx);
  write_recipients(d);
  write_masks(d);
  // Which message brought the document stays with it: whoever asks the sender needs its number.
  const segment msh = d.of.at(0);
  for (const unsigned number : {3U, 4U, 7U, 10U}) {
    write_source_field(d.composition, location(msh, {number}), d.values.get(msh[number].component(1)));
  }
  // The document inside became the whole Bundle; its own leaves are accounted for by its own translator.
  d.values.carry_all(document_obx[5].text(), "/entry");
}

}  // namespace liaison::hl7v2
