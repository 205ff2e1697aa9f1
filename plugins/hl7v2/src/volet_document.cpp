// SPDX-License-Identifier: Apache-2.0
// What the message says of its document, held against what the document says of itself (CI-SIS CDA en HL7v2 2.1.2:
// OBR-4 and OBX-3, TXA-12 and TXA-13). Patients are compared by the broker, which has the facts of both.
#include "cda_header.hpp"
#include "people.hpp"
#include "volet.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

/// TXA-12, TXA-13: `ext^^root^ISO`, or the root alone in component 1.
document_id id_from(const field& number) {
  const repetition ei = number.first();
  const std::string entity = value_of(ei.component(1), ei.by()), root = value_of(ei.component(3), ei.by());
  return root.empty() ? document_id{entity, {}} : document_id{root, entity};
}

void check_numbers(const volet_view& view, const cda_header& document, findings& found) {
  const segment txa = view.of.find("TXA");
  if (!txa) return;
  const document_id number = id_from(txa[12]), parent = id_from(txa[13]);
  if (!number.empty() && !document.id.empty() && !(number == document.id)) {
    found.tolerate("hl7v2-pfi-id-differs", location(txa, {12}),
                   "TXA-12 and the document's own id differ; the document's own counts");
  }
  if (trim(view.of.at(0)[9].component(2)) != "T10") return;
  if (!parent.empty() && !document.parent.empty() && !(parent == document.parent)) {
    found.tolerate("hl7v2-pfi-parent-differs", location(txa, {13}),
                   "TXA-13 and the document name different replaced documents; the document's own counts");
  }
}

/// PID-3 repeats the ids of the document (pfi-hl7v2 5.3 and trap 7). Matricules are left to the comparison of
/// identities.
void check_patient_ids(const volet_view& view, const segment& pid, const cda_header& document, findings& found) {
  const auto stands_in = [](const document_id& id, const std::vector<facts::identifier>& list) {
    return std::any_of(list.begin(), list.end(), [&](const facts::identifier& each) {
      return each.value == id.extension && each.system == "urn:oid:" + id.root;
    });
  };
  const bool differs = std::any_of(document.patient.begin(), document.patient.end(), [&](const document_id& id) {
    return !is_ins(kind_of_patient_identifier(id.root, {})) && !stands_in(id, view.patient.identifiers);
  });
  if (differs)
    found.tolerate("hl7v2-pfi-t07", location(pid, {3}), "the document has a local identifier that PID-3 lacks");
}

}  // namespace

void check_documents(const volet_view& view, const std::vector<file>& files, findings& found) {
  std::vector<cda_header> headers;
  const segment orc = view.of.find("ORC"), pid = view.of.find("PID");
  for (const file& each : files) {
    if (each.kind != obx_kind::document || !each.is_readable) continue;
    const auto header = read_cda_header(each.bytes);
    if (!header) continue;  // no CDA that can be read here: its own translator says so
    if (!header->code.empty() && trim(each.obx[3].component(1)) != header->code) {
      found.tolerate("hl7v2-pfi-type-differs", location(each.obx, {3, 1}),
                     "OBX-3 and the document itself name different types");
    }
    check_numbers(view, *header, found);
    if (pid && headers.empty()) check_patient_ids(view, pid, *header, found);
    if (orc && trim(orc[1].text()) == "RO" && header->parent.empty()) {
      found.tolerate("hl7v2-pfi-parent-missing", location(each.obx, {5, 5}),
                     "a replacing document does not name the one that it replaces");
    }
    for (const cda_header& other : headers) {
      if (!header->id.empty() && other.id == header->id)
        found.refuse("hl7v2-pfi-same-id", location(each.obx, {5, 5}), "two documents of one message have the same id");
    }
    headers.push_back(*header);
    if (headers.size() > 100) break;
  }
}

}  // namespace liaison::hl7v2
