// SPDX-License-Identifier: Apache-2.0
// Where an evaluation stands; shared by the two halves of the evaluator.
#pragma once

#include "fhirpath_functions.hpp"

namespace liaison::fhir::path {

struct evaluator::frame {
  const collection& focus;  ///< what a name is looked up in; $this
  const environment& in;
  const frame* outer = nullptr;  ///< behind a dot: where the left side, and the arguments of a function, belong
  std::size_t index = 0;         ///< $index
};

}  // namespace liaison::fhir::path
