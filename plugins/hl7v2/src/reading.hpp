// SPDX-License-Identifier: Apache-2.0
// From the bytes that came in to a text that can be indexed: MLLP and batch envelopes stepped over, character set
// chosen, the one known defect of encoding characters mended. A message that needs none of it is not copied.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <liaison/common/charset.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace liaison::hl7v2 {

struct read_text {
  std::string owned;  ///< empty when `borrowed` is the input itself
  std::string_view borrowed;
  bool is_owned = false;
  charset from = charset::utf_8;
  std::string_view text() const { return is_owned ? std::string_view(owned) : borrowed; }
};

/// Offset of the first MSH after a BOM, blanks, 0x0B and FHS/BHS lines; nothing when the bytes are no HL7v2.
std::optional<std::size_t> find_header(std::string_view bytes);

/// `override_charset` is the endpoint's; empty: MSH-18 decides. Nothing when there is no MSH.
std::optional<read_text> read_bytes(std::string_view bytes, std::string_view override_charset, findings& found);

/// A message that was read and indexed, with what was found on the way. Not movable: the index points into the text.
class opened {
 public:
  opened(const call& request, const parse_limits& limits = {});
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;

  /// Status to return at once when the message cannot be worked on; its issues have been reported.
  std::optional<liaison_status> stopped() const { return stopped_; }
  const message& parsed() const { return *message_; }
  charset from() const { return text_.from; }
  findings& found() { return found_; }

 private:
  findings found_;
  read_text text_;
  std::optional<message> message_;
  std::optional<liaison_status> stopped_;
};

}  // namespace liaison::hl7v2
