// SPDX-License-Identifier: Apache-2.0
// For what only the SQLite backend has: files that can be damaged, disks that fill up, processes that die.
#pragma once

#include "tests/contract/store/store_fixture.hpp"

#include <sys/mount.h>
#include <sys/wait.h>
#include <csignal>
#include <fstream>
#include <functional>

namespace liaison::store::testing {

class sqlite_case : public ::testing::Test {
 protected:
  result<std::unique_ptr<store>> opening(const sqlite_options& options) { return open_sqlite(options, runs_, time_); }
  open_store open(const sqlite_options& options) {
    auto opened = opening(options);
    if (!opened) throw std::runtime_error(opened.error().text);
    return {runs_, std::move(opened).value()};
  }
  open_store open() { return open(quick_options(folder_.path())); }
  std::filesystem::path database() const { return folder_.path() / "liaison.db"; }
  std::filesystem::path payloads() const { return folder_.path() / "payload"; }

  std::vector<std::filesystem::path> payload_files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(payloads())) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }

  scratch_folder folder_;
  hand_executor runs_;
  hand_clock time_;
};

inline std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

/// Runs `what` in a process of its own; gives its exit code, or -1.
inline int in_a_child(const std::function<int()>& what) {
  const auto child = ::fork();
  if (child == 0) ::_exit(what());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A small disk in memory. `is_mounted` is false where mounting is not allowed.
class small_disk {
 public:
  explicit small_disk(const char* options) {
    // In a mount namespace of this process, so that nothing stays behind whatever happens.
    static const bool apart =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    mounted_ = apart && ::mount("none", at_.path().c_str(), "tmpfs", 0, options) == 0;
  }
  ~small_disk() {
    if (mounted_) ::umount2(at_.path().c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  bool is_mounted() const { return mounted_; }
  void remount(const std::string& options) {
    ASSERT_EQ(::mount("none", at_.path().c_str(), "tmpfs", MS_REMOUNT, options.c_str()), 0);
  }
  std::filesystem::path path() const { return at_.path(); }

 private:
  scratch_folder at_;
  bool mounted_ = false;
};

}  // namespace liaison::store::testing
