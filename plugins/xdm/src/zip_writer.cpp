// SPDX-License-Identifier: Apache-2.0
#include "zip_writer.hpp"

#include <zlib.h>

#include <limits>
#include <new>
#include <stdexcept>

namespace liaison::xdm {
namespace {

constexpr std::uint32_t archive_size_max = std::numeric_limits<std::int32_t>::max();
constexpr std::uint16_t version = 20, stored = 0, deflated = 8;
constexpr std::uint32_t first_day = (1U << 21U) | (1U << 16U);  // 1980-01-01

void put(std::string& to, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) to += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::uint32_t dos_time_of(std::string_view time) {
  if (time.size() < 19) return first_day;
  const auto digits = [&](std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (time[i] < '0' || time[i] > '9') return std::uint32_t{0xFFFF};
      value = value * 10 + static_cast<std::uint32_t>(time[i] - '0');
    }
    return value;
  };
  const std::uint32_t year = digits(0, 4), month = digits(5, 2), day = digits(8, 2), hour = digits(11, 2),
                      minute = digits(14, 2), second = digits(17, 2);
  if (year < 1980 || year > 2107 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 60) return first_day;
  return ((year - 1980) << 25U) | (month << 21U) | (day << 16U) | (hour << 11U) | (minute << 5U) | (second / 2);
}

/// Empty when deflating gains nothing.
std::string deflate_all(std::string_view bytes) {
  std::string packed;
  if (bytes.empty()) return packed;
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  packed.resize(bytes.size());
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool fits = deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < bytes.size();
  packed.resize(fits ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

zip_writer::zip_writer(std::string_view local_time) : dos_time_(dos_time_of(local_time)) {}

/// What local and central headers have in common (4.3.7 and 4.3.12).
void zip_writer::put_common(std::string& to, const entry& of) const {
  put(to, version, 2);
  put(to, 0, 2);  // flags
  put(to, of.method, 2);
  put(to, dos_time_, 4);
  put(to, of.crc, 4);
  put(to, of.packed_size, 4);
  put(to, of.size, 4);
  put(to, static_cast<std::uint32_t>(of.name.size()), 2);
  put(to, 0, 2);  // extra
}

void zip_writer::add(std::string_view name, std::string_view bytes) {
  if (bytes.size() > archive_size_max - out_.size()) throw std::length_error("the archive would pass 2 GiB");
  const std::string packed = deflate_all(bytes);
  const std::string_view data = packed.empty() ? bytes : std::string_view(packed);
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  const entry made{std::string(name),
                   packed.empty() ? stored : deflated,
                   static_cast<std::uint32_t>(crc),
                   static_cast<std::uint32_t>(data.size()),
                   static_cast<std::uint32_t>(bytes.size()),
                   static_cast<std::uint32_t>(out_.size())};
  out_.reserve(out_.size() + data.size() + 4096);
  put(out_, 0x04034B50, 4);
  put_common(out_, made);
  out_ += name;
  out_ += data;
  entries_.push_back(made);
}

std::string zip_writer::finish() && {
  const auto directory_at = static_cast<std::uint32_t>(out_.size());
  for (const entry& each : entries_) {
    put(out_, 0x02014B50, 4);
    put(out_, version, 2);
    put_common(out_, each);
    put(out_, 0, 2);  // comment
    put(out_, 0, 2);  // disk
    put(out_, 0, 2);  // internal attributes
    put(out_, 0, 4);  // external attributes
    put(out_, each.header_at, 4);
    out_ += each.name;
  }
  const auto directory_size = static_cast<std::uint32_t>(out_.size()) - directory_at;
  put(out_, 0x06054B50, 4);
  put(out_, 0, 2);
  put(out_, 0, 2);
  put(out_, static_cast<std::uint32_t>(entries_.size()), 2);
  put(out_, static_cast<std::uint32_t>(entries_.size()), 2);
  put(out_, directory_size, 4);
  put(out_, directory_at, 4);
  put(out_, 0, 2);
  return std::move(out_);
}

}  // namespace liaison::xdm
