// SPDX-License-Identifier: Apache-2.0
// What the header of a CDA says of it in terms of XDS (CI-SIS, "Lien en-tête CDA – métadonnées XDS"): the metadata of a
// document that is carried as it stands come from its own bytes.
#pragma once

#include "encodings.hpp"
#include "metadata.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

struct cda_header {
  document_entry entry;  ///< without hash, size, URI, ids of the registry and patientId
  std::vector<identifier> patient_ids;
  std::string replaces;         ///< "root" or "root^extension" of the document that this one replaces
  std::string encounter_class;  ///< code of the encounter, "IMP"
  organization custodian;
};

/// Nothing when the bytes are no readable CDA. `zone` is that of times without one.
std::optional<cda_header> read_cda_header(std::string_view bytes, std::string_view zone);

}  // namespace liaison::xdm
