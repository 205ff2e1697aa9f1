// SPDX-License-Identifier: Apache-2.0
// Bytes of a FHIR message, JSON or XML, to a tree, with what is wrong about them.
#pragma once

#include "json_parser.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::fhir {

enum class syntax : std::uint8_t { unknown, json, xml };

/// By the first bytes alone.
syntax syntax_of(std::string_view head);

struct message {
  fhir::syntax syntax = syntax::unknown;
  tree resource;
  parsed result;
};

/// `bytes` must outlive `into`. False when they are no FHIR at all (another format, no resourceType).
bool read_message(std::string_view bytes, message& into);

/// Tells the defects to the host. The status is REJECT when the message cannot be used: it is cut, or two
/// readers would read two things in it.
liaison_status report_defects(const call& of, const message& read);

}  // namespace liaison::fhir
