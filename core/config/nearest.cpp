// SPDX-License-Identifier: Apache-2.0
#include "core/config/nearest.hpp"

#include <algorithm>

namespace liaison::config {
namespace {

constexpr std::size_t compared_size_max = 128;
constexpr std::size_t listed_max = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

std::string nearest(std::string_view written, const std::vector<std::string>& valid) {
  std::string best;
  std::size_t best_distance = written.size() + 1;
  for (const auto& one : valid) {
    if (one.size() > compared_size_max || written.size() > compared_size_max) continue;
    const std::size_t distance = edit_distance(written, one);
    const std::size_t meant_within = std::max<std::size_t>(1, std::max(one.size(), written.size()) / 3);
    const bool cut_short = written.size() >= 2 && one.starts_with(written);
    if ((distance > meant_within && !cut_short) || distance >= best_distance) continue;
    best = one;
    best_distance = distance;
  }
  return best;
}

std::string suggestion(std::string_view written, const std::vector<std::string>& valid) {
  if (auto best = nearest(written, valid); !best.empty()) return "; did you mean '" + best + "'?";
  if (valid.empty() || valid.size() > listed_max) return "";
  std::string text = valid.size() == 1 ? "; there is only: " : "; there are: ";
  for (const auto& one : valid) text += (&one == &valid.front() ? "'" : ", '") + one + "'";
  return text;
}

}  // namespace liaison::config
