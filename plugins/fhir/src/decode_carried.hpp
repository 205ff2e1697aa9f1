// SPDX-License-Identifier: Apache-2.0
// A submission (ITI-65, ITI-105) around a document of another format: the document's own pivot is the base, and what
// only the envelope knows is added to it (docs/decisions/0006).
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <liaison/common/plugin.hpp>

#include <optional>
#include <string>

namespace liaison::fhir {

/// Nothing when the host gave no pivot of a document that `source` holds.
std::optional<std::string> decode_carried(const call& of, const bundle_view& source, placements& where);

}  // namespace liaison::fhir
