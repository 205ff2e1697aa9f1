// SPDX-License-Identifier: Apache-2.0
// An archive with one letter: its facts, and writing it. A program of its own, since each plugin has the same door.
#include <liaison/translator.h>

#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

liaison_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

constexpr std::string_view options = R"({"now":"2026-03-02T10:15:01Z","id_seed":"s","endpoint":{"trusted":true}})";

void call_repeatedly(benchmark::State& state, liaison_operation operation, std::string_view input,
                     const liaison_part* part) {
  const liaison_sink sink = {sizeof(liaison_sink), nullptr, [](void*, const liaison_part*) { return LIAISON_OK; },
                             [](void*, const liaison_issue*) { return LIAISON_OK; }};
  const liaison_call call = {
      sizeof(liaison_call), bytes_of(input), bytes_of(options), part, part == nullptr ? 0U : 1U, &sink};
  for (auto _ : state)
    if (operation(nullptr, &call) != LIAISON_OK) state.SkipWithError("the call failed");
  state.SetItemsProcessed(state.iterations());
}

const liaison_translator& table() { return *liaison_plugin_entry(LIAISON_TRANSLATOR_ABI)->translators[0]; }

void xdm_inspect(benchmark::State& state) {
  call_repeatedly(state, table().inspect, read_file("xdm/letter/input.zip"), nullptr);
}
BENCHMARK(xdm_inspect);

void xdm_encode(benchmark::State& state) {
  const std::string letter = read_file("cda/letter-n1/input.xml");
  const liaison_part part = {sizeof(liaison_part), LIAISON_PART_EMBEDDED, "", "text/xml", "cda", bytes_of(letter)};
  call_repeatedly(state, table().encode, read_file("cda/letter-n1/pivot.json"), &part);
}
BENCHMARK(xdm_encode);

}  // namespace
