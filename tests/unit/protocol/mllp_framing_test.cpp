// SPDX-License-Identifier: Apache-2.0
// The decoder alone: the dialogues of a whole connection are in tests/conversation.
#include "core/protocol/mllp_framing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace liaison::protocol {
namespace {

// A sanitizer looks at all that memrchr might read, whatever it reads: many small steps are slow there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t many = 100'000;
#else
constexpr std::size_t many = 4'000'000;
#endif

using kind = mllp_event::what;

struct seen {
  kind what;
  std::string bytes;
  std::uint64_t count;
  bool operator==(const seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const seen& event) {
  return out << static_cast<int>(event.what) << " \"" << event.bytes << "\" " << event.count;
}

// All events of `wire` when the network hands it over in pieces of `piece` bytes, then closes.
std::vector<seen> decode(std::string_view wire, std::size_t piece, std::uint64_t limit = 1 << 20) {
  mllp_decoder decoder(limit);
  std::vector<seen> events;
  for (; !wire.empty(); wire.remove_prefix(std::min(piece, wire.size()))) {
    std::string_view input = wire.substr(0, piece);
    for (mllp_event event = decoder.next(input); event.kind != kind::none; event = decoder.next(input))
      events.push_back({event.kind, event.bytes, event.count});
    EXPECT_TRUE(input.empty());
  }
  const mllp_event last = decoder.finish();
  if (last.kind != kind::none) events.push_back({last.kind, last.bytes, last.count});
  return events;
}

struct wire_case {
  const char* name;
  std::string wire;
  std::vector<seen> events;
  std::uint64_t limit = 1 << 20;
};

class wherever_the_cuts_fall : public testing::TestWithParam<wire_case> {};

TEST_P(wherever_the_cuts_fall, the_events_are_the_same) {
  const wire_case& given = GetParam();
  for (std::size_t piece = 1; piece <= given.wire.size(); ++piece)
    EXPECT_EQ(decode(given.wire, piece, given.limit), given.events) << "in pieces of " << piece;
}

INSTANTIATE_TEST_SUITE_P(
    decoder, wherever_the_cuts_fall,
    testing::Values(
        wire_case{"one", "\vMSH|a\x1c\r", {{kind::frame, "MSH|a", 0}}},
        wire_case{"two_in_a_row", "\vMSH|a\x1c\r\vMSH|b\x1c\r", {{kind::frame, "MSH|a", 0}, {kind::frame, "MSH|b", 0}}},
        wire_case{"empty_frame", "\v\x1c\r", {{kind::frame, "", 0}}},
        wire_case{"without_final_cr", "\vMSH|a\x1c\vMSH|b\x1c", {{kind::frame, "MSH|a", 0}, {kind::frame, "MSH|b", 0}}},
        wire_case{"junk_first", "GET /\r\n\vMSH|a\x1c\r", {{kind::junk, "", 5}, {kind::frame, "MSH|a", 0}}},
        wire_case{"line_ends_are_no_junk", "\r\n\vMSH|a\x1c\r\r\n\n", {{kind::frame, "MSH|a", 0}}},
        wire_case{"junk_last", "\vMSH|a\x1c\rxyz", {{kind::frame, "MSH|a", 0}, {kind::junk, "", 3}}},
        wire_case{"cut_short", "\vMSH|a", {{kind::truncated, "", 5}}},
        wire_case{"begun_anew", "\vMSH|a|lost\vMSH|b\x1c\r", {{kind::truncated, "", 10}, {kind::frame, "MSH|b", 0}}},
        wire_case{
            "begun_anew_twice", "\vMSH|a\vMSH|b\vMSH|c\x1c\r", {{kind::truncated, "", 11}, {kind::frame, "MSH|c", 0}}},
        wire_case{"vt_in_text", "\vMSH|a\vb|MSH\x1c\r", {{kind::frame, "MSH|a\vb|MSH", 0}}},
        wire_case{"vt_after_vt", "\v\v\v\x1c\r", {{kind::frame, "\v\v", 0}}},
        wire_case{"too_large",
                  "\vMSH|12345\x1c\r\vMSH|b\x1c\r",
                  {{kind::too_large, "MSH|12", 0}, {kind::frame, "MSH|b", 0}},
                  6},
        wire_case{"as_large_as_allowed", "\vMSH|12\x1c\r", {{kind::frame, "MSH|12", 0}}, 6},
        wire_case{"too_large_and_cut", "\vMSH|123456789", {{kind::too_large, "MSH|12", 0}}, 6}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(mllp_decoder, holds_no_more_than_the_limit_of_an_endless_frame) {
  mllp_decoder decoder(1000);
  const std::string block(100'000, 'x');
  std::string_view start = "\v";
  decoder.next(start);
  for (int round = 0; round < 100; ++round) {
    std::string_view input = block;
    while (decoder.next(input).kind != kind::none) {
    }
    EXPECT_EQ(decoder.held_bytes(), 0u);
    EXPECT_TRUE(decoder.inside_frame());
  }
}

TEST(mllp_decoder, finds_a_restart_among_many_vts_in_linear_time) {
  std::string wire = "\vMSH|";
  wire.append(many, '\v');
  wire += "\x1c\r";
  EXPECT_EQ(decode(wire, 65'536, 8 << 20).size(), 1u);
}

TEST(mllp_encoder, frames) {
  std::string out = "before";
  append_mllp_frame(out, "MSH|a");
  EXPECT_EQ(out, "before\vMSH|a\x1c\r");
}

}  // namespace
}  // namespace liaison::protocol
