// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/journal.hpp"

#include "core/base/assert.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace liaison::store::sqlite {
namespace {

using reach = storage_error::reach;

constexpr std::size_t read_bytes = 256 * 1024;
/// What a closed segment may have behind its end.
constexpr std::uint64_t spare_bytes_max = 64 * 1024;
/// Linux holds what came with one write in one folio, and takes all of a folio for changed when a byte of it is.
constexpr std::uint64_t filling_bytes = 16 * 1024;
/// Of a segment that is made ahead, so much at a time.
constexpr std::uint64_t step_bytes = 1024 * 1024;
constexpr std::size_t spare_segments = 2;
constexpr const char* open_suffix = ".log";
constexpr const char* closed_suffix = ".rec";
constexpr const char* syncing = "syncing the journal's folder";
constexpr const char* writing = "writing the journal";
constexpr const char* reading = "reading the journal";

/// Filling segments ahead must not be what fills a disk up.
bool has_plenty_of_room(const journal_settings& settings) {
  const auto room = free_bytes_at(settings.directory);
  return room && *room >= settings.reserve_bytes + 8 * settings.segment_bytes;
}

}  // namespace

journal::journal(journal_settings settings, std::uint64_t filed) : settings_(std::move(settings)), closed_(settings_.directory, closed_suffix) {
  LIAISON_ASSERT(settings_.bytes_max >= 2 * settings_.segment_bytes);
  if (::mkdir(settings_.directory.c_str(), 0700) == 0) {
    sync_folder(settings_.directory.parent_path(), syncing);
  } else if (errno != EEXIST) {
    throw error_of_file(errno, "making the journal's folder", reach::everything);
  }
  look_through(filed);
}

std::filesystem::path journal::place_of(std::uint64_t slot) const {
  return settings_.directory / (std::to_string(slot) + open_suffix);
}

void journal::look_through(std::uint64_t filed) {
  for (const auto& found : std::filesystem::directory_iterator(settings_.directory)) {
    const auto name = found.path().filename().string();
    if (const auto sequence = number_of_file(name, closed_suffix)) {
      sequence_ = std::max(sequence_, *sequence);
      closed_bytes_ += found.file_size();
    }
    const auto slot = number_of_file(name, open_suffix);
    if (!slot) continue;
    segment what;
    what.slot = *slot;
    what.file = std::make_shared<const open_file>(::open(found.path().c_str(), O_RDWR | O_CLOEXEC));
    if (what.file->get() < 0) throw error_of_file(errno, "opening the journal", reach::everything);
    slots_ = std::max(slots_, *slot + 1);
    const auto head = head_of(read_at(what.file->get(), 0, segment_head_bytes, reading), settings_.seed);
    if (!head) {
      free_.push_back(what);
      continue;
    }
    what.sequence = head->sequence;
    what.after = head->after;
    segments_.push_back(what);
  }
  std::ranges::sort(segments_, {}, &segment::sequence);
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const segment* next = i + 1 < segments_.size() ? &segments_[i + 1] : nullptr;
    if (next != nullptr && next->after <= filed) segments_[i].last = next->after;  // all of it has rows
    else measure(segments_[i], next);
  }
  if (!segments_.empty()) {
    sequence_ = std::max(sequence_, segments_.back().sequence);
    segments_.back().is_foul = true;  // what lies behind its end is not known
    synced_ = segments_.back().last;
  }
  synced_ = appended_ = std::max(synced_, filed);
  filed_ = filed;
  read_again(filed);
  release_filed();
}

/// Where a segment ends, and with which record.
void journal::measure(segment& what, const segment* next) const {
  const auto bytes = read_at(what.file->get(), 0, size_of(what.file->get()), reading);
  what.last = what.after;
  what.end = segment_head_bytes;
  while (auto record = record_after(what.last, bytes, what.end, settings_.seed)) {
    if (next != nullptr && record->head.number > next->after) break;
    what.last = record->head.number;
    what.end = record->end;
  }
  // Its successor says that there were more: reading will find them missing.
  if (next != nullptr) what.last = std::max(what.last, next->after);
}

std::uint64_t journal::last_synced() const {
  std::lock_guard hold(mutex_);
  return synced_;
}

