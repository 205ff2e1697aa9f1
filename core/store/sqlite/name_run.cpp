// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/name_run.hpp"

#include "core/base/assert.hpp"
#include "core/store/sqlite/database.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace liaison::store::sqlite {

using namespace run_format;

namespace {

using reach = storage_error::reach;

constexpr std::array<char, 8> magic{'n', 'a', 'm', 'e', 's', ' ', '0', '1'};
constexpr std::uint64_t names_of_a_line = 48;
/// Lines are held in memory up to 64 MiB for each run: for all with less than some fifty million names.
constexpr std::uint64_t lines_held_max = 1024 * 1024;
constexpr std::size_t blocks_at_once = 16;
constexpr std::uint64_t things_max = std::uint64_t{1} << 40U;
constexpr std::size_t written_behind_bytes = 1024 * 1024;

constexpr const char* reading = "reading names";
constexpr const char* writing = "writing names";

std::uint64_t seed_check(std::uint64_t seed) { return hash_of({magic.data(), magic.size()}, seed, 0); }

/// Ascends with the name, so that lines are filled one after another.
std::uint64_t line_of(std::uint64_t name, std::uint64_t lines) {
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<wide>(name) * lines) >> 64U);
}

template <class Use>
bool all_bits_of(std::uint64_t name, const Use& use) {
  constexpr std::uint64_t bits = 448;
  std::uint64_t mixed = name * 0x9E3779B97F4A7C15ULL;
  mixed ^= mixed >> 29U;
  for (int i = 0; i < 4; ++i, mixed >>= 16U) {
    const auto bit = ((mixed & 0xffff) * bits) >> 16U;
    if (!use(bit / 64, std::uint64_t{1} << (bit % 64))) return false;
  }
  return true;
}

bool may_have(const line& in, std::uint64_t name) {
  return all_bits_of(name, [&](std::uint64_t word, std::uint64_t bit) { return (in.may_be[word] & bit) != 0; });
}

std::uint64_t blocks_for(std::uint64_t things, std::uint64_t per_block) { return (things + per_block - 1) / per_block; }

}  // namespace

std::uint64_t run_format::hash_of(std::string_view payload, std::uint64_t seed, std::uint64_t block) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed + block);
}

/// The block that was read last is at hand.
class name_run::blocks {
 public:
  explicit blocks(const name_run& of) : of_(of) {}
  template <class Thing>
  Thing read(std::uint64_t block, std::size_t at) {
    if (block != number_ || bytes_.empty()) {
      bytes_ = read_at(of_.file_.get(), block * block_bytes, block_bytes, reading);
      number_ = block;
      of_.check(bytes_, block);
    }
    Thing found;
    std::memcpy(&found, bytes_.data() + at * sizeof(Thing), sizeof(Thing));
    return found;
  }
  name_entry entry(std::uint64_t at) {
    return read<name_entry>(of_.data_block() + at / entries_of_a_block, at % entries_of_a_block);
  }

 private:
  const name_run& of_;
  std::string bytes_;
  std::uint64_t number_ = 0;
};

name_run::name_run(std::filesystem::path place, std::uint64_t seed)
    : place_(std::move(place)), seed_(seed), file_(::open(place_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_.get() < 0) throw error_of_file(errno, "opening names", reach::operation);
  head_ = blocks(*this).read<head>(0, 0);
  if (head_.magic != magic || head_.seed_check != seed_check(seed_) || head_.lines == 0 || std::max(head_.lines, head_.entries) > things_max)
    throw storage_error{storage_error::cause::corrupt, reach::operation, "names of another store, or of another version"};
  range_ = {head_.first, head_.last, static_cast<std::uint32_t>(head_.level)};
  if (head_.lines > lines_held_max) return;
  blocks directory(*this);
  lines_.reserve(head_.lines + 1);
  for (std::uint64_t i = 0; i <= head_.lines; ++i)
    lines_.push_back(directory.read<line>(1 + i / lines_of_a_block, i % lines_of_a_block));
}

std::uint64_t name_run::size_bytes() const { return (data_block() + blocks_for(head_.entries, entries_of_a_block)) * block_bytes; }

std::uint64_t name_run::data_block() const { return 1 + blocks_for(head_.lines + 1, lines_of_a_block); }

void name_run::check(std::string_view block, std::uint64_t number) const {
  std::uint64_t hash = 0;
  if (block.size() == block_bytes) {
    std::memcpy(&hash, block.data() + payload_bytes, sizeof(hash));
    if (hash == hash_of(block.substr(0, payload_bytes), seed_, number)) return;
  }
  damaged_ = true;
  throw storage_error{storage_error::cause::corrupt, reach::operation, "the disk changed block " + std::to_string(number) + " of " + place_.filename().string()};
}

line name_run::line_at(std::uint64_t at) const {
  if (!lines_.empty()) return lines_[at];
  return blocks(*this).read<line>(1 + at / lines_of_a_block, at % lines_of_a_block);
}

