// SPDX-License-Identifier: Apache-2.0
#include "leaves.hpp"

#include "people.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <map>

namespace liaison::hl7v2 {
namespace {

/// A value longer than this (a document in base64) is shown in the account by its beginning only.
constexpr std::size_t shown_bytes_max = 4096;
constexpr std::size_t shown_bytes_of_long = 64;

}  // namespace

leaves::leaves(const message& of, account* ledger, std::size_t rows_max)
    : of_(of), ledger_(ledger), rows_max_(rows_max) {
  if (ledger_ == nullptr) return;
  std::map<std::string_view, unsigned> ordinals;
  for (std::size_t i = 0; i < of.size(); ++i) add_segment(of.at(i), ++ordinals[of.at(i).name()]);
}

void leaves::add_segment(const segment& of, unsigned ordinal) {
  const std::string name = location_with(of, ordinal);
  const bool is_header = of.name() == "MSH" || of.name() == "FHS" || of.name() == "BHS";
  if (is_header) {
    add(of[1].text(), of.position(), 1, name + "-1");
    add(of[2].text(), of.position(), 2, name + "-2");
  }
  for (unsigned number = is_header ? 3 : 1; number <= of.field_count(); ++number) {
    if (!of[number].empty()) add_field(of, number, name);
  }
}

void leaves::add_field(const segment& of, unsigned number, const std::string& segment_name) {
  const field content = of[number];
  const separators& by = of_.by();
  unsigned repetition_number = 0;
  for (const auto piece : content.repetitions()) {
    std::string where = segment_name + "-" + std::to_string(number);
    if (++repetition_number > 1) where += "[" + std::to_string(repetition_number) + "]";
    if (piece.find_first_of(std::string{by.component, by.subcomponent}) == std::string_view::npos) {
      add(piece, of.position(), number, std::move(where));
      continue;
    }
    unsigned component = 0;
    for (const auto part : pieces(piece, by.component)) {
      const std::string inner = where + "." + std::to_string(++component);
      if (by.subcomponent == '\0' || part.find(by.subcomponent) == std::string_view::npos) {
        add(part, of.position(), number, inner);
        continue;
      }
      unsigned subcomponent = 0;
      for (const auto sub : pieces(part, by.subcomponent)) {
        add(sub, of.position(), number, inner + "." + std::to_string(++subcomponent));
      }
    }
  }
}

void leaves::add(std::string_view raw, std::uint32_t position, unsigned field, std::string location) {
  if (trim(raw).empty() || is_full()) return;
  row& made = rows_.emplace_back();
  made.offset = static_cast<std::uint32_t>(raw.data() - of_.text().data());
  made.segment = position;
  made.field = static_cast<std::uint16_t>(std::min(field, 65535U));
  if (raw.size() <= shown_bytes_max) {
    // MSH-2 holds the escape character itself: it is shown as it stands.
    const bool is_separators = field <= 2 && raw.data() < of_.text().data() + 16;
    made.leaf = ledger_->add(location, is_separators ? std::string(raw) : unescape(trim(raw), of_.by()));
  } else {
    made.leaf = ledger_->add(
        location, std::string(raw.substr(0, shown_bytes_of_long)) + "… (" + std::to_string(raw.size()) + " bytes)");
  }
  locations_.push_back(std::move(location));
}

std::size_t leaves::first_row_at(std::size_t offset) const {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), offset, [](const row& a, std::size_t b) { return a.offset < b; });
  return static_cast<std::size_t>(found - rows_.begin());
}

sourced leaves::as(std::string_view raw, std::string text) const {
  if (text.empty()) return {};
  if (ledger_ == nullptr || raw.empty()) return sourced(std::move(text));
  const auto offset = static_cast<std::size_t>(raw.data() - of_.text().data());
  const std::size_t at = first_row_at(offset);
  if (at >= rows_.size() || rows_[at].offset != offset) return sourced(std::move(text));
  return {std::move(text), rows_[at].leaf};
}

sourced leaves::get(std::string_view raw) const {
  const separators& by = of_.by();
  return as(raw, value_of(by.subcomponent == '\0' ? raw : raw.substr(0, raw.find(by.subcomponent)), by));
}

sourced leaves::value_of_row(const row& of) const {
  const std::string_view rest = of_.text().substr(of.offset);
  const separators& by = of_.by();
  const std::string marks{by.field, by.repetition, by.component, by.subcomponent, '\r', '\n'};
  const segment in = of_.at(of.segment);
  const std::size_t segment_end = static_cast<std::size_t>(in.text().data() - of_.text().data()) + in.text().size();
  std::string_view raw =
      rest.substr(0, std::min(rest.find_first_of(std::string_view(marks).substr(0, 4)), segment_end - of.offset));
  return {unescape(trim(raw), by), of.leaf};
}

namespace {

struct extent {
  std::size_t begin, end;
};
extent extent_of(std::string_view raw, std::string_view text) {
  const auto begin = static_cast<std::size_t>(raw.data() - text.data());
  return {begin, begin + raw.size()};
}

}  // namespace

void leaves::drop_all(std::string_view raw, std::string_view reason) {
  if (ledger_ == nullptr || raw.empty()) return;
  const extent of = extent_of(raw, of_.text());
  for (std::size_t i = first_row_at(of.begin); i < rows_.size() && rows_[i].offset < of.end; ++i) {
    if (rows_[i].is_dropped || ledger_->is_carried(rows_[i].leaf)) continue;
    ledger_->drop(rows_[i].leaf, reason);
    rows_[i].is_dropped = true;
  }
}

void leaves::envelope_all(std::string_view raw) {
  if (ledger_ == nullptr || raw.empty()) return;
  const extent of = extent_of(raw, of_.text());
  for (std::size_t i = first_row_at(of.begin); i < rows_.size() && rows_[i].offset < of.end; ++i) {
    if (!ledger_->is_carried(rows_[i].leaf)) ledger_->envelope(rows_[i].leaf);
  }
}

void leaves::carry_all(std::string_view raw, std::string_view place) {
  if (ledger_ == nullptr || raw.empty()) return;
  const extent of = extent_of(raw, of_.text());
  for (std::size_t i = first_row_at(of.begin); i < rows_.size() && rows_[i].offset < of.end; ++i) {
    ledger_->carry(rows_[i].leaf, std::string(place));
  }
}

void leaves::drop(std::string_view raw, std::string_view reason) { drop_all(raw.substr(0, 1), reason); }
void leaves::envelope(std::string_view raw) { envelope_all(raw.substr(0, 1)); }

}  // namespace liaison::hl7v2