bool journal::is_half_full() const {
  std::lock_guard hold(mutex_);
  return segments_.size() * settings_.segment_bytes * 2 > settings_.bytes_max;
}

std::uint64_t journal::size_bytes() const {
  std::lock_guard hold(mutex_);
  std::uint64_t sum = closed_bytes_;
  for (const auto* some : {&segments_, &free_})
    for (const auto& each : *some) sum += size_of(each.file->get());
  return sum;
}

std::string journal::body_at(const record_place& where) const {
  shared_file file;
  {
    std::lock_guard hold(mutex_);
    const auto open = std::ranges::find(segments_, where.segment, &segment::sequence);
    if (open != segments_.end()) file = open->file;
  }
  if (!file) file = closed_.open(where.segment);
  auto bytes = read_at(file->get(), where.at, where.size, reading);
  const auto record = record_at(bytes, 0, settings_.seed);
  if (!record || record->end != where.size)
    throw storage_error{storage_error::cause::corrupt, reach::operation, "its record in the journal is damaged"};
  return bytes.substr(record_head_bytes);
}

void journal::append(std::uint64_t number, std::string_view body) {
  std::uint64_t safe = 0;
  {
    std::lock_guard hold(mutex_);
    safe = synced_;
  }
  const std::uint64_t after = group_.empty() ? safe : appended_;
  const auto begin = group_.size();
  append_record(group_, {number, after, safe}, body, settings_.seed);
  places_.push_back({0, begin, group_.size() - begin});
  appended_ = number;
}

bool journal::wait_for_room() {
  std::unique_lock hold(mutex_);
  const std::uint64_t slots_max = settings_.bytes_max / settings_.segment_bytes;
  room_.wait(hold, [&] {
    return gave_up_ || !free_.empty() || segments_.size() < slots_max ||
           (!segments_.back().is_foul && segments_.back().end + group_.size() <= settings_.segment_bytes);
  });
  return !gave_up_;
}

std::uint64_t journal::new_slot() {
  std::lock_guard hold(mutex_);
  return slots_++;
}