void name_run::collect(std::uint64_t name, std::uint64_t from, std::uint64_t until, std::size_t limit, std::vector<name_entry>& to) const {
  const auto number = line_of(name, head_.lines);
  const auto here = line_at(number);
  if (!may_have(here, name)) return;
  const name_entry beyond{name, until, std::numeric_limits<std::uint64_t>::max()};
  blocks data(*this);
  auto begin = here.begin;
  auto end = line_at(number + 1).begin;
  while (begin < end) {
    const auto middle = begin + (end - begin) / 2;
    if (data.entry(middle) <= beyond) begin = middle + 1;
    else end = middle;
  }
  for (; limit > 0 && end > here.begin; --limit) {
    const auto found = data.entry(--end);
    if (found.name != name || found.second < from) return;
    to.push_back(found);
  }
}

run_reader::run_reader(const name_run& from) : from_(from) { fill(); }

void run_reader::next() {
  if (++at_ == entries_.size()) fill();
}

void run_reader::fill() {
  entries_.clear();
  at_ = 0;
  if (read_ == from_.size()) return;
  const auto first = from_.data_block() + read_ / entries_of_a_block;
  const auto wanted = std::min<std::uint64_t>(blocks_for(from_.size() - read_, entries_of_a_block), blocks_at_once);
  const auto bytes = read_at(from_.file_.get(), first * block_bytes, wanted * block_bytes, reading);
  for (std::uint64_t i = 0; i < wanted; ++i) {
    const auto block = std::string_view(bytes).substr(std::min<std::size_t>(i * block_bytes, bytes.size()), block_bytes);
    from_.check(block, first + i);
    const auto count = std::min<std::uint64_t>(from_.size() - read_, entries_of_a_block);
    entries_.resize(entries_.size() + count);
    std::memcpy(entries_.data() + entries_.size() - count, block.data(), count * sizeof(name_entry));
    read_ += count;
  }
}

run_writer::run_writer(const std::filesystem::path& folder, std::uint64_t number, run_range range, std::uint64_t entries_max, std::uint64_t seed)
    : folder_(folder),
      begun_(folder / (std::to_string(number) + ".new")),
      place_(folder / (std::to_string(number) + ".names")),
      seed_(seed),
      file_(::open(begun_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  if (file_.get() < 0) throw error_of_file(errno, writing, reach::everything);
  head_ = {magic, seed_check(seed), range.first, range.last, range.level, entries_max / names_of_a_line + 1, 0};
  directory_.block = 1;
  data_.block = 1 + blocks_for(head_.lines + 1, lines_of_a_block);
}

run_writer::~run_writer() {
  if (!finished_) ::unlink(begun_.c_str());
}

void run_writer::add(const name_entry& what) {
  const auto number = line_of(what.name, head_.lines);
  while (line_number_ < number) end_line();
  all_bits_of(what.name, [&](std::uint64_t word, std::uint64_t bit) {
    line_.may_be[word] |= bit;
    return true;
  });
  append(data_, &what, sizeof(what), entries_of_a_block);
  ++head_.entries;
}

void run_writer::end_line() {
  append(directory_, &line_, sizeof(line_), lines_of_a_block);
  line_ = {head_.entries, {}};
  ++line_number_;
}

void run_writer::append(stream& to, const void* what, std::size_t size, std::size_t per_block) {
  if (to.used == per_block * size) end_block(to);
  to.bytes.append(static_cast<const char*>(what), size);
  to.used += size;
}

void run_writer::end_block(stream& of) {
  of.bytes.append(payload_bytes - of.used, '\0');
  const auto number = of.block + of.bytes.size() / block_bytes;
  const auto hash = hash_of(std::string_view(of.bytes).substr(of.bytes.size() - payload_bytes), seed_, number);
  of.bytes.append(reinterpret_cast<const char*>(&hash), sizeof(hash));
  of.used = 0;
  if (of.bytes.size() == blocks_at_once * block_bytes) write(of);
}

void run_writer::write(stream& what) {
  const auto at = what.block * block_bytes;
  write_at(file_.get(), what.bytes, at, writing);
  what.block += what.bytes.size() / block_bytes;
  what.bytes.clear();
  // On its way already when the whole is synced: others wait for the disk besides.
  if (at / written_behind_bytes != what.block * block_bytes / written_behind_bytes)
    ::sync_file_range(file_.get(), static_cast<off_t>(at / written_behind_bytes * written_behind_bytes), written_behind_bytes, SYNC_FILE_RANGE_WRITE);
}

std::filesystem::path run_writer::finish() {
  while (line_number_ <= head_.lines) end_line();
  for (auto* each : {&directory_, &data_}) {
    if (each->used > 0) end_block(*each);
    if (!each->bytes.empty()) write(*each);
  }
  stream first;
  first.bytes.assign(reinterpret_cast<const char*>(&head_), sizeof(head_));
  first.used = sizeof(head_);
  end_block(first);
  write(first);
  if (::fdatasync(file_.get()) != 0) throw error_of_file(errno, writing, reach::everything);
  if (::rename(begun_.c_str(), place_.c_str()) != 0) throw error_of_file(errno, writing, reach::everything);
  finished_ = true;
  try {
    sync_folder(folder_, writing);
  } catch (const storage_error&) {
    ::unlink(place_.c_str());
    throw;
  }
  return place_;
}

}  // namespace liaison::store::sqlite
