// SPDX-License-Identifier: Apache-2.0
// The MLLP listener against real sockets: order, back-pressure, peers that misbehave, stop and reload.
#include "core/net/mllp_listener.hpp"

#include "core/net/listen_rules.hpp"

#include "support.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <deque>

namespace liaison::net {
namespace {

using namespace testing_support;

class mllp_listening : public testing::Test {
 protected:
  void start(config::mllp_source settings = {}) {
    running.on([&] {
      auto started = mllp_listener::start(running.executor, intake, "hospital", settings);
      if (started) listener = std::move(started).value();
      ASSERT_TRUE(listener) << started.error().text;
      port = listener->port();
    });
  }
  void TearDown() override {
    running.on([&] { listener.reset(); });
  }
  mllp_statistics statistics() {
    return running.on([&] { return listener->statistics(); });
  }
  /// Keeps every callback; `held` is touched on the executor's thread only.
  void hold_answers() {
    intake.reply = [this](const model::arrival& what, const scripted_intake::callback& then) {
      held.push_back({*what.bytes, then});
    };
  }
  void answer_held(std::size_t number) {
    running.on([&] {
      auto one = held.at(number);
      one.second(answer_of(model::verdict::accepted, "ACK " + one.first));
    });
  }

  running_executor running;
  scripted_intake intake;
  std::unique_ptr<mllp_listener> listener;
  std::uint16_t port = 0;
  std::deque<std::pair<std::string, scripted_intake::callback>> held;
};

TEST_F(mllp_listening, takes_a_frame_and_gives_the_answer_back) {
  start();
  const peer client(port);
  client.send(framed("MSH|1"));
  EXPECT_EQ(client.receive(), framed("ACK MSH|1"));
  const auto arrivals = intake.arrivals();
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(arrivals[0].source, "hospital");
  EXPECT_EQ(arrivals[0].peer.substr(0, 10), "127.0.0.1:");
  EXPECT_TRUE(arrivals[0].wants_acknowledgement);
}

TEST_F(mllp_listening, takes_frames_cut_at_every_byte) {
  start();
  const peer client(port);
  for (char byte : framed("MSH|slow")) {
    client.send(std::string_view(&byte, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(client.receive(), framed("ACK MSH|slow"));
}

TEST_F(mllp_listening, takes_a_large_frame_whole) {
  start();
  const peer client(port);
  std::string content(9'000'000, 'x');
  for (std::size_t at = 0; at < content.size(); at += 977) content[at] = static_cast<char>('a' + at % 26);
  std::thread sending([&] { client.send(framed(content)); });
  EXPECT_EQ(client.receive_all(content.size() + 7), framed("ACK " + content));
  sending.join();
}

TEST_F(mllp_listening, answers_in_the_order_of_the_frames_whatever_the_order_of_the_intake) {
  hold_answers();
  start();
  const peer client(port);
  client.send(framed("a") + framed("b") + framed("c"));
  ASSERT_TRUE(eventually([&] { return intake.count() == 3; }));
  answer_held(2);
  answer_held(1);
  EXPECT_EQ(client.receive(50), "<timeout>");
  answer_held(0);
  EXPECT_EQ(client.receive_all(21), framed("ACK a") + framed("ACK b") + framed("ACK c"));
}

TEST_F(mllp_listening, reads_no_further_than_the_frames_it_may_have_in_flight) {
  hold_answers();
  config::mllp_source settings;
  settings.in_flight_max = 2;
  start(settings);
  const peer client(port);
  client.send(framed("a") + framed("b") + framed("c") + framed("d"));
  ASSERT_TRUE(eventually([&] { return intake.count() == 2; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(intake.count(), 2u);
  answer_held(0);
  ASSERT_TRUE(eventually([&] { return intake.count() == 3; }));
  answer_held(1);
  answer_held(2);
  ASSERT_TRUE(eventually([&] { return intake.count() == 4; }));
  answer_held(3);
  EXPECT_EQ(client.receive_all(28), framed("ACK a") + framed("ACK b") + framed("ACK c") + framed("ACK d"));
}

TEST_F(mllp_listening, a_peer_that_reads_no_answers_is_read_no_further) {
  const std::string long_answer(100'000, 'A');
  intake.reply = [&](const model::arrival&, const scripted_intake::callback& then) {
    then(answer_of(model::verdict::accepted, long_answer));
  };
  start();
  const peer client(port);
  constexpr std::size_t sent = 400;
  for (std::size_t number = 0; number < sent; ++number) client.send(framed("m"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LT(intake.count(), sent);
  EXPECT_EQ(client.receive_all(sent * (long_answer.size() + 3)).size(), sent * (long_answer.size() + 3));
  EXPECT_EQ(intake.count(), sent);
}

TEST_F(mllp_listening, writes_an_honest_answer_itself_when_the_intake_has_none) {
  intake.reply = [](const model::arrival& what, const scripted_intake::callback& then) {
    then(answer_of(*what.bytes == "MSH|^~\\&|a|b|c|d|||ADT^A01|1|P|2.5\r" ? model::verdict::rejected
                                                                          : model::verdict::not_now));
  };
  start();
  const peer client(port);
  client.send(framed("MSH|^~\\&|a|b|c|d|||ADT^A01|1|P|2.5\r"));
  EXPECT_NE(client.receive().find("\rMSA|AE|1\r"), std::string::npos);
  client.send(framed("MSH|^~\\&|a|b|c|d|||ADT^A01|2|P|2.5\r"));
  EXPECT_NE(client.receive().find("\rMSA|AR|2\r"), std::string::npos);
}

TEST_F(mllp_listening, refuses_a_frame_over_the_limit_and_goes_on) {
  config::mllp_source settings;
  settings.frame_size_bytes_max = 1'000;
  start(settings);
  const peer client(port);
  client.send(framed("MSH|^~\\&|a|b|c|d|||ADT^A01|big|P|2.5\r" + std::string(2'000'000, 'x')) + framed("ok"));
  std::string answers = client.receive_all(40);
  while (answers.find("ACK ok") == std::string::npos) {
    const std::string more = client.receive();
    ASSERT_NE(more, "<timeout>");
    answers += more;
  }
  EXPECT_NE(answers.find("MSA|AE|big\r"), std::string::npos);
  EXPECT_NE(answers.find("|frame-too-large\r"), std::string::npos);
  EXPECT_EQ(intake.count(), 1u);
  EXPECT_EQ(statistics().frames_too_large, 1u);
}

TEST_F(mllp_listening, counts_junk_and_closes_who_speaks_something_else) {
  start();
  const peer noisy(port);
  noisy.send("junk" + framed("a"));
  EXPECT_EQ(noisy.receive(), framed("ACK a"));
  EXPECT_EQ(statistics().junk_bytes, 4u);
  const peer stranger(port);
  stranger.send(std::string(3 << 20, 'G'));
  EXPECT_EQ(stranger.receive(), "");
  EXPECT_EQ(intake.count(), 1u);
}

TEST_F(mllp_listening, answers_a_peer_that_has_finished_sending) {
  hold_answers();
  start();
  const peer client(port);
  client.send(framed("a") + "\vhalf");
  client.finish_sending();
  ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
  answer_held(0);
  EXPECT_EQ(client.receive_until_closed(), framed("ACK a"));
  EXPECT_TRUE(eventually([&] { return statistics().connections == 0; }));
  EXPECT_EQ(statistics().frames_truncated, 1u);
}

TEST_F(mllp_listening, drops_answers_for_a_peer_that_is_gone) {
  hold_answers();
  start();
  {
    peer client(port);
    client.send(framed("a"));
    ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
    const linger reset{1, 0};
    ::setsockopt(client.handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  ASSERT_TRUE(eventually([&] { return statistics().connections == 0; }));
  answer_held(0);
  const peer next(port);
  EXPECT_TRUE(next.connected());
}

TEST_F(mllp_listening, closes_silent_and_half_sent_peers_but_not_those_who_wait_for_us) {
  hold_answers();
  config::mllp_source settings;
  settings.idle_ms_max = 300;
  start(settings);
  const peer silent(port), half(port), waiting(port);
  half.send("\vMSH|");
  waiting.send(framed("w"));
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(half.receive(), "");
  EXPECT_EQ(statistics().connections_idle_closed, 2u);
  answer_held(0);
  EXPECT_EQ(waiting.receive(), framed("ACK w"));
}

TEST_F(mllp_listening, closes_a_peer_whose_frame_drips) {
  config::mllp_source settings;
  settings.idle_ms_max = 800;
  start(settings);
  const peer dripping(port), slow(port);
  slow.send("\v");
  bool open = true;
  for (int i = 0; i < 400 && open; ++i) {
    dripping.send(i == 0 ? "\vMSH|" : "x");
    slow.send(std::string(5'000, 'y'));
    open = dripping.receive(10) == "<timeout>";
  }
  EXPECT_FALSE(open) << "a byte now and then is no sign of life";
  slow.send(std::string("\x1c\r"));
  EXPECT_EQ(slow.receive().substr(0, 6), "\vACK y");
}

TEST_F(mllp_listening, refuses_connections_over_the_limit_and_takes_new_ones_when_there_is_room) {
  config::mllp_source settings;
  settings.connections_max = 2;
  start(settings);
  peer first(port);
  const peer second(port);
  ASSERT_TRUE(eventually([&] { return statistics().connections == 2; }));
  const peer third(port);
  EXPECT_EQ(third.receive(), "");
  EXPECT_EQ(statistics().connections_refused, 1u);
  first.close();
  ASSERT_TRUE(eventually([&] { return statistics().connections == 1; }));
  const peer fourth(port);
  fourth.send(framed("a"));
  EXPECT_EQ(fourth.receive(), framed("ACK a"));
}

TEST_F(mllp_listening, serves_a_thousand_connections) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2'200) GTEST_SKIP() << "too few descriptors allowed here";
  start();
  std::vector<peer> clients;
  for (int number = 0; number < 1'000; ++number) clients.emplace_back(port);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t number = 0; number < clients.size(); ++number)
      clients[number].send(framed(std::to_string(number)));
    for (std::size_t number = 0; number < clients.size(); ++number)
      ASSERT_EQ(clients[number].receive(), framed("ACK " + std::to_string(number)));
  }
  EXPECT_EQ(statistics().connections, 1'000u);
  EXPECT_EQ(statistics().frames, 2'000u);
}

TEST_F(mllp_listening, survives_running_out_of_descriptors) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "sanitizer build: UBSan cannot look at an object without a descriptor, and calls it unsound";
#endif
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  start();
  std::vector<peer> clients;
  clients.emplace_back(port);
  clients[0].send(framed("a"));
  ASSERT_EQ(clients[0].receive(), framed("ACK a"));
  clients.emplace_back(port);  // its accept takes the last descriptor
  ASSERT_TRUE(eventually([&] { return statistics().connections == 2; }));
  const int highest = ::dup(0);
  const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(std::max(highest, waiting)) + 1;
  ::close(highest);
  const int filler = ::dup(0);
  ::setrlimit(RLIMIT_NOFILE, &tight);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(statistics().connections, 2u);  // nobody was lost, nobody was let in
  clients[0].send(framed("b"));
  EXPECT_EQ(clients[0].receive(), framed("ACK b"));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(eventually([&] { return statistics().connections == 3; }));
  ::close(filler);
  ::close(waiting);
}

TEST_F(mllp_listening, stops_when_what_is_in_flight_is_answered) {
  hold_answers();
  start();
  const peer busy(port), idle(port);
  busy.send(framed("a"));
  ASSERT_TRUE(eventually([&] { return intake.count() == 1 && statistics().connections == 2; }));
  std::promise<void> stopped;
  auto over = stopped.get_future();
  running.on([&] { listener->stop(20'000, [&] { stopped.set_value(); }); });
  EXPECT_EQ(idle.receive(), "");
  busy.send(framed("too late"));
  EXPECT_FALSE(peer(port).connected());
  EXPECT_EQ(over.wait_for(std::chrono::milliseconds(30)), std::future_status::timeout);
  answer_held(0);
  EXPECT_EQ(over.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(busy.receive_all(8), framed("ACK a"));
  EXPECT_EQ(intake.count(), 1u);
}

TEST_F(mllp_listening, stops_in_bounded_time_when_the_intake_does_not_answer) {
  hold_answers();
  start();
  const peer busy(port);
  busy.send(framed("a"));
  ASSERT_TRUE(eventually([&] { return intake.count() == 1; }));
  std::promise<void> stopped;
  running.on([&] { listener->stop(50, [&] { stopped.set_value(); }); });
  ASSERT_EQ(stopped.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(busy.receive(), "");
  running.on([&] { listener.reset(); });
  answer_held(0);  // late, and harmless
}

TEST_F(mllp_listening, adopts_limits_for_connections_that_stay) {
  start();
  const peer client(port);
  client.send(framed("a"));
  ASSERT_EQ(client.receive(), framed("ACK a"));
  config::mllp_source changed;
  changed.frame_size_bytes_max = 10;
  running.on([&] {
    EXPECT_TRUE(listener->adopt(changed));
    EXPECT_EQ(listener->port(), port);
  });
  client.send(framed("MSH|longer than ten"));
  EXPECT_NE(client.receive().find("frame-too-large"), std::string::npos);
  client.send(framed("b"));
  EXPECT_EQ(client.receive(), framed("ACK b"));
}

TEST_F(mllp_listening, moves_to_another_port_without_closing_connections) {
  start();
  const peer client(port);
  client.send(framed("a"));
  ASSERT_EQ(client.receive(), framed("ACK a"));
  boost::asio::io_context probe;
  auto free_port = open_listener(probe, {}).value();
  config::mllp_source changed;
  changed.listen.port = free_port.local_endpoint().port();
  EXPECT_EQ(running.on([&] { return listener->adopt(changed).error().code; }), "port-in-use");
  free_port.close();
  EXPECT_TRUE(running.on([&] { return static_cast<bool>(listener->adopt(changed)); }));
  const peer old_address(port), new_address(changed.listen.port);
  EXPECT_FALSE(old_address.connected());
  new_address.send(framed("b"));
  EXPECT_EQ(new_address.receive(), framed("ACK b"));
  client.send(framed("c"));
  EXPECT_EQ(client.receive(), framed("ACK c"));
}

}  // namespace
}  // namespace liaison::net
