// SPDX-License-Identifier: Apache-2.0
// One round at a time: scan and read on a blocking thread, hand in on the executor's, move on a blocking thread.
#include "core/net/folder_source.hpp"

#include "core/net/folder_worker.hpp"
#include "core/observe/log.hpp"

#include <sys/inotify.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace liaison::net {

namespace asio = boost::asio;
using boost::system::error_code;
using observe::level;
using observe::log_line;

namespace {

constexpr std::int64_t retry_ms_max = 30'000;
constexpr std::int64_t between_scans_ms_min = 20;

using event_stream = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

}  // namespace

struct folder_source::state final : std::enable_shared_from_this<folder_source::state> {
  state(asio_executor& work, model::intake& receiver, std::string name, const config::folder_source& configured)
      : work_(work), receiver_(receiver), source_(std::move(name)), settings_(configured), events_(work.context()) {
    renew_worker();
  }

  void renew_worker() {
    worker_ = std::make_shared<folder_worker>(source_, settings_);
    adopted_.reset();
  }

  void begin() {
    notify_handle_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (notify_handle_ >= 0) {
      events_.assign(notify_handle_);
      await_event();
    }
    wake_after(0);
  }

  // What happened does not matter, only that something did: the scan looks for itself.
  void await_event() {
    events_.async_read_some(asio::buffer(event_bytes_),
                            [self = shared_from_this(), this](const error_code& error, std::size_t) {
                              if (error || stopping_) return;
                              again_ = true;
                              if (!in_round_) wake_after(between_scans_ms_min);
                              await_event();
                            });
  }

