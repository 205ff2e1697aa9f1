// SPDX-License-Identifier: Apache-2.0
// Dispatch, restart and blame for the hosts of one plugin.
#include "core/plugin/host_group.hpp"

#include "core/plugin/verdict.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds queue_look_every(250);
constexpr milliseconds long_call(30);

// A process that cannot start, or dies without a message to blame, is tried again ever more slowly. One that dies of
// a message only costs its start: the message is out of the way, and those behind it must not wait for its sake.
constexpr milliseconds restart_delay_min(10), restart_delay_max(5'000), restart_delay_after_call_max(50);
constexpr unsigned free_restarts = 32;  ///< deaths of messages in a row that cost no delay
constexpr std::chrono::seconds row_ends_after(1);

/// A host that only had to say what its plugin offers rests sooner than one that was called.
constexpr milliseconds rest_of_uncalled(1'000);

bool same_offer(const wire::ready& a, const wire::ready& b) {
  return a.plugin_id == b.plugin_id && a.plugin_version == b.plugin_version &&
         std::equal(a.translators.begin(), a.translators.end(), b.translators.begin(), b.translators.end(),
                    [](const wire::offered& x, const wire::offered& y) {
                      return x.format == y.format && x.operations == y.operations && x.profiles == y.profiles &&
                             x.wraps == y.wraps;
                    });
}

}  // namespace

host_group::host_group(boost::asio::io_context& io, const host_settings& how, std::shared_ptr<core_sharing> cores, std::string program, std::string file)
    : io_(io), how_(how), cores_(std::move(cores)), program_(std::move(program)), file_(std::move(file)), timer_(io), rest_timer_(io) {}

// --- start ----------------------------------------------------------------------------------------------------------

result<done> host_group::begin() {
  auto made = std::make_shared<host_process>(io_, *this, how_, cores_);
  if (auto started = made->start(program_, file_); !started) return started.error();
  regular_.push_back(std::move(made));
  return done{};
}

void host_group::advance() {
  if (regular_.empty()) return;
  const host_pointer first = regular_.front();
  first->advance();
}

int host_group::readable_fd() const { return regular_.empty() ? -1 : regular_.front()->readable_fd(); }

void host_group::give_up_start() {
  if (state_ != state::starting) return;
  state_ = state::refused;
  why_not_ = "was not ready after " + std::to_string(how_.start_ms_max) + " ms";
  for (const host_pointer& one : regular_) one->abandon();
  regular_.clear();
}

void host_group::run() {
  for (const host_pointer& one : regular_) one->run();
  last_call_ = steady::now();
  watch_rest();
}

void host_group::host_ready(host_process&, wire::ready what) {
  if (state_ == state::starting) {
    offer_ = std::move(what);
    name_ = offer_.plugin_id + " " + offer_.plugin_version;
    state_ = state::usable;
  } else if (!same_offer(offer_, what)) {
    // The file was exchanged under a running gateway: indices into its tables mean something else now.
    why_not_ = "was exchanged for another version; restart the gateway to use it";
    tell(host_event_kind::load_failed, why_not_);
    const auto replaced = shared_from_this();
    boost::asio::post(io_, [replaced] { replaced->stop(); });
    return;
  }
  tell(host_event_kind::started, {});
  schedule();
}

// --- calls ----------------------------------------------------------------------------------------------------------

void host_group::call(job_pointer what) {
  if (state_ != state::usable)
    return answer_later(std::move(what), refusal(LIAISON_RETRY, mishap::unavailable, "plugin-unavailable",
                                                 "plugin " + name_ + " is not running"));
  if (waiting_.size() >= how_.queue_max)
    return answer_later(std::move(what), refusal(LIAISON_RETRY, mishap::unavailable, "plugin-busy",
                                                 "too many messages wait for plugin " + name_));
  what->queued_at = last_call_ = steady::now();
  was_called_ = true;
  waiting_.push_back(std::move(what));
  schedule();
}

/// Calls made in one turn of the loop leave in one write.
void host_group::schedule() {
  if (scheduled_ || dispatching_ || state_ != state::usable) return;
  scheduled_ = true;
  boost::asio::post(io_, [self = shared_from_this()] {
    self->scheduled_ = false;
    self->dispatch();
  });
}

void host_group::dispatch() {
  if (dispatching_ || state_ != state::usable) return;
  dispatching_ = true;
  while (!waiting_.empty()) {
    host_process* free = best_host(waiting_.front()->size_bytes());
    if (free == nullptr) break;
    job_pointer next = std::move(waiting_.front());
    waiting_.pop_front();
    hand_over(*free, std::move(next));
  }
  while (!suspects_.empty() && trial_ && trial_->is_ready() && trial_->in_flight() == 0) {
    job_pointer next = std::move(suspects_.front());
    suspects_.pop_front();
    hand_over(*trial_, std::move(next));
  }
  for (const host_pointer& one : regular_) one->flush();
  if (trial_) trial_->flush();
  start_missing();
  watch_queue();
  watch_rest();
  dispatching_ = false;
}

void host_group::hand_over(host_process& to, job_pointer what) {
  if (auto sent = to.send(what); !sent)
    answer_later(std::move(what), refusal(LIAISON_REJECT, mishap::none, sent.error().code.c_str(), sent.error().text));
}

/// The host with the least to do that has room for a call of this size. One that has been long at its call may be
/// hanging: whoever waits here instead of there is not drawn into its end.
host_process* host_group::best_host(std::size_t size_bytes) {
  host_process* best = nullptr;
  const auto long_ago = steady::now() - long_call;
  for (const host_pointer& one : regular_) {
    const bool room = one->in_flight() == 0 || (one->in_flight() < how_.in_flight_max &&
                                                one->in_flight_bytes() + size_bytes <= how_.in_flight_bytes_max);
    if (!one->is_ready() || !room || one->busy_since().value_or(steady::time_point::max()) < long_ago) continue;
    if (best == nullptr || one->in_flight_bytes() < best->in_flight_bytes()) best = one.get();
  }
  return best;
}

void host_group::host_answered(host_process& which, job_pointer what, wire::reply_view answered) {
  if ((answered.flags & wire::reply_retire) != 0) {
    const auto at =
        std::find_if(regular_.begin(), regular_.end(), [&](const auto& one) { return one.get() == &which; });
    if (at != regular_.end()) {
      tell(host_event_kind::replaced, "has grown beyond half its memory limit");
      dismiss(*at);
      regular_.erase(at);
    }
  }
  const unsigned score = answered.translator < offer_.translators.size() ? answered.score : 0;
  const std::uint16_t translator = answered.translator;
  reply made = reply_of(what->what.what, std::move(answered), name_);
  if (what->what.what == operation::recognise) {
    made.score = score;
    if (score > 0) made.format = offer_.translators[translator].format;
  } else {
    made.format = offer_.translators[what->translator].format;
  }
  host_event told{host_event_kind::called, offer_.plugin_id, {}, made.mishap, what->what.what, made.elapsed_us};
  if (how_.observer) how_.observer(told);
  const auto then = std::move(what->then);
  what.reset();
  then(std::move(made));
}

void host_group::host_has_room(host_process& which) {
  if (trial_.get() == &which && suspects_.empty()) {
    dismiss(trial_);
    trial_.reset();
  }
  dispatch();
}

// --- deaths ---------------------------------------------------------------------------------------------------------

void host_group::host_ended(host_process& which, host_end how) {
  const bool was_trial = trial_.get() == &which;
  forget(which);
  if (!how.was_ready) return start_failed(how.text.empty() ? "left before it was ready" : how.text);
  if (how.mishap != mishap::none) {
    tell(host_event_kind::ended, how.text, how.mishap);
    if (how.unanswered.empty())
      delay_restart(0, restart_delay_max);
    else
      delay_restart(free_restarts, restart_delay_after_call_max);
  } else {
    tell(host_event_kind::left, {});
  }
  std::vector<job_pointer> unanswered = std::move(how.unanswered);
  blame(std::move(unanswered), how, was_trial);
  schedule();
}

void host_group::start_failed(const std::string& why) {
  if (state_ == state::starting) {
    state_ = state::refused;
    why_not_ = why;
    return;
  }
  tell(host_event_kind::load_failed, why);
  delay_restart(0, restart_delay_max);
  schedule();
}

void host_group::delay_restart(unsigned free_of_charge, milliseconds delay_max) {
  const auto now = steady::now();
  deaths_in_a_row_ = now - last_death_ > row_ends_after + delay_max ? 1 : deaths_in_a_row_ + 1;
  last_death_ = now;
  if (deaths_in_a_row_ <= free_of_charge) return;
  not_before_ = now + std::min(restart_delay_min * (1U << std::min(deaths_in_a_row_ - free_of_charge, 9U)), delay_max);
}

/// A message is to blame when its host had seen no other since it started, or when the deadline passed while it was
/// the only one there. All others get a second chance, alone.
void host_group::blame(std::vector<job_pointer> unanswered, const host_end& how, bool was_trial) {
  if (unanswered.empty()) return;
  const bool alone = unanswered.size() == 1;
  if (alone && (how.answered == 0 || how.mishap == mishap::timed_out)) {
    job_pointer guilty = std::move(unanswered.front());
    const std::string format = guilty->what.what == operation::recognise ? "" : guilty->what.format;
    reply told = reply_of(guilty->what.what, format, how.mishap, how.text, name_);
    if (how_.observer)
      how_.observer({host_event_kind::called, offer_.plugin_id, how.text, how.mishap, guilty->what.what, 0});
    return answer(std::move(guilty), std::move(told));
  }
  const auto now = steady::now();
  for (const job_pointer& one : unanswered) one->queued_at = now;
  // The head of the line is almost surely the one that hung: the others need not wait for it a second time.
  if (how.mishap == mishap::timed_out && !was_trial)
    std::rotate(unanswered.begin(), unanswered.begin() + 1, unanswered.end());
  const auto where = was_trial ? suspects_.begin() : suspects_.end();
  suspects_.insert(where, std::make_move_iterator(unanswered.begin()), std::make_move_iterator(unanswered.end()));
}

void host_group::forget(const host_process& which) {
  const auto is_it = [&which](const host_pointer& one) { return one.get() == &which; };
  std::erase_if(regular_, is_it);
  std::erase_if(leaving_, is_it);
  if (trial_.get() == &which) trial_.reset();
}

/// It ends when what it has is answered.
void host_group::dismiss(const host_pointer& which) {
  leaving_.push_back(which);
  which->leave();
}

bool host_group::lacks_a_host() const { return regular_.empty() && !rests_; }

void host_group::start_missing() {
  if (steady::now() < not_before_) return;
  if (!waiting_.empty()) rests_ = false;
  if (lacks_a_host() || (!waiting_.empty() && regular_.size() < how_.hosts && regular_.back()->is_ready()))
    if (auto made = start_host()) regular_.push_back(std::move(made));
  if (!suspects_.empty() && !trial_) trial_ = start_host();
}

host_group::host_pointer host_group::start_host() {
  auto made = std::make_shared<host_process>(io_, *this, how_, cores_);
  if (auto started = made->start(program_, file_); !started) {
    start_failed(started.error().text);
    return nullptr;
  }
  made->run();
  return made;
}

// --- time -----------------------------------------------------------------------------------------------------------

void host_group::watch_queue() {
  const bool needed = !waiting_.empty() || !suspects_.empty() || lacks_a_host();
  if (timer_armed_ || !needed || state_ != state::usable) return;
  timer_armed_ = true;
  const auto now = steady::now();
  timer_.expires_at(not_before_ > now ? std::min(not_before_, now + queue_look_every) : now + queue_look_every);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& wrong) {
    self->timer_armed_ = false;
    if (!wrong) self->check_queue();
  });
}

