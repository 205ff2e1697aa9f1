// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/samples.hpp"

#include <string_view>

namespace liaison::app::bench {

namespace {

std::string head_of(std::uint64_t number) {
  const std::string n = std::to_string(number);
  std::string text;
  text.reserve(512);
  text += "MSH|^~\\&|SIL-BENCH|LABO|LIAISON|HOP|20261121103000||ORU^R01^ORU_R01|B" + n + "|P|2.5|||||FRA|UNICODE UTF-8\r";
  text += "PID|||IPP" + n + "^^^HOP&2.999.48.20&ISO^PI||MESURE^ANNE^ANNE^^^^L||19620214|F|||1 rue du Banc^^RENNES^^35000^FRA^H\r";
  text += "PV1|1|O|LABO||||||||||||||||S" + n + "^^^HOP&2.999.48.30&ISO^VN\r";
  text += "ORC|RE|P" + n + "|F" + n + "\rOBR|1|P" + n + "|F" + n + "|NFS^Numération formule^L|||20261121080000|||||||||||||||20261121100000||LAB|F\r";
  return text;
}

}  // namespace

sample result_sample() {
  sample made{head_of, {}};
  const std::size_t head = head_of(1).size();
  for (int i = 1; head + made.tail.size() < result_size_bytes - 90; ++i)
    made.tail += "OBX|" + std::to_string(i) + "|NM|A" + std::to_string(i) + "^Analyse numéro " + std::to_string(i) + "^L||" + std::to_string(i) +
                 ".50|g/L^^UCUM|1.0-99.0|N|||F|||20261121095500\r";
  return made;
}

sample document_sample(std::size_t size_bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  sample made{head_of, "OBX|1|ED|PDF^Compte rendu^L||^application^pdf^Base64^JVBERi0xLjQK"};
  const std::string end = "||||||F\r";
  const std::size_t head = head_of(1).size();
  // No pattern that a disk could compress.
  std::uint32_t state = 1;
  while (head + made.tail.size() + end.size() + 4 <= size_bytes)
    for (int i = 0; i < 4; ++i) {
      state = state * 1664525U + 1013904223U;
      made.tail += digits[state >> 26U];
    }
  made.tail += end;
  return made;
}

}  // namespace liaison::app::bench
