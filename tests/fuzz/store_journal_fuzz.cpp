// SPDX-License-Identifier: Apache-2.0
// uses: liaison_store
// What a disk may give back of the journal: records found in any bytes lie within them and ascend; an intake that is
// understood comes out the same when it is written and read once more.
#include "core/store/sqlite/intake_record.hpp"
#include "core/store/sqlite/journal_format.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace liaison::store::sqlite;

void walk(std::string_view segment) {
  constexpr std::uint64_t seed = 0;
  const auto head = head_of(segment, seed);
  std::uint64_t last = head ? head->after : 0;
  std::size_t at = head ? segment_head_bytes : 0;
  while (const auto record = record_after(last, segment, at, seed)) {
    if (record->begin < at || record->end > segment.size() || record->head.number <= last) std::abort();
    last = record->head.number;
    at = record->end;
  }
}

void read_intake(std::string_view bytes) {
  const auto first = intake_from(bytes);
  if (!first) return;
  std::string written, again;
  append_intake(written, *first->what, first->payload);
  const auto second = intake_from(written);
  if (!second) std::abort();
  append_intake(again, *second->what, second->payload);
  if (written != again) std::abort();
  const auto content = content_from(written);
  if (!content || content->raw != *second->what->raw || content->facts_json != second->what->message.facts_json) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  walk(bytes);
  read_intake(bytes);
  // The same as records whose hashes are right.
  std::string segment;
  append_head(segment, {1, 0}, 0);
  append_record(segment, {1, 0, 0}, bytes, 0);
  append_record(segment, {2, 1, 1}, bytes.substr(size / 2), 0);
  segment += bytes;
  walk(segment);
  return 0;
}
