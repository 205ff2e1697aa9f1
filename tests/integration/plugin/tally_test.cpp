// SPDX-License-Identifier: Apache-2.0
// The short accounts of the shipped plugins count what their whole accounts list, for every translation of the golden
// messages, and of a corpus when one is at hand.
#include "core/routing/account.hpp"
#include "corpus.hpp"
#include "plugin_calls.hpp"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <filesystem>
#include <map>

namespace liaison::test {
namespace {

using routing::join;
using routing::join_tallies;

const std::string whole = R"({"now":"2024-03-01T12:00:00+01:00","id_seed":"s","control_id":"C1","account":true})";
const std::string in_short = R"({"now":"2024-03-01T12:00:00+01:00","id_seed":"s","control_id":"C1","account":true,"tally":true})";

std::vector<const liaison_translator*> shipped() {
  std::vector<const liaison_translator*> found;
  for (const char* name : {"hl7v2", "cda", "hprim", "fhir", "xdm"}) {
    const std::string path = std::string(LIAISON_BINARY_DIRECTORY) + "/lib/liaison/liaison-" + name + ".so";
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    const auto entry = reinterpret_cast<liaison_plugin_entry_function>(::dlsym(library, LIAISON_PLUGIN_ENTRY_NAME));
    const liaison_plugin* plugin = entry(LIAISON_TRANSLATOR_ABI);
    for (std::size_t i = 0; i < plugin->translator_count; ++i) found.push_back(plugin->translators[i]);
  }
  return found;
}

class tally : public ::testing::Test {
 protected:
  void compare(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    for (const liaison_translator* from : translators_) {
      const liaison_bytes head = {reinterpret_cast<const std::uint8_t*>(bytes.data()), std::min<std::size_t>(bytes.size(), 65536)};
      if (from->recognise(nullptr, head) == 0) continue;
      const outcome read = run(from->decode, bytes, whole), counted = run(from->decode, bytes, in_short);
      if (read.status != LIAISON_OK) continue;
      ASSERT_EQ(read.part(LIAISON_PART_DOCUMENT), counted.part(LIAISON_PART_DOCUMENT)) << path;
      if (!routing::is_tally(counted.part(LIAISON_PART_ACCOUNT))) continue;
      for (const liaison_translator* to : translators_) compare(path, read, counted, *to);
    }
  }

  void compare(const std::filesystem::path& path, const outcome& read, const outcome& counted, const liaison_translator& to) {
    const std::string pivot = read.part(LIAISON_PART_DOCUMENT);
    if (to.encode == nullptr) return;
    const outcome written = run(to.encode, pivot, whole);
    if (written.status != LIAISON_OK || written.part(LIAISON_PART_ACCOUNT).empty()) return;  // one that draws up none
    const std::string source = read.part(LIAISON_PART_ACCOUNT), short_source = counted.part(LIAISON_PART_ACCOUNT);
    const std::string target = written.part(LIAISON_PART_ACCOUNT), short_target = run(to.encode, pivot, in_short).part(LIAISON_PART_ACCOUNT);
    const auto listed = join({{"", source}}, {target});
    const auto sum = join_tallies({"", short_source}, {short_target});
    ASSERT_TRUE(sum.has_value()) << path << " to " << to.format;
    EXPECT_EQ(sum->source_leaves, listed.source_leaves) << path << " to " << to.format;
    EXPECT_EQ(sum->carried, listed.carried) << path << " to " << to.format;
    ++compared_;
    lost_ += listed.not_carried.size();
  }

  void compare_all(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file() && entry.file_size() < (2U << 20U)) compare(entry.path());
  }

  const std::vector<const liaison_translator*> translators_ = shipped();
  std::size_t compared_ = 0, lost_ = 0;
};

TEST_F(tally, counts_what_the_whole_accounts_of_golden_messages_list) {
  ASSERT_GE(translators_.size(), 7U);
  compare_all(std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden");
  EXPECT_GT(compared_, 100U);
  EXPECT_GT(lost_, 100U) << "a comparison of accounts that lose nothing shows little";
}

TEST_F(tally, counts_what_the_whole_accounts_of_a_corpus_list) {
  if (!std::filesystem::is_directory(corpus_folder())) GTEST_SKIP() << "no samples at " << corpus_folder();
  compare_all(corpus_folder());
}

}  // namespace
}  // namespace liaison::test
