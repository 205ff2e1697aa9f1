// SPDX-License-Identifier: Apache-2.0
// Where the files of a measurement go: a directory that is removed in the end unless it was named by the user.
#pragma once

#include "core/base/result.hpp"

#include <string>

namespace liaison::app::bench {

class scratch_directory {
 public:
  /// `asked`: made when missing; empty: a new one below the current directory.
  static result<scratch_directory> open(const std::string& asked);
  scratch_directory(scratch_directory&& other) noexcept;
  scratch_directory& operator=(scratch_directory&&) = delete;
  ~scratch_directory();

  const std::string& path() const { return path_; }  ///< absolute
  result<std::string> folder(const std::string& name) const;  ///< made, empty
  void remove(const std::string& name) const;

 private:
  scratch_directory() = default;
  std::string path_;
  bool is_ours_ = false;
};

}  // namespace liaison::app::bench
