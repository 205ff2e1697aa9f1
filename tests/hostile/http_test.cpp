// SPDX-License-Identifier: Apache-2.0
// Hostile bytes on the HTTP port. Two programs that read one request differently are an open door (request smuggling), so
// what can be read in two ways is refused, and the connection with it.
#include "cases.hpp"
#include "stranger.hpp"
#include "watch.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace liaison::test {
namespace {

struct wire_case {
  const char* name;
  std::string bytes;
  const char* becomes;  ///< statuses of all answers until the other side closes
};

std::string get(const std::string& target, const std::string& headers = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Connection: close\r\n\r\n";
}
std::string post(const std::string& headers, const std::string& body) {
  return "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}
/// Would be answered 404 as a request of its own.
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

std::string statuses_in(const std::string& text, bool closed) {
  std::string found;
  for (std::size_t at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1)) found += (found.empty() ? "" : " ") + text.substr(at + 9, 3);
  return found + (closed ? "" : " open");
}

const std::vector<wire_case>& wire_cases() {
  static const std::vector<wire_case> list{
      // Where a body ends.
      {"a_length_and_chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunks_and_a_length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"a_coding_that_is_not_chunked_and_a_length", post("Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n", "abcd" + smuggled), "400"},
      {"a_coding_that_is_not_chunked", post("Transfer-Encoding: gzip\r\n", smuggled), "400"},
      {"chunked_before_another_coding", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunked_behind_another_coding", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunked_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunked_behind_a_tab", post("Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunked_behind_a_vertical_tab", post("Transfer-Encoding: \x0b" "chunked\r\n", "0\r\n\r\n" + smuggled), "400"},
      {"chunked_in_http_1_0", "POST /api/v1/messages HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400"},
      {"a_blank_before_the_colon", post("Transfer-Encoding : chunked\r\nContent-Length: 3\r\n", "abc" + smuggled), "400"},
      {"two_lengths", post("Content-Length: 3\r\nContent-Length: 6\r\n", "abcdef" + smuggled), "400"},
      {"the_same_length_twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc" + smuggled), "400"},
      {"a_list_of_lengths", post("Content-Length: 3, 3\r\n", "abc" + smuggled), "400"},
      {"a_length_with_a_sign", post("Content-Length: +3\r\n", "abc" + smuggled), "400"},
      {"a_length_below_zero", post("Content-Length: -1\r\n", smuggled), "400"},
      {"a_length_in_hexadecimal", post("Content-Length: 0x3\r\n", "abc" + smuggled), "400"},
      {"a_length_beyond_64_bits", post("Content-Length: 18446744073709551617\r\n", "a" + smuggled), "400"},
      {"a_length_of_almost_64_bits", post("Content-Length: 18446744073709551615\r\n", "a"), "413"},
      {"an_empty_length", post("Content-Length: \r\n", "abc" + smuggled), "400"},
      {"a_chunk_size_beyond_64_bits", post("Transfer-Encoding: chunked\r\n", "10000000000000000f\r\nabc\r\n0\r\n\r\n"), "400"},
      {"a_chunk_size_of_almost_64_bits", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nabc"), "413"},
      {"a_chunk_size_that_is_none", post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n"), "400"},
      {"a_chunk_longer_than_it_said", post("Transfer-Encoding: chunked\r\n", "3\r\nabcdef\r\n0\r\n\r\n"), "400"},
      {"a_chunk_that_ends_in_a_line_feed", post("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n"), "400"},
      {"chunk_extensions_without_end", post("Transfer-Encoding: chunked\r\n", "3;" + times("x", 100'000) + "\r\nabc\r\n0\r\n\r\n"), "431"},
      {"trailers_without_end", post("Transfer-Encoding: chunked\r\n", "0\r\n" + times("X: y\r\n", 100'000) + "\r\n"), "431"},
      // The request line.
      {"nothing", "\r\n\r\n\r\n", "400"},
      {"no_version", "GET /healthz\r\n\r\n", "400"},
      {"version_0_9", "GET /healthz HTTP/0.9\r\n\r\n", "400"},
      {"version_1_9", "GET /healthz HTTP/1.9\r\nHost: localhost\r\n\r\n", "400"},
      {"version_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
      {"a_method_that_is_none", "G\x01T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
      {"a_method_of_20_kb", times("G", 20'000) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n", "431"},
      {"two_blanks", "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
      {"a_target_of_20_kb", get("/" + times("x", 20'000)), "431"},
      {"the_target_of_a_proxy", get("http://localhost/healthz"), "400"},
      {"the_target_of_another_host", get("http://169.254.169.254/latest"), "400"},
      {"a_tunnel", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
      {"a_star", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
      {"a_way_out", get("/../../../../etc/passwd"), "404"},
      {"a_way_out_in_percent", get("/%2e%2e/%2e%2e/etc/passwd"), "404"},
      {"a_way_out_by_backslashes", get("/..%5c..%5cetc%5cpasswd"), "404"},
      {"percent_without_digits", get("/healthz%"), "400"},
      {"percent_with_letters", get("/%zz"), "400"},
      {"percent_nul", get("/healthz%00.html"), "400"},
      {"percent_line_end", get("/x%0d%0aSet-Cookie:%20a=b"), "400"},
      {"percent_twice", get("/%252e%252e/etc/passwd"), "404"},
      {"overlong_utf_8", get("/%c0%ae%c0%ae/etc/passwd"), "404"},
      {"a_thousand_parameters", get("/api/v1/messages?" + times("a=b&", 1000)), "400"},
      {"numbers_beyond_64_bits", get("/api/v1/messages/99999999999999999999999"), "404"},
      {"a_number_below_zero", get("/api/v1/messages/-1"), "404"},
      {"a_limit_beyond_32_bits", get("/api/v1/messages?limit=99999999999&before=-7"), "200"},
      // Headers.
      {"no_host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
      {"two_hosts", get("/healthz", "Host: example.org\r\n"), "400"},
      {"another_host", "GET /api/v1/messages HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", "401"},
      {"a_host_that_begins_like_an_address", "GET /api/v1/messages HTTP/1.1\r\nHost: 127.example.org\r\nConnection: close\r\n\r\n", "401"},
      {"a_host_that_is_an_address_and_more", "GET /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1.example.org\r\nConnection: close\r\n\r\n", "401"},
      {"a_host_that_never_closes_its_bracket", "GET /api/v1/messages HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", "401"},
      {"a_page_from_elsewhere", get("/api/v1/messages", "Origin: http://example.org\r\n"), "401"},
      {"a_page_from_nowhere", get("/api/v1/messages", "Origin: null\r\n"), "401"},
      {"a_folded_header", get("/healthz", "X: a\r\n b\r\n\tc\r\n"), "200"},
      {"a_header_without_a_name", get("/healthz", ": x\r\n"), "400"},
      {"a_header_without_a_colon", get("/healthz", "nothing\r\n"), "400"},
      {"a_nul_in_a_header", get("/healthz", "X: a" + std::string(1, '\0') + "b\r\n"), "400"},
      {"a_line_feed_alone", "GET /healthz HTTP/1.1\nHost: localhost\n\n", "400"},
      {"a_carriage_return_alone", get("/healthz", "X: a\rb\r\n"), "400"},
      {"a_header_of_20_kb", get("/healthz", "X: " + times("x", 20'000) + "\r\n"), "431"},
      {"ten_thousand_headers", get("/healthz", times("X: y\r\n", 10'000)), "431"},
      {"a_credential_that_is_none", get("/api/v1/messages", "Authorization: Bearer \r\n"), "200"},
      {"an_expectation_that_cannot_be_met", get("/healthz", "Expect: miracles\r\n"), "200"},
      {"an_upgrade", get("/healthz", "Upgrade: websocket\r\n"), "200"},
      // Ends.
      {"half_a_header", "GET /healthz HTTP/1.1\r\nHo", "400"},
      {"half_a_body", post("Content-Length: 100\r\n", "abc"), "400"},
      {"a_handshake_of_tls", raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") + std::string(500, 'x'), "400"},
      {"a_frame_of_mllp", "\x0bMSH|^~\\&|A\x1c\r", "400"},
  };
  return list;
}

TEST(hostile_http, what_can_be_read_in_two_ways_is_refused_and_others_go_on) {
  gateway_process gateway;
  gateway.start();
  for (const wire_case& each : wire_cases()) {
    SCOPED_TRACE(each.name);
    stranger client(gateway.http_port());
    client.write(each.bytes);
    client.end_output();
    const std::string& answered = client.read_all(10'000);
    const std::string became = statuses_in(answered, client.closed());
    EXPECT_EQ(became, each.becomes) << answered.substr(0, 600);
    EXPECT_EQ(answered.find("Set-Cookie"), std::string::npos);
  }
  expect_sound(gateway);
  expect_silent(gateway);
}

TEST(hostile_http, pipelined_requests_are_answered_in_their_number) {
  gateway_process gateway;
  gateway.start();
  stranger client(gateway.http_port());
  client.write(times("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 500) + smuggled);
  const std::string& answered = client.read_all();
  const std::string became = statuses_in(answered, client.closed());
  EXPECT_EQ(became, times("200 ", 500) + "404");
}

// What stands behind the body is no header: a credential there counts for nothing.
TEST(hostile_http, fields_behind_the_body_are_no_headers) {
  gateway_process gateway;
  gateway.set("listen.http.tokens=[\"secret-of-the-test\"]");
  gateway.start();
  const auto ask = [&](const std::string& before, const std::string& behind) {
    stranger client(gateway.http_port());
    client.write("GET /api/v1/recipients HTTP/1.1\r\nHost: localhost\r\n" + before + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n" + behind + "\r\n");
    const std::string& answered = client.read_all();
    return statuses_in(answered, client.closed());
  };
  EXPECT_EQ(ask("Authorization: Bearer secret-of-the-test\r\n", ""), "200");
  EXPECT_EQ(ask("", "Authorization: Bearer secret-of-the-test\r\n"), "401");
}

// Two hundred clients that send a byte now and then keep nobody else waiting.
TEST(hostile_http, slow_clients_keep_nobody_waiting) {
  gateway_process gateway;
  gateway.start();
  std::vector<std::unique_ptr<stranger>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<stranger>(gateway.http_port()));
    slow.back()->write("POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000000\r\n\r\nMSH");
  }
  for (int round = 0; round < 5; ++round) {
    for (auto& each : slow) each->write("x");
    EXPECT_EQ(gateway.ask("GET", "/healthz").status, 200U);
  }
  expect_sound(gateway, 128U << 20);
}

}  // namespace
}  // namespace liaison::test
