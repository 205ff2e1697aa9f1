// SPDX-License-Identifier: Apache-2.0
// Archive → pivot. A document with a translator of its own is taken as that one made it, and the metadata add what only
// they say; any other file becomes a Composition of its metadata with the file attached (docs/decisions/0006).
#pragma once

#include "identity.hpp"
#include "package.hpp"

#include <liaison/common/pivot.hpp>
#include <liaison/common/pivot_terms.hpp>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace liaison::xdm {

using terms::spot;

struct decoding {
  const package& what;
  pivot_writer& pivot;
  account& ledger;
  std::string now;
  bool is_qualified = false;                      ///< the patient's matricule may become an identifier
  std::map<std::string, resource_ref> parties{};  ///< what the metadata name several times is one resource

  void carry(const sourced& value, std::string place) const {
    if (value.has_leaf) ledger.carry(value.leaf, std::move(place));
  }
  void envelope(const sourced& value) const {
    if (value.has_leaf) ledger.envelope(value.leaf);
  }
  void drop(const sourced& value, std::string_view reason) const {
    if (value.has_leaf) ledger.drop(value.leaf, reason);
  }
};

/// The same leaf with a part of its text.
inline sourced part_of(const sourced& whole, std::string text) {
  sourced part = whole;
  part.text = std::move(text);
  return part;
}

// Parties from XCN, XON and intended recipients; false when there is nothing to write.
resource_ref write_person(decoding& d, const sourced& xcn);
resource_ref write_organization(decoding& d, const sourced& xon);
resource_ref write_author(decoding& d, const author& from);
resource_ref write_recipient(decoding& d, const sourced& text);

void write_code(const coded& value, const spot& concept_or_coding);  ///< system, code, display of one Coding
void write_patient_identifier(decoding& d, const sourced& cx, const resource_ref& patient);

/// What a document's own pivot says, by type of resource and text, so that values of the metadata are carried to where
/// the document says them. `entry_offset`: where its entries stand in the pivot being written.
class spoken {
 public:
  spoken(const pivot_reader& document, std::size_t entry_offset);
  /// Pointer of the first value of one of the types that says the same, below an element of that name ("/name/") when
  /// one is given; empty when none does.
  std::string find(const std::vector<std::string_view>& types, std::string_view text,
                   std::string_view below = {}) const;
  /// Where a recipient whom the document itself names says `text`; empty when none does.
  std::string find_recipient(std::string_view text) const;
  bool has(std::string_view type) const { return first_.count(std::string(type)) != 0; }
  std::size_t entry_of(std::string_view type) const { return first_.at(std::string(type)); }

 private:
  void add(std::string_view type, std::string_view text, const std::string& pointer);
  void note_recipients(const pivot_reader& document, std::size_t entry_offset);
  std::unordered_map<std::string, std::vector<std::string>> places_;
  std::map<std::string, std::size_t, std::less<>> first_;
  std::vector<std::string> recipients_;  // pointers of the resources that recipients are made of
};

/// `composition` and `patient` are the document's own; values that it says are carried to there, others are added.
void settle_document(decoding& d, const package_document& document, const spoken& said, const resource_ref& composition,
                     const resource_ref& patient);
/// A file that no translator reads.
resource_ref compose_document(decoding& d, const package_document& document);
/// What stands around a document: sender, recipients, masks, action, the submission set. `said` is null for a file.
void write_envelope(decoding& d, const package_document& document, const spoken* said, const resource_ref& composition);

}  // namespace liaison::xdm
