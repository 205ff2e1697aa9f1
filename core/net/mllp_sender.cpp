// SPDX-License-Identifier: Apache-2.0
#include "core/net/mllp_sender.hpp"

#include "core/net/client_stream.hpp"
#include "core/protocol/acknowledgement.hpp"
#include "core/protocol/mllp_framing.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>
#include <vector>

namespace liaison::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using model::send_outcome;
using model::send_verdict;
using then_type = std::function<void(send_outcome)>;

constexpr std::uint64_t answer_size_bytes_max = 1U << 20;
constexpr std::string_view frame_start("\x0b", 1), frame_end("\x1c\r", 2);

send_outcome unreachable(const failure& why) { return {send_verdict::unreachable, why.code, why.text, 0}; }
send_outcome failed(const char* code, const char* text) { return {send_verdict::failed, code, text, 0}; }

// One connection and the message that it carries, if any.
class lane : public std::enable_shared_from_this<lane> {
 public:
  lane(asio_executor& work, client_target target, std::int64_t answer_ms_max)
      : work_(work),
        answer_ms_max_(answer_ms_max),
        stream_(std::make_shared<client_stream>(work, std::move(target))),
        decoder_(answer_size_bytes_max) {}

  bool usable() const { return stream_->is_open() && !then_; }

  void send(shared_bytes document, then_type then) {
    document_ = std::move(document);
    then_ = std::move(then);
    if (stream_->is_open()) {
      write();
      return;
    }
    stream_->connect([self = shared_from_this(), this](const result<done>& connected) {
      if (!connected) {
        finish(unreachable(connected.error()));
        return;
      }
      read();
      write();
    });
  }

  void close() {
    stream_->close();
    work_.cancel(std::exchange(deadline_, 0));
  }

 private:
  void write() {
    answer_by_ms_ = work_.steady_ms() + answer_ms_max_;
    watch_deadline();
    const std::array<asio::const_buffer, 3> frame{asio::buffer(frame_start), asio::buffer(*document_),
                                                  asio::buffer(frame_end)};
    stream_->with_stream([&](auto& stream) {
      asio::async_write(stream, frame,
                        [self = shared_from_this(), this, kept = document_](const error_code& error, std::size_t) {
                          if (error) lost(failed("connection-lost", "the connection broke while the message was sent"));
                        });
    });
  }

  // One timer for each connection, which looks again when it rings: one for each message would be set and cancelled for nothing.
  void watch_deadline() {
    if (deadline_ != 0) return;
    deadline_ = work_.call_after(answer_by_ms_ - work_.steady_ms(), [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->look_at_deadline();
    });
  }

  void look_at_deadline() {
    deadline_ = 0;
    if (!then_ || !stream_->is_open()) return;
    if (work_.steady_ms() < answer_by_ms_) return watch_deadline();
    lost(failed("answer-timeout", "the recipient did not acknowledge in time"));
  }

  // Always under way while the connection is open: so a peer that closes between two messages is noticed at once.
  void read() {
    stream_->with_stream([&](auto& stream) {
      stream.async_read_some(
          asio::buffer(buffer_), [self = shared_from_this(), this](const error_code& error, std::size_t got) {
            if (error) {
              lost(failed("connection-lost", "the connection was closed before the message was acknowledged"));
              return;
            }
            received(std::string_view(buffer_.data(), got));
            if (stream_->is_open()) read();
          });
    });
  }

  void received(std::string_view bytes) {
    while (true) {
      const protocol::mllp_event event = decoder_.next(bytes);
      switch (event.kind) {
        case protocol::mllp_event::what::none:
          return;
        case protocol::mllp_event::what::junk:
        case protocol::mllp_event::what::truncated:
          break;
        case protocol::mllp_event::what::too_large:
          lost(failed("acknowledgement-malformed", "the recipient's answer is longer than any acknowledgement"));
          return;
        case protocol::mllp_event::what::frame:
          answered(event.bytes);
          if (!stream_->is_open()) return;
          break;
      }
    }
  }

