// SPDX-License-Identifier: Apache-2.0
// What is in a message: its format, its facts, the messages inside it, whose it is. The first half of
// intake, and all of `liaison inspect`.
#pragma once

#include "core/base/bytes.hpp"
#include "core/identity/compare.hpp"
#include "core/model/facts.hpp"
#include "core/plugin/translators.hpp"

#include <functional>
#include <string>
#include <vector>

namespace liaison::routing {

/// How a format is to be read and written: from an endpoint, or from the command line.
struct reading {
  std::string format;  ///< empty: recognised by content
  std::string profile, charset, strictness = "tolerant";
  std::string carry = "cda";  ///< on writing, when the profile wraps documents: their FORMAT or FORMAT/PROFILE
  std::string options_json = "{}";  ///< the endpoint's free options
};

struct examination_request {
  shared_bytes bytes;
  reading how;
  std::string now;  ///< RFC 3339
  identity::environment environment = identity::environment::test;
  bool acknowledge = false;
  bool values = false;
};

/// A message inside the message.
struct embedded {
  std::string location;  ///< "OBX[1]-5.5"
  std::string format;
  shared_bytes bytes;
};

struct examination {
  liaison_status status = LIAISON_UNSUPPORTED;  ///< OK, REJECT, RETRY or QUARANTINE; nothing else
  plugin::mishap mishap = plugin::mishap::none;
  std::string format;
  model::message_facts facts;
  std::string facts_json = "{}";
  std::vector<model::issue> issues;
  std::string acknowledgement;  ///< the positive one, when asked for and the format has any
  std::vector<embedded> inside;
};

/// Calls translators; holds no state between requests. Thread: the executor's.
class examiner {
 public:
  explicit examiner(plugin::translators& translators) : translators_(translators) {}

  /// Recognises when the format is not given, inspects, inspects what is embedded (one level), compares the identities and
  /// merges the facts. What was found stands in `into`, which was empty and lives until `then`: called exactly once, never
  /// from inside the call.
  void examine(examination_request what, examination& into, std::function<void()> then);

 private:
  plugin::translators& translators_;
};

/// Options of a call (sdk/include/liaison/translator.h) as JSON text.
struct call_options {
  const reading* how = nullptr;
  std::string now;
  std::string id_seed, control_id, outcome;
  std::string answer_json;  ///< acknowledge: a business acknowledgement; empty: none
  bool values = false, acknowledge = false, account = false;
  bool tally = false;  ///< with `account`: in short
  const std::vector<model::issue>* issues = nullptr;
};
std::string to_json(const call_options& options);

}  // namespace liaison::routing
