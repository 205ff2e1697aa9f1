// SPDX-License-Identifier: Apache-2.0
// Names of threads, as `top -H` and `liaison bench --compare` show them: CPU time by stage. The logic's thread is the main
// one and keeps the program's name.
#pragma once

#include <pthread.h>

namespace liaison {

/// At most 15 characters; the kernel takes no longer ones.
inline void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}  // namespace liaison
