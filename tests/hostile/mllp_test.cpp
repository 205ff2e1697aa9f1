// SPDX-License-Identifier: Apache-2.0
// Hostile bytes on an MLLP port: what is answered, whether the connection is kept, and that others go on.
#include "cases.hpp"
#include "stranger.hpp"
#include "watch.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace liaison::test {
namespace {

constexpr char start = '\x0b', end = '\x1c';
std::string framed(const std::string& content) { return start + content + end + '\r'; }
std::string result(const std::string& number) { return plain_result("mllp" + number); }

/// "AA AE": the codes of all acknowledgements in `text`; "closed" when the other side has closed.
std::string codes_in(const std::string& text, bool closed) {
  std::string found;
  for (std::size_t at = text.find("\rMSA|"); at != std::string::npos; at = text.find("\rMSA|", at + 1)) found += (found.empty() ? "" : " ") + text.substr(at + 5, 2);
  return found + (closed ? found.empty() ? "closed" : " closed" : "");
}

struct wire_case {
  const char* name;
  std::function<std::string()> bytes;
  std::size_t answers;  ///< that are waited for
  std::string becomes;
};

const std::vector<wire_case>& wire_cases() {
  static const std::vector<wire_case> list{
      {"an_empty_frame", [] { return framed(""); }, 1, "AE closed"},
      {"a_thousand_empty_frames_then_a_message", [] { return times(framed(""), 1000) + framed(result("1")); }, 1001, times("AE ", 1000) + "AA closed"},
      {"nothing_but_a_beginning", [] { return std::string(1, start); }, 0, "closed"},
      {"nothing_but_an_end", [] { return raw("\x1c\r"); }, 0, "closed"},
      {"ends_without_beginnings_then_a_message", [] { return times("\x1c\r", 1000) + framed(result("2")); }, 1, "AA closed"},
      {"beginnings_without_ends_then_a_message", [] { return times("\x0b", 1000) + result("3") + "\x1c\r"; }, 1, "AA closed"},
      {"a_frame_inside_a_frame", [] { return start + result("4") + framed(result("5")); }, 1, "AA closed"},
      {"a_frame_around_a_frame", [] { return framed("MSH|^~\\&|A" + framed(result("6"))); }, 1, "AA closed"},
      {"two_ends", [] { return start + result("7") + "\x1c\x1c\r\r"; }, 1, "AA closed"},
      {"an_end_without_a_line_end", [] { return start + result("8") + end; }, 1, "AA closed"},
      {"an_end_with_a_line_feed", [] { return start + result("9") + "\x1c\n" + framed(result("10")); }, 2, "AA AA closed"},
      {"line_ends_between", [] { return framed(result("11")) + "\r\n\n\r" + framed(result("12")); }, 2, "AA AA closed"},
      {"nuls_between", [] { return framed(result("13")) + std::string(1000, '\0') + framed(result("14")); }, 2, "AA AA closed"},
      {"nuls_inside", [] { return framed(result("15") + std::string(100, '\0')); }, 1, "AA closed"},
      {"a_hundred_messages_at_once", [] { std::string all; for (int i = 0; i < 100; ++i) all += framed(result("p" + std::to_string(i))); return all; }, 100, times("AA ", 100) + "closed"},
      {"the_same_message_a_hundred_times", [] { return times(framed(result("same")), 100); }, 100, times("AA ", 100) + "closed"},
      {"half_a_message", [] { return start + result("16").substr(0, 100); }, 0, "closed"},
      {"a_request_of_http", [] { return raw("POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"); }, 0, "closed"},
      {"a_handshake_of_tls", [] { return raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") + std::string(500, 'x'); }, 0, "closed"},
      {"two_megabytes_of_nothing", [] { return std::string(2U << 20, 'x'); }, 0, "closed"},
      {"a_frame_beyond_the_limit", [] { return framed("MSH|^~\\&|" + std::string(2U << 20, 'x')) + framed(result("17")); }, 2, "AE AA closed"},
      {"a_frame_beyond_the_limit_without_end", [] { return start + std::string(4U << 20, 'x'); }, 0, "AE closed"},
      {"a_message_of_another_format", [] { return framed(laboratory_result("99")); }, 1, "AA closed"},
      {"an_acknowledgement_where_a_message_belongs", [] { return framed("MSH|^~\\&|A|B|C|D|20261121||ACK|1|P|2.5\rMSA|AA|1\r"); }, 1, "AA closed"},
  };
  return list;
}

TEST(hostile_mllp, each_is_answered_or_closed_and_others_go_on) {
  gateway_process gateway;
  gateway.set("endpoints.hospital.source.mllp.frame_size_bytes_max=1048576");
  gateway.start();
  for (const wire_case& each : wire_cases()) {
    SCOPED_TRACE(each.name);
    stranger peer(gateway.mllp_port());
    peer.write(each.bytes());
    peer.read_until("\rMSA|", each.answers);
    peer.end_output();
    const std::string& answered = peer.read_all(10'000);
    const std::string became = codes_in(answered, peer.closed());
    EXPECT_EQ(became, each.becomes);
    expect_sound(gateway);
    if (HasFatalFailure()) return;
  }
  EXPECT_TRUE(gateway.wait_until_delivered(60'000));
  expect_silent(gateway);
}

TEST(hostile_mllp, byte_by_byte_it_is_the_same_message) {
  gateway_process gateway;
  gateway.start();
  stranger peer(gateway.mllp_port());
  peer.write_slowly(framed(result("slow")), 1, 0);
  EXPECT_EQ(codes_in(peer.read_until("\rMSA|"), false), "AA");
}

// Each connection holds a piece of a frame that never ends: all together they may not hold more than one limit.
TEST(hostile_mllp, many_that_never_finish_do_not_fill_the_memory) {
  gateway_process gateway;
  gateway.set("endpoints.hospital.source.mllp.frame_size_bytes_max=67108864");
  gateway.start();
  const std::uint64_t before = resident_bytes(gateway);
  std::vector<std::unique_ptr<stranger>> all;
  const std::string piece = start + std::string(40U << 20, 'x');
  for (int i = 0; i < 12; ++i) {
    all.push_back(std::make_unique<stranger>(gateway.mllp_port()));
    all.back()->write(piece);
  }
  expect_sound(gateway, before + (400ULL << 20));
}

}  // namespace
}  // namespace liaison::test
