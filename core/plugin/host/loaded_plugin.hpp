// SPDX-License-Identifier: Apache-2.0
// A plugin in this process: loaded, checked against the interface, created.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/wire.hpp"

#include <liaison/translator.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace liaison::plugin::hosted {

/// The number that a plugin put into an enum of the interface: it may be one that does not exist, and to read it as
/// the enum would be undefined.
template <class Enum>
std::int32_t number_of(const Enum& given) {
  static_assert(sizeof(Enum) == sizeof(std::int32_t));
  std::int32_t number = 0;
  std::memcpy(&number, &given, sizeof number);
  return number;
}

struct loaded_plugin {
  const liaison_plugin* table = nullptr;
  std::vector<const liaison_translator*> translators;
  void* self = nullptr;
};

/// dlopen, entry and tables, without `create`. Errors say which rule of the interface is broken.
result<loaded_plugin> load(const std::string& file);
result<done> create(loaded_plugin& what, const std::string& configuration_json);

/// The operation in the table, or nullptr when it is not offered (and for recognise).
liaison_operation operation_of(const liaison_translator& translator, operation what);

/// The status as a number, for the same reason.
inline int call_of(liaison_operation what, void* self, const liaison_call& call) {
  const liaison_status status = what(self, &call);
  return number_of(status);
}

wire::ready description_of(const loaded_plugin& what);

}  // namespace liaison::plugin::hosted
