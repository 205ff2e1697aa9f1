// SPDX-License-Identifier: Apache-2.0
// Writing HPRIM Santé from a pivot: the state of one encode.
#pragma once

#include "pivot_view.hpp"
#include "sante_builder.hpp"

#include <liaison/common/plugin.hpp>

#include <optional>

namespace liaison::hprim {

struct sante_options {
  charset written_in = charset::iso_8859_1;
  escape_rule escapes = escape_rule::blank;
  std::string version = "H2.5", link_type = "C", processing = "P", now, control_id;
  std::string sender_code, sender_name, recipient_code, recipient_name;
};
/// Nothing when the character set that was asked for cannot carry this format.
std::optional<sante_options> sante_options_of(const call_options& options);

class sante_encoder {
 public:
  sante_encoder(pivot_reader& pivot, account* ledger, const sante_options& options, safe_text& safe, findings& found);

  struct file {
    std::string name, content_type, bytes;
  };

  /// Whole message; empty when the pivot holds nothing that this format can say (a finding tells).
  std::string write();
  const std::vector<file>& files() const { return files_; }

 private:
  void write_header(std::string_view context, const json_value* main, const view_party& from, const view_party& to);
  void write_patient(const view_person& patient, const json_value* encounter, std::string_view event,
                     const json_value* main);
  void write_identity(segment_builder& p, const view_person& patient);
  void write_address(segment_builder& p, const view_person& patient);
  void write_stay(segment_builder& p, const json_value* encounter, std::string_view event, bool admission);
  void write_document(const view_document& document);
  void write_report(const json_value* report, std::size_t rank);
  void write_specimen(segment_builder& obr, const json_value* specimen);
  void write_result(const view_result& result, std::size_t rank);
  void write_value(segment_builder& obx, const view_result& result);
  void write_file(const json_value* reference, std::size_t rank);
  std::map<std::size_t, const json_value*> files_of(const json_value* request);
  void write_files_at(const std::map<std::size_t, const json_value*>& files, std::size_t& rank);
  void write_attachment(const view_attachment& attachment, std::size_t rank);
  void write_narratives(const view_document& document, std::size_t rank);
  void write_event(const json_value* header);
  void write_order(const json_value* request, std::size_t rank);
  void write_coverage(const json_value* coverage);
  void write_invoice(const json_value* invoice, std::size_t rank);
  void write_payment(const json_value* payment);
  void write_errors(const json_value* header);
  void write_attached(const std::vector<kept_value>& kept, const std::vector<sourced>& notes = {});
  void write_person_code(segment_builder& to, std::uint16_t field, std::uint16_t repetition, const json_value* person);
  void set_date(segment_builder& to, const place& at, const sourced& value);
  void set_code(segment_builder& to, std::uint16_t field, std::uint16_t repetition, const json_value* concept_node,
                const json_value* owner);
  std::string file_name(const json_value* main) const;
  std::string stamp_of(std::string_view date_time) const;
  segment_builder begin(std::string_view name) const { return {std::string(name), ledger_}; }

  pivot_reader& pivot_;
  account* ledger_;
  const sante_options& options_;
  safe_text& safe_;
  findings& found_;
  sante_lines lines_;
  std::vector<file> files_;
  std::vector<kept_value> main_kept_;
  std::string context_, file_stem_;
  std::map<const json_value*, std::vector<const json_value*>> coverages_;  // by beneficiary
  std::map<const json_value*, const json_value*> merged_;                  // patient → the one whose place it took
  bool header_written_ = false;
  bool from_sante_ = false;
  std::size_t patient_rank_ = 0, coverage_rank_ = 0, complementary_rank_ = 0;
  std::map<std::string, const json_value*> files_by_url_;  // DocumentReferences and Binaries by fullUrl
};

}  // namespace liaison::hprim
