// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on in release. They catch bugs; no input may ever trigger one.
#pragma once

#include <cstdio>
#include <cstdlib>

#define LIAISON_ASSERT(condition)                                                           \
  do {                                                                                      \
    if (!(condition)) [[unlikely]] {                                                        \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
