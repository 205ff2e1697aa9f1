// SPDX-License-Identifier: Apache-2.0
#include "core/config/load.hpp"

#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace config = liaison::config;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

config::snapshot valid(const std::string& text, std::vector<std::string> overrides = {}) {
  auto loaded = config::load_text(text, "x.json", {.overrides = std::move(overrides)});
  for (const auto& one : loaded.findings) {
    if (one.severity == liaison::model::severity::error) ADD_FAILURE() << to_text(one);
  }
  return loaded.configuration ? loaded.configuration : std::make_shared<config::configuration>();
}

class load_files : public testing::Test {
 protected:
  load_files() : folder_(fs::temp_directory_path() / ("liaison-load-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~load_files() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }
  fs::path folder_;
};

constexpr const char* everything = R"({
  "$schema": "x",
  "instance": {"name": "n", "environment": "production", "data": "d"},
  "listen": {"http": {"address": "::1", "port": 1, "tokens": ["0123456789abcdef"], "body_size_bytes_max": 2048, "connections_max": 3}},
  "store": {"path": "p", "free_bytes_min": 5, "inline_bytes_max": 6, "retention": {"days": 0.5, "quarantine_days": 8, "unrouted_days": 9}},
  "plugins": {"directory": "pd", "hosts": 2, "memory_bytes_max": 67108865, "deadline_ms": 11, "configuration": {"fr.liaison.x": {"k": [1, "é"]}}},
  "log": {"level": "debug"},
  "stop_ms_max": 12,
  "endpoints": {
    "a": {"display": "A", "format": "hl7v2", "profile": "p", "charset": "c", "strictness": "strict", "carry": "fhir/p", "options": {"o": {"p": null}},
      "source": {"mllp": {"address": "127.0.0.2", "port": 13, "frame_size_bytes_max": 1024, "connections_max": 15, "in_flight_max": 16, "idle_ms_max": 17}},
      "destination": {"mllp": {"host": "h", "port": 18, "tls": {}, "connect_ms_max": 19, "answer_ms_max": 20}},
      "delivery": {"retry_delay_ms_min": 21, "retry_delay_ms_max": 22, "dead_letter_after_hours": 0.5, "in_flight_max": 24}},
    "b": {"source": {"folder": {"path": "in", "pattern": "*.x", "witness": ".ok", "quiet_ms": 25, "poll_ms": 26, "file_size_bytes_max": 2000}},
      "destination": {"folder": {"path": "out", "suffix": ".s", "witness": ".w"}}},
    "c": {"source": {"http": {"tokens": ["fedcba9876543210"]}},
      "destination": {"http": {"url": "https://u/", "method": "PUT", "headers": {"H": "v"}, "content_type": "t", "answer_ms_max": 28}}}
  },
  "routes": [{"name": "r", "when": {"source": "a", "format": ["f"], "document_type": ["1", "2"], "sender": "s", "recipient": "r", "territory": "t",
    "event": "e", "confidentiality": "V", "status": "final", "has_document": false}, "to": ["b", "c", "a"], "last": true}]
})";

}  // namespace

TEST(load, every_key_reaches_its_member) {
  auto of = valid(everything);
  EXPECT_EQ(of->file, "x.json");
  EXPECT_EQ(of->name + of->environment + of->data, "nproductiond");
  ASSERT_TRUE(of->http);
  EXPECT_EQ(of->http->address, "::1");
  EXPECT_EQ(of->http->port, 1);
  EXPECT_THAT(of->http_tokens, ElementsAre("0123456789abcdef"));
  EXPECT_EQ(of->http_body_size_bytes_max, 2048U);
  EXPECT_EQ(of->http_connections_max, 3U);
  EXPECT_EQ(of->store.path, "p");
  EXPECT_EQ(of->store.free_bytes_min, 5U);
  EXPECT_EQ(of->store.inline_bytes_max, 6U);
  EXPECT_EQ(of->store.retention_days, 0.5);
  EXPECT_EQ(of->store.retention_days_quarantine, 8);
  EXPECT_EQ(of->store.retention_days_unrouted, 9);
  EXPECT_EQ(of->plugins.directory, "pd");
  EXPECT_EQ(of->plugins.hosts, 2U);
  EXPECT_EQ(of->plugins.memory_bytes_max, 67108865U);
  EXPECT_EQ(of->plugins.deadline_ms, 11);
  EXPECT_EQ(of->plugins.configuration_json.at("fr.liaison.x"), R"({"k":[1,"é"]})");
  EXPECT_EQ(of->log_level, "debug");
  EXPECT_EQ(of->stop_ms_max, 12);
}

