// SPDX-License-Identifier: Apache-2.0
// The receiving side of one MLLP connection without I/O: bytes in, numbered frames out; answers in, in any order, bytes
// to write out in the order of the frames. Holds the limits that make back-pressure: while `wants_input` is false, the
// connection is not read, and TCP slows the sender down.
#pragma once

#include "core/base/bytes.hpp"
#include "core/protocol/mllp_framing.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::protocol {

struct mllp_limits {
  std::uint64_t frame_size_bytes_max = 64U << 20;
  std::uint32_t in_flight_max = 64;                  ///< frames given out and not answered
  std::uint64_t output_size_bytes_max = 256U << 10;  ///< answers that the peer does not read
};

/// One frame, to be answered exactly once by its number.
struct mllp_frame {
  std::uint64_t number = 0;
  shared_bytes bytes;  ///< the content; of a frame that is too large, its beginning
  enum class size : std::uint8_t { ok, too_large };
  mllp_frame::size fits = size::ok;
};

/// What was not as it should be, counted since the connection began.
struct mllp_findings {
  std::uint64_t junk_bytes = 0;
  std::uint64_t frames_truncated = 0;
  std::uint64_t frames_too_large = 0;
};

class mllp_conversation {
 public:
  explicit mllp_conversation(const mllp_limits& limits);

  /// Appends to `frames` what is complete, as far as the limits allow; the rest of `input` is kept and goes first at
  /// the next call (`resume`, when an answer made room).
  void take(std::string_view input, std::vector<mllp_frame>& frames);
  void resume(std::vector<mllp_frame>& frames);

  /// The peer will send no more.
  void end_of_input();
  /// We will read no more: what is not given out yet is dropped, unanswered.
  void stop_input();

  /// `content` is framed and leaves when its turn comes.
  void answer(std::uint64_t number, std::string_view content);
  /// The bytes of frame `number`, until it is answered.
  const shared_bytes& bytes_of(std::uint64_t number) const;

  bool wants_input() const;
  bool has_backlog() const { return !backlog_.empty() || decoder_.has_pending(); }
  std::uint64_t in_flight() const { return in_flight_; }
  std::string& output() { return output_; }  ///< the writer takes from it
  const mllp_findings& findings() const { return findings_; }
  bool inside_frame() const { return decoder_.inside_frame(); }
  std::uint64_t unframed_bytes() const { return decoder_.junk_bytes(); }
  std::size_t held_bytes() const { return decoder_.held_bytes() + backlog_.size(); }
  void limits(const mllp_limits& changed);

 private:
  struct slot {
    shared_bytes bytes;
    std::string content;
    bool answered = false;
  };

  bool has_room() const;
  void decode(std::string_view& input, std::vector<mllp_frame>& frames);
  void note(const mllp_event& event);

  mllp_limits limits_;
  mllp_decoder decoder_;
  std::string backlog_;
  std::vector<slot> slots_;  ///< frames first_ … first_ + size, in order of arrival; few, so erasing in front is cheap
  std::uint64_t first_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t in_flight_bytes_ = 0;
  std::string output_;
  mllp_findings findings_;
  bool input_ended_ = false;
};

}  // namespace liaison::protocol
