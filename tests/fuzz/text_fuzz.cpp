// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_common liaison_observe
// What all translators share for bytes of unknown origin: character sets, base64, dates, identifiers, XHTML, and the
// writers of JSON and XML text. The first byte chooses the character set.
#include "core/observe/json_text.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>
#include <liaison/json_text.hpp>

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

void look_at_charset(std::string_view bytes, charset set) {
  const decoded as_told = to_utf_8(bytes, set);
  must(is_utf_8(as_told.text));
  must(charset_named(name_of(set)) == set);
  const decoded guessed = detect_and_decode(bytes);
  must(is_utf_8(guessed.text));
  must(guessed.text.size() <= 4 * bytes.size() + 4);
  // What a set can say comes back from it.
  const encoded back = from_utf_8(as_told.text, set);
  if (const auto exactly = from_utf_8_exactly(as_told.text, set)) {
    // Into UTF-16 marks are joined with their letters.
    const bool joins = set == charset::utf_16le || set == charset::utf_16be;
    must(back.transliterated.empty() && (joins || back.bytes == *exactly));
    must(to_utf_8(*exactly, set).text == as_told.text || as_told.had_bom || as_told.double_encoding_mended);
  } else {
    must(!back.transliterated.empty());
  }
}

void look_at_base64(std::string_view text) {
  base64_defects defects;
  const auto bytes = base64_decode(text, &defects);
  if (bytes) {
    must(base64_decode(base64_encode(*bytes)) == bytes);
    must(bytes->size() <= text.size());
  } else {
    must(defects.invalid_at || defects.impossible_length || defects.padding_missing);
  }
  must(!defects.invalid_at || *defects.invalid_at < text.size());
  must(base64_decode(base64_encode(text)) == text);
}

void look_at_dates(std::string_view text) {
  if (const auto fhir = fhir_from_hl7(text)) {
    must(fhir->size() >= 4 && fhir->size() < text.size() + 20);
    must(hl7_from_fhir(*fhir, hl7_zone::keep).has_value());
    must(hl7_from_fhir(*fhir, hl7_zone::drop).has_value());
  }
  (void)hl7_from_fhir(text, hl7_zone::keep);
  if (const auto iso = iso_from_french_date(text, "2026-03-02T10:15:01Z")) must(iso->size() == 10);
  (void)french_from_iso_date(text);
}

// What is written between quotes is JSON whatever it was made from.
void look_at_json(std::string_view text) {
  std::string one, other;
  detail::append_json_string(one, text);
  observe::append_json_string(other, text, 512);
  for (const std::string& written : {one, other}) {
    rapidjson::Document read;
    read.Parse<rapidjson::kParseValidateEncodingFlag>(written.data(), written.size());
    must(!read.HasParseError() && read.IsString());
    must(written.find('\n') == std::string::npos && written.find('\0') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr charset sets[] = {charset::utf_8,       charset::utf_16le, charset::utf_16be, charset::windows_1252, charset::iso_8859_1,
                              charset::iso_8859_15, charset::macroman, charset::cp850,    charset::us_ascii};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  look_at_charset(text, sets[data[0] % std::size(sets)]);
  look_at_base64(text);
  look_at_dates(text);
  look_at_json(text);
  (void)xhtml_text(text);
  (void)charset_named(text);
  (void)nir_key_is_right(text);
  (void)is_oid(text);
  (void)is_uuid(text);
  (void)oid_of_system(system_of_oid(text));
  (void)identifier_kind_of(text);
  const std::string escaped = escape_xml(text);
  must(escaped.find('<') == std::string::npos && escaped.find('"') == std::string::npos);
  return 0;
}
