// SPDX-License-Identifier: Apache-2.0
#include "core/app/gateway.hpp"

#include "core/app/workbench.hpp"
#include "core/base/digest.hpp"
#include "core/base/time_slice.hpp"
#include "core/fhir_api/fhir_sender.hpp"
#include "core/net/folder_sender.hpp"
#include "core/net/http_sender.hpp"
#include "core/net/mllp_sender.hpp"
#include "core/observe/log.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

#include <boost/asio/signal_set.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>
#include <optional>
#include <random>

namespace liaison::app {

namespace {

/// Of what senders wait for; else whoever is woken stands behind the filing for some 3 ms.
constexpr std::chrono::microseconds short_slice(500);
constexpr std::int64_t purge_period_ms = 60'000;
constexpr std::int64_t burst_period_ms = 1'000;
// Between two thousands of messages: a day's messages of a large store are gone within seconds to minutes, and whatever else is
// to be written comes in between.
constexpr std::int64_t purge_pause_ms = 10;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
/// A message that could not be kept makes us unready so long: then others may try.
constexpr std::int64_t refusal_counts_ms = 3'000;

std::shared_ptr<model::sender> make_sender(net::asio_executor& executor, plugin::translators& translators,
                                           const config::endpoint& endpoint) {
  if (const auto* folder = std::get_if<config::folder_destination>(&endpoint.destination))
    return std::make_shared<net::folder_sender>(executor, *folder);
  if (const auto* mllp = std::get_if<config::mllp_destination>(&endpoint.destination))
    return std::make_shared<net::mllp_sender>(executor, *mllp);
  const auto& http = std::get<config::http_destination>(endpoint.destination);
  if (http.interaction == "fhir") return std::make_shared<fhir_api::fhir_sender>(executor, http, translators);
  return std::make_shared<net::http_sender>(executor, http);
}

std::int64_t days(double count) { return static_cast<std::int64_t>(count * static_cast<double>(day_ms)); }

/// Each connection takes a descriptor, and what a process gets without asking is mostly 1024 of them.
void take_all_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

struct gateway::signals {
  explicit signals(boost::asio::io_context& context) : set(context, SIGTERM, SIGINT, SIGHUP) {}
  boost::asio::signal_set set;
};

gateway::gateway(config::snapshot configuration, std::function<result<config::snapshot>()> reload)
    : configuration_(std::move(configuration)), reload_(std::move(reload)) {}

gateway::~gateway() {
  http_.reset();
  mllp_.clear();
  folders_.clear();
  discharges_.reset();
  acknowledger_.reset();
  scheduler_.reset();
  if (store_) store_->close();
}

result<done> gateway::open() {
  // An arena for each thread that allocates much (logic, writer, readers): fewer make them wait for one another, more only fragment.
  mallopt(M_ARENA_MAX, 4);
  ask_for_time_slices_of(short_slice);  // its hosts too
  take_all_descriptors();
  plugin::host_settings host_settings = host_settings_of(*configuration_);
  host_settings.observer = [this](const plugin::host_event& event) {
    using kind = plugin::host_event_kind;
    if (event.kind == kind::started) ++plugin_hosts_;
    if ((event.kind == kind::ended || event.kind == kind::left) && plugin_hosts_ > 0) --plugin_hosts_;
    if (event.kind == kind::ended) {
      metrics_.count("liaison_plugin_restarts_total", {});
      observe::log_line(observe::level::warning, "plugin-host-ended").with("plugin", event.plugin).with("reason", event.text);
    }
    if (event.kind == kind::load_failed)
      observe::log_line(observe::level::error, "plugin-load-failed").with("plugin", event.plugin).with("reason", event.text);
    if (event.kind == kind::called && event.mishap != plugin::mishap::none)
      metrics_.count("liaison_plugin_mishaps_total", {{"kind", plugin::name_of(event.mishap)}});
  };
  store::sqlite_options options;
  options.directory = configuration_->store.path.empty() ? configuration_->data + "/store" : configuration_->store.path;
  options.inline_bytes_max = configuration_->store.inline_bytes_max;
  options.free_bytes_min = configuration_->store.free_bytes_min;
  store_disk_ = std::make_unique<disk_probe>(executor_, options.directory.string());
  // Hosts load their plugins while the store is opened: each takes about half of the start.
  std::optional<result<std::unique_ptr<store::store>>> opened;
  auto hosts = plugin::open_hosts(executor_.context(), std::move(host_settings),
                                  [&] { opened = store::open_sqlite(std::move(options), executor_, executor_); });
  if (!hosts) return hosts.error();
  hosts_ = std::move(hosts).value();
  if (!*opened) return opened->error();
  store_ = std::move(*opened).value();

  scheduler_ = std::make_unique<routing::delivery_scheduler>(
      *store_, *hosts_, executor_, executor_, metrics_,
      [this](const config::endpoint& endpoint) { return make_sender(executor_, *hosts_, endpoint); }, std::random_device{}());
  intake_ = std::make_unique<routing::message_intake>(*store_, *hosts_, executor_, executor_, metrics_,
                                                      [this](const std::string& recipient) { scheduler_->wake(recipient); });
  acknowledger_ = std::make_unique<routing::business_acknowledger>(
      *store_, *hosts_, executor_, executor_, metrics_, [this](const std::string& recipient) { scheduler_->wake(recipient); });
  scheduler_->when_ended([this] { acknowledger_->wake(); });
  discharges_ = std::make_unique<coordination::discharge_watch>(
      *store_, executor_, executor_, metrics_, [this](const std::string& recipient) { scheduler_->wake(recipient); });
  rebuild_ = std::make_unique<coordination::index_rebuild>(*store_, executor_);
  intake_->use(configuration_);
  scheduler_->use(configuration_);
  acknowledger_->use(configuration_);
  discharges_->use(configuration_);
  api_ = std::make_unique<admin::api>(admin::parts{*store_, *intake_, *scheduler_, *hosts_, *rebuild_, metrics_, executor_,
                                                   [this] { return configuration_; },
                                                   [this](std::function<void(std::string)> then) { find_why_not_ready(std::move(then)); },
                                                   [this](std::function<void()> then) { refresh_metrics(std::move(then)); }});
  if (auto outcome = open_sources(*configuration_); !outcome) return outcome;
  if (auto outcome = open_http(*configuration_); !outcome) return outcome;
  watch_signals();
  watch_time();
  watch_bursts();
  observe::log_line(observe::level::information, "started").with("version", LIAISON_VERSION).with("configuration", configuration_->file);
  metrics_.set("liaison_build_info", {{"version", LIAISON_VERSION}}, 1);
  metrics_.set("liaison_configuration_loaded_seconds", {}, static_cast<double>(executor_.now()) / 1000);
  return done{};
}

result<done> gateway::open_sources(const config::configuration& now) {
  for (const auto& [name, endpoint] : now.endpoints)
    if (auto outcome = open_source(name, endpoint); !outcome) return outcome;
  return done{};
}

result<done> gateway::open_source(const std::string& name, const config::endpoint& endpoint) {
  if (const auto* mllp = std::get_if<config::mllp_source>(&endpoint.source)) {
    if (auto at = mllp_.find(name); at != mllp_.end()) return at->second->adopt(*mllp);
    auto listener = net::mllp_listener::start(executor_, *intake_, name, *mllp);
    if (!listener) return listener.error();
    mllp_[name] = std::move(listener).value();
  } else if (const auto* folder = std::get_if<config::folder_source>(&endpoint.source)) {
    if (auto at = folders_.find(name); at != folders_.end()) at->second->adopt(*folder);
    else folders_[name] = std::make_unique<net::folder_source>(executor_, *intake_, name, *folder);
  }
  return done{};
}

namespace {

admin::request request_from(net::http_request from) {
  admin::request to;
  to.content_type = from.header("content-type");
  to.host = from.header("host");
  to.origin = from.header("origin");
  to.method = std::move(from.method);
  to.path = std::move(from.path);
  to.query = std::move(from.query);
  to.bearer_token = std::move(from.bearer_token);
  to.peer = std::move(from.peer);
  to.from_loopback = from.from_loopback;
  to.encrypted = from.encrypted;
  to.client_names = std::move(from.client_names);
  to.parameters = std::move(from.parameters);
  to.headers = std::move(from.headers);
  to.body = std::move(from.body);
  return to;
}

net::http_server::credentials credentials_of(const config::configuration& configuration) {
  return configuration.http_tokens.empty() ? net::http_server::credentials::not_required : net::http_server::credentials::required;
}

net::http_limits limits_of(const config::configuration& configuration) {
  net::http_limits limits;
  limits.body_size_bytes_max = configuration.http_body_size_bytes_max;
  limits.connections_max = configuration.http_connections_max;
  return limits;
}

}  // namespace

result<done> gateway::open_http(const config::configuration& now) {
  if (!now.http) return done{};
  if (http_) return http_->adopt(*now.http, credentials_of(now), limits_of(now));
  auto server = net::http_server::start(executor_, *now.http, credentials_of(now), limits_of(now),
                                        [this](net::http_request request, std::function<void(net::http_response)> then) {
                                          api_->handle(request_from(std::move(request)), [then = std::move(then)](admin::response r) {
                                            then({r.status, std::move(r.content_type), std::move(r.headers), std::move(r.body)});
                                          });
                                        });
  if (!server) return server.error();
  http_ = std::move(server).value();
  return done{};
}

void gateway::close_missing_sources(const config::configuration& now) {
  const auto gone = [&](const std::string& name, std::size_t kind) {
    const config::endpoint* endpoint = now.find(name);
    return !endpoint || endpoint->source.index() != kind;
  };
  // A part that is asked to stop lives until it has: its callback owns it.
  for (auto at = mllp_.begin(); at != mllp_.end();) {
    if (!gone(at->first, 1)) {
      ++at;
      continue;
    }
    std::shared_ptr<net::mllp_listener> last(std::move(at->second));
    last->stop(now.stop_ms_max, [last] {});
    at = mllp_.erase(at);
  }
  for (auto at = folders_.begin(); at != folders_.end();) {
    if (!gone(at->first, 2)) {
      ++at;
      continue;
    }
    std::shared_ptr<net::folder_source> last(std::move(at->second));
    last->stop(now.stop_ms_max, [last] {});
    at = folders_.erase(at);
  }
}

void gateway::reload() {
  auto loaded = reload_();
  const auto refused = [this](const failure& why) {
    metrics_.count("liaison_configuration_loads_total", {{"outcome", "refused"}});
    observe::log_line(observe::level::error, "configuration-refused").with("code", why.code).with("reason", why.text);
  };
  if (!loaded) return refused(loaded.error());
  const config::snapshot next = std::move(loaded).value();
  // New sources first: when one cannot be opened the running configuration stays, and nothing was closed.
  auto outcome = open_sources(*next);
  if (outcome) outcome = open_http(*next);
  if (!outcome) {
    (void)open_sources(*configuration_);
    (void)open_http(*configuration_);
    close_missing_sources(*configuration_);
    return refused(outcome.error());
  }
  close_missing_sources(*next);
  configuration_ = next;
  if (auto level = observe::level_named(next->log_level)) observe::set_log_level(*level);
  intake_->use(next);
  scheduler_->use(next);
  acknowledger_->use(next);
  discharges_->use(next);
  metrics_.count("liaison_configuration_loads_total", {{"outcome", "applied"}});
  metrics_.set("liaison_configuration_loaded_seconds", {}, static_cast<double>(executor_.now()) / 1000);
  observe::log_line(observe::level::information, "configuration-applied").with("configuration", next->file);
}

void gateway::watch_signals() {
  if (!signals_) signals_ = std::make_unique<signals>(executor_.context());
  signals_->set.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) reload();
    else if (stopping_) executor_.stop();  // The second time: now.
    else stop();
    watch_signals();
  });
}

