// SPDX-License-Identifier: Apache-2.0
// Reading a ZIP archive that nobody trusts, in memory: the central directory is checked whole before a byte is
// inflated. A reader of our own, over zlib, because the libraries at hand hide the offsets that show overlapping files
// and ask the time zone, which the sandbox forbids (docs/decisions/0011-a-zip-reader-of-our-own.md). APPNOTE.TXT 6.3,
// sections 4.3 and 4.4; one disk, methods stored and deflate, no encryption.
#pragma once

#include "xdm_findings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

struct zip_limits {
  std::size_t entries_max = 1000;
  std::size_t name_size_bytes_max = 512;
  std::uint64_t file_size_bytes_max = 100U << 20U;
  std::uint64_t total_size_bytes_max = 200U << 20U;  ///< of all that is read from one archive
  std::uint64_t ratio_max = 200;                     ///< of files above 1 MiB
};

struct zip_entry {
  std::string name;  ///< slashes, no leading "./", UTF-8
  bool is_folder = false;
  bool is_plain_name = true;  ///< upper case, 8.3, slashes
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed_size = 0, size = 0;
  std::uint64_t header_at = 0, data_at = 0;
};

/// Bytes of one file: a view into the archive when it is stored, else inflated.
class zip_content {
 public:
  zip_content() = default;
  explicit zip_content(std::string_view stored) : view_(stored) {}
  explicit zip_content(std::string inflated) : owned_(std::move(inflated)), is_owned_(true) {}
  std::string_view bytes() const { return is_owned_ ? std::string_view(owned_) : view_; }

 private:
  std::string owned_;
  std::string_view view_;
  bool is_owned_ = false;
};

class zip_reader {
 public:
  /// Borrows `bytes`. What is wrong with the archive is reported; `opened` tells whether it can be used.
  zip_reader(std::string_view bytes, findings& found, const zip_limits& limits = {});
  bool opened() const { return opened_; }
  const std::vector<zip_entry>& entries() const { return entries_; }

  /// Nothing when the file cannot be unpacked, which is reported at `location`.
  std::optional<zip_content> read(const zip_entry& entry, const std::string& location);

  static bool looks_like_zip(std::string_view bytes) { return bytes.starts_with("PK\x03\x04"); }

 private:
  bool read_directory();
  bool read_entry(std::size_t& at, std::size_t ordinal);
  bool check_layout();
  bool fail(finding what, std::size_t ordinal);

  std::string_view bytes_;
  findings& found_;
  zip_limits limits_;
  std::vector<zip_entry> entries_;
  std::uint64_t directory_at_ = 0, base_ = 0, total_read_ = 0;
  bool opened_ = false;
};

}  // namespace liaison::xdm