void host_group::check_queue() {
  if (state_ != state::usable) return;
  const auto oldest_allowed = steady::now() - milliseconds(how_.queue_ms_max);
  for (auto* queue : {&waiting_, &suspects_}) {
    while (!queue->empty() && queue->front()->queued_at < oldest_allowed) {
      job_pointer late = std::move(queue->front());
      queue->pop_front();
      answer_later(std::move(late),
                   refusal(LIAISON_RETRY, mishap::unavailable, "plugin-busy",
                           "plugin " + name_ + " had no time within " + std::to_string(how_.queue_ms_max) + " ms"));
    }
  }
  dispatch();
}

steady::duration host_group::rest_after() const {
  const milliseconds rest(how_.rest_ms);
  return was_called_ ? rest : std::min(rest, rest_of_uncalled);
}

/// One timer is armed at a time and looks again when it fires: setting it for every call would cost more than the call.
void host_group::watch_rest() {
  if (how_.rest_ms == 0 || rest_timer_armed_ || regular_.empty() || state_ != state::usable) return;
  rest_timer_armed_ = true;
  rest_timer_.expires_at(last_call_ + rest_after());
  rest_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& wrong) {
    self->rest_timer_armed_ = false;
    if (!wrong) self->check_rest();
  });
}

void host_group::check_rest() {
  if (state_ != state::usable) return;
  const bool works = !waiting_.empty() || std::any_of(regular_.begin(), regular_.end(), [](const host_pointer& one) {
    return one->in_flight() > 0 || !one->is_ready();
  });
  if (works) last_call_ = steady::now();
  if (works || steady::now() - last_call_ < rest_after()) return watch_rest();
  rests_ = true;
  for (const host_pointer& one : regular_) dismiss(one);
  regular_.clear();
}