void gateway::watch_time() {
  const auto& kept = configuration_->store;
  store::retention policy;
  policy.finished_after_ms = days(kept.retention_days);
  policy.quarantined_after_ms = days(kept.retention_days_quarantine);
  policy.unrouted_after_ms = days(kept.retention_days_unrouted);
  store_->purge(policy, executor_.now(), [this, slice = policy.messages_max](result<std::uint32_t> gone) {
    if (!gone) observe::log_line(observe::level::error, "retention-failed").with("reason", gone.error().text);
    else if (gone.value() > 0) observe::log_line(observe::level::information, "retention").with("messages", gone.value());
    if (stopping_) return;
    const bool more = gone && gone.value() >= slice;
    executor_.call_after(more ? purge_pause_ms : purge_period_ms, [this] {
      if (!stopping_) watch_time();
    });
  });
}

/// Between what is still in use a burst leaves pages that nobody needs: a third of the memory after a load, which the allocator
/// keeps. To give them back takes milliseconds, and so waits until the burst is over.
void gateway::watch_bursts() {
  executor_.call_after(burst_period_ms, [this] {
    if (stopping_) return;
    if (bursts_.is_over(observe::process_cpu_ms(), executor_.steady_ms())) executor_.run_blocking([] { ::malloc_trim(0); }, [] {});
    watch_bursts();
  });
}