journal::segment journal::begin_segment(std::uint64_t slot) const {
  segment begun;
  begun.slot = slot;
  begun.file =
      std::make_shared<const open_file>(::open(place_of(slot).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (begun.file->get() < 0) throw error_of_file(errno, "making a segment of the journal", reach::everything);
  return begun;
}

bool journal::is_filled(const segment& what) const { return size_of(what.file->get()) >= settings_.segment_bytes; }

/// So many bytes more of one that is not filled, on their way to the disk.
void journal::fill(const segment& what, std::uint64_t bytes) const {
  const int file = what.file->get();
  const auto begin = size_of(file);
  const auto end = std::min(begin + bytes, settings_.segment_bytes);
  const std::string nothing(std::min(settings_.segment_bytes, filling_bytes), '\0');
  for (auto at = begin; at < end; at += nothing.size()) write_at(file, nothing, at, writing);
  // Whoever syncs it later finds them there. Where that cannot be asked for, the sync does it all.
  [[maybe_unused]] const int outcome =
      ::sync_file_range(file, static_cast<off_t>(begin), static_cast<off_t>(end - begin), SYNC_FILE_RANGE_WRITE);
}

void journal::finish(const segment& what) const {
  if (size_of(what.file->get()) > 0 && ::fsync(what.file->get()) != 0)
    throw error_of_file(errno, "syncing a segment of the journal", reach::everything);
  sync_folder(settings_.directory, syncing);
}

/// A file whose blocks are all there. To write over them leaves the file system nothing of its own to write down, which
/// is quicker; and ext4, after an error, may call a file that grew synced when it is not. Where room is short, it grows.
journal::segment journal::make_segment() {
  const auto made = begin_segment(new_slot());
  try {
    if (has_plenty_of_room(settings_)) fill(made, settings_.segment_bytes);
    finish(made);
  } catch (...) {
    ::unlink(place_of(made.slot).c_str());
    throw;
  }
  return made;
}

void journal::prepare() {
  bool is_urgent = false;
  {
    std::lock_guard hold(mutex_);
    is_urgent = free_.empty();
    const auto taken = segments_.size() + free_.size();
    if (free_.size() >= spare_segments || taken >= settings_.bytes_max / settings_.segment_bytes) return;
  }
  if (!has_plenty_of_room(settings_)) return;
  try {
    if (!filling_) filling_ = begin_segment(new_slot());
    // The disk does one thing after the other, and senders wait for it: a whole segment would hold them up.
    if (!is_filled(*filling_)) {
      fill(*filling_, is_urgent ? settings_.segment_bytes : step_bytes);
      if (!is_urgent) return;
    }
    finish(*filling_);
    std::lock_guard hold(mutex_);
    free_.push_back(*std::exchange(filling_, std::nullopt));
  } catch (const storage_error&) {
    // The one that appends will find out.
    if (filling_) ::unlink(place_of(filling_->slot).c_str());
    filling_.reset();
  }
}

/// A segment for a group of so many bytes stands at the back.
void journal::open_next(std::uint64_t size) {
  std::unique_lock hold(mutex_);
  if (!segments_.empty()) {
    const auto& current = segments_.back();
    const bool is_empty = current.end == 0 && !current.is_foul;
    const bool is_old = std::chrono::steady_clock::now() - current.begun > appended_to_max;
    if (is_empty || (!current.is_foul && !is_old && current.end + size <= settings_.segment_bytes)) return;
  }
  if (free_.empty()) {
    hold.unlock();
    const auto made = make_segment();
    hold.lock();
    free_.push_back(made);
  }
  const auto next = free_.back();
  free_.pop_back();
  segment begun = next;
  begun.sequence = ++sequence_;
  begun.after = begun.last = synced_;
  begun.begun = std::chrono::steady_clock::now();
  segments_.push_back(std::move(begun));
}

void journal::discard() noexcept {
  group_.clear();
  places_.clear();
}

std::vector<record_place> journal::sync() {
  if (group_.empty()) return {};
  shared_file file;
  std::uint64_t at = 0, sequence = 0;
  std::string first;
  try {
    open_next(group_.size());
    {
      std::lock_guard hold(mutex_);
      const auto& current = segments_.back();
      file = current.file;
      at = current.end;
      sequence = current.sequence;
      if (at == 0) append_head(first, {sequence, current.after}, settings_.seed);
    }
    if (at == 0) write_at(file->get(), first, at, writing);
    at += first.size();
    write_at(file->get(), group_, at, writing);
    if (::fdatasync(file->get()) != 0) throw error_of_file(errno, "syncing the journal", reach::everything);
  } catch (...) {
    discard();
    std::lock_guard hold(mutex_);
    if (!segments_.empty() && segments_.back().end > 0) segments_.back().is_foul = true;
    throw;
  }
  for (auto& each : places_) {
    each.segment = sequence;
    each.at += at;
  }
  const std::uint64_t end = at + group_.size();
  group_.clear();
  std::lock_guard hold(mutex_);
  auto& current = segments_.back();
  current.end = end;
  current.last = synced_ = appended_;
  return std::exchange(places_, {});
}

std::optional<journal::segment> journal::segment_to_read() const {
  std::lock_guard hold(mutex_);
  const auto at = std::ranges::find_if(segments_, [&](const segment& each) { return each.last > read_last_; });
  if (at == segments_.end()) return std::nullopt;
  return *at;
}

void journal::read(std::uint64_t last, std::size_t bytes_max, const taking& take, std::vector<journal_damage>& damaged) {
  for (std::size_t size = 0; size < bytes_max && read_last_ < last;) {
    const auto from = segment_to_read();
    if (!from) break;
    if (from->sequence != read_sequence_) {
      read_sequence_ = from->sequence;
      read_at_ = segment_head_bytes;
      read_last_ = from->after;
    }
    const auto read_last_before = read_last_;
    size += read_some(*from, last, bytes_max - size, take, damaged);
    if (read_last_ == read_last_before) break;
  }
}

/// Gives how many bytes were taken. Reads in pieces; only what seems damaged is looked at to the segment's end.
std::size_t journal::read_some(const segment& from, std::uint64_t last, std::size_t bytes_max,
                               const taking& take, std::vector<journal_damage>& damaged) {
  const std::uint64_t left = from.end > read_at_ ? from.end - read_at_ : 0;
  const int file = from.file->get();
  auto bytes = sqlite::read_at(file, read_at_, std::min<std::uint64_t>(left, read_bytes), reading);
  bool is_rest = bytes.size() == left;
  std::size_t at = 0, size = 0;
  while (size < bytes_max && read_last_ < from.last && read_last_ < last) {
    auto record = record_at(bytes, at, settings_.seed);
    if (!record || record->head.after != read_last_) {
      if (!is_rest) {
        if (at > 0) break;
        bytes = sqlite::read_at(file, read_at_, left, reading);
        is_rest = true;
        continue;
      }
      record = record_after(read_last_, bytes, at, settings_.seed);
      const std::uint64_t missing = record ? record->head.after : from.last;
      note_damage(from, {std::max(read_last_, skipped_) + 1, missing}, damaged);
      if (!record) {
        read_last_ = from.last;
        break;
      }
    }
    if (record->head.number > last) break;
    if (record->head.number > skipped_) {
      const record_place where{from.sequence, read_at_ - at + record->begin, record->end - record->begin};
      if (!take(record->head.number, record->body, where)) break;
      size += record->body.size();
    }
    read_last_ = record->head.number;
    read_at_ += record->end - at;
    at = record->end;
  }
  return size;
}

void journal::note_damage(const segment& in, journal_damage what, std::vector<journal_damage>& damaged) {
  if (what.last <= skipped_) return;
  damaged.push_back(what);
  std::lock_guard hold(mutex_);
  for (auto& each : segments_) each.is_damaged = each.is_damaged || each.sequence == in.sequence;
}

void journal::read_again(std::uint64_t filed) {
  read_sequence_ = read_at_ = 0;
  read_last_ = skipped_ = filed;
}

void journal::filed(std::uint64_t number) {
  {
    std::lock_guard hold(mutex_);
    filed_ = number;
  }
  release_filed();
  room_.notify_one();
}

void journal::skip(std::uint64_t number, const record_place& where) {
  read_sequence_ = where.segment;
  read_at_ = where.at + where.size;
  read_last_ = number;
}

/// The one at the back is written to. What cannot be closed stays, and is tried again with the next filing.
void journal::release_filed() {
  for (;;) {
    std::unique_lock hold(mutex_);
    if (segments_.size() < 2 || segments_.front().last > filed_) return;
    const segment oldest = segments_.front();
    // The file system may take its time; whoever appends does not wait for it.
    hold.unlock();
    const auto closed_bytes = close_segment(oldest);
    if (!closed_bytes) return;
    hold.lock();
    closed_bytes_ += *closed_bytes;
    segments_.pop_front();
  }
}

/// Gives how many bytes stay. Whether the new name is on disk does not matter: by the old one it is found and closed again. Nothing: it
/// has no new name, by which its records would be looked for.
std::optional<std::uint64_t> journal::close_segment(const segment& what) const {
  const auto place = place_of(what.slot);
  const auto aside = settings_.directory / ("damaged-" + std::to_string(what.sequence));
  if (!settings_.is_needed(what.sequence)) {
    // What is damaged is kept for whoever wants to see what can be saved.
    if (what.is_damaged) ::rename(place.c_str(), aside.c_str());
    else ::unlink(place.c_str());
    return 0;
  }
  if (what.is_damaged) {
    std::error_code ignored;
    std::filesystem::copy_file(place, aside, ignored);
  } else if (what.end > 0 && what.end + spare_bytes_max < size_of(what.file->get())) {
    // Where the disk says no it stays as long as it is.
    [[maybe_unused]] const int outcome = ::ftruncate(what.file->get(), static_cast<off_t>(what.end));
  }
  if (::rename(place.c_str(), closed_.place_of(what.sequence).c_str()) != 0) return std::nullopt;
  return size_of(what.file->get());
}

bool journal::is_closed(std::uint64_t sequence) const {
  std::lock_guard hold(mutex_);
  return segments_.empty() ? sequence <= sequence_ : sequence < segments_.front().sequence;
}

bool journal::remove(std::uint64_t sequence) noexcept {
  const auto size = closed_.remove(sequence);
  if (!size) return false;
  std::lock_guard hold(mutex_);
  closed_bytes_ -= std::min(closed_bytes_, *size);
  return true;
}

void journal::give_up(bool now) {
  {
    std::lock_guard hold(mutex_);
    gave_up_ = now;
  }
  room_.notify_one();
}

}  // namespace liaison::store::sqlite
