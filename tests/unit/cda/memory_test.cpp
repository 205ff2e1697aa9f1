// SPDX-License-Identifier: Apache-2.0
// A document of 20 MB with a file inside takes memory of at most three times its size, the document itself included.
#include "../../support/peak_memory.hpp"
#include "run.hpp"

#include <liaison/common/digest.hpp>

#include <gtest/gtest.h>

#include <string>

namespace liaison::cda {
namespace {

constexpr std::size_t document_bytes = 20U << 20U;

/// The letter of the golden files with a file of `file_bytes` inside.
std::string letter_with(std::size_t file_bytes) {
  std::string bytes = read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/letter-n1/input.xml");
  const std::size_t begin = bytes.find("JVBERi0"), end = bytes.find('<', begin);
  bytes.replace(begin, end - begin, base64_encode("%PDF-1.4\n" + std::string(file_bytes, 'x')));
  return bytes;
}

void expect_small(liaison_operation operation, liaison_part_role role, std::size_t least) {
  if (!memory_is_measurable) GTEST_SKIP();
  test::map_large_blocks();
  const std::string small = letter_with(1000), letter = letter_with(document_bytes / 4 * 3);
  const auto run_on = [&](const std::string& input, std::size_t at_least) {
    std::size_t made = 0;
    return run_without_keeping(operation, input, role, made) == LIAISON_OK && made >= at_least;
  };
  const std::size_t taken = peak_of([&] { return run_on(small, 1); }, [&] { return run_on(letter, least); });
  ::testing::Test::RecordProperty("bytes_taken", std::to_string(taken));
  EXPECT_GE(taken, document_bytes) << "the measure works";
  EXPECT_LE(letter.size() + taken, 3 * document_bytes);
}

TEST(memory, inspecting_a_large_document) { expect_small(translator_table().inspect, LIAISON_PART_FACTS, 1); }

TEST(memory, decoding_a_large_document) {
  expect_small(translator_table().decode, LIAISON_PART_DOCUMENT, document_bytes);
}

}  // namespace
}  // namespace liaison::cda
