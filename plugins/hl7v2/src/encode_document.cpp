// SPDX-License-Identifier: Apache-2.0
// A document in the messages of the CI-SIS volets: "Transmission de document(s) CDA en HL7v2" (2.1, ORU or MDM) and
// "Transmission au LPS d'un document CDA provenant d'un courriel MSSanté" (1.1, MDM). The bytes of the document are
// those that the host handed in; its header says number, type and replaced document, the pivot says the rest.
#include "cda_header.hpp"
#include "encode.hpp"
#include "observations.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

/// Event, order control and status of the document, which must agree (pfi-hl7v2, section 3).
struct order {
  const char* event;
  const char* control;
  const char* status;
};
constexpr order initial = {"T02", "NW", "F"}, replacement = {"T10", "RO", "C"}, deletion = {"T04", "CA", "D"};

struct document {
  std::string_view bytes;
  cda_header header;
};

order order_of(const encoding& e, const document& first) {
  if (pivot_reader::text(e.composition, "status") == "entered-in-error") return deletion;
  return first.header.parent.empty() ? initial : replacement;
}

std::string_view coding_system_of(const cda_header& header) {
  if (header.code_system == "2.16.840.1.113883.6.1") return "LN";
  return header.code_system == "1.2.250.1.213.1.1.4.12" ? "TRE_A05" : std::string_view(header.code_system);
}

void put_type(const encoding& e, const cda_header& header, out_segment& to, unsigned field_number) {
  to.set({field_number, 1}, header.code);
  to.set({field_number, 2}, header.code_display);
  to.set({field_number, 3}, coding_system_of(header));
  if (pivot_reader::text(e.composition, "type/coding/0/code") == header.code)
    e.in.carry(e.composition, "type", to.location({field_number}));
}

void put_number(out_segment& to, unsigned field_number, const document_id& id) {
  if (id.extension.empty()) {
    to.set({field_number, 1}, id.root);
    return;
  }
  to.set({field_number, 1}, id.extension);
  to.set({field_number, 3}, id.root);
  to.set({field_number, 4}, "ISO");
}

void put_txa(encoding& e, const cda_header& header, const order& what) {
  out_segment& txa = e.add("TXA", rank_body);
  txa.set({1}, "1");
  put_type(e, header, txa, 2);
  txa.set({3}, "TEXT");
  if (const auto stamp = hl7_from_fhir(pivot_reader::text(e.composition, "date"), hl7_zone::drop))
    e.put_as(e.composition, "date", txa, {4}, stamp->substr(0, stamp->find('.')));
  put_number(txa, 12, header.id);
  e.in.carry(&e.in.bundle(), "identifier", txa.location({12}));
  if (std::string_view(what.event) == replacement.event) {
    put_number(txa, 13, header.parent);
    e.in.carry(e.composition, "relatesTo", txa.location({13}));
  }
  txa.set({17}, "AU");
}

out_segment& add_obx(encoding& e, std::string_view type) {
  out_segment& obx = e.add("OBX", rank_body);
  obx.set({1}, std::to_string(obx.ordinal()));
  obx.set({2}, type);
  return obx;
}

void put_document(encoding& e, const document& each, const order& what, bool is_mdm) {
  out_segment& obx = add_obx(e, "ED");
  put_type(e, each.header, obx, 3);
  obx.set({5, 2}, is_mdm ? "text" : "TEXT");
  obx.set({5, 3}, "XML");
  obx.set({5, 4}, "Base64");
  obx.set_unescaped({5, 5}, base64_encode(each.bytes));
  obx.set({11}, what.status);
  e.in.carry(e.composition, "status", obx.location({11}));
}

/// Who sends: the source's sender, else the document's author, else who keeps it. The sender's mailbox is what a
/// consumer answers to; an endpoint can name one.
void put_sender(encoding& e) {
  const json_value* extensions = pivot_reader::find(e.composition, "extension");
  std::vector<const json_value*> candidates;
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    if (pivot_reader::text(element(extensions, i), "url").ends_with("/StructureDefinition/sender"))
      candidates.push_back(pivot_reader::find(element(extensions, i), "valueReference"));
  }
  candidates.push_back(pivot_reader::find(e.composition, "author/0"));
  candidates.push_back(pivot_reader::find(e.composition, "custodian"));
  for (const json_value* candidate : candidates) {
    const json_value* who = e.in.resolve(candidate);
    if (who == nullptr || !put_participant(e, who, "SB")) continue;
    out_segment& prt = *e.segments.back();
    if (!prt.has_field(15) && !e.peers.sender_address.empty()) {
      prt.set({15, 3}, "X.400");
      prt.set({15, 4}, e.peers.sender_address);
    }
    return;
  }
}

