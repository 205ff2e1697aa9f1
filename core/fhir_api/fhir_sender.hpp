// SPDX-License-Identifier: Apache-2.0
// A FHIR server as destination. The plugin tells what a body is; that decides where it goes: a transaction or batch to the
// base, a message to $process-message, anything else to its type. Nothing is made twice: creates are conditional, and where
// an earlier attempt may have arrived the server is asked before the same is sent again.
#pragma once

#include "core/fhir_api/outline.hpp"
#include "core/model/transfer.hpp"
#include "core/net/http_client.hpp"
#include "core/plugin/translators.hpp"

#include <memory>
#include <set>
#include <string>

namespace liaison::fhir_api {

/// `work` and `translators` outlive the sender. A call under way when the sender is destroyed still calls back.
/// Codes of outcomes: the status ("201"), those of http_client.hpp, "already-there", "uncertain", "not-fhir",
/// "attachments-not-carried", "entry-refused", "message-refused".
class fhir_sender final : public model::sender {
 public:
  fhir_sender(net::asio_executor& work, config::http_destination settings, plugin::translators& translators);

  /// Only notes that the delivery begins: that fact is on disk before the first byte is sent, so that after a crash
  /// nobody takes the first attempt for one that never was.
  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  bool has_prepare() const override { return true; }

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Where a body goes, and how it is known again there.
struct fhir_request {
  std::string target;         ///< below the base: "", "/$process-message", "/Observation"
  std::string if_none_exist;  ///< header of a create
  std::string search;         ///< "/List?identifier=…": finds what an earlier attempt made; empty: nothing identifies it
  bool repeatable = false;    ///< the server itself takes it once: all its creates are conditional, or it is a message
};
fhir_request fhir_request_for(const outline& what);

/// What an answer means. 2xx: accepted, unless an entry or a message's response says no. The table of statuses is
/// net::outcome_of_status; an OperationOutcome with a transient code (R4, IssueType) makes a refusal a failure, and 409
/// is one. `answer` is null when the body said nothing.
model::send_outcome outcome_of_answer(unsigned status, std::string_view retry_after, unix_ms now, const outline* answer);

}  // namespace liaison::fhir_api
