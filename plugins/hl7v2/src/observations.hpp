// SPDX-License-Identifier: Apache-2.0
// What each OBX of a message is: an observation, a metadatum of the volet, a document or a file. Files are
// decoded here once; the bytes of a CDA are handed on exactly as they were inside (pfi-hl7v2 5.6).
#pragma once

#include "codes.hpp"
#include "findings.hpp"
#include "message.hpp"

#include <liaison/facts.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace liaison::hl7v2 {

enum class obx_kind : std::uint8_t { observation, metadata, document, attachment };

obx_kind kind_of(const segment& obx);

/// An ED, decoded. `bytes` is empty and `is_readable` false when its encoding is broken.
struct file {
  segment obx;
  obx_kind kind = obx_kind::attachment;
  std::string content_type;
  std::string bytes;
  bool is_readable = false;
};

/// Decodes OBX-5 of an ED or of a text document; reports broken base64. Documents that cannot be decoded or are
/// announced as XML and are none refuse the message.
file read_file(const segment& obx, findings& found);

/// Bytes that begin like XML, after a BOM and blanks.
bool looks_like_xml(std::string_view bytes);
bool looks_like_cda(std::string_view bytes);

/// The metadata OBX of a document message.
struct metadata {
  std::array<std::optional<bool>, flag_count> flags;
  std::array<segment, flag_count> where;
  std::size_t flags_seen = 0;  ///< of the ten required ones
  std::optional<bool> operator[](flag which) const { return flags[static_cast<std::size_t>(which)]; }
  bool is_set(flag which) const { return flags[static_cast<std::size_t>(which)].value_or(false); }
};

/// Codes of masking in the long form of XDS, in the order of the volet.
std::vector<std::string> masks_of(const metadata& of);

/// What the sender asks for, in the words of the facts.
std::vector<std::string> instructions_of(const metadata& of);

/// One observation as the facts list it; `obx` must be of kind observation.
facts::value read_value(const segment& obx);

/// Low and high of OBX-7 when it is a plain range, comparator form or single text (then in neither).
struct range {
  std::string low, high;
};
range read_range(std::string_view text);

/// A decimal as FHIR takes it ("4,2" → "4.2", "+5" → "5"); empty when the text is no number.
std::string decimal_of(std::string_view text);

}  // namespace liaison::hl7v2
