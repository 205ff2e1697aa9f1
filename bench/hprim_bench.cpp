// SPDX-License-Identifier: Apache-2.0
// Reading and writing the three dialects of HPRIM, in bytes and messages a second of one core, beside a bare scan of
// the same bytes: `hprim_bench`. Read the ratio to `scan` of the same run; the figures alone are those of the machine.
#include "bytes.hpp"

#include <liaison/translator.h>

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <string_view>

namespace {

struct collected {
  std::string document;
  liaison_status status = LIAISON_OK;
};

liaison_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

collected run(liaison_operation operation, std::string_view input) {
  collected out;
  liaison_sink sink = {};
  sink.size = sizeof sink;
  sink.self = &out;
  sink.part = [](void* self, const liaison_part* part) {
    if (part->role == LIAISON_PART_DOCUMENT)
      static_cast<collected*>(self)->document.assign(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
    return LIAISON_OK;
  };
  sink.issue = [](void*, const liaison_issue*) { return LIAISON_OK; };
  liaison_call call = {};
  call.size = sizeof call;
  call.input = bytes_of(input);
  call.options = bytes_of(R"({"now":"2026-11-22T10:00:00+01:00"})");
  call.sink = &sink;
  out.status = operation(nullptr, &call);
  return out;
}

const liaison_translator& translator_of(std::string_view format) {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  for (std::size_t i = 0; i < plugin->translator_count; ++i) {
    if (plugin->translators[i]->format == format) return *plugin->translators[i];
  }
  return *plugin->translators[0];
}

const std::string header =
    "PAT000123\r\nESSAI-DEMO\r\nLILA\r\n12 RUE IMAGINAIRE\r\n\r\n99999 VILLE FICTIVE\r\n17/05/1985\r\n2850599999001 "
    "31\r\n"
    "DEM-0042\r\n10/03/2025\r\nLABO01     labo.fictif\r\nDRTEST     dr.test\r\n\r\n";
const std::string end = "****FIN****\r\n****FINFICHIER****\r\n";

std::string letter() {
  std::string text = header;
  while (text.size() < 1'000'000)
    text +=
        "Le patient pr\xE9sente une \xE9volution favorable sous traitement, avec un contr\xF4le de la glyc\xE9mie.\r\n";
  return text + end;
}

std::string laboratory() {
  std::string text = header, rows = "****LAB****\r\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string n = std::to_string(i), line = "  Analyse " + n + " ........ 3,1 mmol/L      (3,5 - 5,1)\r\n";
    text += line;
    rows += "TEX|" + line + "RES|Analyse " + n + "|A" + n + "|N|3.1|mmol/L|3.5|5.1|L|F\r\n";
  }
  return text + rows + end;
}

std::string sante() {
  std::string text =
      "H|~^\\&|LABO0001.HPR||LABO01~LABO FICTIF||ORU|||CLIN01~CLINIQUE FICTIVE||P|H2.4~C|202503101430\r\n"
      "P|1|IPP0042||NDA7788|ESSAI-DEMO~LILA~~~MME|ESSAI|19850517|F\r\n"
      "OBR|1|ECH1~DEM0042|ECH1~LAB0099|K~POTASSIUM~L|R||202503100750||||N|||202503100805|||||||||F\r\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string n = std::to_string(i);
    text += "OBX|" + n + "|NM|A" + n + "~Analyse " + n + "~L||3.1|mmol/L|3.5 - 5.1|L|||F|||202503101130\r\n";
  }
  return text + "L|1||1|44\r\n";
}

std::string xml() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<evenementsPatients xmlns=\"http://www.hprim.org/hprimXML\" "
         "version=\"1.07\"><enteteMessage><identifiantMessage>M42</identifiantMessage>"
         "<dateHeureProduction>2025-03-10T14:30:00</dateHeureProduction><emetteur><agents><agent categorie=\"systeme\">"
         "<code>CHF</code></agent></agents></emetteur><destinataire><agents><agent categorie=\"application\"><code>SIL"
         "</code></agent></agents></destinataire></enteteMessage><evenementPatient><venuePatient action=\"creation\">"
         "<patient><identifiant><emetteur><valeur>IPP42</valeur></emetteur></identifiant><personnePhysique sexe=\"F\">"
         "<nomUsuel>ESSAI-DEMO</nomUsuel><nomNaissance>ESSAI</nomNaissance><prenoms><prenom>LILA</prenom></prenoms>"
         "<dateNaissance><date>1985-05-17</date></dateNaissance></personnePhysique></patient><venue etat=\"encours\">"
         "<identifiant><emetteur><valeur>NDA7</valeur></emetteur></identifiant><entree><dateHeureOptionnelle>"
         "<date>2025-03-10</date><heure>08:00:00</heure></dateHeureOptionnelle></entree></venue></venuePatient>"
         "</evenementPatient></evenementsPatients>\n";
}

struct sample {
  const char* name;
  const char* format;
  std::string bytes;
};

const sample samples[] = {{"medecin_letter_1MB", "hprim-medecin", letter()},
                          {"medecin_40_results", "hprim-medecin", laboratory()},
                          {"sante_40_results", "hprim-sante", sante()},
                          {"xml_stay", "hprim-xml", xml()}};

using liaison::bench::count;
using liaison::bench::scan;

void measure(benchmark::State& state, liaison_operation operation, const std::string& input, std::size_t bytes) {
  for (auto _ : state) {
    const collected out = run(operation, input);
    if (out.status != LIAISON_OK) state.SkipWithError("the message was not taken");
    benchmark::DoNotOptimize(out.document.data());
  }
  count(state, bytes);
}

[[maybe_unused]] const bool registered = [] {
  for (const sample& one : samples) {
    const liaison_translator& translator = translator_of(one.format);
    const std::string name = one.name;
    benchmark::RegisterBenchmark((name + "/scan").c_str(), [&one](benchmark::State& state) { scan(state, one); });
    benchmark::RegisterBenchmark((name + "/inspect").c_str(), [&one, &translator](benchmark::State& state) {
      measure(state, translator.inspect, one.bytes, one.bytes.size());
    });
    benchmark::RegisterBenchmark((name + "/decode").c_str(), [&one, &translator](benchmark::State& state) {
      measure(state, translator.decode, one.bytes, one.bytes.size());
    });
    benchmark::RegisterBenchmark((name + "/encode").c_str(), [&one, &translator](benchmark::State& state) {
      const std::string pivot = run(translator.decode, one.bytes).document;
      measure(state, translator.encode, pivot, run(translator.encode, pivot).document.size());
    });
  }
  return true;
}();

}  // namespace
