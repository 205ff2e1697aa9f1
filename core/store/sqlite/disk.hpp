// SPDX-License-Identifier: Apache-2.0
// What the store asks of its file system besides reading and writing.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace liaison::store::sqlite {

/// Bytes that this process may still write where `path` is; none: the file system does not say.
std::optional<std::uint64_t> free_bytes_at(const std::filesystem::path& path);

/// The names in `folder` are on disk. Throws storage_error, saying what was being done.
void sync_folder(const std::filesystem::path& folder, const char* doing);

/// A file that is appended to is closed after this time even when it has room: until then retention cannot remove it.
inline constexpr std::chrono::hours appended_to_max{24};

/// A descriptor that closes itself.
class open_file {
 public:
  explicit open_file(int file = -1) : file_(file) {}
  ~open_file();
  open_file(open_file&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  open_file& operator=(open_file&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  int get() const { return file_; }
  int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};
using shared_file = std::shared_ptr<const open_file>;

/// All of it, from `at` on. Throws storage_error, saying what was being done.
void write_at(int file, std::string_view bytes, std::uint64_t at, const char* doing);
/// What is there of so many bytes.
std::string read_at(int file, std::uint64_t at, std::size_t size, const char* doing);
std::uint64_t size_of(int file);

/// The files <folder>/<number><suffix>; a few that were read last stay open. Thread: any.
class numbered_files {
 public:
  numbered_files(std::filesystem::path folder, std::string suffix)
      : folder_(std::move(folder)), suffix_(std::move(suffix)) {}

  std::filesystem::path place_of(std::uint64_t number) const;
  shared_file open(std::uint64_t number);              ///< for reading. Throws storage_error
  /// Gives the room that it took, 0 when it was not there; none: the disk refused, and it is still there.
  std::optional<std::uint64_t> remove(std::uint64_t number) noexcept;

 private:
  const std::filesystem::path folder_;
  const std::string suffix_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, shared_file>> files_;  ///< the one used last stands last
};

/// The number that a file name begins with, when `suffix` is all that follows.
std::optional<std::uint64_t> number_of_file(std::string_view name, std::string_view suffix);

}  // namespace liaison::store::sqlite
