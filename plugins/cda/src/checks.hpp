// SPDX-License-Identifier: Apache-2.0
// What the checks of a document share. Errors are what CI-SIS requires of a document that leaves; value sets move, so a
// foreign code is a warning. Details name elements, never their values.
#pragma once

#include "cda_findings.hpp"
#include "reading.hpp"

namespace liaison::cda {

struct checks {
  const call& of;
  const xmlNode* document;
  findings& found;

  void add(finding id, const xmlNode* at, std::string_view detail = {}) const {
    found.add(id, xml_location(at == nullptr ? document : at), std::string(detail));
  }
};

void check_header(
    const checks& c);  ///< patient, people, acts, encounter; the elements of the document are in validate.cpp

}  // namespace liaison::cda
