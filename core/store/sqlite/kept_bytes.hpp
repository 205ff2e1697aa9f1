// SPDX-License-Identifier: Apache-2.0
// What the journal goes on holding of a message after it has its rows. Every reading is held against the hash that was
// written with it: bytes that the disk changed are named, never served. Throws storage_error. Thread: any, but for what
// is removed: the writer's.
#pragma once

#include "core/store/sqlite/codes.hpp"
#include "core/store/sqlite/intake_record.hpp"
#include "core/store/sqlite/journal.hpp"
#include "core/store/sqlite/payload_log.hpp"

#include <optional>

namespace liaison::store::sqlite {

/// Where the journal keeps a message.
struct kept_place {
  record_place record;
  std::optional<payload_place> payload;  ///< of its bytes; none: they are in the record
};

/// Columns of `message`, in the order that place_in reads them; each query gives the table the name m.
inline constexpr const char* place_columns =
    "m.segment, m.record_at, m.record_bytes, m.large_file, m.large_at, m.large_hash";
/// None: the message is not held by the journal. `first`: the column of m.segment.
std::optional<kept_place> place_in(const cursor& row, int first);

class kept_bytes {
 public:
  kept_bytes(journal& records, payload_log& large) : records_(records), large_(large) {}

  /// With raw bytes when they are in the record.
  kept_content content(const record_place& where) const;
  std::string raw(const payload_place& where, std::uint64_t size_bytes) const { return large_.read(where, size_bytes); }

  bool is_closed(holder_kind kind, std::uint64_t number) const;
  bool remove(holder_kind kind, std::uint64_t number) noexcept;  ///< false: the disk refused
  std::uint64_t size_bytes() const { return records_.size_bytes() + large_.size_bytes(); }

 private:
  journal& records_;
  payload_log& large_;
};

}  // namespace liaison::store::sqlite
