// SPDX-License-Identifier: Apache-2.0
// uses: liaison_protocol
// Bytes of a hostile peer, whole and cut: the same frames must come out, nothing may be held beyond the limit, and
// every frame is answered once, in order. The first byte says how the bytes are cut.
#include "core/protocol/mllp_conversation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace liaison::protocol;

constexpr std::uint64_t frame_size_bytes_max = 4096;

void must(bool holds) {
  if (!holds) std::abort();
}

// What the conversation makes of `wire`: each frame's content, and all that is written in answer.
std::string transcript(std::string_view wire, std::size_t piece, std::uint32_t in_flight_max) {
  mllp_limits limits;
  limits.frame_size_bytes_max = frame_size_bytes_max;
  limits.in_flight_max = in_flight_max;
  mllp_conversation conversation(limits);
  std::string all;
  std::uint64_t expected = 0;
  std::vector<mllp_frame> frames;
  const auto answer_all = [&] {
    do {
      std::vector<mllp_frame> batch;
      batch.swap(frames);
      for (const mllp_frame& frame : batch) {
        must(frame.number == expected++);
        must(frame.bytes->size() <= frame_size_bytes_max);
        must(frame.bytes->find(mllp_end) == std::string::npos);
        all += *frame.bytes + (frame.fits == mllp_frame::size::ok ? "<ok>" : "<too large>");
      }
      for (auto last = batch.rbegin(); last != batch.rend(); ++last)  // the intake finishes in another order
        conversation.answer(last->number, std::to_string(last->number));
      all += std::exchange(conversation.output(), {});
      conversation.resume(frames);
    } while (!frames.empty());
    must(conversation.in_flight() == 0 && !conversation.has_backlog());
  };
  for (std::string_view rest = wire; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
    conversation.take(rest.substr(0, piece), frames);
    answer_all();
    must(conversation.held_bytes() <= frame_size_bytes_max);
  }
  conversation.end_of_input();
  const mllp_findings& found = conversation.findings();
  return all + "|" + std::to_string(found.junk_bytes) + "|" + std::to_string(found.frames_truncated) + "|" +
         std::to_string(found.frames_too_large);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 64;
  // With one frame in flight, frames and answers alternate in the same way wherever the cuts fall.
  const std::string whole = transcript(wire, wire.size() + 1, 1);
  must(transcript(wire, piece, 1) == whole);
  must(transcript(wire, 1, 1) == whole);
  (void)transcript(wire, piece, 16);
  return 0;
}
