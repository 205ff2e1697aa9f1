// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin_xdm
// The ZIP reader on arbitrary bytes, with small limits: names lead nowhere outside, files do not overlap, and no file is
// longer than it said or than the limits allow.
#include "zip_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace liaison::xdm;
  const auto must = [](bool holds) {
    if (!holds) std::abort();
  };
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  findings found(finding_table, false);
  const zip_limits limits{64, 128, 1U << 20U, 2U << 20U, 200};
  zip_reader archive(bytes, found, limits);
  if (!archive.opened()) return 0;
  std::set<std::string> names;
  std::uint64_t packed = 0, total = 0;
  must(archive.entries().size() <= limits.entries_max);
  for (const zip_entry& entry : archive.entries()) {
    must(!entry.name.empty() && entry.name.front() != '/' && entry.name.find('\\') == std::string::npos);
    must(("/" + entry.name + "/").find("/../") == std::string::npos);
    must(names.insert(entry.name).second);
    packed += entry.packed_size;
    if (const auto content = archive.read(entry, "entry")) {
      must(content->bytes().size() == entry.size && entry.size <= limits.file_size_bytes_max);
      total += entry.size;
    }
  }
  must(packed <= size && total <= limits.total_size_bytes_max);
  return 0;
}
