// SPDX-License-Identifier: Apache-2.0
#include "core/identity/matricule.hpp"

#include <algorithm>
#include <array>

namespace liaison::identity {

namespace {

using facts::identifier_kind;

constexpr std::size_t digits_size = 13;
constexpr std::size_t matricule_size = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_any(const std::vector<std::string>& flags, std::string_view of_these) {
  return std::any_of(flags.begin(), flags.end(), [&](const std::string& flag) {
    const std::size_t at = of_these.find(flag);
    return !flag.empty() && at != std::string_view::npos && (at == 0 || of_these[at - 1] == ' ') &&
           (at + flag.size() == of_these.size() || of_these[at + flag.size()] == ' ');
  });
}

}  // namespace

matricule_fault check_matricule(std::string_view matricule) {
  if (matricule.size() != matricule_size) return matricule_fault::length;
  std::array<char, digits_size> digits{};
  std::copy_n(matricule.begin(), digits_size, digits.begin());
  if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'B')) {
    digits[6] = digits[6] == 'A' ? '9' : '8';
    digits[5] = '1';
  }
  if (!std::all_of(digits.begin(), digits.end(), is_digit) || !is_digit(matricule[13]) || !is_digit(matricule[14]))
    return matricule_fault::characters;
  if (std::string_view("123478").find(digits[0]) == std::string_view::npos) return matricule_fault::layout;
  std::uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  const auto key = static_cast<std::uint64_t>((matricule[13] - '0') * 10 + (matricule[14] - '0'));
  return key == 97 - number % 97 ? matricule_fault::none : matricule_fault::key;
}

bool is_temporary(std::string_view matricule) {
  return !matricule.empty() && std::string_view("3478").find(matricule.front()) != std::string_view::npos;
}

bool is_ins(identifier_kind kind) {
  return kind == identifier_kind::ins_nir || kind == identifier_kind::ins_nia || kind == identifier_kind::ins_test ||
         kind == identifier_kind::ins_demo;
}

identifier_kind ins_kind_of(std::string_view system) {
  if (system.starts_with("urn:oid:")) system.remove_prefix(8);
  constexpr std::string_view root = "1.2.250.1.213.1.4.";
  if (!system.starts_with(root)) return identifier_kind::other;
  const std::string_view last = system.substr(root.size());
  if (last == "8") return identifier_kind::ins_nir;
  if (last == "9") return identifier_kind::ins_nia;
  if (last == "10") return identifier_kind::ins_test;
  return last == "11" ? identifier_kind::ins_demo : identifier_kind::other;
}

std::string_view ins_system_of(identifier_kind kind) {
  switch (kind) {
    case identifier_kind::ins_nir: return "urn:oid:1.2.250.1.213.1.4.8";
    case identifier_kind::ins_nia: return "urn:oid:1.2.250.1.213.1.4.9";
    case identifier_kind::ins_test: return "urn:oid:1.2.250.1.213.1.4.10";
    case identifier_kind::ins_demo: return "urn:oid:1.2.250.1.213.1.4.11";
    default: return {};
  }
}

std::vector<std::string_view> missing_traits(const facts::patient& patient) {
  std::vector<std::string_view> missing;
  if (patient.birth_family.empty()) missing.emplace_back("birth-family");
  if (patient.given.empty() || patient.given.front().empty()) missing.emplace_back("given");
  if (patient.birth_date.size() != 10) missing.emplace_back("birth-date");
  if (patient.sex == facts::sex::unstated) missing.emplace_back("sex");
  if (patient.birth_place_code.empty()) missing.emplace_back("birth-place");
  return missing;
}

bool stops_matching(const std::vector<std::string>& flags) {
  return has_any(flags, "DOUB DPOT DOUA COLP COLV HOMD HOMA USUR INVA DESA DOUT FICT CACH ANOM");
}

bool stops_sending(const std::vector<std::string>& flags) { return has_any(flags, "USUR INVA DESA DOUT FICT CACH ANOM"); }

const char* why_not_leave(const facts::patient& patient) {
  const auto matricule = std::find_if(patient.identifiers.begin(), patient.identifiers.end(),
                                      [](const auto& id) { return is_ins(id.kind) && !id.value.empty(); });
  if (matricule == patient.identifiers.end()) return nullptr;
  if (patient.identity_status != facts::identity_status::qualified) return "identity-ins-not-qualified";
  if (!ins_key_is_right(matricule->value)) return "identity-ins-key";
  return missing_traits(patient).empty() ? nullptr : "identity-traits-missing";
}

}  // namespace liaison::identity
