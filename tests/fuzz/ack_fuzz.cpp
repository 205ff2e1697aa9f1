// SPDX-License-Identifier: Apache-2.0
// uses: liaison_protocol
// Acknowledgements of hostile recipients, and our own for hostile messages: bounded, free of framing bytes, and read
// back by our own reader as what they were meant to be.
#include "core/protocol/acknowledgement.hpp"
#include "core/protocol/backoff.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace liaison::protocol;

constexpr std::size_t acknowledgement_size_bytes_max = 2'000;

void must(bool holds) {
  if (!holds) std::abort();
}

void look_at_answer_to(std::string_view content, acknowledgement_code code, const char* text) {
  const std::string answer = minimal_acknowledgement(content, code, content.substr(0, 30), {1'700'000'000'000, "L1"});
  must(answer.size() < acknowledgement_size_bytes_max);
  for (char byte : answer) must(byte == '\r' || static_cast<unsigned char>(byte) >= 0x20);
  const auto read = read_acknowledgement(answer);
  must(static_cast<bool>(read));
  must(read.value().code == code && read.value().code_text == text);
  must(read.value().control_id == control_id_of(content));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (const auto read = read_acknowledgement(content)) {
    const auto outcome = outcome_of(read.value(), "4711");
    must(outcome.text.size() < 200 && outcome.code.size() < 50);
    must(outcome.verdict != liaison::model::send_verdict::accepted ||
         read.value().code == acknowledgement_code::accept);
  }
  look_at_answer_to(content, acknowledgement_code::accept, "AA");
  look_at_answer_to(content, acknowledgement_code::error, "AE");
  look_at_answer_to(content, acknowledgement_code::reject, "AR");
  const auto wait = retry_after_ms_of(content, 1'700'000'000'000);
  must(!wait || (*wait >= 0 && *wait <= 24LL * 3600 * 1000));
  return 0;
}
