// SPDX-License-Identifier: Apache-2.0
// The code lists of the French profile that metadata are made from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace liaison::xdm {

struct code_value {
  std::string code, display, system;  ///< `system` is an OID
};

/// The class to which a type belongs (ASS_X04); nothing when the table does not say.
std::optional<code_value> class_of_type(std::string_view code);

/// formatCode of a CDA by one of its templateIds (ASS_A11), of an N1 and of files by their media type.
std::optional<code_value> format_of_template(std::string_view root);
std::optional<code_value> format_of_media(std::string_view media_type);
/// Three letters for the name of a file.
std::string_view suffix_of_media(std::string_view media_type);
/// What the first bytes say that a file is; empty when they say nothing.
std::string_view media_of_bytes(std::string_view bytes);

/// contentTypeCode of the submission set by the class of the encounter.
code_value activity_of_encounter(std::string_view code);

}  // namespace liaison::xdm
