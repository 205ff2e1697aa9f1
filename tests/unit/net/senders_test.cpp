// SPDX-License-Identifier: Apache-2.0
// MLLP and HTTP senders against peers that answer as recipients do: well, badly, late or not at all.
#include "core/net/http_client.hpp"
#include "core/net/http_sender.hpp"
#include "core/net/mllp_sender.hpp"
#include "support.hpp"

namespace liaison::net {
namespace {

using namespace testing_support;
using model::send_outcome;
using model::send_verdict;

/// Accepts connections one after another, in a thread of the test's.
class recipient {
 public:
  recipient() : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(handle_, 16);
    socklen_t size = sizeof address;
    ::getsockname(handle_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~recipient() { close(); }
  void close() {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
  }
  std::uint16_t port() const { return port_; }
  int accept(int wait_ms = 20'000) const {
    pollfd ready{handle_, POLLIN, 0};
    return ::poll(&ready, 1, wait_ms) > 0 ? ::accept(handle_, nullptr, nullptr) : -1;
  }

 private:
  int handle_;
  std::uint16_t port_ = 0;
};

/// One accepted connection, closed at the end of its scope.
class line {
 public:
  explicit line(int handle) : handle_(handle) {}
  ~line() {
    if (handle_ >= 0) ::close(handle_);
  }
  line(const line&) = delete;
  line& operator=(const line&) = delete;
  explicit operator bool() const { return handle_ >= 0; }
  std::string read_until(const std::string& end) {
    std::string all;
    char byte = 0;
    pollfd ready{handle_, POLLIN, 0};
    while (all.size() < end.size() || all.compare(all.size() - end.size(), end.size(), end) != 0) {
      if (::poll(&ready, 1, 20'000) <= 0 || ::recv(handle_, &byte, 1, 0) != 1) break;
      all += byte;
    }
    return all;
  }
  void write(const std::string& bytes) const { (void)::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  int handle_;
};

class pending_outcome {
 public:
  std::function<void(send_outcome)> callback() {
    return [this](send_outcome outcome) { promise_.set_value(std::move(outcome)); };
  }
  send_outcome get() {
    if (future_.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
      return {send_verdict::failed, "never called back", {}, 0};
    return future_.get();
  }
  bool is_ready() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

 private:
  std::promise<send_outcome> promise_;
  std::future<send_outcome> future_ = promise_.get_future();
};

const std::string message = "MSH|^~\\&|a|b|c|d|20260101||ORU^R01|77|P|2.5\rPID|1\r";
std::string answer_line(const std::string& code, const std::string& control_id = "77") {
  return framed("MSH|^~\\&|c|d|a|b|20260101||ACK|1|P|2.5\rMSA|" + code + "|" + control_id + "\r");
}

template <class Sender, class Settings>
class sending : public testing::Test {
 protected:
  void TearDown() override {
    running.on([&] { sender.reset(); });
  }
  void open() {
    running.on([&] { sender = std::make_unique<Sender>(running.executor, settings); });
  }
  void send(pending_outcome& outcome, model::outgoing what) {
    if (!sender) open();
    running.on([&] { sender->send(what, outcome.callback()); });
  }
  static model::outgoing letter() {
    model::outgoing what;
    what.name = "d-17";
    what.format = "hl7v2";
    what.document = share(message);
    return what;
  }
  recipient there;
  Settings settings;
  running_executor running;
  std::unique_ptr<Sender> sender;
};

class mllp_sending : public sending<mllp_sender, config::mllp_destination> {
 protected:
  mllp_sending() {
    settings.host = "127.0.0.1";
    settings.port = there.port();
  }
};

TEST_F(mllp_sending, believes_the_acknowledgement) {
  struct expectation {
    const char* code;
    send_verdict verdict;
  };
  const expectation table[] = {{"AA", send_verdict::accepted}, {"CA", send_verdict::accepted},
                               {"AE", send_verdict::refused},  {"AR", send_verdict::failed},
                               {"CR", send_verdict::failed},   {"CE", send_verdict::refused}};
  pending_outcome first;
  send(first, letter());
  line peer(there.accept());
  bool begun = true;
  for (const expectation& row : table) {
    pending_outcome outcome;
    if (!begun) send(outcome, letter());
    EXPECT_EQ(peer.read_until("\x1c\r"), framed(message));
    peer.write(answer_line(row.code));
    const send_outcome got = begun ? first.get() : outcome.get();
    EXPECT_EQ(got.verdict, row.verdict) << row.code;
    EXPECT_EQ(got.code, row.code);
    begun = false;
  }
  EXPECT_EQ(there.accept(20), -1) << "the connection is kept";
}

TEST_F(mllp_sending, waits_for_an_answer_that_comes_in_pieces_with_junk_before) {
  pending_outcome outcome;
  send(outcome, letter());
  line peer(there.accept());
  peer.read_until("\x1c\r");
  peer.write("junk");
  for (char byte : answer_line("AA")) peer.write(std::string(1, byte));
  EXPECT_EQ(outcome.get().verdict, send_verdict::accepted);
}

TEST_F(mllp_sending, gives_messages_under_way_together_connections_of_their_own) {
  pending_outcome first, second;
  send(first, letter());
  line one(there.accept());
  send(second, letter());
  line two(there.accept());
  ASSERT_TRUE(two);
  one.read_until("\x1c\r");
  two.read_until("\x1c\r");
  two.write(answer_line("AA"));
  EXPECT_EQ(second.get().verdict, send_verdict::accepted);
  EXPECT_FALSE(first.is_ready());
  one.write(answer_line("AE"));
  EXPECT_EQ(first.get().verdict, send_verdict::refused);
}

TEST_F(mllp_sending, never_takes_a_late_answer_for_that_of_the_next_message) {
  settings.answer_ms_max = 300;
  pending_outcome slow;
  send(slow, letter());
  line first(there.accept());
  first.read_until("\x1c\r");
  EXPECT_EQ(slow.get().code, "answer-timeout");
  first.write(answer_line("AA"));
  pending_outcome next;
  send(next, letter());
  line second(there.accept());
  ASSERT_TRUE(second) << "a new connection";
  second.read_until("\x1c\r");
  second.write(answer_line("AE"));
  EXPECT_EQ(next.get().verdict, send_verdict::refused);
}

TEST_F(mllp_sending, fails_on_answers_that_are_none) {
  for (const auto& [answer, code] : {std::pair{answer_line("AA", "78"), "acknowledgement-mismatch"},
                                     std::pair{framed("hello"), "acknowledgement-malformed"},
                                     std::pair{framed("MSH|^~\\&|a\rMSA|XX|77\r"), "acknowledgement-malformed"},
                                     std::pair{"\v" + std::string(2'000'000, 'x'), "acknowledgement-malformed"}}) {
    pending_outcome outcome;
    send(outcome, letter());
    line peer(there.accept());
    ASSERT_TRUE(peer) << "after a bad answer the connection is not used again";
    peer.read_until("\x1c\r");
    peer.write(answer);
    const send_outcome got = outcome.get();
    EXPECT_EQ(got.verdict, send_verdict::failed);
    EXPECT_EQ(got.code, code);
  }
}

TEST_F(mllp_sending, fails_when_the_connection_breaks_before_the_answer_and_reconnects) {
  pending_outcome outcome;
  send(outcome, letter());
  {
    line peer(there.accept());
    peer.read_until("\x1c\r");
  }
  EXPECT_EQ(outcome.get().code, "connection-lost");
  pending_outcome again;
  send(again, letter());
  line peer(there.accept());
  peer.read_until("\x1c\r");
  peer.write(answer_line("AA"));
  EXPECT_EQ(again.get().verdict, send_verdict::accepted);
}

TEST_F(mllp_sending, notices_a_connection_closed_between_messages) {
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // on a busy machine the end of a connection takes its time
    pending_outcome outcome;
    send(outcome, letter());
    line peer(there.accept());
    ASSERT_TRUE(peer) << round;
    peer.read_until("\x1c\r");
    peer.write(answer_line("AA"));
    EXPECT_EQ(outcome.get().verdict, send_verdict::accepted) << round;
  }  // closes; the next message meets no dead connection
}

TEST_F(mllp_sending, says_when_nobody_is_there) {
  there.close();
  pending_outcome refused;
  send(refused, letter());
  const send_outcome got = refused.get();
  EXPECT_EQ(got.verdict, send_verdict::unreachable);
  EXPECT_EQ(got.code, "connection-refused");
  settings.host = "no-such-host.invalid";
  open();
  pending_outcome unknown;
  send(unknown, letter());
  EXPECT_EQ(unknown.get().code, "host-unknown");
}

TEST_F(mllp_sending, refuses_what_mllp_cannot_carry) {
  model::outgoing with_frame_end = letter();
  with_frame_end.document = share("MSH|^~\\&|\x1c|");
  pending_outcome first;
  send(first, with_frame_end);
  EXPECT_EQ(first.get().code, "not-framable");
  model::outgoing with_pdf = letter();
  with_pdf.attachments.push_back({".pdf", "application/pdf", "%PDF"});
  pending_outcome second;
  send(second, with_pdf);
  EXPECT_EQ(second.get().code, "attachments-not-carried");
}

TEST_F(mllp_sending, calls_back_when_the_sender_is_gone_meanwhile) {
  pending_outcome outcome;
  send(outcome, letter());
  line peer(there.accept());
  peer.read_until("\x1c\r");
  running.on([&] { sender.reset(); });
  peer.write(answer_line("AA"));
  EXPECT_EQ(outcome.get().verdict, send_verdict::accepted);
  EXPECT_EQ(peer.read_until("x"), "") << "and closes";
}

class http_sending : public sending<http_sender, config::http_destination> {
 protected:
  http_sending() { settings.url = "http://127.0.0.1:" + std::to_string(there.port()) + "/fhir?x=1"; }
  static std::string status_line(const std::string& status, const std::string& more = {}) {
    return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 2\r\n\r\n{}";
  }
};

TEST_F(http_sending, sends_nothing_that_a_message_could_stretch_over_two_lines) {
  std::unique_ptr<http_client> client;
  running.on([&] { client = std::make_unique<http_client>(running.executor, settings); });
  http_call in_target, with_blank, in_header;
  in_target.target = "/Patient HTTP/1.1\r\nX-Partner: other";
  with_blank.target = "/Patient x";
  in_header.headers["If-None-Exist"] = "identifier=a|b\r\nX-Partner: other";
  for (const http_call& each : {in_target, with_blank, in_header}) {
    std::promise<http_reply> told;
    running.on([&] { client->ask(each, [&](const http_reply& reply) { told.set_value(reply); }); });
    const http_reply got = told.get_future().get();
    ASSERT_TRUE(got.failure.has_value());
    EXPECT_EQ(got.failure->code, "http-unsendable");
    EXPECT_EQ(got.failure->verdict, send_verdict::refused);
  }
  running.on([&] { client.reset(); });
}

TEST_F(http_sending, posts_the_document_under_its_name) {
  settings.headers["X-Partner"] = "chu";
  pending_outcome outcome;
  model::outgoing what = letter();
  what.format = "fhir";
  what.document = share("{\"resourceType\":\"Bundle\"}");
  send(outcome, what);
  line peer(there.accept());
  const std::string request = peer.read_until("\"Bundle\"}");
  EXPECT_EQ(request.substr(0, 29), "POST /fhir?x=1 HTTP/1.1\r\nHost");
  for (const char* expected : {"Content-Type: application/fhir+json\r\n", "Idempotency-Key: d-17\r\n",
                               "X-Partner: chu\r\n", "Content-Length: 25\r\n"})
    EXPECT_NE(request.find(expected), std::string::npos) << request;
  peer.write(status_line("201 Created"));
  const send_outcome got = outcome.get();
  EXPECT_EQ(got.verdict, send_verdict::accepted);
  EXPECT_EQ(got.code, "201");
}

TEST_F(http_sending, uses_a_connection_again_and_opens_another_when_it_was_closed) {
  pending_outcome first, second, third;
  send(first, letter());
  {
    line peer(there.accept());
    peer.read_until("PID|1\r");
    peer.write(status_line("200 OK"));
    EXPECT_EQ(first.get().code, "200");
    running.on([] {});
    send(second, letter());
    EXPECT_EQ(there.accept(20), -1);
    peer.read_until("PID|1\r");
    peer.write("HTTP/1.1 100 Continue\r\n\r\n" + status_line("202 Accepted"));
    EXPECT_EQ(second.get().code, "202");
  }
  send(third, letter());
  line peer(there.accept());
  ASSERT_TRUE(peer);
  peer.read_until("PID|1\r");
  peer.write(status_line("200 OK"));
  EXPECT_EQ(third.get().verdict, send_verdict::accepted);
}

TEST_F(http_sending, does_not_wait_for_the_body_of_the_answer_nor_keep_it) {
  pending_outcome outcome, next;
  send(outcome, letter());
  line peer(there.accept());
  peer.read_until("PID|1\r");
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nsome");
  EXPECT_EQ(outcome.get().verdict, send_verdict::accepted);
  send(next, letter());
  line another(there.accept());
  ASSERT_TRUE(another);
  another.read_until("PID|1\r");
  another.write(status_line("200 OK"));
  EXPECT_EQ(next.get().verdict, send_verdict::accepted);
}

TEST_F(http_sending, fails_when_there_is_no_answer_or_none_of_http) {
  settings.answer_ms_max = 400;
  {
    pending_outcome outcome;
    send(outcome, letter());
    line peer(there.accept());
    peer.read_until("PID|1\r");
    EXPECT_EQ(outcome.get().code, "answer-timeout");
  }
  {
    pending_outcome outcome;
    send(outcome, letter());
    line peer(there.accept());
    peer.read_until("PID|1\r");
    peer.write("SSH-2.0-OpenSSH\r\n\r\n");
    EXPECT_EQ(outcome.get().code, "http-malformed");
  }
  pending_outcome outcome;
  send(outcome, letter());
  {
    line peer(there.accept());
    peer.read_until("PID|1\r");
  }
  const send_outcome got = outcome.get();
  EXPECT_EQ(got.code, "connection-lost");
  EXPECT_EQ(got.verdict, send_verdict::failed);
}

TEST_F(http_sending, says_what_is_wrong_with_the_address) {
  settings.url = "ftp://example.org/";
  open();
  pending_outcome outcome;
  send(outcome, letter());
  EXPECT_EQ(outcome.get().code, "address-malformed");
}

TEST(http_status, becomes_an_outcome) {
  struct expectation {
    unsigned status;
    send_verdict verdict;
  };
  const expectation table[] = {
      {200, send_verdict::accepted}, {204, send_verdict::accepted},    {301, send_verdict::failed},
      {400, send_verdict::refused},  {401, send_verdict::unreachable}, {403, send_verdict::unreachable},
      {404, send_verdict::refused},  {408, send_verdict::failed},      {409, send_verdict::refused},
      {422, send_verdict::refused},  {425, send_verdict::failed},      {429, send_verdict::failed},
      {500, send_verdict::failed},   {503, send_verdict::failed}};
  for (const expectation& row : table)
    EXPECT_EQ(outcome_of_status(row.status, "", 0).verdict, row.verdict) << row.status;
  EXPECT_EQ(outcome_of_status(503, "7", 0).retry_after_ms, 7'000);
  EXPECT_EQ(outcome_of_status(503, "later", 0).retry_after_ms, 0);
}

}  // namespace
}  // namespace liaison::net
