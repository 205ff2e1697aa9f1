// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a CDA document, or with a pivot that becomes one; docs/reference/cda-issues.md is generated
// from the table. No other file of this plugin spells a code.
#pragma once

#include <liaison/common/findings.hpp>

namespace liaison::cda {

enum class finding : std::uint8_t {
  // reading
  empty,
  dtd,
  not_well_formed,
  encoding_unknown,
  wrong_charset,
  too_large,
  too_deep,
  too_many_nodes,
  too_many_attributes,
  too_many_names,
  too_many_namespaces,
  two_identities,
  time_unreadable,
  bad_base64,
  base64_padding,
  empty_body,
  body_missing,
  // validate: the document
  realm_code,
  type_id,
  template_missing,
  level_1_templates,
  template_version,
  element_missing,
  document_id,
  type_foreign,
  confidentiality,
  language,
  version_number,
  related_document,
  time_format,
  time_impossible,
  time_without_zone,
  time_imprecise,
  // validate: the patient
  record_target,
  patient_id,
  ins_missing,
  ins_key,
  ins_traits,
  name_qualifier,
  sex,
  birth_time,
  birth_place,
  guardian,
  // validate: people and organisations
  author_missing,
  author_time,
  author_id,
  author_kind,
  informant,
  custodian,
  recipient_id,
  legal_authenticator,
  authenticator,
  participant_time,
  participant,
  organization_id,
  telecom,
  address_forms,
  // validate: acts and encounter
  main_act,
  encounter,
  // validate: the body
  no_body,
  media_type,
  media_type_missing,
  media_type_foreign,
  representation,
  section,
  section_text,
  copy_missing,
  reference_dangling,
  xsd,
  official_file,
  // writing
  pivot_unreadable,
  no_document,
  several_documents,
  patient_missing,
  date_missing,
  file_missing,
  nothing_to_write,
  narrative,
  type_unknown,
  facility_type_assumed,
  practice_setting_assumed,
  birth_time_missing,
  author_unknown,
  custodian_unknown,
  legal_authenticator_assumed,
  responsible_unknown,
  // end of the list
  count
};

using findings = finding_list<finding>;
extern const findings::table finding_table;

const finding_row<finding>& row_of(finding id);

/// Reports at once, with the table's severity and sentence; `detail` follows the sentence and holds no value.
void tell(const call& to, finding id, std::string_view location, std::string_view detail = {});

}  // namespace liaison::cda
