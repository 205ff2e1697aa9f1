// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace liaison::app::bench {

result<scratch_directory> scratch_directory::open(const std::string& asked) {
  scratch_directory made;
  std::string path = asked.empty() ? "liaison-bench-XXXXXX" : asked;
  if (asked.empty() && ::mkdtemp(path.data()) == nullptr) return failure{"io-error", std::string("temporary directory: ") + std::strerror(errno)};
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failure{"io-error", path + ": " + error.message()};
  made.path_ = std::filesystem::absolute(path).string();
  made.is_ours_ = asked.empty();
  return made;
}

scratch_directory::scratch_directory(scratch_directory&& other) noexcept
    : path_(std::move(other.path_)), is_ours_(std::exchange(other.is_ours_, false)) {}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  if (is_ours_) std::filesystem::remove_all(path_, ignored);
}

result<std::string> scratch_directory::folder(const std::string& name) const {
  remove(name);
  std::error_code error;
  std::filesystem::create_directories(path_ + "/" + name, error);
  if (error) return failure{"io-error", path_ + "/" + name + ": " + error.message()};
  return path_ + "/" + name;
}

void scratch_directory::remove(const std::string& name) const {
  std::error_code ignored;
  std::filesystem::remove_all(path_ + "/" + name, ignored);
}

}  // namespace liaison::app::bench
