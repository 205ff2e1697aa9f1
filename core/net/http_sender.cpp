// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_sender.hpp"

#include "core/net/client_stream.hpp"
#include "core/net/exchange.hpp"
#include "core/protocol/backoff.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace liaison::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using model::send_outcome;
using model::send_verdict;
using then_type = std::function<void(send_outcome)>;

constexpr std::uint64_t answer_size_bytes_max = 256U << 10;  // more is not read: the connection is closed instead
constexpr std::int64_t drain_ms_max = 5'000;
constexpr std::int64_t idle_ms_max = 4'000;  // servers close after five seconds or later; a request must not meet that

send_outcome unreachable(const failure& why) { return {send_verdict::unreachable, why.code, why.text, 0}; }
send_outcome failed(const char* code, const char* text) { return {send_verdict::failed, code, text, 0}; }

send_outcome failure_of_reading(const error_code& error) {
  const bool not_http = error.category() == http::make_error_code(http::error::bad_status).category() &&
                        error != http::error::end_of_stream && error != http::error::partial_message;
  if (not_http) return failed("http-malformed", "the recipient's answer is not HTTP");
  return failed("connection-lost", "the connection was closed before the answer");
}

using request_type = http::request<http::span_body<const char>>;

// One connection and the request that it carries, if any.
class http_lane : public std::enable_shared_from_this<http_lane> {
 public:
  http_lane(asio_executor& work, client_target target, std::int64_t answer_ms_max)
      : work_(work), answer_ms_max_(answer_ms_max), stream_(std::make_shared<client_stream>(work, std::move(target))) {}

  bool usable() const { return where_ == place::idle && stream_->is_open() && !stream_->peer_has_closed(); }

  /// `free` is called when the lane can carry the next request, if it ever can.
  void send(request_type request, shared_bytes document, then_type then, std::function<void()> free) {
    request_ = std::move(request);
    document_ = std::move(document);
    then_ = std::move(then);
    free_ = std::move(free);
    where_ = place::busy;
    work_.cancel(std::exchange(deadline_, 0));
    if (stream_->is_open()) {
      write();
      return;
    }
    stream_->connect([self = shared_from_this(), this](const result<done>& connected) {
      if (!connected) {
        give_up(unreachable(connected.error()));
        return;
      }
      write();
    });
  }

  void close() {
    stream_->close();
    work_.cancel(std::exchange(deadline_, 0));
  }

 private:
  enum class place : std::uint8_t { idle, busy };

  void limit(std::int64_t ms) {
    work_.cancel(deadline_);
    deadline_ = work_.call_after(ms, [self = shared_from_this(), this] {
      deadline_ = 0;
      give_up(failed("answer-timeout", "the recipient did not answer in time"));
    });
  }

  void write() {
    limit(answer_ms_max_);
    begin_answer();
    stream_->with_stream([&](auto& stream) {
      http::async_write(stream, request_, [self = shared_from_this(), this](const error_code& error, std::size_t) {
        // Who refuses a large body early may answer and close: the answer counts, if there is one.
        if (error && !then_) return;
        read_header();
      });
    });
  }

  // The limit comes with the body: an answer with a large one is an answer all the same.
  void begin_answer() {
    parser_.emplace();
    parser_->body_limit(boost::none);
  }

  void read_header() {
    stream_->with_stream([&](auto& stream) {
      http::async_read_header(stream, buffer_, *parser_,
                              [self = shared_from_this(), this](const error_code& error, std::size_t) {
                                if (!then_) return;
                                if (error) {
                                  give_up(failure_of_reading(error));
                                  return;
                                }
                                header_read();
                              });
    });
  }

  void header_read() {
    const auto& answer = parser_->get();
    const unsigned status = answer.result_int();
    if (status >= 100 && status < 200) {  // interim answers (RFC 9110, 15.2)
      begin_answer();
      read_header();
      return;
    }
    const auto retry_after = answer[http::field::retry_after];
    reusable_ = answer.keep_alive();
    document_.reset();
    then_type then = std::exchange(then_, nullptr);
    const send_outcome outcome = outcome_of_status(status, {retry_after.data(), retry_after.size()}, work_.now());
    drain();
    then(outcome);
  }

  // The rest of the answer says nothing that we keep, but stands before the next one.
  void drain() {
    if (!reusable_) return end();
    if (parser_->is_done()) return become_idle();
    const auto length = parser_->content_length();
    if (length && *length > answer_size_bytes_max) return end();
    parser_->body_limit(answer_size_bytes_max);
    limit(drain_ms_max);
    stream_->with_stream([&](auto& stream) {
      http::async_read(stream, buffer_, *parser_,
                       [self = shared_from_this(), this](const error_code& error, std::size_t) {
                         if (error) return end();
                         become_idle();
                       });
    });
  }

  void become_idle() {
    work_.cancel(std::exchange(deadline_, 0));
    parser_.reset();
    where_ = place::idle;
    deadline_ = work_.call_after(idle_ms_max, [self = shared_from_this(), this] {
      deadline_ = 0;
      stream_->close();
    });
    if (auto free = std::exchange(free_, nullptr)) free();
  }

  void end() {
    close();
    free_ = nullptr;
  }

