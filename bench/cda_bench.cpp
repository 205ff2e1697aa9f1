// SPDX-License-Identifier: Apache-2.0
// The cda plugin beside libxml2's bare parse of the same bytes, SAX (no callbacks) and DOM: facts only (inspect), CDA →
// FHIR (decode), FHIR → CDA (encode), in documents/s and MB/s of one core. Read the ratio to the bare parse of the same
// run. Files: the project's own examples, and the laboratory report made large. CDA_BENCH_FILES adds others, parted by
// ':'.
#include "plugin_calls.hpp"

#include <benchmark/benchmark.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <map>
#include <sstream>

namespace {

using namespace liaison::test;

constexpr std::string_view options = R"({"now":"2025-03-11T12:00:00+01:00","id_seed":"s","endpoint":{"trusted":true}})";
constexpr int bare_options = XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;

/// The report with its entries many times over.
std::string large_report(const std::string& small) {
  const std::size_t from = small.find("<entry");
  const std::size_t to = small.find("</entry>", from) + 8;
  const std::string entry = small.substr(from, to - from);
  std::string text = small.substr(0, to);
  while (text.size() < 1'000'000) text += entry;
  return text + small.substr(to);
}

const std::map<std::string, std::string>& files() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> made;
    const std::string folder = LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/";
    for (const char* name : {"letter-n1", "letter-n3", "cr-bio"}) made[name] = read_file(folder + name + "/input.xml");
    made["cr-bio-large"] = large_report(made["cr-bio"]);
    if (const char* more = std::getenv("CDA_BENCH_FILES")) {
      std::stringstream list(more);
      for (std::string path; std::getline(list, path, ':');)
        made[std::filesystem::path(path).stem().string()] = read_file(path);
    }
    return made;
  }();
  return all;
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void bare_sax(benchmark::State& state, const std::string& input) {
  xmlSAXHandler nothing = {};
  nothing.initialized = XML_SAX2_MAGIC;
  for (auto _ : state) {
    xmlParserCtxt* parser = xmlCreateMemoryParserCtxt(input.data(), static_cast<int>(input.size()));
    xmlSAXHandler* own = parser->sax;
    parser->sax = &nothing;
    (void)xmlCtxtUseOptions(parser, bare_options);
    if (xmlParseDocument(parser) != 0) state.SkipWithError("not well-formed");
    parser->sax = own;
    xmlFreeParserCtxt(parser);
  }
  count(state, input.size());
}

void bare_dom(benchmark::State& state, const std::string& input) {
  for (auto _ : state) {
    xmlDoc* document = xmlReadMemory(input.data(), static_cast<int>(input.size()), nullptr, nullptr, bare_options);
    if (document == nullptr) state.SkipWithError("not well-formed");
    xmlFreeDoc(document);
  }
  count(state, input.size());
}

/// One operation on `input`; MB/s are those of the CDA document of `bytes`, which is read or written.
void measure(benchmark::State& state, liaison_operation operation, const std::string& input, std::size_t bytes) {
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, [](void*, const liaison_part*) { return LIAISON_OK; },
                             [](void*, const liaison_issue*) { return LIAISON_OK; }};
  const auto view = [](std::string_view of) {
    return liaison_bytes{reinterpret_cast<const std::uint8_t*>(of.data()), of.size()};
  };
  const liaison_call call = {sizeof(liaison_call), view(input), view(options), nullptr, 0, &sink};
  for (auto _ : state) {
    if (operation(nullptr, &call) != LIAISON_OK) {
      state.SkipWithError("the document was not taken");
      break;
    }
  }
  count(state, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const liaison_translator& table = translator_table();
  for (const auto& [name, bytes] : files()) {
    const auto add = [&file = name](const char* what, auto&& body) {
      benchmark::RegisterBenchmark((file + '/' + what).c_str(), body);
    };
    const std::string* input = &bytes;
    add("sax", [=](benchmark::State& state) { bare_sax(state, *input); });
    add("dom", [=](benchmark::State& state) { bare_dom(state, *input); });
    add("inspect", [=, &table](benchmark::State& state) { measure(state, table.inspect, *input, input->size()); });
    add("decode", [=, &table](benchmark::State& state) { measure(state, table.decode, *input, input->size()); });
    add("validate", [=, &table](benchmark::State& state) { measure(state, table.validate, *input, input->size()); });
    add("encode", [=, &table](benchmark::State& state) {
      const std::string pivot = run(table.decode, *input, options).part(LIAISON_PART_DOCUMENT);
      measure(state, table.encode, pivot, run(table.encode, pivot, options).part(LIAISON_PART_DOCUMENT).size());
    });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
