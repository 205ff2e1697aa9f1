// SPDX-License-Identifier: Apache-2.0
// Times as the formats write them (HL7 TS, HPRIM, CDA) and as FHIR does, without reading a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace liaison {

/// HL7/CDA/HPRIM Santé time stamp `YYYY[MM[DD[HHMM[SS[.f+]]]]][±ZZZZ]` as a FHIR dateTime of the same precision
/// ("20240229" → "2024-02-29"). A time without zone gets the offset that `zone` has then; a zone of three digits ("+100") is
/// read as "+0100". Hours alone ("2024022911") become ":00". Nothing when it is no possible date.
std::optional<std::string> fhir_from_hl7(std::string_view stamp, std::string_view zone = "Europe/Paris");

/// Reverse: "2024-02-29T11:02:00+01:00" → "20240229110200+0100" (or without zone, as wall clock). Nothing when malformed.
enum class hl7_zone { keep, drop };
std::optional<std::string> hl7_from_fhir(std::string_view date_time, hl7_zone zone);

/// `JJ/MM/AAAA`, `JJ/MM/AA` (century from `now`: years above it are 19xx), `AAAA-MM-JJ` → "AAAA-MM-JJ". Nothing when it is no date.
std::optional<std::string> iso_from_french_date(std::string_view text, std::string_view now);

/// "AAAA-MM-JJ…" → "JJ/MM/AAAA"; the precision that is missing stays away ("MM/AAAA").
std::string french_from_iso_date(std::string_view iso);

/// Offset of wall-clock time in Europe/Paris, "+01:00" or "+02:00" (EU summer time; before 1996 by the French rule).
/// Other zones: "UTC", fixed offsets "+04:00"; an unknown zone counts as Europe/Paris.
std::string offset_at(int year, int month, int day, int hour, int minute, std::string_view zone);

bool is_date(int year, int month, int day);

}  // namespace liaison
