// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?": the valid name that is nearest to what was written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other, without case
/// (optimal string alignment). Time: the product of the lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `valid`; empty when none is near enough to be meant: a third of the length, at
/// least 1, or the beginning of a name.
std::string nearest(std::string_view written, const std::vector<std::string>& valid);

/// "; did you mean 'x'?" or, when nothing is near, "; there are: 'a', 'b'" (or nothing for long lists).
std::string suggestion(std::string_view written, const std::vector<std::string>& valid);

}  // namespace liaison::config
