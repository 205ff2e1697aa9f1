// SPDX-License-Identifier: Apache-2.0
#include "leaves.hpp"

#include "people.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

/// A value longer than this (a document in base64) is shown in the account by its beginning only.
constexpr std::size_t shown_bytes_max = 4096;
constexpr std::size_t shown_bytes_of_long = 64;

}  // namespace

leaves::leaves(const message& of, account* ledger, std::size_t rows_max)
    : of_(of), ledger_(ledger), rows_max_(rows_max) {
  if (ledger_ == nullptr) return;
  rows_.reserve(std::min<std::size_t>(of.text().size() / 6 + 16, 4096));
  for (std::size_t i = 0; i < of.size(); ++i) add_segment(of.at(i));
}

void leaves::add_segment(const segment& of) {
  const bool is_header = of.name() == "MSH" || of.name() == "FHS" || of.name() == "BHS";
  if (is_header) {
    for (const unsigned number : {1U, 2U}) add(of[number].text(), {0, of.position(), number});
  }
  const unsigned fields = of.field_count();
  for (unsigned number = is_header ? 3 : 1; number <= fields; ++number) {
    if (const field content = of[number]; !content.empty()) add_field(content, {0, of.position(), number});
  }
}

void leaves::add_field(const field& content, row where) {
  const separators& by = of_.by();
  const char marks[] = {by.component, by.subcomponent};
  for (const auto piece : content.repetitions()) {
    ++where.repetition;
    where.component = where.subcomponent = 0;
    if (piece.find_first_of(std::string_view(marks, 2)) == std::string_view::npos) {
      add(piece, where);
      continue;
    }
    for (const auto part : pieces(piece, by.component)) {
      ++where.component;
      where.subcomponent = 0;
      if (by.subcomponent == '\0' || part.find(by.subcomponent) == std::string_view::npos) {
        add(part, where);
        continue;
      }
      for (const auto sub : pieces(part, by.subcomponent)) {
        ++where.subcomponent;
        add(sub, where);
      }
    }
  }
}

void leaves::add(std::string_view raw, row where) {
  const std::string_view text = trim(raw);
  if (text.empty() || is_full()) return;
  where.offset = static_cast<std::uint32_t>(raw.data() - of_.text().data());
  if (!ledger_->shows_leaves()) {
    where.leaf = ledger_->add({}, {});
  } else if (raw.size() <= shown_bytes_max) {
    // MSH-2 holds the escape character itself: it is shown as it stands.
    const bool is_separators = where.field <= 2 && raw.data() < of_.text().data() + 16;
    where.leaf = ledger_->add(location_of(where), is_separators ? std::string(raw) : unescape(text, of_.by()));
  } else {
    where.leaf = ledger_->add(location_of(where), std::string(raw.substr(0, shown_bytes_of_long)) + "… (" +
                                                      std::to_string(raw.size()) + " bytes)");
  }
  rows_.push_back(where);
}

std::string leaves::location_of(const row& of) const {
  return location(of_.at(of.segment), {of.field, of.component, of.subcomponent, of.repetition});
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
    ledger_->carry(rows_[i].leaf, place);
  }
}

void leaves::drop(std::string_view raw, std::string_view reason) { drop_all(raw.substr(0, 1), reason); }
void leaves::envelope(std::string_view raw) { envelope_all(raw.substr(0, 1)); }

}  // namespace liaison::hl7v2
