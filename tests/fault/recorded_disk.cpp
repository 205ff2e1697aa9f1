// SPDX-License-Identifier: Apache-2.0
#include "recorded_disk.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

namespace liaison::test::recorded_disk {
namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct recorder {
  std::mutex mutex;
  std::atomic<bool> on = false;
  std::string folder;
  std::vector<operation> operations;
  std::map<ino_t, std::uint64_t> numbers;
  std::uint64_t files = 0;
  std::uint64_t calls = 0, fail_from = 0, fail_count = 0;
  int error = 0;
};

recorder& state() {
  static auto* made = new recorder;  // outlives every file call
  return *made;
}

std::optional<std::string> inside(const std::string& path) {
  const std::string& folder = state().folder;
  if (path == folder) return "";
  if (path.size() <= folder.size() || path[folder.size()] != '/' || !path.starts_with(folder)) return std::nullopt;
  // The index of the log is shared memory, and made anew by whoever opens the database.
  if (path.ends_with("-shm")) return std::nullopt;
  return path.substr(folder.size() + 1);
}

std::optional<std::string> inside(int file) {
  char path[4096];
  const auto length = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path, sizeof path);
  if (length <= 0) return std::nullopt;
  return inside(std::string(path, static_cast<std::size_t>(length)));
}

std::uint64_t number_of(int file) {
  struct stat about {};
  ::fstat(file, &about);
  return state().numbers[about.st_ino];
}

/// True when this call is one of those that shall fail.
bool fails() {
  recorder& s = state();
  const std::uint64_t nth = s.calls++;
  return nth >= s.fail_from && nth - s.fail_from < s.fail_count;
}

/// Does `call` and records it, unless it shall fail or lies elsewhere. `-1` with errno as the C library has it.
template <class Call, class Describe>
auto on_file(int file, Call call, Describe describe) -> decltype(call()) {
  recorder& s = state();
  if (!s.on) return call();
  std::lock_guard hold(s.mutex);
  const auto name = inside(file);
  if (!name) return call();
  if (fails()) {
    errno = s.error;
    return -1;
  }
  const auto done = call();
  if (done >= 0) s.operations.push_back(describe(*name, done));
  return done;
}

template <class Call, class Describe>
int on_names(const char* path, Call call, Describe describe) {
  recorder& s = state();
  if (!s.on) return call();
  std::lock_guard hold(s.mutex);
  const auto name = inside(std::string(path));
  if (name && fails()) {
    errno = s.error;
    return -1;
  }
  const int done = call();
  if (name && done == 0) s.operations.push_back(describe(*name));
  return done;
}

int open_recorded(const char* name, const char* path, int flags, mode_t mode) {
  using function = int(const char*, int, ...);
  recorder& s = state();
  auto* open = real<function>(name);
  if (!s.on) return open(path, flags, mode);
  std::lock_guard hold(s.mutex);
  const auto where = inside(std::string(path));
  const bool is_new = where && (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  const int file = open(path, flags, mode);
  if (file < 0 || !where) return file;
  struct stat about {};
  ::fstat(file, &about);
  if (is_new) {
    s.numbers[about.st_ino] = ++s.files;
    s.operations.push_back({call::create, s.files, *where, "", 0, ""});
  } else if ((flags & O_TRUNC) != 0) {
    s.operations.push_back({call::truncate, s.numbers[about.st_ino], *where, "", 0, ""});
  }
  return file;
}

std::string text_of(const void* bytes, ssize_t size) {
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

void record(const std::filesystem::path& folder) {
  recorder& s = state();
  std::lock_guard hold(s.mutex);
  s.folder = folder.string();
  s.operations.clear();
  s.numbers.clear();
  s.calls = s.fail_count = s.files = 0;
  s.on = true;
}

std::vector<operation> recording() {
  recorder& s = state();
  std::lock_guard hold(s.mutex);
  s.on = false;
  return std::move(s.operations);
}

void mark(std::string text) {
  recorder& s = state();
  std::lock_guard hold(s.mutex);
  s.operations.push_back({call::mark, 0, std::move(text), "", 0, ""});
}

void fail(std::uint64_t nth, std::uint64_t count, int error) {
  recorder& s = state();
  std::lock_guard hold(s.mutex);
  s.calls = 0;
  s.fail_from = nth;
  s.fail_count = count;
  s.error = error;
}

std::uint64_t calls() {
  recorder& s = state();
  std::lock_guard hold(s.mutex);
  return s.calls;
}

// --- what survives
// ------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t sector = 512;

struct file_content {
  std::string synced;
  std::vector<const operation*> open;  ///< not synced yet
};

void put(std::string& to, std::uint64_t offset, std::string_view bytes) {
  if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size());
  to.replace(offset, bytes.size(), bytes);
}

void apply(std::string& to, const operation& what) {
  if (what.what == call::truncate)
    to.resize(what.offset);
  else
    put(to, what.offset, what.bytes);
}

void apply_by_chance(std::string& to, const operation& what, std::mt19937& chance, unsigned percent) {
  const auto lucky = [&] { return chance() % 100 < percent; };
  if (what.what == call::truncate) {
    if (lucky()) apply(to, what);
    return;
  }
  for (std::size_t at = 0; at < what.bytes.size();) {
    const std::size_t size = std::min(what.bytes.size() - at, sector - (what.offset + at) % sector);
    if (lucky()) put(to, what.offset + at, std::string_view(what.bytes).substr(at, size));
    at += size;
  }
}

using names = std::map<std::string, std::uint64_t>;  ///< 0: a folder

struct naming {
  const operation* what;
  std::uint64_t file;  ///< whose name it is
  const std::string& name() const { return what->what == call::rename ? what->other_name : what->name; }
};

void rename_in(names& to, const naming& one) {
  if (one.what->what == call::rename || one.what->what == call::remove) to.erase(one.what->name);
  if (one.what->what != call::remove) to[one.name()] = one.file;
}

std::string folder_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

}  // namespace

