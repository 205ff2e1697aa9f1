// SPDX-License-Identifier: Apache-2.0
#include "core/net/mllp_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace liaison::net {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t progress_bytes_min = 4U << 10;

mllp_connection::mllp_connection(mllp_connection_owner& owner, std::string peer, const protocol::mllp_limits& limits)
    : owner_(&owner), peer_(std::move(peer)), conversation_(limits), last_progress_ms_(owner.steady_ms()) {}

void mllp_connection::progressed() {
  unproven_bytes_ = 0;
  if (owner_ != nullptr) last_progress_ms_ = owner_->steady_ms();
}

void mllp_connection::on_established() {
  established_ = true;
  progressed();
  read_more();
}

void mllp_connection::read_more() {
  if (closed_ || reading_ || !established_ || !conversation_.wants_input()) return;
  reading_ = true;
  start_read();
}

void mllp_connection::account() {
  const std::size_t held = closed_ ? 0 : conversation_.held_bytes();
  const std::size_t before = std::exchange(accounted_bytes_, held);
  if (owner_ != nullptr && held != before)
    owner_->buffered_changed(static_cast<std::int64_t>(held) - static_cast<std::int64_t>(before));
}

void mllp_connection::on_bytes(std::string_view bytes) {
  if (closed_ || owner_ == nullptr) return;
  const protocol::mllp_findings before = conversation_.findings();
  const std::uint64_t unframed_before = conversation_.unframed_bytes();
  auto& frames = owner_->frame_buffer();
  frames.clear();
  const bool inside_before = conversation_.inside_frame();
  conversation_.take(bytes, frames);
  // Junk is no sign of life: a peer that speaks something else is closed like a silent one. Neither is a frame that
  // drips: it would hold its connection for ever.
  if (conversation_.unframed_bytes() == unframed_before) unproven_bytes_ += bytes.size();
  const bool begins = !inside_before && conversation_.inside_frame();
  if (!frames.empty() || begins || unproven_bytes_ >= progress_bytes_min) progressed();
  account();
  owner_->found(*this, before);
  if (!closed_ && owner_ != nullptr && !frames.empty()) owner_->frames_arrived(*this, frames);
}

void mllp_connection::on_end_of_input() {
  if (closed_ || owner_ == nullptr) return;
  input_ended_ = true;
  const protocol::mllp_findings before = conversation_.findings();
  conversation_.end_of_input();
  account();
  owner_->found(*this, before);
  if (!closed_) flush();
}

void mllp_connection::hand_over() {
  if (owner_ == nullptr || !conversation_.has_backlog()) return;
  const protocol::mllp_findings before = conversation_.findings();
  auto& frames = owner_->frame_buffer();
  frames.clear();
  conversation_.resume(frames);
  account();
  owner_->found(*this, before);
  if (!closed_ && owner_ != nullptr && !frames.empty()) owner_->frames_arrived(*this, frames);
}

void mllp_connection::flush() {
  if (closed_ || owner_ == nullptr) return;
  hand_over();
  if (closed_) return;
  if (writing_.empty() && !conversation_.output().empty()) {
    writing_.swap(conversation_.output());
    written_ = 0;
    start_write();
    if (closed_) return;
    hand_over();  // answers that were not read may have been all that held it up
    if (closed_) return;
  }
  if (input_ended_ && writing_.empty() && conversation_.output().empty() && conversation_.in_flight() == 0 &&
      !conversation_.has_backlog()) {
    close();
    return;
  }
  read_more();
}

void mllp_connection::on_written() {
  writing_.clear();
  written_ = 0;
  progressed();
}

void mllp_connection::stop_reading() {
  if (closed_) return;
  input_ended_ = true;
  conversation_.stop_input();
  account();
  flush();
}

void mllp_connection::close() {
  if (closed_) return;
  closed_ = true;
  account();
  close_stream();
  if (owner_ != nullptr) owner_->connection_ended(*this);
}

namespace {

constexpr std::size_t write_buffer_kept_bytes_max = 16U << 10;

class plain_connection final : public mllp_connection {
 public:
  plain_connection(mllp_connection_owner& owner, tcp_socket socket, std::string peer,
                   const protocol::mllp_limits& limits)
      : mllp_connection(owner, std::move(peer), limits), socket_(std::move(socket)) {}

  void start() override { on_established(); }

