// SPDX-License-Identifier: Apache-2.0
// INDEX.HTM and README.TXT: what a person finds who opens the archive (ITI-32, 3.32.4.1.2.3).
#pragma once

#include "metadata.hpp"

#include <string>

namespace liaison::xdm {

/// XHTML, UTF-8. Everything that comes from a document is escaped. `folder`: "IHE_XDM/SUBSET01/".
std::string index_page(const submission& what, std::string_view folder);
/// Plain ASCII, CRLF: nothing of any document.
std::string readme_page(const submission& what, std::string_view folder);

}  // namespace liaison::xdm