TEST(load, every_key_of_an_endpoint_reaches_its_member) {
  auto of = valid(everything);
  const auto* a = of->find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->name + a->display + a->format + a->profile + a->charset + a->strictness + a->carry, "aAhl7v2pcstrictfhir/p");
  EXPECT_EQ(a->options_json, R"({"o":{"p":null}})");
  const auto& mllp = std::get<config::mllp_source>(a->source);
  EXPECT_EQ(mllp.listen.address, "127.0.0.2");
  EXPECT_EQ(mllp.listen.port, 13);
  EXPECT_EQ(mllp.frame_size_bytes_max, 1024U);
  EXPECT_EQ(mllp.connections_max, 15U);
  EXPECT_EQ(mllp.in_flight_max, 16U);
  EXPECT_EQ(mllp.idle_ms_max, 17);
  const auto& to = std::get<config::mllp_destination>(a->destination);
  EXPECT_EQ(to.host, "h");
  EXPECT_EQ(to.port, 18);
  EXPECT_TRUE(to.use_tls);
  EXPECT_EQ(to.connect_ms_max, 19);
  EXPECT_EQ(to.answer_ms_max, 20);
  EXPECT_EQ(a->delivery.retry_delay_ms_min, 21);
  EXPECT_EQ(a->delivery.retry_delay_ms_max, 22);
  EXPECT_EQ(a->delivery.dead_letter_after_ms, 1'800'000);
  EXPECT_EQ(a->delivery.in_flight_max, 24U);

  const auto& folder = std::get<config::folder_source>(of->find("b")->source);
  EXPECT_EQ(folder.path + folder.pattern + folder.witness, "in*.x.ok");
  EXPECT_EQ(folder.quiet_ms, 25);
  EXPECT_EQ(folder.poll_ms, 26);
  EXPECT_EQ(folder.file_size_bytes_max, 2000U);
  const auto& out = std::get<config::folder_destination>(of->find("b")->destination);
  EXPECT_EQ(out.path + out.suffix + out.witness, "out.s.w");

  EXPECT_THAT(std::get<config::http_source>(of->find("c")->source).tokens, ElementsAre("fedcba9876543210"));
  const auto& http = std::get<config::http_destination>(of->find("c")->destination);
  EXPECT_EQ(http.url + http.method + http.content_type + http.headers.at("H"), "https://u/PUTtv");
  EXPECT_EQ(http.answer_ms_max, 28);
  EXPECT_FALSE(http.tls);
}

TEST(load, every_key_of_a_route_reaches_its_member) {
  const auto of = valid(everything);
  ASSERT_EQ(of->routes.size(), 1U);
  const auto& route = of->routes.front();
  EXPECT_EQ(route.name, "r");
  EXPECT_THAT(route.to, ElementsAre("b", "c", "a"));
  EXPECT_TRUE(route.last);
  EXPECT_THAT(route.when.source, ElementsAre("a"));
  EXPECT_THAT(route.when.format, ElementsAre("f"));
  EXPECT_THAT(route.when.document_type, ElementsAre("1", "2"));
  EXPECT_THAT(route.when.sender, ElementsAre("s"));
  EXPECT_THAT(route.when.recipient, ElementsAre("r"));
  EXPECT_THAT(route.when.territory, ElementsAre("t"));
  EXPECT_THAT(route.when.event, ElementsAre("e"));
  EXPECT_THAT(route.when.confidentiality, ElementsAre("V"));
  EXPECT_THAT(route.when.status, ElementsAre("final"));
  EXPECT_EQ(route.when.has_document, std::optional<bool>(false));
}