struct destinations {
  bool patient = false, others = false;
};

/// RCT and REPLY. The return path names the first recipient only (MSS-LPS 1.1.2).
destinations put_destinations(encoding& e, contract which) {
  destinations out;
  const json_value* extensions = pivot_reader::find(e.composition, "extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    const json_value* extension = element(extensions, i);
    if (!pivot_reader::text(extension, "url").ends_with("/StructureDefinition/recipient")) continue;
    const json_value* who = e.in.resolve(pivot_reader::find(extension, "valueReference"));
    if (who == nullptr) continue;
    const bool is_reply = pivot_reader::text(extension, "valueReference/extension/0/valueCode") == "reply";
    const bool is_patient = pivot_reader::text(who, "resourceType") == "Patient";
    if (which == contract::cda_lps && !is_reply && (is_patient || out.others)) continue;
    if (!put_participant(e, who, is_reply ? "REPLY" : "RCT")) continue;
    e.in.carry(extension, "valueReference/extension", e.segments.back()->location({4, 1}));
    if (!is_reply) (is_patient ? out.patient : out.others) = true;
  }
  return out;
}

/// OBX 2 of the return path: the mail that brought the document. What came another way has none: the number and the
/// title of the document stand for Message-ID and subject.
void put_mail(encoding& e, const std::string& number) {
  out_segment& obx = add_obx(e, "ED");
  const std::string title = pivot_reader::text(e.composition, "title");
  obx.set({3, 1}, number);
  if (!e.put(e.composition, "title", obx, {3, 2})) obx.set({3, 2}, "Document");
  obx.set({5, 2}, "text");
  obx.set({5, 4}, "Base64");
  obx.set_unescaped({5, 5}, base64_encode("Document transmis : " + (title.empty() ? "sans titre" : title)));
  obx.set({11}, "F");
  if (e.ledger != nullptr)
    e.ledger->added(obx.location({5}), "Document transmis", "the volet asks for a mail, and none brought the document");
}

bool is_masked(const encoding& e, std::string_view code) {
  const json_value* labels = pivot_reader::find(e.composition, "meta/security");
  for (std::size_t i = 0; i < size_of(labels); ++i) {
    const json_value* label = element(labels, i);
    if (pivot_reader::text(label, "code") != code) continue;
    e.in.carry(label, "", "OBX");
    return true;
  }
  return false;
}

bool changes_visibility(const encoding& e) {
  const json_value* extensions = pivot_reader::find(e.composition, "extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    const json_value* extension = element(extensions, i);
    if (pivot_reader::text(extension, "extension/0/valueString") !=
        "hl7v2." + std::string(name_of(flag::modif_conf_code)))
      continue;
    e.in.carry(extension, "extension", "OBX");
    return pivot_reader::text(extension, "extension/1/valueString") == "Y";
  }
  return false;
}

void put_flags(encoding& e, contract which, const destinations& to, bool is_mdm) {
  std::map<flag, bool> values = {
      {flag::masque_ps, is_masked(e, "MASQUE_PS")},
      {flag::invisible_patient, is_masked(e, "INVISIBLE_PATIENT")},
      {flag::invisible_rep_legaux, is_masked(e, "INVISIBLE_REPRESENTANTS_LEGAUX")},
      {flag::modif_conf_code, changes_visibility(e)},
      {flag::dest_mssante_ps, to.others},
      {flag::dest_mssante_pat, to.patient},
  };
  // The configuration adds what no pivot knows (DMP, acknowledgements); a mask of the document is never taken off by
  // it.
  for (const auto& [name, value] : e.peers.flags) {
    if (name >= flag::connexion_secrete && name != flag::modif_conf_code) values[name] = value;
  }
  static constexpr flag lps[] = {flag::masque_ps, flag::invisible_patient, flag::invisible_rep_legaux,
                                 flag::modif_conf_code};
  for (std::size_t i = 0; i < flags_required; ++i) {
    const auto name = static_cast<flag>(i);
    if (which == contract::cda_lps && std::find(std::begin(lps), std::end(lps), name) == std::end(lps)) continue;
    out_segment& obx = add_obx(e, is_mdm ? "CWE" : "CE");
    obx.set({3, 1}, name_of(name));
    obx.set({3, 2}, label_of(name));
    obx.set({3, 3}, "MetaDMPMSS");
    obx.set({5, 1}, values[name] ? "Y" : "N");
    obx.set({5, 3}, "expandedYes-NoIndicator");
    obx.set({11}, "F");
  }
}

