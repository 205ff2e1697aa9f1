// SPDX-License-Identifier: Apache-2.0
// Translators for one command: plugin hosts, and an event loop that runs until the answer is there. Also how the
// command line reads and writes files.
#pragma once

#include "core/app/arguments.hpp"
#include "core/base/result.hpp"
#include "core/config/configuration.hpp"
#include "core/model/issue.hpp"
#include "core/net/asio_executor.hpp"
#include "core/plugin/host_settings.hpp"
#include "core/plugin/translators.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace liaison::app {

/// Directory of the plugins: the argument, else lib/liaison beside the program's directory.
std::string plugin_directory(const std::string& asked);
std::string program_path(const std::string& beside);  ///< "liaison-host" → the one next to this program

class workbench {
 public:
  /// Starts the hosts. Failure when the directory or a plugin cannot be used.
  static result<std::unique_ptr<workbench>> open(const plugin::host_settings& settings);

  plugin::translators& translators() { return *translators_; }
  net::asio_executor& executor() { return executor_; }

  /// Runs the loop until `done` was called: `wait([&](auto done) { start_something([=] { done(); }); })`.
  void wait(const std::function<void(std::function<void()> done)>& start);

  /// RFC 3339, now.
  std::string now() const;

 private:
  workbench() = default;
  net::asio_executor executor_;
  std::unique_ptr<plugin::translators> translators_;
};

/// How plugins are run for one command, and for a gateway. Plugins that are not configured get the configuration that
/// lies beside them (ID.json, "@directory@" standing for their folder).
plugin::host_settings host_settings_of(const arguments& what);
plugin::host_settings host_settings_of(const config::configuration& configuration);

/// A whole file, or standard input for "" and "-". Failure "unreadable" with the reason; "too-large" above 1 GiB.
result<std::string> read_input(const std::string& file);
/// Failure "unwritable".
result<done> write_output(const std::string& file, const std::string& bytes);

/// One line an issue on stderr: "error hl7v2-pfi-t05 at OBX[3]-5.5: …".
void print_issues(const std::vector<model::issue>& issues);
int complain(const std::string& text, int code);  ///< "liaison: text" on stderr; gives `code`

}  // namespace liaison::app
