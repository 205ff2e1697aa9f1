// SPDX-License-Identifier: Apache-2.0
// An opened IHE_XDM.ZIP: its submission sets and, for each DocumentEntry, the file that it speaks of. Lenient about
// names and places, strict about what could hide something (zip_reader).
#pragma once

#include "metadata.hpp"
#include "zip_reader.hpp"

#include <liaison/common/plugin.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace liaison::xdm {

/// A document of the archive. `entry` is empty but for the id when there are no metadata.
struct package_document {
  document_entry entry;
  std::size_t set = 0;           ///< index in `sets`
  std::string location;          ///< "DocumentEntry[1]"
  std::string content_type;      ///< of the bytes as far as they tell, else as the metadata say
  const char* format = nullptr;  ///< of liaison, when it is a message of its own: "cda", "fhir"
  zip_content content;
  std::string replaces;  ///< uniqueId of the document that it replaces, by an RPLC association inside the archive
};

struct package_set {
  submission_set metadata;
  xml_parsed tree;
  std::unique_ptr<xml_ledger> ledger;
};

struct package {
  std::vector<package_set> sets;
  std::vector<package_document> documents;
};

enum class verify : std::uint8_t { no, yes };  ///< hash and size of the documents against the metadata

/// Nothing when the archive cannot be used: `found` says why. `ledger` may be null.
std::optional<package> open_package(bytes_view archive, findings& found, account* ledger, verify how);

/// What the document is told to do: new, replace (C) or delete (D).
enum class action : std::uint8_t { add, replace, remove };
action action_of(const package_document& of);

}  // namespace liaison::xdm
