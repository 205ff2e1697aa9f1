// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace liaison {

/// How long the calling thread runs before another one that waits for its processor gets it, 0.1 to 100 ms; threads and processes
/// that it starts afterwards are given the same. Who asks for little is let in sooner, in the middle of the slice of who asks for
/// much, and gets as much in the end. A hint: Linux before 6.12 knows no such thing, and a container may forbid it. Thread: any.
void ask_for_time_slices_of(std::chrono::microseconds length) noexcept;

}  // namespace liaison
