// SPDX-License-Identifier: Apache-2.0
// liaison-host: one process that carries one plugin, started by the broker with two pipes, two windows and nothing else. Loads
// the plugin, closes the door behind itself, says what it offers, then serves calls until the pipe ends.
#include "core/plugin/host/checks.hpp"
#include "core/plugin/host/large_blocks.hpp"
#include "core/plugin/host/loaded_plugin.hpp"
#include "core/plugin/host/sandbox.hpp"
#include "core/plugin/host/serve.hpp"
#include "core/plugin/host/windows.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin::hosted {
namespace {

constexpr std::uint64_t check_memory_bytes_max = 1ULL << 30U;

int refuse(const std::string& reason) {
  std::string frame;
  wire::append_refused(frame, reason);
  (void)write_all(frame);
  return exit_refused;
}

int carry(const std::string& file) {
  if (auto alone = detach_from_everything(); !alone) return refuse(alone.error().text);
  buffer in;
  const auto first = read_frame(in);
  if (!first || first->kind != wire::frame_kind::settings) return exit_refused;
  const auto settings = wire::parse_settings(first->body);
  if (!settings) return exit_refused;
  in.consume(first->consumed_bytes);
  const auto shared = map_windows(settings.value());
  if (!shared) return refuse(shared.error().text);

  auto plugin = load(file);
  if (!plugin) return refuse(plugin.error().text);
  const auto& configurations = settings.value().configuration_json;
  const auto own = configurations.find(plugin.value().table->id);
  if (auto created = create(plugin.value(), own == configurations.end() ? "{}" : own->second); !created)
    return refuse(created.error().text);
  wire::ready description = description_of(plugin.value());
  const auto confined = confine(settings.value().memory_bytes_max, settings.value().if_unavailable);
  if (!confined) return refuse(confined.error().text);
  description.confined = confined.value().filtered;
  std::string frame;
  wire::append(frame, description);
  if (!write_all(frame)) return exit_done;
  return serve(plugin.value(), settings.value(), shared.value(), in);
}

void report(wire::finding_kind kind, const std::string& text) {
  std::string frame;
  wire::append(frame, wire::finding{kind, text});
  (void)write_all(frame);
}

int report(const check_result& got) {
  report(got.passed ? wire::finding_kind::passed : wire::finding_kind::failed, got.detail);
  return exit_done;
}

/// The other use of this program: one check of plugin-check. The calls pipe brings samples as the inputs of calls.
int check(const std::string& file, const std::string& name) {
  (void)detach_from_everything();
  close_windows();
  std::vector<std::string> samples;
  buffer in;
  while (const auto next = read_frame(in)) {
    if (const auto call = wire::parse_call(next->body); call) samples.emplace_back(call.value().input);
    in.consume(next->consumed_bytes);
  }
  report(wire::finding_kind::trying, "loading");
  if (const auto got = check_outside(name, file)) return report(*got);
  auto plugin = load(file);
  if (!plugin) return report({false, plugin.error().text});
  report(wire::finding_kind::trying, "create");
  if (auto created = create(plugin.value(), "{}"); !created) return report({false, created.error().text});
  const auto confined = confine(check_memory_bytes_max, wire::without_seccomp::refuse);
  if (!confined) return report({false, confined.error().text});
  const auto trying = [](const std::string& what) { report(wire::finding_kind::trying, what); };
  const auto got = check_inside(name, {file, plugin.value(), std::move(samples), trying});
  return report(got ? *got : check_result{false, "there is no such check"});
}

}  // namespace
}  // namespace liaison::plugin::hosted

int main(int argc, char** argv) {
  namespace hosted = liaison::plugin::hosted;
  const bool checks = argc == 4 && std::string_view(argv[2]) == "--check";
  if ((argc != 2 && !checks) || fcntl(liaison::plugin::wire::calls_fd, F_GETFD) < 0 ||
      fcntl(liaison::plugin::wire::replies_fd, F_GETFD) < 0) {
    std::fputs("liaison-host is started by the gateway: liaison-host PLUGIN.so, pipes on descriptors 3 and 4\n",
               stderr);
    return hosted::exit_usage;
  }
  hosted::map_large_blocks();
  // _exit: a plugin's destructors and exit handlers have nothing left to do that anyone could see.
  const int code = checks ? hosted::check(argv[1], argv[3]) : hosted::carry(argv[1]);
  _exit(code);
}
