// SPDX-License-Identifier: Apache-2.0
// Mapping tables of an endpoint: local codes to LOINC or NABM, units to UCUM. CSV files named in the plugin's
// configuration are read once, before the sandbox closes; an endpoint chooses one by name. Local codes stay: what is
// mapped stands beside them, and the account says so.
#pragma once

#include "findings.hpp"
#include "pivot_terms.hpp"

#include <map>
#include <string>
#include <string_view>

namespace liaison::hprim {

struct mapped_code {
  std::string system, code, display;
};

struct code_map {
  std::map<std::string, std::vector<mapped_code>, std::less<>> codes;  ///< by local code, inner blanks included
  std::map<std::string, std::string, std::less<>> units;               ///< text → UCUM
};

/// Lines `loinc,LOCAL,TARGET[,display]`, `nabm,LOCAL,TARGET[,display]`, `unit,TEXT,UCUM`; `;` serves as well as `,`,
/// fields may be quoted,
/// `#` begins a comment. False, with line and reason in `why`, when a line is none of these.
bool parse_code_map(std::string_view csv, code_map& into, std::string& why);

/// Keeps a table under a name for the life of the process.
void keep_code_map(const std::string& name, code_map table);
/// The table that an endpoint's options choose: "code_map" names one of the configuration, "code_table" is the CSV
/// itself (for small ones; kept until another is used). Null when they choose none; a name that is not known or a CSV
/// that cannot be read is found.
const code_map* chosen_code_map(std::string_view endpoint_options, findings& found);

/// Units of a result as they were sent; the second one is that of its first component.
struct sent_units {
  std::string_view first, second;
};

/// Adds codings and UCUM codes to an Observation and its components; whether there was anything to add. `place` is the
/// Observation's JSON pointer, for the account, which may be null.
bool apply_code_map(const code_map* table, const resource_ref& observation, std::string_view local_code,
                    const sent_units& units, account* ledger, const std::string& place);

}  // namespace liaison::hprim
