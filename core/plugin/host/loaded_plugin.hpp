// SPDX-License-Identifier: Apache-2.0
// A plugin in this process: loaded, checked against the interface, created.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/wire.hpp"

#include <liaison/translator.h>

#include <string>
#include <vector>

namespace liaison::plugin::hosted {

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

wire::ready description_of(const loaded_plugin& what);

}  // namespace liaison::plugin::hosted
