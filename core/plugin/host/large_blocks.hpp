// SPDX-License-Identifier: Apache-2.0
// How a process that carries a plugin deals with memory of megabytes. Apart, so that tests measure under the same rule.
#pragma once

#include <malloc.h>

namespace liaison::plugin::hosted {

/// Blocks of a megabyte and more are mapped one by one, always: they grow by remapping and go back when they are freed.
/// Left alone glibc raises the limit to 32 MB after the first large message; then they are copied to grow, and stay.
inline void map_large_blocks() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

}  // namespace liaison::plugin::hosted
