// SPDX-License-Identifier: Apache-2.0
// decode of hprim-sante: invoices with their acts, payments, and error messages. The columns of FAC, ACT and REG are
// known from few sources: only what is sure becomes an element, every value stays beside it as a source-field.
#include "sante_decode.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view sent, pivot;
};

constexpr code_row severities[] = {{"T", "error"}, {"P", "error"}, {"I", "information"}};
constexpr code_row issue_types[] = {{"A", "required"}, {"I", "value"}, {"S", "structure"}};

template <class Table>
std::string_view pivot_code(const Table& table, std::string_view sent, std::string_view otherwise) {
  for (const code_row& row : table) {
    if (row.sent == sent) return row.pivot;
  }
  return otherwise;
}

}  // namespace

void sante_decoder::write_invoice(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  invoice_ = pivot_.add("Invoice");
  invoice_.set("status", "issued");
  if (patient_) invoice_.set_reference("subject", patient_);
  if (sender_) invoice_.set_reference("issuer", sender_);
  add_source_field(invoice_, "hprim-sante.segment", sourced("FAC"));
  grid.envelope(1);
  invoice_.set("identifier/0/value", grid.take(3));
  if (!grid.text(4).empty()) (void)date(grid, 4, invoice_, "date");
  grid.keep_rest(invoice_);
  if (!is_document()) main_.set_reference("focus/" + std::to_string(main_.size_of("focus")), invoice_);
  last_ = invoice_;
  last_is_observation_ = false;
}

void sante_decoder::write_charge(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  const resource_ref charge = pivot_.add("ChargeItem");
  charge.set("status", "billed");
  if (patient_) charge.set_reference("subject", patient_);
  add_source_field(charge, "hprim-sante.segment", sourced("ACT"));
  grid.envelope(1);
  if (!grid.text(2).empty()) {
    charge.set("code/coding/0/system", local_system(sender_code_));
    charge.set("code/coding/0/code", grid.take(2));
  }
  charge.set("code/text", grid.take(6));
  grid.keep_rest(charge);
  if (invoice_) {
    const std::string at = "lineItem/" + std::to_string(invoice_.size_of("lineItem"));
    invoice_.set_reference(at + "/chargeItemReference", charge);
  }
  last_ = charge;
  last_is_observation_ = false;
}

void sante_decoder::write_payment(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  const resource_ref payment = pivot_.add("PaymentReconciliation");
  payment.set("status", "active");
  add_source_field(payment, "hprim-sante.segment", sourced("REG"));
  grid.envelope(1);
  const std::string when = date_time(grid.text(5), options_.zone);
  payment.set("created", when.empty() ? options_.now : when);
  payment.set("paymentDate", when.empty() ? options_.now.substr(0, 10) : when.substr(0, 10));
  const std::string amount = grid.text(3, 1);
  if (is_json_number(amount)) {
    payment.set_number("paymentAmount/value", grid.take(3, 1));
    if (grid.text(3, 2).size() == 3) payment.set("paymentAmount/currency", grid.take(3, 2));
  } else {
    payment.set_number("paymentAmount/value", sourced("0"));
    grid.keep(payment, {3, 1, 1, 1});
  }
  payment.set("paymentIdentifier/value", grid.take(7));
  grid.keep_rest(payment);
  if (!is_document()) main_.set_reference("focus/" + std::to_string(main_.size_of("focus")), payment);
  last_ = payment;
  last_is_observation_ = false;
}

void sante_decoder::write_error(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  if (!outcome_) {
    outcome_ = pivot_.add("OperationOutcome");
    main_.set("response/identifier", sourced(grid.text(2)));
    main_.set("response/code", "ok");
    main_.set_reference("response/details", outcome_);
  }
  const std::string severity = grid.text(4);
  // FHIR knows no partial rejection: it is no success, and each issue tells what was refused.
  if (severity == "T") {
    main_.set("response/code", "fatal-error");
    rejected_ = true;
  } else if (severity == "P" && !rejected_) {
    main_.set("response/code", "transient-error");
  }
  const std::string at = "issue/" + std::to_string(outcome_.size_of("issue"));
  outcome_.set(at + "/severity", pivot_code(severities, severity, "warning"));
  outcome_.set(at + "/code", pivot_code(issue_types, grid.text(9), "processing"));
  outcome_.set(at + "/details/text", grid.take(10));
  const std::string where = grid.text(6, 1) + (grid.text(6, 2).empty() ? "" : "[" + grid.text(6, 2) + "]");
  if (!where.empty() || !grid.text(7).empty())
    outcome_.set(at + "/location/0", where + (grid.text(7).empty() ? "" : " " + grid.text(7)));
  const unsigned ordinal = ++attached_["ERR"];
  grid.envelope(1);
  grid.keep_rest(outcome_, ordinal);
  last_ = outcome_;
  last_is_observation_ = false;
}

}  // namespace liaison::hprim
