// SPDX-License-Identifier: Apache-2.0
// A Composition for content that comes without one: what DocumentReference, DiagnosticReport or loose Observations
// say of the document that they are, so that every encoder finds a document (docs/reference/pivot.md).
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <liaison/common/account.hpp>

#include <functional>
#include <string>

namespace liaison::fhir {

struct composed {
  std::string composition;             ///< JSON of the resource; empty when the content is no document
  node_id document_identifier = none;  ///< what the Bundle's identifier is made of
};

/// `url_of` gives the fullUrl that an entry's resource gets in the pivot. The Composition becomes entry 0.
composed compose(const bundle_view& of, std::string_view now, const std::function<std::string(node_id)>& url_of,
                 placements& where, account* ledger);

}  // namespace liaison::fhir
