// SPDX-License-Identifier: Apache-2.0
// What can be wrong with an XDM archive; docs/reference/xdm-issues.md is generated from the table.
#pragma once

#include <liaison/common/findings.hpp>

namespace liaison::xdm {

enum class finding : std::uint8_t {
  // the archive
  not_zip,
  zip_damaged,
  zip_encrypted,
  zip_method,
  zip_crc,
  zip_wrong_size,
  zip_bomb,
  zip_too_large,
  zip_too_many_entries,
  zip_unsafe_name,
  zip_link,
  zip_duplicate_name,
  zip_overlap,
  zip_names,
  // its layout
  metadata_missing,
  metadata_misplaced,
  metadata_unreadable,
  several_sets,
  no_document,
  too_many_documents,
  document_missing,
  document_by_name,
  extra_file,
  nested_archive,
  index_missing,
  readme_missing,
  // the metadata
  hash_mismatch,
  size_mismatch,
  attribute_missing,
  double_escaped,
  mime_mismatch,
  class_mismatch,
  association_missing,
  unknown_action,
  mixed_actions,
  two_patients,
  // writing
  nothing_to_write,
  document_unreadable,
  no_patient,
  two_identities,
  ins_withheld,
  attribute_added,
  no_deletion,
  // end of the list
  count
};

using findings = finding_list<finding>;
extern const findings::table finding_table;

}  // namespace liaison::xdm
