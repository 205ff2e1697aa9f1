// SPDX-License-Identifier: Apache-2.0
// Every public sample: patient, type, author and encounter are read, the translation's account adds up, and what is
// written again from the pivot reads the same.
#include "account_check.hpp"

#include <rapidjson/pointer.h>

namespace liaison::cda {
namespace {

TEST(corpus, every_sample_is_inspected_and_its_account_adds_up) {
  const auto files = corpus_files();
  if (files.empty()) GTEST_SKIP() << "no corpus";
  std::size_t encounters = 0;
  for (const auto& path : files) {
    SCOPED_TRACE(path.string());
    const std::string input = read_file(path);
    const auto& of = translator_table();
    EXPECT_GE(of.recognise(nullptr, {reinterpret_cast<const std::uint8_t*>(input.data()),
                                     std::min<std::size_t>(input.size(), 65536)}),
              40);
    const outcome inspected = run(of.inspect, input);
    EXPECT_EQ(inspected.status, LIAISON_OK) << inspected.list();
    rapidjson::Document facts;
    facts.Parse(inspected.part(LIAISON_PART_FACTS));
    for (const char* pointer : {"/patients/0/family", "/patients/0/identifiers/0/value", "/document/id",
                                "/document/type/code", "/document/created", "/authors/0/name"}) {
      const auto* value = rapidjson::Pointer(pointer).Get(facts);
      EXPECT_TRUE(value != nullptr && value->GetStringLength() > 0) << pointer;
    }
    const outcome decoded = run(of.decode, input, R"({"account":true,"now":"2025-03-11T12:00:00+01:00"})");
    EXPECT_EQ(decoded.status, LIAISON_OK);
    EXPECT_GT(check_account(decoded), 80U);
    rapidjson::Document pivot;
    pivot.Parse(decoded.part(LIAISON_PART_DOCUMENT));
    const auto* stay = rapidjson::Pointer("/entry/0/resource/encounter/reference").Get(pivot);
    for (const auto& entry : pivot["entry"].GetArray()) {
      if (stay == nullptr || entry["fullUrl"] != *stay || !entry["resource"].HasMember("period")) continue;
      EXPECT_TRUE(facts.HasMember("encounter"));
      ++encounters;
    }
    EXPECT_FALSE(run(of.render, input).part(LIAISON_PART_TEXT).empty());
  }
  EXPECT_GT(encounters, files.size() / 2);
}

/// Our own checks find no error in the official samples, but for those that the official rules find too.
TEST(corpus, official_samples_are_valid) {
  std::size_t checked = 0;
  for (const auto& path : corpus_files()) {
    if (path.parent_path().filename() != "cda") continue;
    const outcome got = run(translator_table().validate, read_file(path));
    EXPECT_EQ(got.errors(), 0U) << path << '\n' << got.list();
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "no corpus";
}

/// What must survive CDA → pivot → CDA of a laboratory report.
TEST(corpus, laboratory_reports_come_back_with_every_value) {
  const auto files = corpus_files();
  if (files.empty()) GTEST_SKIP() << "no corpus";
  std::size_t reports = 0;
  constexpr std::string_view options =
      R"({"values":true,"now":"2025-03-11T12:00:00+01:00","endpoint":{"trusted":true}})";
  for (const auto& path : files) {
    const std::string input = read_file(path);
    rapidjson::Document before;
    before.Parse(run(translator_table().inspect, input, options).part(LIAISON_PART_FACTS));
    const auto* type = rapidjson::Pointer("/document/type/code").Get(before);
    if (type == nullptr || std::string_view(type->GetString()) != "11502-2") continue;
    SCOPED_TRACE(path.string());
    const std::string pivot = run(translator_table().decode, input, options).part(LIAISON_PART_DOCUMENT);
    const std::string written = run(translator_table().encode, pivot, options).part(LIAISON_PART_DOCUMENT);
    rapidjson::Document after;
    after.Parse(run(translator_table().inspect, written, options).part(LIAISON_PART_FACTS));
    for (const char* pointer :
         {"/values", "/patients", "/authors", "/recipients", "/document/id", "/document/created"}) {
      const auto* one = rapidjson::Pointer(pointer).Get(before);
      const auto* other = rapidjson::Pointer(pointer).Get(after);
      if (one == nullptr) continue;
      if (std::string_view(pointer) == "/recipients") continue;  // a recipient without an id gets one
      EXPECT_TRUE(other != nullptr && *one == *other) << pointer;
    }
    ++reports;
  }
  EXPECT_GT(reports, 10U);
}

}  // namespace
}  // namespace liaison::cda
