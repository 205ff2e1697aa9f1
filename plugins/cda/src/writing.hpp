// SPDX-License-Identifier: Apache-2.0
// One CDA document being written from a pivot: what the parts of encode share, and FHIR data types as CDA's.
#pragma once

#include "cda_findings.hpp"
#include "xml_out.hpp"

#include <liaison/common/pivot.hpp>
#include <liaison/common/plugin.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace liaison::cda {

/// What the narrative of the section being written shows, by its text: entries refer to it by ID.
struct narrative_state {
  std::map<std::string, std::string> id_of_text;
  std::set<std::string> used_ids;  ///< of the whole document
  std::set<std::string> wanted;    ///< texts that entries of the section will refer to
  unsigned made = 0;
  /// Whether the templates of the CI-SIS are claimed for what is written: a section outside the document's model is not
  /// held to them.
  bool claims_templates = true;

  std::string new_id();
};

struct writing {
  const call& of;
  pivot_reader& pivot;
  account* book;
  xml_out& out;
  narrative_state& narrative;
  const json_value* composition = nullptr;
  const json_value* patient = nullptr;
  std::string created;  ///< TS of the document
  bool ins_may_leave = false;
  bool laboratory = false;  ///< CR-BIO: what is not known of an entity is said to be unknown

  sourced get(const json_value* node, std::string_view path) const { return pivot.get(node, path); }
  static const json_value* find(const json_value* node, std::string_view path) {
    return pivot_reader::find(node, path);
  }
  static std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }
  /// Element `index` of the array at `path`; null behind the last.
  static const json_value* item(const json_value* node, std::string_view path, std::size_t index) {
    return pivot_reader::find(node, std::string(path) + '/' + std::to_string(index));
  }
  const json_value* resolve(const json_value* node, std::string_view path) const {
    return pivot.resolve(pivot_reader::find(node, path));
  }
  /// Extension of that URL; null when there is none.
  static const json_value* extension(const json_value* node, std::string_view url, std::size_t nth = 0);
  void added(std::string_view value, std::string_view reason) const;
  void assume(finding what) const;  ///< a warning: CI-SIS requires it, the pivot has none
};

/// The same value in another notation: keeps the row.
sourced with(std::string text, const sourced& of);

void write_id(const writing& w, const json_value* identifier, std::string_view name = "id");
/// All identifiers at `path`; an id made from the resource's place when there is none and one is required.
void write_ids(const writing& w, const json_value* resource, std::string_view required_root);
/// CodeableConcept (or Coding) as CD; nothing when it says nothing. `label` is what the narrative calls it, for a
/// concept without text of its own.
bool write_code(const writing& w, const json_value* concept_or_coding, std::string_view name,
                std::string_view xsi_type = {}, std::string_view label = {});
/// As `nullFlavor` with a translation when the first coding is of none of these systems.
bool write_code_of(const writing& w, const json_value* concept_node, std::string_view name,
                   std::initializer_list<std::string_view> oids);
/// `nullFlavor` OTH with all codings as translations.
void write_translated_code(const writing& w, const json_value* concept_node, std::string_view name);
/// Whether a functionCode must be of JDV_J47 (an author's) or may say another as a translation.
enum class function_rule : std::uint8_t { listed, any };
void write_function(const writing& w, const json_value* concept_node, function_rule rule);
/// A code whose own system is not the one that is wanted: `nullFlavor` NA, all codings as translations.
void write_foreign_code(const writing& w, const json_value* concept_node, std::string_view name,
                        std::string_view label);
/// Name of a product or agent: the pivot keeps it as a coding without a code, or as the text of the code.
void write_product_name(const writing& w, const json_value* concept_node, std::string_view name);
/// originalText: a reference to the narrative where it shows the text; else the text itself, or nothing.
enum class when_not_shown : std::uint8_t { write_inline, leave_out };
void write_original_text(const writing& w, const sourced& text, when_not_shown otherwise);
/// A code as CDA's type cs takes it: without blanks.
std::string code_token(std::string_view code);
/// A FHIR dateTime as HL7 TS; empty when it is none.
std::string ts_of(std::string_view date_time);
/// FHIR dateTime at `path` as element `name` with @value.
bool write_time(const writing& w, const json_value* node, std::string_view path, std::string_view name);
void write_interval(const writing& w, const json_value* period, std::string_view name);
/// Each telecom once: `written` holds those of the entity so far.
void write_telecoms(const writing& w, const json_value* resource, std::set<std::string>& written);
void write_addresses(const writing& w, const json_value* resource);
void write_address(const writing& w, const json_value* address, std::string_view name = "addr");
void write_name(const writing& w, const json_value* human_name);

/// The parts of a party: any may be null.
struct party {
  const json_value* role = nullptr;
  const json_value* practitioner = nullptr;  ///< or RelatedPerson, Patient
  const json_value* organization = nullptr;
  const json_value* device = nullptr;
  explicit operator bool() const {
    return role != nullptr || practitioner != nullptr || organization != nullptr || device != nullptr;
  }
};
party party_of(const writing& w, const json_value* reference);

/// Names of an entity's children, by participation.
struct entity_names {
  std::string_view person;
  std::string_view organization;
};
/// What code, practice setting and the rest an entity shows.
enum class practice_setting : std::uint8_t { as_known, required };
/// Whether an entity must be named by a PS_IdNat: said to be unknown when it has none.
enum class id_rule : std::uint8_t { any, ps_idnat };
void write_entity(const writing& w, const party& who, std::string_view name, const entity_names& names,
                  practice_setting setting = practice_setting::as_known, id_rule ids = id_rule::any);
void write_organization(const writing& w, const json_value* organization, std::string_view name,
                        practice_setting setting = practice_setting::as_known);

/// A string of the endpoint's options; empty when absent.
std::string endpoint_option(const call& of, std::string_view name);

}  // namespace liaison::cda
