// SPDX-License-Identifier: Apache-2.0
// The ledger of a translation: one row for each value of the source, and what became of it.
#pragma once

#include <liaison/common/text_pages.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

/// What an account is asked to tell (docs/reference/account.md): each leaf with its location and value, or, where nobody
/// will read it, only the numbers from which the broker counts what was carried.
enum class account_form : std::uint8_t { full, tally_of_source, tally_of_pivot };

/// The values of the pivot at and below one of its elements, by their numbers.
struct value_range {
  std::uint32_t first = 0, count = 0;
};

/// Account of leaves (docs/reference/account.md). A leaf that nobody spoke of is reported as not
/// carried with the default reason; a leaf that was carried once stays carried.
class account {
 public:
  using leaf = std::uint32_t;

  explicit account(account_form form = account_form::full) : form_(form) {}

  /// Locations and values are shown; otherwise `add` looks at neither.
  bool shows_leaves() const { return form_ == account_form::full; }

  /// Opens a row. `location` is in the source's own terms, "PID-5.1" or a JSON pointer.
  leaf add(std::string_view location, std::string_view value);

  /// The value went to `place` (decode: a JSON pointer of the pivot; encode: a location in the target).
  void carry(leaf id, std::string_view place);
  /// The same for a `tally_of_source`: the number that `tally` gives its second function.
  void carry_to_element(leaf id, std::uint32_t element);

  /// The target's fixed envelope says the same (separators, namespaces, template ids).
  void envelope(leaf id);

  /// The value goes nowhere, and why. Ignored for a leaf that was carried.
  void drop(leaf id, std::string_view reason);

  /// The target says something that the source did not (a date that FHIR requires).
  void added(std::string_view location, std::string_view value, std::string_view reason);

  /// The pivot of the embedded message `part` stands in this one, its entries `entries` further back.
  void moved(std::string_view part, std::size_t entries);

  bool is_carried(leaf id) const { return rows_[id].first_place != no_place || rows_[id].in_envelope; }
  std::size_t size() const { return rows_.size(); }

  /// The JSON of a part `ACCOUNT`; not of a `tally_of_source`.
  std::string to_json() const;

  /// The JSON of a `tally_of_source`: `range_of(pointer)` and `range_of_element(number)` find a place among the `values` of
  /// the pivot.
  template <class RangeOf, class RangeOfElement>
  std::string tally(std::size_t values, RangeOf&& range_of, RangeOfElement&& range_of_element) const {
    tally_text text(values);
    for (const row& of : rows_) {
      text.open(of.in_envelope && of.first_place == no_place);
      for (std::uint32_t at = of.first_place; at != no_place; at = places_[at].next)
        text.add(places_[at].element == no_place ? range_of(places_[at].text) : range_of_element(places_[at].element));
      text.close();
    }
    return text.take();
  }

 private:
  static constexpr std::uint32_t no_place = 0xFFFFFFFF;
  struct row {
    std::string_view location, value, reason;
    std::uint32_t first_place = no_place, last_place = no_place;
    bool in_envelope = false;
  };
  struct place {
    std::string_view text;
    std::uint32_t element = no_place;  ///< in place of the text
    std::uint32_t next = no_place;
  };
  void carry(row& of, const place& where);
  struct addition {
    std::string_view location, value, reason;
  };
  struct move {
    std::string_view part;
    std::size_t entries;
  };
  class tally_text {
   public:
    explicit tally_text(std::size_t values);
    void open(bool in_envelope);
    void add(value_range where);
    void close();
    std::string take();

   private:
    std::string text_;
    std::uint64_t envelope_ = 0, lost_ = 0;
    std::size_t begin_ = 0;
    bool is_envelope_ = false;
  };
  std::string tally_of_pivot() const;

  account_form form_;
  std::vector<row> rows_;
  std::vector<place> places_;
  std::vector<move> moves_;
  std::vector<addition> additions_;
  text_pages texts_;
  std::string_view last_reason_, last_reason_kept_;
};

}  // namespace liaison
