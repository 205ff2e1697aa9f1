// SPDX-License-Identifier: Apache-2.0
// One translation: a message in one format becomes a message in another, by way of the pivot, or is passed
// on byte for byte when the recipient reads the same. All of `liaison convert`, and the encode step of a delivery.
#pragma once

#include "core/model/transfer.hpp"
#include "core/routing/account.hpp"
#include "core/routing/examiner.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace liaison::routing {

/// Why a translation is made. To leave the house (`deliver`), nothing may carry an INS that may not leave
/// (identity::why_not_leave): not what is passed on unchanged, and not what a translator wrote. For what is delivered no
/// account is drawn up when it is passed on.
enum class purpose : std::uint8_t { look, deliver, deliver_inside };

struct conversion_request {
  shared_bytes bytes;
  reading from;  ///< `format` empty: recognised by content
  reading to;    ///< `format` must be set
  std::string now, id_seed, control_id;
  routing::purpose purpose = routing::purpose::look;
  identity::environment environment = identity::environment::test;
};

struct conversion {
  liaison_status status = LIAISON_UNSUPPORTED;
  plugin::mishap mishap = plugin::mishap::none;
  std::string from_format;
  std::vector<model::issue> issues;
  shared_bytes document;  ///< null unless status is OK
  std::vector<model::outgoing::attachment> attachments;
  loss_account account;
  bool passed_on = false;   ///< the very bytes that came in, or that were carried inside
  std::string translators;  ///< "fr.liaison.hl7v2 0.1.0 → fr.liaison.hprim 0.1.0"
};

/// True when the patients' matricules may travel: none, or every one with a qualified identity, its key and its traits.
bool may_leave(const model::message_facts& facts);

/// Thread: the executor's.
class converter {
 public:
  explicit converter(plugin::translators& translators) : translators_(translators), examiner_(translators) {}

  /// Calls back exactly once, never from inside the call.
  void convert(conversion_request what, std::function<void(conversion)> then);

 private:
  plugin::translators& translators_;
  examiner examiner_;
};

}  // namespace liaison::routing
