// SPDX-License-Identifier: Apache-2.0
// One accepted MLLP connection: moves bytes between a socket and protocol::mllp_conversation. The listener owns it and
// tells it what to do; plain and TLS sockets differ in how bytes are read and written only.
#pragma once

#include "core/model/transfer.hpp"
#include "core/net/listen_rules.hpp"
#include "core/net/tls.hpp"
#include "core/protocol/mllp_conversation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::net {

class mllp_connection;

/// What a connection needs of its listener.
class mllp_connection_owner {
 public:
  virtual ~mllp_connection_owner() = default;
  virtual void frames_arrived(mllp_connection& from, std::vector<protocol::mllp_frame>& frames) = 0;
  virtual void connection_ended(mllp_connection& which) = 0;  ///< may destroy it once the caller lets go
  virtual void found(mllp_connection& where, const protocol::mllp_findings& before) = 0;
  virtual void buffered_changed(std::int64_t by_bytes) = 0;
  virtual std::string& read_buffer() = 0;  ///< shared by all connections; used within one call
  virtual std::vector<protocol::mllp_frame>& frame_buffer() = 0;
  virtual std::int64_t steady_ms() const = 0;
};

class mllp_connection : public std::enable_shared_from_this<mllp_connection> {
 public:
  virtual ~mllp_connection() = default;
  mllp_connection(const mllp_connection&) = delete;
  mllp_connection& operator=(const mllp_connection&) = delete;

  virtual void start() = 0;
  void flush();         ///< writes what is ready, goes on reading when there is room again
  void stop_reading();  ///< finishes what is in flight, then ends
  void close();         ///< at once
  void detach() { owner_ = nullptr; }

  protocol::mllp_conversation& conversation() { return conversation_; }
  const std::string& peer() const { return peer_; }
  bool closed() const { return closed_; }
  std::int64_t last_progress_ms() const { return last_progress_ms_; }
  bool established() const { return established_; }
  bool flush_wanted = false;    ///< the listener's mark
  std::uint64_t log_lines = 0;  ///< the listener's count: a bad peer must not fill the log

 protected:
  mllp_connection(mllp_connection_owner& owner, std::string peer, const protocol::mllp_limits& limits);

  virtual void start_read() = 0;
  virtual void start_write() = 0;  ///< writes `writing_` from `written_` on
  virtual void close_stream() = 0;

  void on_established();
  void on_bytes(std::string_view bytes);
  void on_end_of_input();
  void on_written();
  void read_more();
  void hand_over();
  void progressed();

  mllp_connection_owner* owner_;
  std::string writing_;
  std::size_t written_ = 0;
  bool reading_ = false;

 private:
  void account();

  std::string peer_;
  protocol::mllp_conversation conversation_;
  std::size_t accounted_bytes_ = 0;
  std::int64_t last_progress_ms_ = 0;
  std::size_t unproven_bytes_ = 0;  ///< of a frame, since the last progress
  bool established_ = false;
  bool input_ended_ = false;
  bool closed_ = false;
};

std::shared_ptr<mllp_connection> make_mllp_connection(mllp_connection_owner& owner, tcp_socket socket,
                                                      const tls_context& tls, const protocol::mllp_limits& limits);

}  // namespace liaison::net
