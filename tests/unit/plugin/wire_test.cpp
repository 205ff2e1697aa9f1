// SPDX-License-Identifier: Apache-2.0
// What is written is read back; what is cut, lengthened or changed is refused, never believed.
#include "core/plugin/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace liaison::plugin::wire {
namespace {

constexpr std::uint64_t any_size = 1U << 30U;

std::string_view body_of(const std::string& bytes, frame_kind kind) {
  const frame got = first_frame(bytes, any_size);
  EXPECT_EQ(got.state, frame_state::complete);
  EXPECT_EQ(got.kind, kind);
  EXPECT_EQ(got.consumed_bytes, bytes.size());
  return got.body;
}

std::string a_reply() {
  std::string bytes;
  reply_writer writer(bytes, 7);
  writer.add(model::severity::warning, "hprim-odd", "line 3", "a line is odd");
  writer.add(part_view{LIAISON_PART_FACTS, "name", "application/json", "fhir", "{\"a\":1}"});
  writer.add(part_view{LIAISON_PART_ACCOUNT, "", "", "", ""});
  reply_view end;
  end.status = LIAISON_REJECT;
  end.flags = reply_retire;
  end.score = 50;
  end.translator = 3;
  end.issues_left_out = 12;
  end.worst_left_out = model::severity::error;
  end.elapsed_us = 123'456'789'012;
  writer.finish(end);
  return bytes;
}

TEST(plugin_wire, settings_come_back) {
  settings sent;
  sent.configuration_json = {{"a", "{}"}, {"b", R"({"x":1})"}};
  sent.memory_bytes_max = 5ULL << 30U;
  sent.reply_size_bytes_max = 1234;
  sent.window_size_bytes = 5678;
  sent.if_unavailable = without_seccomp::run;
  std::string bytes;
  ASSERT_TRUE(append(bytes, sent));
  const auto got = parse_settings(body_of(bytes, frame_kind::settings));
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().configuration_json, sent.configuration_json);
  EXPECT_EQ(got.value().memory_bytes_max, sent.memory_bytes_max);
  EXPECT_EQ(got.value().reply_size_bytes_max, sent.reply_size_bytes_max);
  EXPECT_EQ(got.value().window_size_bytes, 5678U);
  EXPECT_EQ(got.value().if_unavailable, without_seccomp::run);
}

TEST(plugin_wire, settings_that_are_too_large_are_refused) {
  settings sent;
  sent.configuration_json = {{"a", std::string(handshake_size_bytes_max, 'x')}};
  std::string bytes;
  EXPECT_FALSE(append(bytes, sent));
  EXPECT_TRUE(bytes.empty());
}

TEST(plugin_wire, ready_comes_back) {
  ready sent;
  sent.plugin_id = "fr.liaison.x";
  sent.plugin_version = "1.2.3";
  sent.confined = true;
  sent.translators = {{"x", {"p", "q"}, {"q"}, {operation::inspect, operation::render}}, {"y", {}, {}, {operation::encode}}};
  std::string bytes;
  append(bytes, sent);
  const auto got = parse_ready(body_of(bytes, frame_kind::ready));
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().plugin_id, "fr.liaison.x");
  EXPECT_TRUE(got.value().confined);
  ASSERT_EQ(got.value().translators.size(), 2U);
  EXPECT_EQ(got.value().translators[0].profiles, sent.translators[0].profiles);
  EXPECT_EQ(got.value().translators[0].wraps, sent.translators[0].wraps);
  EXPECT_EQ(got.value().translators[0].operations, sent.translators[0].operations);
  EXPECT_EQ(got.value().translators[1].format, "y");
}

TEST(plugin_wire, calls_come_back_with_the_input_behind_them) {
  request sent;
  sent.what = operation::decode;
  sent.options_json = R"({"account":true})";
  sent.parts = {{LIAISON_PART_DOCUMENT, "OBX-5", "application/fhir+json", "fhir", std::string("a\0b", 3)}};
  std::string bytes;
  room none;
  const auto placed = append_call_head(bytes, {4711, 2, {64, 128}}, sent, "input", none);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed.value(), input_place::follows);
  EXPECT_EQ(first_frame(bytes, any_size).state, frame_state::incomplete);
  EXPECT_EQ(first_frame(bytes, any_size).missing_bytes, 5U);
  bytes += "input";
  const auto got = parse_call(body_of(bytes, frame_kind::call));
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().id, 4711U);
  EXPECT_EQ(got.value().what, operation::decode);
  EXPECT_EQ(got.value().translator, 2U);
  EXPECT_EQ(got.value().reply_room.begin, 64U);
  EXPECT_EQ(got.value().reply_room.size_bytes, 128U);
  EXPECT_EQ(got.value().options, sent.options_json);
  ASSERT_EQ(got.value().parts.size(), 1U);
  EXPECT_EQ(got.value().parts[0].name, "OBX-5");
  EXPECT_EQ(got.value().parts[0].bytes, (std::string_view("a\0b", 3)));
  EXPECT_EQ(got.value().input, "input");
}

