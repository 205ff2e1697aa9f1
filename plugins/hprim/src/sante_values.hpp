// SPDX-License-Identifier: Apache-2.0
// What fields of HPRIM Santé mean: results, identities and codes, shared by inspect, render and decode.
#pragma once

#include "result_text.hpp"
#include "sante_message.hpp"

#include <liaison/facts.hpp>

namespace liaison::hprim {

/// A value type (10.3).
enum class value_kind : std::uint8_t { number, string, text, coded, date, file, other };
value_kind kind_of_value(std::string_view type);

/// An OBX as understood.
struct sante_result {
  std::string type, code, label, table;
  value_kind kind = value_kind::other;
  std::string text;  ///< value as a person reads it; lines parted by "\n"
  quantity_text quantity;
  std::string unit;
  std::string norm;  ///< 10.8 as sent
  range_text range;
  std::string flag, status, date;
};
sante_result read_obx(const sante_segment& segment, const separators& marks, findings* found);

/// Whether an OBX is a file: FIC, or PDF and TIF, by type and content.
bool is_file(const sante_segment& segment, const separators& marks);

/// The file inside an OBX, when it is inside: base64 in one of its components. `content_type` is told by the bytes.
struct inline_file {
  std::string bytes, content_type, name;
  bool is_inside = false, is_damaged = false;
};
inline_file read_file_value(const sante_segment& segment, const separators& marks);

/// Lines of a C segment.
std::string comment_text(const sante_segment& segment, const separators& marks);

/// Matricule INS of 8.12 that is one: with a system of INS and a type that agrees.
struct ins_text {
  std::string value, system, type;
  bool is_ins = false, key_right = false, obsolete = false;
};
ins_text read_ins(const field_view& repetition);

facts::identity_status identity_status_of(const sante_segment& patient, const separators& marks);

/// "202403111745" → FHIR dateTime; empty when it is none.
std::string date_time(std::string_view stamp, std::string_view zone);

}  // namespace liaison::hprim