void survive(const std::vector<operation>& all, std::size_t made, std::mt19937& chance,
             const std::filesystem::path& target) {
  std::map<std::uint64_t, file_content> files;
  names all_names, kept;
  std::vector<naming> open_names;
  for (std::size_t i = 0; i < made; ++i) {
    const operation& what = all[i];
    switch (what.what) {
      case call::write:
      case call::truncate:
        files[what.file].open.push_back(&what);
        break;
      case call::sync: {
        file_content& of = files[what.file];
        for (const operation* each : of.open) apply(of.synced, *each);
        of.open.clear();
        break;
      }
      case call::sync_folder:
        std::erase_if(open_names, [&](const naming& each) {
          if (folder_of(each.name()) != what.name) return false;
          rename_in(kept, each);
          return true;
        });
        break;
      case call::mark:
        break;
      default:
        open_names.push_back({&what, what.what == call::rename ? all_names[what.name] : what.file});
        rename_in(all_names, open_names.back());
    }
  }
  const std::size_t lucky_names = open_names.empty() ? 0 : chance() % (open_names.size() + 1);
  for (std::size_t i = 0; i < lucky_names; ++i) rename_in(kept, open_names[i]);
  constexpr unsigned lots[] = {0, 10, 50, 90, 100};
  const unsigned percent = lots[chance() % std::size(lots)];
  for (const auto& [name, file] : kept)
    if (file == 0) std::filesystem::create_directories(target / name);
  for (const auto& [name, file] : kept) {
    if (file == 0) continue;
    std::string content = files[file].synced;
    for (const operation* each : files[file].open) apply_by_chance(content, *each, chance, percent);
    std::filesystem::create_directories((target / name).parent_path());
    std::ofstream(target / name, std::ios::binary) << content;
  }
}

}  // namespace liaison::test::recorded_disk

// --- the C library's calls
// ----------------------------------------------------------------------------------------------

using namespace liaison::test::recorded_disk;

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): the names are the C library's.
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open_recorded("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open_recorded("open64", path, flags, mode);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  static auto* call_it = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return on_file(
      file, [&] { return call_it(file, bytes, size, offset); },
      [&](const std::string& name, ssize_t done) {
        return operation{call::write,         number_of(file), name, "", static_cast<std::uint64_t>(offset),
                         text_of(bytes, done)};
      });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) { return pwrite64(file, bytes, size, offset); }

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* call_it = real<ssize_t(int, const void*, size_t)>("write");
  return on_file(
      file, [&] { return call_it(file, bytes, size); },
      [&](const std::string& name, ssize_t done) {
        const auto end = static_cast<std::uint64_t>(::lseek(file, 0, SEEK_CUR));
        return operation{call::write,         number_of(file), name, "", end - static_cast<std::uint64_t>(done),
                         text_of(bytes, done)};
      });
}

int ftruncate64(int file, off64_t size) {
  static auto* call_it = real<int(int, off64_t)>("ftruncate64");
  return on_file(
      file, [&] { return call_it(file, size); },
      [&](const std::string& name, int) {
        return operation{call::truncate, number_of(file), name, "", static_cast<std::uint64_t>(size), ""};
      });
}

static operation synced(int file, const std::string& name) {
  struct stat about {};
  ::fstat(file, &about);
  if (S_ISDIR(about.st_mode)) return {call::sync_folder, 0, name, "", 0, ""};
  return {call::sync, number_of(file), name, "", 0, ""};
}

int fsync(int file) {
  static auto* call_it = real<int(int)>("fsync");
  return on_file(
      file, [&] { return call_it(file); }, [&](const std::string& name, int) { return synced(file, name); });
}

int fdatasync(int file) {
  static auto* call_it = real<int(int)>("fdatasync");
  return on_file(
      file, [&] { return call_it(file); }, [&](const std::string& name, int) { return synced(file, name); });
}

int rename(const char* from, const char* to) {
  static auto* call_it = real<int(const char*, const char*)>("rename");
  return on_names(
      from, [&] { return call_it(from, to); },
      [&](const std::string& name) {
        return operation{call::rename, 0, name, inside(std::string(to)).value_or(""), 0, ""};
      });
}

int unlink(const char* path) {
  static auto* call_it = real<int(const char*)>("unlink");
  return on_names(
      path, [&] { return call_it(path); },
      [&](const std::string& name) { return operation{call::remove, 0, name, "", 0, ""}; });
}

int mkdir(const char* path, mode_t mode) {
  static auto* call_it = real<int(const char*, mode_t)>("mkdir");
  return on_names(
      path, [&] { return call_it(path, mode); },
      [&](const std::string& name) { return operation{call::make_folder, 0, name, "", 0, ""}; });
}
// NOLINTEND(readability-identifier-naming)
}
