// SPDX-License-Identifier: Apache-2.0
// uses: liaison_store
// What a disk may give back of a run of names, with hashes that are right: what is found in it is what was asked for, and reading it ends.
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/name_run.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace liaison::store::sqlite;

constexpr std::uint64_t seed = 7;

void look_up(const name_run& in, std::uint64_t name) {
  std::vector<name_entry> found;
  in.collect(name, 2, ~std::uint64_t{2}, 5, found);
  if (found.size() > 5) std::abort();
  for (const auto& each : found)
    if (each.name != name || each.second < 2) std::abort();
}

template <class Read>
void try_to(const Read& read) {
  try {
    read();
  } catch (const storage_error&) {
    // It says so: no names.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  std::string blocks;
  for (std::uint64_t number = 0; !left.empty(); ++number) {
    std::string payload(left.substr(0, run_format::payload_bytes));
    left.remove_prefix(payload.size());
    payload.resize(run_format::payload_bytes);
    const auto hash = run_format::hash_of(payload, seed, number);
    blocks += payload;
    blocks.append(reinterpret_cast<const char*>(&hash), sizeof(hash));
  }
  static const int file = ::memfd_create("names", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, 0) != 0) std::abort();
  write_at(file, blocks, 0, "writing");
  try_to([&] {
    const name_run run("/proc/self/fd/" + std::to_string(file), seed);
    try_to([&] {
      std::uint64_t count = 0;
      for (run_reader each(run); each.entry() != nullptr; each.next()) ++count;
      if (count != run.size()) std::abort();
    });
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= size; at += 10 * sizeof(std::uint64_t)) {
      std::uint64_t name = 0;
      std::memcpy(&name, data + at, sizeof(name));
      try_to([&] { look_up(run, name); });
    }
  });
  return 0;
}
