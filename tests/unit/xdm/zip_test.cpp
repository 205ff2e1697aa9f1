// SPDX-License-Identifier: Apache-2.0
// What an archive may not do to whoever opens it.
#include "archive.hpp"
#include "zip_reader.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

/// Reads everything; the code of the first finding that stops, or "".
std::string verdict(std::string_view archive, const zip_limits& limits = {}) {
  findings found(finding_table, false);
  zip_reader zip(archive, found, limits);
  if (zip.opened())
    for (const zip_entry& entry : zip.entries())
      if (!entry.is_folder) (void)zip.read(entry, "file");
  for (const issue& one : found.list())
    if (one.severity == severity::error) return one.code;
  return {};
}

std::size_t central_of(const std::string& archive, std::size_t nth = 0) {
  std::size_t at = archive.find("PK\x01\x02");
  while (nth-- > 0) at = archive.find("PK\x01\x02", at + 4);
  return at;
}

/// A name changed in the local header and in the directory.
std::string renamed(std::string archive, std::string_view from, std::string_view to) {
  EXPECT_EQ(from.size(), to.size());
  for (std::size_t at = archive.find(from); at != std::string::npos; at = archive.find(from, at + 1))
    archive.replace(at, to.size(), to);
  return archive;
}

TEST(zip, gives_back_what_was_packed) {
  const std::string text(100'000, 'a'), noise = sha256_hex("x") + sha256_hex("y");
  const std::string archive = zip_of({{"A.TXT", text}, {"B.BIN", noise}, {"EMPTY.TXT", ""}});
  findings found(finding_table, false);
  zip_reader zip(archive, found);
  ASSERT_TRUE(zip.opened());
  ASSERT_EQ(zip.entries().size(), 3U);
  EXPECT_EQ(zip.entries()[0].method, 8);
  EXPECT_EQ(zip.read(zip.entries()[0], "a")->bytes(), text);
  EXPECT_EQ(zip.read(zip.entries()[1], "b")->bytes(), noise);
  EXPECT_EQ(zip.read(zip.entries()[2], "c")->bytes(), "");
  EXPECT_TRUE(found.list().empty());
}

TEST(zip, the_same_files_and_time_give_the_same_bytes) {
  EXPECT_EQ(zip_of({{"A.TXT", "abc"}}), zip_of({{"A.TXT", "abc"}}));
}

TEST(zip, bytes_before_and_behind_are_tolerated) {
  const std::string archive = zip_of({{"A.TXT", "abc"}});
  EXPECT_EQ(verdict("junk in front" + archive), "");
  EXPECT_EQ(verdict(archive + "\r\n"), "");
}

TEST(zip, names_that_lead_out_are_refused) {
  const std::string archive = zip_of({{"AA/AA/AA.TXT", "abc"}});
  for (const char* name : {"../../AA.TXT", "/A/AA/AA.TXT", "C:/AA/AA.TXT", "..\\..\\AA.TXT", "AA//AA/A.TXT",
                           "AA/../AA.TXT", "AA/AA/AA.\nXT"})
    EXPECT_EQ(verdict(renamed(archive, "AA/AA/AA.TXT", name)), "xdm-zip-unsafe-name") << name;
  EXPECT_EQ(verdict(renamed(archive, "AA/AA/AA.TXT", "AA\\AA\\AA.TXT")), "");
}

TEST(zip, a_name_that_differs_between_header_and_directory_is_refused) {
  std::string archive = zip_of({{"AAAA.TXT", "abc"}});
  archive.replace(archive.find("AAAA.TXT"), 8, "BBBB.TXT");
  EXPECT_EQ(verdict(archive), "xdm-zip-damaged");
}

TEST(zip, encryption_is_refused) {
  std::string archive = zip_of({{"A.TXT", "abc"}});
  archive[central_of(archive) + 8] = 1;
  EXPECT_EQ(verdict(archive), "xdm-zip-encrypted");
}

TEST(zip, links_are_refused) {
  std::string archive = zip_of({{"A.TXT", "/etc/passwd"}});
  const std::size_t central = central_of(archive);
  archive[central + 5] = 3;                         // made by Unix
  archive[central + 41] = static_cast<char>(0xA1);  // S_IFLNK
  archive[central + 40] = static_cast<char>(0xFF);
  EXPECT_EQ(verdict(archive), "xdm-zip-link");
}

TEST(zip, other_methods_are_refused) {
  std::string archive = zip_of({{"A.TXT", "abc"}});
  archive[central_of(archive) + 10] = 12;  // bzip2
  EXPECT_EQ(verdict(archive), "xdm-zip-method");
}

TEST(zip, two_files_with_one_name_are_refused) {
  EXPECT_EQ(verdict(zip_of({{"A.TXT", "abc"}, {"a.txt", "def"}})), "xdm-zip-duplicate-name");
}

TEST(zip, files_that_share_bytes_are_refused) {
  const std::string whole = zip_of({{"B.TXT", "abc"}});
  const std::string inner = whole.substr(0, central_of(whole));
  std::string noise;
  for (int i = 0; i < 200; ++i)
    for (const auto byte : sha1(std::to_string(i))) noise += static_cast<char>(byte);
  // The first file is stored and holds a header and data of the second, at which the directory then points.
  std::string outer = zip_of({{"A.TXT", inner + noise}, {"B.TXT", "abc"}});
  const std::size_t inside = outer.find(inner);
  ASSERT_EQ(inside, 35U);
  const std::size_t row = central_of(outer, 1);
  outer[row + 42] = static_cast<char>(inside & 0xFFU);
  outer[row + 43] = static_cast<char>(inside >> 8U);
  EXPECT_EQ(verdict(outer), "xdm-zip-overlap");
}

TEST(zip, a_wrong_checksum_or_size_is_refused) {
  std::string archive = zip_of({{"A.TXT", std::string(1000, 'a')}});
  std::string wrong = archive;
  wrong[central_of(wrong) + 16] ^= 1;
  EXPECT_EQ(verdict(wrong), "xdm-zip-crc");
  for (const int change : {-1, 1}) {
    wrong = archive;
    wrong[central_of(wrong) + 24] = static_cast<char>(wrong[central_of(wrong) + 24] + change);
    EXPECT_EQ(verdict(wrong), "xdm-zip-wrong-size");
  }
}

TEST(zip, bombs_are_refused_before_they_are_unpacked) {
  const std::string bomb = zip_of({{"A.TXT", std::string(2U << 20U, '\0')}});
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(verdict(bomb), "xdm-zip-bomb");
  zip_limits small;
  small.file_size_bytes_max = 10;
  EXPECT_EQ(verdict(zip_of({{"A.TXT", "12345678901"}}), small), "xdm-zip-too-large");
  small.file_size_bytes_max = 20;
  small.total_size_bytes_max = 21;
  EXPECT_EQ(verdict(zip_of({{"A.TXT", "12345678901"}, {"B.TXT", "12345678901"}}), small), "xdm-zip-too-large");
  small.entries_max = 1;
  EXPECT_EQ(verdict(zip_of({{"A.TXT", "1"}, {"B.TXT", "2"}}), small), "xdm-zip-too-many-entries");
}

TEST(zip, an_archive_cut_anywhere_is_refused) {
  const std::string archive = zip_of({{"A.TXT", std::string(300, 'a')}, {"B.TXT", "b"}});
  for (std::size_t size = 4; size < archive.size(); ++size)
    EXPECT_EQ(verdict(archive.substr(0, size)), "xdm-zip-damaged") << size;
  EXPECT_EQ(verdict("MSH|^~\\&|"), "xdm-not-zip");
  EXPECT_EQ(verdict(""), "xdm-not-zip");
}

}  // namespace
}  // namespace liaison::xdm
