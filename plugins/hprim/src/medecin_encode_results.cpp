// SPDX-License-Identifier: Apache-2.0
// RES and TEX: the results for programs.
#include "medecin_encode.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view pivot, written;
};

constexpr code_row flag_codes[] = {{"L", "L"}, {"LL", "LL"}, {"H", "H"},  {"HH", "HH"},
                                   {"N", "N"}, {"LU", "LL"}, {"HU", "HH"}};
constexpr code_row status_codes[] = {
    {"final", "F"}, {"amended", "C"}, {"corrected", "C"}, {"preliminary", "R"}, {"registered", "R"}};

template <class Table>
std::string_view written_code(const Table& table, std::string_view pivot) {
  for (const code_row& row : table) {
    if (row.pivot == pivot) return row.written;
  }
  return {};
}

}  // namespace

void message_encoder::write_results(const view_document& document, bool fragment) {
  const bool any = std::any_of(document.results.begin(), document.results.end(),
                               [](const view_result& r) { return !is_cancelled(r.status.text); });
  if (any && !fragment) line("****LAB****");
  for (const view_result& result : document.results) {
    if (is_cancelled(result.status.text)) {
      found_.add(finding::result_cancelled);
      dropped(result.status, "the format has no status for a cancelled result; said in the text");
      continue;
    }
    if (options_.with_tex) line("TEX|" + safe_.medecin_field(print_result(printed(result))));
    write_res(result);
    write_second_row(result);
  }
}

/// Field of RES: as it was sent when the source was this format, else as the pivot says it.
std::string message_encoder::res_field(const view_result& result, std::size_t number, const sourced& value,
                                       std::string_view written) {
  const std::string place = "RES-" + std::to_string(number);
  carried(value, place);
  const sourced own = kept(result.node, "hprim-medecin.RES." + std::to_string(number));
  carried(own, place);
  return safe_.medecin_field(own.empty() ? written : std::string_view(own.text));
}

void message_encoder::write_res(const view_result& result) {
  const view_quantity& first = result.first;
  const view_quantity& second = result.second;
  const auto low_of = [](const view_quantity& q) {
    return q.low.empty() && q.high.empty() ? q.range_text : (q.low.empty() ? q.range_text : q.low);
  };
  for (const sourced& source : first.sources) carried(source, "RES-5");
  for (const sourced& source : second.sources) carried(source, "RES-11");
  const bool plain_number = first.is_number() && first.comparator.empty();
  const std::string label = result.label.text == "(sans libellé)" ? std::string{} : result.label.text;
  const sourced low = low_of(first), second_low = low_of(second);
  std::string res = "RES|" + res_field(result, 2, result.label, label);
  res += "|" + res_field(result, 3, result.code, result.code.text);
  res += "|" + res_field(result, 4, {}, first.empty() ? "" : (plain_number ? "N" : "A"));
  res += "|" + res_field(result, 5, {}, on_one_line(first.understood()));
  res += "|" + res_field(result, 6, first.unit_source, first.unit);
  res += "|" + res_field(result, 7, low, low.text);
  res += "|" + res_field(result, 8, first.high, first.high.text);
  res += "|" + flag_field(result);
  res += "|" + status_field(result);
  const bool kept_second =
      !kept(result.node, "hprim-medecin.RES.11").empty() || !kept(result.node, "hprim-medecin.RES.12").empty() ||
      !kept(result.node, "hprim-medecin.RES.13").empty() || !kept(result.node, "hprim-medecin.RES.14").empty();
  const sourced excess = kept(result.node, "hprim-medecin.RES.15");
  const bool own_row = !kept(result.node, "hprim-medecin.ROW.2").empty();
  const bool has_second = !own_row && (!second.empty() || !second.low.empty() || !second.high.empty());
  if (has_second || kept_second || !excess.empty()) {
    res += "|" + res_field(result, 11, {}, on_one_line(second.understood()));
    res += "|" + res_field(result, 12, second.unit_source, second.unit);
    res += "|" + res_field(result, 13, second_low, second_low.text);
    res += "|" + res_field(result, 14, second.high, second.high.text);
  }
  if (!excess.empty()) {
    carried(excess, "RES-15");
    for (const std::string_view one : split(excess.text, '|')) res += "|" + safe_.medecin_field(one);
  }
  line(res);
}

/// A second unit that came as a row of its own goes as one.
void message_encoder::write_second_row(const view_result& result) {
  if (pivot_reader::find(result.node, "extension") == nullptr) return;
  std::string row = "RES";
  std::size_t bars = 0;
  for (std::size_t number = 2; number <= 14; ++number) {
    const sourced value = kept(result.node, "hprim-medecin.ROW." + std::to_string(number));
    ++bars;
    if (value.empty()) continue;
    row.append(bars, '|').append(safe_.medecin_field(value.text));
    bars = 0;
    carried(value, "RES-" + std::to_string(number));
  }
  if (row.size() > 3) line(row);
}

std::string message_encoder::on_one_line(std::string_view text) {
  std::string out;
  for (const std::string_view part : split(text, '\n')) {
    if (trim(part).empty()) continue;
    if (!out.empty()) out += " / ";
    out += trim(part);
  }
  return out;
}

std::string message_encoder::flag_field(const view_result& result) {
  const std::string_view flag = written_code(flag_codes, result.flag.text);
  if (flag.empty()) {
    dropped(result.flag, "the format has no such abnormality code");
    return res_field(result, 9, {}, "");
  }
  return res_field(result, 9, result.flag, flag);
}

std::string message_encoder::status_field(const view_result& result) {
  const std::string_view status = written_code(status_codes, result.status.text);
  if (status.empty() && result.status.text != "unknown") dropped(result.status, "the format has no such status");
  return res_field(result, 10, result.status, status);
}

}  // namespace liaison::hprim
