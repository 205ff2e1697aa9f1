// SPDX-License-Identifier: Apache-2.0
// The broker's promises under deaths at any step, lost and doubled packets, recipients that are slow, dead or busy, a
// disk that refuses, and clocks that jump. LIAISON_SEEDS: how many worlds, from LIAISON_FIRST_SEED; LIAISON_SEED: this
// one alone.
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace liaison::test {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(simulation, no_promise_breaks) {
  const std::uint64_t only = number_from("LIAISON_SEED", 0);
  const std::uint64_t first = only != 0 ? only : number_from("LIAISON_FIRST_SEED", 1),
                      count = only != 0 ? 1 : number_from("LIAISON_SEEDS", 1'000);
  simulation_figures sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    simulation world(seed);
    const std::string broken = world.run();
    ASSERT_EQ(broken, "") << "LIAISON_SEED=" << seed;
    sum.events += world.figures().events;
    sum.deaths += world.figures().deaths;
    sum.acknowledged += world.figures().acknowledged;
    sum.received += world.figures().received;
    sum.received_again += world.figures().received_again;
  }
  // A world in which nothing goes wrong shows nothing.
  EXPECT_GT(sum.deaths, count);
  EXPECT_GT(sum.received_again + (only != 0 ? 1 : 0), 0U)
      << "an answer that is lost makes an at-least-once recipient hear twice";
  std::printf(
      "%llu worlds: %llu events, %llu deaths, %llu messages acknowledged, %llu receptions, %llu of them again\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(sum.events),
      static_cast<unsigned long long>(sum.deaths), static_cast<unsigned long long>(sum.acknowledged),
      static_cast<unsigned long long>(sum.received), static_cast<unsigned long long>(sum.received_again));
}

}  // namespace
}  // namespace liaison::test