TEST(load, the_store_lives_with_the_data_unless_told) {
  EXPECT_EQ(valid("{}", {"instance.data=/srv/x"})->store.path, "/srv/x/store");
  EXPECT_EQ(valid("{}", {"store.path=/srv/y"})->store.path, "/srv/y");
}

TEST(load, overrides_by_index_name_and_json) {
  auto of = valid(everything, {"listen.http.port=0", "routes.r.to.1=b", "routes.0.last=false", "instance.name=123",
                               "plugins.configuration.fr.liaison.x.k=7", "plugins.configuration.new={\"a\": 1}",
                               "endpoints.c.destination.http.headers.X-New=true",
                               "endpoints.b.destination={\"mllp\": {\"host\": \"127.0.0.1\", \"port\": 5}}",
                               "endpoints.a.options.o.q=text with = and spaces",
                               "endpoints.b.source.folder.path="
                               "/tmp/é",
                               "listen.http.port=9"});
  EXPECT_EQ(of->http->port, 9);  // the later one counts
  EXPECT_THAT(of->routes[0].to, ElementsAre("b", "b", "a"));
  EXPECT_FALSE(of->routes[0].last);
  EXPECT_EQ(of->name, "123");
  EXPECT_EQ(of->plugins.configuration_json.at("fr.liaison.x"), R"({"k":7})");
  EXPECT_EQ(of->plugins.configuration_json.at("new"), R"({"a":1})");
  EXPECT_EQ(std::get<config::http_destination>(of->find("c")->destination).headers.at("X-New"), "true");
  EXPECT_EQ(std::get<config::mllp_destination>(of->find("b")->destination).port, 5);
  EXPECT_FALSE(std::get<config::mllp_destination>(of->find("b")->destination).use_tls);
  EXPECT_EQ(of->find("a")->options_json, R"({"o":{"p":null,"q":"text with = and spaces"}})");
  EXPECT_EQ(std::get<config::folder_source>(of->find("b")->source).path, "/tmp/é");
}

TEST_F(load_files, secrets_come_from_files_and_the_environment) {
  const auto path = write("token", "from-the-file-0123\nsecond line\n");
  ::setenv("LIAISON_TEST_TOKEN", "from-the-environment", 1);
  auto of = valid(R"({"listen": {"http": {"tokens": [{"file": ")" + path + R"("}, {"env": "LIAISON_TEST_TOKEN"}]}}})");
  EXPECT_THAT(of->http_tokens, ElementsAre("from-the-file-0123", "from-the-environment"));
  ::unsetenv("LIAISON_TEST_TOKEN");
  EXPECT_THAT(effective_json(*of), Not(HasSubstr("from-the")));
}

TEST_F(load_files, a_secret_that_everybody_may_read_is_told_and_empty_ones_refused) {
  const auto open_to_all = write("open", "0123456789abcdef\n");
  fs::permissions(open_to_all, fs::perms::others_read, fs::perm_options::add);
  const auto empty = write("empty", "\n0123456789abcdef\n");
  auto loaded = config::load_text(
      R"({"listen": {"http": {"tokens": [{"file": ")" + open_to_all + R"("}, {"file": ")" + empty + R"("}]}}})", "x");
  EXPECT_EQ(loaded.configuration, nullptr);
  ASSERT_EQ(loaded.findings.size(), 2U);
  EXPECT_THAT(loaded.findings[0].text, HasSubstr("every user of this machine may read"));
  EXPECT_THAT(loaded.findings[1].text, HasSubstr("is empty"));
}

TEST_F(load_files, findings_never_show_a_secret) {
  auto loaded =
      config::load_text(R"({"listen": {"http": {"tokens": ["hush-hush-hush-hush", "hush-hush-hush-hush", "hush"]}}})",
                        "x", {.overrides = {"listen.http.tokns=hush"}});
  EXPECT_EQ(loaded.findings.size(), 3U);
  EXPECT_THAT(to_json(loaded.findings), Not(HasSubstr("hush")));
}