 protected:
  // Waits without a buffer and reads into one that all connections share: ten thousand idle peers cost no memory.
  void start_read() override {
    socket_.async_wait(tcp_socket::wait_read, [self = shared_from_this(), this](const error_code& error) {
      reading_ = false;
      if (error || closed() || owner_ == nullptr) return;
      read_ready();
    });
  }

  void start_write() override {
    while (written_ < writing_.size()) {
      error_code error;
      const std::size_t sent =
          socket_.write_some(asio::buffer(writing_.data() + written_, writing_.size() - written_), error);
      if (error == asio::error::would_block || error == asio::error::try_again) {
        wait_for_room();
        return;
      }
      if (error) {
        close();
        return;
      }
      written_ += sent;
    }
    on_written();
    if (writing_.capacity() > write_buffer_kept_bytes_max) std::string().swap(writing_);
  }

  void close_stream() override {
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
    socket_.close(ignored);
  }

 private:
  void read_ready() {
    std::string& buffer = owner_->read_buffer();
    error_code error;
    const std::size_t got = socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      read_more();
      return;
    }
    if (error == asio::error::eof) {
      on_end_of_input();
      return;
    }
    if (error) {
      close();
      return;
    }
    on_bytes(std::string_view(buffer.data(), got));
    read_more();
  }

  void wait_for_room() {
    socket_.async_wait(tcp_socket::wait_write, [self = shared_from_this(), this](const error_code& error) {
      if (error || closed()) return;
      start_write();
      if (!closed() && writing_.empty()) flush();
    });
  }

  tcp_socket socket_;
};

class tls_connection final : public mllp_connection {
 public:
  tls_connection(mllp_connection_owner& owner, tcp_socket socket, tls_context context, std::string peer,
                 const protocol::mllp_limits& limits)
      : mllp_connection(owner, std::move(peer), limits),
        context_(std::move(context)),
        deadline_(socket.get_executor()),
        stream_(std::move(socket), *context_) {}

  void start() override {
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this(), this](const error_code& error) {
      if (closed()) return;
      if (error) {
        close();
        return;
      }
      on_established();
    });
  }

 protected:
  void start_read() override {
    constexpr std::size_t record_size_bytes = 8U << 10;
    buffer_.resize(record_size_bytes);
    stream_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this(), this](const error_code& error, std::size_t got) {
                              reading_ = false;
                              if (closed()) return;
                              if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
                                on_end_of_input();
                                return;
                              }
                              if (error) {
                                close();
                                return;
                              }
                              on_bytes(std::string_view(buffer_.data(), got));
                              read_more();
                            });
  }

  void start_write() override {
    stream_.async_write_some(asio::buffer(writing_.data() + written_, writing_.size() - written_),
                             [self = shared_from_this(), this](const error_code& error, std::size_t sent) {
                               if (closed()) return;
                               if (error) {
                                 close();
                                 return;
                               }
                               written_ += sent;
                               if (written_ < writing_.size()) {
                                 start_write();
                                 return;
                               }
                               on_written();
                               flush();
                             });
  }

  void close_stream() override {
    if (!established()) {
      close_socket();
      return;
    }
    // The peer learns that this is the end and no attack; its echo is awaited a moment only.
    deadline_.expires_after(std::chrono::seconds(1));
    deadline_.async_wait([self = shared_from_this(), this](const error_code&) { close_socket(); });
    stream_.async_shutdown([self = shared_from_this(), this](const error_code&) { deadline_.cancel(); });
  }

 private:
  void close_socket() {
    error_code ignored;
    stream_.next_layer().shutdown(tcp_socket::shutdown_send, ignored);
    stream_.next_layer().close(ignored);
  }

  tls_context context_;
  asio::steady_timer deadline_;
  asio::ssl::stream<tcp_socket> stream_;
  std::string buffer_;
};

}  // namespace

std::shared_ptr<mllp_connection> make_mllp_connection(mllp_connection_owner& owner, tcp_socket socket,
                                                      const tls_context& tls, const protocol::mllp_limits& limits) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  std::string peer = error ? std::string("unknown") : text_of(remote);
  set_connection_options(socket);
  socket.non_blocking(true, error);
  if (tls) return std::make_shared<tls_connection>(owner, std::move(socket), tls, std::move(peer), limits);
  return std::make_shared<plain_connection>(owner, std::move(socket), std::move(peer), limits);
}

}  // namespace liaison::net
