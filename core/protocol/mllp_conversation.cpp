// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/mllp_conversation.hpp"

#include "core/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace liaison::protocol {

constexpr std::uint64_t in_flight_bytes_min = 1U << 20;

mllp_conversation::mllp_conversation(const mllp_limits& limits)
    : limits_(limits), decoder_(limits.frame_size_bytes_max) {}

void mllp_conversation::limits(const mllp_limits& changed) {
  limits_ = changed;
  decoder_.limit(changed.frame_size_bytes_max);
}

// Bytes count as well as frames: sixty-four of the largest frames would be more than the machine has.
bool mllp_conversation::has_room() const {
  return slots_.size() < std::max<std::uint32_t>(limits_.in_flight_max, 1) &&
         in_flight_bytes_ < std::max(limits_.frame_size_bytes_max, in_flight_bytes_min) &&
         output_.size() < limits_.output_size_bytes_max;
}

bool mllp_conversation::wants_input() const { return !input_ended_ && !has_backlog() && has_room(); }

void mllp_conversation::take(std::string_view input, std::vector<mllp_frame>& frames) {
  if (input_ended_) return;
  if (!backlog_.empty()) {
    backlog_.append(input);
    resume(frames);
    return;
  }
  decode(input, frames);
  backlog_ = input;
}

void mllp_conversation::resume(std::vector<mllp_frame>& frames) {
  if (!has_backlog()) return;
  std::string_view rest = backlog_;
  decode(rest, frames);
  backlog_.erase(0, backlog_.size() - rest.size());
  if (!backlog_.empty()) return;
  std::string().swap(backlog_);
  if (input_ended_ && !has_backlog()) note(decoder_.finish());
}

void mllp_conversation::decode(std::string_view& input, std::vector<mllp_frame>& frames) {
  while (has_room()) {
    mllp_event event = decoder_.next(input);
    if (event.kind == mllp_event::what::none) return;
    note(event);
    if (event.kind != mllp_event::what::frame && event.kind != mllp_event::what::too_large) continue;
    const std::uint64_t number = first_ + slots_.size();
    slot& added = slots_.emplace_back();
    added.bytes = share(std::move(event.bytes));
    ++in_flight_;
    in_flight_bytes_ += added.bytes->size();
    frames.push_back({number, added.bytes,
                      event.kind == mllp_event::what::frame ? mllp_frame::size::ok : mllp_frame::size::too_large});
  }
}

void mllp_conversation::note(const mllp_event& event) {
  switch (event.kind) {
    case mllp_event::what::junk:
      findings_.junk_bytes += event.count;
      break;
    case mllp_event::what::truncated:
      ++findings_.frames_truncated;
      break;
    case mllp_event::what::too_large:
      ++findings_.frames_too_large;
      break;
    case mllp_event::what::frame:
    case mllp_event::what::none:
      break;
  }
}

void mllp_conversation::end_of_input() {
  if (input_ended_) return;
  input_ended_ = true;
  if (!has_backlog()) note(decoder_.finish());
}

void mllp_conversation::stop_input() {
  input_ended_ = true;
  std::string().swap(backlog_);
  decoder_.finish();
}

const shared_bytes& mllp_conversation::bytes_of(std::uint64_t number) const {
  LIAISON_ASSERT(number >= first_ && number - first_ < slots_.size());
  return slots_[number - first_].bytes;
}

void mllp_conversation::answer(std::uint64_t number, std::string_view content) {
  LIAISON_ASSERT(number >= first_ && number - first_ < slots_.size());
  slot& answered = slots_[number - first_];
  LIAISON_ASSERT(!answered.answered);
  answered.answered = true;
  --in_flight_;
  in_flight_bytes_ -= answered.bytes->size();
  answered.bytes.reset();
  if (number != first_) {
    answered.content = content;
    return;
  }
  append_mllp_frame(output_, content);
  std::size_t ready = 1;
  for (; ready < slots_.size() && slots_[ready].answered; ++ready) append_mllp_frame(output_, slots_[ready].content);
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(ready));
  first_ += ready;
}

}  // namespace liaison::protocol
