// SPDX-License-Identifier: Apache-2.0
// The HTTP server against raw sockets: what clients send on purpose and what they send to hurt.
#include "core/net/http_server.hpp"

#include "core/net/http_target.hpp"
#include "support.hpp"

#include <deque>

namespace liaison::net {
namespace {

using namespace testing_support;
using respond = std::function<void(http_response)>;

class http_serving : public testing::Test {
 protected:
  void start(http_limits limits = {}) {
    running.on([&] {
      auto started = http_server::start(running.executor, {}, http_server::credentials::not_required, limits,
                                        [this](http_request request, const respond& then) {
                                          ++seen;
                                          handle(std::move(request), then);
                                        });
      ASSERT_TRUE(started) << started.error().text;
      server = std::move(started).value();
      port = server->port();
    });
  }
  void TearDown() override {
    running.on([&] { server.reset(); });
  }
  http_statistics statistics() {
    return running.on([&] { return server->statistics(); });
  }
  static std::string post(const std::string& target, const std::string& body, const std::string& more = {}) {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  static std::string get(const std::string& target, const std::string& more = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
  }
  /// One answer with a Content-Length, with its body; what follows it stays in `left`.
  std::string answer(const peer& client, bool with_body = true) {
    while (left.find("\r\n\r\n") == std::string::npos) {
      const std::string more = client.receive();
      if (more.empty() || more == "<timeout>") return std::exchange(left, {}) + "<" + more + ">";
      left += more;
    }
    const std::size_t header = left.find("\r\n\r\n") + 4;
    const std::size_t at = left.find("Content-Length: ");
    const std::size_t size = at < header && with_body ? std::stoul(left.substr(at + 16)) : 0;
    while (left.size() < header + size) left += client.receive();
    std::string one = left.substr(0, header + size);
    left.erase(0, header + size);
    return one;
  }
  static unsigned status_of(const std::string& answer) {
    return answer.size() > 12 ? static_cast<unsigned>(std::stoul("0" + answer.substr(9, 3))) : 0;
  }

  running_executor running;
  std::unique_ptr<http_server> server;
  std::uint16_t port = 0;
  std::atomic<int> seen = 0;
  std::string left;
  std::function<void(http_request, const respond&)> handle = [](http_request request, const respond& then) {
    http_response response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.path + " " + request.body;
    then(std::move(response));
  };
};

TEST_F(http_serving, gives_the_handler_what_was_asked) {
  http_request got;
  handle = [&](http_request request, const respond& then) {
    got = std::move(request);
    then({201, "application/json", {{"Location", "/m/1"}}, "{}"});
  };
  start();
  const peer client(port);
  client.send(post("/api/v1/mess%C3%A9ages?source=chu+nord&x=1&x=2&empty", "body\n",
                   "Authorization: Bearer abc123\r\nX-Twice: 1\r\nX-Twice: 2\r\n"));
  const std::string text = answer(client);
  EXPECT_EQ(status_of(text), 201u) << text;
  EXPECT_NE(text.find("Location: /m/1\r\n"), std::string::npos);
  EXPECT_EQ(text.substr(text.size() - 2), "{}");
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.path,
            "/api/v1/mess\xc3\xa9"
            "ages");
  EXPECT_EQ(got.query, (std::map<std::string, std::string>{{"source", "chu nord"}, {"x", "2"}, {"empty", ""}}));
  EXPECT_EQ(got.body, "body\n");
  EXPECT_EQ(got.bearer_token, "abc123");
  EXPECT_EQ(got.header("x-twice"), "1");
  EXPECT_TRUE(got.from_loopback);
  EXPECT_EQ(got.peer.substr(0, 10), "127.0.0.1:");
}

TEST_F(http_serving, keeps_the_connection_and_answers_pipelined_requests_in_order) {
  std::deque<respond> waiting;
  handle = [&](http_request, const respond& then) { waiting.push_back(then); };
  start();
  const peer client(port);
  client.send(get("/a") + post("/b", "xyz") + get("/c"));
  for (const char* body : {"first", "second", "third"}) {
    ASSERT_TRUE(eventually([&] { return running.on([&] { return waiting.size(); }) == 1; }));
    running.on([&] {
      waiting.front()({200, "text/plain", {}, body});
      waiting.front()({500, "text/plain", {}, "twice"});  // has no effect
      waiting.pop_front();
    });
    const std::string text = answer(client);
    EXPECT_EQ(text.substr(text.rfind("\r\n") + 2), body);
  }
  EXPECT_EQ(statistics().connections_accepted, 1u);
}

TEST_F(http_serving, answers_head_without_a_body) {
  start();
  const peer client(port);
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n" + get("/y"));
  const std::string head = answer(client, false);
  EXPECT_NE(head.find("Content-Length: 7\r\n"), std::string::npos) << head;
  const std::string next = answer(client);
  EXPECT_EQ(next.substr(next.rfind("\r\n") + 2), "GET /y ");
}

TEST_F(http_serving, takes_chunked_bodies) {
  start();
  const peer client(port);
  client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("4\r\ndefg\r\n0\r\n\r\n");
  const std::string text = answer(client);
  EXPECT_EQ(text.substr(text.rfind("\r\n") + 2), "POST /c abcdefg");
}

TEST_F(http_serving, invites_who_asks_before_sending) {
  start();
  const peer client(port);
  client.send("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(status_of(answer(client)), 100u);
  client.send("abc");
  EXPECT_EQ(status_of(answer(client)), 200u);
}

TEST_F(http_serving, closes_when_asked_to_and_for_http_1_0) {
  start();
  const peer polite(port), old(port);
  polite.send(get("/", "Connection: close\r\n"));
  EXPECT_NE(polite.receive_until_closed().find("200 OK"), std::string::npos);
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.receive_until_closed().find("200 OK"), std::string::npos);
}

struct bad_request_case {
  const char* name;
  std::string wire;
  unsigned status;
  const char* code;
};
class http_refusing : public http_serving, public testing::WithParamInterface<bad_request_case> {};

TEST_P(http_refusing, with_a_reason_and_then_closes) {
  http_limits limits;
  limits.body_size_bytes_max = 1'000;
  limits.header_ms_max = 60;
  limits.stall_ms_max = 60;
  start(limits);
  const peer client(port);
  client.send(GetParam().wire);
  const std::string text = client.receive_until_closed();
  EXPECT_EQ(status_of(text), GetParam().status) << text;
  EXPECT_NE(text.find(std::string("\"code\": \"") + GetParam().code + "\""), std::string::npos) << text;
  EXPECT_NE(text.find("Connection: close"), std::string::npos) << text;
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(statistics().requests_bad, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    bad, http_refusing,
    testing::Values(
        bad_request_case{"no_http", "MSH|^~\\&|hello\r\n\r\n", 400, "http-malformed"},
        bad_request_case{"tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400,
                         "http-malformed"},
        bad_request_case{"bad_escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "http-target"},
        bad_request_case{"nul_in_path", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "http-target"},
        bad_request_case{"absolute_form", "GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "http-target"},
        bad_request_case{"two_lengths",
                         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
                         "http-malformed"},
        bad_request_case{
            "length_and_chunked",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
            "http-malformed"},
        bad_request_case{"bad_chunk", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
                         "http-malformed"},
        bad_request_case{"header_folded", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "http-malformed"},
        bad_request_case{"body_announced_too_large", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413,
                         "http-body-too-large"},
        bad_request_case{"body_chunked_too_large",
                         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                             std::string(1'001, 'x') + "\r\n",
                         413, "http-body-too-large"},
        bad_request_case{"header_too_large", "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                         431, "http-header-too-large"},
        bad_request_case{"slow_header", "GET / HTTP/1.1\r\nHost:", 408, "http-timeout"},
        bad_request_case{"slow_body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 408,
                         "http-timeout"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(http_serving, tells_who_is_still_sending_that_it_is_too_much) {
  http_limits limits;
  limits.body_size_bytes_max = 1'000;
  start(limits);
  const peer client(port);
  std::thread sending([&] { client.send(post("/", std::string(3'000'000, 'x'))); });
  EXPECT_EQ(status_of(answer(client)), 413u);
  sending.join();
}

TEST_F(http_serving, gives_up_a_body_that_drips) {
  http_limits limits;
  limits.stall_ms_max = 100;
  limits.body_rate_bytes_per_s_min = 1'000'000;
  start(limits);
  const peer client(port);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  for (int drop = 0; drop < 20 && statistics().requests_bad == 0; ++drop) {
    client.send("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(status_of(answer(client)), 408u);
}

TEST_F(http_serving, closes_silent_connections_without_a_word) {
  http_limits limits;
  limits.idle_ms_max = 300;
  start(limits);
  const peer silent(port);
  EXPECT_EQ(silent.receive(), "");
  const peer used(port);
  used.send(get("/"));
  const std::string text = used.receive_until_closed();
  EXPECT_EQ(status_of(text), 200u);
  EXPECT_EQ(text.find("408"), std::string::npos);
}

TEST_F(http_serving, refuses_connections_over_the_limit) {
  http_limits limits;
  limits.connections_max = 1;
  start(limits);
  const peer first(port);
  ASSERT_TRUE(eventually([&] { return statistics().connections == 1; }));
  const peer second(port);
  const std::string text = second.receive_until_closed();
  EXPECT_EQ(status_of(text), 503u);
  const std::size_t body = text.find("\r\n\r\n") + 4;
  EXPECT_EQ(std::stoul(text.substr(text.find("Content-Length: ") + 16)), text.size() - body);
}

TEST_F(http_serving, stops_after_the_answer_that_is_due) {
  std::deque<respond> waiting;
  handle = [&](http_request, const respond& then) { waiting.push_back(then); };
  start();
  const peer busy(port), idle(port);
  busy.send(get("/a"));
  ASSERT_TRUE(eventually([&] { return seen == 1 && statistics().connections == 2; }));
  std::promise<void> stopped;
  auto over = stopped.get_future();
  running.on([&] { server->stop(20'000, [&] { stopped.set_value(); }); });
  EXPECT_EQ(idle.receive(), "");
  EXPECT_EQ(over.wait_for(std::chrono::milliseconds(30)), std::future_status::timeout);
  running.on([&] { waiting.front()({200, "text/plain", {}, "late"}); });
  ASSERT_EQ(over.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NE(busy.receive_until_closed().find("Connection: close"), std::string::npos);
  EXPECT_FALSE(peer(port).connected());
}

TEST_F(http_serving, stops_in_bounded_time_and_takes_late_answers_calmly) {
  std::deque<respond> waiting;
  handle = [&](http_request, const respond& then) { waiting.push_back(then); };
  start();
  const peer busy(port);
  busy.send(get("/a"));
  ASSERT_TRUE(eventually([&] { return seen == 1; }));
  std::promise<void> stopped;
  running.on([&] { server->stop(30, [&] { stopped.set_value(); }); });
  ASSERT_EQ(stopped.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  running.on([&] { server.reset(); });
  running.on([&] { waiting.front()({200, "text/plain", {}, "late"}); });
}

TEST(http_target, is_decoded_or_refused) {
  EXPECT_EQ(parse_http_target("/a%20b/%2e%2E/c")->path, "/a b/../c");
  EXPECT_EQ(parse_http_target("/?a=%26&b=c%3Dd")->query,
            (std::map<std::string, std::string>{{"a", "&"}, {"b", "c=d"}}));
  EXPECT_EQ(parse_http_target("/a+b")->path, "/a+b");
  std::string many = "/?";
  for (int part = 0; part < 101; ++part) many += "a=1&";
  for (const std::string& bad : {std::string(), std::string("a"), std::string("/%"), std::string("/%4"),
                                 std::string("/%G0"), std::string("/?a=%0a"), many})
    EXPECT_FALSE(parse_http_target(bad)) << bad;
}

TEST(bearer_token, is_read_from_its_scheme_only) {
  EXPECT_EQ(bearer_token_of("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token_of("bearer  abc "), "abc");
  for (const char* other : {"", "Bearer", "Bearer ", "Basic abc", "Bearerabc"}) EXPECT_EQ(bearer_token_of(other), "");
}

}  // namespace
}  // namespace liaison::net
