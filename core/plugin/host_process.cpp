// SPDX-License-Identifier: Apache-2.0
// Two pipes, one deadline. Whatever goes wrong ends in one place: the process is killed, its pipe ends, it is
// reaped, and the owner gets back what was not answered.
#include "core/plugin/host_process.hpp"

#include <boost/asio/buffer.hpp>

#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <utility>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t read_bytes_min = 64U << 10U;
constexpr std::size_t copied_input_bytes_max = 16U << 10U;  ///< smaller inputs travel with their heads
constexpr std::size_t segment_bytes_max = 256U << 10U;
constexpr std::size_t segments_per_write = 32;
constexpr std::uint64_t frame_slack_bytes = 16U << 20U;  ///< what a reply may weigh beside its parts: issues, names

}  // namespace

std::size_t job::size_bytes() const {
  std::size_t sum = input_size_bytes + what.options_json.size();
  for (const part& one : what.parts) sum += one.bytes.size();
  return sum;
}

std::string_view job::input() const {
  return what.input ? std::string_view(*what.input).substr(0, input_size_bytes) : std::string_view();
}

host_process::host_process(boost::asio::io_context& io, host_owner& owner, const host_settings& how, std::shared_ptr<core_sharing> cores)
    : io_(io), owner_(&owner), how_(how), cores_(std::move(cores)), calls_(io), replies_(io), timer_(io) {}

host_process::~host_process() { abandon(); }

result<done> host_process::start(const std::string& program, const std::string& file) {
  make_windows();
  cores_->let_go();
  auto started = spawn_host(program, {file}, {calls_window_.fd(), replies_window_.fd()});
  calls_window_.close_fd();
  replies_window_.close_fd();
  if (!started) return started.error();
  pid_ = started.value().pid;
  calls_.assign(started.value().calls_fd);
  replies_.assign(started.value().replies_fd);
  wire::settings settings;
  settings.configuration_json = how_.configuration_json;
  settings.memory_bytes_max = how_.memory_bytes_max;
  settings.reply_size_bytes_max = how_.reply_size_bytes_max;
  settings.window_size_bytes = calls_window_.size_bytes();
  settings.if_unavailable =
      how_.on_no_seccomp == no_seccomp::run_unconfined ? wire::without_seccomp::run : wire::without_seccomp::refuse;
  if (auto appended = wire::append(out_.emplace_back().head, settings); !appended) {
    abandon();
    return appended.error();
  }
  head_since_ = steady::now();
  write_some();
  return done{};
}

void host_process::run() {
  if (running_ || ended_) return;
  running_ = true;
  watch_deadline();
  write_more();
  read_more();
}

void host_process::advance() {
  if (running_ || ended_) return;
  write_some();
  for (;;) {
    in_.reserve(read_bytes_min);
    const ssize_t got = ::read(replies_.native_handle(), in_.room(), in_.room_bytes());
    if (got > 0) {
      received(static_cast<std::size_t>(got));
      if (ended_) return;
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) finish();
    return;
  }
}

// --- windows ------------------------------------------------------------------------------------------------------

/// Both or none.
void host_process::make_windows() {
  calls_window_ = shared_window(shared_window::writer::broker);
  replies_window_ = shared_window(shared_window::writer::host);
  if (calls_window_.size_bytes() > 0 && replies_window_.size_bytes() > 0) return;
  calls_window_ = shared_window();
  replies_window_ = shared_window();
}

std::optional<extent> host_process::take(room_ring& ring, shared_window& of, std::uint64_t bytes) {
  if (of.size_bytes() == 0) return std::nullopt;
  const std::optional<extent> got = ring.take(bytes);
  if (!got || of.back_up_to(std::uint64_t{got->begin} + got->size_bytes)) return got;
  ring.give_back_newest();
  return std::nullopt;
}

void host_process::give_back(const sent_call& what) {
  if (what.call_room) calls_ring_.give_back_oldest();
  if (what.reply_room) replies_ring_.give_back_oldest();
}

std::uint32_t& host_process::reply_room_bytes(const job& of) {
  const auto bits = std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(of.size_bytes())), 31);
  return reply_room_bytes_.at(static_cast<std::size_t>(of.what.what)).at(bits);
}

/// Calls alike have replies alike. The first large one comes through the pipe; there is memory for the next ones.
void host_process::expect_replies_like(const wire::reply_view& one, const job& to) {
  std::uint64_t bytes = 0;
  for (const part& each : one.parts) bytes += shared_part_of(each.bytes.size());
  std::uint32_t& expected = reply_room_bytes(to);
  if (bytes > expected && bytes <= window_size_bytes)
    expected = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes + bytes / 4, window_size_bytes));
}

// --- reading ------------------------------------------------------------------------------------------------------

