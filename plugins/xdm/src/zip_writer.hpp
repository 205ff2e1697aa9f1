// SPDX-License-Identifier: Apache-2.0
// Writing a ZIP archive in memory: the same files and time give the same bytes. APPNOTE.TXT 6.3; no ZIP64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

class zip_writer {
 public:
  /// `local_time`: "2026-03-02T10:15:01…", the wall clock that all files get; anything else is 1980-01-01.
  explicit zip_writer(std::string_view local_time);

  /// `name`: ASCII with slashes. Deflated when that is smaller, else stored. Throws std::length_error beyond 4 GiB.
  void add(std::string_view name, std::string_view bytes);
  std::string finish() &&;

 private:
  struct entry {
    std::string name;
    std::uint16_t method;
    std::uint32_t crc, packed_size, size, header_at;
  };
  void put_common(std::string& to, const entry& of) const;

  std::string out_;
  std::vector<entry> entries_;
  std::uint32_t dos_time_;
};

}  // namespace liaison::xdm
