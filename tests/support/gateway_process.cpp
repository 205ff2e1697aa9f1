// SPDX-License-Identifier: Apache-2.0
#include "gateway_process.hpp"

#include "core/net/exchange.hpp"
#include "core/net/load.hpp"
#include "core/protocol/acknowledgement.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <rapidjson/document.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace liaison::test {

namespace {

constexpr std::int64_t answer_ms_max = std::int64_t{30'000} * LIAISON_TEST_SLOWNESS;

int exit_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

void replace_all(std::string& text, const std::string& mark, const std::string& by) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size())) text.replace(at, mark.size(), by);
}

std::string base64(const std::string& bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[(group >> (18 - 6 * k)) & 63];
  }
  return text;
}

std::string demo(const std::string& name, const std::string& number) {
  std::string text = read_file(std::filesystem::path(LIAISON_SOURCE_DIRECTORY) / "configs/demo" / name);
  replace_all(text, "@NUMBER@", number);
  replace_all(text, "@TIME@", "20261121120000+0100");
  replace_all(text, "@STAMP@", "20261121120000");
  return text;
}

}  // namespace

std::string program(const std::string& name) { return std::string(LIAISON_BINARY_DIRECTORY) + "/bin/" + name; }

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  const auto hidden = file.parent_path() / ("." + file.filename().string() + ".part");
  std::ofstream(hidden, std::ios::binary) << bytes;
  std::filesystem::rename(hidden, file);
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& suffix) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.front() != '.' && (suffix.empty() || entry.path().extension() == suffix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

finished run(const std::vector<std::string>& command, const std::string& input) {
  char name[] = "/tmp/liaison-run-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  write_file(folder + "/in", input);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(::open((folder + "/in").c_str(), O_RDONLY), 0);
    ::dup2(::open((folder + "/out").c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::dup2(::open((folder + "/err").c_str(), O_WRONLY | O_CREAT, 0600), 2);
    std::vector<char*> arguments;
    for (const auto& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    ::execv(command.front().c_str(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  finished result{exit_of(status), read_file(folder + "/out"), read_file(folder + "/err")};
  std::filesystem::remove_all(folder);
  return result;
}

std::string letter_control_id(const std::string& number, const letter_version& which) {
  return "DEMO" + number + "-" + std::to_string(which.version) + which.order;
}

std::string discharge_letter(const std::string& number, const letter_version& which) {
  const auto id = [&](unsigned version) { return "2.999.48.1." + number + "." + std::to_string(version); };
  std::string cda = demo("discharge-letter.cda.xml", number);
  replace_all(cda, "<id root=\"" + id(1) + "\"/>", "<id root=\"" + id(which.version) + "\"/>");
  replace_all(cda, "<versionNumber value=\"1\"/>", "<versionNumber value=\"" + std::to_string(which.version) + "\"/>");
  replace_all(cda, "899900000017", which.author);
  if (which.author != "899900000017") {  // and of another house
    replace_all(cda, "1999999991", "1999999992");
    replace_all(cda, "CHU DE DEMONSTRATION", "CLINIQUE DES EXEMPLES");
  }
  if (which.replaces != 0)
    replace_all(cda, "  <componentOf>",
                "  <relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"" + id(which.replaces) +
                    "\"/></parentDocument></relatedDocument>\n  <componentOf>");
  replace_all(cda, "@PDF@", base64(demo("discharge-letter.pdf", number)));
  std::string message = demo("discharge-letter.oru.hl7", number);
  replace_all(message, "|DEMO" + number + "|", "|" + letter_control_id(number, which) + "|");
  replace_all(message, "ORC|NW|", "ORC|" + which.order + "|");
  replace_all(message, "@CDA@||||||F", "@CDA@||||||" + which.status);
  replace_all(message, "@CDA@", base64(cda));
  std::replace(message.begin(), message.end(), '\n', '\r');
  return message;
}

std::string discharge_letter(const std::string& number) {
  std::string cda = demo("discharge-letter.cda.xml", number);
  replace_all(cda, "@PDF@", base64(demo("discharge-letter.pdf", number)));
  std::string message = demo("discharge-letter.oru.hl7", number);
  replace_all(message, "@CDA@", base64(cda));
  std::replace(message.begin(), message.end(), '\n', '\r');
  return message;
}

std::string laboratory_result(const std::string& number) { return demo("laboratory-result.hpr", number); }

std::string plain_result(const std::string& number) {
  return "MSH|^~\\&|SIL|LABO|LIAISON|HOP|20261121103000||ORU^R01^ORU_R01|R" + number +
         "|P|2.5|||||FRA|UNICODE UTF-8\rPID|||IPP7^^^HOP&2.999.48.20&ISO^PI||PATIENTE-INVENTEE^ZENOBIE^ZENOBIE^^^^L||19620214|F\r"
         "PV1|1|O\rORC|RE|P" + number + "|F" + number + "\rOBR|1|P" + number + "|F" + number +
         "|NFS^Num\xC3\xA9ration^L|||20261121080000|||||||||||||||20261121100000||LAB|F\r"
         "OBX|1|NM|HB^H\xC3\xA9moglobine^L||12.50|g/dL|12.0-16.0|N|||F\rOBX|2|NM|CRP^CRP^L||22|mg/L|<5|H|||F\r";
}

gateway_process::gateway_process() {
  char name[] = "/tmp/liaison-test-XXXXXX";
  folder_ = ::mkdtemp(name);
  mllp_ = net::free_loopback_port().value();
  http_ = net::free_loopback_port().value();
  const std::string f = folder_.string();
  configure(R"({"instance":{"name":"test","data":")" + f + R"(/data"},"listen":{"http":{"port":)" + std::to_string(http_) +
            R"(}},"endpoints":{"hospital":{"source":{"mllp":{"port":)" + std::to_string(mllp_) + R"(}}},"laboratory":{"source":{"folder":{"path":")" + f +
            R"(/laboratory/out","quiet_ms":50,"poll_ms":50}}},"api":{"source":{"http":{}}},"gp":{"format":"hprim-medecin","destination":{"folder":{"path":")" + f +
            R"(/gp/in"}}},"pta":{"format":"fhir","destination":{"folder":{"path":")" + f +
            R"(/pta/in"}}}},"routes":[{"name":"all","to":["gp","pta"]}]})");
  for (const char* part : {"laboratory/out", "gp/in", "pta/in"}) std::filesystem::create_directories(folder_ / part);
}

