// SPDX-License-Identifier: Apache-2.0
// Software of other people's making, run by Node.js out of tests/peers/<name>: what the tests talk to from the other side.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace liaison::test {

using environment = std::vector<std::pair<std::string, std::string>>;

/// False when `scripts/dependencies test` has not installed it.
bool has_peer(const std::string& name);

struct peer_output {
  int exit = -1;
  std::string text;  ///< standard output and error
};
/// Runs tests/peers/<name>/<script> to its end.
peer_output run_peer(const std::string& name, const std::string& script, const std::vector<std::string>& arguments,
                     const environment& with = {});

/// A server that prints its port once it listens; ended with this object.
class peer_process {
 public:
  peer_process(const std::string& name, const std::string& script, const environment& with = {});
  ~peer_process();
  peer_process(const peer_process&) = delete;
  peer_process& operator=(const peer_process&) = delete;

  int port() const { return port_; }  ///< 0: it did not start

 private:
  pid_t process_ = -1;
  int port_ = 0;
};

}  // namespace liaison::test
