// SPDX-License-Identifier: Apache-2.0
#include "core/app/workbench.hpp"

#include "core/base/digest.hpp"
#include "core/plugin/host_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace liaison::app {

namespace {

constexpr std::size_t input_size_bytes_max = 1U << 30;

std::filesystem::path program_directory() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path() : program.parent_path();
}

/// Files beside the plugins: ID.json for those that are not configured otherwise.
void add_plugin_defaults(plugin::host_settings& settings) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(settings.directory, ignored)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".json" || settings.configuration_json.count(name) > 0) continue;
    auto text = read_input(entry.path().string());
    if (!text) continue;
    std::string json = std::move(text).value();
    const std::string mark = "@directory@", folder = std::filesystem::absolute(settings.directory).string();
    for (std::size_t at = json.find(mark); at != std::string::npos; at = json.find(mark, at + folder.size()))
      json.replace(at, mark.size(), folder);
    settings.configuration_json[name] = json;
  }
}

}  // namespace

std::string plugin_directory(const std::string& asked) {
  if (!asked.empty()) return asked;
  return (program_directory().parent_path() / "lib" / "liaison").string();
}

std::string program_path(const std::string& beside) { return (program_directory() / beside).string(); }

plugin::host_settings host_settings_of(const arguments& what) {
  plugin::host_settings settings;
  settings.directory = plugin_directory(what.plugins);
  add_plugin_defaults(settings);
  settings.deadline_ms = 60'000;
  settings.queue_ms_max = 120'000;
  return settings;
}

plugin::host_settings host_settings_of(const config::configuration& configuration) {
  plugin::host_settings settings;
  settings.directory = plugin_directory(configuration.plugins.directory);
  settings.hosts = configuration.plugins.hosts;
  settings.memory_bytes_max = configuration.plugins.memory_bytes_max;
  settings.deadline_ms = configuration.plugins.deadline_ms;
  settings.rest_ms = configuration.plugins.rest_ms;
  settings.configuration_json = configuration.plugins.configuration_json;
  add_plugin_defaults(settings);
  return settings;
}

result<std::unique_ptr<workbench>> workbench::open(const plugin::host_settings& settings) {
  std::unique_ptr<workbench> bench(new workbench);
  auto hosts = plugin::open_hosts(bench->executor_.context(), settings);
  if (!hosts) return hosts.error();
  bench->translators_ = std::move(hosts).value();
  return bench;
}

void workbench::wait(const std::function<void(std::function<void()>)>& start) {
  start([this] { executor_.stop(); });
  executor_.context().restart();
  executor_.run();
}

std::string workbench::now() const { return rfc3339(executor_.now()); }

result<std::string> read_input(const std::string& file) {
  const bool standard = file.empty() || file == "-";
  const int fd = standard ? 0 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure{"unreadable", file + ": " + std::strerror(errno)};
  std::string bytes;
  std::array<char, 1 << 16> chunk{};
  ssize_t n = 0;
  while ((n = ::read(fd, chunk.data(), chunk.size())) > 0) {
    bytes.append(chunk.data(), static_cast<std::size_t>(n));
    if (bytes.size() > input_size_bytes_max) break;
  }
  const int read_errno = errno;
  if (!standard) ::close(fd);
  if (n < 0) return failure{"unreadable", (standard ? "standard input" : file) + ": " + std::strerror(read_errno)};
  if (bytes.size() > input_size_bytes_max) return failure{"too-large", "the input is larger than 1 GiB"};
  return bytes;
}

result<done> write_output(const std::string& file, const std::string& bytes) {
  if (file.empty() || file == "-") {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() && std::fflush(stdout) == 0) return done{};
    return failure{"unwritable", std::string("standard output: ") + std::strerror(errno)};
  }
  std::FILE* out = std::fopen(file.c_str(), "wbe");
  if (!out) return failure{"unwritable", file + ": " + std::strerror(errno)};
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if (std::fclose(out) != 0 || !written) return failure{"unwritable", file + ": " + std::strerror(errno)};
  return done{};
}

void print_issues(const std::vector<model::issue>& issues) {
  for (const auto& i : issues)
    std::fprintf(stderr, "%s %s%s%s: %s\n", model::name_of(i.severity), i.code.c_str(), i.location.empty() ? "" : " at ",
                 i.location.c_str(), i.diagnostics.c_str());
}

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "liaison: %s\n", text.c_str());
  return code;
}

}  // namespace liaison::app
