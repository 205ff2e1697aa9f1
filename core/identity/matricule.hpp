// SPDX-License-Identifier: Apache-2.0
// The matricule of the INS (NIR or NIA with its key), the systems that it stands in, and the five traits that go with
// it. Plain functions, no I/O; nothing here corrects a value.
#pragma once

#include "core/model/facts.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::identity {

enum class matricule_fault : std::uint8_t {
  none,
  length,      ///< not 15 characters
  characters,  ///< not digits, or a letter elsewhere than 2A and 2B at 6 and 7
  layout,      ///< begins with none of 1 2 3 4 7 8, or stands for no one (all zeros)
  key,
};

/// 13 characters (2A and 2B as in Corsica count as 19 and 18, by position only) and their key, 97 − N mod 97. Lower case,
/// blanks and full-width digits are faults: nothing is corrected.
matricule_fault check_matricule(std::string_view matricule);
inline bool ins_key_is_right(std::string_view matricule) { return check_matricule(matricule) == matricule_fault::none; }

/// Begins with 3, 4 (temporary registration), 7 or 8 (NIA): a number that a NIR may take the place of.
bool is_temporary(std::string_view matricule);

bool is_ins(facts::identifier_kind kind);
/// The kind that an OID names, with or without "urn:oid:": 1.2.250.1.213.1.4.8, .9, .10 and .11. `other` for everything
/// else, the social-security OIDs .13 and .14 and the old INS-C (.2) included.
facts::identifier_kind ins_kind_of(std::string_view system);

/// The one way in which the index writes that system: "urn:oid:1.2.250.1.213.1.4.8" …; empty for kinds that are no INS.
std::string_view ins_system_of(facts::identifier_kind kind);

/// Which worlds a matricule belongs to; they never mix.
enum class environment : std::uint8_t { test, production };

/// The traits that go with a matricule and are missing: "birth-family", "given", "birth-date" (a whole date), "sex",
/// "birth-place".
std::vector<std::string_view> missing_traits(const facts::patient& patient);

/// Codes of HL7 0445 that say more than a status.
bool stops_matching(const std::vector<std::string>& flags);  ///< duplicate, collision, homonym, doubtful, fictive …
bool stops_sending(const std::vector<std::string>& flags);   ///< usurped, invalid, deactivated, doubtful, fictive, hidden

/// Why a patient's matricule may not leave as it stands; nullptr: it may, or there is none. The code of an issue:
/// "identity-ins-not-qualified", "identity-ins-key", "identity-traits-missing".
const char* why_not_leave(const facts::patient& patient);

}  // namespace liaison::identity
