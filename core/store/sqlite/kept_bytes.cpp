// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/kept_bytes.hpp"

namespace liaison::store::sqlite {

std::optional<kept_place> place_in(const cursor& row, int first) {
  if (row.is_null(first)) return std::nullopt;
  const auto number = [&](int column) { return static_cast<std::uint64_t>(row.integer(first + column)); };
  kept_place found;
  found.record = {number(0), number(1), number(2)};
  if (!row.is_null(first + 3)) found.payload = payload_place{number(3), number(4), number(5)};
  return found;
}

kept_content kept_bytes::content(const record_place& where) const {
  auto found = content_from(records_.body_at(where));
  if (!found)
    throw storage_error{storage_error::cause::corrupt, storage_error::reach::operation,
                        "its record in the journal cannot be read"};
  return std::move(*found);
}

bool kept_bytes::is_closed(holder_kind kind, std::uint64_t number) const {
  return kind == holder_kind::segment ? records_.is_closed(number) : large_.is_closed(number);
}

bool kept_bytes::remove(holder_kind kind, std::uint64_t number) noexcept {
  return kind == holder_kind::segment ? records_.remove(number) : large_.remove(number);
}

}  // namespace liaison::store::sqlite
