// SPDX-License-Identifier: Apache-2.0
// What French document sharing (XDS, XDM, PDSm) says of a document beyond what the document says of itself: its class
// and its format.
#pragma once

#include <string_view>

namespace liaison::documents {

/// Class of JDV_J06 ("11") of a document type, LOINC or TRE_A05; empty when the type is not in the tables.
std::string_view class_of_type(std::string_view type_code);
/// "Synthèse"; empty for no class of ours.
std::string_view class_display(std::string_view class_code);

/// Format ("urn:asip:ci-sis:ldl-ses:2017") of a CDA body of level 3 by the root of its last templateId; empty when
/// the tables have none. `urn:ihe:` codes belong to IHE's list (OID 1.3.6.1.4.1.19376.1.2.3), others to 1.2.250.1.213.1.1.4.2.282.
std::string_view format_of_template(std::string_view template_root);

}  // namespace liaison::documents
