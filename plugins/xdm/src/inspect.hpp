// SPDX-License-Identifier: Apache-2.0
// The operations on an archive that came in.
#pragma once

#include "package.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::xdm {

int recognise_archive(bytes_view head);
liaison_status inspect_archive(const call& request);
liaison_status validate_archive(const call& request);
liaison_status render_archive(const call& request);
liaison_status decode_archive(const call& request);

/// What to return after `found` was reported: bytes that are no ZIP are somebody else's, a doubtful deletion waits for
/// a person, everything else that stops is refused.
liaison_status status_of(const findings& found, const call& request);

}  // namespace liaison::xdm
