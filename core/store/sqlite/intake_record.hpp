// SPDX-License-Identifier: Apache-2.0
// An intake as bytes, for the journal; and what of it is read from there ever after.
#pragma once

#include "core/store/sqlite/payload_log.hpp"
#include "core/store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace liaison::store::sqlite {

/// With `payload`, the bytes themselves are left out: they stand there.
void append_intake(std::string& to, const intake& what, const std::optional<payload_place>& payload = {});

/// What the journal has goes on without the bytes and facts that its record holds.
void drop_recorded_bytes(intake& what);

struct kept_intake {
  std::unique_ptr<intake> what;          ///< without its bytes when they stand elsewhere
  std::optional<payload_place> payload;  ///< there
};

/// None: these are not the bytes of an intake, of this version or an earlier one of the program.
std::optional<kept_intake> intake_from(std::string_view bytes);

struct kept_content {
  std::string sha256, facts_json;
  std::string raw;  ///< empty when the bytes stand elsewhere
};
std::optional<kept_content> content_from(std::string_view bytes);

}  // namespace liaison::store::sqlite