TEST_F(load_files, messages_of_tests_are_beside_the_configuration) {
  write("m.hl7", "x");
  const auto path = write(
      "c.json", R"({"endpoints": {"a": {"source": {"folder": {"path": "a"}}, "destination": {"folder": {"path": "b"}}}},
    "routes": [{"name": "r", "to": ["a"]}], "tests": [{"name": "t", "source": "a", "message": "m.hl7", "deliveries": [{"to": "a", "contains": ["x", "y"]}]}]})");
  auto loaded = config::load(path);
  ASSERT_NE(loaded.configuration, nullptr) << to_text(loaded.findings.front());
  EXPECT_TRUE(loaded.findings.empty());
  const auto& test = loaded.configuration->tests.front();
  EXPECT_EQ(test.name + test.source + test.message + test.verdict, "tam.hl7accepted");
  ASSERT_EQ(test.deliveries.size(), 1U);
  EXPECT_EQ(test.deliveries[0].to, "a");
  EXPECT_THAT(test.deliveries[0].contains, ElementsAre("x", "y"));
}

TEST_F(load_files, a_file_that_cannot_be_read_says_why) {
  EXPECT_EQ(to_text(config::load(folder_ / "none.json").findings.at(0)),
            (folder_ / "none.json").string() + ": error: cannot be read: No such file or directory");
  EXPECT_THAT(config::load(folder_).findings.at(0).text, HasSubstr("Is a directory"));
}

TEST(finding, as_json_for_programs) {
  const std::vector<config::finding> all{
      {.file = "a\"b", .line = 3, .column = 4, .key = "k", .text = "t"},
      {.severity = liaison::model::severity::warning, .file = "--set x", .text = "u"}};
  rapidjson::Document read;
  read.Parse(to_json(all));
  ASSERT_TRUE(read.IsArray() && read.Size() == 2);
  EXPECT_STREQ(read[0]["severity"].GetString(), "error");
  EXPECT_STREQ(read[0]["file"].GetString(), "a\"b");
  EXPECT_EQ(read[0]["line"].GetInt() * 10 + read[0]["column"].GetInt(), 34);
  EXPECT_FALSE(read[1].HasMember("line"));
  EXPECT_STREQ(read[1]["text"].GetString(), "u");
}

TEST(load, findings_of_others_get_their_place) {
  auto loaded = config::load_text(
      "{\"endpoints\": {\n  \"a\": {\"source\": {\"mllp\": {\"port\": 5}},\n    \"profile\": \"p\"}}}", "x.json",
      {.overrides = {"stop_ms_max=7"}});
  const auto error = liaison::model::severity::error;
  EXPECT_EQ(to_text(loaded.finding_at(error, "endpoints.a.profile", "no such profile")),
            "x.json:3:5: error: endpoints.a.profile: no such profile");
  EXPECT_EQ(to_text(loaded.finding_at(error, "endpoints.a.format", "none")),
            "x.json:2:3: error: endpoints.a.format: none");
  EXPECT_EQ(to_text(loaded.finding_at(error, "stop_ms_max", "too long")),
            "--set stop_ms_max: error: stop_ms_max: too long");
}

// Whatever the text: findings that say where, or a configuration, and never both an error and a configuration.
TEST(load, damaged_files_are_told) {
  std::ifstream file(LIAISON_SOURCE_DIRECTORY "/configs/hospital-group.json");
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(good.size(), 1000U);
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\",:0-9.eEtfn\\u \n\x80\xC3*";
  std::size_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (std::size_t change = 0; change <= random() % 3; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
        default:
          text.resize(at);
          break;
      }
      if (text.empty()) break;
    }
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    const auto loaded = config::load_text(text, "x");
    EXPECT_EQ(loaded.configuration == nullptr, has_error(loaded.findings));
    for (const auto& one : loaded.findings) EXPECT_LE(one.line, lines) << to_text(one);
    refused += loaded.configuration ? 0 : 1;
  }
  EXPECT_GT(refused, 150U);
}
