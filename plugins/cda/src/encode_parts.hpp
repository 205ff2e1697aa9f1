// SPDX-License-Identifier: Apache-2.0
// The parts of encode: which model a document follows, its header, its body.
#pragma once

#include "writing.hpp"

#include <vector>

namespace liaison::cda {

/// What a type of document asks of its header beyond the minimal rules.
struct document_model {
  struct model_template {
    std::string_view root;
    std::string_view extension;
  };
  std::vector<model_template> templates;
  std::string_view fixed_title;
  std::string_view act_code, act_display, act_system;
  /// Sections without which the model is not valid.
  struct required_section {
    std::string_view code, title;
  };
  std::vector<required_section> sections;
  /// Other sections of the model; what is in neither list claims no template. Both empty: none does.
  std::vector<std::string_view> optional_sections;
  bool has_section(std::string_view code) const;
  bool is_laboratory = false;
  bool is_level_1 = true;
};

inline constexpr entity_names assigned_names{"assignedPerson", "representedOrganization"};

/// What the extension `participant` says.
struct participation {
  sourced type;
  const json_value* actor = nullptr;
  const json_value* function = nullptr;
  const json_value* period = nullptr;
};
participation read_participation(const writing& w, const json_value* extension);
party first_author(const writing& w);

/// Whether the pivot says that the national identifier may leave.
bool identity_is_qualified(const writing& w);
void write_record_target(writing& w);
/// From author to inFulfillmentOf, in the schema's order.
void write_header_people(const writing& w);

void write_document_header(writing& w, const document_model& model);

/// nonXMLBody: the file of the pivot, or its text.
liaison_status write_level_1_body(writing& w);
/// structuredBody: sections with their narrative, laboratory results coded.
void write_level_3_body(writing& w, const document_model& model);

/// Sections of the pivot as plain text, as a letter is printed.
std::string body_text(const writing& w);

/// The DocumentReference that is the document's own file; null when there is none.
const json_value* main_file(const writing& w);

}  // namespace liaison::cda
