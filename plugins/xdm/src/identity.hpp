// SPDX-License-Identifier: Apache-2.0
// Whose documents an archive holds, as its metadata say.
#pragma once

#include "encodings.hpp"
#include "package.hpp"

#include <liaison/facts.hpp>

#include <string>
#include <vector>

namespace liaison::xdm {

/// One value of sourcePatientInfo, "PID-5|LEROUX^JEANNE^^^^^L".
struct info_line {
  std::string segment_field;  ///< "PID-5"
  sourced value;              ///< what stands behind the bar
};
std::vector<info_line> lines_of(const document_entry& of);

/// All that the metadata say of the patient. `is_trusted`: an INS with its five traits counts as qualified.
enum class link : std::uint8_t { unknown, trusted };
facts::patient patient_of(const package& what, link from);

/// Reports two patients: two matricules, or two local numbers of one authority.
void check_patient(const package& what, findings& found);

/// "urn:oid:…" of an OID, else as it stands ("root^extension").
std::string document_id(std::string_view unique_id);

/// "trusted" of the endpoint's options.
link link_of(const call& request);

}  // namespace liaison::xdm
