// SPDX-License-Identifier: Apache-2.0
// A connection that we open, plain or TLS: resolve, connect, verify, within one time limit. What is said over it is the
// sender's business.
#pragma once

#include "core/base/result.hpp"
#include "core/net/asio_executor.hpp"
#include "core/net/listen_rules.hpp"
#include "core/net/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace liaison::net {

struct client_target {
  std::string host;
  std::uint16_t port = 0;
  tls_context tls;  ///< null: plain
  std::int64_t connect_ms_max = 10'000;
};

/// Thread: the executor's. Owned by shared pointers, which pending operations hold too.
class client_stream : public std::enable_shared_from_this<client_stream> {
 public:
  client_stream(asio_executor& work, client_target target);

  /// Failure codes: "host-unknown", "connection-refused", "connect-timeout", "connect-failed", "tls-handshake".
  void connect(std::function<void(result<done>)> then);
  void close();
  bool is_open() const { return open_; }
  bool peer_has_closed() const;  ///< as far as the kernel knows by now

  /// `use(stream)` with the Asio stream that carries the content.
  template <class Use>
  void with_stream(Use use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(socket_);
    }
  }

 private:
  using tls_stream = boost::beast::ssl_stream<tcp_socket&>;

  void resolved(const boost::asio::ip::tcp::resolver::results_type& found);
  void connected();
  void finish(result<done> outcome);

  asio_executor& work_;
  client_target target_;
  boost::asio::ip::tcp::resolver resolver_;
  mutable tcp_socket socket_;  ///< asking for its handle is not const in Asio
  std::optional<tls_stream> tls_;
  std::function<void(result<done>)> then_;
  executor::timer deadline_ = 0;
  bool open_ = false;
};

}  // namespace liaison::net
