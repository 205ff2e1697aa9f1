// SPDX-License-Identifier: Apache-2.0
// Pieces of the pivot that both text dialects write in the same way.
#include "pivot_terms.hpp"

#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::hprim {

bool is_ins_system(std::string_view system) {
  if (system.starts_with("urn:oid:")) system.remove_prefix(8);
  return system == "1.2.250.1.213.1.4.8" || system == "1.2.250.1.213.1.4.9" || system == "1.2.250.1.213.1.4.10" ||
         system == "1.2.250.1.213.1.4.11";
}

std::string local_system(std::string_view sender) {
  std::string out(local_code_prefix);
  for (const char c : sender.substr(0, 64)) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_';
    out += plain ? c : '-';
  }
  if (out.size() == local_code_prefix.size()) out += "unknown";
  return out;
}

void add_source_field(const resource_ref& of, std::string_view location, const sourced& value, std::string_view path) {
  terms::add_source_field({of, path}, location, value);
}

sourced source_field(const pivot_reader& from, const json_value* node, std::string_view location) {
  const json_value* list = pivot_reader::find(node, "extension");
  if (list == nullptr || !list->IsArray()) return {};
  for (const auto& one : list->GetArray()) {
    if (pivot_reader::text(&one, "url") != extension_source_field) continue;
    if (pivot_reader::text(&one, "extension/0/valueString") == location)
      return from.get(&one, "extension/1/valueString");
  }
  return {};
}

sourced source_code(const pivot_reader& from, const json_value* node) {
  const json_value* list = pivot_reader::find(node, "extension");
  if (list == nullptr || !list->IsArray()) return {};
  for (const auto& one : list->GetArray()) {
    if (pivot_reader::text(&one, "url") == extension_source_code) return from.get(&one, "valueString");
  }
  return {};
}

namespace {

// Words with which names of organisations begin or that only they contain; compared in capitals without accents.
constexpr std::string_view organization_words[] = {
    "ASSOCIATION", "BIOLOGIE",     "BIOTEST",      "CABINET",    "CENTRE",  "CH",       "CHI",           "CHR",
    "CHRU",        "CHU",          "CLINIQUE",     "CPTS",       "DAC",     "EHPAD",    "ETABLISSEMENT", "GCS",
    "GHT",         "GROUPE",       "GROUPEMENT",   "HAD",        "HOPITAL", "IMAGERIE", "INSTITUT",      "LABM",
    "LABO",        "LABORATOIRE",  "LABORATOIRES", "LBM",        "MAISON",  "MSP",      "PHARMACIE",     "PLATEFORME",
    "POLE",        "POLYCLINIQUE", "PTA",          "RADIOLOGIE", "SCM",     "SCP",      "SELARL",        "SELAS",
    "SERVICE",     "SITE",         "SSIAD",        "SSR",        "UNITE",   "URGENCES"};

constexpr std::string_view person_prefixes[] = {"DR", "DR.", "DOCTEUR", "PR",   "PR.",      "PROFESSEUR",
                                                "M.", "MME", "MR",      "MLLE", "MONSIEUR", "MADAME"};

std::string folded(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 'a' + 'A');
    } else if (c == '\xC3' && i + 1 < word.size()) {
      const auto low = static_cast<unsigned char>(word[++i]) & 0x9F;  // É and é alike
      constexpr std::string_view plain = "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTS";
      out += plain[low & 0x1F];
    } else {
      out += c;
    }
  }
  return out;
}

template <class Table>
bool is_in(const Table& table, std::string_view word) {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

}  // namespace

party_kind kind_of_party(std::string_view identity, party_kind otherwise) {
  const auto words = split(identity, ' ');
  if (!words.empty() && is_in(person_prefixes, folded(words.front()))) return party_kind::person;
  for (const std::string_view word : words) {
    if (is_in(organization_words, folded(word))) return party_kind::organization;
  }
  return otherwise;
}

void set_person_name(const resource_ref& of, std::string_view path, const sourced& text) {
  const std::string at(path);
  of.set(at + "/text", text);
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text.text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  std::string_view prefix;
  if (!words.empty() && is_in(person_prefixes, folded(words.front()))) {
    prefix = words.front();
    words.erase(words.begin());
  }
  // "Dr MAREC": one word is the family name, unless it is a mailbox or a number.
  if (words.size() == 1 && words[0].find_first_of("0123456789.@_/") == std::string_view::npos) {
    of.set(at + "/prefix/0", prefix);
    of.set(at + "/family", words[0]);
    return;
  }
  // "MAREC Yann": capitals first, then a name that is not all capitals. Anything else stays text, prefix and all: a
  // reader that found a prefix alone would take it for the name.
  std::size_t family = 0;
  const auto is_capitals = [](std::string_view word) { return word.size() > 1 && folded(word) == word; };
  const auto has_lower = [](std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  };
  const auto upper_accents_only = [&](std::string_view word) {
    return is_capitals(word) || (!has_lower(word) && word.size() > 1);
  };
  while (family < words.size() && upper_accents_only(words[family])) ++family;
  if (family == 0 || family == words.size() || words.size() > 8) return;
  if (!std::all_of(words.begin() + static_cast<std::ptrdiff_t>(family), words.end(), has_lower)) return;
  std::string name(words[0]);
  for (std::size_t i = 1; i < family; ++i) name.append(" ").append(words[i]);
  of.set(at + "/prefix/0", prefix);
  of.set(at + "/family", name);
  for (std::size_t i = family; i < words.size(); ++i) of.set(at + "/given/" + std::to_string(i - family), words[i]);
}

resource_ref add_party(pivot_writer& pivot, const party_text& party, party_kind kind) {
  const resource_ref made = pivot.add(kind == party_kind::person ? "Practitioner" : "Organization");
  if (!party.code.empty()) {
    if (!party.code_system.empty()) made.set("identifier/0/system", party.code_system);
    made.set("identifier/0/value", party.code);
  }
  if (kind == party_kind::person) {
    if (!party.identity.empty()) set_person_name(made, "name/0", party.identity);
  } else {
    made.set("name", party.identity);
  }
  if (party.identity.text.find('@') != std::string::npos && party.identity.text.find(' ') == std::string::npos) {
    made.set("telecom/0/system", "email");
    made.set("telecom/0/value", party.identity.text);
  }
  return made;
}

bool set_value(const resource_ref& of, std::string_view path, const measured_text& value) {
  const std::string prefix = path.empty() ? std::string{} : std::string(path) + "/";
  if (value.json_number.empty()) {
    of.set(prefix + "valueString", sourced(value.understood));
    of.carry(prefix + "valueString", value.value);
    return false;
  }
  const std::string at = prefix + "valueQuantity";
  of.set_number(at + "/value", sourced(value.json_number));
  of.carry(at + "/value", value.value);
  of.set(at + "/comparator", value.comparator);
  if (value.unit.empty()) return true;
  of.set(at + "/unit", value.unit);
  of.carry(at + "/unit", value.unit_source);
  if (const std::string_view ucum = ucum_of(value.unit); !ucum.empty()) {
    of.set(at + "/system", system_ucum);
    of.set(at + "/code", ucum);
  }
  return true;
}

}  // namespace liaison::hprim
