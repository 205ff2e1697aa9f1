// SPDX-License-Identifier: Apache-2.0
// Level 3: narrative from XHTML, results as coded entries.
#pragma once

#include "encode_parts.hpp"

namespace liaison::cda {

/// A FHIR narrative as the content of section/text; nothing when it is no XHTML or says nothing.
void write_narrative(const writing& w, const json_value* div_holder);
/// A table of a report's results with norms and flags.
void write_result_table(const writing& w, const json_value* report);
/// Labels of a report's results that the narrative just written does not show: entries must refer to them.
void write_missing_labels(const writing& w, const json_value* report);
/// The same for any labels; `heading` introduces them.
void write_missing_labels(const writing& w, const std::vector<std::string>& labels, std::string_view heading);
/// Markup of a text that entries may refer to: it gets an ID, the same text the same one.
std::string shown_text(const writing& w, const std::string& text);
/// The value of an Observation or of a component, and its reference range, as a person reads them.
std::string printed_value(const json_value* node);
std::string printed_range(const json_value* node);
/// What a result is called: its text, else its display.
std::string printed_label(const json_value* observation);
/// The entry of one DiagnosticReport.
/// `files` are images that belong to it.
void write_report_entry(const writing& w, const json_value* report, const std::vector<const json_value*>& files = {});
/// Section "Copie du document" (1.2.250.1.213.1.1.2.243) with its file.
void write_pdf_copy(const writing& w, const json_value* section, const json_value* file);
/// Whether the templates of a section, by its LOINC code, want an entry.
bool wants_entry(std::string_view code);
/// The entry without which such a section is not valid: it says that nothing is known; `text_id` is where the narrative
/// says so. Nothing for other sections.
void write_absent_entry(const writing& w, std::string_view code, const std::string& text_id);
/// entry with a file that is attached to a section.
void write_attached_file(const writing& w, const json_value* file);
/// Decoded and encoded again only when it must be: base64 of a Binary's data, without blanks.
sourced file_data(const writing& w, const json_value* document_reference);

}  // namespace liaison::cda
