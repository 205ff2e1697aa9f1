// SPDX-License-Identifier: Apache-2.0
// Running out of memory ends the host with a code of its own. Left to the plugin it would show as one of many
// crashes, or as a polite RETRY that makes a sender repeat for ever a message that never fits. The broker runs the
// message again alone in a fresh host, so that what another one left behind is not held against it.
#include "core/plugin/wire.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);

namespace {
void* checked(void* got) {
  if (got == nullptr) [[unlikely]]
    _exit(liaison::plugin::wire::exit_out_of_memory);
  return got;
}
}  // namespace

void* malloc(std::size_t size) { return checked(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return checked(__libc_calloc(count, size)); }
void* realloc(void* old, std::size_t size) {
  void* got = __libc_realloc(old, size);
  return size == 0 ? got : checked(got);
}
}

#endif
