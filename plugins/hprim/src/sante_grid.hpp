// SPDX-License-Identifier: Apache-2.0
// The values of one segment with their rows of the account. A decoder takes what it has a place for; what is left
// becomes source-fields, so that nothing is lost and an encoder of this format can put it back.
#pragma once

#include "pivot_terms.hpp"
#include "sante_message.hpp"

#include <vector>

namespace liaison::hprim {

/// Place of a value in a segment; all count from 1 but `field`, whose 0 is the segment's name.
struct place {
  std::uint16_t field = 0, repetition = 1, component = 1, sub = 1;
  auto operator<=>(const place&) const = default;
};

/// "OBX-3.2", "P-11(2).1", "C(2)-3": without what is 1. `ordinal` above 0 names a segment attached to another.
std::string location_of(std::string_view segment, unsigned ordinal, const place& at);

class segment_grid {
 public:
  segment_grid(const sante_segment& segment, const separators& marks, account* ledger);

  /// The value at a place, blanks at the ends removed; taken from the rest. Empty when there is none.
  sourced take(std::uint16_t field, std::uint16_t component = 1, std::uint16_t repetition = 1, std::uint16_t sub = 1);
  /// The same without taking.
  std::string text(std::uint16_t field, std::uint16_t component = 1, std::uint16_t repetition = 1,
                   std::uint16_t sub = 1) const;
  std::uint16_t repetitions(std::uint16_t field) const;
  std::uint16_t components(std::uint16_t field) const;

  /// All values of a field were carried to `path`; as sources of a text made of them.
  std::vector<sourced> take_all(std::uint16_t field);
  /// The field's values are kept as they are beside what was made of them: `clear` tells the encoder to write only
  /// these.
  void keep_whole(const resource_ref& of, std::uint16_t field, unsigned ordinal = 0);
  /// One value is kept beside its translation, because the way back would write something else.
  void keep(const resource_ref& of, const place& at, unsigned ordinal = 0);
  /// What nobody took: source-fields on `of`.
  void keep_rest(const resource_ref& of, unsigned ordinal = 0);
  void envelope(std::uint16_t field);
  void drop_rest(std::string_view reason);

 private:
  struct cell {
    place at;
    std::string value;  // escapes undone, blanks kept
    account::leaf leaf = 0;
    bool taken = false;
  };
  cell* find(const place& at);
  const cell* find(const place& at) const;
  sourced as_sourced(const cell& one) const;

  std::string name_;
  std::vector<cell> cells_;
  account* ledger_;
};

}  // namespace liaison::hprim
