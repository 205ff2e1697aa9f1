// SPDX-License-Identifier: Apache-2.0
// What one message of 2 kB costs at each step of intake.
#include "core/base/digest.hpp"
#include "core/model/facts.hpp"
#include "core/protocol/mllp_framing.hpp"
#include "core/routing/router.hpp"

#include <liaison/translator.h>

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace liaison;

std::string message() {
  std::string text =
      "MSH|^~\\&|SIL|LABO|LIAISON|HOP|20261121103000||ORU^R01^ORU_R01|B1|P|2.5|||||FRA|UNICODE UTF-8\r"
      "PID|||IPP1^^^HOP&2.999.48.20&ISO^PI||MESURE^ANNE^ANNE^^^^L||19620214|F|||1 rue du Banc^^RENNES^^35000^FRA^H\r"
      "PV1|1|O|LABO\rORC|RE|P1|F1\rOBR|1|P1|F1|NFS^Numeration^L|||20261121080000|||||||||||||||20261121100000||LAB|F\r";
  for (int i = 1; text.size() < 1960; ++i)
    text += "OBX|" + std::to_string(i) + "|NM|A" + std::to_string(i) + "^Analyse^L||" + std::to_string(i) + ".50|g/L^^UCUM|1.0-99.0|N|||F|||20261121095500\r";
  return text;
}

struct result {
  std::string facts;
};

liaison_status take(void* self, const liaison_part* part) {
  if (part->role == LIAISON_PART_FACTS)
    static_cast<result*>(self)->facts.assign(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
  return LIAISON_OK;
}
liaison_status ignore(void*, const liaison_issue*) { return LIAISON_OK; }

std::string inspect(const liaison_translator& translator, void* self, const std::string& text) {
  static const std::string options = R"({"strictness":"tolerant","now":"2026-11-21T10:30:00Z","acknowledge":true})";
  result found;
  const liaison_sink sink{sizeof sink, &found, take, ignore};
  liaison_call call{};
  call.size = sizeof call;
  call.input = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  call.options = {reinterpret_cast<const std::uint8_t*>(options.data()), options.size()};
  call.sink = &sink;
  translator.inspect(self, &call);
  return found.facts;
}

void hl7v2_inspect(benchmark::State& state) {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  result nowhere;
  const liaison_sink sink{sizeof sink, &nowhere, take, ignore};
  void* self = nullptr;
  plugin->create({reinterpret_cast<const std::uint8_t*>("{}"), 2}, &sink, &self);
  const std::string text = message();
  for (auto _ : state) benchmark::DoNotOptimize(inspect(*plugin->translators[0], self, text));
  plugin->destroy(self);
}
BENCHMARK(hl7v2_inspect);

void mllp_decode(benchmark::State& state) {
  std::string frame;
  protocol::append_mllp_frame(frame, message());
  protocol::mllp_decoder decoder(1 << 20);
  for (auto _ : state) {
    std::string_view input = frame;
    benchmark::DoNotOptimize(decoder.next(input));
    benchmark::DoNotOptimize(decoder.next(input));
  }
}
BENCHMARK(mllp_decode);

void facts_read(benchmark::State& state) {
  void* self = nullptr;
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  result nowhere;
  const liaison_sink sink{sizeof sink, &nowhere, take, ignore};
  plugin->create({reinterpret_cast<const std::uint8_t*>("{}"), 2}, &sink, &self);
  const std::string facts = inspect(*plugin->translators[0], self, message());
  for (auto _ : state) benchmark::DoNotOptimize(model::facts_from_json(facts));
  plugin->destroy(self);
}
BENCHMARK(facts_read);

void sha256(benchmark::State& state) {
  const std::string text = message();
  for (auto _ : state) benchmark::DoNotOptimize(sha256_hex_of(text));
}
BENCHMARK(sha256);

}  // namespace
