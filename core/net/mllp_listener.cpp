// SPDX-License-Identifier: Apache-2.0
#include "core/net/mllp_listener.hpp"

#include "core/net/accept_loop.hpp"
#include "core/net/listen_rules.hpp"
#include "core/net/mllp_connection.hpp"
#include "core/observe/log.hpp"
#include "core/protocol/acknowledgement.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace liaison::net {

namespace asio = boost::asio;
using observe::level;
using observe::log_line;

namespace {

constexpr std::size_t read_buffer_bytes = 128U << 10;
constexpr std::int64_t sweep_ms = 1'000;
constexpr std::int64_t handshake_ms_max = 10'000;
constexpr std::uint64_t log_lines_per_connection_max = 10;
constexpr std::uint64_t unframed_bytes_max = 1U << 20;
constexpr std::uint64_t partial_frames_bytes_min = 256U << 20;

authentication authentication_of(const config::mllp_source& settings) {
  return settings.listen.tls && !settings.listen.tls->authorities.empty() ? authentication::client_certificates
                                                                          : authentication::none;
}

protocol::mllp_limits limits_of(const config::mllp_source& settings) {
  protocol::mllp_limits limits;
  limits.frame_size_bytes_max = settings.frame_size_bytes_max;
  limits.in_flight_max = settings.in_flight_max;
  return limits;
}

result<tls_context> tls_of(const config::mllp_source& settings) {
  if (!settings.listen.tls) return tls_context();
  return tls_server_context(*settings.listen.tls);
}

protocol::acknowledgement_code code_of(model::verdict verdict) {
  switch (verdict) {
    case model::verdict::accepted:
      return protocol::acknowledgement_code::accept;
    case model::verdict::rejected:
      return protocol::acknowledgement_code::error;
    case model::verdict::exists:  // asked for by nobody here
    case model::verdict::not_now:
      break;
  }
  return protocol::acknowledgement_code::reject;
}

}  // namespace

struct mllp_listener::state final : std::enable_shared_from_this<mllp_listener::state>, mllp_connection_owner {
  state(asio_executor& work, model::intake& receiver, std::string name, const config::mllp_source& configured)
      : executor_(work), receiver_(receiver), source_(std::move(name)), settings_(configured) {
    buffer_.resize(read_buffer_bytes);
  }

  void begin(tcp_acceptor acceptor) {
    accepting_ = std::make_shared<accept_loop>(executor_, source_, [weak = weak_from_this()](tcp_socket socket) {
      if (auto self = weak.lock()) self->accepted(std::move(socket));
    });
    accepting_->use(std::move(acceptor));
    sweep_later();
  }

  void accepted(tcp_socket socket) {
    ++statistics_.connections_accepted;
    if (connections_.size() >= settings_.connections_max) {
      if (++statistics_.connections_refused % 1'000 == 1) {
        log_line(level::warning, "mllp-connections-limit")
            .with("source", source_)
            .with("connections", static_cast<std::uint64_t>(connections_.size()));
      }
      return;  // closes it
    }
    auto connection = make_mllp_connection(*this, std::move(socket), tls_, limits_of(settings_));
    connections_.emplace(connection.get(), connection);
    connection->start();
  }

  void frames_arrived(mllp_connection& from, std::vector<protocol::mllp_frame>& frames) override {
    // The intake may answer at once; then the shared vector must not be in use.
    std::vector<protocol::mllp_frame> batch = std::move(batch_);
    batch.clear();
    batch.swap(frames);
    auto self = from.shared_from_this();
    for (protocol::mllp_frame& frame : batch) {
      ++statistics_.frames;
      if (frame.fits == protocol::mllp_frame::size::too_large) {
        answer_too_large(from, frame.number);
        continue;
      }
      model::arrival arrival;
      arrival.source = source_;
      arrival.peer = from.peer();
      arrival.bytes = std::move(frame.bytes);
      arrival.wants_acknowledgement = true;
      arrival.answer_when_kept = true;
      receiver_.accept(std::move(arrival),
                       [owner = weak_from_this(), self, number = frame.number](model::answer given) {
                         if (auto listener = owner.lock()) listener->answered(*self, number, given);
                       });
    }
    batch.clear();
    batch_ = std::move(batch);
  }

  void answer_too_large(mllp_connection& to, std::uint64_t number) {
    log_line(level::warning, "mllp-frame-too-large")
        .with("source", source_)
        .with("peer", to.peer())
        .with("limit_bytes", settings_.frame_size_bytes_max);
    write_answer(to, number, protocol::acknowledgement_code::error, "frame-too-large");
  }

