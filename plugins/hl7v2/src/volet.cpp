// SPDX-License-Identifier: Apache-2.0
#include "volet.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <utility>

namespace liaison::hl7v2 {
namespace {

struct coherence {
  std::string_view order;   // ORC-1
  std::string_view status;  // OBX-11
  std::string_view event;   // MSH-9.2 of an MDM
};
// pfi-hl7v2, section 3.
constexpr coherence coherences[] = {{"NW", "F", "T02"}, {"RO", "C", "T10"}, {"CA", "D", "T04"}};

segment first_document(const message& of) {
  for (std::size_t i = 0; i < of.size(); ++i) {
    const segment obx = of.at(i);
    if (obx.name() == "OBX" && kind_of(obx) == obx_kind::document) return obx;
  }
  return {};
}

void check_coherence(const volet_view& view, findings& found) {
  const segment orc = view.of.find("ORC");
  const segment obx = first_document(view.of);
  if (!obx) return;
  const std::string_view order = trim(orc[1].text()), status = trim(obx[11].text());
  const segment msh = view.of.at(0);
  const bool is_mdm = trim(msh[9].component(1)) == "MDM";
  if (!orc && !is_mdm) {
    found.refuse("hl7v2-segment-missing", "ORC", "a document message needs an ORC segment");
    return;
  }
  if (!orc) {
    // The event of an MDM says as much as ORC-1: OBX-11 is held against it.
    found.tolerate("hl7v2-segment-missing", "ORC", "a document message needs an ORC segment");
    const std::string_view event = trim(msh[9].component(2));
    const bool agrees = std::any_of(std::begin(coherences), std::end(coherences),
                                    [&](const auto& r) { return r.event == event && r.status == status; });
    if (!agrees)
      found.refuse("hl7v2-pfi-incoherent", location(obx, {11}), "OBX-11 of the document does not agree with the event");
    return;
  }
  if (order == "SC" && view.options.is_older_volet) {
    found.warning("hl7v2-pfi-t25", location(orc, {1}), "ORC-1 is SC, as the older volet wrote it");
    return;
  }
  const auto row =
      std::find_if(std::begin(coherences), std::end(coherences), [&](const auto& r) { return r.order == order; });
  if (row == std::end(coherences)) {
    found.refuse(order == "SC" ? "hl7v2-pfi-t25" : "hl7v2-pfi-incoherent", location(orc, {1}),
                 "ORC-1 is none of NW, RO and CA");
    return;
  }
  if (row->status != status) {
    found.refuse("hl7v2-pfi-incoherent", location(obx, {11}), "OBX-11 of the document does not agree with ORC-1");
  }
  if (is_mdm && trim(msh[9].component(2)) != row->event) {
    found.refuse("hl7v2-pfi-incoherent", location(msh, {9, 2}), "the event does not agree with ORC-1");
  }
}

/// An MDM carries one document; instances of one content in an ORU share one status (pfi-hl7v2, section 3).
void check_instances(const volet_view& view, findings& found) {
  const segment first = first_document(view.of);
  const bool is_mdm = trim(view.of.at(0)[9].component(1)) == "MDM";
  if (!first) return;
  for (segment obx = view.of.find("OBX", first.position() + 1); obx; obx = view.of.find("OBX", obx.position() + 1)) {
    if (kind_of(obx) != obx_kind::document) continue;
    if (is_mdm) {
      found.refuse("hl7v2-pfi-several-documents", location(obx), "an MDM carries one document");
      return;
    }
    if (trim(obx[11].text()) != trim(first[11].text())) {
      found.refuse("hl7v2-pfi-incoherent", location(obx, {11}),
                   "the instances of the document have different statuses");
    }
  }
}

/// Fields and segments that the volet requires and a tolerant link can do without.
void check_required(const volet_view& view, findings& found) {
  const segment msh = view.of.at(0), pv1 = view.of.find("PV1"), txa = view.of.find("TXA");
  const bool is_mdm = trim(msh[9].component(1)) == "MDM";
  if (trim(msh[12].component(1)) != (is_mdm ? "2.6" : "2.5")) {
    found.tolerate("hl7v2-version", "MSH-12", "the volet asks for 2.5 in an ORU and 2.6 in an MDM");
  }
  if (!pv1) {
    found.tolerate("hl7v2-segment-missing", "PV1", "the volet asks for a PV1 segment");
  } else if (const std::string_view patient_class = trim(pv1[2].component(1)); patient_class.empty()) {
    found.tolerate("hl7v2-field-missing", location(pv1, {2}), "the patient class is missing");
  } else if (patient_class != "N" && trim(pv1[19].text()).empty()) {
    found.tolerate("hl7v2-field-missing", location(pv1, {19}), "the visit number is missing");
  }
  if (!is_mdm) return;
  if (!view.of.find("EVN")) found.tolerate("hl7v2-segment-missing", "EVN", "the volet asks for an EVN segment");
  if (!txa) {
    found.tolerate("hl7v2-segment-missing", "TXA", "the volet asks for a TXA segment");
  } else if (trim(txa[12].component(1)).empty()) {
    found.tolerate("hl7v2-field-missing", location(txa, {12}), "the document number is missing");
  } else if (trim(msh[9].component(2)) == "T10" && trim(txa[13].component(1)).empty()) {
    found.tolerate("hl7v2-field-missing", location(txa, {13}), "a replacement names the document that it replaces");
  }
}

void check_type(const volet_view& view, findings& found) {
  const segment obr = view.of.find("OBR"), obx = first_document(view.of);
  if (!obx || !obr) return;
  if (trim(obr[4].component(1)) != trim(obx[3].component(1))) {
    found.tolerate("hl7v2-pfi-type-differs", location(obr, {4, 1}),
                   "OBR-4 and OBX-3 of the document name different types");
  }
  if (trim(obx[3].component(3)).empty()) {
    found.tolerate("hl7v2-pfi-t20", location(obx, {3, 3}), "the coding system of the document's type is missing");
  }
  const std::string_view word = trim(obx[5].component(2));
  const bool is_mdm = trim(view.of.at(0)[9].component(1)) == "MDM";
  if (word != (is_mdm ? "text" : "TEXT") && equals_ignoring_case(word, "text")) {
    found.tolerate("hl7v2-pfi-t31", location(obx, {5, 2}), "the word TEXT is not in the case of the volet");
  }
}

void check_txa(const volet_view& view, findings& found) {
  const segment txa = view.of.find("TXA");
  if (!txa) return;
  const separators& by = view.of.by();
  for (const unsigned number : {12U, 13U}) {
    const repetition id = txa[number].first();
    const bool has_root = !nth_piece(id.text(), by.component, 3).empty();
    if (!id.component(2).empty() && !has_root) {
      found.tolerate("hl7v2-pfi-t11", location(txa, {number, 2}), "a name follows the document number; it is ignored");
    }
  }
  if (!txa[13].empty() && trim(view.of.at(0)[9].component(2)) != "T10") {
    found.tolerate("hl7v2-pfi-t11", location(txa, {13}), "a parent document number outside a replacement is ignored");
  }
}

/// Type and length of a professional's or an organisation's number (traps 14 and 17).
void check_numbers(const segment& prt, findings& found) {
  const repetition person = prt[5].first();
  const std::string_view id = trim(person.component(1)), type = trim(person.component(13));
  if ((type == "RPPS" && id.size() != 11) || (type == "IDNPS" && id.size() == 11)) {
    found.tolerate("hl7v2-pfi-t14", location(prt, {5, 13}),
                   "type and length of the professional's number do not agree");
  }
  const repetition organization = prt[8].first();
  const std::string_view number = trim(organization.component(10));
  if (trim(organization.component(7)).starts_with("FINE") && number.size() == 10 && number.starts_with('1')) {
    found.tolerate("hl7v2-pfi-t17", location(prt, {8, 10}), "a FINESS number has ten characters with the leading 1");
  }
  for (const auto& [part, number_of_field] : {std::pair{person, 5U}, std::pair{organization, 8U}}) {
    const unsigned component = number_of_field == 5 ? 9 : 6;
    if (authority_of(part, component).is_misplaced) {
      found.tolerate("hl7v2-pfi-t13", location(prt, {number_of_field, component}),
                     "the authority is a bare OID in its first sub-component");
    }
  }
}

constexpr std::string_view patient_domain = "@patient.mssante.fr";

bool is_patient_address(std::string_view address) { return address.ends_with(patient_domain); }

bool is_valid_patient_address(std::string_view address) {
  return is_patient_address(address) && nir_key_is_right(address.substr(0, address.size() - patient_domain.size()));
}

void check_participant(const segment& prt, const participant& who, findings& found) {
  const repetition role = prt[4].first();
  if (role.component(3).empty() && role.component(2).find("participation") != std::string_view::npos) {
    found.refuse("hl7v2-pfi-t12", location(prt, {4}), "the role of the participation is not cut into components");
  }
  if (who.role == participation::other) {
    found.tolerate("hl7v2-code", location(prt, {4, 1}), "the role is none of SB, RCT and REPLY");
  }
  const std::string_view system = trim(role.component(3));
  if (!system.empty() && system != "participation") {
    found.tolerate("hl7v2-pfi-t20", location(prt, {4, 3}), "the coding system of the role is not \"participation\"");
  }
  check_numbers(prt, found);
  if (prt[15].component(4).empty() && prt[16].text().find('@') != std::string_view::npos) {
    found.tolerate("hl7v2-pfi-t15", location(prt, {16}), "the address stands in PRT-16 instead of PRT-15");
  }
  if (who.role == participation::result_copies_to && (who.is_patient || is_patient_address(who.party.address))) {
    if (!is_valid_patient_address(who.party.address)) {
      found.tolerate("hl7v2-pfi-t16", location(prt, {15, 4}),
                     "the patient's address is not a matricule at patient.mssante.fr");
    }
  }
}

struct destinations {
  std::size_t patients = 0, others = 0;
};

/// pfi-hl7v2 6.3: the rules that hold whatever the profile, then the published matrix for a strict link.
void check_matrix(const volet_view& view, const destinations& to, findings& found) {
  const metadata& flags = view.flags;
  const auto where = [&](flag which) {
    const segment& obx = flags.where[static_cast<std::size_t>(which)];
    return obx ? location(obx, {5, 1}) : std::string("OBX");
  };
  const bool for_patient = flags.is_set(flag::dest_mssante_pat),
             for_professionals = flags.is_set(flag::dest_mssante_ps);
  const bool for_dmp = flags.is_set(flag::dest_dmp);
  const struct {
    bool is_broken;
    flag which;
    const char* text;
  } rules[] = {
      {flags.is_set(flag::invisible_patient) && for_patient, flag::dest_mssante_pat,
       "R1: a document hidden from the patient is addressed to the patient"},
      {for_patient && to.patients == 0, flag::dest_mssante_pat,
       "R2: the patient is a destination and no PRT gives the patient's address"},
      {!for_patient && to.patients > 0, flag::dest_mssante_pat,
       "R3: the patient is no destination and a PRT gives the patient's address"},
      {for_professionals && to.others == 0, flag::dest_mssante_ps,
       "R4: professionals are a destination and no PRT names one"},
      {!for_professionals && to.others > 0, flag::dest_mssante_ps,
       "R4: professionals are no destination and a PRT names one"},
      {for_patient && view.patient.identity_status != facts::identity_status::qualified, flag::dest_mssante_pat,
       "R5: the patient is a destination and the identity is not qualified"},
      {!for_patient && !for_professionals && !for_dmp, flag::dest_dmp, "R7: there is no destination at all"},
  };
  for (const auto& rule : rules) {
    if (rule.is_broken) found.refuse("hl7v2-pfi-destinations", where(rule.which), rule.text);
  }
  if (!for_patient && !for_professionals) return;  // DMP only: outside the matrix and valid
  const bool masked = flags.is_set(flag::masque_ps), hidden = flags.is_set(flag::invisible_patient);
  const bool hidden_from_representatives = flags.is_set(flag::invisible_rep_legaux);
  const bool row_1 = !masked && !hidden && !hidden_from_representatives && for_professionals && for_patient;
  const bool row_2 = !masked && hidden && !hidden_from_representatives && for_professionals && !for_patient;
  const bool row_3 = !hidden && !flags.is_set(flag::connexion_secrete) && !for_dmp && !for_professionals && for_patient;
  if (!row_1 && !row_2 && !row_3) {
    found.tolerate("hl7v2-pfi-t24", where(flag::dest_mssante_ps),
                   "this combination of flags is not in the published matrix");
  }
}

void check_environment(const volet_view& view, findings& found) {
  const segment msh = view.of.at(0);
  if (trim(msh[11].component(1)) != "P") return;
  for (const auto& identifier : view.patient.identifiers) {
    if (is_test_ins(identifier.kind)) {
      found.tolerate("hl7v2-pfi-t33", location(msh, {11}),
                     "a message of production carries an INS of test or demonstration");
      return;
    }
  }
}

void check_header(const volet_view& view, findings& found) {
  const segment msh = view.of.at(0);
  if (!msh[9].component(4).empty() || msh[21].text().find(" ") != std::string_view::npos) {
    found.tolerate("hl7v2-pfi-t30", location(msh, {9}), "MSH-9 has more than three components, or MSH-21 a blank");
  }
  if (trim(msh[10].text()).empty()) found.refuse("hl7v2-field-missing", "MSH-10", "the control id is missing");
}

void check_mail_body(const metadata& flags, findings& found) {
  for (const flag which : {flag::corpsmail_ps, flag::corpsmail_patient}) {
    const segment& obx = flags.where[static_cast<std::size_t>(which)];
    if (!obx) continue;
    base64_defects defects;
    if (!base64_decode(obx[5].component(5), &defects)) {
      found.tolerate("hl7v2-pfi-t05", location(obx, {5, 5}),
                     "the mail body is not valid base64; the default body is used");
    } else if (defects.padding_missing) {
      found.warning("hl7v2-pfi-t04", location(obx, {5, 5}), "the base64 has no padding at its end");
    }
  }
}

/// Deviations that a sender shows in every OBX are told once, at the first.
struct told_once {
  bool name = false, value = false;
};

/// One metadata OBX: its value and the forms that only tolerance takes.
void read_flag(const segment& obx, flag_name name, metadata& into, told_once& told, findings& found) {
  const auto at = static_cast<std::size_t>(name.which);
  const repetition code = obx[3].first();
  if (!std::exchange(told.name, told.name || !name.is_canonical || trim(code.component(3)) != "MetaDMPMSS") &&
      told.name) {
    found.tolerate("hl7v2-pfi-t20", location(obx, {3}), "the metadatum is not named as the volet names it");
  }
  if (into.where[at]) {
    found.refuse("hl7v2-pfi-metadata-twice", location(obx, {3}), "a metadatum is given twice");
    return;
  }
  into.where[at] = obx;
  if (at >= flags_required) return;
  ++into.flags_seen;
  const std::string_view value = trim(obx[5].component(1));
  if (value == "Y" || value == "N") {
    into.flags[at] = value == "Y";
  } else {
    found.refuse("hl7v2-code", location(obx, {5, 1}), "the value of a metadatum is neither Y nor N");
  }
  if (!std::exchange(told.value, told.value || trim(obx[5].component(3)) != "expandedYes-NoIndicator") && told.value) {
    found.tolerate("hl7v2-pfi-t20", location(obx, {5, 3}),
                   "the coding system of the value is not expandedYes-NoIndicator");
  }
}

constexpr flag lps_flags[] = {flag::masque_ps, flag::invisible_patient, flag::invisible_rep_legaux,
                              flag::modif_conf_code};

void check_completeness(const metadata& flags, contract which, findings& found) {
  const auto require = [&](flag needed) {
    if (!flags.where[static_cast<std::size_t>(needed)]) {
      found.refuse("hl7v2-pfi-metadata-missing", "OBX",
                   "the metadatum " + std::string(name_of(needed)) + " is missing; a flag is never assumed");
    }
  };
  if (which == contract::cda_lps) {
    for (const flag needed : lps_flags) require(needed);
  } else {
    for (std::size_t i = 0; i < flags_required; ++i) require(static_cast<flag>(i));
  }
}

}  // namespace

contract contract_of(const message& of) {
  const std::string_view profile = of.at(0)[21].text();
  if (profile.find("CISIS_CDA_HL7_LPS") != std::string_view::npos) return contract::cda_lps;
  if (profile.find("CISIS_CDA_HL7") != std::string_view::npos) return contract::cda_hl7v2;
  if (profile.find("IHE_FRANCE") != std::string_view::npos || of.find("ZBE")) return contract::pam_fr;
  return contract::none;
}

const char* profile_of(contract which) {
  switch (which) {
    case contract::cda_hl7v2:
      return "cisis-cda-hl7v2";
    case contract::cda_lps:
      return "cisis-cda-hl7-lps";
    case contract::pam_fr:
      return "pam-fr";
    case contract::none:
      break;
  }
  return "hl7v2";
}

volet_options volet_options_of(std::string_view endpoint_json) {
  volet_options out;
  if (endpoint_json.find("volet") == std::string_view::npos) return out;
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(endpoint_json.data(), endpoint_json.size());
  if (json.HasParseError() || !json.IsObject()) return out;
  if (!json.HasMember("volet") || !json["volet"].IsString()) return out;
  const std::string_view version(json["volet"].GetString(), json["volet"].GetStringLength());
  out.is_older_volet = version.starts_with("1.") || version == "2.0";
  return out;
}

metadata read_metadata(const message& of, contract which, findings& found) {
  metadata out;
  int last = -1;
  bool in_order = true;
  told_once told;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const segment obx = of.at(i);
    if (obx.name() != "OBX" || kind_of(obx) != obx_kind::metadata) continue;
    const std::string_view code = trim(obx[3].component(1));
    const auto name = flag_named(code);
    if (!name && is_obsolete_metadata(code)) {
      found.tolerate("hl7v2-pfi-t20", location(obx, {3}), "the metadatum belongs to an older volet and is ignored");
      continue;
    }
    if (!name) {
      found.tolerate("hl7v2-code", location(obx, {3, 1}), "the metadatum is not known to the volet");
      continue;
    }
    const int at = static_cast<int>(name->which);
    in_order = in_order && at > last;
    last = std::max(last, at);
    read_flag(obx, *name, out, told, found);
  }
  if (!in_order) found.tolerate("hl7v2-pfi-t21", "OBX", "the metadata are not in the order of the volet");
  check_completeness(out, which, found);
  check_mail_body(out, found);
  return out;
}

void check_volet(const volet_view& view, findings& found) {
  check_header(view, found);
  check_coherence(view, found);
  check_instances(view, found);
  check_required(view, found);
  check_type(view, found);
  check_txa(view, found);
  check_environment(view, found);
  destinations to;
  bool has_sender = false;
  for (std::size_t i = 0; i < view.participants.size(); ++i) {
    const participant& who = view.participants[i];
    check_participant(view.participant_segments[i], who, found);
    has_sender = has_sender || who.role == participation::send_by;
    if (who.role != participation::result_copies_to) continue;
    ++(who.is_patient || is_patient_address(who.party.address) ? to.patients : to.others);
  }
  if (view.which == contract::cda_lps) return;  // the return path has no destinations: it is one
  if (!has_sender && to.patients + to.others == 0) {
    found.refuse("hl7v2-segment-missing", "PRT", "there is neither a sender (SB) nor a recipient (RCT)");
  }
  check_matrix(view, to, found);
}

std::string_view document_status_of_order(std::string_view order_control) {
  order_control = trim(order_control);
  if (order_control == "RO") return "amended";
  return order_control == "CA" ? "deleted" : "final";
}

}  // namespace liaison::hl7v2
