// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_server.hpp"

#include "core/net/accept_loop.hpp"
#include "core/net/http_session.hpp"
#include "core/observe/log.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace liaison::net {

namespace {

constexpr std::int64_t body_bytes_of_all_min = 256LL << 20;

authentication authentication_of(const config::listen_address& address, http_server::credentials needed) {
  if (needed == http_server::credentials::required) return authentication::tokens;
  return address.tls && !address.tls->authorities.empty() ? authentication::client_certificates : authentication::none;
}

result<tls_context> tls_of(const config::listen_address& address) {
  if (!address.tls) return tls_context();
  return tls_server_context(*address.tls);
}

}  // namespace

std::string_view http_request::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

struct http_server::state final : std::enable_shared_from_this<http_server::state>, http_session_owner {
  state(asio_executor& work, http_handler handler) : executor_(work), handler_(std::move(handler)) {}

  void begin(tcp_acceptor acceptor) {
    accepting_ = std::make_shared<accept_loop>(executor_, "http", [weak = weak_from_this()](tcp_socket socket) {
      if (auto self = weak.lock()) self->accepted(std::move(socket));
    });
    accepting_->use(std::move(acceptor));
  }

  void accepted(tcp_socket socket) {
    ++statistics_.connections_accepted;
    if (sessions_.size() >= limits_.connections_max) {
      ++statistics_.connections_refused;
      if (!tls_) refuse_connection(socket);
      return;
    }
    auto session = make_http_session(*this, std::move(socket), tls_);
    sessions_.emplace(session.get(), session);
    session->start();
  }

  // One write without waiting: there is no connection to spare for those who do not read it.
  static void refuse_connection(tcp_socket& socket) {
    constexpr std::string_view body = R"({"code": "http-connections", "text": "too many connections; try later"})";
    const std::string answer =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(answer), ignored);
    socket.shutdown(tcp_socket::shutdown_send, ignored);
  }

  void request_arrived(http_request request, std::function<void(http_response)> then) override {
    ++statistics_.requests;
    handler_(std::move(request), std::move(then));
  }
  void session_ended(http_session& which) override {
    sessions_.erase(&which);
    if (stopping_ && sessions_.empty()) stopped();
  }
  void request_refused() override { ++statistics_.requests_bad; }
  const http_limits& limits() const override { return limits_; }
  std::int64_t steady_ms() const override { return executor_.steady_ms(); }
  bool take_body_bytes(std::int64_t by) override {
    body_bytes_ += by;
    return by <= 0 || body_bytes_ <= std::max<std::int64_t>(4 * static_cast<std::int64_t>(limits_.body_size_bytes_max),
                                                            body_bytes_of_all_min);
  }

  void stop(std::int64_t within_ms, std::function<void()> then) {
    stopping_ = true;
    when_stopped_ = std::move(then);
    accepting_->close();
    for (const auto& session : current()) session->stop();
    if (sessions_.empty()) {
      stopped();
      return;
    }
    stop_timer_ = executor_.call_after(within_ms, [self = shared_from_this(), this] {
      stop_timer_ = 0;
      for (const auto& session : current()) session->close();
    });
  }

  void stopped() {
    executor_.cancel(std::exchange(stop_timer_, 0));
    if (when_stopped_) executor_.post(std::exchange(when_stopped_, nullptr));
  }

  void abandon() {
    stopping_ = true;
    executor_.cancel(std::exchange(stop_timer_, 0));
    accepting_->close();
    for (const auto& session : current()) {
      session->close();
      session->detach();
    }
  }

  std::vector<std::shared_ptr<http_session>> current() const {
    std::vector<std::shared_ptr<http_session>> all;
    for (const auto& [key, session] : sessions_) all.push_back(session);
    return all;
  }

  asio_executor& executor_;
  http_handler handler_;
  config::listen_address address_;
  http_limits limits_;
  tls_context tls_;
  std::shared_ptr<accept_loop> accepting_;
  std::unordered_map<http_session*, std::shared_ptr<http_session>> sessions_;
  std::int64_t body_bytes_ = 0;
  http_statistics statistics_;
  bool stopping_ = false;
  std::function<void()> when_stopped_;
  executor::timer stop_timer_ = 0;
};

http_server::http_server(std::shared_ptr<state> shared) : state_(std::move(shared)) {}

http_server::~http_server() { state_->abandon(); }

result<std::unique_ptr<http_server>> http_server::start(asio_executor& work, const config::listen_address& address,
                                                        credentials needed, const http_limits& limits,
                                                        http_handler handler) {
  if (auto allowed = check_listen_address(address, authentication_of(address, needed)); !allowed)
    return allowed.error();
  auto tls = tls_of(address);
  if (!tls) return tls.error();
  auto acceptor = open_listener(work.context(), address);
  if (!acceptor) return acceptor.error();
  auto shared = std::make_shared<state>(work, std::move(handler));
  shared->address_ = address;
  shared->limits_ = limits;
  shared->tls_ = tls.value();
  shared->begin(std::move(acceptor).value());
  return std::unique_ptr<http_server>(new http_server(std::move(shared)));
}

result<done> http_server::adopt(const config::listen_address& address, credentials needed, const http_limits& limits) {
  if (auto allowed = check_listen_address(address, authentication_of(address, needed)); !allowed)
    return allowed.error();
  auto tls = tls_of(address);
  if (!tls) return tls.error();
  if (address.address != state_->address_.address || address.port != state_->address_.port) {
    auto acceptor = open_listener(state_->executor_.context(), address);
    if (!acceptor) return acceptor.error();
    state_->accepting_->use(std::move(acceptor).value());
  }
  state_->address_ = address;
  state_->limits_ = limits;
  state_->tls_ = tls.value();
  return done{};
}

void http_server::stop(std::int64_t within_ms, std::function<void()> then) { state_->stop(within_ms, std::move(then)); }

std::uint16_t http_server::port() const { return state_->accepting_->port(); }

http_statistics http_server::statistics() const {
  http_statistics current = state_->statistics_;
  current.connections = state_->sessions_.size();
  return current;
}

}  // namespace liaison::net
