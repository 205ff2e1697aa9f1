// SPDX-License-Identifier: Apache-2.0
#include "zip_reader.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/text.hpp>

#include <zlib.h>

#include <algorithm>
#include <set>

namespace liaison::xdm {
namespace {

constexpr std::uint32_t local_signature = 0x04034B50, central_signature = 0x02014B50, end_signature = 0x06054B50;
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22, comment_size_max = 0xFFFF;
constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;
constexpr std::uint16_t flag_encrypted = 1U << 0U, flag_strong_encryption = 1U << 6U, flag_utf_8 = 1U << 11U,
                        flag_masked_directory = 1U << 13U;
constexpr std::uint16_t stored = 0, deflated = 8, aes = 99;
constexpr std::uint64_t ratio_counts_from_bytes = 1U << 20U;

std::uint64_t number(std::string_view bytes, std::size_t at, unsigned size) {
  std::uint64_t value = 0;
  for (unsigned i = size; i-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::uint16_t u16(std::string_view bytes, std::size_t at) { return static_cast<std::uint16_t>(number(bytes, at, 2)); }
std::uint32_t u32(std::string_view bytes, std::size_t at) { return static_cast<std::uint32_t>(number(bytes, at, 4)); }

std::string location_of(std::size_t ordinal) { return "entry[" + std::to_string(ordinal + 1) + "]"; }

/// The end record is last but for its comment; a mail that appends a line end must not hide it.
std::optional<std::size_t> find_end(std::string_view bytes) {
  if (bytes.size() < end_size) return std::nullopt;
  const std::size_t last = bytes.size() - end_size;
  const std::size_t first = last > comment_size_max + 64 ? last - comment_size_max - 64 : 0;
  for (std::size_t at = last + 1; at-- > first;)
    if (u32(bytes, at) == end_signature && at + end_size + u16(bytes, at + 20) <= bytes.size()) return at;
  return std::nullopt;
}

/// No way out of the archive, on any system: roots, drives, "..", control characters, empty steps.
bool is_safe(std::string_view name) {
  if (name.empty() || name.front() == '/' || (name.size() > 1 && name[1] == ':')) return false;
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return false;
  if (name.back() == '/') name.remove_suffix(1);
  for (const std::string_view step : split(name, '/'))
    if (step.empty() || step == "." || step == "..") return false;
  return true;
}

/// ITI-32 asks for ISO 9660 level 1: upper case, 8.3.
bool is_plain(std::string_view name) {
  if (!name.empty() && name.back() == '/') name.remove_suffix(1);
  for (const std::string_view step : split(name, '/')) {
    const std::size_t dot = step.find('.');
    const std::string_view stem = step.substr(0, dot);
    const std::string_view suffix = dot == std::string_view::npos ? std::string_view{} : step.substr(dot + 1);
    if (stem.empty() || stem.size() > 8 || suffix.size() > 3) return false;
    for (const std::string_view part : {stem, suffix})
      for (const char c : part)
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Sizes and offset that did not fit into 32 bits stand in the extra field 0x0001, in this order (4.5.3).
bool read_zip64(std::string_view extra, zip_entry& into, bool size, bool packed, bool header) {
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::uint16_t id = u16(extra, at), length = u16(extra, at + 2);
    if (at + 4 + length > extra.size()) return false;
    if (id == 1) {
      std::size_t value = at + 4;
      const std::size_t end = value + length;
      for (const auto& [wanted, place] :
           {std::pair{size, &into.size}, std::pair{packed, &into.packed_size}, std::pair{header, &into.header_at}}) {
        if (!wanted) continue;
        if (value + 8 > end) return false;
        *place = number(extra, value, 8);
        value += 8;
      }
      return true;
    }
    at += 4U + length;
  }
  return false;
}

/// Exactly `size` bytes, or nothing. The size was held against the limits before.
std::optional<std::string> inflate_all(std::string_view packed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef nothing = 0;
  stream.next_out = size == 0 ? &nothing : reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(size);
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace

zip_reader::zip_reader(std::string_view bytes, findings& found, const zip_limits& limits)
    : bytes_(bytes), found_(found), limits_(limits) {
  opened_ = read_directory() && check_layout();
}

bool zip_reader::fail(finding what, std::size_t ordinal) {
  found_.add(what, location_of(ordinal));
  return false;
}

bool zip_reader::read_directory() {
  const auto end = find_end(bytes_);
  if (!end) {
    found_.add(looks_like_zip(bytes_) ? finding::zip_damaged : finding::not_zip, "archive");
    return false;
  }
  const std::uint16_t count = u16(bytes_, *end + 10);
  const std::uint64_t size = u32(bytes_, *end + 12), offset = u32(bytes_, *end + 16);
  const bool one_disk = u16(bytes_, *end + 4) == 0 && u16(bytes_, *end + 6) == 0 && u16(bytes_, *end + 8) == count;
  if (!one_disk || size > *end || offset > *end - size) {
    found_.add(finding::zip_damaged, "archive");
    return false;
  }
  if (count > limits_.entries_max) {
    found_.add(finding::zip_too_many_entries, "archive");
    return false;
  }
  // Bytes before the archive (a self-extractor, a mail's remains) move all offsets.
  directory_at_ = *end - size;
  base_ = directory_at_ - offset;
  entries_.reserve(count);
  std::size_t at = static_cast<std::size_t>(directory_at_);
  for (std::size_t i = 0; i < count; ++i)
    if (!read_entry(at, i)) return false;
  if (at > *end) return fail(finding::zip_damaged, count);
  return true;
}

bool zip_reader::read_entry(std::size_t& at, std::size_t ordinal) {
  if (at + central_size > bytes_.size() || u32(bytes_, at) != central_signature)
    return fail(finding::zip_damaged, ordinal);
  const std::uint16_t flags = u16(bytes_, at + 8), name_size = u16(bytes_, at + 28), extra_size = u16(bytes_, at + 30),
                      comment_size = u16(bytes_, at + 32);
  if (at + central_size + name_size + extra_size + comment_size > bytes_.size())
    return fail(finding::zip_damaged, ordinal);
  const std::string_view raw = bytes_.substr(at + central_size, name_size);
  const std::string_view extra = bytes_.substr(at + central_size + name_size, extra_size);
  zip_entry entry;
  entry.method = u16(bytes_, at + 10);
  entry.crc = u32(bytes_, at + 16);
  entry.packed_size = u32(bytes_, at + 20);
  entry.size = u32(bytes_, at + 24);
  entry.header_at = u32(bytes_, at + 42);
  const bool size = entry.size == in_zip64, packed = entry.packed_size == in_zip64,
             header = entry.header_at == in_zip64;
  if ((size || packed || header) && !read_zip64(extra, entry, size, packed, header))
    return fail(finding::zip_damaged, ordinal);
  if ((flags & (flag_encrypted | flag_strong_encryption | flag_masked_directory)) != 0 || entry.method == aes)
    return fail(finding::zip_encrypted, ordinal);
  constexpr unsigned made_by_unix = 3, type_mask = 0170000, regular = 0100000, folder = 0040000;
  const unsigned type = (u32(bytes_, at + 38) >> 16U) & type_mask;
  if (u16(bytes_, at + 4) >> 8U == made_by_unix && type != 0 && type != regular && type != folder)
    return fail(finding::zip_link, ordinal);

  if (name_size > limits_.name_size_bytes_max) return fail(finding::zip_unsafe_name, ordinal);
  entry.name = (flags & flag_utf_8) != 0 && is_utf_8(raw) ? std::string(raw)
               : is_utf_8(raw)                            ? std::string(raw)
                                                          : to_utf_8(raw, charset::cp850).text;
  entry.is_plain_name = is_plain(entry.name);
  std::replace(entry.name.begin(), entry.name.end(), '\\', '/');
  while (entry.name.starts_with("./")) entry.name.erase(0, 2);
  if (entry.name.empty() && raw.starts_with(".")) entry.name = "./";  // the folder that was packed
  if (entry.name != "./" && !is_safe(entry.name)) return fail(finding::zip_unsafe_name, ordinal);
  entry.is_folder = entry.name.back() == '/';
  at += central_size + name_size + extra_size + comment_size;

  if (entry.packed_size > bytes_.size()) return fail(finding::zip_damaged, ordinal);
  entry.header_at += base_;
  if (entry.header_at > directory_at_ || directory_at_ - entry.header_at < local_size)
    return fail(finding::zip_damaged, ordinal);
  const auto local = static_cast<std::size_t>(entry.header_at);
  // Two names of one file: who trusts one and who trusts the other would see two archives.
  if (u32(bytes_, local) != local_signature || u16(bytes_, local + 26) != name_size ||
      local + local_size + name_size > directory_at_ || bytes_.substr(local + local_size, name_size) != raw)
    return fail(finding::zip_damaged, ordinal);
  entry.data_at = entry.header_at + local_size + name_size + u16(bytes_, local + 28);
  if (entry.data_at > directory_at_ || directory_at_ - entry.data_at < entry.packed_size)
    return fail(finding::zip_damaged, ordinal);
  entries_.push_back(std::move(entry));
  return true;
}

bool zip_reader::check_layout() {
  std::set<std::string> names;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    order.push_back(i);
    if (!names.insert(folded(entries_[i].name)).second) return fail(finding::zip_duplicate_name, i);
  }
  std::sort(order.begin(), order.end(),
            [this](std::size_t a, std::size_t b) { return entries_[a].header_at < entries_[b].header_at; });
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    if (entries_[i].header_at < end) return fail(finding::zip_overlap, i);
    end = entries_[i].data_at + entries_[i].packed_size;
  }
  return true;
}

std::optional<zip_content> zip_reader::read(const zip_entry& entry, const std::string& location) {
  const auto refuse = [&](finding what) {
    found_.add(what, location);
    return std::nullopt;
  };
  if (entry.method != stored && entry.method != deflated) return refuse(finding::zip_method);
  if (entry.size > limits_.file_size_bytes_max) return refuse(finding::zip_too_large);
  if (entry.size > ratio_counts_from_bytes &&
      entry.size / std::max<std::uint64_t>(entry.packed_size, 1) > limits_.ratio_max)
    return refuse(finding::zip_bomb);
  if (total_read_ + entry.size > limits_.total_size_bytes_max) return refuse(finding::zip_too_large);
  total_read_ += entry.size;
  const std::string_view packed =
      bytes_.substr(static_cast<std::size_t>(entry.data_at), static_cast<std::size_t>(entry.packed_size));
  zip_content content;
  if (entry.method == stored) {
    if (entry.size != entry.packed_size) return refuse(finding::zip_wrong_size);
    content = zip_content(packed);
  } else {
    auto inflated = inflate_all(packed, static_cast<std::size_t>(entry.size));
    if (!inflated) return refuse(finding::zip_wrong_size);
    content = zip_content(std::move(*inflated));
  }
  const auto bytes = content.bytes();
  if (crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != entry.crc)
    return refuse(finding::zip_crc);
  return content;
}

}  // namespace liaison::xdm
