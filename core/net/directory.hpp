// SPDX-License-Identifier: Apache-2.0
// Files and folders by descriptor, as drop folders need them: nothing is followed, nothing is replaced, what is said to
// be written is on disk. Blocking calls: for the executor's blocking threads. Texts name no file of a partner, since
// partners put patients' names into file names.
#pragma once

#include "core/base/result.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace liaison::net {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int handle) : handle_(handle) {}
  descriptor(descriptor&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~descriptor();
  int handle() const { return handle_; }
  explicit operator bool() const { return handle_ >= 0; }

 private:
  int handle_ = -1;
};

/// Which file, in which state: changes when it is written or replaced; survives renaming.
struct file_identity {
  std::uint64_t device = 0, inode = 0, size_bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const file_identity&) const = default;
};
file_identity identity_of(const struct stat& status);

/// Codes: "disk-full", "no-permission", "folder-missing", "file-exists", "io-error".
failure failure_of(int error_number, std::string_view what);

result<descriptor> open_directory(const std::string& path);
/// Makes what is missing, with its parents, and syncs it.
result<descriptor> open_or_make_directory(const std::string& path);
/// Inside a folder that others write into: a link of that name is not followed.
result<descriptor> open_or_make_directory(const descriptor& parent, const std::string& name);

/// Creates or empties `name`, writes, syncs. Not the folder: see `sync`.
result<done> write_file(const descriptor& folder, const std::string& name, std::string_view bytes);
result<done> sync(const descriptor& folder);

struct file_place {
  const descriptor& folder;
  const std::string& name;
};
/// "file-exists" when the new name is taken, "file-missing" when there is nothing to rename.
result<done> rename_without_replacing(file_place from, file_place to);

/// Regular file by that name, without following links.
bool file_exists(const descriptor& folder, const std::string& name);
/// The same, with exactly these bytes in it.
bool file_holds(const descriptor& folder, const std::string& name, std::string_view bytes);

}  // namespace liaison::net
