// SPDX-License-Identifier: Apache-2.0
// The fhir plugin beside a bare RapidJSON parse of the same bytes: DOM and SAX (iterative, UTF-8 checked), then parse,
// inspect, validate (base R4; with the rules of the profile that the file claims), and write. Files: the pivot's
// examples and a laboratory report made large. FHIR_BENCH_FILES adds others, parted by ':'.
#include "plugin_calls.hpp"

#include "json_parser.hpp"

#include <benchmark/benchmark.h>
#include <rapidjson/reader.h>

#include <cstdlib>
#include <map>
#include <sstream>

namespace {

using namespace liaison;
using namespace liaison::test;

constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
constexpr std::string_view options = R"({"now":"2024-03-01T12:00:00+01:00"})";

/// The example with its results a hundred times over: each copy a number of its own.
std::string large_report(const std::string& small) {
  rapidjson::Document read;
  read.Parse<rapidjson::kParseNumbersAsStringsFlag>(small.c_str());
  const std::size_t from = small.rfind("\n  {\n   \"fullUrl\"");
  const std::string last = small.substr(from, small.rfind("\n ]") - from);
  std::string text = small.substr(0, small.rfind("\n ]"));
  for (int i = 0; i < 400; ++i) {
    std::string copy = last;
    const std::size_t id = copy.find("urn:uuid:") + 9;
    char number[37];
    std::snprintf(number, sizeof number, "00000000-0000-5000-8000-%012d", 1000 + i);
    text += "," + copy.replace(id, 36, number);
  }
  return text + "\n ]\n}\n";
}

const std::map<std::string, std::string>& files() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> made;
    const std::string folder = LIAISON_SOURCE_DIRECTORY "/docs/reference/pivot/";
    for (const char* name : {"laboratory-report", "discharge-letter", "support-request"})
      made[name] = read_file(folder + name + ".json");
    made["laboratory-report-large"] = large_report(made["laboratory-report"]);
    const std::string options_lab = R"({"now":"2024-03-01T12:00:00+01:00","profile":"eu-lab"})";
    made["eu-laboratory-report"] =
        run(translator_table().encode, made["laboratory-report"], options_lab).part(LIAISON_PART_DOCUMENT);
    if (const char* more = std::getenv("FHIR_BENCH_FILES")) {
      std::stringstream list(more);
      for (std::string path; std::getline(list, path, ':');)
        made[std::filesystem::path(path).stem().string()] = read_file(path);
    }
    return made;
  }();
  return all;
}

void dom(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    rapidjson::Document read;
    read.Parse<flags>(text.data(), text.size());
    benchmark::DoNotOptimize(read.HasParseError());
  }
}

void sax(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    rapidjson::BaseReaderHandler<> nothing;
    rapidjson::Reader reader;
    rapidjson::StringStream stream(text.c_str());
    benchmark::DoNotOptimize(reader.Parse<flags>(stream, nothing).IsError());
  }
}

void parse(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    fhir::tree read;
    benchmark::DoNotOptimize(fhir::parse_json(text, read).good);
  }
}

void call(benchmark::State& state, const std::string& text, liaison_operation operation) {
  for (auto _ : state) benchmark::DoNotOptimize(run(operation, text, options).status);
}

}  // namespace

int main(int count, char** values) {
  benchmark::Initialize(&count, values);
  for (const auto& [name, text] : files()) {
    const auto add = [&](const char* what, auto work) {
      benchmark::RegisterBenchmark((name + "/" + what).c_str(), [&text = text, work](benchmark::State& state) {
        work(state, text);
        state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
      });
    };
    const liaison_translator& of = translator_table();
    add("rapidjson-dom", dom);
    add("rapidjson-sax", sax);
    add("parse", parse);
    add("inspect", [&of](benchmark::State& state, const std::string& bytes) { call(state, bytes, of.inspect); });
    add("validate", [&of](benchmark::State& state, const std::string& bytes) { call(state, bytes, of.validate); });
    add("write", [&of](benchmark::State& state, const std::string& bytes) { call(state, bytes, of.encode); });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
