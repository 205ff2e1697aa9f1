// SPDX-License-Identifier: Apache-2.0
// The messages that are measured, of made-up persons. Only their heads differ from message to message, so that making them
// costs the sender little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace liaison::app::bench {

inline constexpr std::size_t result_size_bytes = 2048;

/// A message is `head(number)` followed by `tail`. Every number has its own control id, order, patient and stay.
struct sample {
  std::string (*head)(std::uint64_t number) = nullptr;
  std::string tail;

  std::string whole(std::uint64_t number) const { return head(number) + tail; }
};

/// ORU^R01 of a laboratory: results filled up to 2 kB.
sample result_sample();

/// ORU^R01 with a document in base64 in OBX-5, `size_bytes` in all.
sample document_sample(std::size_t size_bytes);

}  // namespace liaison::app::bench
