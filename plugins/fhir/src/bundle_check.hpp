// SPDX-License-Identifier: Apache-2.0
// Rules that hold between the entries of a Bundle: fullUrls, files and what is said of them, identities.
#pragma once

#include "bundle.hpp"
#include "findings.hpp"

namespace liaison::fhir {

/// Size and hash as an Attachment declares them, against the base64 `data` that came with it; nothing for no data.
void check_file(const tree& of, findings& into, node_id attachment, node_id data);

void check_bundle(const bundle_view& of, findings& into);

}  // namespace liaison::fhir
