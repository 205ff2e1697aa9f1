// SPDX-License-Identifier: Apache-2.0
// What `liaison bench --compare` prints: one line for each thing measured, our figure, the limit that it is held against,
// their ratio, the aim and whether it is met.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace liaison::app::bench {

/// One quantity in several turns. The median is the figure, the range says how much it can be trusted.
struct figure {
  std::vector<double> turns;

  figure() = default;
  figure(double one) : turns{one} {}
  void add(double turn) { turns.push_back(turn); }
  bool is_known() const { return !turns.empty(); }
  double median() const;  ///< 0 when there is none
  double low() const;
  double high() const;
};

struct aim {
  enum class of { ours, ratio, difference };  ///< difference: ours without the limit
  enum class bound { at_least, at_most };
  of what = of::ratio;
  bound how = bound::at_least;
  double value = 0;
};

struct line {
  std::string measurement;  ///< as `--only` names it
  std::string name;
  std::string unit;
  figure ours;
  figure limit;          ///< none: there is nothing to hold it against
  std::string limit_is;  ///< "bare server"; says so when it was not measured in this run
  std::optional<bench::aim> aim;
  std::string note;

  /// Of turns that were taken side by side the median of their own ratios, so that a machine that slows down slows both.
  std::optional<double> ratio() const;
  std::optional<bool> is_met() const;  ///< none: there is no aim
};

double median_of(std::vector<double> values);  ///< 0 when empty

std::string to_table(const std::vector<line>& lines);
std::string to_json(const std::vector<line>& lines);

}  // namespace liaison::app::bench
