// SPDX-License-Identifier: Apache-2.0
// /api/v1/patients and /api/v1/stays: the patient index, choices of patients, files of stays. These answers hold patient
// data; each reading and each change is noted in the log by the index's own number and the caller's address, never by a
// value.
#pragma once

#include "core/admin/api.hpp"
#include "core/identity/patient_index.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace liaison::admin {

/// Thread: the executor's.
class patients_api {
 public:
  explicit patients_api(const parts& what) : parts_(what) {}

  /// False: no path of these; `then` was not called.
  bool route(const request& what, const respond& then);

 private:
  struct stay_file;

  void find(const request& what, respond then);
  void show(const request& what, std::int64_t id, respond then);
  void record_consent(const request& what, respond then);
  void rebuild(const request& what, respond then);
  void list_stays(const request& what, respond then);
  void show_stay(const request& what, std::int64_t id, respond then);
  void find_stay(const request& what, respond then);
  void answer_stay(const request& what, std::shared_ptr<stay_file> found, result<done> outcome, respond then);
  void add_traces(std::shared_ptr<stay_file> to, std::size_t at, respond then);

  const parts& parts_;
};

std::string to_json(const identity::patient_file& file);
std::string to_json(const identity::stay_row& stay);
std::string to_json(const identity::consent& choice);

}  // namespace liaison::admin