// --- answers --------------------------------------------------------------------------------------------------------

void host_group::answer(job_pointer what, reply with) {
  const auto then = std::move(what->then);
  what.reset();
  then(std::move(with));
}

void host_group::answer_later(job_pointer what, reply with) {
  boost::asio::post(io_, [self = shared_from_this(), what = std::move(what), with = std::move(with)]() mutable {
    self->answer(std::move(what), std::move(with));
  });
}

void host_group::tell(host_event_kind kind, std::string_view text, mishap why) const {
  if (how_.observer) how_.observer({kind, offer_.plugin_id.empty() ? file_ : offer_.plugin_id, text, why, {}, 0});
}

void host_group::stop() {
  if (state_ == state::stopped) return;
  state_ = state::stopped;
  timer_.cancel();
  rest_timer_.cancel();
  std::vector<host_pointer> all = std::move(regular_);
  all.insert(all.end(), leaving_.begin(), leaving_.end());
  if (trial_) all.push_back(std::move(trial_));
  regular_.clear();
  leaving_.clear();
  trial_.reset();
  const auto unavailable = [this](job_pointer what) {
    answer_later(std::move(what),
                 refusal(LIAISON_RETRY, mishap::unavailable, "plugin-unavailable", "plugin " + name_ + " is stopped"));
  };
  for (const host_pointer& one : all)
    for (job_pointer& unanswered : one->abandon()) unavailable(std::move(unanswered));
  for (auto* queue : {&suspects_, &waiting_})
    for (job_pointer& unanswered : std::exchange(*queue, {})) unavailable(std::move(unanswered));
}

}  // namespace liaison::plugin
