// SPDX-License-Identifier: Apache-2.0
#include "sante_grid.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr std::size_t pieces_max = 60000;  // of one kind in one field: places are 16 bits wide

}  // namespace

std::string location_of(std::string_view segment, unsigned ordinal, const place& at) {
  std::string out(segment);
  if (ordinal > 0) out += "(" + std::to_string(ordinal) + ")";
  out += "-" + std::to_string(at.field);
  if (at.repetition > 1) out += "(" + std::to_string(at.repetition) + ")";
  if (at.component > 1 || at.sub > 1) out += "." + std::to_string(at.component);
  if (at.sub > 1) out += "." + std::to_string(at.sub);
  return out;
}

segment_grid::segment_grid(const sante_segment& segment, const separators& marks, account* ledger)
    : name_(segment.name), ledger_(ledger) {
  // In H the first field is the separators themselves.
  const bool header = segment.name == "H";
  std::string_view text = segment.text;
  std::uint16_t field = 1;
  if (header) {
    const std::size_t second = text.find(marks.field, 2);
    text = second == std::string_view::npos ? std::string_view{} : text.substr(second + 1);
    field = 2;
  } else {
    const std::size_t first = text.find(marks.field);
    text = first == std::string_view::npos ? std::string_view{} : text.substr(first + 1);
  }
  if (text.empty()) return;
  for (const std::string_view one : split_marks(text, marks.field, marks.escape)) {
    if (field > pieces_max) break;
    std::uint16_t repetition = 1;
    for (const std::string_view repeated : split_marks(one, marks.repeat, marks.escape)) {
      std::uint16_t component = 1;
      for (const std::string_view part : split_marks(repeated, marks.component, marks.escape)) {
        std::uint16_t sub = 1;
        for (const std::string_view piece_text : split_marks(part, marks.sub, marks.escape)) {
          std::string value = unescaped(piece_text, marks);
          if (!trim(value).empty() && repetition < pieces_max && component < pieces_max && sub < pieces_max) {
            cell made{{field, repetition, component, sub}, std::move(value), 0, false};
            if (ledger_ != nullptr)
              made.leaf = ledger_->add(segment.location() + location_of("", 0, made.at), trim(made.value));
            cells_.push_back(std::move(made));
          }
          ++sub;
        }
        ++component;
      }
      ++repetition;
    }
    ++field;
  }
}

segment_grid::cell* segment_grid::find(const place& at) {
  const auto found =
      std::lower_bound(cells_.begin(), cells_.end(), at, [](const cell& c, const place& p) { return c.at < p; });
  return found != cells_.end() && found->at == at ? &*found : nullptr;
}

const segment_grid::cell* segment_grid::find(const place& at) const {
  return const_cast<segment_grid*>(this)->find(at);
}

sourced segment_grid::as_sourced(const cell& one) const {
  std::string value(trim(one.value));
  return ledger_ == nullptr ? sourced(std::move(value)) : sourced(std::move(value), one.leaf);
}

sourced segment_grid::take(std::uint16_t field, std::uint16_t component, std::uint16_t repetition, std::uint16_t sub) {
  cell* one = find({field, repetition, component, sub});
  if (one == nullptr) return {};
  one->taken = true;
  return as_sourced(*one);
}

std::string segment_grid::text(std::uint16_t field, std::uint16_t component, std::uint16_t repetition,
                               std::uint16_t sub) const {
  const cell* one = find({field, repetition, component, sub});
  return one == nullptr ? std::string{} : std::string(trim(one->value));
}

std::uint16_t segment_grid::repetitions(std::uint16_t field) const {
  std::uint16_t most = 0;
  for (const cell& one : cells_) {
    if (one.at.field == field) most = std::max(most, one.at.repetition);
  }
  return most;
}

std::uint16_t segment_grid::components(std::uint16_t field) const {
  std::uint16_t most = 0;
  for (const cell& one : cells_) {
    if (one.at.field == field) most = std::max(most, one.at.component);
  }
  return most;
}

std::vector<sourced> segment_grid::take_all(std::uint16_t field) {
  std::vector<sourced> out;
  for (cell& one : cells_) {
    if (one.at.field != field) continue;
    one.taken = true;
    sourced value = as_sourced(one);
    value.text = one.value;
    out.push_back(std::move(value));
  }
  return out;
}

void segment_grid::keep_whole(const resource_ref& of, std::uint16_t field, unsigned ordinal) {
  bool first = true;
  for (cell& one : cells_) {
    if (one.at.field != field) continue;
    if (first)
      add_source_field(of, "hprim-sante." + location_of(name_, ordinal, {field, 1, 1, 1}) + "!", sourced("clear"));
    first = false;
    one.taken = true;
    sourced value = as_sourced(one);
    value.text = one.value;
    add_source_field(of, "hprim-sante." + location_of(name_, ordinal, one.at), value);
  }
}

void segment_grid::keep(const resource_ref& of, const place& at, unsigned ordinal) {
  cell* one = find(at);
  if (one == nullptr) return;
  one->taken = true;
  sourced value = as_sourced(*one);
  value.text = one->value;
  add_source_field(of, "hprim-sante." + location_of(name_, ordinal, at), value);
}

void segment_grid::keep_rest(const resource_ref& of, unsigned ordinal) {
  for (const cell& one : cells_) {
    if (!one.taken) keep(of, one.at, ordinal);
  }
}

void segment_grid::envelope(std::uint16_t field) {
  for (cell& one : cells_) {
    if (one.at.field != field) continue;
    one.taken = true;
    if (ledger_ != nullptr) ledger_->envelope(one.leaf);
  }
}

void segment_grid::drop_rest(std::string_view reason) {
  for (cell& one : cells_) {
    if (one.taken) continue;
    one.taken = true;
    if (ledger_ != nullptr) ledger_->drop(one.leaf, reason);
  }
}

}  // namespace liaison::hprim
