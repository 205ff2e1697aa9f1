// SPDX-License-Identifier: Apache-2.0
// What must hold of the account of any decode: every leaf has one fate, its target exists, and what the target
// holds is the value itself or one of the few notations that FHIR writes otherwise.
#pragma once

#include "run.hpp"

#include <gtest/gtest.h>

#include <rapidjson/pointer.h>

#include <map>
#include <set>
#include <string>

namespace liaison::cda {

/// All scalars at and below a node, parted by line ends.
inline void gather(const rapidjson::Value& node, std::string& out) {
  if (node.IsString()) out.append(node.GetString(), node.GetStringLength()).append("\n");
  if (node.IsBool()) out.append(node.GetBool() ? "true\n" : "false\n");
  if (node.IsArray())
    for (const auto& one : node.GetArray()) gather(one, out);
  if (node.IsObject())
    for (const auto& one : node.GetObject()) gather(one.value, out);
}

inline std::string plain(std::string text) {
  static const std::map<std::string, std::string> entities = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}};
  for (const std::string from : {"&lt;", "&gt;", "&quot;", "&amp;"}) {
    const std::string& to = entities.at(from);
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

inline std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

inline std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Whether `value` of the leaf at `location` is to be found in `text`, its target.
inline bool is_told(const std::string& location, std::string value, const std::string& text) {
  // The ledger keeps the beginning of a long value: "… (716 bytes)".
  if (const std::size_t cut = value.rfind("… ("); cut != std::string::npos && value.ends_with(" bytes)"))
    value.resize(cut);
  if (text.find(value) != std::string::npos) return true;
  if (lowered(text).find(lowered(value)) != std::string::npos) return true;  // UUIDs are lower case in FHIR
  const auto ends = [&](std::string_view with) { return location.ends_with(with); };
  if (ends("/repeatNumber/@value"))  // CDA counts the first dispensation, FHIR the repeats
    return text.find(std::to_string(std::stoi(value) - 1)) != std::string::npos;
  // Times: the digits of the date stand in the same order.
  if (ends("/@value") && value.size() >= 4 &&
      digits_of(text).find(digits_of(value.substr(0, std::min<std::size_t>(value.size(), 8)))) != std::string::npos)
    return true;
  // Codes and units that became a FHIR code, a URI, a boolean or a resolved text.
  for (const char* name : {"/@codeSystem", "/@codeSystemName", "/@root", "/@use", "/@code", "/@typeCode",
                           "/@nullFlavor", "/@inclusive", "/@displayName", "/reference/@value", "/@classCode", "/@ID",
                           "/@qualifier", "/@styleCode", "/@listType", "/@negationInd"})
    if (ends(name)) return true;
  if (ends("/@value") && value.find(':') != std::string::npos)  // tel:, mailto:
    return text.find(value.substr(value.find(':') + 1)) != std::string::npos;
  // Base64 is written anew, without blanks; the ledger shows its beginning.
  std::string compact;
  for (const char c : value.substr(0, 40))
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') compact += c;
  if (text.find(compact) != std::string::npos) return true;
  // A name of several given names, an address of several lines.
  std::size_t at = 0;
  for (const char c : value) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    at = text.find(c, at);
    if (at == std::string::npos) return false;
    ++at;
  }
  return true;
}

/// Number of leaves.
inline std::size_t check_account(const outcome& decoded) {
  rapidjson::Document account;
  rapidjson::Document pivot;
  account.Parse(decoded.part(LIAISON_PART_ACCOUNT));
  pivot.Parse<rapidjson::kParseNumbersAsStringsFlag>(decoded.part(LIAISON_PART_DOCUMENT));
  EXPECT_TRUE(account.IsObject() && pivot.IsObject());
  if (!account.IsObject() || !pivot.IsObject()) return 0;
  std::set<std::string> locations;
  for (const auto& leaf : account["leaves"].GetArray()) {
    const std::string location = leaf["location"].GetString();
    const std::string value = leaf["value"].GetString();
    EXPECT_TRUE(locations.insert(location).second) << location << " twice";
    EXPECT_EQ(leaf.HasMember("to") + leaf.HasMember("envelope") + leaf.HasMember("reason"), 1) << location;
    if (!leaf.HasMember("to")) continue;
    std::string seen;
    bool told = false;
    for (const auto& place : leaf["to"].GetArray()) {
      const rapidjson::Value* target = rapidjson::Pointer(place.GetString()).Get(pivot);
      EXPECT_NE(target, nullptr) << location << " went to " << place.GetString() << ", which is not there";
      if (target == nullptr) continue;
      std::string text;
      gather(*target, text);
      told = told || is_told(location, value, plain(text));
      seen += text.substr(0, 80);
    }
    EXPECT_TRUE(told) << location << " = \"" << value << "\" is not in \"" << seen << "\"";
  }
  return account["leaves"].Size();
}

}  // namespace liaison::cda
