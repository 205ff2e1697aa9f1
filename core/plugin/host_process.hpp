// SPDX-License-Identifier: Apache-2.0
// One host process on the broker's side: writes calls, large ones into shared memory, reads replies, watches the
// deadline of the call at the head. Knows nothing of restarts or blame: its owner decides.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/buffer.hpp"
#include "core/plugin/core_sharing.hpp"
#include "core/plugin/host_settings.hpp"
#include "core/plugin/spawn.hpp"
#include "core/plugin/window.hpp"
#include "core/plugin/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin {

/// One request for one plugin, until it is answered.
struct job {
  request what;
  std::function<void(reply)> then;
  std::uint16_t translator = 0;
  std::size_t input_size_bytes = 0;  ///< of `what.input`, which recognise cuts
  std::chrono::steady_clock::time_point queued_at;

  std::size_t size_bytes() const;
  std::string_view input() const;
};
using job_pointer = std::unique_ptr<job>;

class host_process;

/// How a process ended, and what it left unanswered, in the order of the calls.
struct host_end {
  plugin::mishap mishap = mishap::none;  ///< none: it was asked to leave
  std::string text;                      ///< "signal 11 (SIGSEGV)"; or why the plugin was refused
  bool was_ready = false;
  std::size_t answered = 0;
  std::vector<job_pointer> unanswered;
};

class host_owner {
 public:
  virtual void host_ready(host_process& which, wire::ready what) = 0;
  virtual void host_answered(host_process& which, job_pointer what, wire::reply_view answer) = 0;
  /// A batch of `host_answered` is over: there is room for new calls.
  virtual void host_has_room(host_process& which) = 0;
  virtual void host_ended(host_process& which, host_end how) = 0;

 protected:
  ~host_owner() = default;
};

/// Thread: the io_context's. The owner outlives it or calls `abandon` first.
class host_process : public std::enable_shared_from_this<host_process> {
 public:
  host_process(boost::asio::io_context& io, host_owner& owner, const host_settings& how, std::shared_ptr<core_sharing> cores);
  ~host_process();
  host_process(const host_process&) = delete;
  host_process& operator=(const host_process&) = delete;

  result<done> start(const std::string& program, const std::string& file);
  /// From now on the io_context drives it. Before, `advance` does, for a start that waits for several at once.
  void run();
  void advance();
  int readable_fd() const {
    return replies_.is_open() ? const_cast<host_process*>(this)->replies_.native_handle() : -1;
  }

  bool is_ready() const { return ready_ && !leaving_; }
  bool is_ended() const { return ended_; }
  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t in_flight_bytes() const { return in_flight_bytes_; }
  std::size_t answered() const { return answered_; }
  /// Since when it has been at the call at the head of its line. Nothing when it has none.
  std::optional<std::chrono::steady_clock::time_point> busy_since() const;

  /// Queues the frame; `flush` writes what is queued. Fails when it passes a limit of the wire; the job stays with the
  /// caller.
  result<done> send(job_pointer& what);
  void flush();
  void leave();  ///< ends when what is in flight is answered
  /// Kills and reaps now; the owner hears nothing more. Gives back what is unanswered.
  std::vector<job_pointer> abandon();

 private:
  struct segment {
    std::string head;  ///< heads of frames, with small inputs between them
    shared_bytes input;
    std::size_t input_size_bytes = 0;
    std::size_t written_bytes = 0;
    std::size_t size_bytes() const { return head.size() + input_size_bytes; }
  };

  /// A call under way, and what it holds of the windows.
  struct sent_call {
    job_pointer what;
    std::optional<extent> call_room, reply_room;
  };

  void make_windows();
  static std::optional<extent> take(room_ring& ring, shared_window& of, std::uint64_t bytes);
  void give_back(const sent_call& what);
  void expect_replies_like(const wire::reply_view& one, const job& to);
  std::uint32_t& reply_room_bytes(const job& of);
  void read_more();
  void received(std::size_t bytes);
  bool understand(const wire::frame& what);  ///< false: stop reading, the process is being killed or gone
  bool take_reply(std::string_view body);
  void write_more();
  std::size_t write_some();
  void watch_deadline();
  void check_deadline();
  void kill(plugin::mishap why, std::string text);
  void finish();
  host_end end_of(const ending& how);

  boost::asio::io_context& io_;
  host_owner* owner_;
  const host_settings& how_;
  const std::shared_ptr<core_sharing> cores_;  ///< as this may outlive the owner by what is posted
  boost::asio::posix::stream_descriptor calls_, replies_;
  boost::asio::steady_timer timer_;
  pid_t pid_ = -1;
  buffer in_;
  std::deque<segment> out_;
  std::deque<sent_call> in_flight_;
  shared_window calls_window_, replies_window_;
  room_ring calls_ring_{window_size_bytes}, replies_ring_{window_size_bytes};
  /// What the large parts of replies take: by operation, and by how many bits the size of the call has.
  std::array<std::array<std::uint32_t, 32>, 7> reply_room_bytes_{};
  std::size_t in_flight_bytes_ = 0, answered_ = 0;
  std::uint32_t next_id_ = 1, head_id_ = 1;
  std::chrono::steady_clock::time_point head_since_;
  plugin::mishap killed_for_ = mishap::none;
  std::string killed_text_, refused_text_;
  bool running_ = false, ready_ = false, leaving_ = false, ended_ = false, writing_ = false, timer_armed_ = false;
};

}  // namespace liaison::plugin
