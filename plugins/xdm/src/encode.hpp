// SPDX-License-Identifier: Apache-2.0
// Pivot and documents to carry → IHE_XDM.ZIP.
#pragma once

#include "encodings.hpp"
#include "metadata.hpp"

#include <liaison/common/pivot.hpp>
#include <liaison/common/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

/// The endpoint's options.
struct write_options {
  std::string source_id;  ///< OID of the sending system
  coded content_type, facility, practice;
};

/// What a pivot says that the documents themselves do not, or that stands for them when they are no CDA. What is taken
/// is carried in the account to `target`.
class pivot_source {
 public:
  explicit pivot_source(pivot_reader& pivot);

  std::size_t composition_count() const { return compositions_.size(); }
  /// The i-th Composition; the only one stands for all documents. Null when there is none.
  const json_value* composition(std::size_t document) const;
  const json_value* patient() const { return patient_; }

  bool is_qualified() const;
  std::vector<identifier> patient_ids(std::string_view target);
  std::vector<sourced> patient_info(std::string_view target);

  std::vector<coded> masks(const json_value* composition, std::string_view target);
  std::vector<sourced> recipients(const json_value* composition, std::string_view target);
  std::vector<author> sender(const json_value* composition, std::string_view target);
  std::vector<author> authors(const json_value* composition, std::string_view target);
  /// "root" or "root^extension" of the document that this one replaces.
  std::string replaced(const json_value* composition, std::string_view target);
  std::string document_id();
  std::string encounter_class() const;
  bool is_deleted(const json_value* composition, std::string_view target);

  std::string take(const json_value* node, std::string_view path, std::string_view target);
  coded take_code(const json_value* concept_, std::string_view target);  ///< of a CodeableConcept
  pivot_reader& pivot() { return pivot_; }

 private:
  author party(const json_value* resource, std::string_view target);
  person person_of(const json_value* practitioner, std::string_view target);
  organization organization_of(const json_value* resource, std::string_view target);
  identifier identifier_of(const json_value* resource, std::string_view preferred, std::string_view target);
  std::string mail_of(const json_value* resource, std::string_view target);

  pivot_reader& pivot_;
  std::vector<const json_value*> compositions_;
  const json_value* patient_ = nullptr;
};

liaison_status encode_archive(const call& request);

}  // namespace liaison::xdm
