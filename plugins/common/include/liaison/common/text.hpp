// SPDX-License-Identifier: Apache-2.0
// Small text functions that several translators need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace liaison {

std::string_view trim(std::string_view text);  ///< ASCII blanks, tabs, CR, LF, and U+00A0
std::vector<std::string_view> split(std::string_view text, char separator);
bool equals_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII
bool is_digits(std::string_view text);
bool is_json_number(std::string_view text);  ///< "-1.50": what may be written as a FHIR decimal, as it stands
std::string escape_xml(std::string_view text);  ///< & < > " and characters XML 1.0 forbids (left out)

/// Plain text of a FHIR narrative or any XHTML fragment: paragraphs and rows on lines of their own, cells
/// parted by two blanks, list items with "- ", `<pre>` and `<br/>` as they stand. Not a validator: reads what libxml2's
/// callers have already checked, and hostile text only costs linear time.
std::string xhtml_text(std::string_view xhtml);

/// Kind and validity of a matricule: length 15 and key of a NIR, 2A/2B included.
bool nir_key_is_right(std::string_view matricule);

}  // namespace liaison
