// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/journal_format.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace liaison::store::sqlite {
namespace {

constexpr std::string_view segment_magic = "LIAISON1";
constexpr std::string_view record_magic = "LJR1";

template <class Number>
void append_number(std::string& to, Number value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

// magic 8, sequence 8, after 8, zero 8, hash 8
void append_head(std::string& to, const segment_head& head, std::uint64_t seed) {
  const std::size_t begin = to.size();
  to += segment_magic;
  append_number(to, head.sequence);
  append_number(to, head.after);
  append_number(to, std::uint64_t{0});
  append_number(to, std::uint64_t{XXH3_64bits_withSeed(to.data() + begin, to.size() - begin, seed)});
}

std::optional<segment_head> head_of(std::string_view segment, std::uint64_t seed) {
  constexpr std::size_t hashed = segment_head_bytes - sizeof(std::uint64_t);
  if (segment.size() < segment_head_bytes || !segment.starts_with(segment_magic)) return std::nullopt;
  if (number_at<std::uint64_t>(segment, hashed) != XXH3_64bits_withSeed(segment.data(), hashed, seed))
    return std::nullopt;
  return segment_head{number_at<std::uint64_t>(segment, 8), number_at<std::uint64_t>(segment, 16)};
}

// magic 4, size of the body 4, number 8, after 8, safe 8, hash of the body, seeded with that of what stands before it 8
void append_record(std::string& to, const record_head& head, std::string_view body, std::uint64_t seed) {
  const std::size_t begin = to.size();
  to += record_magic;
  append_number(to, static_cast<std::uint32_t>(body.size()));
  append_number(to, head.number);
  append_number(to, head.after);
  append_number(to, head.safe);
  const auto of_head = XXH3_64bits_withSeed(to.data() + begin, to.size() - begin, seed);
  append_number(to, std::uint64_t{XXH3_64bits_withSeed(body.data(), body.size(), of_head)});
  to += body;
}

std::optional<journal_record> record_at(std::string_view bytes, std::size_t at, std::uint64_t seed) {
  constexpr std::size_t hashed = record_head_bytes - sizeof(std::uint64_t);
  if (at > bytes.size() || bytes.size() - at < record_head_bytes) return std::nullopt;
  if (bytes.substr(at, record_magic.size()) != record_magic) return std::nullopt;
  const std::size_t size = number_at<std::uint32_t>(bytes, at + 4);
  if (bytes.size() - at - record_head_bytes < size) return std::nullopt;
  const auto body = bytes.substr(at + record_head_bytes, size);
  const auto of_head = XXH3_64bits_withSeed(bytes.data() + at, hashed, seed);
  if (number_at<std::uint64_t>(bytes, at + hashed) != XXH3_64bits_withSeed(body.data(), body.size(), of_head))
    return std::nullopt;
  const record_head head{number_at<std::uint64_t>(bytes, at + 8), number_at<std::uint64_t>(bytes, at + 16),
                         number_at<std::uint64_t>(bytes, at + 24)};
  return journal_record{head, body, at, at + record_head_bytes + size};
}

std::optional<journal_record> record_after(std::uint64_t last, std::string_view bytes, std::size_t at,
                                           std::uint64_t seed) {
  auto next = record_at(bytes, at, seed);
  if (next && next->head.after == last && next->head.number > last) return next;
  for (at = bytes.find(record_magic, at); at != std::string_view::npos; at = bytes.find(record_magic, at + 1)) {
    next = record_at(bytes, at, seed);
    if (next && next->head.number > last && next->head.safe > last) return next;
  }
  return std::nullopt;
}

}  // namespace liaison::store::sqlite
