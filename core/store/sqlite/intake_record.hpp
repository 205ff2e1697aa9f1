// SPDX-License-Identifier: Apache-2.0
// An intake as bytes, for the journal.
#pragma once

#include "core/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace liaison::store::sqlite {

void append_intake(std::string& to, const intake& what);

/// None: these are not the bytes of an intake, of this version or an earlier one of the program.
std::optional<intake> intake_from(std::string_view bytes);

}  // namespace liaison::store::sqlite