  void wake_after(std::int64_t delay_ms) {
    if (stopping_ || in_round_) return;
    const std::int64_t due = work_.steady_ms() + delay_ms;
    if (timer_ != 0 && due_ <= due) return;
    work_.cancel(timer_);
    due_ = due;
    timer_ = work_.call_after(delay_ms, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->timer_ = 0;
      self->look();
    });
  }

  void look() {
    if (stopping_ || in_round_) return;
    in_round_ = true;
    again_ = false;
    if (adopted_) {
      settings_ = *adopted_;
      renew_worker();
    }
    ++statistics_.scans;
    struct found {
      std::optional<result<folder_worker::scan_state>> scanned;
      std::vector<folder_item> batch;
    };
    auto what = std::make_shared<found>();
    work_.run_blocking(
        [what, worker = worker_, now = work_.steady_ms(), handle = notify_handle_, path = settings_.path] {
          // Renewed each time: the folder may have been replaced by another of the same name. It is one call.
          if (handle >= 0) ::inotify_add_watch(handle, path.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
          what->scanned = worker->scan(now);
          if (*what->scanned) what->batch = worker->read_batch();
        },
        [what, self = shared_from_this(), this] { looked(*what->scanned, std::move(what->batch)); });
  }

  void looked(const result<folder_worker::scan_state>& scanned, std::vector<folder_item> batch) {
    if (!scanned) {
      ++statistics_.scans_failed;
      report_folder(scanned.error());
      end_round(settings_.poll_ms);
      return;
    }
    if (std::exchange(folder_fails_, false))
      log_line(level::information, "folder-readable").with("source", source_).with("folder", settings_.path);
    waiting_ = scanned.value() == folder_worker::scan_state::waiting;
    hand_in(std::move(batch));
  }

  void report_folder(const failure& why) {
    if (std::exchange(folder_fails_, true)) return;
    log_line(level::error, "folder-unreadable").with("source", source_).with("code", why.code).with("reason", why.text);
  }

  struct round {
    std::vector<folder_item> items;
    std::size_t unanswered = 0;
  };

  void hand_in(std::vector<folder_item> batch) {
    if (batch.empty() || stopping_) {
      end_round(waiting_ ? std::min(settings_.poll_ms, std::max(settings_.quiet_ms, between_scans_ms_min))
                         : settings_.poll_ms);
      return;
    }
    auto current = std::make_shared<round>();
    current->items = std::move(batch);
    current->unanswered = 1;  // until all are handed in: answers may come at once
    for (std::size_t number = 0; number < current->items.size(); ++number) {
      folder_item& item = current->items[number];
      if (!item.bytes) continue;
      ++current->unanswered;
      model::arrival arrival;
      arrival.source = source_;
      arrival.peer = item.name;
      arrival.bytes = std::exchange(item.bytes, nullptr);
      receiver_.accept(std::move(arrival), [self = shared_from_this(), this, current, number](model::answer given) {
        current->items[number].answer = std::move(given);
        if (--current->unanswered == 0) settle(current);
      });
    }
    if (--current->unanswered == 0) settle(current);
  }

  void settle(const std::shared_ptr<round>& current) {
    bool postponed = false, progress = false;
    for (const folder_item& item : current->items) {
      switch (item.answer.verdict) {
        case model::verdict::accepted:
          ++statistics_.files_accepted, progress = true;
          break;
        case model::verdict::rejected:
          ++statistics_.files_rejected, progress = true;
          break;
        case model::verdict::exists:  // asked for by nobody here
        case model::verdict::not_now:
          ++statistics_.files_postponed, postponed = true;
          break;
      }
    }
    if (!postponed) postponed_rounds_ = 0;
    struct next {
      std::vector<folder_item> batch;
    };
    auto following = std::make_shared<next>();
    work_.run_blocking(
        [current, following, postponed, worker = worker_] {
          worker->settle(current->items);
          if (!postponed) following->batch = worker->read_batch();
        },
        [self = shared_from_this(), this, following, postponed, progress] {
          if (postponed) {
            postpone(progress);
          } else if (following->batch.empty()) {
            end_round(between_scans_ms_min);
          } else {
            hand_in(std::move(following->batch));
          }
        });
  }

  // The intake has no room: later, and rarer each time nothing went.
  void postpone(bool progress) {
    postponed_rounds_ = progress ? 0 : std::min(postponed_rounds_ + 1, 16);
    const std::int64_t base = std::max<std::int64_t>(settings_.poll_ms, between_scans_ms_min);
    again_ = false;
    end_round(std::max(base, std::min<std::int64_t>(retry_ms_max, base << std::min(postponed_rounds_, 10))));
  }

  void end_round(std::int64_t next_ms) {
    in_round_ = false;
    if (stopping_) {
      stopped();
      return;
    }
    wake_after(again_ ? between_scans_ms_min : std::max(next_ms, between_scans_ms_min));
  }

  void stop(std::int64_t within_ms, std::function<void()> then) {
    stopping_ = true;
    when_stopped_ = std::move(then);
    work_.cancel(std::exchange(timer_, 0));
    error_code ignored;
    events_.cancel(ignored);  // closed with the state: a blocking thread may be using it
    if (!in_round_) {
      stopped();
      return;
    }
    stop_timer_ = work_.call_after(within_ms, [self = shared_from_this()] { self->stopped(); });
  }

  void stopped() {
    work_.cancel(std::exchange(stop_timer_, 0));
    if (when_stopped_) work_.post(std::exchange(when_stopped_, nullptr));
  }

  void abandon() {
    stopping_ = true;
    work_.cancel(std::exchange(timer_, 0));
    work_.cancel(std::exchange(stop_timer_, 0));
    error_code ignored;
    events_.cancel(ignored);  // closed with the state: a blocking thread may be using it
  }

  asio_executor& work_;
  model::intake& receiver_;
  const std::string source_;
  config::folder_source settings_;
  std::optional<config::folder_source> adopted_;
  std::shared_ptr<folder_worker> worker_;
  event_stream events_;
  int notify_handle_ = -1;  ///< owned by events_
  std::array<char, 4096> event_bytes_{};
  folder_statistics statistics_;
  executor::timer timer_ = 0, stop_timer_ = 0;
  std::int64_t due_ = 0;
  int postponed_rounds_ = 0;
  bool in_round_ = false, again_ = false, waiting_ = false, folder_fails_ = false, stopping_ = false;
  std::function<void()> when_stopped_;
};

folder_source::folder_source(asio_executor& work, model::intake& receiver, std::string source,
                             const config::folder_source& settings)
    : state_(std::make_shared<state>(work, receiver, std::move(source), settings)) {
  state_->begin();
}

folder_source::~folder_source() { state_->abandon(); }

void folder_source::adopt(const config::folder_source& settings) {
  state_->adopted_ = settings;
  state_->wake_after(0);
}

void folder_source::stop(std::int64_t within_ms, std::function<void()> then) {
  state_->stop(within_ms, std::move(then));
}

folder_statistics folder_source::statistics() const { return state_->statistics_; }

}  // namespace liaison::net
