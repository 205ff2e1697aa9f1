// SPDX-License-Identifier: Apache-2.0
// Bytes of a message: shared, immutable, never copied on their way through the broker.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace liaison {

using shared_bytes = std::shared_ptr<const std::string>;

inline shared_bytes share(std::string bytes) { return std::make_shared<const std::string>(std::move(bytes)); }

}  // namespace liaison
