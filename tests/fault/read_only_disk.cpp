// SPDX-License-Identifier: Apache-2.0
// Loaded into a gateway before its libraries: while the file that LIAISON_TEST_READ_ONLY_WHILE names exists, everything below
// the folder that LIAISON_TEST_READ_ONLY_BELOW names answers as a read-only file system does, to files that are open for writing as
// well. The kernel refuses to make a mount read-only while somebody writes, except after an error, and then there is no way back
// without unmounting: this is the case of a disk that comes back (a network file system, a snapshot that took long).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>

namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_inside(std::string_view path) {
  static const char* const folder = std::getenv("LIAISON_TEST_READ_ONLY_BELOW");
  static const char* const flag = std::getenv("LIAISON_TEST_READ_ONLY_WHILE");
  return folder != nullptr && flag != nullptr && path.starts_with(folder) && ::access(flag, F_OK) == 0;
}

/// Handlers of signals write as well: nothing here may ask for memory.
bool is_inside(int file) {
  char link[32] = "/proc/self/fd/", path[4096];
  std::to_chars(link + std::strlen(link), std::end(link) - 1, file);
  const auto length = ::readlink(link, path, sizeof path);
  return length > 0 && is_inside(std::string_view(path, static_cast<std::size_t>(length)));
}

template <class Which, class Call>
auto unless_read_only(Which which, Call call) -> decltype(call()) {
  if (!is_inside(which)) return call();
  errno = EROFS;
  return -1;
}

int open_as(const char* name, const char* path, int flags, mode_t mode) {
  const auto call = [&] { return real<int(const char*, int, ...)>(name)(path, flags, mode); };
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  return writes ? unless_read_only(std::string_view(path), call) : call();
}

mode_t mode_in(int flags, std::va_list& rest) { return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(rest, int)) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_as("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_as("open64", path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  return unless_read_only(file, [&] { return real<ssize_t(int, const void*, size_t)>("write")(file, bytes, size); });
}
ssize_t writev(int file, const iovec* parts, int count) {
  return unless_read_only(file, [&] { return real<ssize_t(int, const iovec*, int)>("writev")(file, parts, count); });
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return unless_read_only(file, [&] { return real<ssize_t(int, const void*, size_t, off_t)>("pwrite")(file, bytes, size, at); });
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  return unless_read_only(file, [&] { return real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(file, bytes, size, at); });
}
ssize_t pwritev(int file, const iovec* parts, int count, off_t at) {
  return unless_read_only(file, [&] { return real<ssize_t(int, const iovec*, int, off_t)>("pwritev")(file, parts, count, at); });
}
int ftruncate(int file, off_t size) {
  return unless_read_only(file, [&] { return real<int(int, off_t)>("ftruncate")(file, size); });
}
int ftruncate64(int file, off64_t size) {
  return unless_read_only(file, [&] { return real<int(int, off64_t)>("ftruncate64")(file, size); });
}
int fallocate(int file, int mode, off_t at, off_t size) {
  return unless_read_only(file, [&] { return real<int(int, int, off_t, off_t)>("fallocate")(file, mode, at, size); });
}
int fsync(int file) {
  return unless_read_only(file, [&] { return real<int(int)>("fsync")(file); });
}
int fdatasync(int file) {
  return unless_read_only(file, [&] { return real<int(int)>("fdatasync")(file); });
}
int unlink(const char* path) {
  return unless_read_only(std::string_view(path), [&] { return real<int(const char*)>("unlink")(path); });
}
int mkdir(const char* path, mode_t mode) {
  return unless_read_only(std::string_view(path), [&] { return real<int(const char*, mode_t)>("mkdir")(path, mode); });
}
int rename(const char* from, const char* to) {
  return unless_read_only(std::string_view(from), [&] { return real<int(const char*, const char*)>("rename")(from, to); });
}

}  // extern "C"
