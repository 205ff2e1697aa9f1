// SPDX-License-Identifier: Apache-2.0
// A pivot as an encoder of results and letters wants it: one view for each Composition, made from whatever translator
// wrote the Bundle (docs/reference/pivot.md). Values keep their row of the account; who writes one, carries it.
#pragma once

#include "pivot_terms.hpp"

#include <liaison/common/pivot.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

struct view_identifier {
  sourced value;
  std::string system, type;
};

struct view_person {
  const json_value* node = nullptr;
  sourced family, birth_family;
  std::vector<sourced> given;
  std::vector<sourced> birth_given;
  sourced prefix, birth_date, gender;
  std::vector<sourced> address_lines;
  sourced postal_code, city, country;
  std::vector<sourced> phones, mails;
  std::vector<view_identifier> identifiers;
  sourced birth_place_code, birth_place_town, birth_place_postal_code, identity_status;
};

struct view_party {
  const json_value* node = nullptr;  ///< null: there is none
  std::vector<sourced> name;         ///< in the order in which they are written; parted by a blank
  sourced organization;
  std::vector<view_identifier> identifiers;
  std::string text() const;
};

struct view_section {
  const json_value* node = nullptr;
  sourced title;
  std::string text;  ///< from the narrative
  bool preformatted = false;
};

struct view_quantity {
  std::vector<sourced> sources;  ///< the leaves that it is made of
  std::string comparator, number, unit, text;
  sourced unit_source, low, high, range_text;
  bool is_number() const { return !number.empty(); }
  bool empty() const { return number.empty() && text.empty(); }
  std::string understood() const { return number.empty() ? text : comparator + number; }
};

struct view_result {
  const json_value* node = nullptr;
  const json_value* report = nullptr;  ///< DiagnosticReport that lists it; may be null
  sourced label, code, code_system, status, flag, issued;
  view_quantity first, second;
  std::vector<sourced> notes;
};

struct view_attachment {
  const json_value* reference = nullptr;  ///< the DocumentReference
  const json_value* binary = nullptr;
  std::string content_type;
  sourced title;
};

struct view_document {
  const json_value* composition = nullptr;
  view_person patient;  ///< node null: nobody
  view_party sender, author;
  std::vector<view_party> recipients;
  sourced title, date;
  std::vector<view_section> sections;
  std::vector<const json_value*> reports;
  std::vector<view_result> results;
  std::vector<view_attachment> attachments;
};

std::vector<view_document> documents_of(const pivot_reader& pivot);
view_person read_person(const pivot_reader& pivot, const json_value* patient);
view_party read_party(const pivot_reader& pivot, const json_value* reference);
/// Results of a report in order, batteries taken apart; adds to `results`.
void read_results(const pivot_reader& pivot, const json_value* report, std::vector<view_result>& results);
view_result read_observation(const pivot_reader& pivot, const json_value* observation);

/// References, types, fullUrls and extension URLs: what the target's own structure says.
void account_for_structure(pivot_reader& pivot);

}  // namespace liaison::hprim
