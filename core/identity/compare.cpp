// SPDX-License-Identifier: Apache-2.0
#include "core/identity/compare.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace liaison::identity {

namespace {

using facts::identifier_kind;

struct folding {
  std::uint32_t first, last;
  const char* plain;
};
// Latin-1 Supplement and Latin Extended-A letters that French names use, to plain capitals.
constexpr std::array<folding, 50> foldings{{
    {0xC0, 0xC5, "A"},    {0xE0, 0xE5, "A"},    {0xC6, 0xC6, "AE"},   {0xE6, 0xE6, "AE"},   {0xC7, 0xC7, "C"},
    {0xE7, 0xE7, "C"},    {0xC8, 0xCB, "E"},    {0xE8, 0xEB, "E"},    {0xCC, 0xCF, "I"},    {0xEC, 0xEF, "I"},
    {0xD0, 0xD0, "D"},    {0xF0, 0xF0, "D"},    {0xD1, 0xD1, "N"},    {0xF1, 0xF1, "N"},    {0xD2, 0xD6, "O"},
    {0xD8, 0xD8, "O"},    {0xF2, 0xF6, "O"},    {0xF8, 0xF8, "O"},    {0xD9, 0xDC, "U"},    {0xF9, 0xFC, "U"},
    {0xDD, 0xDD, "Y"},    {0xFD, 0xFD, "Y"},    {0xFF, 0xFF, "Y"},    {0x178, 0x178, "Y"},  {0xDF, 0xDF, "SS"},
    {0x100, 0x105, "A"},  {0x106, 0x10D, "C"},  {0x10E, 0x111, "D"},  {0x112, 0x11B, "E"},  {0x11C, 0x123, "G"},
    {0x124, 0x127, "H"},  {0x128, 0x131, "I"},  {0x134, 0x135, "J"},  {0x136, 0x137, "K"},  {0x139, 0x142, "L"},
    {0x143, 0x148, "N"},  {0x14C, 0x151, "O"},  {0x152, 0x153, "OE"}, {0x154, 0x159, "R"},  {0x15A, 0x161, "S"},
    {0x162, 0x167, "T"},  {0x168, 0x173, "U"},  {0x174, 0x175, "W"},  {0x176, 0x177, "Y"},  {0x179, 0x17E, "Z"},
    {0x2018, 0x2019, "'"}, {0x2010, 0x2015, "-"}, {0x2BC, 0x2BC, "'"}, {0xB4, 0xB4, "'"},    {0x300, 0x36F, ""},
}};

constexpr std::uint32_t no_code_point = 0xFFFFFFFF;

/// Next code point of UTF-8 text; a byte that begins none is passed over as `no_code_point`.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 1;
  if (length == 1 || at + length > text.size()) {
    ++at;
    return lead < 0x80 ? lead : no_code_point;
  }
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(at + i) & 0x3FU);
  at += length;
  return code;
}

model::issue finding(model::severity severity, const char* code, std::string_view location, const char* text) {
  return {severity, code, std::string(location), text};
}

std::vector<const facts::identifier*> matricules(const facts::patient& patient) {
  std::vector<const facts::identifier*> found;
  for (const auto& id : patient.identifiers)
    if (is_ins(id.kind) && !id.value.empty()) found.push_back(&id);
  return found;
}

/// Hyphen and blank count as one, as people type them.
std::string near_form(std::string_view name) {
  std::string form = normal_form(name);
  std::replace(form.begin(), form.end(), '-', ' ');
  return form;
}

/// Names agree when any name of one side is any name of the other: birth name and used name change places.
bool names_agree(const facts::patient& a, const facts::patient& b) {
  const std::array<std::string, 2> left{near_form(a.family), near_form(a.birth_family)};
  const std::array<std::string, 2> right{near_form(b.family), near_form(b.birth_family)};
  bool compared = false;
  for (const auto& l : left)
    for (const auto& r : right) {
      if (l.empty() || r.empty()) continue;
      compared = true;
      if (l == r) return true;
    }
  return !compared;
}

/// The first given names agree, or one is missing.
bool given_agree(const facts::patient& a, const facts::patient& b) {
  if (a.given.empty() || b.given.empty()) return true;
  const std::string left = near_form(a.given.front()), right = near_form(b.given.front());
  const std::size_t shorter = std::min(left.size(), right.size());
  return left.compare(0, shorter, right, 0, shorter) == 0;
}

/// Dates agree when one is a prefix of the other (precision differs) or one is missing.
bool dates_agree(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  return a.substr(0, shorter) == b.substr(0, shorter);
}

}  // namespace

