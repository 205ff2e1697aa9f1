// SPDX-License-Identifier: Apache-2.0
// encode of hprim-sante: events of the pivot as ADM, ORM, FAC, REG and ERR.
#include "sante_encode.hpp"

#include <algorithm>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view pivot, written;
};

constexpr code_row event_contexts[] = {{"A", "ADM"}, {"O", "ORM"}, {"P", "FAC"}};

std::string_view context_of(std::string_view event) {
  for (const code_row& row : event_contexts) {
    if (event.starts_with(row.pivot)) return row.written;
  }
  return {};
}

const json_value* find(const json_value* node, std::string_view path) { return pivot_reader::find(node, path); }
std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }
std::string type_of(const json_value* node) { return text(node, "resourceType"); }

template <class Visit>
void each(const json_value* node, std::string_view path, Visit visit) {
  const json_value* list = find(node, path);
  for (rapidjson::SizeType i = 0; list != nullptr && list->IsArray() && i < list->Size(); ++i) visit(&(*list)[i]);
}

}  // namespace

void sante_encoder::write_event(const json_value* header) {
  std::string context = source_field(pivot_, header, "hprim-sante.H-6").text;
  const std::string event = text(header, "eventCoding/code");
  if (context.empty() && header_written_) context = context_;
  if (context.empty() && !event.empty()) context = std::string(context_of(event));
  if (context.empty() && find(header, "response") != nullptr) context = "ERR";
  if (context.empty()) return;
  view_party from = read_party(pivot_, find(header, "sender"));
  if (from.node == nullptr) from = read_party(pivot_, find(header, "author"));
  const view_party to = read_party(pivot_, find(header, "destination/0/receiver"));
  write_header(context, header, from, to);
  pivot_.carry(header, "eventCoding", "H-6");
  pivot_.carry(header, "eventUri", "H-6");
  pivot_.envelope(header, "source");
  pivot_.envelope(header, "destination");
  const json_value* patient = nullptr;
  const json_value* encounter = nullptr;
  std::vector<const json_value*> focus;
  each(header, "focus", [&](const json_value* one) {
    const json_value* target = pivot_.resolve(one);
    if (target == nullptr) return;
    focus.push_back(target);
    if (type_of(target) == "Patient" && patient == nullptr) patient = target;
    if (type_of(target) == "Encounter" && encounter == nullptr) encounter = target;
  });
  if (patient == nullptr && encounter != nullptr) patient = pivot_.resolve(find(encounter, "subject"));
  if (patient != nullptr) write_patient(read_person(pivot_, patient), encounter, event, header);
  coverage_rank_ = complementary_rank_ = 0;
  std::size_t rank = 0;
  for (const json_value* one : focus) {
    const std::string type = type_of(one);
    if (type == "Coverage") write_coverage(one);
    if (type == "ServiceRequest") write_order(one, ++rank);
    if (type == "Invoice") write_invoice(one, ++rank);
    if (type == "PaymentReconciliation") write_payment(one);
  }
  if (find(header, "response") != nullptr) write_errors(header);
}

void sante_encoder::write_coverage(const json_value* coverage) {
  const std::vector<kept_value> kept = kept_values(pivot_, coverage);
  const std::string own = source_field(pivot_, coverage, "hprim-sante.segment").text;
  const bool complementary = own == "AC";
  segment_builder segment = begin(complementary ? "AC" : "AP");
  segment.set(1, std::to_string(complementary ? ++complementary_rank_ : ++coverage_rank_));
  segment.set(complementary ? 3 : 5, pivot_.get(coverage, "subscriberId"));
  set_date(segment, {static_cast<std::uint16_t>(complementary ? 4 : 3), 1, 1, 1}, pivot_.get(coverage, "period/start"));
  set_date(segment, {static_cast<std::uint16_t>(complementary ? 5 : 4), 1, 1, 1}, pivot_.get(coverage, "period/end"));
  segment.apply(kept, segment.name());
  lines_.add(segment);
  write_attached(kept);
}