gateway_process::~gateway_process() {
  if (process_ > 0) kill_now();
  if (!::testing::Test::HasFailure()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

void gateway_process::configure(const std::string& json) { write_file(configuration_file(), json); }

void gateway_process::start() {
  std::vector<std::string> command{program("liaison"), "run", "--config", configuration_file().string()};
  for (const auto& option : options_) {
    command.emplace_back("--set");
    command.push_back(option);
  }
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
    if (const rlimit few{descriptors_max_, descriptors_max_}; descriptors_max_ > 0) ::setrlimit(RLIMIT_NOFILE, &few);
    std::vector<char*> arguments;
    for (auto& a : command) arguments.push_back(a.data());
    arguments.push_back(nullptr);
    ::execv(command.front().c_str(), arguments.data());
    ::_exit(127);
  }
  for (int i = 0; i < 1'000; ++i) {
    if (!is_running() || ask("GET", "/readyz").status == 200) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(ask("GET", "/readyz").status, 200U) << read_file(log_file());
}

bool gateway_process::is_running() const {
  siginfo_t info{};
  return process_ > 0 && ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

void gateway_process::signal(int number) const { ::kill(process_, number); }

int gateway_process::wait_for_exit() {
  int status = 0;
  for (int i = 0; i < 3'000; ++i) {
    const pid_t ended = ::waitpid(process_, &status, WNOHANG);
    if (ended == process_) {
      process_ = -1;
      return exit_of(status);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the gateway did not end within 30 s";
  kill_now();
  return -1;
}

void gateway_process::kill_now() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

int gateway_process::stop() {
  signal(SIGTERM);
  return wait_for_exit();
}

gateway_process::answer gateway_process::send(const std::string& message, std::int64_t deadline_ms) const {
  auto got = net::mllp_exchange({"mllp", "127.0.0.1", mllp_, ""}, message, deadline_ms);
  if (!got) return {got.error().code, got.error().text};
  auto read = protocol::read_acknowledgement(got.value());
  return {read ? read.value().code_text : read.error().code, got.value()};
}

gateway_process::http gateway_process::ask(const std::string& method, const std::string& path, const std::string& body,
                                           const std::string& content_type) const {
  net::http_question question;
  question.method = method;
  question.body = body;
  if (!content_type.empty()) question.headers["Content-Type"] = content_type;
  auto got = net::http_exchange({"http", "127.0.0.1", http_, path}, question, answer_ms_max);
  if (!got) return {};
  return {got.value().status, got.value().body};
}

std::uint64_t gateway_process::count_in(const std::string& recipient, const std::vector<const char*>& states) const {
  rapidjson::Document document;
  document.Parse(ask("GET", "/api/v1/recipients").body.c_str());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("items")) return 0;
  std::uint64_t sum = 0;
  for (const auto& item : document["items"].GetArray())
    if (recipient == item["recipient"].GetString())
      for (const char* state : states) sum += item[state].GetUint64();
  return sum;
}

std::uint64_t gateway_process::count(const std::string& recipient, const std::string& state) const {
  return count_in(recipient, {state.c_str()});
}

std::uint64_t gateway_process::count(const std::string& recipient) const {
  return count_in(recipient, {"pending", "delivered", "dead", "cancelled"});
}

bool gateway_process::wait_until_delivered(std::int64_t ms_max) const {
  int quiet = 0;
  for (std::int64_t waited = 0; waited < ms_max && quiet < 3; waited += 50) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    quiet = count("gp", "pending") + count("pta", "pending") == 0 ? quiet + 1 : 0;
  }
  return quiet >= 3;
}

}  // namespace liaison::test