  void answered(std::string_view content) {
    if (!then_) {  // nobody asked: what comes next could be taken for the answer to another message
      lost({});
      return;
    }
    const auto answer = protocol::read_acknowledgement(content);
    if (!answer) {
      lost(failed("acknowledgement-malformed", "the recipient's answer is no HL7 acknowledgement"));
      return;
    }
    send_outcome outcome = protocol::outcome_of(answer.value(), protocol::control_id_of(*document_));
    if (outcome.code == "acknowledgement-mismatch") {
      lost(std::move(outcome));
      return;
    }
    finish(std::move(outcome));
  }

  void lost(send_outcome outcome) {
    stream_->close();
    work_.cancel(std::exchange(deadline_, 0));
    finish(std::move(outcome));
  }

  void finish(send_outcome outcome) {
    document_.reset();
    if (then_) std::exchange(then_, nullptr)(std::move(outcome));
  }

  asio_executor& work_;
  const std::int64_t answer_ms_max_;
  std::shared_ptr<client_stream> stream_;
  protocol::mllp_decoder decoder_;
  std::array<char, 4096> buffer_{};
  shared_bytes document_;
  then_type then_;
  std::int64_t answer_by_ms_ = 0;  ///< of the message under way; steady
  executor::timer deadline_ = 0;
};

}  // namespace

struct mllp_sender::state {
  asio_executor& work;
  config::mllp_destination settings;
  result<tls_context> tls;
  std::vector<std::shared_ptr<lane>> idle{};
  bool gone = false;
};

mllp_sender::mllp_sender(asio_executor& work, config::mllp_destination settings) {
  auto tls = settings.use_tls || settings.tls ? tls_client_context(settings.tls) : result<tls_context>(tls_context());
  state_ = std::make_shared<state>(state{work, std::move(settings), std::move(tls)});
}

mllp_sender::~mllp_sender() {
  state_->gone = true;
  for (const auto& each : state_->idle) each->close();
  state_->idle.clear();
}

void mllp_sender::prepare(const model::outgoing&, then_type then) {
  state_->work.post([then = std::move(then)] { then({send_verdict::accepted, "prepared", {}, 0}); });
}

void mllp_sender::send(const model::outgoing& what, then_type then) {
  const auto answer_later = [&](send_outcome outcome) {
    state_->work.post([then = std::move(then), outcome = std::move(outcome)] { then(outcome); });
  };
  if (!state_->tls) return answer_later(unreachable(state_->tls.error()));
  if (!what.attachments.empty()) {
    return answer_later({send_verdict::refused, "attachments-not-carried",
                         "MLLP carries one message and no files beside it; choose a format that embeds them", 0});
  }
  const shared_bytes document = what.document ? what.document : share({});
  if (document->find(protocol::mllp_end) != std::string::npos) {
    return answer_later(
        {send_verdict::refused, "not-framable", "the message contains the byte 1C, which ends an MLLP frame", 0});
  }

  std::shared_ptr<lane> one;
  while (!state_->idle.empty() && !one) {
    if (state_->idle.back()->usable()) one = state_->idle.back();
    state_->idle.pop_back();
  }
  if (!one) {
    const config::mllp_destination& settings = state_->settings;
    one = std::make_shared<lane>(
        state_->work, client_target{settings.host, settings.port, state_->tls.value(), settings.connect_ms_max},
        settings.answer_ms_max);
  }
  one->send(document, [then = std::move(then), one, weak = std::weak_ptr<state>(state_)](send_outcome outcome) {
    if (auto alive = weak.lock(); alive && !alive->gone) {
      if (one->usable()) alive->idle.push_back(one);
    } else {
      one->close();
    }
    then(std::move(outcome));
  });
}

}  // namespace liaison::net
