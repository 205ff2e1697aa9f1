// SPDX-License-Identifier: Apache-2.0
// File systems that become read-only under load, and are writable again: below folders (a real mount), below the store until
// the disk is repaired (a real mount after an error, the only way in which the kernel takes a file system away from those who
// write), and below the store for a while (refused call by call). Senders are told "not now"; nothing acknowledged is lost.
#include "gateway_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace liaison::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

bool eventually(const std::function<bool()>& condition, int seconds_max = 60) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_max);
  while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

/// Senders that never rest: what was acknowledged, and how everything was answered.
class load {
 public:
  load(const gateway_process& gateway, std::string name) : gateway_(gateway), name_(std::move(name)) {
    for (int i = 0; i < 3; ++i) senders_.emplace_back([this] { work(); });
  }
  ~load() { stop(); }
  load(const load&) = delete;
  load& operator=(const load&) = delete;

  void stop() {
    go_on_ = false;
    for (auto& each : senders_) each.join();
    senders_.clear();
  }
  std::size_t answered(const std::string& code) const {
    const std::lock_guard lock(mutex_);
    const auto at = codes_.find(code);
    return at == codes_.end() ? 0 : at->second;
  }
  std::set<std::string> acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  std::string codes() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [code, times] : codes_) text += std::to_string(times) + " " + code + " ";
    return text;
  }

 private:
  void work() {
    while (go_on_) {
      const std::string number = name_ + std::to_string(++next_);
      const std::string code = gateway_.send(plain_result(number), 10'000).code;
      const std::lock_guard lock(mutex_);
      ++codes_[code];
      if (code == "AA") acknowledged_.insert(number);
    }
  }

  const gateway_process& gateway_;
  const std::string name_;
  std::atomic<int> next_{0};
  std::atomic<bool> go_on_{true};
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> codes_;
  std::set<std::string> acknowledged_;
  std::vector<std::thread> senders_;
};

/// How often each number stands in the recipient's files: one file is one delivery.
std::map<std::string, int> deliveries_in(const std::filesystem::path& inbox) {
  std::map<std::string, int> found;
  for (const auto& file : files_in(inbox, ".hl7")) {
    const std::string text = read_file(file);
    const std::size_t at = text.find("|ORU^R01^ORU_R01|R");
    if (at == std::string::npos) {
      ADD_FAILURE() << file << " is no whole message";
      continue;
    }
    ++found[text.substr(at + 18, text.find('|', at + 18) - at - 18)];
  }
  return found;
}

void expect_once(const std::filesystem::path& inbox, const std::set<std::string>& acknowledged) {
  const auto delivered = deliveries_in(inbox);
  for (const auto& number : acknowledged) EXPECT_EQ(delivered.count(number), 1U) << "acknowledged and lost: " << number;
  for (const auto& [number, times] : delivered) EXPECT_EQ(times, 1) << number;
}

/// What /readyz says when it is this status, within the time that orchestrators ask again.
std::string readiness(const gateway_process& gateway, unsigned status) {
  gateway_process::http said;
  EXPECT_TRUE(eventually([&] { return (said = gateway.ask("GET", "/readyz")).status == status; })) << said.status << " " << said.body;
  return said.body;
}

/// Everything to "gp", as it came; mounts of this process and its children only, so that nothing stays behind whatever happens.
class read_only : public ::testing::Test {
 protected:
  read_only() {
    std::string configuration = read_file(gateway.configuration_file());
    const std::string gp = "\"format\":\"hprim-medecin\"";
    configuration.replace(configuration.find(gp), gp.size(), "\"format\":\"hl7v2\",\"delivery\":{\"in_flight_max\":4,\"retry_delay_ms_min\":50,\"retry_delay_ms_max\":500}");
    configuration.replace(configuration.find("[\"gp\",\"pta\"]"), 12, "[\"gp\"]");
    gateway.configure(configuration);
    std::filesystem::create_directories(disk());
  }
  ~read_only() override {
    if (gateway.is_running()) gateway.kill_now();
    if (is_mounted_) ::umount2(disk().c_str(), MNT_DETACH);
  }
  bool mount_disk(const char* type, const char* options) {
    static const bool apart = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    is_mounted_ = apart && ::mount("none", disk().c_str(), type, 0, options) == 0;
    return is_mounted_;
  }
  std::filesystem::path disk() const { return gateway.folder() / "disk"; }

