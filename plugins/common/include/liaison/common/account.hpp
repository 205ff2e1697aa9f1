// SPDX-License-Identifier: Apache-2.0
// The ledger of a translation: one row for each value of the source, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

/// Account of leaves (docs/reference/account.md). A leaf that nobody spoke of is reported as not
/// carried with the default reason; a leaf that was carried once stays carried.
class account {
 public:
  using leaf = std::uint32_t;

  /// Opens a row. `location` is in the source's own terms, "PID-5.1" or a JSON pointer.
  leaf add(std::string location, std::string_view value);

  /// The value went to `place` (decode: a JSON pointer of the pivot; encode: a location in the target).
  void carry(leaf id, std::string place);

  /// The target's fixed envelope says the same (separators, namespaces, template ids).
  void envelope(leaf id);

  /// The value goes nowhere, and why. Ignored for a leaf that was carried.
  void drop(leaf id, std::string_view reason);

  /// The target says something that the source did not (a date that FHIR requires).
  void added(std::string location, std::string_view value, std::string_view reason);

  /// The pivot of the embedded message `part` stands in this one, its entries `entries` further back.
  void moved(std::string part, std::size_t entries);

  bool is_carried(leaf id) const { return !rows_[id].places.empty() || rows_[id].in_envelope; }
  std::size_t size() const { return rows_.size(); }

  /// The JSON of a part `ACCOUNT`.
  std::string to_json() const;

 private:
  struct row {
    std::string location, value, reason;
    std::vector<std::string> places;
    bool in_envelope = false;
  };
  struct addition {
    std::string location, value, reason;
  };
  struct move {
    std::string part;
    std::size_t entries;
  };
  std::vector<row> rows_;
  std::vector<move> moves_;
  std::vector<addition> additions_;
};

}  // namespace liaison
