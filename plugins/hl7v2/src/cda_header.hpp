// SPDX-License-Identifier: Apache-2.0
// The few attributes of a CDA header that an HL7v2 message around it repeats: number, type, replaced document. Read
// from the text without building a tree; whoever judges the document itself is the CDA translator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

struct document_id {
  std::string root, extension;
  bool empty() const { return root.empty(); }
  /// Roots compare without case: UUIDs are written in both.
  bool operator==(const document_id& other) const;
};

struct cda_header {
  document_id id, parent;  ///< parent: relatedDocument of type RPLC
  std::string code, code_system, code_display;
  std::vector<document_id> patient;  ///< ids of the recordTarget
};

/// Nothing when the text is no ClinicalDocument in an encoding that ASCII can be told in, or its header is longer than
/// 256 KiB.
std::optional<cda_header> read_cda_header(std::string_view xml);

}  // namespace liaison::hl7v2
