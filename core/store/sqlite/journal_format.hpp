// SPDX-License-Identifier: Apache-2.0
// The bytes of a journal segment: a head, then records one after the other. Each record names its number, the number of
// the record before it, and up to which number everything was on disk when it was written; a hash over all of it, seeded
// by the store, tells a record from what an earlier use of the file, a torn write or a flipped bit left there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace liaison::store::sqlite {

struct segment_head {
  std::uint64_t sequence = 0;  ///< of the segment; ascending
  std::uint64_t after = 0;     ///< number of the last record before it; what its predecessor holds beyond is void
};
inline constexpr std::size_t segment_head_bytes = 40;

struct record_head {
  std::uint64_t number = 0, after = 0, safe = 0;
};
inline constexpr std::size_t record_head_bytes = 40;

/// Where a record stands, its head included.
struct record_place {
  std::uint64_t segment = 0;  ///< its sequence
  std::uint64_t at = 0, size = 0;
  bool operator==(const record_place&) const = default;
};

struct journal_record {
  record_head head;
  std::string_view body;
  std::size_t begin = 0, end = 0;  ///< where it stands
};

void append_head(std::string& to, const segment_head& head, std::uint64_t seed);
void append_record(std::string& to, const record_head& head, std::string_view body, std::uint64_t seed);

std::optional<segment_head> head_of(std::string_view segment, std::uint64_t seed);
/// The record that begins at `at`, whole and unharmed; else none.
std::optional<journal_record> record_at(std::string_view bytes, std::size_t at, std::uint64_t seed);
/// The record that follows `last`. Where it is damaged, the next one that proves that something was promised between
/// (its `safe` is above `last`): then `head.after` is not `last`. None: the journal ends here.
std::optional<journal_record> record_after(std::uint64_t last, std::string_view bytes, std::size_t at,
                                           std::uint64_t seed);

}  // namespace liaison::store::sqlite
