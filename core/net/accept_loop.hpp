// SPDX-License-Identifier: Apache-2.0
// Accepts connections for as long as it lives, whatever happens: out of descriptors, those who wait stay in the
// kernel's queue; moved to another address, the connections that exist are not touched. The last descriptors of the
// process are not for connections: the store's files, senders and plugin hosts need some to serve those that are there.
#pragma once

#include "core/net/asio_executor.hpp"
#include "core/net/listen_rules.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace liaison::net {

/// Thread: the executor's. `then` is called with each accepted socket, until `close`.
class accept_loop : public std::enable_shared_from_this<accept_loop> {
 public:
  accept_loop(asio_executor& work, std::string listener, std::function<void(tcp_socket)> then);

  void use(tcp_acceptor acceptor);  ///< begins, or goes on with another address
  void close();
  std::uint16_t port() const;

 private:
  void accept_next();
  void failed(const boost::system::error_code& error);

  asio_executor& work_;
  const std::string listener_;
  std::function<void(tcp_socket)> then_;
  tcp_acceptor acceptor_;
  const int descriptors_end_;    ///< connections get none from here on
  std::uint64_t openings_ = 0;  ///< tells the handlers of a replaced acceptor that they are late
  bool fails_ = false;
};

}  // namespace liaison::net
