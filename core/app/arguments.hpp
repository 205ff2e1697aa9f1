// SPDX-License-Identifier: Apache-2.0
// The command line as plain values, and the exit codes that scripts rely on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace liaison::app {

enum exit_code : int {
  exit_done = 0,
  exit_bad_input = 1,  ///< the input is bad or a check failed
  exit_usage = 2,
  exit_configuration = 3,
  exit_unreachable = 4,  ///< could not start or reach something
  exit_plugin = 5,       ///< a plugin failed
};

struct arguments {
  std::string command;  ///< "inspect", "messages list" …
  bool json = false;

  std::string config;
  std::vector<std::string> set;  ///< KEY=VALUE

  std::vector<std::string> files;  ///< "-" or none: stdin
  std::string from, to, profile, charset, strictness = "tolerant", carry = "cda";
  std::string options = "{}";
  std::string loss, output;
  bool values = false, text = false;
  std::string plugins;  ///< directory; empty: beside the program

  std::string api = "http://127.0.0.1:8480";
  std::string token;
  std::int64_t id = 0;
  std::string recipient, source, state;
  std::string document_type, control_id, since, until;  ///< messages list
  std::string document;  ///< its id or its set's
  std::string system, value, kind, answer, date;  ///< patient, stay
  std::int64_t before = 0;
  unsigned limit = 50;
  std::int64_t deadline_ms = 30'000;

  std::vector<unsigned> connections;  ///< bench
  double seconds = 3;
  bool compare = false;
  std::vector<std::string> only;
  std::uint64_t messages = 200'000;
  std::string directory;
};

/// Parses, or prints help or what is wrong and gives the exit code that the process ends with.
struct parsed {
  arguments what;
  int exit = -1;  ///< -1: go on
};
parsed parse(int argc, char** argv);

/// Runs one command. Data goes to stdout, everything else to stderr.
int run_gateway(const arguments& what);
int run_check(const arguments& what);
int run_configuration_tests(const arguments& what);
int run_inspect(const arguments& what);
int run_convert(const arguments& what);
int run_validate(const arguments& what);
int run_send(const arguments& what);
int run_operation(const arguments& what);  ///< messages, deliveries, receipts
int run_patients(const arguments& what);   ///< patient, patients, stay
int run_plugins(const arguments& what);
int run_plugin_check(const arguments& what);
int run_bench(const arguments& what);
int run_comparison(const arguments& what);  ///< bench --compare

}  // namespace liaison::app
