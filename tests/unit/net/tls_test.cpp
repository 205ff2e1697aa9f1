// SPDX-License-Identifier: Apache-2.0
// Listeners and senders over TLS, with certificates made here: who is trusted, who is not, and what is said then.
#include "core/net/tls.hpp"
#include "certificates.hpp"
#include "core/net/http_sender.hpp"
#include "core/net/http_server.hpp"
#include "core/net/mllp_listener.hpp"
#include "core/net/mllp_sender.hpp"
#include "support.hpp"

namespace liaison::net {
namespace {

using namespace testing_support;
using model::send_outcome;
using model::send_verdict;

class over_tls : public testing::Test {
 protected:
  over_tls() {
    letter.name = "d-1";
    letter.format = "hl7v2";
    letter.document = share("MSH|^~\\&|a|b|c|d|20260101||ORU^R01|77|P|2.5\rPID|1\r");
    intake.reply = [](const model::arrival&, const scripted_intake::callback& then) {
      then(answer_of(model::verdict::accepted));
    };
  }
  void TearDown() override {
    running.on([&] {
      sender.reset();
      listener.reset();
      server.reset();
    });
  }
  config::tls_settings tls_of(const identity_files& files, const std::string& authorities = {}) {
    return {files.certificate, files.key, authorities};
  }
  void listen(const config::tls_settings& tls) {
    config::mllp_source settings;
    settings.listen.tls = tls;
    settings.idle_ms_max = 2'000;
    running.on([&] {
      auto started = mllp_listener::start(running.executor, intake, "hospital", settings);
      ASSERT_TRUE(started) << started.error().text;
      listener = std::move(started).value();
      port = listener->port();
    });
  }
  send_outcome send(const std::optional<config::tls_settings>& tls, const std::string& host = "127.0.0.1") {
    config::mllp_destination settings;
    settings.host = host;
    settings.port = port;
    settings.use_tls = true;
    settings.tls = tls;
    settings.answer_ms_max = 4'000;
    std::promise<send_outcome> promise;
    running.on([&] {
      sender = std::make_unique<mllp_sender>(running.executor, settings);
      sender->send(letter, [&](send_outcome outcome) { promise.set_value(std::move(outcome)); });
    });
    return promise.get_future().get();
  }

  temporary_folder folder;
  test_authority authority{folder.path()};
  scripted_intake intake;
  running_executor running;
  model::outgoing letter;
  std::unique_ptr<mllp_listener> listener;
  std::unique_ptr<http_server> server;
  std::unique_ptr<model::sender> sender;
  std::uint16_t port = 0;
};

TEST_F(over_tls, a_message_goes_through) {
  listen(tls_of(authority.issue("gateway")));
  letter.document = share(*letter.document + std::string(3'000'000, 'x') + "\r");
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}).code, "AA");
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}, "localhost").code, "AA");
  ASSERT_EQ(intake.count(), 2u);
  EXPECT_EQ(*intake.arrivals()[0].bytes, *letter.document);
}

TEST_F(over_tls, a_recipient_with_an_unknown_authority_is_not_trusted) {
  const temporary_folder elsewhere;
  test_authority other(elsewhere.path());
  listen(tls_of(other.issue("gateway")));
  const send_outcome got = send(config::tls_settings{"", "", authority.authorities()});
  EXPECT_EQ(got.verdict, send_verdict::unreachable);
  EXPECT_EQ(got.code, "tls-handshake");
  EXPECT_EQ(send(std::nullopt).code, "tls-handshake") << "the system's authorities do not know it either";
  EXPECT_EQ(intake.count(), 0u);
}

TEST_F(over_tls, a_certificate_for_another_host_is_not_trusted) {
  listen(tls_of(authority.issue("other", "DNS:example.org")));
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}).code, "tls-handshake");
  EXPECT_EQ(intake.count(), 0u);
}

TEST_F(over_tls, clients_without_a_certificate_of_ours_are_kept_out) {
  listen(tls_of(authority.issue("gateway"), authority.authorities()));
  const temporary_folder elsewhere;
  test_authority other(elsewhere.path());
  const auto without = send(config::tls_settings{"", "", authority.authorities()});
  EXPECT_NE(without.verdict, send_verdict::accepted);
  const auto stranger = send(tls_of(other.issue("stranger"), authority.authorities()));
  EXPECT_NE(stranger.verdict, send_verdict::accepted);
  EXPECT_EQ(intake.count(), 0u);
  EXPECT_EQ(send(tls_of(authority.issue("laboratory"), authority.authorities())).code, "AA");
  EXPECT_EQ(intake.count(), 1u);
}

TEST_F(over_tls, a_client_that_speaks_plain_text_is_closed) {
  listen(tls_of(authority.issue("gateway")));
  const peer client(port);
  client.send(framed("MSH|plain"));
  EXPECT_EQ(client.receive_until_closed().find("ACK"), std::string::npos);
  EXPECT_EQ(intake.count(), 0u);
}

TEST_F(over_tls, a_client_that_never_shakes_hands_is_closed) {
  config::mllp_source settings;
  settings.listen.tls = tls_of(authority.issue("gateway"));
  settings.idle_ms_max = 60;
  running.on([&] {
    listener = mllp_listener::start(running.executor, intake, "hospital", settings).value();
    port = listener->port();
  });
  const peer client(port);
  EXPECT_EQ(client.receive(), "");
}