void sante_encoder::write_order(const json_value* request, std::size_t rank) {
  const std::vector<kept_value> kept = kept_values(pivot_, request);
  if (source_field(pivot_, request, "hprim-sante.segment").text != "none") {
    segment_builder obr = begin("OBR");
    obr.set(1, std::to_string(rank));
    each(request, "identifier", [&](const json_value* one) {
      obr.set(text(one, "type/coding/0/code") == "FILL" ? 3 : 2, 2, pivot_.get(one, "value"));
    });
    set_code(obr, 4, 1, find(request, "code"), request);
    std::uint16_t repetition = 2;
    each(request, "orderDetail", [&](const json_value* one) {
      if (repetition > 1000) return;
      set_code(obr, 4, repetition, one, request);
      ++repetition;
    });
    sourced priority = pivot_.get(request, "priority");
    priority.text = priority.text == "stat" || priority.text == "urgent" || priority.text == "asap"
                        ? "S"
                        : (priority.text == "routine" ? "R" : "");
    obr.set(5, priority);
    set_date(obr, {6, 1, 1, 1}, pivot_.get(request, "authoredOn"));
    if (!from_sante_) obr.set(11, "N");
    obr.set(13, pivot_.get(request, "note/0/text"));
    write_person_code(obr, 16, 1, pivot_.resolve(find(request, "requester")));
    set_date(obr, {36, 1, 1, 1}, pivot_.get(request, "occurrenceDateTime"));
    obr.apply(kept, "OBR");
    lines_.add(obr);
    write_attached(kept);
  }
  const auto files = files_of(request);
  std::size_t obx_rank = 0;
  each(request, "supportingInfo", [&](const json_value* one) {
    const json_value* target = pivot_.resolve(one);
    if (target == nullptr || type_of(target) != "Observation") return;
    write_files_at(files, obx_rank);
    write_result(read_observation(pivot_, target), ++obx_rank);
  });
  write_files_at(files, obx_rank);
}

void sante_encoder::write_invoice(const json_value* invoice, std::size_t rank) {
  const std::vector<kept_value> kept = kept_values(pivot_, invoice);
  segment_builder fac = begin("FAC");
  fac.set(1, std::to_string(rank));
  fac.set(3, pivot_.get(invoice, "identifier/0/value"));
  set_date(fac, {4, 1, 1, 1}, pivot_.get(invoice, "date"));
  fac.apply(kept, "FAC");
  lines_.add(fac);
  write_attached(kept);
  std::size_t act_rank = 0;
  each(invoice, "lineItem", [&](const json_value* one) {
    const json_value* charge = pivot_.resolve(find(one, "chargeItemReference"));
    if (charge == nullptr) return;
    const std::vector<kept_value> charge_kept = kept_values(pivot_, charge);
    segment_builder act = begin("ACT");
    act.set(1, std::to_string(++act_rank));
    act.set(2, pivot_.get(charge, "code/coding/0/code"));
    act.set(6, pivot_.get(charge, "code/text"));
    act.apply(charge_kept, "ACT");
    lines_.add(act);
    write_attached(charge_kept);
  });
}

void sante_encoder::write_payment(const json_value* payment) {
  const std::vector<kept_value> kept = kept_values(pivot_, payment);
  segment_builder reg = begin("REG");
  reg.set(1, "1");
  reg.set(3, 1, pivot_.get(payment, "paymentAmount/value"));
  reg.set(3, 2, pivot_.get(payment, "paymentAmount/currency"));
  reg.set(7, pivot_.get(payment, "paymentIdentifier/value"));
  reg.apply(kept, "REG");
  lines_.add(reg);
  write_attached(kept);
}

void sante_encoder::write_errors(const json_value* header) {
  const json_value* outcome = pivot_.resolve(find(header, "response/details"));
  const std::vector<kept_value> kept = kept_values(pivot_, outcome);
  std::map<unsigned, std::vector<kept_value>> by_ordinal;
  for (const kept_value& one : kept) {
    if (one.segment == "ERR") by_ordinal[one.ordinal].push_back(one);
  }
  unsigned ordinal = 0;
  each(outcome, "issue", [&](const json_value* one) {
    segment_builder err = begin("ERR");
    err.set(1, std::to_string(++ordinal));
    err.set(2, pivot_.get(header, "response/identifier"));
    const std::string severity = text(one, "severity");
    err.set(4, severity == "fatal" ? "T" : (severity == "error" ? "P" : "I"));
    sourced words = pivot_.get(one, "details/text");
    if (words.empty()) words = pivot_.get(one, "diagnostics");
    err.set(10, words);
    if (const auto own = by_ordinal.find(ordinal); own != by_ordinal.end()) err.apply(own->second, "ERR", ordinal);
    lines_.add(err);
  });
  write_attached(kept);
}

}  // namespace liaison::hprim
