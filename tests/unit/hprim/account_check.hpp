// SPDX-License-Identifier: Apache-2.0
// What must hold of the account of any decode: every leaf has one fate, and what is carried can be found where it went.
#pragma once

#include "host.hpp"

#include <gtest/gtest.h>

#include <rapidjson/pointer.h>

#include <functional>
#include <string>

namespace liaison::hprim::testing {

/// All strings and numbers at and below a node, parted by line ends.
inline void gather(const rapidjson::Value& node, std::string& out) {
  if (node.IsString()) out.append(node.GetString(), node.GetStringLength()).append("\n");
  if (node.IsArray()) {
    for (const auto& one : node.GetArray()) gather(one, out);
  }
  if (node.IsObject()) {
    for (const auto& one : node.GetObject()) gather(one.value, out);
  }
}

inline std::string unescaped(std::string text) {
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}}) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

/// `is_found(location, value, text)` decides whether the value is in the text at its target. Returns the number of
/// leaves.
inline std::size_t check_account(
    const reply& decoded,
    const std::function<bool(const std::string&, const std::string&, const std::string&)>& is_found) {
  const auto account = parse(decoded.bytes(LIAISON_PART_ACCOUNT));
  const auto pivot = parse(decoded.document());
  EXPECT_TRUE(account.IsObject() && pivot.IsObject());
  if (!account.IsObject()) return 0;
  for (const auto& leaf : account["leaves"].GetArray()) {
    const std::string location = leaf["location"].GetString(), value = leaf["value"].GetString();
    const int fates = leaf.HasMember("to") + leaf.HasMember("envelope") + leaf.HasMember("reason");
    EXPECT_EQ(fates, 1) << location;
    if (!leaf.HasMember("to")) continue;
    bool any = false;
    std::string seen;
    for (const auto& place : leaf["to"].GetArray()) {
      const rapidjson::Value* target = rapidjson::Pointer(place.GetString()).Get(pivot);
      EXPECT_NE(target, nullptr) << location << " went to " << place.GetString() << ", which is not there";
      if (target == nullptr) continue;
      std::string text;
      gather(*target, text);
      seen += unescaped(text);
      any = any || is_found(location, value, unescaped(text));
    }
    EXPECT_TRUE(any) << location << ": \"" << value << "\" is not in \"" << seen.substr(0, 200) << "\"";
  }
  return account["leaves"].Size();
}

}  // namespace liaison::hprim::testing