TEST_F(over_tls, new_certificates_are_adopted_for_new_connections) {
  const temporary_folder elsewhere;
  test_authority other(elsewhere.path());
  listen(tls_of(other.issue("gateway")));
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}).code, "tls-handshake");
  config::mllp_source renewed;
  renewed.listen.tls = tls_of(authority.issue("gateway"));
  EXPECT_TRUE(running.on([&] { return static_cast<bool>(listener->adopt(renewed)); }));
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}).code, "AA");
  renewed.listen.tls->key = folder.path("nowhere.key");
  EXPECT_EQ(running.on([&] { return listener->adopt(renewed).error().code; }), "tls-files");
  EXPECT_EQ(send(config::tls_settings{"", "", authority.authorities()}).code, "AA") << "the old ones still serve";
}

TEST_F(over_tls, files_that_cannot_be_used_are_named) {
  const auto one = authority.issue("one"), two = authority.issue("two");
  folder.write("garbage.pem", "no certificate");
  struct expectation {
    config::tls_settings settings;
    std::string names;
  };
  const expectation table[] = {{{folder.path("none.pem"), one.key, ""}, "none.pem"},
                               {{folder.path("garbage.pem"), one.key, ""}, "garbage.pem"},
                               {{one.certificate, folder.path("none.key"), ""}, "none.key"},
                               {{one.certificate, two.key, ""}, "two.key"},
                               {{one.certificate, one.key, folder.path("none.pem")}, "none.pem"}};
  for (const expectation& row : table) {
    const auto context = tls_server_context(row.settings);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().code, "tls-files");
    EXPECT_NE(context.error().text.find(row.names), std::string::npos) << context.error().text;
  }
  letter.attachments.clear();
  config::mllp_destination settings{"127.0.0.1", 1, config::tls_settings{"", "", folder.path("none.pem")}, true};
  std::promise<send_outcome> promise;
  running.on([&] {
    sender = std::make_unique<mllp_sender>(running.executor, settings);
    sender->send(letter, [&](send_outcome outcome) { promise.set_value(std::move(outcome)); });
  });
  EXPECT_EQ(promise.get_future().get().code, "tls-files");
}

TEST_F(over_tls, http_goes_through_both_ways) {
  std::string body;
  running.on([&] {
    config::listen_address address;
    address.tls = tls_of(authority.issue("gateway"));
    server = http_server::start(running.executor, address, http_server::credentials::not_required, {},
                                [&](http_request request, const std::function<void(http_response)>& then) {
                                  body = request.body;
                                  then({201, "application/json", {}, std::string(1'000'000, 'y')});
                                })
                 .value();
    port = server->port();
  });
  config::http_destination settings;
  settings.url = "https://127.0.0.1:" + std::to_string(port) + "/fhir";
  settings.tls = config::tls_settings{"", "", authority.authorities()};
  letter.document = share(std::string(2'000'000, 'z'));
  for (int round = 0; round < 3; ++round) {
    std::promise<send_outcome> promise;
    running.on([&] {
      if (!sender) sender = std::make_unique<http_sender>(running.executor, settings);
      sender->send(letter, [&](send_outcome outcome) { promise.set_value(std::move(outcome)); });
    });
    EXPECT_EQ(promise.get_future().get().code, "201");
    EXPECT_EQ(body, *letter.document);
  }
  settings.tls.reset();
  std::promise<send_outcome> promise;
  running.on([&] {
    sender = std::make_unique<http_sender>(running.executor, settings);
    sender->send(letter, [&](send_outcome outcome) { promise.set_value(std::move(outcome)); });
  });
  EXPECT_EQ(promise.get_future().get().code, "tls-handshake");
}

TEST_F(over_tls, a_handler_learns_the_names_of_the_client_s_certificate) {
  std::vector<std::string> names;
  bool encrypted = false;
  running.on([&] {
    config::listen_address address;
    address.tls = tls_of(authority.issue("gateway"), authority.authorities());
    server = http_server::start(running.executor, address, http_server::credentials::not_required, {},
                                [&](http_request request, const std::function<void(http_response)>& then) {
                                  names = request.client_names;
                                  encrypted = request.encrypted;
                                  then({201, "application/json", {}, ""});
                                })
                 .value();
    port = server->port();
  });
  config::http_destination settings;
  settings.url = "https://127.0.0.1:" + std::to_string(port) + "/fhir";
  settings.tls = tls_of(authority.issue("practice", "DNS:practice.example"), authority.authorities());
  std::promise<send_outcome> promise;
  running.on([&] {
    sender = std::make_unique<http_sender>(running.executor, settings);
    sender->send(letter, [&](send_outcome outcome) { promise.set_value(std::move(outcome)); });
  });
  EXPECT_EQ(promise.get_future().get().code, "201");
  EXPECT_TRUE(encrypted);
  EXPECT_EQ(names, (std::vector<std::string>{"practice", "practice.example"}));
}

}  // namespace
}  // namespace liaison::net
