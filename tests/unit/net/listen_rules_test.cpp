// SPDX-License-Identifier: Apache-2.0
#include "core/net/listen_rules.hpp"

#include <gtest/gtest.h>

namespace liaison::net {
namespace {

struct rule_case {
  const char* address;
  bool tls;
  authentication clients;
  bool exposed;
  const char* failure;  ///< empty: allowed
};

TEST(listen_rules, anything_but_loopback_needs_tls_and_authentication_or_the_word) {
  const rule_case table[] = {
      {"127.0.0.1", false, authentication::none, false, ""},
      {"127.8.9.10", false, authentication::none, false, ""},
      {"localhost", false, authentication::none, false, ""},
      {"::1", false, authentication::none, false, ""},
      {"0.0.0.0", false, authentication::none, false, "listen-unprotected"},
      {"::", false, authentication::tokens, false, "listen-unprotected"},
      {"10.0.0.1", true, authentication::none, false, "listen-unprotected"},
      {"10.0.0.1", false, authentication::tokens, false, "listen-unprotected"},
      {"10.0.0.1", true, authentication::tokens, false, ""},
      {"10.0.0.1", true, authentication::client_certificates, false, ""},
      {"0.0.0.0", false, authentication::none, true, ""},
      {"::ffff:10.0.0.1", false, authentication::none, false, "listen-unprotected"},
      {"example.org", false, authentication::none, true, "listen-address"},
      {"", false, authentication::none, false, "listen-address"},
  };
  for (const rule_case& row : table) {
    config::listen_address settings;
    settings.address = row.address;
    settings.port = 2575;
    if (row.tls) settings.tls.emplace();
    settings.exposed_without_protection = row.exposed;
    const auto checked = check_listen_address(settings, row.clients);
    EXPECT_EQ(checked ? "" : checked.error().code, row.failure) << row.address;
  }
}

TEST(listen_rules, a_port_in_use_is_named) {
  boost::asio::io_context context;
  config::listen_address settings;
  auto first = open_listener(context, settings);
  ASSERT_TRUE(first);
  settings.port = first.value().local_endpoint().port();
  const auto second = open_listener(context, settings);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "port-in-use");
  EXPECT_NE(second.error().text.find("127.0.0.1:" + std::to_string(settings.port)), std::string::npos);
}

}  // namespace
}  // namespace liaison::net
