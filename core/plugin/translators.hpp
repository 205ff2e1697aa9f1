// SPDX-License-Identifier: Apache-2.0
// How the broker calls translators: asynchronously, in sandboxed host processes. A request always
// gets exactly one reply, whatever the plugin does.
#pragma once

#include "core/base/bytes.hpp"
#include "core/model/issue.hpp"

#include <liaison/translator.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace liaison::plugin {

enum class operation : std::uint8_t { recognise, inspect, decode, encode, validate, acknowledge, render };
const char* name_of(operation what);

struct part {
  liaison_part_role role = LIAISON_PART_DOCUMENT;
  std::string name, content_type, format;
  std::string bytes;
};

struct request {
  operation what = operation::inspect;
  std::string format;  ///< whose translator; ignored by `recognise`, which asks all
  shared_bytes input;
  std::string options_json = "{}";
  std::vector<part> parts;  ///< decode: pivots of embedded messages; encode: documents to wrap
};

/// What went wrong with the process, as opposed to what the translator said.
enum class mishap : std::uint8_t {
  none,
  crashed,        ///< died of a signal or left; also: a system call that the sandbox forbids
  timed_out,      ///< killed at its deadline
  out_of_memory,  ///< passed its memory limit
  bad_reply,      ///< broke the protocol, or passed a limit on results
  unavailable,    ///< no plugin for this format, or its host cannot be started
};
const char* name_of(mishap what);

struct reply {
  liaison_status status = LIAISON_UNSUPPORTED;
  plugin::mishap mishap = plugin::mishap::none;
  std::vector<part> parts;
  std::vector<model::issue> issues;
  std::string format;  ///< recognise: the best match, empty when none claims it
  unsigned score = 0;  ///< recognise: how sure it is of that, 100 is beyond doubt
  std::string plugin;  ///< "fr.liaison.hprim 0.1.0"
  std::uint64_t elapsed_us = 0;

  const part* find(liaison_part_role role) const {
    for (const part& p : parts)
      if (p.role == role) return &p;
    return nullptr;
  }
};

struct translator_info {
  std::string format;
  std::vector<std::string> profiles;
  std::vector<std::string> wraps;  ///< profiles whose encode wraps documents; "*": all
  std::vector<operation> operations;
  std::string plugin_id, plugin_version, file;
};

/// Thread: the executor's; callbacks run there, never from inside the call.
class translators {
 public:
  virtual ~translators() = default;
  virtual void call(request what, std::function<void(reply)> then) = 0;
  virtual const std::vector<translator_info>& list() const = 0;
};

}  // namespace liaison::plugin
