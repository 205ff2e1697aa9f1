// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/mllp_framing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace liaison::protocol {
namespace {

constexpr std::size_t head_size_bytes_max = 512;  // enough of an MSH to answer a frame that was too large

// Where the frame begins anew inside itself: the last VT that is followed by what the frame began with.
std::size_t restart_in(std::string_view content) {
  constexpr std::size_t signature_size = 3;
  if (content.size() <= signature_size) return std::string_view::npos;
  const std::string_view signature = content.substr(0, signature_size);
  // memrchr: rfind looks at one byte at a time, and every byte of every message passes here.
  for (std::size_t before = content.size();;) {
    const void* const found = memrchr(content.data(), mllp_start, before);
    if (found == nullptr) return std::string_view::npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - content.data());
    if (at > 0 && content.substr(at + 1, signature_size) == signature) return at;
    before = at;
  }
}

}  // namespace

mllp_event mllp_decoder::next(std::string_view& input) {
  if (has_resumed_) {
    has_resumed_ = false;
    return {mllp_event::what::frame, std::exchange(resumed_, {}), 0};
  }
  while (!input.empty()) {
    mllp_event event = state_ == state::between ? between_frames(input) : inside_frame(input);
    if (event.kind != mllp_event::what::none) return event;
  }
  return {};
}

mllp_event mllp_decoder::between_frames(std::string_view& input) {
  const std::size_t start = input.find(mllp_start);
  const std::string_view skipped = input.substr(0, start);
  junk_ += static_cast<std::uint64_t>(
      std::count_if(skipped.begin(), skipped.end(), [](char byte) { return byte != '\r' && byte != '\n'; }));
  if (start == std::string_view::npos) {
    input = {};
    return {};  // reported once, when a frame starts or the peer closes: a cut must not make two reports of one
  }
  if (junk_ > 0) {
    input.remove_prefix(start);
    return {mllp_event::what::junk, {}, std::exchange(junk_, 0)};
  }
  input.remove_prefix(start + 1);
  state_ = state::inside;
  return {};
}

mllp_event mllp_decoder::inside_frame(std::string_view& input) {
  const std::size_t end = input.find(mllp_end);
  const std::string_view content = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);

  if (state_ == state::skipping) {
    if (end != std::string_view::npos) state_ = state::between;
    return {};
  }
  if (partial_.size() + content.size() > frame_size_bytes_max_) {
    const std::uint64_t head_size = std::min<std::uint64_t>(head_size_bytes_max, frame_size_bytes_max_);
    std::string head = partial_.substr(0, head_size);
    head.append(content.substr(0, head_size - head.size()));
    std::string().swap(partial_);
    state_ = end == std::string_view::npos ? state::skipping : state::between;
    return {mllp_event::what::too_large, std::move(head), 0};
  }
  if (end == std::string_view::npos) {
    partial_.append(content);
    return {};
  }
  state_ = state::between;
  if (partial_.empty()) return completed(std::string(content));
  partial_.append(content);
  return completed(std::exchange(partial_, {}));
}

mllp_event mllp_decoder::completed(std::string content) {
  const std::size_t restart = restart_in(content);
  if (restart == std::string_view::npos) return {mllp_event::what::frame, std::move(content), 0};
  resumed_ = content.substr(restart + 1);
  has_resumed_ = true;
  return {mllp_event::what::truncated, {}, restart};
}

mllp_event mllp_decoder::finish() {
  if (state_ != state::between) {
    const bool skipping = std::exchange(state_, state::between) == state::skipping;
    const std::uint64_t dropped = std::exchange(partial_, {}).size();
    return skipping ? mllp_event{} : mllp_event{mllp_event::what::truncated, {}, dropped};
  }
  if (junk_ > 0) return {mllp_event::what::junk, {}, std::exchange(junk_, 0)};
  return {};
}

void append_mllp_frame(std::string& out, std::string_view content) {
  out += mllp_start;
  out += content;
  out += mllp_end;
  out += '\r';
}

}  // namespace liaison::protocol
