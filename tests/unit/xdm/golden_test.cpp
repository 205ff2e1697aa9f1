// SPDX-License-Identifier: Apache-2.0
// tests/golden/xdm/<case>/: input.zip with facts.json, pivot.json (one CDA inside, as its own translator made it in
// tests/golden/cda/letter-n1) and account.json. LIAISON_UPDATE_GOLDEN=1 writes them.
#include "archive.hpp"

#include <gtest/gtest.h>

#include <set>

namespace liaison::xdm {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(LIAISON_SOURCE_DIRECTORY) / "tests/golden/xdm/letter";
const fs::path inner_folder = fs::path(LIAISON_SOURCE_DIRECTORY) / "tests/golden/cda/letter-n1";

void expect(const char* name, const std::string& got) {
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << got;
  }
  EXPECT_EQ(read_file(folder / name), got) << name;
}

/// The archive as the tests make it, with all that the pivot has a place for.
std::string input() {
  const std::string bytes = letter();
  submission what = submission_of(bytes);
  what.documents[0].action = sourced("C");
  what.documents[0].confidentiality.push_back(
      code("INVISIBLE_PATIENT", "Document non visible par le patient", "1.2.250.1.213.1.1.4.13"));
  return archive_of(what, bytes);
}

outcome decode(const std::string& archive, const std::string& pivot, const char* part_name = "DocumentEntry[1]") {
  const liaison_part part = {sizeof(liaison_part),
                             LIAISON_PART_DOCUMENT,
                             part_name,
                             "application/fhir+json",
                             "fhir",
                             {reinterpret_cast<const std::uint8_t*>(pivot.data()), pivot.size()}};
  return run(translator_table().decode, archive, trusted, {part});
}

TEST(golden, the_letter_in_its_archive) {
  if (std::getenv("LIAISON_UPDATE_GOLDEN") != nullptr) expect("input.zip", input());
  const std::string archive = read_file(folder / "input.zip");
  const outcome facts = run(translator_table().inspect, archive, trusted);
  EXPECT_EQ(facts.list(), "");
  expect("facts.json", facts.part(LIAISON_PART_FACTS));
  const outcome got = decode(archive, read_file(inner_folder / "pivot.json"));
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  expect("pivot.json", got.part(LIAISON_PART_DOCUMENT));
  expect("account.json", got.part(LIAISON_PART_ACCOUNT));
}

TEST(golden, every_leaf_of_the_metadata_has_one_fate_and_its_place_exists) {
  const outcome got = decode(input(), read_file(inner_folder / "pivot.json"));
  rapidjson::Document pivot, account;
  pivot.Parse(got.part(LIAISON_PART_DOCUMENT).c_str());
  account.Parse(got.part(LIAISON_PART_ACCOUNT).c_str());
  ASSERT_TRUE(account.HasMember("leaves"));
  EXPECT_GT(account["leaves"].Size(), 150U);
  for (const auto& leaf : account["leaves"].GetArray()) {
    const std::string location = leaf["location"].GetString();
    EXPECT_EQ(int(leaf.HasMember("to")) + int(leaf.HasMember("envelope")) + int(leaf.HasMember("reason")), 1)
        << location;
    if (leaf.HasMember("reason")) {
      EXPECT_STRNE(leaf["reason"].GetString(), "not read by this translator") << location;
    }
    if (!leaf.HasMember("to")) continue;
    for (const auto& place : leaf["to"].GetArray()) {
      const rapidjson::Value* at = &pivot;
      std::string_view pointer = place.GetString();
      while (!pointer.empty() && at != nullptr) {
        pointer.remove_prefix(1);
        const std::string step(pointer.substr(0, pointer.find('/')));
        pointer.remove_prefix(std::min(step.size(), pointer.size()));
        if (at->IsArray())
          at = std::stoul(step) < at->Size() ? &(*at)[static_cast<rapidjson::SizeType>(std::stoul(step))] : nullptr;
        else
          at = at->IsObject() && at->HasMember(step.c_str()) ? &(*at)[step.c_str()] : nullptr;
      }
      EXPECT_NE(at, nullptr) << location << " → " << place.GetString();
    }
  }
}

TEST(golden, two_documents_stand_in_one_collection_without_sharing_an_id) {
  const std::string bytes = letter(), inner = read_file(inner_folder / "pivot.json");
  submission what = submission_of(bytes);
  what.documents.push_back(entry_of(bytes));
  what.documents[1].id += "2";
  what.documents[1].uri = sourced("DOC0002.XML");
  files all = files_of(what, bytes);
  all.emplace_back("IHE_XDM/SUBSET01/DOC0002.XML", bytes);
  const auto part = [&](const char* name) {
    return liaison_part{sizeof(liaison_part),
                        LIAISON_PART_DOCUMENT,
                        name,
                        "application/fhir+json",
                        "fhir",
                        {reinterpret_cast<const std::uint8_t*>(inner.data()), inner.size()}};
  };
  const outcome got =
      run(translator_table().decode, zip_of(all), trusted, {part("DocumentEntry[1]"), part("DocumentEntry[2]")});
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  rapidjson::Document pivot;
  pivot.Parse(got.part(LIAISON_PART_DOCUMENT).c_str());
  EXPECT_STREQ(pivot["type"].GetString(), "collection");
  std::set<std::string> urls, references;
  std::size_t compositions = 0;
  for (const auto& entry : pivot["entry"].GetArray()) {
    EXPECT_TRUE(urls.insert(entry["fullUrl"].GetString()).second) << "a fullUrl twice";
    if (std::string_view(entry["resource"]["resourceType"].GetString()) != "Composition") continue;
    ++compositions;
    EXPECT_TRUE(references.insert(entry["resource"]["subject"]["reference"].GetString()).second);
  }
  EXPECT_EQ(compositions, 2U);
  for (const std::string& reference : references)
    EXPECT_EQ(urls.count(reference), 1U) << "a reference that leads nowhere";
  EXPECT_NE(got.part(LIAISON_PART_ACCOUNT).find("\"moved\""), std::string::npos);
}

}  // namespace
}  // namespace liaison::xdm
