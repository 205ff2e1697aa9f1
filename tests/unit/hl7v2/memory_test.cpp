// SPDX-License-Identifier: Apache-2.0
// A message with 20 MB in OBX-5 takes memory of at most three times its size, the message itself included.
#include "../../support/peak_memory.hpp"
#include "../../support/plugin_calls.hpp"

#include <liaison/common/digest.hpp>

#include <gtest/gtest.h>

#include <string>

namespace liaison::hl7v2 {
namespace {

using namespace liaison::test;

constexpr std::size_t value_bytes = 20U << 20U;

std::string result_with(std::size_t file_bytes) {
  return "MSH|^~\\&|SIL-T|LABO-T|LIAISON|HOPITAL-T|20260302101500||ORU^R01^ORU_R01|L20260302-77|P|2.5|||||FRA|UNICODE "
         "UTF-8\rPID|1||55512^^^HOPITAL-T&1.2.250.1.999.1&ISO^PI||EXEMPLE^LILA^^^^^L||19470305|F\r"
         "OBR|1||F-200^SIL-T|58410-2^Hémogramme^LN|||20260302074500|||||||||||||||20260302100000||LAB|F\r"
         "OBX|1|ED|PDF^Compte rendu^L||^application^pdf^Base64^" +
         base64_encode("%PDF-1.4\n" + std::string(file_bytes, 'x')) + "||||||F\r";
}

void expect_small(liaison_operation operation, liaison_part_role role, std::size_t least) {
  if (!memory_is_measurable) GTEST_SKIP();
  test::map_large_blocks();
  const std::string small = result_with(1000), message = result_with(value_bytes / 4 * 3);
  const auto run_on = [&](const std::string& input, std::size_t at_least) {
    std::size_t made = 0;
    return run_without_keeping(operation, input, role, made) == LIAISON_OK && made >= at_least;
  };
  const std::size_t taken = peak_of([&] { return run_on(small, 1); }, [&] { return run_on(message, least); });
  ::testing::Test::RecordProperty("bytes_taken", std::to_string(taken));
  EXPECT_GE(taken, value_bytes / 2) << "the measure works";
  EXPECT_LE(message.size() + taken, 3 * value_bytes);
}

TEST(memory, inspecting_a_large_value) { expect_small(translator_table().inspect, LIAISON_PART_FACTS, 1); }

TEST(memory, decoding_a_large_value) { expect_small(translator_table().decode, LIAISON_PART_DOCUMENT, value_bytes); }

}  // namespace
}  // namespace liaison::hl7v2
