// SPDX-License-Identifier: Apache-2.0
// MLLP framing without I/O: HL7 v2 Transport Specification, Minimal Lower Layer Protocol, release 1: <VT> content
// <FS><CR>. The decoder takes bytes as the network cut them and gives events; where the cuts fall never changes the
// events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::protocol {

inline constexpr char mllp_start = '\x0b';
inline constexpr char mllp_end = '\x1c';

struct mllp_event {
  enum class what : std::uint8_t {
    none,       ///< everything was consumed; more bytes are needed
    frame,      ///< `bytes` is the content
    junk,       ///< `count` bytes stood where a frame should have started
    truncated,  ///< `count` bytes of a frame that never ended were dropped
    too_large,  ///< the frame passed the limit; `bytes` is its beginning, the rest is skipped unseen
  };
  mllp_event::what kind = what::none;
  std::string bytes;
  std::uint64_t count = 0;
};

/// A frame's content is copied once, into the string that is given away. Memory held is at most the frame-size limit,
/// and nothing between frames.
///
/// Tolerated: the CR after FS may be missing (the frame ends at FS, so that a peer that waits for its answer gets it);
/// line ends between frames are no junk. A VT inside a frame is content (text pasted from word processors
/// carries it) unless what follows it begins as the frame itself began: then the sender gave up the first and began
/// anew.
class mllp_decoder {
 public:
  explicit mllp_decoder(std::uint64_t frame_size_bytes_max) : frame_size_bytes_max_(frame_size_bytes_max) {}

  /// Takes from the front of `input`. Call until the event is `none`; `input` is then empty.
  mllp_event next(std::string_view& input);

  /// The peer closed: what was begun and never ended.
  mllp_event finish();

  void limit(std::uint64_t frame_size_bytes_max) { frame_size_bytes_max_ = frame_size_bytes_max; }
  bool has_pending() const { return has_resumed_; }  ///< `next` has an event without more input
  bool inside_frame() const { return state_ == state::inside || state_ == state::skipping; }
  std::uint64_t junk_bytes() const { return junk_; }  ///< since the last event
  std::size_t held_bytes() const { return partial_.size() + resumed_.size(); }

 private:
  enum class state : std::uint8_t { between, inside, skipping };

  mllp_event between_frames(std::string_view& input);
  mllp_event inside_frame(std::string_view& input);
  mllp_event completed(std::string content);

  std::uint64_t frame_size_bytes_max_;
  state state_ = state::between;
  bool has_resumed_ = false;
  std::string partial_;  ///< content so far, when the network cut the frame
  std::string resumed_;  ///< a frame that began inside one that was given up
  std::uint64_t junk_ = 0;
};

void append_mllp_frame(std::string& out, std::string_view content);

}  // namespace liaison::protocol
