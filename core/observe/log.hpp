// SPDX-License-Identifier: Apache-2.0
// The structured log: one JSON object a line. What may be said: names of endpoints, ids, codes, counts,
// times. Never a value of a message: no identity, no address, no text of a document, at any level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace liaison::observe {

enum class level : std::uint8_t { debug, information, warning, error };

/// Thread: any, before the first line. `path` empty: stderr. Failing to open the file is an exception
/// (std::runtime_error). Without it, warnings and errors go to stderr.
void open_log(level lowest, const std::string& path = {});

/// Thread: any; at once. For a configuration that was read again.
void set_log_level(level lowest);
bool is_logged(level how);
std::optional<level> level_named(std::string_view configured);  ///< "debug", "info", "warning", "error"

/// One line, written when it goes out of scope: `log_line(level::information, "delivery-accepted").with("recipient",
/// name);` `event` is a stable code. Text that is no UTF-8 is repaired; values longer than 512 bytes are cut. Thread:
/// any.
class log_line {
 public:
  log_line(level how, std::string_view event);
  ~log_line();
  log_line(const log_line&) = delete;
  log_line& operator=(const log_line&) = delete;

  log_line& with(std::string_view key, std::string_view value);
  log_line& with(std::string_view key, const char* value) { return with(key, std::string_view(value)); }
  log_line& with(std::string_view key, std::int64_t value);
  log_line& with(std::string_view key, std::uint64_t value);
  log_line& with(std::string_view key, int value) { return with(key, static_cast<std::int64_t>(value)); }
  log_line& with(std::string_view key, unsigned value) { return with(key, static_cast<std::int64_t>(value)); }
  log_line& with(std::string_view key, double value);

 private:
  void begin_value(std::string_view key);

  bool active_;
  level how_;
  std::string text_;
};

}  // namespace liaison::observe
