// SPDX-License-Identifier: Apache-2.0
// Checks a tree against schemas/configuration.schema.json and finds everything that is wrong in one go. Knows the
// keywords that this schema uses (JSON Schema 2020-12); a test fails when the schema uses another one.
#pragma once

#include "core/config/json_tree.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace liaison::config {

std::string_view schema_text();  ///< schemas/configuration.schema.json as it was built in

const node& schema_root();  ///< the same, read

/// Keywords that are checked, and those that only explain.
std::span<const std::string_view> schema_keywords();

/// Follows `$ref`. `schema` is part of schema_root().
const node& resolved(const node& schema);

/// The schema of member `key` of an object: of a known property, or of any other when the schema lets names be free.
/// nullptr: there is no such key.
const node* schema_of_member(const node& schema, std::string_view key);

std::vector<std::string> property_names(const node& schema);

/// Is called for each violation: dotted key, the place, what is wrong.
using on_violation = std::function<void(const std::string& key, const place& at, std::string text)>;

void check_against_schema(const node& value, const on_violation& report);

}  // namespace liaison::config
