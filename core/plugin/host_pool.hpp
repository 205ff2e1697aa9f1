// SPDX-License-Identifier: Apache-2.0
// The translators of the running gateway: every plugin in sandboxed host processes over one io_context.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/host_settings.hpp"
#include "core/plugin/translators.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace liaison::plugin {

/// `translators`, with an end. Destroying it kills and reaps all hosts; requests unanswered then are answered
/// `unavailable` by work posted to the io_context, for those who still run it.
class host_pool : public translators {
 public:
  virtual void stop() = 0;  ///< the same, now; later calls are answered `unavailable`
};

/// Starts one host of each plugin, all at once, and waits until they are ready (tens of milliseconds). Thread: the one
/// that runs `io`, and that must live as long as the pool: the kernel kills hosts when the thread that started them
/// ends. Ignores SIGPIPE for the process if nobody handles it. Errors: "plugin-none", "plugin-load-failed" (which file
/// and why), "plugin-format-twice". While the pool is open, `io` does not run out of work. `meanwhile` runs once on the same
/// thread when the processes have been started and before they are waited for; not at all when one cannot be started.
result<std::unique_ptr<host_pool>> open_hosts(boost::asio::io_context& io, host_settings how,
                                              const std::function<void()>& meanwhile = nullptr);

}  // namespace liaison::plugin