std::string normal_form(std::string_view name) {
  std::string plain;
  plain.reserve(name.size());
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t before = at;
    const std::uint32_t code = next_code_point(name, at);
    if (code < 0x80) {
      const char c = static_cast<char>(code);
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        if (!plain.empty() && plain.back() != ' ') plain += ' ';
      } else {
        plain += (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
      }
      continue;
    }
    if (code == 0xA0) {
      if (!plain.empty() && plain.back() != ' ') plain += ' ';
      continue;
    }
    const auto* fold = std::find_if(foldings.begin(), foldings.end(),
                                    [&](const folding& f) { return code >= f.first && code <= f.last; });
    if (fold != foldings.end()) plain += fold->plain;
    else plain += name.substr(before, at - before);
  }
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  return plain;
}

std::vector<model::issue> check_one(const facts::patient& patient, std::string_view location) {
  const auto ins = matricules(patient);
  for (const auto* id : ins)
    if (!ins_key_is_right(id->value)) {
      const bool qualified = patient.identity_status == facts::identity_status::qualified;
      return {finding(qualified ? model::severity::error : model::severity::warning, "identity-ins-key", location,
                      qualified ? "a qualified identity whose INS has not 15 characters with a right key: the message is stopped"
                                : "the INS has not 15 characters with a right key")};
    }
  for (std::size_t i = 1; i < ins.size(); ++i)
    if (ins[i]->value != ins[0]->value)
      return {finding(model::severity::error, "identity-two-ins", location,
                      "two different INS for one patient: the message is stopped")};
  const auto is_real = [](const facts::identifier* id) {
    return id->kind == identifier_kind::ins_nir || id->kind == identifier_kind::ins_nia;
  };
  for (const auto* id : ins)
    if (is_real(id) != is_real(ins[0]))
      return {finding(model::severity::error, "identity-environments-mixed", location,
                      "one patient has an INS of production and one of tests or demonstrations: the message is stopped")};
  return {};
}

std::vector<model::issue> compare(const facts::patient& envelope, const facts::patient& document,
                                  std::string_view envelope_location, std::string_view document_location) {
  std::vector<model::issue> found;
  const auto left = matricules(envelope);
  const auto right = matricules(document);
  const bool same_dates = dates_agree(envelope.birth_date, document.birth_date);
  const bool same_names = names_agree(envelope, document);
  if (!left.empty() && !right.empty()) {
    if (left[0]->value != right[0]->value || left[0]->kind != right[0]->kind) {
      found.push_back(finding(model::severity::error, "identity-two-ins", document_location,
                              "the envelope and the document carry two different INS: the message is stopped"));
      return found;
    }
    if (!same_dates || (!same_names && !given_agree(envelope, document)))
      found.push_back(finding(model::severity::error, "identity-traits-conflict", document_location,
                              "the same INS with another person's traits in the envelope: the message is stopped"));
    else if (!same_names)  // A birth name on one side and a used name on the other is an everyday case.
      found.push_back(finding(model::severity::warning, "identity-traits-differ", document_location,
                              "the family names of the envelope and the document differ"));
  } else {
    if (!left.empty() || !right.empty())
      found.push_back(finding(model::severity::warning, "identity-ins-on-one-side",
                              left.empty() ? envelope_location : document_location, "no INS here, one in the other part"));
    if (!same_dates && !same_names)
      found.push_back(finding(model::severity::error, "identity-traits-conflict", document_location,
                              "the envelope and the document name two different persons: the message is stopped"));
    else if (!same_dates || !same_names)
      found.push_back(finding(model::severity::warning, "identity-traits-differ", document_location,
                              "name or birth date differ between the envelope and the document"));
  }
  const auto has = [](const facts::patient& p, const facts::identifier& id) {
    return std::any_of(p.identifiers.begin(), p.identifiers.end(), [&](const facts::identifier& other) {
      return other.kind == id.kind && other.system == id.system && other.value == id.value;
    });
  };
  for (const auto& id : document.identifiers)
    if (id.kind == identifier_kind::ipp && !has(envelope, id)) {
      found.push_back(finding(model::severity::information, "identity-local-id", document_location,
                              "a local patient number of the document is not in the envelope"));
      break;
    }
  return found;
}

std::vector<model::issue> check_environment(const facts::patient& patient, environment where, std::string_view location) {
  for (const auto* id : matricules(patient)) {
    const bool real = id->kind == identifier_kind::ins_nir || id->kind == identifier_kind::ins_nia;
    if (where == environment::production && !real)
      return {finding(model::severity::error, "identity-test-ins", location, "a test INS on a production gateway")};
    if (where == environment::test && real)
      return {finding(model::severity::warning, "identity-production-ins", location, "a production INS on a test gateway")};
  }
  return {};
}

}  // namespace liaison::identity
