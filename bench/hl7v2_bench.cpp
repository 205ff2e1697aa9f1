// SPDX-License-Identifier: Apache-2.0
// The index of an HL7v2 message alone, then its inspection and its translation, in bytes and messages a second of one
// core, beside a bare scan of the same bytes: `hl7v2_bench`. Read the ratio to `scan` of the same run; the figures
// alone are those of the machine.
#include "bytes.hpp"
#include "message.hpp"
#include "plugin_calls.hpp"

#include <liaison/common/digest.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

using namespace liaison::test;

const std::string header =
    "MSH|^~\\&|SIL-T|LABO-T|LIAISON|HOPITAL-T|20260302101500||ORU^R01^ORU_R01|L20260302-77|P|2.5|||||FRA|UNICODE "
    "UTF-8\rPID|1||55512^^^HOPITAL-T&1.2.250.1.999.1&ISO^PI||EXEMPLE^LILA^LILA ODETTE^^^^L||19470305|F|||4 rue des "
    "Tilleuls^^LILLE^^59000^FRA^H\rPV1|1|O|CONS^12^A||||||||||||||||V26-0001^^^HOPITAL-T&1.2.250.1.999.1&ISO^VN\r"
    "OBR|1|P-100^DPI|F-200^SIL-T|58410-2^Hemogramme^LN|||20260302074500|||||||||||||||20260302100000||LAB|F\r";

std::string laboratory(int results) {
  std::string text = header;
  for (int i = 1; i <= results; ++i) {
    const std::string n = std::to_string(i);
    text += "OBX|" + n + "|NM|A" + n + "^Analyse " + n + "^L||13.20|g/dL|12.0-16.0||||F|||20260302074500\r";
  }
  return text;
}

std::string with_file(std::size_t bytes) {
  return header + "OBX|1|ED|PDF^Compte rendu^L||^application^pdf^Base64^" +
         liaison::base64_encode("%PDF-1.4\n" + std::string(bytes / 4 * 3, 'x')) + "||||||F\r";
}

struct sample {
  const char* name;
  std::string bytes;
};

const sample samples[] = {
    {"results_2kB", laboratory(20)}, {"results_1MB", laboratory(13'000)}, {"file_20MB", with_file(20U << 20U)}};

using liaison::bench::count;
using liaison::bench::scan;

/// The index of segments and fields, and nothing else.
void parse(benchmark::State& state, const sample& of) {
  for (auto _ : state) {
    const liaison::hl7v2::message read(of.bytes);
    if (read.defect() != liaison::hl7v2::parse_defect::none) state.SkipWithError("the message was not read");
    benchmark::DoNotOptimize(read.size());
  }
  count(state, of.bytes.size());
}

void measure(benchmark::State& state, liaison_operation operation, liaison_part_role role, const sample& of) {
  for (auto _ : state) {
    std::size_t size = 0;
    const liaison_status status = run_without_keeping(operation, of.bytes, role, size, "{}");
    if (status != LIAISON_OK || size == 0) state.SkipWithError("the message was not taken");
    benchmark::DoNotOptimize(size);
  }
  count(state, of.bytes.size());
}

[[maybe_unused]] const bool registered = [] {
  for (const sample& one : samples) {
    const std::string name = one.name;
    benchmark::RegisterBenchmark((name + "/scan").c_str(), [&one](benchmark::State& state) { scan(state, one); });
    benchmark::RegisterBenchmark((name + "/parse").c_str(), [&one](benchmark::State& state) { parse(state, one); });
    benchmark::RegisterBenchmark((name + "/inspect").c_str(), [&one](benchmark::State& state) {
      measure(state, translator_table().inspect, LIAISON_PART_FACTS, one);
    });
    benchmark::RegisterBenchmark((name + "/decode").c_str(), [&one](benchmark::State& state) {
      measure(state, translator_table().decode, LIAISON_PART_DOCUMENT, one);
    });
  }
  return true;
}();

}  // namespace
