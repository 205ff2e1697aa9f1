// SPDX-License-Identifier: Apache-2.0
#include "core/net/exchange.hpp"

#include "core/protocol/mllp_framing.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>

namespace liaison::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t answer_size_bytes_max = 1ULL << 30;

std::uint16_t default_port(const std::string& scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return 2575;
}

/// Runs one asynchronous operation to its end or to the deadline.
class blocking {
 public:
  explicit blocking(std::int64_t deadline_ms)
      : until_(std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms)) {}

  asio::io_context& context() { return context_; }

  template <class Start>
  error_code wait(Start start) {
    std::optional<error_code> outcome;
    start([&outcome](error_code error, auto&&...) { outcome = error; });
    context_.restart();
    while (!outcome && context_.run_one_until(until_) > 0) {
    }
    return outcome.value_or(asio::error::timed_out);
  }

 private:
  asio::io_context context_;
  std::chrono::steady_clock::time_point until_;
};

failure failed(const error_code& error, const char* during) {
  const char* code = error == asio::error::timed_out                                       ? "timed-out"
                     : error == asio::error::eof || error == asio::error::connection_reset ? "closed"
                                                                                           : "unreachable";
  return {code, std::string(during) + ": " + error.message()};
}

std::optional<failure> connect(blocking& run, tcp::socket& socket, const address& to) {
  tcp::resolver resolver(run.context());
  error_code error;
  auto found = resolver.resolve(to.host, std::to_string(to.port), error);
  if (error) return failed(error, "resolving the host");
  error = run.wait([&](auto then) { asio::async_connect(socket, found, then); });
  if (error) return failed(error, "connecting");
  socket.set_option(tcp::no_delay(true), error);
  return std::nullopt;
}

template <class Stream>
result<http_answer> ask(blocking& run, Stream& stream, const address& to, const http_question& what) {
  http::request<http::string_body> request(http::string_to_verb(what.method), to.target, 11);
  request.set(http::field::host, to.host + ":" + std::to_string(to.port));
  request.set(http::field::user_agent, "liaison");
  for (const auto& [name, value] : what.headers) request.set(name, value);
  request.body() = what.body;
  request.prepare_payload();
  error_code error = run.wait([&](auto then) { http::async_write(stream, request, then); });
  // A server that refuses early (413) answers before it has read everything: read its answer all the same.
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_size_bytes_max);
  const error_code read_error = run.wait([&](auto then) { http::async_read(stream, buffer, parser, then); });
  if (read_error) return failed(error ? error : read_error, "asking");
  http_answer answer;
  answer.status = parser.get().result_int();
  answer.content_type = std::string(parser.get()[http::field::content_type]);
  answer.body = std::move(parser.get().body());
  return answer;
}

}  // namespace

result<address> address_from(const std::string& text) {
  address found;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos)
    return failure{"address-malformed", "no scheme in '" + text + "': mllp://HOST:PORT or http://…"};
  found.scheme = text.substr(0, scheme_end);
  if (found.scheme != "mllp" && found.scheme != "http" && found.scheme != "https")
    return failure{"address-malformed", "unknown scheme '" + found.scheme + "': mllp, http and https are known"};
  std::string rest = text.substr(scheme_end + 3);
  const std::size_t path = rest.find('/');
  if (path != std::string::npos) {
    found.target = rest.substr(path);
    rest.resize(path);
  }
  std::size_t colon = rest.rfind(':');
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t bracket = rest.find(']');
    if (bracket == std::string::npos) return failure{"address-malformed", "no ']' in '" + text + "'"};
    found.host = rest.substr(1, bracket - 1);
    colon = rest.find(':', bracket);
  } else {
    found.host = rest.substr(0, colon);
  }
  found.port = default_port(found.scheme);
  if (colon != std::string::npos) {
    const std::string digits = rest.substr(colon + 1);
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != std::string::npos ||
        std::stoul(digits) > 65535)
      return failure{"address-malformed", "no port number in '" + text + "'"};
    found.port = static_cast<std::uint16_t>(std::stoul(digits));
  }
  if (found.host.empty()) return failure{"address-malformed", "no host in '" + text + "'"};
  return found;
}

result<std::string> mllp_exchange(const address& to, const std::string& message, std::int64_t deadline_ms) {
  blocking run(deadline_ms);
  tcp::socket socket(run.context());
  if (auto why = connect(run, socket, to)) return *why;
  std::string frame;
  protocol::append_mllp_frame(frame, message);
  error_code error = run.wait([&](auto then) { asio::async_write(socket, asio::buffer(frame), then); });
  if (error) return failed(error, "sending");
  std::string received;
  std::array<char, 16384> chunk{};
  for (;;) {
    std::size_t length = 0;
    error = run.wait([&](auto then) {
      socket.async_read_some(asio::buffer(chunk), [&length, then](error_code e, std::size_t n) mutable {
        length = n;
        then(e);
      });
    });
    if (error) return failed(error, "waiting for the acknowledgement");
    received.append(chunk.data(), length);
    const std::size_t start = received.find('\x0b');
    const std::size_t end = start == std::string::npos ? start : received.find('\x1c', start);
    if (end != std::string::npos) return received.substr(start + 1, end - start - 1);
    if (received.size() > answer_size_bytes_max) return failure{"closed", "the answer is too long"};
  }
}

result<http_answer> http_exchange(const address& to, const http_question& what, std::int64_t deadline_ms,
                                  const std::string& authorities_file) {
  blocking run(deadline_ms);
  if (to.scheme == "https") {
    asio::ssl::context tls(asio::ssl::context::tls_client);
    error_code error;
    if (authorities_file.empty())
      tls.set_default_verify_paths(error);
    else
      tls.load_verify_file(authorities_file, error);
    if (error) return failed(error, "reading the certificate authorities");
    tls.set_verify_mode(asio::ssl::verify_peer);
    asio::ssl::stream<tcp::socket> stream(run.context(), tls);
    stream.set_verify_callback(asio::ssl::host_name_verification(to.host));
    if (auto why = connect(run, stream.next_layer(), to)) return *why;
    error = run.wait([&](auto then) { stream.async_handshake(asio::ssl::stream_base::client, then); });
    if (error) return failed(error, "TLS handshake");
    return ask(run, stream, to, what);
  }
  tcp::socket socket(run.context());
  if (auto why = connect(run, socket, to)) return *why;
  return ask(run, socket, to, what);
}

}  // namespace liaison::net
