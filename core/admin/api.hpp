// SPDX-License-Identifier: Apache-2.0
// The gateway's HTTP face: REST API (/api/v1), FHIR intake (/fhir), metrics, health and the console. Knows
// requests and responses as plain values; net carries them.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/observe/metrics.hpp"
#include "core/plugin/translators.hpp"
#include "core/routing/delivery_scheduler.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace liaison::admin {

struct request {
  std::string method;
  std::string path;                          ///< decoded, without query
  std::map<std::string, std::string> query;  ///< decoded; the last one wins
  std::string content_type;
  std::string bearer_token;  ///< empty: none
  std::string host;          ///< as the client wrote it
  std::string origin;        ///< of the page that asks, when a browser does
  std::string peer;
  bool from_loopback = false;
  std::string body;
};

struct response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
};

using respond = std::function<void(response)>;

/// What the API works on. All outlive it.
struct parts {
  store::store& store;
  model::intake& intake;
  routing::delivery_scheduler& scheduler;
  plugin::translators& translators;
  observe::metrics& metrics;
  const liaison::clock& clock;
  std::function<config::snapshot()> configuration;
  std::function<bool()> is_ready;
  std::function<void(std::function<void()> then)> refresh_metrics;  ///< brings gauges up to date, then calls
};

/// Thread: the executor's. Answers each request exactly once.
class api {
 public:
  explicit api(parts what) : parts_(std::move(what)) {}

  /// Credentials: /healthz and /readyz need none. With `listen.http.tokens` everything else needs one of them; without, only
  /// requests from loopback are served, and of browsers only those of pages of this very host (DNS rebinding). An endpoint's own token (source.http.tokens) may post its messages and nothing else.
  void handle(request what, respond then);

 private:
  void post_message(const request& what, const std::string& source, respond then);
  void post_fhir(const request& what, const std::string& source, respond then);
  void get_messages(const request& what, respond then);
  void get_message(std::int64_t id, respond then);
  void get_trace(std::int64_t id, respond then);
  void get_raw(std::int64_t id, respond then);
  void replay(std::int64_t id, const request& what, respond then);
  void get_deliveries(const request& what, respond then);
  void change_delivery(std::int64_t id, bool retry, respond then);
  void get_receipts(const request& what, respond then);
  void get_recipients(respond then);
  void get_endpoints(respond then);
  void get_metrics(respond then);
  void get_documents(const request& what, respond then);  ///< documents.cpp
  bool route_api(const request& what, const respond& then);

  parts parts_;
};

/// Static texts, embedded at build.
extern const char* const console_page;
extern const char* const openapi_text;
std::string capability_statement(const std::string& now);

}  // namespace liaison::admin
