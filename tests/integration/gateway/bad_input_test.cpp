// SPDX-License-Identifier: Apache-2.0
// Everything that can be wrong with what comes in: a clear answer, kept for the operator, and nobody else is disturbed.
#include "gateway_process.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace liaison::test {
namespace {

struct bad {
  const char* name;
  std::string bytes;
};

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

const std::vector<bad>& bad_messages() {
  static const std::vector<bad> list{
      {"nothing_that_is_known", "Dear colleague, please find enclosed nothing at all."},
      {"binary", std::string("\x00\x01\x02\xff\xfe\x80", 6)},
      {"xml_with_dtd", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>&e;</title></ClinicalDocument>"},
      {"xml_nested_a_million_times", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">" + repeated("<a>", 1'000'000)},
      {"xml_truncated", "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2\"/>"},
      {"json_nested_100000_deep", "{\"resourceType\":\"Bundle\",\"entry\":" + repeated("[", 100'000)},
      {"json_truncated", "{\"resourceType\":\"Bundle\",\"type\":\"document\",\"entry\":[{"},
      {"hl7_that_ends_in_msh", "MSH|^~\\&|A|B"},
      {"hl7_with_a_document_that_is_no_base64",
       "MSH|^~\\&|A|B|C|D|20260101||ORU^R01^ORU_R01|X1|P|2.5|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\rPID|||1^^^H&2.999.1&ISO^PI||A^B^^^^^L||19500101|F\r"
       "ORC|NW\rOBR|1|||34105-7^L^LN\rOBX|1|ED|34105-7^L^LN||^TEXT^XML^Base64^!!!! no base64 !!!!||||||F\r"},
  };
  return list;
}

TEST(bad_input, each_is_refused_with_a_reason_kept_and_disturbs_nobody) {
  gateway_process gateway;
  gateway.start();
  int number = 0;
  for (const bad& message : bad_messages()) {
    SCOPED_TRACE(message.name);
    const auto answer = gateway.ask("POST", "/api/v1/messages", message.bytes, "application/octet-stream");
    EXPECT_EQ(answer.status, 422U) << answer.body.substr(0, 300);
    rapidjson::Document outcome;
    outcome.Parse(answer.body.c_str());
    ASSERT_FALSE(outcome.HasParseError());
    ASSERT_TRUE(outcome.HasMember("issue")) << answer.body;
    EXPECT_STREQ(outcome["issue"][0]["severity"].GetString(), "error");
    EXPECT_GT(outcome["issue"][0]["diagnostics"].GetStringLength(), 8U) << "says what";
    EXPECT_EQ(gateway.send(plain_result("bad" + std::to_string(++number))).code, "AA") << "others go on";
  }
  rapidjson::Document kept;
  kept.Parse(gateway.ask("GET", "/api/v1/messages?state=quarantined&limit=100").body.c_str());
  EXPECT_EQ(kept["items"].Size(), bad_messages().size()) << "kept for the operator";
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("gp", "delivered"), bad_messages().size());
}

TEST(bad_input, mllp_answers_ae_and_a_folder_puts_it_aside_with_its_issues) {
  gateway_process gateway;
  gateway.start();
  for (const bad& message : bad_messages()) {
    SCOPED_TRACE(message.name);
    if (message.bytes.size() > 100'000 || message.bytes.find('\0') != std::string::npos) continue;
    EXPECT_EQ(gateway.send(message.bytes).code, "AE");
  }
  write_file(gateway.folder() / "laboratory/out/empty.hpr", "");
  write_file(gateway.folder() / "laboratory/out/odd.hpr", "no format at all");
  const auto rejected = gateway.folder() / "laboratory/out/rejected";
  for (int i = 0; i < 200 && files_in(rejected).size() < 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(25));
  ASSERT_EQ(files_in(rejected).size(), 4U) << "each file with its issues beside it";
  EXPECT_NE(read_file(rejected / "odd.hpr.issues.json").find("\"code\""), std::string::npos);
  EXPECT_EQ(read_file(rejected / "odd.hpr"), "no format at all");
}

TEST(bad_input, two_identities_in_one_message_stop_it) {
  gateway_process gateway;
  gateway.start();
  std::string message = discharge_letter("1000000003");
  const std::string ins = "248053599810704";
  for (std::size_t at = message.find(ins); at != std::string::npos; at = message.find(ins, at)) message.replace(at, ins.size(), "154033599804284");
  const auto answer = gateway.send(message);
  EXPECT_EQ(answer.code, "AE");
  EXPECT_NE(answer.text.find("207"), std::string::npos);
  EXPECT_EQ(answer.text.find("154033599804284"), std::string::npos) << "no identity in an error text";
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_TRUE(files_in(gateway.folder() / "gp/in").empty());
}

TEST(bad_input, a_hundred_megabytes_are_refused_without_being_held) {
  gateway_process gateway;
  gateway.set("endpoints.hospital.source.mllp.frame_size_bytes_max=1048576");
  gateway.start();
  const auto answer = gateway.send(plain_result("big") + std::string(100U << 20, 'x'));
  EXPECT_NE(answer.code, "AA");
  EXPECT_EQ(gateway.send(plain_result("small")).code, "AA");
  EXPECT_EQ(gateway.ask("POST", "/api/v1/messages", std::string(100U << 20, 'x')).status, 413U);
  EXPECT_EQ(gateway.ask("GET", "/healthz").status, 200U);
}

TEST(bad_input, a_full_disk_says_not_now_loses_nothing_and_goes_on_by_itself) {
  gateway_process gateway;
  const auto disk = gateway.folder() / "disk";
  std::filesystem::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=12m") != 0) GTEST_SKIP() << "mounting a small file system needs privileges";
  struct unmount {
    std::string at;
    ~unmount() { ::umount2(at.c_str(), MNT_DETACH); }
  } at_end{disk.string()};
  gateway.set("instance.data=" + (disk / "data").string());
  gateway.set("store.free_bytes_min=4194304");
  gateway.start();
  ASSERT_EQ(gateway.send(plain_result("before")).code, "AA");
  write_file(disk / "ballast", std::string(8U << 20, 'x'));
  std::string last;
  int accepted = 1;
  for (int i = 0; i < 200 && last != "AR"; ++i) {
    last = gateway.send(plain_result("full" + std::to_string(i))).code;
    if (last == "AA") ++accepted;
  }
  EXPECT_EQ(last, "AR");
  EXPECT_EQ(gateway.ask("POST", "/api/v1/messages", plain_result("http")).status, 503U);
  EXPECT_EQ(gateway.ask("GET", "/readyz").status, 503U);
  std::filesystem::remove(disk / "ballast");
  for (int i = 0; i < 100 && gateway.send(plain_result("after")).code != "AA"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(gateway.send(plain_result("after")).code, "AA");
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(gateway.count("gp", "delivered"), static_cast<std::uint64_t>(accepted) + 1);
}

struct refusal_to_start {
  const char* name;
  std::vector<std::string> options;
  int exit;
  const char* says;
};

TEST(bad_input, a_gateway_that_cannot_start_says_why) {
  gateway_process gateway;
  gateway.start();
  const std::string taken = std::to_string(gateway.mllp_port());
  const std::string free = std::to_string(gateway.http_port());
  const refusal_to_start table[] = {
      {"typo", {"--set", "endpoints.gp.destinaton.folder.path=x"}, 3, "destination"},
      {"port_in_use", {"--set", "instance.data=" + (gateway.folder() / "other").string()}, 4, taken.c_str()},
      {"store_in_use", {"--set", "endpoints.hospital.source.mllp.port=1", "--set", "listen.http.port=2"}, 4, "store"},
      {"no_plugins", {"--set", "plugins.directory=" + gateway.folder().string(), "--set", "instance.data=" + (gateway.folder() / "third").string()}, 5, "plugin"},
      {"open_to_the_world", {"--set", "listen.http.address=0.0.0.0", "--set", "instance.data=" + (gateway.folder() / "fourth").string()}, 3, "0.0.0.0"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.name);
    std::vector<std::string> command{program("liaison"), "run", "--config", gateway.configuration_file().string()};
    command.insert(command.end(), r.options.begin(), r.options.end());
    const finished result = run(command);
    EXPECT_EQ(result.exit, r.exit) << result.err;
    EXPECT_NE(result.err.find(r.says), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace liaison::test