  /// Everything below `folder` is read-only while the file `is_read_only()` exists.
  void start_on_disk_that_changes(const std::filesystem::path& folder) {
    ::setenv("LIAISON_TEST_READ_ONLY_BELOW", folder.c_str(), 1);
    ::setenv("LIAISON_TEST_READ_ONLY_WHILE", is_read_only().c_str(), 1);
    ::setenv("LD_PRELOAD", LIAISON_READ_ONLY_DISK, 1);
    const char* const asan = std::getenv("ASAN_OPTIONS");
    // ASan wants to be the first library, without need here.
    ::setenv("ASAN_OPTIONS", ((asan == nullptr ? "" : std::string(asan) + ":") + "verify_asan_link_order=0").c_str(), 1);
    gateway.start();
    ::unsetenv("LD_PRELOAD");
  }
  std::filesystem::path is_read_only() const { return gateway.folder() / "is-read-only"; }

  gateway_process gateway;
  bool is_mounted_ = false;
};

TEST_F(read_only, folders_wait_and_go_on_by_themselves) {
  if (!mount_disk("tmpfs", "size=64m")) GTEST_SKIP() << "mounting is not allowed here";
  for (const char* part : {"gp", "laboratory"}) std::filesystem::create_directories(disk() / part);
  gateway.set("endpoints.gp.destination.folder.path=" + (disk() / "gp").string());
  gateway.set("endpoints.laboratory.source.folder.path=" + (disk() / "laboratory").string());
  gateway.start();
  if (HasFatalFailure()) return;
  load senders(gateway, "f");
  ASSERT_TRUE(eventually([&] { return files_in(disk() / "gp").size() > 20; }));
  std::set<std::string> files;
  const auto set_mode = [&](unsigned long flags) {
    return eventually([&] { return ::mount("none", disk().c_str(), "tmpfs", MS_REMOUNT | flags, "size=64m") == 0; });
  };
  // The kernel says "busy" while a file is open for writing: asked until it lets us. The source's last files were found just before.
  for (int i = 0; i < 20; ++i) {
    files.insert("file" + std::to_string(i));
    write_file(disk() / "laboratory" / ("file" + std::to_string(i) + ".hl7"), plain_result("file" + std::to_string(i)));
  }
  ASSERT_TRUE(set_mode(MS_RDONLY));
  const std::size_t there = files_in(disk() / "gp").size(), before = senders.answered("AA");
  ASSERT_TRUE(eventually([&] { return senders.answered("AA") > before + 100; })) << "intake goes on: " << senders.codes();
  EXPECT_GT(gateway.count("gp", "pending"), 50U);
  EXPECT_EQ(files_in(disk() / "gp").size(), there);
  EXPECT_EQ(gateway.count("gp", "dead"), 0U);
  ASSERT_TRUE(set_mode(0));
  EXPECT_TRUE(eventually([&] { return files_in(disk() / "laboratory").empty(); })) << "the source's files are taken away";
  senders.stop();
  EXPECT_TRUE(gateway.wait_until_delivered(60'000));
  EXPECT_EQ(senders.answered("AA"), senders.acknowledged().size());
  std::set<std::string> all = senders.acknowledged();
  all.insert(files.begin(), files.end());
  expect_once(disk() / "gp", all);
  std::printf("answers: %s; %zu files in the recipient's folder\n", senders.codes().c_str(), files_in(disk() / "gp").size());
}

TEST_F(read_only, a_store_after_a_disk_error_says_not_now_and_has_everything_when_the_disk_is_repaired) {
  const auto image = (gateway.folder() / "image").string();
  const auto tool = [](std::vector<std::string> words) {
    const std::string name = words.front();
    for (const char* place : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"}) {
      words.front() = place + name;
      if (::access(words.front().c_str(), X_OK) == 0) return run(words).exit;
    }
    return -1;
  };
  std::filesystem::create_directories(gateway.folder());
  write_file(image, "");
  std::filesystem::resize_file(image, 96U << 20);
  const auto mount_image = [&] { return is_mounted_ = tool({"mount", "-t", "ext4", "-o", "loop,errors=remount-ro", image, disk().string()}) == 0; };
  if (!mount_disk("tmpfs", "size=1m")) GTEST_SKIP() << "mounting is not allowed here";
  ::umount2(disk().c_str(), MNT_DETACH);
  is_mounted_ = false;
  if (tool({"mkfs.ext4", "-q", "-F", image}) != 0 || !mount_image()) GTEST_SKIP() << "no ext4 file system in a file here";
  gateway.set("instance.data=" + (disk() / "data").string());
  gateway.set("store.free_bytes_min=4194304");
  gateway.set("stop_ms_max=2000");
  gateway.start();
  if (HasFatalFailure()) return;
  load early(gateway, "e");
  ASSERT_TRUE(eventually([&] { return early.answered("AA") > 100; }));
  early.stop();
  // Nothing is being committed at the moment of the error: ext4 calls a file synced then whose bytes it has just thrown away.
  ASSERT_TRUE(gateway.wait_until_delivered());
  ASSERT_EQ(tool({"mount", "-o", "remount,abort", disk().string()}), 0);
  EXPECT_THAT(readiness(gateway, 503), ::testing::AllOf(HasSubstr("store-failed"), HasSubstr("Read-only"), Not(HasSubstr(disk().string())))) << "before anybody sends";
  load senders(gateway, "l");
  EXPECT_TRUE(eventually([&] { return senders.answered("AR") > 100; })) << senders.codes();
  EXPECT_EQ(gateway.ask("POST", "/api/v1/messages", plain_result("http")).status, 503U);
  EXPECT_EQ(gateway.ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(gateway.ask("GET", "/api/v1/messages").status, 200U) << "what is there can be read";
  senders.stop();
  EXPECT_EQ(gateway.ask("GET", "/readyz").status, 503U);
  EXPECT_EQ(senders.answered("AA"), 0U) << "nothing was acknowledged that could not be kept";
  EXPECT_TRUE(gateway.is_running());
  gateway.stop();
  ASSERT_EQ(::umount(disk().c_str()), 0);
  is_mounted_ = false;
  EXPECT_LE(tool({"e2fsck", "-fp", image}), 1) << "an operator repairs it";
  ASSERT_TRUE(mount_image());
  gateway.start();
  if (HasFatalFailure()) return;
  EXPECT_EQ(gateway.send(plain_result("after")).code, "AA");
  EXPECT_TRUE(gateway.wait_until_delivered(60'000));
  expect_once(gateway.folder() / "gp/in", early.acknowledged());
  EXPECT_EQ(gateway.stop(), 0);
  std::printf("answers: %s, then %s\n", early.codes().c_str(), senders.codes().c_str());
}

TEST_F(read_only, a_store_that_is_writable_again_goes_on_by_itself) {
  start_on_disk_that_changes(gateway.folder() / "data");
  if (HasFatalFailure()) return;
  const auto flag = is_read_only();
  load senders(gateway, "s");
  for (int round = 0; round < 3; ++round) {
    const std::size_t accepted = senders.answered("AA"), refused = senders.answered("AR");
    ASSERT_TRUE(eventually([&] { return senders.answered("AA") > accepted + 100; })) << senders.codes();
    write_file(flag, "");
    ASSERT_TRUE(eventually([&] { return senders.answered("AR") > refused + 50; })) << senders.codes();
    EXPECT_EQ(gateway.ask("POST", "/api/v1/messages", plain_result("http")).status, 503U);
    EXPECT_THAT(readiness(gateway, 503), ::testing::AnyOf(HasSubstr("store-failed"), HasSubstr("store-filing-failed")));
    std::filesystem::remove(flag);
    readiness(gateway, 200);
  }
  const std::size_t accepted = senders.answered("AA");
  EXPECT_TRUE(eventually([&] { return senders.answered("AA") > accepted + 100; })) << "it goes on by itself: " << senders.codes();
  senders.stop();
  EXPECT_TRUE(gateway.wait_until_delivered(60'000));
  expect_once(gateway.folder() / "gp/in", senders.acknowledged());
  EXPECT_EQ(senders.answered("AA") + senders.answered("AR"), senders.acknowledged().size() + senders.answered("AR"));
  EXPECT_EQ(gateway.stop(), 0);
  gateway.start();
  EXPECT_EQ(gateway.send(plain_result("after")).code, "AA") << "and can be opened again";
  std::printf("answers: %s\n", senders.codes().c_str());
}

TEST_F(read_only, a_store_that_cannot_file_is_not_ready_until_it_can) {
  start_on_disk_that_changes(gateway.folder() / "data/store/liaison.db");
  if (HasFatalFailure()) return;
  const auto flag = is_read_only();
  write_file(flag, "");
  EXPECT_EQ(gateway.send(plain_result("kept")).code, "AA") << "the journal can be written";
  EXPECT_THAT(readiness(gateway, 503), HasSubstr("store-filing-failed"));
  EXPECT_THAT(read_file(gateway.log_file()), ::testing::ContainsRegex("store-filing-failed.*\"reason\":\"database: [a-zA-Z]"));
  EXPECT_EQ(gateway.send(plain_result("refused")).code, "AR") << "nothing more is kept until the first has its rows";
  std::filesystem::remove(flag);
  EXPECT_EQ(readiness(gateway, 200), "ready\n");
  EXPECT_TRUE(gateway.wait_until_delivered());
  expect_once(gateway.folder() / "gp/in", {"kept"});
}

}  // namespace
}  // namespace liaison::test
