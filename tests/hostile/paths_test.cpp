// SPDX-License-Identifier: Apache-2.0
// Hostile things in a watched folder, and names that messages would like to give to files. Who may write into the folder
// must not get the gateway to read, move or write anything outside of it.
#include "cases.hpp"
#include "watch.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace liaison::test {
namespace {

namespace fs = std::filesystem;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 400; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return holds();
}

/// A file behind the others: when it has been taken in, the others have been looked at.
void drop_and_wait(const gateway_process& gateway, const std::string& number) {
  const fs::path folder = gateway.folder() / "laboratory/out";
  write_file(folder / ("good" + number + ".hpr"), laboratory_result(number));
  EXPECT_TRUE(eventually([&] { return fs::exists(folder / "done" / ("good" + number + ".hpr")); }));
}

TEST(hostile_paths, what_is_no_file_is_left_where_it_is) {
  gateway_process gateway;
  gateway.start();
  const fs::path folder = gateway.folder() / "laboratory/out";
  const fs::path secret = gateway.folder() / "secret.txt";
  write_file(secret, laboratory_result("7000000001"));
  fs::create_symlink(secret, folder / "link.hpr");
  fs::create_symlink("/dev/zero", folder / "zero.hpr");
  fs::create_symlink("link-to-itself.hpr", folder / "link-to-itself.hpr");
  fs::create_symlink(folder, folder / "folder-link.hpr");
  ASSERT_EQ(::mkfifo((folder / "pipe.hpr").c_str(), 0600), 0);
  fs::create_directory(folder / "folder.hpr");
  const bool device = ::mknod((folder / "device.hpr").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0;  // privileged only
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  (folder / "socket.hpr").string().copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  drop_and_wait(gateway, "7000000002");
  for (const char* left : {"link.hpr", "zero.hpr", "link-to-itself.hpr", "folder-link.hpr", "pipe.hpr", "folder.hpr", "socket.hpr"})
    EXPECT_TRUE(fs::exists(fs::symlink_status(folder / left))) << left;
  EXPECT_EQ(fs::exists(fs::symlink_status(folder / "device.hpr")), device);
  EXPECT_EQ(read_file(secret), laboratory_result("7000000001"));
  ::close(listener);
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in").size(), 1U) << "nothing but the good file was taken in";
  expect_sound(gateway);
}

TEST(hostile_paths, odd_names_are_names_and_nothing_else) {
  gateway_process gateway;
  gateway.start();
  const fs::path folder = gateway.folder() / "laboratory/out";
  const std::string names[] = {"a\nb: c.hpr", "-rf.hpr", "%n%s%x.hpr", "$(touch x).hpr", "a;b|c&d.hpr", "\xFF\xFE\x80.hpr", "..a.hpr", "...hpr", " .hpr",
                               std::string(240, 'n') + ".hpr", "NUL.hpr", "con", "\"quoted\".hpr", "\x1b[31mred.hpr", std::string(marker) + ".hpr"};
  int number = 0;
  std::size_t taken = 0;
  for (const std::string& name : names) {
    if (name.front() == '.') continue;  // hidden: not looked at, see folder_watching
    write_file(folder / name, laboratory_result("710000000" + std::to_string(number++)));
    ++taken;
  }
  EXPECT_TRUE(eventually([&] { return files_in(folder).empty(); }));
  EXPECT_EQ(files_in(folder / "done").size(), taken);
  const std::string log = read_file(gateway.log_file());
  EXPECT_EQ(log.find("\nb: c.hpr"), std::string::npos) << "one line is one event";
  EXPECT_EQ(log.find('\x1b'), std::string::npos);
  EXPECT_TRUE(gateway.wait_until_delivered());
  expect_sound(gateway);
  expect_silent(gateway);
}

// "done" and "rejected" are the gateway's: a link of that name would have it move files wherever the link leads.
TEST(hostile_paths, a_link_in_place_of_the_folder_for_what_is_done_is_not_followed) {
  gateway_process gateway;
  const fs::path folder = gateway.folder() / "laboratory/out", elsewhere = gateway.folder() / "elsewhere";
  fs::create_directories(elsewhere);
  fs::create_symlink(elsewhere, folder / "done");
  fs::create_symlink(elsewhere, folder / "rejected");
  gateway.start();
  write_file(folder / "a.hpr", laboratory_result("7200000001"));
  write_file(folder / "b.hpr", "nothing that is known");
  EXPECT_TRUE(eventually([&] { return read_file(gateway.log_file()).find("folder-file-unmoved") != std::string::npos; }));
  EXPECT_TRUE(gateway.wait_until_delivered());
  EXPECT_TRUE(fs::is_empty(elsewhere));
  EXPECT_TRUE(fs::exists(folder / "a.hpr"));
  EXPECT_EQ(gateway.count("gp", "delivered"), 1U) << "taken in once, though it could not be moved";
  fs::remove(folder / "done");
  EXPECT_TRUE(eventually([&] { return fs::exists(folder / "done/a.hpr"); })) << "and moved once it can be";
  EXPECT_EQ(gateway.count("gp", "delivered"), 1U);
  expect_sound(gateway);
}

TEST(hostile_paths, files_that_grow_shrink_vanish_or_change_are_taken_whole_or_not_at_all) {
  gateway_process gateway;
  gateway.start();
  const fs::path folder = gateway.folder() / "laboratory/out";
  const std::string whole = laboratory_result("7300000001");
  std::thread writer([&] {
    std::ofstream growing(folder / "grows.hpr", std::ios::binary);
    for (std::size_t at = 0; at < whole.size(); at += 40) {
      growing << whole.substr(at, 40) << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // shorter than the quiet time of 50 ms
    }
  });
  for (int i = 0; i < 50; ++i) {
    const fs::path file = folder / ("vanishes" + std::to_string(i) + ".hpr");
    std::ofstream(file) << "half";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    fs::remove(file);
    fs::create_symlink("/etc/hostname", file);
  }
  writer.join();
  EXPECT_TRUE(eventually([&] { return fs::exists(folder / "done/grows.hpr"); }));
  EXPECT_EQ(read_file(folder / "done/grows.hpr"), whole);
  expect_sound(gateway);
}

// Names of files that leave are made of our own numbers: nothing in a message reaches them.
TEST(hostile_paths, no_message_names_a_file) {
  gateway_process gateway;
  gateway.start();
  const std::string evil[] = {"../../evil", "/tmp/evil", "a/../../evil", raw("evil\0x"), "evil\nx", "..\\evil", "%2e%2e%2fevil"};
  for (const std::string& name : evil) {
    std::string message = plain_result("evil");
    for (const std::string& field : {std::string("Revil"), std::string("Pevil"), std::string("Fevil")})
      for (std::size_t at = message.find(field); at != std::string::npos; at = message.find(field, at + name.size())) message.replace(at, field.size(), name);
    gateway.ask("POST", "/api/v1/messages", message, "application/octet-stream");
  }
  EXPECT_TRUE(gateway.wait_until_delivered());
  std::size_t files = 0;
  for (const char* to : {"gp/in", "pta/in"})
    for (const auto& file : files_in(gateway.folder() / to)) {
      ++files;
      const std::string name = file.filename();
      EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-."), std::string::npos) << name;
      EXPECT_EQ(name.find("evil"), std::string::npos);
    }
  EXPECT_GT(files, 0U);
  for (const auto& entry : fs::recursive_directory_iterator(gateway.folder())) EXPECT_EQ(entry.path().filename().string().find("evil"), std::string::npos) << entry.path();
  EXPECT_FALSE(fs::exists("/tmp/evil"));
  expect_sound(gateway);
}

}  // namespace
}  // namespace liaison::test
