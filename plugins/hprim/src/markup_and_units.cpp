// SPDX-License-Identifier: Apache-2.0
// Two tables of laboratory texts: HTML entities that leak into them, and units with their UCUM code where that is
// certain.
#include "byte_search.hpp"
#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <cctype>

namespace liaison::hprim {
namespace {

struct entity_row {
  std::string_view name, character;
};

constexpr entity_row entities[] = {
    {"AElig", "Æ"},  {"Aacute", "Á"},      {"Acirc", "Â"},  {"Agrave", "À"}, {"Auml", "Ä"},   {"Ccedil", "Ç"},
    {"Eacute", "É"}, {"Ecirc", "Ê"},       {"Egrave", "È"}, {"Euml", "Ë"},   {"Icirc", "Î"},  {"Iuml", "Ï"},
    {"OElig", "Œ"},  {"Ocirc", "Ô"},       {"Ouml", "Ö"},   {"Ucirc", "Û"},  {"Ugrave", "Ù"}, {"Uuml", "Ü"},
    {"aacute", "á"}, {"acirc", "â"},       {"aelig", "æ"},  {"agrave", "à"}, {"alpha", "α"},  {"amp", "&"},
    {"apos", "'"},   {"auml", "ä"},        {"beta", "β"},   {"bull", "•"},   {"ccedil", "ç"}, {"copy", "©"},
    {"deg", "°"},    {"divide", "÷"},      {"eacute", "é"}, {"ecirc", "ê"},  {"egrave", "è"}, {"euml", "ë"},
    {"euro", "€"},   {"frac12", "½"},      {"frac14", "¼"}, {"gamma", "γ"},  {"ge", "≥"},     {"gt", ">"},
    {"hellip", "…"}, {"iacute", "í"},      {"icirc", "î"},  {"iuml", "ï"},   {"laquo", "«"},  {"ldquo", "“"},
    {"le", "≤"},     {"lsquo", "‘"},       {"lt", "<"},     {"mdash", "—"},  {"micro", "µ"},  {"middot", "·"},
    {"mu", "μ"},     {"nbsp", "\xC2\xA0"}, {"ndash", "–"},  {"ntilde", "ñ"}, {"oacute", "ó"}, {"ocirc", "ô"},
    {"oelig", "œ"},  {"ordm", "º"},        {"ouml", "ö"},   {"plusmn", "±"}, {"quot", "\""},  {"raquo", "»"},
    {"rdquo", "”"},  {"reg", "®"},         {"rsquo", "’"},  {"sup2", "²"},   {"sup3", "³"},   {"times", "×"},
    {"ucirc", "û"},  {"ugrave", "ù"},      {"uuml", "ü"}};

constexpr std::size_t entity_length_max = 10;

void append_character(std::string& out, unsigned long code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Length of the entity at the start of `text` ("&…;") and what it stands for; 0 when it is none.
std::size_t entity_at(std::string_view text, std::string& out) {
  const std::size_t end = text.substr(0, entity_length_max + 2).find(';');
  if (end == std::string_view::npos || end < 3) return 0;
  std::string_view name = text.substr(1, end - 1);
  if (name[0] == '#') {
    name.remove_prefix(1);
    const bool hexadecimal = !name.empty() && (name[0] == 'x' || name[0] == 'X');
    if (hexadecimal) name.remove_prefix(1);
    unsigned long code = 0;
    if (name.empty() || name.size() > 7) return 0;
    for (const char c : name) {
      const bool digit = c >= '0' && c <= '9';
      const int lower = std::tolower(static_cast<unsigned char>(c));
      if (!digit && !(hexadecimal && lower >= 'a' && lower <= 'f')) return 0;
      code = code * (hexadecimal ? 16 : 10) + static_cast<unsigned long>(digit ? c - '0' : lower - 'a' + 10);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (code < 0x20 || (code >= 0x7F && code < 0xA0) || surrogate || code > 0x10FFFF) return 0;
    append_character(out, code);
    return end + 1;
  }
  const auto* found = std::lower_bound(std::begin(entities), std::end(entities), name,
                                       [](const entity_row& row, std::string_view key) { return row.name < key; });
  if (found == std::end(entities) || found->name != name) return 0;
  out += found->character;
  return end + 1;
}

/// Length of "<br>", "<br/>", "<br />" at the start of `text`; 0 when it is something else.
std::size_t line_break_at(std::string_view text) {
  if (text.size() < 4 || !equals_ignoring_case(text.substr(0, 3), "<br")) return 0;
  std::size_t i = 3;
  while (i < text.size() && i < 6 && text[i] == ' ') ++i;
  if (i < text.size() && text[i] == '/') ++i;
  return i < text.size() && text[i] == '>' ? i + 1 : 0;
}

struct unit_row {
  std::string_view written, ucum;
};

// Units as printed in France whose meaning leaves no doubt. "U/L" and "UI/L" are both in use and differ in UCUM.
constexpr unit_row units[] = {{"%", "%"},
                              {"/L", "/L"},
                              {"/mL", "/mL"},
                              {"/ml", "/mL"},
                              {"/mm3", "/mm3"},
                              {"/mm³", "/mm3"},
                              {"/µL", "/uL"},
                              {"10^12/L", "10*12/L"},
                              {"10^9/L", "10*9/L"},
                              {"G/L", "10*9/L"},
                              {"G/l", "10*9/L"},
                              {"Giga/L", "10*9/L"},
                              {"T/L", "10*12/L"},
                              {"T/l", "10*12/L"},
                              {"Téra/L", "10*12/L"},
                              {"U/L", "U/L"},
                              {"U/l", "U/L"},
                              {"UI/L", "[IU]/L"},
                              {"UI/l", "[IU]/L"},
                              {"UI/mL", "[IU]/mL"},
                              {"UI/ml", "[IU]/mL"},
                              {"cm", "cm"},
                              {"fL", "fL"},
                              {"fl", "fL"},
                              {"g", "g"},
                              {"g/100 mL", "g/(100.mL)"},
                              {"g/24h", "g/(24.h)"},
                              {"g/L", "g/L"},
                              {"g/dL", "g/dL"},
                              {"g/dl", "g/dL"},
                              {"g/l", "g/L"},
                              {"kPa", "kPa"},
                              {"kUI/L", "k[IU]/L"},
                              {"kg", "kg"},
                              {"kg/m2", "kg/m2"},
                              {"kg/m²", "kg/m2"},
                              {"mEq/L", "meq/L"},
                              {"mEq/l", "meq/L"},
                              {"mL", "mL"},
                              {"mL/min", "mL/min"},
                              {"ml/min", "mL/min"},
                              {"mL/min/1,73m2", "mL/min/{1.73_m2}"},
                              {"mL/min/1,73m²", "mL/min/{1.73_m2}"},
                              {"mL/min/1.73m2", "mL/min/{1.73_m2}"},
                              {"mL/min/1.73m²", "mL/min/{1.73_m2}"},
                              {"mUI/L", "m[IU]/L"},
                              {"mUI/l", "m[IU]/L"},
                              {"mUI/mL", "m[IU]/mL"},
                              {"mg", "mg"},
                              {"mg/24h", "mg/(24.h)"},
                              {"mg/L", "mg/L"},
                              {"mg/dL", "mg/dL"},
                              {"mg/g", "mg/g"},
                              {"mg/l", "mg/L"},
                              {"mg/mmol", "mg/mmol"},
                              {"mm", "mm"},
                              {"mmHg", "mm[Hg]"},
                              {"mmol/24h", "mmol/(24.h)"},
                              {"mmol/L", "mmol/L"},
                              {"mmol/l", "mmol/L"},
                              {"mmol/mol", "mmol/mol"},
                              {"mosm/kg", "mosm/kg"},
                              {"ng/L", "ng/L"},
                              {"ng/dL", "ng/dL"},
                              {"ng/l", "ng/L"},
                              {"ng/mL", "ng/mL"},
                              {"ng/ml", "ng/mL"},
                              {"nmol/L", "nmol/L"},
                              {"nmol/l", "nmol/L"},
                              {"pg", "pg"},
                              {"pg/mL", "pg/mL"},
                              {"pg/ml", "pg/mL"},
                              {"pmol/L", "pmol/L"},
                              {"pmol/l", "pmol/L"},
                              {"°C", "Cel"},
                              {"µUI/mL", "u[IU]/mL"},
                              {"µg/L", "ug/L"},
                              {"µg/dL", "ug/dL"},
                              {"µg/l", "ug/L"},
                              {"µg/mL", "ug/mL"},
                              {"µkat/L", "ukat/L"},
                              {"µm3", "um3"},
                              {"µmol/L", "umol/L"},
                              {"µmol/l", "umol/L"}};

}  // namespace

std::string_view ucum_of(std::string_view unit) {
  std::string greek;
  if (unit.starts_with("\xCE\xBC")) {  // U+03BC for U+00B5
    greek = "µ" + std::string(unit.substr(2));
    unit = greek;
  }
  for (const unit_row& row : units) {
    if (row.written == unit) return row.ucum;
  }
  return {};
}

bool has_markup(std::string_view text) {
  byte_pair_search marks(text, '&', '<');
  for (std::size_t i = marks.next(0); i != std::string_view::npos; i = marks.next(i + 1)) {
    std::string ignored;
    if (text[i] == '&' ? entity_at(text.substr(i), ignored) != 0 : line_break_at(text.substr(i)) != 0) return true;
  }
  return false;
}

std::string decode_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t taken = 0;
    if (text[i] == '&') {
      taken = entity_at(text.substr(i), out);
    } else if (text[i] == '<') {
      taken = line_break_at(text.substr(i));
      if (taken != 0 && !trim(text.substr(i + taken)).empty()) out += '\n';
    }
    if (taken == 0) {
      out += text[i];
      taken = 1;
    }
    i += taken;
  }
  return out;
}

}  // namespace liaison::hprim
