// SPDX-License-Identifier: Apache-2.0
// uses: liaison_model
// The facts that a plugin hands over, hostile ones included. What is understood comes out the same when it is written and
// read once more, and the reader takes nothing that another reader calls malformed.
#include "core/model/facts.hpp"

#include <liaison/facts_json.hpp>

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = liaison::model::facts_from_json(text);
  if (!first) return 0;
  rapidjson::Document judge;
  judge.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  // A number beyond what a double holds is JSON all the same.
  if (judge.HasParseError() && judge.GetParseError() != rapidjson::kParseErrorNumberTooBig) std::abort();
  const std::string once = liaison::to_json(first.value());
  const auto second = liaison::model::facts_from_json(once);
  if (!second || liaison::to_json(second.value()) != once) std::abort();
  return 0;
}
