// SPDX-License-Identifier: Apache-2.0
// A real gateway in a folder of its own: started, asked, killed and started again by tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace liaison::test {

std::string program(const std::string& name);  ///< of this build
std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& bytes);
/// Files of the folder that a reader of it would take (no dot files, no folders), sorted.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& suffix = {});

struct finished {
  int exit = -1;  ///< exit code, or 128 + signal
  std::string out, err;
};
/// Runs a program of this build to its end, with `input` on its standard input.
finished run(const std::vector<std::string>& command, const std::string& input = {});

/// The demonstration's letter as an ORU^R01 with a CDA, and its laboratory result, numbered so that each is a document of its own.
std::string discharge_letter(const std::string& number);
/// The same as a version of one document: its control id, ORC-1, OBX-11, and the CDA's id, version and relatedDocument follow.
struct letter_version {
  unsigned version = 1;
  unsigned replaces = 0;                     ///< number of the version that it replaces; 0: none
  std::string order = "NW", status = "F";    ///< ORC-1 and OBX-11: NW F, RO C, CA D
  std::string author = "899900000017";       ///< of the document, RPPS or alike
};
std::string letter_control_id(const std::string& number, const letter_version& which);
std::string discharge_letter(const std::string& number, const letter_version& which);
std::string laboratory_result(const std::string& number);
std::string plain_result(const std::string& number);  ///< a small ORU^R01 with OBX results

class gateway_process {
 public:
  /// Endpoints of the standard configuration: "hospital" (MLLP), "laboratory" (folder laboratory/out), "api" (HTTP); recipients "gp"
  /// (hprim-medecin into gp/in) and "pta" (fhir into pta/in). Everything goes to both.
  gateway_process();
  ~gateway_process();
  gateway_process(const gateway_process&) = delete;
  gateway_process& operator=(const gateway_process&) = delete;

  /// A dotted key as for --set, before `start`.
  void set(const std::string& key_value) { options_.push_back(key_value); }
  void configure(const std::string& json);  ///< instead of the standard configuration
  void limit_descriptors(std::uint64_t hard) { descriptors_max_ = hard; }  ///< before `start`

  void start();          ///< until /readyz says so; fails the test otherwise
  int wait_for_exit();   ///< exit code or 128 + signal
  void signal(int number) const;
  void kill_now();       ///< SIGKILL, and waits
  int stop();            ///< SIGTERM; gives the exit code
  bool is_running() const;

  struct answer {
    std::string code;  ///< "AA", or what went wrong: "closed", "timed-out"
    std::string text;
  };
  answer send(const std::string& message, std::int64_t deadline_ms = 30'000) const;
  struct http {
    unsigned status = 0;
    std::string body;
  };
  http ask(const std::string& method, const std::string& path, const std::string& body = {}, const std::string& content_type = {}) const;
  std::uint64_t count(const std::string& recipient, const std::string& state) const;
  std::uint64_t count(const std::string& recipient) const;  ///< deliveries in any state, at one moment
  /// Waits until nothing is pending and nothing came for a moment.
  bool wait_until_delivered(std::int64_t ms_max = 30'000) const;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path log_file() const { return folder_ / "gateway.log"; }
  std::filesystem::path configuration_file() const { return folder_ / "gateway.json"; }
  pid_t process() const { return process_; }
  std::uint16_t mllp_port() const { return mllp_; }
  std::uint16_t http_port() const { return http_; }

 private:
  std::uint64_t count_in(const std::string& recipient, const std::vector<const char*>& states) const;

  std::filesystem::path folder_;
  std::vector<std::string> options_;
  std::uint16_t mllp_ = 0, http_ = 0;
  std::uint64_t descriptors_max_ = 0;  ///< 0: as this process
  pid_t process_ = -1;
};

}  // namespace liaison::test