void gateway::run() { executor_.run(); }

void gateway::stop() {
  if (stopping_) return;
  stopping_ = true;
  observe::log_line(observe::level::information, "stopping");
  const std::int64_t within = configuration_->stop_ms_max;
  executor_.call_after(within + 1'000, [this] {
    observe::log_line(observe::level::warning, "stopped-late");
    executor_.stop();
  });
  stopping_parts_ = mllp_.size() + folders_.size() + (http_ ? 1 : 0) + 2;
  discharges_->stop();
  for (auto& [name, listener] : mllp_) listener->stop(within, [this] { stopped_one(); });
  for (auto& [name, folder] : folders_) folder->stop(within, [this] { stopped_one(); });
  if (http_) http_->stop(within, [this] { stopped_one(); });
  scheduler_->stop([this] { stopped_one(); });
  acknowledger_->stop([this] { stopped_one(); });
}

void gateway::stopped_one() {
  if (--stopping_parts_ > 0) return;
  intake_->stop();
  observe::log_line(observe::level::information, "stopped");
  executor_.stop();
}

void gateway::count(const char* name, observe::labels with, const std::string& key, std::uint64_t now) {
  std::uint64_t& last = counted_[std::string(name) + key];
  if (now > last) metrics_.count(name, with, static_cast<double>(now - last));
  last = now;
}

