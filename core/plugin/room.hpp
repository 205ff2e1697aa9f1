// SPDX-License-Identifier: Apache-2.0
// Places in the memory that broker and host share: who has which stretch, and how a frame's large bytes get there. No system
// calls here; the memory itself is in window.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>

namespace liaison::plugin {

/// Below this the way through the pipe is as good. See docs/decisions/0017-shared-windows.md for what was measured.
inline constexpr std::size_t shared_bytes_min = 1024;
inline constexpr std::uint32_t shared_alignment_bytes = 64;  ///< two neighbours share no cache line

struct extent {
  std::uint32_t begin = 0, size_bytes = 0;
};

/// What `bytes` take of a window.
inline constexpr std::uint64_t rounded_up(std::uint64_t bytes) {
  return (bytes + shared_alignment_bytes - 1) / shared_alignment_bytes * shared_alignment_bytes;
}

/// What of a frame's bytes goes into a window: nothing of small ones.
inline constexpr std::uint64_t shared_part_of(std::uint64_t bytes) {
  return bytes < shared_bytes_min ? 0 : rounded_up(bytes);
}

/// A stretch of shared memory for the large bytes of one frame, filled from its front. Without memory: all of them go into
/// the frame.
class room {
 public:
  room() = default;
  room(char* memory, extent where) : memory_(memory), next_(where.begin), end_(where.begin + where.size_bytes) {}

  /// Copies large bytes into it and says where they are, counted from `memory`. Nothing when they are small or do not fit.
  std::optional<extent> put(std::string_view bytes) {
    const std::uint64_t taken = shared_part_of(bytes.size());
    if (memory_ == nullptr || taken == 0 || taken > end_ - next_) return std::nullopt;
    std::memcpy(memory_ + next_, bytes.data(), bytes.size());
    const extent where{next_, static_cast<std::uint32_t>(bytes.size())};
    next_ += static_cast<std::uint32_t>(taken);
    return where;
  }

 private:
  char* memory_ = nullptr;
  std::uint32_t next_ = 0, end_ = 0;
};

/// Hands out stretches of one window and takes them back in the same order. Low addresses first, so that a window of which
/// little is used has little memory.
class room_ring {
 public:
  explicit room_ring(std::uint32_t size_bytes) : size_bytes_(size_bytes) {}

  /// Nothing when so much is not free in one piece.
  std::optional<extent> take(std::uint64_t bytes) {
    const std::uint64_t wanted = rounded_up(bytes);
    if (wanted == 0 || wanted > size_bytes_) return std::nullopt;
    std::uint64_t begin = 0;
    if (!taken_.empty()) {
      const std::uint64_t oldest = taken_.front().begin;
      const std::uint64_t behind_newest = std::uint64_t{taken_.back().begin} + taken_.back().size_bytes;
      const bool wrapped = taken_.back().begin < taken_.front().begin;
      if (wrapped || wanted > oldest) begin = behind_newest;
      if (wrapped ? begin + wanted > oldest : begin + wanted > size_bytes_) return std::nullopt;
    }
    return taken_.emplace_back(extent{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(wanted)});
  }
  void give_back_oldest() { taken_.pop_front(); }
  void give_back_newest() { taken_.pop_back(); }

 private:
  std::uint32_t size_bytes_;
  std::deque<extent> taken_;
};

}  // namespace liaison::plugin
