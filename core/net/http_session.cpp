// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_session.hpp"

#include "core/net/http_target.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

namespace liaison::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using plain_stream = tcp_socket;
using tls_stream = beast::ssl_stream<tcp_socket>;

constexpr std::uint64_t discarded_bytes_max = 16U << 20;
constexpr std::int64_t discard_ms_max = 2'000;

// What goes wrong before a handler sees the request.
struct refusal {
  unsigned status;
  const char* code;
  const char* text;
};
constexpr refusal bad_request{400, "http-malformed", "the request is not HTTP 1.1 as RFC 9112 has it"};
constexpr refusal ambiguous{400, "http-ambiguous", "the request does not say in one way where its body ends and whom it is for"};
constexpr refusal bad_target{400, "http-target", "the request's target cannot be read"};
constexpr refusal too_slow{408, "http-timeout", "the request did not come in time"};
constexpr refusal too_large{413, "http-body-too-large", "the body is larger than this gateway takes"};
constexpr refusal header_too_large{431, "http-header-too-large", "the header is larger than this gateway takes"};
constexpr refusal busy{503, "http-busy", "other large requests are under way; send again later"};

refusal refusal_of(const error_code& error) {
  if (error == http::error::body_limit) return too_large;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return header_too_large;
  return bad_request;
}

/// What another program on the way may read differently: two lengths, a length and a coding, a coding that is not chunked,
/// no or several hosts (RFC 9112, 3.2 and 6.3). Whatever follows would be a request for one of the two and a body for the other.
bool is_ambiguous(const http::request<http::string_body>& head) {
  const auto codings = head.count(http::field::transfer_encoding), lengths = head.count(http::field::content_length);
  if (codings + lengths > 1 || head.count(http::field::host) > 1) return true;
  if (codings == 1 && (head.version() < 11 || !beast::iequals(head[http::field::transfer_encoding], "chunked"))) return true;
  if (lengths == 1 && head[http::field::content_length].find_first_not_of("0123456789") != beast::string_view::npos) return true;
  return head.version() >= 11 && head.count(http::field::host) == 0;
}

/// For a client of /fhir, which reads nothing else. All texts are ours: nothing to escape.
std::string outcome_text(const refusal& why) {
  const char* type = why.status == too_large.status ? "too-long" : why.status == busy.status ? "transient" : "invalid";
  return std::string(R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":")") + type +
         R"(","details":{"coding":[{"system":"urn:liaison:issue","code":")" + why.code + R"("}]},"diagnostics":")" +
         why.text + R"("}]})";
}

template <class Stream>
class session final : public http_session, public std::enable_shared_from_this<session<Stream>> {
  static constexpr bool is_tls = std::is_same_v<Stream, tls_stream>;

 public:
  template <class... Arguments>
  session(http_session_owner& owner, std::string peer, bool from_loopback, tls_context context,
          Arguments&&... arguments)
      : owner_(&owner),
        context_(std::move(context)),
        stream_(std::forward<Arguments>(arguments)...),
        alarm_(beast::get_lowest_layer(stream_).get_executor()),
        peer_(std::move(peer)),
        from_loopback_(from_loopback),
        buffer_(owner.limits().header_size_bytes_max + unread_size_bytes_max) {}