/// A window of memory of its own.
struct test_window {
  explicit test_window(std::size_t size_bytes) : memory(size_bytes, '.') {}
  room all() { return {memory.data(), {0, static_cast<std::uint32_t>(memory.size())}}; }
  std::string memory;
};

TEST(plugin_wire, large_bytes_of_a_call_lie_in_the_window) {
  test_window window(64U << 10U);
  request sent;
  sent.parts = {{LIAISON_PART_EMBEDDED, "a", "", "", std::string(shared_bytes_min + 1, 'p')},
                {LIAISON_PART_EMBEDDED, "b", "", "", "small"},
                {LIAISON_PART_EMBEDDED, "c", "", "", std::string(window.memory.size(), 'q')}};
  const std::string input(20'000, 'i');
  std::string bytes;
  room shared = window.all();
  const auto placed = append_call_head(bytes, {1, 0, {}}, sent, input, shared);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed.value(), input_place::shared);
  const std::string_view body = body_of(bytes, frame_kind::call);
  const auto got = parse_call(body, window.memory);
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().input, input);
  EXPECT_EQ(got.value().input.data(), window.memory.data() + rounded_up(shared_bytes_min + 1)) << "where it lies, no copy";
  ASSERT_EQ(got.value().parts.size(), 3U);
  EXPECT_EQ(got.value().parts[0].bytes, sent.parts[0].bytes);
  EXPECT_EQ(got.value().parts[1].bytes, "small");
  EXPECT_EQ(got.value().parts[2].bytes, sent.parts[2].bytes) << "too large for the window: in the frame";
  EXPECT_EQ(got.value().size_bytes(), input.size() + shared_bytes_min + 1 + 5 + window.memory.size());
  EXPECT_FALSE(parse_call(body)) << "without a window";
  EXPECT_FALSE(parse_call(body, std::string_view(window.memory).substr(0, 20'000))) << "the window ends before";
  EXPECT_FALSE(parse_call(std::string(body) + "x", window.memory));
}

TEST(plugin_wire, large_parts_of_a_reply_are_copied_out_of_the_window) {
  test_window window(64U << 10U);
  const std::string large(30'000, 'l');
  std::string bytes;
  reply_writer writer(bytes, 1, window.all());
  writer.add(part_view{LIAISON_PART_DOCUMENT, "", "", "", large});
  writer.add(part_view{LIAISON_PART_ATTACHMENT, "", "", "", "small"});
  EXPECT_GT(writer.size_bytes(), large.size()) << "limits count what is shared too";
  writer.finish({});
  EXPECT_LT(bytes.size(), 200U);
  const auto got = parse_reply(body_of(bytes, frame_kind::reply), window.memory);
  std::fill(window.memory.begin(), window.memory.end(), '!');
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().parts.at(0).bytes, large) << "whatever the host writes there afterwards";
  EXPECT_EQ(got.value().parts.at(1).bytes, "small");
}

TEST(plugin_wire, a_reply_that_points_beyond_its_room_is_refused) {
  test_window window(64U << 10U);
  std::string bytes;
  reply_writer writer(bytes, 1, window.all());
  writer.add(part_view{LIAISON_PART_DOCUMENT, "", "", "", std::string(30'000, 'l')});
  writer.finish({});
  const std::string_view body = body_of(bytes, frame_kind::reply);
  EXPECT_TRUE(parse_reply(body, std::string_view(window.memory).substr(0, 30'000)));
  EXPECT_FALSE(parse_reply(body, std::string_view(window.memory).substr(0, 29'999)));
  EXPECT_FALSE(parse_reply(body)) << "no room was given";
  // begin 30000, size 0xFFFFFFFF: their sum is small again in 32 bits.
  const std::size_t place = bytes.find(std::string("\x01\0\0\0\0\x30\x75\0\0", 9));
  ASSERT_NE(place, bytes.npos);
  std::string wrapping = bytes;
  wrapping.replace(place + 1, 8, std::string("\x30\x75\0\0\xFF\xFF\xFF\xFF", 8));
  EXPECT_FALSE(parse_reply(body_of(wrapping, frame_kind::reply), window.memory));
  std::string of_no_kind = bytes;
  of_no_kind[place] = 2;
  EXPECT_FALSE(parse_reply(body_of(of_no_kind, frame_kind::reply), window.memory));
}

TEST(plugin_wire, calls_beyond_a_limit_are_refused_and_leave_no_trace) {
  std::string bytes = "before";
  request options;
  options.options_json.assign(options_size_bytes_max + 1, ' ');
  room none;
  EXPECT_FALSE(append_call_head(bytes, {}, options, {}, none));
  request parts;
  parts.parts.resize(parts_max + 1);
  EXPECT_FALSE(append_call_head(bytes, {}, parts, {}, none));
  const char nothing = ' ';
  EXPECT_FALSE(append_call_head(bytes, {}, request{}, std::string_view(&nothing, call_size_bytes_max), none)) << "not looked at";
  EXPECT_EQ(bytes, "before");
}

TEST(plugin_wire, replies_come_back) {
  const std::string bytes = a_reply();
  const auto got = parse_reply(body_of(bytes, frame_kind::reply));
  ASSERT_TRUE(got);
  const reply_view& reply = got.value();
  EXPECT_EQ(reply.id, 7U);
  EXPECT_EQ(reply.status, LIAISON_REJECT);
  EXPECT_EQ(reply.flags, reply_retire);
  EXPECT_EQ(reply.score, 50);
  EXPECT_EQ(reply.translator, 3);
  EXPECT_EQ(reply.issues_left_out, 12U);
  EXPECT_EQ(reply.worst_left_out, model::severity::error);
  EXPECT_EQ(reply.elapsed_us, 123'456'789'012U);
  ASSERT_EQ(reply.issues.size(), 1U);
  EXPECT_EQ(reply.issues[0].location, "line 3");
  ASSERT_EQ(reply.parts.size(), 2U);
  EXPECT_EQ(reply.parts[0].bytes, "{\"a\":1}");
  EXPECT_EQ(reply.parts[1].role, LIAISON_PART_ACCOUNT);
}

TEST(plugin_wire, two_frames_in_a_row_are_told_apart_wherever_they_are_cut) {
  const std::string both = a_reply() + a_reply();
  for (std::size_t cut = 0; cut < both.size() / 2; ++cut) {
    const frame got = first_frame(std::string_view(both).substr(0, cut), any_size);
    ASSERT_EQ(got.state, frame_state::incomplete) << cut;
    ASSERT_GE(got.missing_bytes, 1U);
    ASSERT_LE(got.missing_bytes, both.size() / 2 - cut);
  }
  EXPECT_EQ(first_frame(both, any_size).consumed_bytes, both.size() / 2);
}

TEST(plugin_wire, a_body_that_is_cut_or_lengthened_is_refused) {
  const std::string bytes = a_reply();
  const std::string_view body = body_of(bytes, frame_kind::reply);
  for (std::size_t cut = 0; cut < body.size(); ++cut) EXPECT_FALSE(parse_reply(body.substr(0, cut))) << cut;
  EXPECT_FALSE(parse_reply(std::string(body) + "x"));
}

TEST(plugin_wire, a_declared_size_beyond_the_limit_or_an_unknown_kind_is_malformed) {
  EXPECT_EQ(first_frame(std::string_view("\xFF\xFF\xFF\x7F\x05", 5), 1000).state, frame_state::malformed);
  EXPECT_EQ(first_frame(std::string_view("\x00\x00\x00\x00\x05", 5), 1000).state, frame_state::malformed);
  EXPECT_EQ(first_frame(std::string_view("\x05\x00\x00\x00\x00", 5), 1000).state, frame_state::malformed);
  EXPECT_EQ(first_frame(std::string_view("\x05\x00\x00\x00\x63", 5), 1000).state, frame_state::malformed);
}

TEST(plugin_wire, more_issues_or_parts_than_allowed_are_refused) {
  std::string issues;
  reply_writer many_issues(issues, 1);
  for (std::uint32_t i = 0; i <= issues_max; ++i) many_issues.add(model::severity::error, "x", "", "");
  many_issues.finish({});
  EXPECT_FALSE(parse_reply(body_of(issues, frame_kind::reply)));
  std::string parts;
  reply_writer many_parts(parts, 1);
  for (std::uint32_t i = 0; i <= parts_max; ++i) many_parts.add(part_view{LIAISON_PART_FACTS, "", "", "", ""});
  many_parts.finish({});
  EXPECT_FALSE(parse_reply(body_of(parts, frame_kind::reply)));
}

TEST(plugin_wire, changed_bytes_never_do_more_than_fail) {
  std::mt19937 source(1);
  const std::string good = a_reply();
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (unsigned n = 0; n <= source() % 4; ++n) bytes[source() % bytes.size()] = static_cast<char>(source());
    const frame got = first_frame(bytes, 1000);
    if (got.state != frame_state::complete || !parse_reply(got.body)) ++refused;
  }
  EXPECT_GT(refused, 5'000);
  EXPECT_LT(refused, 20'000) << "bytes of texts may be anything";
}

TEST(plugin_wire, texts_are_cleaned_and_cut_between_characters) {
  EXPECT_EQ(clean_text("plain", 100), "plain");
  EXPECT_EQ(clean_text("tab\tand\nline", 100), "tab and line");
  EXPECT_EQ(clean_text("caf\xC3\xA9", 100), "caf\xC3\xA9");
  EXPECT_EQ(clean_text("caf\xC3\xA9", 4), "caf");
  EXPECT_EQ(clean_text("caf\xE9", 100), "caf\xEF\xBF\xBD");
  EXPECT_EQ(clean_text("\xC0\xAF", 100), "\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong
  EXPECT_EQ(clean_text("\xED\xA0\x80", 100).size(), 9U);               // a surrogate
  EXPECT_EQ(clean_text("\xF4\x90\x80\x80", 100).size(), 12U);          // beyond U+10FFFF
  EXPECT_EQ(clean_text(std::string(100, 'x'), 10), std::string(10, 'x'));
  EXPECT_TRUE(is_utf8("\xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_utf8("\xF0\x9F\x98"));
}

}  // namespace
}  // namespace liaison::plugin::wire