  void give_up(send_outcome outcome) {
    end();
    document_.reset();
    if (then_) std::exchange(then_, nullptr)(std::move(outcome));
  }

  asio_executor& work_;
  const std::int64_t answer_ms_max_;
  std::shared_ptr<client_stream> stream_;
  request_type request_;
  shared_bytes document_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::string_body>> parser_;
  then_type then_;
  std::function<void()> free_;
  executor::timer deadline_ = 0;
  place where_ = place::idle;
  bool reusable_ = false;
};

}  // namespace

struct http_sender::state {
  asio_executor& work;
  config::http_destination settings;
  result<address> to;
  result<tls_context> tls;
  std::vector<std::shared_ptr<http_lane>> idle{};
  bool gone = false;

  std::string host_header() const {
    const address& where = to.value();
    const bool usual = where.port == (where.scheme == "https" ? 443 : 80);
    const std::string name = where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
    return usual ? name : name + ":" + std::to_string(where.port);
  }

  request_type request_for(const model::outgoing& what, const std::string& document) const {
    request_type request;
    request.version(11);
    request.method_string(settings.method);
    request.target(to.value().target);
    request.set(http::field::host, host_header());
    request.set(http::field::user_agent, "liaison");
    request.set(http::field::content_type,
                settings.content_type.empty() ? content_type_of_format(what.format) : settings.content_type);
    for (const auto& [name, value] : settings.headers) request.set(name, value);
    request.set("Idempotency-Key", what.name);
    request.body() = {document.data(), document.size()};
    request.keep_alive(true);
    request.prepare_payload();
    return request;
  }
};

http_sender::http_sender(asio_executor& work, config::http_destination settings) {
  auto to = address_from(settings.url);
  if (to && to.value().scheme != "http" && to.value().scheme != "https")
    to = failure{"address-malformed", "the destination's url is neither http nor https"};
  auto tls = to && to.value().scheme == "https" ? tls_client_context(settings.tls) : result<tls_context>(tls_context());
  state_ = std::make_shared<state>(state{work, std::move(settings), std::move(to), std::move(tls)});
}

http_sender::~http_sender() {
  state_->gone = true;
  for (const auto& each : state_->idle) each->close();
  state_->idle.clear();
}

void http_sender::prepare(const model::outgoing&, then_type then) {
  state_->work.post([then = std::move(then)] { then({send_verdict::accepted, "prepared", {}, 0}); });
}

void http_sender::send(const model::outgoing& what, then_type then) {
  const auto answer_later = [&](send_outcome outcome) {
    state_->work.post([then = std::move(then), outcome = std::move(outcome)] { then(outcome); });
  };
  if (!state_->to) return answer_later(unreachable(state_->to.error()));
  if (!state_->tls) return answer_later(unreachable(state_->tls.error()));
  if (!what.attachments.empty()) {
    return answer_later({send_verdict::refused, "attachments-not-carried",
                         "this destination takes one document and no files beside it; choose a format that embeds them",
                         0});
  }
  std::shared_ptr<http_lane> one;
  while (!state_->idle.empty() && !one) {
    if (state_->idle.back()->usable()) one = state_->idle.back();
    state_->idle.pop_back();
  }
  if (!one) {
    const address& to = state_->to.value();
    one = std::make_shared<http_lane>(state_->work, client_target{to.host, to.port, state_->tls.value()},
                                      state_->settings.answer_ms_max);
  }
  const shared_bytes document = what.document ? what.document : share({});
  one->send(state_->request_for(what, *document), document, std::move(then),
            [weak = std::weak_ptr<state>(state_), lane = std::weak_ptr<http_lane>(one)] {
              auto alive = weak.lock();
              auto freed = lane.lock();
              if (!freed) return;
              if (alive && !alive->gone) {
                alive->idle.push_back(std::move(freed));
              } else {
                freed->close();
              }
            });
}

send_outcome outcome_of_status(unsigned status, std::string_view retry_after, unix_ms now) {
  send_outcome outcome;
  outcome.code = std::to_string(status);
  if (status >= 200 && status < 300) {
    outcome.verdict = send_verdict::accepted;
    return outcome;
  }
  outcome.retry_after_ms = protocol::retry_after_ms_of(retry_after, now).value_or(0);
  outcome.text = "the recipient answered with status " + outcome.code;
  if (status == 401 || status == 403 || status == 407) {
    outcome.verdict = send_verdict::unreachable;
    outcome.text += ": it does not let us in";
  } else if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429) {
    outcome.verdict = send_verdict::refused;
  } else {
    outcome.verdict = send_verdict::failed;
    if (status >= 300 && status < 400) outcome.text += ": redirections are not followed";
  }
  return outcome;
}

std::string content_type_of_format(std::string_view format) {
  struct known {
    std::string_view format, content_type;
  };
  constexpr std::array<known, 7> types{{{"fhir", "application/fhir+json"},
                                        {"hl7v2", "x-application/hl7-v2+er7"},
                                        {"cda", "application/xml"},
                                        {"hprim-medecin", "text/plain"},
                                        {"hprim-sante", "text/plain"},
                                        {"hprim-xml", "application/xml"},
                                        {"xdm", "application/zip"}}};
  for (const known& each : types) {
    if (each.format == format) return std::string(each.content_type);
  }
  return "application/octet-stream";
}

}  // namespace liaison::net