  void answered(mllp_connection& to, std::uint64_t number, const model::answer& given) {
    if (to.closed()) return;
    if (!given.acknowledgement.empty()) {
      to.conversation().answer(number, given.acknowledgement);
      flush_soon(to);
      return;
    }
    write_answer(to, number, code_of(given.verdict), given.issues.empty() ? "" : given.issues.front().code);
  }

  void write_answer(mllp_connection& to, std::uint64_t number, protocol::acknowledgement_code code,
                    std::string_view reason) {
    const std::string id = "L" + std::to_string(executor_.now()) + "-" + std::to_string(++own_ids_ % 1'000'000);
    const shared_bytes content = to.conversation().bytes_of(number);
    to.conversation().answer(
        number, protocol::minimal_acknowledgement(*content, code, reason, {executor_.now(), id.substr(0, 20)}));
    flush_soon(to);
  }

  // The answers of one commit come one after another in one turn: each connection is written once, after all of them.
  void flush_soon(mllp_connection& connection) {
    ++statistics_.answers;
    if (connection.flush_wanted) return;
    connection.flush_wanted = true;
    to_flush_.push_back(connection.shared_from_this());
    if (to_flush_.size() > 1) return;
    asio::post(executor_.context(), [self = shared_from_this(), this] {
      std::vector<std::shared_ptr<mllp_connection>> batch;
      batch.swap(to_flush_);
      for (auto& each : batch) {
        each->flush_wanted = false;
        each->flush();
      }
      batch.clear();
      if (to_flush_.empty()) to_flush_.swap(batch);  // keeps the memory
    });
  }

  void connection_ended(mllp_connection& which) override {
    connections_.erase(&which);  // the caller still holds it
    if (stopping_ && connections_.empty()) stopped();
  }

  void found(mllp_connection& where, const protocol::mllp_findings& before) override {
    const protocol::mllp_findings& now = where.conversation().findings();
    statistics_.junk_bytes += now.junk_bytes - before.junk_bytes;
    statistics_.frames_truncated += now.frames_truncated - before.frames_truncated;
    statistics_.frames_too_large += now.frames_too_large - before.frames_too_large;
    if (now.junk_bytes > before.junk_bytes)
      report(where, "mllp-junk-between-frames", now.junk_bytes - before.junk_bytes);
    if (now.frames_truncated > before.frames_truncated) report(where, "mllp-frame-truncated", 1);
    if (where.conversation().unframed_bytes() > unframed_bytes_max) {
      report(where, "mllp-not-spoken", where.conversation().unframed_bytes());
      where.close();
    } else if (partial_bytes_ > partial_bytes_max() && where.conversation().held_bytes() > 0) {
      report(where, "mllp-memory-limit", where.conversation().held_bytes());
      where.close();
    }
  }

  void report(mllp_connection& where, const char* event, std::uint64_t count) {
    if (++where.log_lines > log_lines_per_connection_max) return;
    log_line(level::warning, event).with("source", source_).with("peer", where.peer()).with("count", count);
  }

  // Frames that are still coming in, of all connections together.
  std::int64_t partial_bytes_max() const {
    return static_cast<std::int64_t>(
        std::max<std::uint64_t>(4 * settings_.frame_size_bytes_max, partial_frames_bytes_min));
  }
  void buffered_changed(std::int64_t by_bytes) override { partial_bytes_ += by_bytes; }
  std::string& read_buffer() override { return buffer_; }
  std::vector<protocol::mllp_frame>& frame_buffer() override { return frames_; }
  std::int64_t steady_ms() const override { return executor_.steady_ms(); }