store::statistics gateway::take_store_statistics() {
  store::statistics s = store_->take_statistics();
  count("liaison_commits_total", {{"outcome", "done"}}, "", s.commits);
  count("liaison_commit_operations_total", {}, "", s.operations);
  for (double seconds : s.commit_seconds_new) metrics_.observe_seconds("liaison_commit_seconds", {}, seconds);
  return s;
}

void gateway::find_why_not_ready(std::function<void(std::string)> then) {
  if (stopping_) return then("stopping");
  const store::statistics s = take_store_statistics();
  const std::uint64_t reserve = configuration_->store.free_bytes_min;
  if (s.free_bytes <= reserve)
    return then("store-full: " + std::to_string(s.free_bytes) + " bytes are free on the store's disk, store.free_bytes_min keeps " +
                std::to_string(reserve) + "; make room");
  store_disk_->ask([this, then = std::move(then), filing_fails = s.filing_fails](const std::string& why_not) {
    if (!why_not.empty())
      return then("store-failed: the store's disk cannot be written (" + why_not +
                  "); look at the kernel's log and the mount. A file system that an error made read-only needs a repair and a restart");
    if (filing_fails)
      return then("store-filing-failed: what was acknowledged is safe in the journal and cannot be filed; look for store-filing-failed in the log");
    const auto refused_ago = intake_->refused_ms_ago();
    if (refused_ago && *refused_ago < refusal_counts_ms)
      return then("store-failed: the last message could not be kept, " + std::to_string(*refused_ago / 1000) +
                  " seconds ago; look for store-failed in the log");
    then({});
  });
}

void gateway::refresh_metrics(std::function<void()> then) {
  for (const auto& [name, listener] : mllp_) {
    const net::mllp_statistics s = listener->statistics();
    metrics_.set("liaison_connections", {{"listener", name}}, static_cast<double>(s.connections));
    count("liaison_connections_accepted_total", {{"listener", name}}, name, s.connections_accepted);
    count("liaison_connections_refused_total", {{"listener", name}, {"reason", "limit"}}, name, s.connections_refused);
    count("liaison_frames_rejected_total", {{"listener", name}, {"reason", "too_large"}}, name + "l", s.frames_too_large);
    count("liaison_frames_rejected_total", {{"listener", name}, {"reason", "malformed"}}, name + "m", s.frames_truncated);
    count("liaison_frames_rejected_total", {{"listener", name}, {"reason", "idle"}}, name + "i", s.connections_idle_closed);
  }
  const store::statistics s = take_store_statistics();
  metrics_.set("liaison_store_size_bytes", {}, static_cast<double>(s.size_bytes));
  metrics_.set("liaison_store_unfiled_messages", {}, static_cast<double>(s.unfiled));
  metrics_.set("liaison_store_free_bytes", {}, static_cast<double>(s.free_bytes));
  metrics_.set("liaison_intake_in_flight", {}, static_cast<double>(intake_->in_flight()));
  metrics_.set("liaison_plugin_hosts", {}, static_cast<double>(plugin_hosts_));
  store_->count_by_recipient([this, then = std::move(then)](result<std::vector<store::recipient_count>> found) {
    if (found)
      for (const auto& c : found.value()) {
        const auto set = [&](const char* state, std::uint64_t value) {
          metrics_.set("liaison_deliveries", {{"recipient", c.recipient}, {"state", state}}, static_cast<double>(value));
        };
        set("pending", c.pending);
        set("delivered", c.delivered);
        set("dead", c.dead);
        set("cancelled", c.cancelled);
        const double age = c.oldest_pending_at > 0 ? static_cast<double>(executor_.now() - c.oldest_pending_at) / 1000 : 0;
        metrics_.set("liaison_queue_age_seconds", {{"recipient", c.recipient}}, age);
      }
    then();
  });
}

}  // namespace liaison::app