/// The documents of the call; empty when there is one that this message cannot carry, which is then reported.
std::vector<document> documents_of(const call& request, bool is_mdm) {
  std::vector<document> out;
  const auto refuse = [&](std::string_view code, std::string_view text) {
    request.report(severity::error, code, {}, text);
    return std::vector<document>{};
  };
  for (const carried_document& each : request.carried()) {
    auto header = each.format == "cda" ? read_cda_header(each.bytes) : std::nullopt;
    if (!header || header->id.empty() || header->code.empty())
      return refuse("hl7v2-document-not-cda",
                    "the message carries a CDA, and the document to carry is none with id and code");
    out.push_back({each.bytes, std::move(*header)});
  }
  // CI-SIS CDA en HL7v2: an ORU may hold the two levels of one content; an MDM holds one document.
  if (out.empty()) return refuse("hl7v2-no-document", "there is no document to carry");
  if (out.size() > (is_mdm ? 1U : 2U))
    return refuse("hl7v2-several-documents", "there are more documents to carry than the message takes");
  return out;
}

}  // namespace

liaison_status put_documents(encoding& e, const call& request, contract which, std::string_view control_id,
                             std::string_view charset_name) {
  const bool is_lps = which == contract::cda_lps;
  const bool is_mdm = is_lps || e.peers.message == "MDM";
  // CI-SIS CDA en HL7v2, MSH-18.
  if (charset_name != "UNICODE UTF-8" && charset_name != "8859/15") {
    request.report(severity::error, "hl7v2-charset-unknown", {}, "the volet is written in UTF-8 or 8859/15");
    return LIAISON_UNSUPPORTED;
  }
  const std::vector<document> documents = documents_of(request, is_mdm);
  if (documents.empty()) return LIAISON_UNSUPPORTED;
  const cda_header& header = documents.front().header;
  const order what = order_of(e, documents.front());
  put_header(e, is_mdm ? "MDM" : "ORU", is_mdm ? what.event : "R01", is_mdm ? "MDM_T02" : "ORU_R01",
             is_mdm ? "2.6" : "2.5", control_id, charset_name);
  e.segments.back()->set({21, 1}, is_lps ? "1.1" : "2.1");
  e.segments.back()->set({21, 2}, is_lps ? "CISIS_CDA_HL7_LPS" : "CISIS_CDA_HL7_V2");
  if (is_mdm) {
    out_segment& evn = e.add("EVN", rank_event);
    const std::string stamp = hl7_from_fhir(e.now, hl7_zone::drop).value_or("");
    for (const unsigned number : {2U, 6U}) evn.set({number}, stamp.substr(0, stamp.find('.')));
  }
  put_identity(e);
  put_visit(e);
  if (is_lps) {
    e.pv1->set({2}, "N");
    e.in.drop(e.encounter, "class", "the return path says N for every stay");
  }
  e.add("ORC", rank_body).set({1}, what.control);
  out_segment& obr = e.add("OBR", rank_body);
  obr.set({1}, "1");
  put_type(e, header, obr, 4);
  if (is_mdm) put_txa(e, header, what);
  put_document(e, documents.front(), what, is_mdm);
  put_sender(e);
  const destinations to = put_destinations(e, which);
  for (std::size_t i = 1; i < documents.size(); ++i) put_document(e, documents[i], what, is_mdm);
  if (is_lps) put_mail(e, std::string(control_id));
  put_flags(e, which, to, is_mdm);
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
