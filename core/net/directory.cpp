// SPDX-License-Identifier: Apache-2.0
#include "core/net/directory.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace liaison::net {
namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t file_mode = 0640;

int open_folder(int parent, const char* path, int more = 0) { return ::openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | more); }

}  // namespace

descriptor::~descriptor() {
  if (handle_ >= 0) ::close(handle_);
}

file_identity identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
}

failure failure_of(int error_number, std::string_view what) {
  const char* code = "io-error";
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      code = "disk-full";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = "no-permission";
      break;
    case ENOENT:
    case ENOTDIR:
    case ENODEV:
    case ESTALE:
      code = "folder-missing";
      break;
    case EEXIST:
      code = "file-exists";
      break;
    default:
      break;
  }
  return {code, std::string(what) + ": " + std::generic_category().message(error_number)};
}

result<descriptor> open_directory(const std::string& path) {
  descriptor folder(open_folder(AT_FDCWD, path.c_str()));
  if (!folder) return failure_of(errno, "folder " + path + " cannot be opened");
  return folder;
}

result<descriptor> open_or_make_directory(const std::string& path) {
  descriptor folder(open_folder(AT_FDCWD, path.c_str()));
  if (folder) return folder;
  if (errno != ENOENT) return failure_of(errno, "folder " + path + " cannot be opened");
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  const std::size_t slash = trimmed.rfind('/');
  const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : trimmed.substr(0, slash);
  auto parent = open_or_make_directory(above);  // as deep as the configured path
  if (!parent) return parent;
  return open_or_make_directory(parent.value(), slash == std::string::npos ? trimmed : trimmed.substr(slash + 1));
}

result<descriptor> open_or_make_directory(const descriptor& parent, const std::string& name) {
  descriptor folder(open_folder(parent.handle(), name.c_str(), O_NOFOLLOW));
  if (folder) return folder;
  if (errno != ENOENT) return failure_of(errno, "folder " + name + " cannot be opened");
  if (::mkdirat(parent.handle(), name.c_str(), folder_mode) != 0 && errno != EEXIST)
    return failure_of(errno, "folder " + name + " cannot be made");
  if (auto synced = sync(parent); !synced) return synced.error();
  folder = descriptor(open_folder(parent.handle(), name.c_str(), O_NOFOLLOW));
  if (!folder) return failure_of(errno, "folder " + name + " cannot be opened");
  return folder;
}

result<done> write_file(const descriptor& folder, const std::string& name, std::string_view bytes) {
  const descriptor file(::openat(folder.handle(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, file_mode));
  if (!file) return failure_of(errno, "a file cannot be created");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.handle(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure_of(errno, "a file cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(file.handle()) != 0) return failure_of(errno, "a file cannot be synced");
  return done{};
}

result<done> sync(const descriptor& folder) {
  // Some network file systems cannot sync folders and say so; nothing more can be done there.
  if (::fsync(folder.handle()) != 0 && errno != EINVAL && errno != ENOTSUP)
    return failure_of(errno, "a folder cannot be synced");
  return done{};
}

bool file_exists(const descriptor& folder, const std::string& name) {
  struct stat status {};
  return ::fstatat(folder.handle(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

bool file_holds(const descriptor& folder, const std::string& name, std::string_view bytes) {
  const descriptor file(::openat(folder.handle(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.handle() < 0 || ::fstat(file.handle(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != bytes.size())
    return false;
  std::array<char, 64U << 10> chunk;
  while (!bytes.empty()) {
    const ssize_t got = ::read(file.handle(), chunk.data(), std::min(chunk.size(), bytes.size()));
    if (got <= 0 || bytes.substr(0, static_cast<std::size_t>(got)) != std::string_view(chunk.data(), static_cast<std::size_t>(got))) return false;
    bytes.remove_prefix(static_cast<std::size_t>(got));
  }
  return true;
}

result<done> rename_without_replacing(file_place from, file_place to) {
  const char* old_name = from.name.c_str();
  const char* new_name = to.name.c_str();
  const int old_folder = from.folder.handle(), new_folder = to.folder.handle();
  int outcome = ::renameat2(old_folder, old_name, new_folder, new_name, RENAME_NOREPLACE);
  if (outcome != 0 && (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP)) {
    // File systems without that flag: look first. Only another writer of the very same name could come in between.
    struct stat status {};
    if (::fstatat(new_folder, new_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      errno = EEXIST;
    } else {
      outcome = ::renameat(old_folder, old_name, new_folder, new_name);
    }
  }
  if (outcome == 0) return done{};
  if (errno == ENOENT) return failure{"file-missing", "a file to be renamed is not there"};
  return failure_of(errno, "a file cannot be renamed");
}

}  // namespace liaison::net
