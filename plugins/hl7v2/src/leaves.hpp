// SPDX-License-Identifier: Apache-2.0
// The account of a message: a row for each component that holds something, found again by where it stands.
#pragma once

#include "message.hpp"

#include <liaison/common/account.hpp>
#include <liaison/common/pivot.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

/// More values than this are not accounted for, and so not translated.
inline constexpr std::size_t leaves_max = 1'000'000;

class leaves {
 public:
  /// Opens the rows. `ledger` may be null: then values come without rows.
  leaves(const message& of, account* ledger, std::size_t rows_max = leaves_max);

  /// The value of a raw component (or of the first sub-component of one) with its row; empty for `""`.
  sourced get(std::string_view raw) const;
  /// As `get`, with another text in place of the value (a code mapped, a date converted); empty stays empty.
  sourced as(std::string_view raw, std::string text) const;

  void drop(std::string_view raw, std::string_view reason);
  void envelope(std::string_view raw);
  /// Every leaf of a field, repetition or segment.
  void drop_all(std::string_view raw, std::string_view reason);
  void envelope_all(std::string_view raw);
  void carry_all(std::string_view raw, std::string_view place);

  struct row {
    std::uint32_t offset = 0;
    std::uint32_t segment = 0;
    std::uint32_t field = 0, repetition = 0, component = 0, subcomponent = 0;
    account::leaf leaf = 0;
    bool is_dropped = false;
  };
  /// Rows that nobody has spoken of yet, in the source's order. `text` is unescaped.
  template <class Visit>
  void each_open(Visit&& visit) {
    for (auto& each : rows_) {
      if (!each.is_dropped && !ledger_->is_carried(each.leaf)) visit(each);
    }
  }
  bool is_full() const { return rows_.size() > rows_max_; }
  bool has_ledger() const { return ledger_ != nullptr; }
  std::string location_of(const row& of) const;
  sourced value_of_row(const row& of) const;

 private:
  void add_segment(const segment& of);
  void add_field(const field& content, row where);
  void add(std::string_view raw, row where);
  std::size_t first_row_at(std::size_t offset) const;

  const message& of_;
  account* ledger_;
  std::size_t rows_max_;
  std::vector<row> rows_;
};

}  // namespace liaison::hl7v2
