// SPDX-License-Identifier: Apache-2.0
// `liaison bench --compare`: every line of what was promised about speed, in one run.
#include "core/app/arguments.hpp"
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/scratch.hpp"
#include "core/app/workbench.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace liaison::app {

namespace {

using bench::measurement;

constexpr measurement measurements[] = {
    {"intake", bench::measure_intake},
    {"end-to-end", bench::measure_end_to_end},
    {"documents", bench::measure_documents},
    {"plugin", bench::measure_plugin_call},
    {"store", bench::measure_store},
    {"soak", bench::measure_soak},
};

}  // namespace

int run_comparison(const arguments& what) {
  for (const std::string& asked : what.only)
    if (std::none_of(std::begin(measurements), std::end(measurements), [&](const measurement& one) { return asked == one.name; })) {
      std::string known;
      for (const measurement& one : measurements) known += std::string(known.empty() ? "" : ", ") + one.name;
      return complain("--only " + asked + ": known are " + known, exit_usage);
    }
  auto scratch = bench::scratch_directory::open(what.directory);
  if (!scratch) return complain(scratch.error().text, exit_unreachable);
  bench::settings how;
  how.seconds = what.seconds;
  how.messages = what.messages;
  how.connections = what.connections.empty() ? std::vector<unsigned>{1, 8, 64} : what.connections;
  how.plugins = what.plugins;
  double load[1] = {0};
  if (::getloadavg(load, 1) == 1 && load[0] > 0.5)
    std::fprintf(stderr, "liaison: this machine is not quiet (load %.1f): ratios may hold, figures do not\n", load[0]);
  std::vector<bench::line> lines;
  for (const measurement& one : measurements) {
    if (!what.only.empty() && std::find(what.only.begin(), what.only.end(), one.name) == what.only.end()) continue;
    std::fprintf(stderr, "liaison: measuring %s\n", one.name);
    auto directory = scratch.value().folder(one.name);
    if (!directory) return complain(directory.error().text, exit_unreachable);
    how.directory = directory.value();
    auto measured = one.run(how);
    if (!measured) return complain(std::string(one.name) + ": " + measured.error().text, exit_unreachable);
    for (bench::line& each : measured.value()) lines.push_back(std::move(each));
    scratch.value().remove(one.name);
  }
  const std::string text = what.json ? bench::to_json(lines) + "\n" : bench::to_table(lines);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_done;
}

}  // namespace liaison::app
