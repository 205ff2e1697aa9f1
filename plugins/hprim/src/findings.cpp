// SPDX-License-Identifier: Apache-2.0
// The table of findings and its way to the host.
#include "findings.hpp"

#include <algorithm>

namespace liaison::hprim {
namespace {

using enum severity;

constexpr finding_row table[] = {
    {finding::charset_guessed, information, "hprim-charset-guessed",
     "the character set was guessed by content; a partner that always sends it should have it in its configuration"},
    {finding::charset_repaired, warning, "hprim-charset-repaired",
     "the text had been encoded twice and was repaired; the original bytes are kept"},
    {finding::charset_mixed, warning, "hprim-charset-mixed",
     "the text is UTF-8 with single bytes of windows-1252 in it; both were read"},
    {finding::characters_lost, warning, "hprim-characters-lost",
     "bytes that have no meaning in the character set became U+FFFD"},
    {finding::charset_unknown, error, "hprim-charset-unknown", "the character set that was asked for is not known"},
    {finding::transliterated, warning, "hprim-transliterated",
     "characters that the target's character set lacks were written in other letters"},
    {finding::pdf_in_disguise, error, "hprim-pdf-in-disguise", "the file is a PDF with the name of an HPRIM file"},
    {finding::empty_message, error, "hprim-empty", "there is nothing in the message"},
    {finding::too_many_lines, error, "hprim-too-many-lines",
     "the file has more than 20,000 results or 20,000 segments: it is refused"},

    {finding::no_header, warning, "hprim-no-header",
     "a fragment without header: it names no patient and cannot be filed automatically"},
    {finding::header_truncated, warning, "hprim-header-truncated", "the header has fewer than 12 lines"},
    {finding::header_doubtful, warning, "hprim-header-doubtful",
     "the first 12 lines do not look like a header of HPRIM Médecin"},
    {finding::header_shifted, warning, "hprim-header-shifted",
     "line 1 of the header is missing; lines were read one position lower"},
    {finding::header_address_lines, warning, "hprim-header-address-lines",
     "the address has not the two lines that the format has; the header was aligned by the date of birth"},
    {finding::text_before_header, warning, "hprim-text-before-header",
     "lines in front of the header were kept as text of the body"},
    {finding::two_digit_year, information, "hprim-two-digit-year",
     "a date with a two-digit year; the century was chosen so that it is not in the future"},
    {finding::date_not_understood, warning, "hprim-date-not-understood",
     "a date that could not be read was kept as text"},
    {finding::date_approximate, information, "hprim-date-approximate",
     "day or month of a date is unknown or a social-security filler; only the year was kept"},
    {finding::nir_key_invalid, warning, "hprim-nir-key-invalid", "the key of the social-security number is wrong"},
    {finding::nir_malformed, warning, "hprim-nir-malformed", "the social-security number has not 13 or 15 characters"},
    {finding::name_missing, warning, "hprim-name-missing", "the patient has no family name or no first name"},
    {finding::birth_date_missing, information, "hprim-birth-date-missing", "the patient has no date of birth"},
    {finding::mixed_line_ends, information, "hprim-mixed-line-ends", "lines end in different ways within one file"},
    {finding::doubled_line_ends, information, "hprim-line-ends-doubled",
     "every line is followed by an empty one; the empty ones were left out"},
    {finding::control_characters, information, "hprim-control-characters",
     "control characters inside the text were read as blanks"},
    {finding::missing_end_tag, information, "hprim-missing-end-tag", "****FIN**** or ****FINFICHIER**** is missing"},
    {finding::duplicate_end, information, "hprim-duplicate-end", "the end marks are repeated"},
    {finding::misplaced_end, warning, "hprim-misplaced-end",
     "results follow ****FIN****; they were given to the message before it"},
    {finding::text_after_end, warning, "hprim-text-after-end", "text behind the end marks was kept"},
    {finding::tag_repeated, information, "hprim-tag-repeated", "a second ****LAB**** in one message was ignored"},
    {finding::lab_tag_missing, information, "hprim-lab-tag-missing", "RES lines without ****LAB**** before them"},
    {finding::unknown_lab_line, information, "hprim-unknown-lab-line",
     "a line after ****LAB**** that is neither RES nor TEX was kept as text"},
    {finding::res_too_short, information, "hprim-res-too-short", "a RES line with fewer than five fields"},
    {finding::res_too_long, information, "hprim-res-too-long",
     "a RES line with more than 14 fields; the rest was kept"},
    {finding::merged_bounds, information, "hprim-merged-bounds", "both bounds of the normal range stand in one field"},
    {finding::decimal_comma, information, "hprim-decimal-comma", "a number with a decimal comma was read"},
    {finding::entities_decoded, information, "hprim-entities-decoded", "HTML entities or line breaks were decoded"},
    {finding::value_type_mismatch, information, "hprim-value-type-mismatch",
     "a result of numeric type is not a number; it was read as text"},
    {finding::bound_sentinel, information, "hprim-bound-sentinel",
     "a bound such as 9999.00 that means \"none\" was not taken for a bound"},
    {finding::unit_contradicted, warning, "hprim-unit-contradicted",
     "a unit beside the value is not the unit of the result; the value was read as text"},
    {finding::unknown_flag, information, "hprim-unknown-flag",
     "an abnormality code outside the table was kept as it is"},
    {finding::unknown_status, information, "hprim-unknown-status",
     "a result status outside the table was kept as it is"},
    {finding::second_unit_row, information, "hprim-second-unit-row",
     "a row gives the result before it in a second unit; it became that result's component"},
    {finding::code_mapped, information, "hprim-code-mapped",
     "the mapping table of the endpoint added codes or units beside what was sent"},
    {finding::code_map_unusable, warning, "hprim-code-map-unusable",
     "the endpoint's mapping table is not known or cannot be read; no code was mapped"},
    {finding::no_body, information, "hprim-no-body", "the message has a header only"},

    {finding::separators_unusual, information, "hprim-separators-unusual",
     "the separators announced in H are not the usual ones; they were read by position"},
    {finding::line_too_long, information, "hprim-line-too-long",
     "a segment is longer than 220 characters; it was read whole"},
    {finding::counts_mismatch, information, "hprim-counts-mismatch", "the counts in L do not match the file"},
    {finding::no_end_segment, information, "hprim-no-end-segment", "the segment L is missing: the file may be cut"},
    {finding::unknown_context, warning, "hprim-unknown-context", "the context of H (7.7) is not known"},
    {finding::unknown_version, information, "hprim-unknown-version", "the version of H (7.13) is missing or not known"},
    {finding::unknown_segment, information, "hprim-unknown-segment", "a segment that is not known was kept as it is"},
    {finding::segment_order, warning, "hprim-segment-order", "a segment stands where none of its kind is expected"},
    {finding::header_fields_missing, information, "hprim-header-fields-missing", "mandatory fields of H are missing"},
    {finding::addendum_without_segment, warning, "hprim-addendum-without-segment",
     "an addendum A with no segment before it"},
    {finding::bytes_before_header, information, "hprim-bytes-before-header", "bytes in front of H were skipped"},
    {finding::value_type_unknown, information, "hprim-value-type-unknown",
     "a value type (10.3) outside the table: read as text"},
    {finding::norm_not_understood, information, "hprim-norm-not-understood",
     "normal values that are no range were kept as text"},
    {finding::ins_obsolete, information, "hprim-ins-obsolete", "an INS-C or INS-A is no INS and identifies nobody"},
    {finding::ins_key_invalid, warning, "hprim-ins-key-invalid", "the key of a matricule INS is wrong"},
    {finding::several_identities, error, "hprim-several-identities", "one patient carries two different matricules"},
    {finding::attachment_external, warning, "hprim-attachment-external",
     "a result is a file that travels beside the message and is not in it"},
    {finding::attachment_invalid, warning, "hprim-attachment-invalid", "a file inside the message is no valid base64"},

    {finding::namespace_missing, information, "hprim-namespace-missing", "the elements are in no namespace"},
    {finding::namespace_other, information, "hprim-namespace-other",
     "the elements are in another namespace than HPRIM XML's"},
    {finding::encoding_mismatch, warning, "hprim-encoding-mismatch",
     "the prologue names another encoding than the bytes have"},
    {finding::unknown_root, error, "hprim-unknown-root", "the root element is no message of HPRIM XML"},
    {finding::unknown_event, warning, "hprim-unknown-event", "the event is not known; it was kept whole"},
    {finding::schema_violation, warning, "hprim-schema-violation", "the message does not follow the schema"},
    {finding::schema_missing, information, "hprim-schema-missing",
     "there is no schema for this message; it was not validated"},
    {finding::element_misplaced, information, "hprim-element-misplaced", "an element stands where it is not expected"},

    {finding::no_patient, error, "hprim-no-patient", "the document names no patient"},
    {finding::no_document, error, "hprim-no-document",
     "the pivot holds no document of a kind that this format can carry"},
    {finding::nothing_to_write, warning, "hprim-nothing-to-write",
     "the document has neither text nor results nor a file"},
    {finding::frame_defused, information, "hprim-frame-defused",
     "text that the receiver could have taken for a mark of the format was changed"},
    {finding::attachment_unreadable, warning, "hprim-attachment-unreadable",
     "a file of the document could not be written"},
    {finding::result_cancelled, information, "hprim-result-cancelled",
     "a cancelled result was written as text only: the format has no status for it"},
    {finding::header_line_long, warning, "hprim-header-line-long",
     "a line of the header is longer than known readers keep"},
    {finding::segment_cut, information, "hprim-segment-cut", "a field was longer than the format allows"},
};

static_assert(std::size(table) == static_cast<std::size_t>(finding::count));

}  // namespace

std::span<const finding_row> finding_table() { return table; }

const finding_row& row_of(finding id) { return table[static_cast<std::size_t>(id)]; }

void findings::add(finding id, std::string location, std::string detail) {
  add_raised(id, row_of(id).level, std::move(location), std::move(detail));
}

void findings::add_raised(finding id, severity level, std::string location, std::string detail) {
  if (++seen_[static_cast<std::size_t>(id)] > per_code_max) return;
  const finding_row& row = row_of(id);
  std::string text = row.sentence;
  if (!detail.empty()) text += ": " + detail;
  list_.push_back({level, row.code, std::move(location), std::move(text)});
}

bool findings::has_error() const {
  return std::any_of(list_.begin(), list_.end(), [](const issue& one) { return one.severity == error; });
}

void findings::report_to(const call& host) const {
  for (const issue& one : list_) host.report(one);
  for (const finding_row& row : table) {
    const std::uint64_t count = seen_[static_cast<std::size_t>(row.id)];
    if (count > per_code_max) {
      host.report(row.level, row.code, "", std::string(row.sentence) + ": " + std::to_string(count) + " times in all");
    }
  }
}

}  // namespace liaison::hprim
