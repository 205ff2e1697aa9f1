// SPDX-License-Identifier: Apache-2.0
// A document on its way to a document-sharing infrastructure as PDSm (Agence du numérique en santé) and MHD (IHE) want
// it: the metadata that the pivot knows, the document itself untouched.
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <liaison/common/plugin.hpp>

#include <optional>
#include <string>

namespace liaison::fhir {

/// ITI-65: a transaction Bundle of SubmissionSet, DocumentReferences, Binaries, Patient and, for a replacement, the
/// patch of what is replaced. Nothing, and an error reported, when the pivot lacks what PDSm requires.
std::optional<std::string> write_submission(const call& of, const bundle_view& pivot, placements& where,
                                            account& ledger);

/// ITI-105: one DocumentReference with the document in it.
std::optional<std::string> write_simplified_publish(const call& of, const bundle_view& pivot, placements& where,
                                                    account& ledger);

}  // namespace liaison::fhir
