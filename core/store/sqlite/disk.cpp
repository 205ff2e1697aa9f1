// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/disk.hpp"

#include "core/store/sqlite/database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace liaison::store::sqlite {
namespace {

using reach = storage_error::reach;
constexpr std::size_t open_files_max = 8;

}  // namespace

std::optional<std::uint64_t> free_bytes_at(const std::filesystem::path& path) {
  struct statvfs room {};
  if (::statvfs(path.c_str(), &room) != 0) return std::nullopt;
  return std::uint64_t{room.f_bavail} * room.f_frsize;
}

void sync_folder(const std::filesystem::path& folder, const char* doing) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool fine = opened >= 0 && ::fsync(opened) == 0;
  const int error_number = errno;
  if (opened >= 0) ::close(opened);
  if (!fine) throw error_of_file(error_number, doing, reach::everything);
}

open_file::~open_file() {
  if (file_ >= 0) ::close(file_);
}

void write_at(int file, std::string_view bytes, std::uint64_t at, const char* doing) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_of_file(errno, doing, reach::everything);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
}

std::string read_at(int file, std::uint64_t at, std::size_t size, const char* doing) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto count = ::pread(file, bytes.data() + filled, size - filled, static_cast<off_t>(at + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_of_file(errno, doing, reach::operation);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::uint64_t size_of(int file) {
  struct stat what {};
  if (::fstat(file, &what) != 0) throw error_of_file(errno, "looking at a file of the store", reach::everything);
  return static_cast<std::uint64_t>(what.st_size);
}

std::filesystem::path numbered_files::place_of(std::uint64_t number) const {
  return folder_ / (std::to_string(number) + suffix_);
}

shared_file numbered_files::open(std::uint64_t number) {
  std::lock_guard hold(mutex_);
  const auto known = std::ranges::find(files_, number, &std::pair<std::uint64_t, shared_file>::first);
  if (known != files_.end()) {
    std::rotate(known, known + 1, files_.end());
    return files_.back().second;
  }
  auto opened = std::make_shared<const open_file>(::open(place_of(number).c_str(), O_RDONLY | O_CLOEXEC));
  if (opened->get() < 0) throw error_of_file(errno, "opening a file of the store", reach::operation);
  if (files_.size() == open_files_max) files_.erase(files_.begin());
  files_.emplace_back(number, opened);
  return opened;
}

std::optional<std::uint64_t> numbered_files::remove(std::uint64_t number) noexcept {
  {
    std::lock_guard hold(mutex_);
    std::erase_if(files_, [&](const auto& each) { return each.first == number; });
  }
  const auto place = place_of(number);
  struct stat what {};
  if (::stat(place.c_str(), &what) == 0 && ::unlink(place.c_str()) == 0) return static_cast<std::uint64_t>(what.st_size);
  if (errno == ENOENT) return 0;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of_file(std::string_view name, std::string_view suffix) {
  std::uint64_t number = 0;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), number);
  if (end.ec != std::errc() || name.substr(static_cast<std::size_t>(end.ptr - name.data())) != suffix) return std::nullopt;
  return number;
}

}  // namespace liaison::store::sqlite
