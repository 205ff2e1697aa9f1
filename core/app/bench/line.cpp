// SPDX-License-Identifier: Apache-2.0
#include "core/app/bench/line.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace liaison::app::bench {

namespace {

/// Three digits that count, more for what is large: 0.031, 1.25, 48.1, 51448.
std::string number(double value) {
  const double size = std::fabs(value);
  const int decimals = size == 0 || size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string range(const figure& of) {
  if (!of.is_known()) return "-";
  if (of.turns.size() == 1) return number(of.median());
  return number(of.median()) + " (" + number(of.low()) + ".." + number(of.high()) + ")";
}

std::string text_of(const aim& wanted) {
  const char* what = wanted.what == aim::of::ratio ? "ratio " : wanted.what == aim::of::difference ? "difference " : "";
  return std::string(what) + (wanted.how == aim::bound::at_least ? ">= " : "<= ") + number(wanted.value);
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double figure::median() const { return median_of(turns); }
double figure::low() const { return turns.empty() ? 0 : *std::min_element(turns.begin(), turns.end()); }
double figure::high() const { return turns.empty() ? 0 : *std::max_element(turns.begin(), turns.end()); }

std::optional<double> line::ratio() const {
  if (!ours.is_known() || !limit.is_known()) return std::nullopt;
  if (ours.turns.size() != limit.turns.size()) return limit.median() > 0 ? std::optional(ours.median() / limit.median()) : std::nullopt;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.turns.size(); ++i) {
    if (limit.turns[i] <= 0) return std::nullopt;
    ratios.push_back(ours.turns[i] / limit.turns[i]);
  }
  return median_of(std::move(ratios));
}

std::optional<bool> line::is_met() const {
  if (!aim || !ours.is_known()) return std::nullopt;
  double value = ours.median();
  if (aim->what == aim::of::ratio) {
    const auto found = ratio();
    if (!found) return std::nullopt;
    value = *found;
  } else if (aim->what == aim::of::difference) {
    value -= limit.median();
  }
  return aim->how == aim::bound::at_least ? value >= aim->value : value <= aim->value;
}

std::string to_table(const std::vector<line>& lines) {
  std::vector<std::array<std::string, 9>> rows{{"measurement", "what", "liaison", "limit", "unit", "ratio", "aim", "met", "limit is; note"}};
  for (const line& one : lines) {
    const auto ratio = one.ratio();
    const auto met = one.is_met();
    rows.push_back({one.measurement, one.name, range(one.ours), range(one.limit), one.unit, ratio ? number(*ratio) : "-",
                    one.aim ? text_of(*one.aim) : "-", met ? (*met ? "yes" : "NO") : "-",
                    one.limit_is + (one.limit_is.empty() || one.note.empty() ? "" : "; ") + one.note});
  }
  std::array<std::size_t, 9> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    text += "|";
    for (std::size_t i = 0; i < row.size(); ++i) text += " " + row[i] + std::string(widths[i] - row[i].size(), ' ') + " |";
    text += "\n";
    if (&row != &rows.front()) continue;
    text += "|";
    for (const std::size_t width : widths) text += " " + std::string(width, '-') + " |";
    text += "\n";
  }
  return text;
}

std::string to_json(const std::vector<line>& lines) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
  out.SetMaxDecimalPlaces(4);
  const auto text = [&](const char* key, const std::string& value) {
    out.Key(key);
    out.String(value);
  };
  const auto of = [&](const char* key, const figure& value) {
    out.Key(key);
    if (!value.is_known()) {
      out.Null();
      return;
    }
    out.StartObject();
    for (const auto& [name, number] : {std::pair{"median", value.median()}, {"low", value.low()}, {"high", value.high()}}) {
      out.Key(name);
      out.Double(number);
    }
    out.EndObject();
  };
  out.StartObject();
  out.Key("lines");
  out.StartArray();
  for (const line& one : lines) {
    out.StartObject();
    text("measurement", one.measurement);
    text("name", one.name);
    text("unit", one.unit);
    of("liaison", one.ours);
    of("limit", one.limit);
    text("limit_is", one.limit_is);
    out.Key("ratio");
    if (const auto ratio = one.ratio()) out.Double(*ratio);
    else out.Null();
    out.Key("aim");
    if (one.aim) out.String(text_of(*one.aim));
    else out.Null();
    out.Key("met");
    if (const auto met = one.is_met()) out.Bool(*met);
    else out.Null();
    text("note", one.note);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return buffer.GetString();
}

}  // namespace liaison::app::bench
