// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/payload_files.hpp"

#include "core/store/sqlite/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

namespace liaison::store::sqlite {
namespace {

constexpr model::message_id files_per_folder = 1000;
constexpr const char* syncing = "syncing the payload folder";
constexpr const char* writing = "writing a payload file";

using reach = storage_error::reach;

/// True when it was made now.
bool make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) throw error_of_file(errno, "making a payload folder", reach::everything);
  return false;
}

/// The number that a name starts with; -1: none.
model::message_id number_in(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  model::message_id number = -1;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    found.push_back(at->path());
  }
  if (error) throw error_of_file(error.value(), "reading the payload folder", reach::everything);
  return found;
}

}  // namespace

payload_files::payload_files(std::filesystem::path directory) : directory_(std::move(directory)) {
  bool made = make_folder(directory_);
  made = make_folder(directory_ / "new") || made;
  if (made) {
    sync_folder(directory_, syncing);
    sync_folder(directory_.parent_path(), syncing);
  }
}

std::filesystem::path payload_files::place_of(model::message_id id) const {
  return directory_ / std::to_string(id / files_per_folder) / (std::to_string(id) + ".raw");
}

std::filesystem::path payload_files::temporary_of(model::message_id id) const {
  return directory_ / "new" / std::to_string(id);
}

void payload_files::write(model::message_id id, std::string_view bytes) {
  open_file made(::open(temporary_of(id).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (made.get() < 0) throw error_of_file(errno, "making a payload file", reach::operation);
  try {
    write_at(made.get(), bytes, 0, writing);
  } catch (storage_error& error) {
    ::unlink(temporary_of(id).c_str());
    error.how_far = reach::operation;
    throw;
  }
  written_.push_back({id, made.release(), bytes.size(), false});
}

void payload_files::settle() {
  if (written_.empty()) return;
  // All are written before the first is synced, so that the file system can sync them together.
  for (auto& what : written_) {
    const int outcome = ::fdatasync(what.file);
    const int error_number = errno;
    ::close(std::exchange(what.file, -1));
    if (outcome != 0) throw error_of_file(error_number, "syncing a payload file", reach::everything);
  }
  std::set<std::filesystem::path> folders;
  for (auto& what : written_) {
    const auto place = place_of(what.id);
    if (make_folder(place.parent_path())) folders.insert(directory_);
    if (::rename(temporary_of(what.id).c_str(), place.c_str()) != 0) {
      throw error_of_file(errno, "renaming a payload file", reach::everything);
    }
    what.renamed = true;
    folders.insert(place.parent_path());
  }
  for (const auto& folder : folders) sync_folder(folder, syncing);
}

void payload_files::discard(std::size_t from) noexcept {
  for (; written_.size() > from; written_.pop_back()) {
    const auto& what = written_.back();
    if (what.file >= 0) ::close(what.file);
    ::unlink((what.renamed ? place_of(what.id) : temporary_of(what.id)).c_str());
  }
}

void payload_files::remove(model::message_id id) noexcept {
  const auto place = place_of(id);
  ::unlink(place.c_str());
  ::rmdir(place.parent_path().c_str());  // refused while others are in it
}

void payload_files::remove_strays(model::message_id last) {
  for (const auto& path : entries_of(directory_ / "new")) ::unlink(path.c_str());
  for (const auto& folder : entries_of(directory_)) {
    if (number_in(folder) < last / files_per_folder) continue;
    for (const auto& path : entries_of(folder)) {
      if (number_in(path) > last) ::unlink(path.c_str());
    }
    ::rmdir(folder.c_str());
  }
}

std::string payload_files::read(model::message_id id, std::uint64_t size_bytes_max) const {
  const open_file opened(::open(place_of(id).c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0) throw error_of_file(errno, "opening a payload file", reach::operation);
  return read_at(opened.get(), 0, size_bytes_max, "reading a payload file");
}

}  // namespace liaison::store::sqlite
