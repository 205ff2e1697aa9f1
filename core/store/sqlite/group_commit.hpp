// SPDX-License-Identifier: Apache-2.0
// One group of writing calls as one transaction. When it fails, who is to blame decides: one operation is left out and
// the others go on; a full disk refuses intake first, so that updates have what room is left; anything else refuses the
// group. No thread and no callback here.
#pragma once

#include "core/store/sqlite/delivery_writer.hpp"
#include "core/store/sqlite/intake_writer.hpp"
#include "core/store/sqlite/order_lines.hpp"
#include "core/store/sqlite/patient_rows.hpp"
#include "core/store/sqlite/requests.hpp"
#include "core/store/sqlite/write_session.hpp"

#include <optional>
#include <vector>

namespace liaison::store::sqlite {

class group_commit {
 public:
  explicit group_commit(write_session& session);

  /// Every request has its outcome afterwards, and what is said to be written is on disk.
  void run(std::vector<request>& group);

  static void refuse(request& what, const failure& why);

  order_lines& lines() { return lines_; }
  patient_rows& patients() { return patients_; }

 private:
  enum class parts : std::uint8_t { together, apart };

  void refuse_when_room_is_short(std::vector<request>& group);
  std::optional<storage_error> attempt(std::vector<request>& group, parts how);
  void apply(request& what);
  result<std::vector<intake_outcome>> settle(const settle_request& what);
  bool refuse_intakes(std::vector<request>& group, const failure& why);
  void refuse_rest(std::vector<request>& group, const failure& why);

  write_session& session_;
  order_lines lines_;
  patient_rows patients_;
  delivery_writer deliveries_;
  document_waits waits_;
  intake_writer intake_;
  std::vector<bool> refused_;  ///< parallel to the group
};

}  // namespace liaison::store::sqlite