  void start() override {
    if constexpr (is_tls) {
      allow(owner_->limits().header_ms_max);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this(), this](const error_code& error) {
                                if (error || closed_) return close();
                                await_request();
                              });
    } else {
      await_request();
    }
  }

  void stop() override {
    stopping_ = true;
    if (where_ == place::between) close();
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    give_body_bytes_back();
    error_code ignored;
    lowest().shutdown(tcp_socket::shutdown_both, ignored);
    lowest().close(ignored);
    alarm_.cancel();
    if (owner_ != nullptr) owner_->session_ended(*this);
  }

  void detach() override { owner_ = nullptr; }

 private:
  enum class place : std::uint8_t { between, reading, handling, writing, discarding };
  using parser_type = http::request_parser<http::string_body>;
  using response_type = http::response<http::string_body>;

  tcp_socket& lowest() { return beast::get_lowest_layer(stream_); }

  // What is begun now has this long. One timer is kept going and looks where the limit has moved to meanwhile.
  void allow(std::int64_t ms) {
    deadline_ms_ = ms == no_limit || owner_ == nullptr ? no_limit : owner_->steady_ms() + ms;
    if (deadline_ms_ != no_limit && (!alarm_set_ || deadline_ms_ < alarm_ms_)) set_alarm();
  }

  void set_alarm() {
    alarm_set_ = true;
    alarm_ms_ = deadline_ms_;
    alarm_.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(alarm_ms_)));
    alarm_.async_wait([weak = this->weak_from_this()](const error_code& error) {
      auto self = weak.lock();
      if (self && !error) self->alarm_rang();
    });
  }

  void alarm_rang() {
    alarm_set_ = false;
    if (gone() || deadline_ms_ == no_limit) return;
    if (owner_->steady_ms() < deadline_ms_) return set_alarm();
    if (where_ != place::reading) return close();
    timed_out_ = true;  // the reading ends with an error, and is answered
    error_code ignored;
    lowest().cancel(ignored);
  }

  bool gone() const { return closed_ || owner_ == nullptr; }

  // A connection may be silent for long between requests, but not once a request has begun.
  void await_request() {
    if (gone()) return;
    where_ = place::between;
    if (stopping_) return shut();
    parser_.emplace();
    parser_->body_limit(owner_->limits().body_size_bytes_max);
    parser_->header_limit(owner_->limits().header_size_bytes_max);
    if (buffer_.size() > 0) return begin_request();
    allow(owner_->limits().idle_ms_max);
    stream_.async_read_some(buffer_.prepare(read_size_bytes),
                            [self = this->shared_from_this(), this](const error_code& error, std::size_t got) {
                              if (gone()) return;
                              if (error) return close();
                              buffer_.commit(got);
                              begin_request();
                            });
  }

  void begin_request() {
    where_ = place::reading;
    allow(owner_->limits().header_ms_max);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
                              if (gone()) return;
                              if (error) return failed(error);
                              header_read();
                            });
  }

  void header_read() {
    if (is_ambiguous(parser_->get())) return refuse(ambiguous);
    keep_headers();
    const auto length = parser_->content_length();
    if (length && *length > owner_->limits().body_size_bytes_max) return refuse(too_large);
    body_begun_ms_ = owner_->steady_ms();
    if (parser_->is_done()) return request_read();
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
    continue_.emplace(http::status::continue_, 11);
    allow(owner_->limits().stall_ms_max);
    http::async_write(stream_, *continue_,
                      [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
                        if (gone()) return;
                        if (error) return close();
                        read_body();
                      });
  }

  void read_body() {
    allow(owner_->limits().stall_ms_max);
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
                            if (gone()) return;
                            if (error) return failed(error);
                            body_progressed();
                          });
  }

  void body_progressed() {
    const auto size = static_cast<std::int64_t>(parser_->get().body().size());
    if (!owner_->take_body_bytes(size - std::exchange(body_bytes_taken_, size))) return refuse(busy);
    if (parser_->is_done()) return request_read();
    const http_limits& limits = owner_->limits();
    const std::int64_t allowed_ms =
        limits.stall_ms_max + size * 1'000 / std::max<std::int64_t>(limits.body_rate_bytes_per_s_min, 1);
    if (owner_->steady_ms() - body_begun_ms_ > allowed_ms) return refuse(too_slow);
    read_body();
  }

  void failed(const error_code& error) {
    if (timed_out_) return refuse(too_slow);
    const bool peer_gone = error == http::error::end_of_stream || error == asio::error::connection_reset ||
                           error == asio::error::operation_aborted;
    if (peer_gone) return close();
    refuse(refusal_of(error));
  }

  // Before the body: fields that follow it (trailers) are no headers, least of all a credential or a host.
  void keep_headers() {
    headers_.clear();
    for (const auto& field : parser_->get()) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char byte) { return static_cast<char>(std::tolower(static_cast<unsigned char>(byte))); });
      headers_.emplace_back(std::move(name), std::string(field.value()));
    }
  }

  void request_read() {
    auto& read = parser_->get();
    auto target = parse_http_target({read.target().data(), read.target().size()});
    if (!target) return refuse(bad_target);
    keep_alive_ = read.keep_alive();
    version_ = read.version();
    head_only_ = read.method() == http::verb::head;
    http_request request;
    request.method = head_only_ ? "GET" : std::string(read.method_string());
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.parameters = std::move(target->parameters);
    request.headers = std::move(headers_);
    request.body = std::move(read.body());
    request.peer = peer_;
    request.from_loopback = from_loopback_;
    if constexpr (is_tls) {
      request.encrypted = true;
      request.client_names = names_of_peer(stream_.native_handle());
    }
    request.bearer_token = bearer_token_of(request.header("authorization"));
    parser_.reset();
    where_ = place::handling;
    allow(no_limit);
    owner_->request_arrived(std::move(request),
                            [self = this->shared_from_this(), this, number = ++requests_](http_response response) {
                              // Twice for one request, or after the end: no effect.
                              if (gone() || where_ != place::handling || number != requests_) return;
                              answer(std::move(response));
                            });
  }

  void answer(http_response given) {
    give_body_bytes_back();
    response_.emplace(static_cast<http::status>(given.status), version_);
    for (const auto& [name, value] : given.headers) response_->set(name, value);
    if (!given.content_type.empty()) response_->set(http::field::content_type, given.content_type);
    response_->set("X-Content-Type-Options", "nosniff");
    response_->body() = std::move(given.body);
    response_->keep_alive(keep_alive_ && !stopping_);
    response_->prepare_payload();
    write();
  }

  void refuse(const refusal& why) {
    owner_->request_refused();
    give_body_bytes_back();
    response_.emplace(static_cast<http::status>(why.status), 11);
    const bool fhir = parser_ && parser_->get().target().starts_with("/fhir");
    response_->set(http::field::content_type, fhir ? "application/fhir+json; charset=utf-8" : "application/json");
    if (why.status == busy.status) response_->set(http::field::retry_after, "5");
    response_->body() = fhir ? outcome_text(why) : std::string("{\"code\": \"") + why.code + "\", \"text\": \"" + why.text + "\"}";
    response_->keep_alive(false);
    response_->prepare_payload();
    keep_alive_ = false;
    head_only_ = false;
    unread_ = true;
    write();
  }

  void write() {
    where_ = place::writing;
    serializer_.emplace(*response_);
    serializer_->split(head_only_);
    write_some();
  }

  // In pieces, so that the time limit is on progress and not on the size.
  void write_some() {
    allow(owner_->limits().stall_ms_max);
    auto went_on = [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
      if (gone()) return;
      if (error) return close();
      if (serializer_->is_done() || (head_only_ && serializer_->is_header_done())) return written();
      write_some();
    };
    http::async_write_some(stream_, *serializer_, std::move(went_on));
  }

  void written() {
    serializer_.reset();
    response_.reset();
    if (unread_) return discard();
    if (!keep_alive_ || stopping_) return shut();
    await_request();
  }

  // A peer that is still sending would lose the answer when the connection were closed under it.
  void discard() {
    where_ = place::discarding;
    allow(discard_ms_max);
    error_code ignored;
    if constexpr (!is_tls) lowest().shutdown(tcp_socket::shutdown_send, ignored);
    discard_more(discarded_bytes_max);
  }

  void discard_more(std::uint64_t left) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(read_size_bytes),
                            [self = this->shared_from_this(), this, left](const error_code& error, std::size_t got) {
                              if (gone()) return;
                              if (error || got >= left) return close();
                              discard_more(left - got);
                            });
  }

  void shut() {
    if constexpr (is_tls) {
      where_ = place::discarding;
      allow(discard_ms_max);
      stream_.async_shutdown([self = this->shared_from_this(), this](const error_code&) { close(); });
    } else {
      close();
    }
  }

  void give_body_bytes_back() {
    if (owner_ != nullptr && body_bytes_taken_ > 0) owner_->take_body_bytes(-body_bytes_taken_);
    body_bytes_taken_ = 0;
  }

  static constexpr std::int64_t no_limit = -1;
  static constexpr std::size_t read_size_bytes = 4U << 10;
  /// Besides a header: what comes in before it is looked at. Extensions of a chunk and trailers must fit in here too.
  static constexpr std::size_t unread_size_bytes_max = 64U << 10;

  http_session_owner* owner_;
  tls_context context_;
  Stream stream_;
  asio::steady_timer alarm_;
  std::int64_t deadline_ms_ = no_limit, alarm_ms_ = 0;
  const std::string peer_;
  const bool from_loopback_;
  beast::flat_buffer buffer_;
  std::optional<parser_type> parser_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<http::response<http::empty_body>> continue_;
  std::optional<response_type> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  place where_ = place::between;
  std::uint64_t requests_ = 0;
  std::int64_t body_begun_ms_ = 0;
  std::int64_t body_bytes_taken_ = 0;
  unsigned version_ = 11;
  bool keep_alive_ = true, head_only_ = false, unread_ = false, stopping_ = false, closed_ = false;
  bool timed_out_ = false, alarm_set_ = false;
};

}  // namespace

std::shared_ptr<http_session> make_http_session(http_session_owner& owner, tcp_socket socket, const tls_context& tls) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  std::string peer = error ? std::string("unknown") : text_of(remote);
  const bool from_loopback = !error && remote.address().is_loopback();
  set_connection_options(socket);
  if (tls)
    return std::make_shared<session<tls_stream>>(owner, std::move(peer), from_loopback, tls, std::move(socket), *tls);
  return std::make_shared<session<plain_stream>>(owner, std::move(peer), from_loopback, tls, std::move(socket));
}

}  // namespace liaison::net
