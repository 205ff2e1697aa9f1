// SPDX-License-Identifier: Apache-2.0
#include "findings.hpp"

namespace liaison::fhir {

void findings::add(severity level, std::string_view code, node_id where, std::string_view member,
                   std::string_view text) {
  if (full()) return;
  std::string location = where == none ? std::string{} : tree_.location(where);
  if (!member.empty()) location.append(location.empty() ? "" : ".").append(member);
  found_.push_back({level, std::string(code), std::move(location), std::string(text)});
}

}  // namespace liaison::fhir
