// SPDX-License-Identifier: Apache-2.0
// memfd, mapped and sealed.
#include "core/plugin/window.hpp"

#include "core/plugin/spawn.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace liaison::plugin {
namespace {

constexpr std::uint32_t backing_step_bytes = 64U << 10U;

// Linux 5.14; the headers of older C libraries do not have them.
constexpr int populate_read = 22, populate_write = 23;

}  // namespace

shared_window::shared_window(writer who) : writer_(who) {
  const int made = ::memfd_create("liaison-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made < 0) return;
  fd_ = ::fcntl(made, F_DUPFD_CLOEXEC, lowest_own_fd);
  ::close(made);
  void* got = MAP_FAILED;
  if (fd_ >= 0 && ::ftruncate(fd_, window_size_bytes) == 0)
    got = ::mmap(nullptr, window_size_bytes, who == writer::broker ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd_, 0);
  if (got != MAP_FAILED) memory_ = static_cast<char*>(got);
  // After our own mapping: from here on nobody else gets a writable one.
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (who == writer::broker ? F_SEAL_FUTURE_WRITE : 0);
  if (memory_ != nullptr && ::fcntl(fd_, F_ADD_SEALS, seals) == 0 && ::madvise(memory_, 0, advice()) == 0) return;
  shared_window none;
  swap(none);
}

shared_window::~shared_window() {
  close_fd();
  if (memory_ != nullptr) ::munmap(memory_, window_size_bytes);
}

int shared_window::advice() const { return writer_ == writer::broker ? populate_write : populate_read; }

bool shared_window::back_up_to(std::uint64_t end) {
  if (end <= backed_bytes_) return true;
  if (memory_ == nullptr || end > window_size_bytes) return false;
  const auto wanted = static_cast<std::uint32_t>((end + backing_step_bytes - 1) / backing_step_bytes * backing_step_bytes);
  int wrong = 0;
  do wrong = ::madvise(memory_ + backed_bytes_, wanted - backed_bytes_, advice());
  while (wrong != 0 && errno == EINTR);
  if (wrong == 0) backed_bytes_ = wanted;
  return wrong == 0;
}

void shared_window::close_fd() {
  if (const int open = std::exchange(fd_, -1); open >= 0) ::close(open);
}

void shared_window::swap(shared_window& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(backed_bytes_, other.backed_bytes_);
  std::swap(writer_, other.writer_);
  std::swap(fd_, other.fd_);
}

}  // namespace liaison::plugin
