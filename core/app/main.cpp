// SPDX-License-Identifier: Apache-2.0
// `liaison COMMAND …`. Knows which command runs what; nothing else.
#include "core/app/arguments.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

int main(int argc, char** argv) {
  using namespace liaison::app;
  std::signal(SIGPIPE, SIG_IGN);
  const parsed command_line = parse(argc, argv);
  if (command_line.exit >= 0) return command_line.exit;
  static const std::map<std::string, int (*)(const arguments&)> commands{
      {"run", run_gateway},          {"check", run_check},       {"test", run_configuration_tests},
      {"inspect", run_inspect},      {"convert", run_convert},   {"validate", run_validate},
      {"send", run_send},            {"plugins", run_plugins},   {"plugin-check", run_plugin_check},
      {"bench", run_bench},          {"messages list", run_operation},  {"messages show", run_operation},
      {"messages trace", run_operation}, {"messages raw", run_operation}, {"messages replay", run_operation},
      {"deliveries list", run_operation}, {"deliveries retry", run_operation}, {"deliveries cancel", run_operation},
      {"document show", run_operation},   {"document waiting", run_operation},
      {"receipts", run_operation},   {"patient find", run_patients}, {"patient show", run_patients},
      {"patient consent", run_patients}, {"patients rebuild", run_patients}, {"stay list", run_patients},
      {"stay show", run_patients},   {"stay find", run_patients}};
  const auto at = commands.find(command_line.what.command);
  if (at == commands.end()) return exit_usage;
  try {
    return at->second(command_line.what);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "liaison: %s\n", error.what());
    return exit_unreachable;
  }
}
