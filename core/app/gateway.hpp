// SPDX-License-Identifier: Apache-2.0
// The running gateway: the one place that knows every part, makes them, connects them and ends them in order.
#pragma once

#include "core/admin/api.hpp"
#include "core/app/disk_probe.hpp"
#include "core/base/result.hpp"
#include "core/config/configuration.hpp"
#include "core/coordination/discharge_watch.hpp"
#include "core/coordination/index_rebuild.hpp"
#include "core/net/asio_executor.hpp"
#include "core/net/folder_source.hpp"
#include "core/net/http_server.hpp"
#include "core/net/mllp_listener.hpp"
#include "core/observe/burst_watch.hpp"
#include "core/observe/metrics.hpp"
#include "core/plugin/host_pool.hpp"
#include "core/routing/business_acknowledger.hpp"
#include "core/routing/delivery_scheduler.hpp"
#include "core/routing/message_intake.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace liaison::app {

/// Thread: one, from `open` to the end of `run`.
class gateway {
 public:
  /// `reload` reads the configuration again (SIGHUP).
  gateway(config::snapshot configuration, std::function<result<config::snapshot>()> reload);
  ~gateway();

  /// Opens the store, the hosts, then deliveries, then sources: whoever connects is served. Failures name what and why.
  result<done> open();

  /// Until `stop`, SIGTERM or SIGINT. Then: no new messages, what is in flight ends, within `stop_ms_max`.
  void run();
  void stop();  ///< Thread: the executor's.

 private:
  result<done> open_sources(const config::configuration& now);
  result<done> open_source(const std::string& name, const config::endpoint& endpoint);
  void close_missing_sources(const config::configuration& now);
  result<done> open_http(const config::configuration& now);
  void reload();
  void watch_signals();
  void watch_time();
  void watch_bursts();
  /// The commit times are handed out once: whoever asks the store passes them on to the metrics.
  store::statistics take_store_statistics();
  void refresh_metrics(std::function<void()> then);
  /// `then` hears "" when messages can be accepted, else why not, for whoever operates the gateway.
  void find_why_not_ready(std::function<void(std::string)> then);
  void count(const char* name, observe::labels with, const std::string& key, std::uint64_t now);
  void stopped_one();

  config::snapshot configuration_;
  std::function<result<config::snapshot>()> reload_;
  net::asio_executor executor_;
  observe::metrics metrics_;
  observe::burst_watch bursts_{observe::process_cpu_ms(), executor_.steady_ms()};
  std::unique_ptr<plugin::host_pool> hosts_;
  std::unique_ptr<store::store> store_;
  std::unique_ptr<disk_probe> store_disk_;
  std::unique_ptr<routing::delivery_scheduler> scheduler_;
  std::unique_ptr<routing::business_acknowledger> acknowledger_;
  std::unique_ptr<routing::message_intake> intake_;
  std::unique_ptr<coordination::discharge_watch> discharges_;
  std::unique_ptr<coordination::index_rebuild> rebuild_;
  std::unique_ptr<admin::api> api_;
  std::map<std::string, std::unique_ptr<net::mllp_listener>> mllp_;
  std::map<std::string, std::unique_ptr<net::folder_source>> folders_;
  std::unique_ptr<net::http_server> http_;
  std::map<std::string, std::uint64_t> counted_;  ///< what a counter of a part said last
  struct signals;
  std::unique_ptr<signals> signals_;
  std::uint64_t plugin_hosts_ = 0;
  std::size_t stopping_parts_ = 0;
  bool stopping_ = false;
};

}  // namespace liaison::app