void host_process::read_more() {
  const wire::frame next = wire::first_frame(in_.unread(), how_.reply_size_bytes_max + frame_slack_bytes);
  // A declared size is a claim: the buffer doubles as bytes really arrive.
  in_.reserve(std::max(read_bytes_min, std::min(next.missing_bytes, in_.unread().size())));
  replies_.async_read_some(boost::asio::buffer(in_.room(), in_.room_bytes()),
                           [self = shared_from_this()](const boost::system::error_code& wrong, std::size_t bytes) {
                             if (self->ended_) return;
                             if (wrong) return self->finish();
                             self->received(bytes);
                             if (!self->ended_) self->read_more();
                           });
}

void host_process::received(std::size_t bytes) {
  const auto keep = weak_from_this().lock();  // a callback may let go of us
  in_.filled(bytes);
  bool answered = false;
  while (killed_for_ == mishap::none && !ended_) {
    const wire::frame next = wire::first_frame(in_.unread(), how_.reply_size_bytes_max + frame_slack_bytes);
    if (next.state == wire::frame_state::incomplete) break;
    if (next.state == wire::frame_state::malformed) {
      kill(mishap::bad_reply, "wrote what is no reply");
      break;
    }
    if (!understand(next)) break;
    answered = answered || next.kind == wire::frame_kind::reply;
    in_.consume(next.consumed_bytes);
  }
  // Killed: what it still wrote is not worth reading, only the end of the pipe is.
  if (killed_for_ != mishap::none) in_.consume(in_.unread().size());
  if (answered && !ended_ && owner_ != nullptr) owner_->host_has_room(*this);
  if (leaving_ && in_flight_.empty() && out_.empty() && calls_.is_open()) calls_.close();
}

bool host_process::understand(const wire::frame& what) {
  switch (what.kind) {
    case wire::frame_kind::ready: {
      auto told = wire::parse_ready(what.body);
      if (ready_ || !told) break;
      ready_ = true;
      timer_.cancel();  // the time to start is not the time for a call
      timer_armed_ = false;
      owner_->host_ready(*this, std::move(told).value());
      return true;
    }
    case wire::frame_kind::refused:
      if (ready_) break;
      refused_text_ = wire::parse_refused(what.body);
      return true;  // it leaves by itself now
    case wire::frame_kind::reply:
      if (ready_ && take_reply(what.body)) return true;
      break;
    case wire::frame_kind::settings:
    case wire::frame_kind::call:
    case wire::frame_kind::finding:
      break;
  }
  kill(mishap::bad_reply, "wrote what is no reply");
  return false;
}

bool host_process::take_reply(std::string_view body) {
  if (in_flight_.empty()) return false;
  const std::optional<extent>& granted = in_flight_.front().reply_room;
  auto answer = wire::parse_reply(body, granted ? replies_window_.look_at(*granted) : std::string_view());
  if (!answer || answer.value().id != head_id_) return false;
  give_back(in_flight_.front());
  cores_->ended();
  expect_replies_like(answer.value(), *in_flight_.front().what);
  job_pointer answered = std::move(in_flight_.front().what);
  in_flight_.pop_front();
  in_flight_bytes_ -= answered->size_bytes();
  ++head_id_;
  ++answered_;
  head_since_ = steady::now();
  if (owner_ != nullptr) owner_->host_answered(*this, std::move(answered), std::move(answer).value());
  return owner_ != nullptr;
}

// --- writing ------------------------------------------------------------------------------------------------------

result<done> host_process::send(job_pointer& what) {
  const std::string_view input = what->input();
  std::uint64_t shared_bytes = shared_part_of(input.size());
  for (const part& one : what->what.parts) shared_bytes += shared_part_of(one.bytes.size());
  sent_call made;
  made.call_room = take(calls_ring_, calls_window_, shared_bytes);
  if (shared_bytes > 0) made.reply_room = take(replies_ring_, replies_window_, reply_room_bytes(*what));
  room shared(calls_window_.memory(), made.call_room.value_or(extent()));

  const bool joins = !out_.empty() && !out_.back().input && out_.back().head.size() < segment_bytes_max;
  segment& into = joins ? out_.back() : out_.emplace_back();
  const auto placed = wire::append_call_head(
      into.head, {next_id_, what->translator, made.reply_room.value_or(extent())}, what->what, input, shared);
  if (!placed) {
    if (made.call_room) calls_ring_.give_back_newest();
    if (made.reply_room) replies_ring_.give_back_newest();
    if (!joins) out_.pop_back();
    return placed.error();
  }
  if (placed.value() == wire::input_place::follows && input.size() <= copied_input_bytes_max) {
    into.head += input;
  } else if (placed.value() == wire::input_place::follows) {
    into.input = what->what.input;
    into.input_size_bytes = input.size();
  }
  ++next_id_;
  if (in_flight_.empty()) head_since_ = steady::now();
  in_flight_bytes_ += what->size_bytes();
  cores_->begun(pid_, what->size_bytes() > how_.in_flight_bytes_max);
  made.what = std::move(what);
  in_flight_.push_back(std::move(made));
  return done{};
}

void host_process::flush() {
  if (!running_ || ended_) return;
  watch_deadline();
  if (!writing_) write_more();
}

