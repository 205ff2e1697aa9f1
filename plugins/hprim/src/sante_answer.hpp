// SPDX-License-Identifier: Apache-2.0
// The only answer of HPRIM Santé: a message of context ERR. Without ERR segments, or with severity I only, it says yes.
#pragma once

#include "sante_message.hpp"

#include <liaison/common/plugin.hpp>

#include <string>
#include <vector>

namespace liaison::hprim {

struct sante_complaint {
  issue about;
  char severity = 'I';  ///< T rejects all, P a part, I informs
};

/// The ERR message that answers `file`; its bytes in the character set of the source.
std::string answer_to(const sante_file& file, const call_options& options,
                      const std::vector<sante_complaint>& complaints);

}  // namespace liaison::hprim
