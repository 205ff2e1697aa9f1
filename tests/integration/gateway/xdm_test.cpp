// SPDX-License-Identifier: Apache-2.0
// Archives in and out of a running gateway: a CDA leaves in an IHE_XDM.ZIP byte for byte, and an archive that comes in
// is unpacked for who reads the document and passed on for who reads archives.
#include "gateway_process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

namespace liaison::test {
namespace {

namespace fs = std::filesystem;

std::string golden(const char* path) { return read_file(fs::path(LIAISON_SOURCE_DIRECTORY) / "tests/golden" / path); }

/// The demonstration with a source that is trusted, and recipients of archives and of CDA.
void add_endpoints(gateway_process& gateway) {
  std::string configuration = read_file(gateway.configuration_file());
  const std::string mark = "\"pta\":{", folder = gateway.folder().string();
  const auto destination = [&](const char* name, const char* format, const char* suffix) {
    return "\"" + std::string(name) + "\":{\"format\":\"" + format + "\",\"destination\":{\"folder\":{\"path\":\"" +
           folder + "/" + name + "\",\"suffix\":\"" + suffix + "\"}}},";
  };
  configuration.replace(configuration.find(mark), mark.size(),
                        "\"exchange\":{\"source\":{\"folder\":{\"path\":\"" + folder +
                            "/exchange\",\"quiet_ms\":50,\"poll_ms\":50}},\"options\":{\"trusted\":true}}," +
                            destination("mailbox", "xdm", ".zip") + destination("archive", "cda", ".xml") + mark);
  const std::string routes = "\"routes\":[";
  configuration.replace(
      configuration.find(routes), routes.size(),
      routes + "{\"name\":\"exchange\",\"when\":{\"source\":\"exchange\"},\"to\":[\"mailbox\",\"archive\",\"gp\"]},");
  gateway.configure(configuration);
}

/// The letter as a new document: a replacement would wait for its original.
std::string new_letter() {
  std::string letter = golden("cda/letter-n1/input.xml");
  const std::string end = "</relatedDocument>";
  const std::size_t begin = letter.find("<relatedDocument");
  return letter.erase(begin, letter.find(end) + end.size() - begin);
}


bool appears(const fs::path& folder, const std::string& suffix) {
  for (int i = 0; i < 300 && files_in(folder, suffix).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return !files_in(folder, suffix).empty();
}

TEST(xdm, a_cda_leaves_in_an_archive_and_comes_back_out_of_it) {
  gateway_process gateway;
  add_endpoints(gateway);
  gateway.start();
  const std::string letter = new_letter();
  fs::create_directories(gateway.folder() / "exchange");
  write_file(gateway.folder() / "exchange/letter.xml", letter);
  ASSERT_TRUE(appears(gateway.folder() / "mailbox", ".zip"));
  ASSERT_TRUE(gateway.wait_until_delivered());
  const auto archives = files_in(gateway.folder() / "mailbox", ".zip");
  ASSERT_EQ(archives.size(), 1U);
  const std::string archive = read_file(archives[0]);
  EXPECT_TRUE(archive.starts_with("PK\x03\x04"));
  EXPECT_NE(archive.find("IHE_XDM/SUBSET01/METADATA.XML"), std::string::npos);
  EXPECT_EQ(read_file(files_in(gateway.folder() / "archive", ".xml").at(0)), letter);
}

TEST(xdm, an_archive_is_unpacked_for_who_reads_its_document) {
  gateway_process gateway;
  add_endpoints(gateway);
  gateway.start();
  const finished packed =
      run({program("liaison"), "convert", "--to", "xdm", "--options", R"({"trusted":true})"}, new_letter());
  ASSERT_EQ(packed.exit, 0) << packed.err;
  const std::string& archive = packed.out;
  fs::create_directories(gateway.folder() / "exchange");
  write_file(gateway.folder() / "exchange/IHE_XDM.ZIP", archive);
  ASSERT_TRUE(appears(gateway.folder() / "gp/in", ".hpr"));
  ASSERT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(read_file(files_in(gateway.folder() / "mailbox", ".zip").at(0)), archive) << "passed on as it came";
  EXPECT_EQ(read_file(files_in(gateway.folder() / "archive", ".xml").at(0)), new_letter())
      << "the document byte for byte";
  const std::string letter = read_file(files_in(gateway.folder() / "gp/in", ".hpr").at(0));
  EXPECT_NE(letter.find("ESSAI"), std::string::npos);
  EXPECT_NE(letter.find("17/08/1979"), std::string::npos);
  const std::string log = read_file(gateway.log_file());
  for (const char* said : {"ESSAI", "179086322004286", "IPP-0042"})
    EXPECT_EQ(log.find(said), std::string::npos) << said;
}

}  // namespace
}  // namespace liaison::test
