// SPDX-License-Identifier: Apache-2.0
// Lines are put together here and handed to spdlog, which brings the sinks and their locking. A line of a level
// that is off costs one comparison and no allocation for each value.
#include "core/observe/log.hpp"

#include "core/base/digest.hpp"
#include "core/observe/json_text.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace liaison::observe {
namespace {

constexpr std::size_t value_size_bytes_max = 512;

struct level_entry {
  level how;
  const char* name;        // in a line
  const char* configured;  // in a configuration
  spdlog::level::level_enum below;
};
constexpr std::array<level_entry, 4> levels{{{level::debug, "debug", "debug", spdlog::level::debug},
                                             {level::information, "information", "info", spdlog::level::info},
                                             {level::warning, "warning", "warning", spdlog::level::warn},
                                             {level::error, "error", "error", spdlog::level::err}}};

const level_entry& entry_of(level how) { return levels[static_cast<std::size_t>(how)]; }

// Programs that never open a log (one command, then done) still say what went wrong.
std::atomic<level> lowest_level{level::warning};

std::shared_ptr<spdlog::logger> logger_on(spdlog::sink_ptr sink) {
  auto made = std::make_shared<spdlog::logger>("liaison", std::move(sink));
  made->set_pattern("%v");
  made->set_level(spdlog::level::trace);
  made->flush_on(spdlog::level::trace);  // a line that is lost in a crash is the one that was needed
  return made;
}

std::shared_ptr<spdlog::logger>& output() {
  static std::shared_ptr<spdlog::logger> current = logger_on(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return current;
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

void open_log(level lowest, const std::string& path) {
  try {
    if (path.empty()) {
      output() = logger_on(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    } else {
      output() = logger_on(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    }
  } catch (const spdlog::spdlog_ex& why) {
    throw std::runtime_error("cannot open the log " + path + ": " + why.what());
  }
  set_log_level(lowest);
}

void set_log_level(level lowest) { lowest_level.store(lowest, std::memory_order_relaxed); }

bool is_logged(level how) { return how >= lowest_level.load(std::memory_order_relaxed); }

std::optional<level> level_named(std::string_view configured) {
  for (const auto& one : levels) {
    if (configured == one.configured || configured == one.name) return one.how;
  }
  return std::nullopt;
}

log_line::log_line(level how, std::string_view event) : active_(is_logged(how)), how_(how) {
  if (!active_) return;
  text_.reserve(256);
  text_ += "{\"time\":\"";
  text_ += rfc3339(now_ms());
  text_ += "\",\"level\":\"";
  text_ += entry_of(how).name;
  text_ += "\",\"event\":";
  append_json_string(text_, event, value_size_bytes_max);
}

log_line::~log_line() {
  if (!active_) return;
  text_ += '}';
  output()->log(entry_of(how_).below, spdlog::string_view_t(text_.data(), text_.size()));
}

log_line& log_line::with(std::string_view key, std::string_view value) {
  if (!active_) return *this;
  begin_value(key);
  append_json_string(text_, value, value_size_bytes_max);
  return *this;
}

log_line& log_line::with(std::string_view key, std::int64_t value) {
  if (!active_) return *this;
  begin_value(key);
  text_ += std::to_string(value);
  return *this;
}

log_line& log_line::with(std::string_view key, std::uint64_t value) {
  if (!active_) return *this;
  begin_value(key);
  text_ += std::to_string(value);
  return *this;
}

log_line& log_line::with(std::string_view key, double value) {
  if (!active_) return *this;
  begin_value(key);
  if (!std::isfinite(value)) {
    text_ += "null";  // JSON has no infinity
    return *this;
  }
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.9g", value);
  text_ += digits.data();
  return *this;
}

void log_line::begin_value(std::string_view key) {
  text_ += ',';
  append_json_string(text_, key, value_size_bytes_max);
  text_ += ':';
}

}  // namespace liaison::observe
