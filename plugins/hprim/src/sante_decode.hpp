// SPDX-License-Identifier: Apache-2.0
// Making the pivot of a HPRIM Santé file: the state of one decode, split over files by kind of segment.
#pragma once

#include "code_map.hpp"
#include "sante_grid.hpp"
#include "sante_values.hpp"

#include <liaison/common/plugin.hpp>

#include <map>
#include <optional>
#include <string>

namespace liaison::hprim {

class sante_decoder {
 public:
  sante_decoder(const sante_file& file, pivot_writer& pivot, account* ledger, const call_options& options,
                findings& found);
  void write();

 private:
  // sante_decode.cpp: header, patients, stays, insurance
  void take(const sante_segment& segment);
  void write_header();
  void begin_patient(const sante_segment& segment);
  void write_merged(segment_grid& grid);
  void write_names(segment_grid& grid);
  void write_traits(segment_grid& grid);
  void write_address(segment_grid& grid);
  void write_identifiers(segment_grid& grid);
  void write_birth_place(segment_grid& grid);
  void write_contacts(segment_grid& grid);
  void write_stay(segment_grid& grid);
  void begin_main(const resource_ref& patient);
  void write_coverage(const sante_segment& segment);
  void attach(const sante_segment& segment);
  void finish_main();

  // sante_decode_requests.cpp: requests, as reports or orders
  void begin_request(const sante_segment& segment);
  void write_order(segment_grid& grid);
  void write_report(segment_grid& grid);
  void write_set(const std::string& number);
  void write_people(segment_grid& grid);
  void write_specimen(segment_grid& grid);
  resource_ref kept_practitioner(segment_grid& grid, std::uint16_t field, std::uint16_t repetition,
                                 const resource_ref& of);

  // sante_decode_results.cpp: results, files, comments
  void write_result(const sante_segment& segment);
  void write_result_value(const resource_ref& made, segment_grid& grid, const sante_result& result);
  void write_result_code(const resource_ref& made, segment_grid& grid);
  void write_result_norm(const resource_ref& made, segment_grid& grid, const sante_result& result);
  void write_result_flags(const resource_ref& made, segment_grid& grid);
  void write_result_status(const resource_ref& made, segment_grid& grid);
  void write_file(const sante_segment& segment);
  void write_comment(const sante_segment& segment);
  void flush_section();
  void link_result(const resource_ref& made);

  // sante_decode_billing.cpp: invoices, payments, errors
  void write_invoice(const sante_segment& segment);
  void write_charge(const sante_segment& segment);
  void write_payment(const sante_segment& segment);
  void write_error(const sante_segment& segment);

  sourced date(segment_grid& grid, std::uint16_t field, const resource_ref& of, std::string_view path,
               std::uint16_t repetition = 1);
  void set_coding(const resource_ref& of, std::string_view path, segment_grid& grid, std::uint16_t field,
                  std::uint16_t repetition);
  resource_ref practitioner(segment_grid& grid, std::uint16_t field, std::uint16_t repetition);
  bool is_document() const { return file_.context == "ORU"; }
  unsigned ordinal_of(const resource_ref& of, std::string_view segment);

  const sante_file& file_;
  const separators& marks_;
  pivot_writer& pivot_;
  account* ledger_;
  const call_options& options_;
  findings& found_;
  const code_map* codes_ = nullptr;
  std::string sender_code_;
  std::optional<segment_grid> header_;

  resource_ref main_;  // Composition or MessageHeader
  resource_ref first_main_;
  resource_ref sender_, receiver_;
  resource_ref patient_, encounter_, request_, specimen_, last_, invoice_, outcome_;
  facts::identity_status patient_status_ = facts::identity_status::unknown;
  bool last_is_observation_ = false;
  bool merges_ = false;    // the patient being read takes another's place
  bool rejected_ = false;  // an ERR of severity T
  bool request_open_ = false;
  std::string section_title_, section_text_;
  std::vector<resource_ref> files_;
  std::size_t position_ = 0;  // of the OBX in its request
  std::map<std::string, unsigned> attached_;
};

}  // namespace liaison::hprim
