// SPDX-License-Identifier: Apache-2.0
// A value or the reason why there is none. Used wherever input, a peer or the disk can be at fault.
#pragma once

#include "core/base/assert.hpp"

#include <optional>
#include <string>
#include <utility>

namespace liaison {

/// Why something did not work: a stable code for programs, a sentence without patient data for people.
struct failure {
  std::string code;  ///< "store-full", "config-unknown-key", "io-error"
  std::string text;
};

/// Must be looked at. `value()` without a value is a bug and stops the process.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : value_(std::move(value)) {}
  result(failure why) : failure_(std::move(why)) {}

  explicit operator bool() const { return value_.has_value(); }
  T& value() & {
    LIAISON_ASSERT(value_.has_value());
    return *value_;
  }
  const T& value() const& {
    LIAISON_ASSERT(value_.has_value());
    return *value_;
  }
  T&& value() && {
    LIAISON_ASSERT(value_.has_value());
    return std::move(*value_);
  }
  const failure& error() const {
    LIAISON_ASSERT(!value_.has_value());
    return failure_;
  }

 private:
  std::optional<T> value_;
  failure failure_;
};

/// For calls that give nothing back but may fail.
struct done {};

}  // namespace liaison
