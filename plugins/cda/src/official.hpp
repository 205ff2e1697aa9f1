// SPDX-License-Identifier: Apache-2.0
// The official schema that a user points the configuration at (CDA_extended.xsd). It carries no licence, so the project
// does not hold it. The official schematrons are XSLT 2, which nothing that liaison links can run: naming one is
// refused.
#pragma once

#include "reading.hpp"

#include <string>

namespace liaison::cda {

/// Reads a schema with what it includes from disk: in `create` only. False with the reason in `why`.
bool load_official_schema(const std::string& path, std::string& why);
/// Forgets what was loaded.
void drop_official_files();

/// Findings of the schema as errors `cda-xsd`: at most 100, without values. Nothing when none was loaded.
void check_official(const call& of, const opened& file);

}  // namespace liaison::cda
