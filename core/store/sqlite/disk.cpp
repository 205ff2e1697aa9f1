// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/disk.hpp"

#include "core/store/sqlite/database.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace liaison::store::sqlite {

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
  if (!fine) throw error_of_file(error_number, doing, storage_error::reach::everything);
}

}  // namespace liaison::store::sqlite
