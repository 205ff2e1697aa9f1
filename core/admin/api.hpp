// SPDX-License-Identifier: Apache-2.0
// The gateway's HTTP face: REST API (/api/v1), FHIR (/fhir, core/fhir_api), metrics, health and the console. Knows
// requests and responses as plain values; net carries them.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/fhir_api/service.hpp"
#include "core/model/transfer.hpp"
#include "core/model/web.hpp"
#include "core/observe/metrics.hpp"
#include "core/plugin/translators.hpp"
#include "core/routing/delivery_scheduler.hpp"
#include "core/store/store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace liaison::coordination {
class index_rebuild;
}

namespace liaison::admin {

using request = model::web_request;
using response = model::web_response;
using respond = model::respond;

/// What the API works on. All outlive it.
struct parts {
  store::store& store;
  model::intake& intake;
  routing::delivery_scheduler& scheduler;
  plugin::translators& translators;
  coordination::index_rebuild& rebuild;
  observe::metrics& metrics;
  const liaison::clock& clock;
  std::function<config::snapshot()> configuration;
  /// Tells "" when messages can be accepted, else why not.
  std::function<void(std::function<void(std::string why_not)> then)> find_why_not_ready;
  std::function<void(std::function<void()> then)> refresh_metrics;  ///< brings gauges up to date, then calls
};

class patients_api;

/// Thread: the executor's. Answers each request exactly once.
class api {
 public:
  explicit api(parts what);
  ~api();

  /// Credentials: /healthz and /readyz need none. With `listen.http.tokens` everything else needs one of them; without, only
  /// requests from loopback are served, and of browsers only those of pages of this very host (DNS rebinding). An endpoint's own token or certificate
  /// (source.http) may post its messages, and by /fhir read what it sent and what was delivered to it.
  void handle(request what, respond then);

 private:
  void post_message(const request& what, const std::string& source, respond then);
  void serve_fhir(request what, respond then);
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
  fhir_api::service fhir_;
  std::unique_ptr<patients_api> patients_;
};

/// Static texts, embedded at build.
extern const char* const console_page;
extern const char* const openapi_text;

}  // namespace liaison::admin
