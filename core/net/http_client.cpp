// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_client.hpp"

#include "core/net/client_stream.hpp"
#include "core/net/exchange.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace liaison::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using model::send_outcome;
using model::send_verdict;
using then_type = std::function<void(http_reply)>;

constexpr std::uint64_t drained_size_bytes_max = 256U << 10;  // more is not read: the connection is closed instead
constexpr std::int64_t drain_ms_max = 5'000;
constexpr std::int64_t idle_ms_max = 4'000;  // servers close after five seconds or later; a request must not meet that

enum class arrival : bool { impossible, possible };

http_reply no_answer(send_outcome why, arrival how) {
  http_reply reply;
  reply.failure = std::move(why);
  reply.may_have_arrived = how == arrival::possible;
  return reply;
}
http_reply unreachable(const failure& why) {
  return no_answer({send_verdict::unreachable, why.code, why.text, 0}, arrival::impossible);
}
http_reply failed(const char* code, const char* text) {
  return no_answer({send_verdict::failed, code, text, 0}, arrival::possible);
}

http_reply failure_of_reading(const error_code& error) {
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
  void send(request_type request, shared_bytes document, std::uint64_t wanted, then_type then,
            std::function<void()> free) {
    request_ = std::move(request);
    document_ = std::move(document);
    wanted_size_bytes_ = wanted;
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
    reply_ = {};
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
    reply_ = {};
    reply_.status = status;
    reply_.retry_after.assign(retry_after.data(), retry_after.size());
    const auto length = parser_->content_length();
    if (wanted_size_bytes_ == 0 || parser_->is_done() || (length && *length > wanted_size_bytes_)) return told();
    parser_->body_limit(wanted_size_bytes_);
    stream_->with_stream([&](auto& stream) {
      http::async_read(stream, buffer_, *parser_,
                       [self = shared_from_this(), this](const error_code& error, std::size_t) {
                         if (!then_) return;
                         if (error) reusable_ = false;
                         if (!error) reply_.body = std::move(parser_->get().body());
                         told();
                       });
    });
  }

  void told() {
    then_type then = std::exchange(then_, nullptr);
    http_reply reply = std::exchange(reply_, {});
    drain();
    then(std::move(reply));
  }

  // The rest of the answer says nothing that we keep, but stands before the next one.
  void drain() {
    if (!reusable_) return end();
    if (parser_->is_done()) return become_idle();
    const auto length = parser_->content_length();
    if (length && *length > drained_size_bytes_max) return end();
    parser_->body_limit(drained_size_bytes_max);
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

  /// Once the status has come it is the answer, whatever becomes of the rest.
  void give_up(http_reply reply) {
    end();
    document_.reset();
    if (reply_.status != 0) reply = std::exchange(reply_, {});
    if (then_) std::exchange(then_, nullptr)(std::move(reply));
  }

  asio_executor& work_;
  const std::int64_t answer_ms_max_;
  std::shared_ptr<client_stream> stream_;
  request_type request_;
  shared_bytes document_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::string_body>> parser_;
  then_type then_;
  http_reply reply_;
  std::uint64_t wanted_size_bytes_ = 0;
  std::function<void()> free_;
  executor::timer deadline_ = 0;
  place where_ = place::idle;
  bool reusable_ = false;
};

}  // namespace

struct http_client::state {
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

  request_type request_for(const http_call& what, const std::string& body) const {
    request_type request;
    request.version(11);
    request.method_string(what.method);
    request.target(what.target);
    request.set(http::field::host, host_header());
    request.set(http::field::user_agent, "liaison");
    for (const auto& [name, value] : what.headers) request.set(name, value);
    for (const auto& [name, value] : settings.headers) request.set(name, value);
    request.body() = {body.data(), body.size()};
    request.keep_alive(true);
    request.prepare_payload();
    return request;
  }
};

http_client::http_client(asio_executor& work, config::http_destination settings) {
  auto to = address_from(settings.url);
  if (to && to.value().scheme != "http" && to.value().scheme != "https")
    to = failure{"address-malformed", "the destination's url is neither http nor https"};
  auto tls = to && to.value().scheme == "https" ? tls_client_context(settings.tls) : result<tls_context>(tls_context());
  state_ = std::make_shared<state>(state{work, std::move(settings), std::move(to), std::move(tls)});
}

http_client::~http_client() {
  state_->gone = true;
  for (const auto& each : state_->idle) each->close();
  state_->idle.clear();
}

const config::http_destination& http_client::settings() const { return state_->settings; }

std::string http_client::target() const { return state_->to ? state_->to.value().target : "/"; }

namespace {

/// Targets and headers may come from a message: a line end in one would begin a header, or a request, of its sender's.
bool is_one_line(const http_call& what) {
  const auto breaks = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  const auto breaks_target = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
  return !what.target.empty() && std::none_of(what.target.begin(), what.target.end(), breaks_target) &&
         std::all_of(what.headers.begin(), what.headers.end(), [&](const auto& header) {
           return std::none_of(header.second.begin(), header.second.end(), breaks);
         });
}

}  // namespace

void http_client::ask(http_call what, then_type then) {
  const auto answer_later = [&](http_reply reply) {
    state_->work.post([then = std::move(then), reply = std::move(reply)] { then(reply); });
  };
  if (!is_one_line(what))
    return answer_later(no_answer({send_verdict::refused, "http-unsendable", "the request has control characters or blanks in its target or headers", 0}, arrival::impossible));
  if (!state_->to) return answer_later(unreachable(state_->to.error()));
  if (!state_->tls) return answer_later(unreachable(state_->tls.error()));
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
  const shared_bytes body = what.body ? what.body : share({});
  one->send(state_->request_for(what, *body), body, what.answer_size_bytes_max, std::move(then),
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

}  // namespace liaison::net