/// As much as the pipe takes now; the bytes written.
std::size_t host_process::write_some() {
  std::size_t total = 0;
  while (!out_.empty() && calls_.is_open()) {
    std::array<iovec, 2 * segments_per_write> parts;
    std::size_t count = 0;
    for (std::size_t i = 0; i < out_.size() && i < segments_per_write; ++i) {
      segment& one = out_[i];
      if (one.written_bytes < one.head.size())
        parts[count++] = {one.head.data() + one.written_bytes, one.head.size() - one.written_bytes};
      const std::size_t of_input = std::max(one.written_bytes, one.head.size()) - one.head.size();
      if (of_input < one.input_size_bytes)
        parts[count++] = {const_cast<char*>(one.input->data()) + of_input, one.input_size_bytes - of_input};
    }
    const ssize_t put = ::writev(calls_.native_handle(), parts.data(), static_cast<int>(count));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;  // full, or the process is gone: its replies pipe will say so
    total += static_cast<std::size_t>(put);
    for (auto left = static_cast<std::size_t>(put); left > 0;) {
      segment& first = out_.front();
      const std::size_t step = std::min(left, first.size_bytes() - first.written_bytes);
      first.written_bytes += step;
      left -= step;
      if (first.written_bytes == first.size_bytes()) out_.pop_front();
    }
  }
  return total;
}

void host_process::write_more() {
  // A large input is on its way as long as the pipe moves; the deadline is for working on it.
  if (write_some() > 0 && in_flight_.size() == 1) head_since_ = steady::now();
  if (out_.empty() || !calls_.is_open()) return;
  writing_ = true;
  calls_.async_wait(boost::asio::posix::descriptor_base::wait_write,
                    [self = shared_from_this()](const boost::system::error_code& wrong) {
                      self->writing_ = false;
                      if (!wrong && !self->ended_) self->write_more();
                    });
}

std::optional<steady::time_point> host_process::busy_since() const {
  if (in_flight_.empty()) return std::nullopt;
  return head_since_;
}

// --- the deadline ---------------------------------------------------------------------------------------------------

/// One timer is armed at a time and looks again when it fires: setting it for every call would cost more than the call.
void host_process::watch_deadline() {
  if (timer_armed_ || ended_ || (ready_ && in_flight_.empty())) return;
  const std::chrono::milliseconds allowed(ready_ ? how_.deadline_ms : how_.start_ms_max);
  timer_armed_ = true;
  timer_.expires_at(head_since_ + allowed);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& wrong) {
    if (wrong) return;  // set anew, or the end
    self->timer_armed_ = false;
    if (!self->ended_) self->check_deadline();
  });
}

void host_process::check_deadline() {
  const std::chrono::milliseconds allowed(ready_ ? how_.deadline_ms : how_.start_ms_max);
  if ((!ready_ || !in_flight_.empty()) && killed_for_ == mishap::none && steady::now() - head_since_ >= allowed)
    kill(mishap::timed_out, "passed its deadline of " + std::to_string(allowed.count()) + " ms");
  else
    watch_deadline();
}

// --- the end --------------------------------------------------------------------------------------------------------

void host_process::leave() {
  leaving_ = true;
  if (in_flight_.empty() && out_.empty() && calls_.is_open()) calls_.close();
}

/// The pipe's end, which follows, calls `finish`.
void host_process::kill(plugin::mishap why, std::string text) {
  if (killed_for_ != mishap::none || pid_ < 0) return;
  killed_for_ = why;
  killed_text_ = std::move(text);
  (void)::kill(pid_, SIGKILL);
}

host_end host_process::end_of(const ending& how) {
  host_end end;
  end.was_ready = ready_;
  end.answered = answered_;
  if (!refused_text_.empty()) {
    end.mishap = mishap::unavailable;
    end.text = refused_text_;
  } else if (killed_for_ != mishap::none) {
    end.mishap = killed_for_;
    end.text = killed_text_;
  } else if (how.signal == 0 && how.exit_code == wire::exit_out_of_memory) {
    end.mishap = mishap::out_of_memory;
    end.text = "passed its memory limit of " + std::to_string(how_.memory_bytes_max >> 20U) + " MiB";
  } else if (!leaving_ || !in_flight_.empty()) {
    end.mishap = mishap::crashed;
    end.text = description_of(how);
  }
  cores_->ended(in_flight_.size());
  for (sent_call& one : in_flight_) end.unanswered.push_back(std::move(one.what));
  in_flight_.clear();
  return end;
}

void host_process::finish() {
  if (ended_) return;
  ended_ = true;
  boost::system::error_code ignored;
  timer_.cancel();
  calls_.close(ignored);
  replies_.close(ignored);
  cores_->forget(pid_);
  const ending how = kill_and_reap(std::exchange(pid_, -1));
  out_.clear();
  calls_window_ = shared_window();
  replies_window_ = shared_window();
  if (owner_ != nullptr) owner_->host_ended(*this, end_of(how));
}

std::vector<job_pointer> host_process::abandon() {
  owner_ = nullptr;
  std::vector<job_pointer> unanswered = end_of({}).unanswered;
  if (pid_ >= 0) finish();
  ended_ = true;
  return unanswered;
}

}  // namespace liaison::plugin
