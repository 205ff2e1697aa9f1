// SPDX-License-Identifier: Apache-2.0
// One part of a body that was posted, as a FHIR server gives it back: the resource of an entry under the id that the
// server gave it, the bytes of a Binary, what a parameter holds.
#pragma once

#include "tree.hpp"

#include <cstdint>
#include <string>

namespace liaison::fhir {

struct part_request {
  enum class form : std::uint8_t {
    resource,   ///< under our id, with our references
    entry,      ///< the resource as it was sent
    data,       ///< of a Binary or of a DocumentReference's attachment
    parameter,  ///< of Parameters
  };
  form as = form::resource;
  std::uint32_t part = 0;     ///< entry, counted from 1; 0: the body itself
  std::string ids;            ///< the resource of entry n is known as `<ids>-<n>`, the body itself as `<ids>`
  std::string version, updated;
  std::string status;         ///< of a DocumentReference, when it is no longer the one that was posted
  std::string parameter;      ///< name
  std::string base;           ///< "https://gateway/fhir": urls are absolute with it, references relative
};

part_request part_request_of(std::string_view options_json);

struct part_found {
  bool found = false;
  std::string bytes, content_type;
};

/// `of` is changed on the way.
part_found extract_part(tree& of, const part_request& what);

}  // namespace liaison::fhir
