// SPDX-License-Identifier: Apache-2.0
// What the broker wants to know of a FHIR message.
#pragma once

#include "bundle.hpp"

#include <liaison/facts.hpp>

#include <functional>

namespace liaison::fhir {

/// A message of another format inside a Binary or Attachment.
struct embedded_file {
  std::string location;
  std::string content_type;
  std::string_view format;  ///< "cda", or empty when it is no format of ours
  std::string bytes;
};

enum class result_values { counted, listed };

/// `on_file` gets each attachment decoded.
facts::message_facts extract_facts(const bundle_view& of, result_values values,
                                   const std::function<void(embedded_file&&)>& on_file);

}  // namespace liaison::fhir
