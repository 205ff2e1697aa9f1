// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/payload_log.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace liaison::store::sqlite {
namespace {

using reach = storage_error::reach;
constexpr const char* suffix = ".raw";

}  // namespace

payload_log::payload_log(std::filesystem::path directory, std::uint64_t seed, std::uint64_t file_bytes)
    : directory_(std::move(directory)), seed_(seed), file_bytes_(file_bytes), files_(directory_, suffix) {
  for (const auto& each : std::filesystem::directory_iterator(directory_)) {
    const auto number = number_of_file(each.path().filename().string(), suffix);
    if (!number) continue;
    found_.push_back(*number);
    size_bytes_ += each.file_size();
    current_ = std::max(current_.load(), *number + 1);
  }
}

void payload_log::begin_file() {
  if (file_.get() >= 0) {
    sync();
    file_ = open_file();
    ++current_;
  }
  end_ = synced_ = 0;
  open_file made(::open(files_.place_of(current_).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (made.get() < 0) throw error_of_file(errno, "making a file for large payloads", reach::everything);
  sync_folder(directory_, "syncing the journal's folder");
  file_ = std::move(made);
  begun_ = std::chrono::steady_clock::now();
}

payload_place payload_log::append(std::string_view bytes) {
  const bool is_old = std::chrono::steady_clock::now() - begun_ > appended_to_max;
  if (file_.get() < 0 || end_ >= file_bytes_ || is_old) begin_file();
  write_at(file_.get(), bytes, end_, "writing a large payload");
  const payload_place where{current_, end_, XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_)};
  end_ += bytes.size();
  size_bytes_ += bytes.size();
  return where;
}

void payload_log::sync() {
  if (end_ == synced_) return;
  if (::fdatasync(file_.get()) != 0) throw error_of_file(errno, "syncing large payloads", reach::everything);
  synced_ = end_;
}

// After a sync that failed nothing is known of the file's end, so what follows goes to another one.
void payload_log::discard() noexcept {
  if (file_.get() < 0 || end_ == synced_) return;
  if (synced_ == 0) {
    remove(current_);
  } else if (::ftruncate(file_.get(), static_cast<off_t>(synced_)) == 0) {
    size_bytes_ -= end_ - synced_;
  }
  file_ = open_file();
  ++current_;
}

std::string payload_log::read(const payload_place& where, std::uint64_t size) const {
  const auto file = files_.open(where.file);
  auto bytes = read_at(file->get(), where.at, size, "reading a large payload");
  if (bytes.size() != size || XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_) != where.hash)
    throw storage_error{storage_error::cause::corrupt, reach::operation, "its bytes differ from what came in"};
  return bytes;
}

bool payload_log::remove(std::uint64_t file) noexcept {
  const auto size = files_.remove(file);
  if (size) size_bytes_ -= std::min(size_bytes_.load(), *size);
  return size.has_value();
}

}  // namespace liaison::store::sqlite
