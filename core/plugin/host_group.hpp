// SPDX-License-Identifier: Apache-2.0
// All hosts of one plugin: the queue before them, who takes the next call, what happens when one dies. A message that
// was in flight when its host died is run again alone, in a trial host of its own; only one that fails there too is
// to blame. Everybody else's calls go on meanwhile in the regular hosts. Without calls for a while, no process stays.
#pragma once

#include "core/plugin/host_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace liaison::plugin {

/// Thread: the io_context's. Always held by a shared_ptr.
class host_group final : public host_owner, public std::enable_shared_from_this<host_group> {
 public:
  host_group(boost::asio::io_context& io, const host_settings& how, std::shared_ptr<core_sharing> cores, std::string program, std::string file);

  // Start, driven by the caller until all groups are settled.
  result<done> begin();
  void advance();
  bool is_settled() const { return state_ != state::starting; }
  bool is_usable() const { return state_ == state::usable; }
  const std::string& why_not() const { return why_not_; }
  int readable_fd() const;
  void give_up_start();  ///< the start took too long
  void run();            ///< from now on the io_context drives it

  const std::string& file() const { return file_; }
  const wire::ready& offer() const { return offer_; }
  const std::string& name() const { return name_; }  ///< "fr.liaison.hprim 0.1.0"

  void call(job_pointer what);  ///< answered exactly once, never from inside
  void stop();                  ///< kills all hosts; what is unanswered is answered with `unavailable`, by post

  void host_ready(host_process& which, wire::ready what) override;
  void host_answered(host_process& which, job_pointer what, wire::reply_view answer) override;
  void host_has_room(host_process& which) override;
  void host_ended(host_process& which, host_end how) override;

 private:
  enum class state : std::uint8_t { starting, usable, refused, stopped };
  using host_pointer = std::shared_ptr<host_process>;

  void schedule();
  void dispatch();
  void hand_over(host_process& to, job_pointer what);
  host_process* best_host(std::size_t size_bytes);
  void dismiss(const host_pointer& which);
  bool lacks_a_host() const;
  void start_missing();
  host_pointer start_host();
  void start_failed(const std::string& why);
  void delay_restart(unsigned free_of_charge, std::chrono::milliseconds delay_max);
  void watch_queue();
  void check_queue();
  void watch_rest();
  void check_rest();
  std::chrono::steady_clock::duration rest_after() const;
  void forget(const host_process& which);
  void blame(std::vector<job_pointer> unanswered, const host_end& how, bool was_trial);
  void answer(job_pointer what, reply with);
  void answer_later(job_pointer what, reply with);
  void tell(host_event_kind kind, std::string_view text, mishap why = mishap::none) const;

  boost::asio::io_context& io_;
  const host_settings& how_;
  const std::shared_ptr<core_sharing> cores_;
  std::string program_, file_, name_, why_not_;
  wire::ready offer_;
  state state_ = state::starting;
  std::vector<host_pointer> regular_;  ///< at most how_.hosts that are not leaving
  std::vector<host_pointer> leaving_;
  host_pointer trial_;
  std::deque<job_pointer> waiting_, suspects_;
  unsigned deaths_in_a_row_ = 0;
  std::chrono::steady_clock::time_point not_before_{}, last_death_{}, last_call_{};
  boost::asio::steady_timer timer_, rest_timer_;
  bool scheduled_ = false, dispatching_ = false, timer_armed_ = false, rest_timer_armed_ = false;
  bool was_called_ = false;
  bool rests_ = false;  ///< all hosts were asked to leave, since nobody called
};

}  // namespace liaison::plugin
