// SPDX-License-Identifier: Apache-2.0
// Writing one document as a message of HPRIM Médecin: header, body, results, each in a file of its own.
#pragma once

#include "findings.hpp"
#include "medecin_result.hpp"
#include "pivot_view.hpp"
#include "safe_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

struct medecin_options {
  charset written_in = charset::windows_1252;
  bool with_tex = false;
  bool strict_header = false;  ///< cut the patient's number to what the strictest reader keeps
  std::string sender_code, recipient_code, recipient_name;
};

inline bool is_cancelled(std::string_view status) { return status == "cancelled" || status == "entered-in-error"; }

/// The lines go to `out`, parted by "\\n" and safe for the frame.
class message_encoder {
 public:
  message_encoder(pivot_reader& pivot, account* ledger, const medecin_options& options, safe_text& safe,
                  findings& found)
      : pivot_(pivot), ledger_(ledger), options_(options), safe_(safe), found_(found) {}

  void write(const view_document& document, const std::vector<std::string>& file_notes, std::string& out);

 private:
  void line(std::string_view text);
  void carried(const sourced& value, std::string_view place);
  void dropped(const sourced& value, std::string_view reason);
  sourced kept(const json_value* node, std::string_view location);

  // medecin_encode_header.cpp
  std::string within_reach(std::size_t number, std::string text);
  void header(std::size_t number, const std::vector<sourced>& words);
  void write_header(const view_document& document);
  sourced patient_number(const view_document& document);
  void write_given(const view_person& patient);
  void write_address(const view_person& patient);
  void write_date(std::size_t number, const sourced& kept_text, const sourced& date);
  void write_nir(const view_person& patient);
  sourced file_number(const view_document& document);
  sourced party_code(const view_party& party);
  void write_party(std::size_t number, const view_party& party, const std::string& code_option,
                   const std::string& name_option);

  // medecin_encode_body.cpp
  void write_body(const view_document& document, const std::vector<std::string>& file_notes);
  void write_traits(const view_person& patient);
  void write_text(const view_section& section);
  void write_wrapped(std::string_view text);
  static std::string status_note(std::string_view status);
  static printed_result printed(const view_result& result);
  void write_missing_results(const view_document& document, const std::string& all_text);
  bool is_long_text_in(const std::string& all_text, const std::string& value);
  bool is_in(const std::string& all_text, std::string_view wanted);
  void write_printed(const printed_result& print);

  // medecin_encode_results.cpp
  void write_results(const view_document& document, bool fragment);
  std::string res_field(const view_result& result, std::size_t number, const sourced& value, std::string_view written);
  void write_res(const view_result& result);
  void write_second_row(const view_result& result);
  static std::string on_one_line(std::string_view text);
  std::string flag_field(const view_result& result);
  std::string status_field(const view_result& result);

  pivot_reader& pivot_;
  account* ledger_;
  const medecin_options& options_;
  safe_text& safe_;
  findings& found_;
  std::string* out_ = nullptr;
  std::size_t searchable_bytes_ = 512U << 20;
};

}  // namespace liaison::hprim