  void sweep_later() {
    const std::int64_t every = std::clamp<std::int64_t>(settings_.idle_ms_max / 4, 20, sweep_ms);
    executor_.call_after(every, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self || self->ended_) return;
      self->sweep();
      self->sweep_later();
    });
  }

  void sweep() {
    const std::int64_t now = executor_.steady_ms();
    std::vector<std::shared_ptr<mllp_connection>> silent;
    for (const auto& [key, connection] : connections_) {
      const std::int64_t limit =
          connection->established() ? settings_.idle_ms_max : std::min(handshake_ms_max, settings_.idle_ms_max);
      const bool waits_for_us = connection->conversation().in_flight() > 0;
      if (!waits_for_us && now - connection->last_progress_ms() > limit) silent.push_back(connection);
    }
    for (const auto& connection : silent) {
      ++statistics_.connections_idle_closed;
      log_line(level::information, "mllp-connection-idle").with("source", source_).with("peer", connection->peer());
      connection->close();
    }
  }

  void stop(std::int64_t within_ms, std::function<void()> then) {
    stopping_ = true;
    when_stopped_ = std::move(then);
    accepting_->close();
    for (const auto& connection : current()) connection->stop_reading();
    if (connections_.empty()) {
      stopped();
      return;
    }
    stop_timer_ = executor_.call_after(within_ms, [self = shared_from_this(), this] {
      stop_timer_ = 0;
      if (!connections_.empty()) {
        log_line(level::warning, "mllp-stop-unfinished")
            .with("source", source_)
            .with("connections", static_cast<std::uint64_t>(connections_.size()));
      }
      for (const auto& connection : current()) connection->close();
    });
  }

  void stopped() {
    if (stop_timer_ != 0) executor_.cancel(std::exchange(stop_timer_, 0));
    ended_ = true;
    if (when_stopped_) executor_.post(std::exchange(when_stopped_, nullptr));
  }

  void abandon() {
    stopping_ = true;
    ended_ = true;
    if (stop_timer_ != 0) executor_.cancel(std::exchange(stop_timer_, 0));
    accepting_->close();
    for (const auto& connection : current()) {
      connection->close();
      connection->detach();
    }
    to_flush_.clear();
  }

  std::vector<std::shared_ptr<mllp_connection>> current() const {
    std::vector<std::shared_ptr<mllp_connection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    return all;
  }

  asio_executor& executor_;
  model::intake& receiver_;
  const std::string source_;
  config::mllp_source settings_;
  tls_context tls_;
  std::shared_ptr<accept_loop> accepting_;
  std::unordered_map<mllp_connection*, std::shared_ptr<mllp_connection>> connections_;
  std::vector<std::shared_ptr<mllp_connection>> to_flush_;
  std::string buffer_;
  std::vector<protocol::mllp_frame> frames_, batch_;
  std::int64_t partial_bytes_ = 0;
  std::uint64_t own_ids_ = 0;
  mllp_statistics statistics_;
  bool stopping_ = false, ended_ = false;
  std::function<void()> when_stopped_;
  executor::timer stop_timer_ = 0;
};

mllp_listener::mllp_listener(std::shared_ptr<state> shared) : state_(std::move(shared)) {}

mllp_listener::~mllp_listener() { state_->abandon(); }

result<std::unique_ptr<mllp_listener>> mllp_listener::start(asio_executor& work, model::intake& receiver,
                                                            std::string source, const config::mllp_source& settings) {
  if (auto allowed = check_listen_address(settings.listen, authentication_of(settings)); !allowed)
    return allowed.error();
  auto tls = tls_of(settings);
  if (!tls) return tls.error();
  auto acceptor = open_listener(work.context(), settings.listen);
  if (!acceptor) return acceptor.error();
  auto shared = std::make_shared<state>(work, receiver, std::move(source), settings);
  shared->tls_ = tls.value();
  shared->begin(std::move(acceptor).value());
  return std::unique_ptr<mllp_listener>(new mllp_listener(std::move(shared)));
}

result<done> mllp_listener::adopt(const config::mllp_source& settings) {
  if (auto allowed = check_listen_address(settings.listen, authentication_of(settings)); !allowed)
    return allowed.error();
  auto tls = tls_of(settings);
  if (!tls) return tls.error();
  const config::listen_address& before = state_->settings_.listen;
  const bool moves = settings.listen.address != before.address || settings.listen.port != before.port;
  if (moves) {
    auto acceptor = open_listener(state_->executor_.context(), settings.listen);
    if (!acceptor) return acceptor.error();
    state_->accepting_->use(std::move(acceptor).value());
  }
  state_->tls_ = tls.value();
  state_->settings_ = settings;
  for (const auto& connection : state_->current()) {
    connection->conversation().limits(limits_of(settings));
    connection->flush();
  }
  return done{};
}

void mllp_listener::stop(std::int64_t within_ms, std::function<void()> then) {
  state_->stop(within_ms, std::move(then));
}

std::uint16_t mllp_listener::port() const { return state_->accepting_->port(); }

mllp_statistics mllp_listener::statistics() const {
  mllp_statistics current = state_->statistics_;
  current.connections = state_->connections_.size();
  return current;
}

}  // namespace liaison::net
