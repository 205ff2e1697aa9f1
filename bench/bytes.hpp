// SPDX-License-Identifier: Apache-2.0
// What benchmarks of readers measure themselves by.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>

namespace liaison::bench {

inline void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// What touching every byte costs, once: the floor under every reader.
void scan(benchmark::State& state, const auto& of) {
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= of.bytes.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, of.bytes.data() + at, sizeof word);
      sum += word;
    }
    benchmark::DoNotOptimize(sum);
  }
  count(state, of.bytes.size());
}

}  // namespace liaison::bench
