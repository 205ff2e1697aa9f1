// SPDX-License-Identifier: Apache-2.0
// Formats by media type and activities by encounter (JDV_J03, TRE_R209); classes and formats by template are in
// plugins/common.
#include "tables.hpp"

#include <liaison/common/document_codes.hpp>
#include <liaison/common/text.hpp>

#include <array>

namespace liaison::xdm {
namespace {

constexpr std::string_view oid_classes = "1.2.250.1.213.1.1.4.1";
constexpr std::string_view oid_formats_fr = "1.2.250.1.213.1.1.4.2.282", oid_formats_ihe = "1.3.6.1.4.1.19376.1.2.3";
constexpr std::string_view oid_activities = "1.2.250.1.213.2.2";

/// N1 and documents that are no CDA: by what is inside.
struct media_row {
  std::string_view type, suffix, format, name;
};
constexpr std::array<media_row, 12> media{{
    {"application/pdf", "PDF", "urn:ihe:iti:xds-sd:pdf:2008", "PDF"},
    {"text/plain", "TXT", "urn:ihe:iti:xds-sd:text:2008", "Texte"},
    {"application/rtf", "RTF", "urn:ihe:iti-fr:xds-sd:rtf:2010", "RTF"},
    {"text/rtf", "RTF", "urn:ihe:iti-fr:xds-sd:rtf:2010", "RTF"},
    {"image/jpeg", "JPG", "urn:ihe:iti-fr:xds-sd:jpeg:2010", "JPEG"},
    {"image/tiff", "TIF", "urn:ihe:iti-fr:xds-sd:tiff:2010", "TIFF"},
    {"image/png", "PNG", "", ""},
    {"text/html", "HTM", "", ""},
    {"text/xml", "XML", "", ""},
    {"application/xml", "XML", "", ""},
    {"application/xslt+xml", "XML", "", ""},
    {"application/fhir+json", "JSN", "", ""},
}};

/// v3 ActCode of the encounter → TRE_R209 (JDV_J03).
struct activity_row {
  std::string_view encounter, code, label;
};
constexpr std::array<activity_row, 8> activities{{
    {"IMP", "03", "Hospitalisation complète (non compris hospitalisation de semaine)"},
    {"ACUTE", "03", "Hospitalisation complète (non compris hospitalisation de semaine)"},
    {"AMB", "07", "Consultations soins externes"},
    {"EMER", "07", "Consultations soins externes"},
    {"EXTERNE", "07", "Consultations soins externes"},
    {"SEANCE", "19", "Traitement et cure ambulatoire"},
    {"VR", "60", "Consultations et actes"},
    {"", "97", "Type d'activité indifférencié"},
}};

template <class Table, class Same>
auto find_in(const Table& table, Same same) -> const typename Table::value_type* {
  for (const auto& row : table)
    if (same(row)) return &row;
  return nullptr;
}

code_value format_value(std::string_view code, std::string_view name) {
  return {std::string(code), std::string(name),
          std::string(code.starts_with("urn:ihe:") ? oid_formats_ihe : oid_formats_fr)};
}

}  // namespace

std::optional<code_value> class_of_type(std::string_view code) {
  const std::string_view found = documents::class_of_type(code);
  if (found.empty()) return std::nullopt;
  return code_value{std::string(found), std::string(documents::class_display(found)), std::string(oid_classes)};
}

std::optional<code_value> format_of_template(std::string_view root) {
  const std::string_view found = documents::format_of_template(root);
  if (found.empty()) return std::nullopt;
  return format_value(found, found);
}

std::optional<code_value> format_of_media(std::string_view media_type) {
  const auto* row = find_in(media, [&](const media_row& r) { return equals_ignoring_case(r.type, media_type); });
  if (row == nullptr || row->format.empty()) return std::nullopt;
  return format_value(row->format, row->name);
}

std::string_view suffix_of_media(std::string_view media_type) {
  const auto* row = find_in(media, [&](const media_row& r) { return equals_ignoring_case(r.type, media_type); });
  return row == nullptr ? "BIN" : row->suffix;
}

code_value activity_of_encounter(std::string_view code) {
  const auto* row = find_in(activities, [&](const activity_row& r) { return r.encounter == code; });
  if (row == nullptr) row = &activities.back();
  return {std::string(row->code), std::string(row->label), std::string(oid_activities)};
}

std::string_view media_of_bytes(std::string_view bytes) {
  struct magic_row {
    std::string_view begin, type;
  };
  static constexpr std::array<magic_row, 8> magics{{{"%PDF-", "application/pdf"},
                                                    {"{\\rtf", "application/rtf"},
                                                    {"\xFF\xD8\xFF", "image/jpeg"},
                                                    {"\x89PNG", "image/png"},
                                                    {"II*", "image/tiff"},
                                                    {std::string_view("MM\0*", 4), "image/tiff"},
                                                    {"PK\x03\x04", "application/zip"},
                                                    {"<?xml", "text/xml"}}};
  const auto* row = find_in(magics, [&](const magic_row& r) { return bytes.starts_with(r.begin); });
  return row == nullptr ? std::string_view{} : row->type;
}

}  // namespace liaison::xdm
