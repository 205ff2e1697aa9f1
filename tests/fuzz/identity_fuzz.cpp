// SPDX-License-Identifier: Apache-2.0
// uses: liaison_routing liaison_store
// The patient index under whatever messages tell: facts parted by zero bytes, one message each. Merges, links and their
// undoing never go round in circles, and each message is some patient's or nobody's.
#include "core/identity/patient_index.hpp"
#include "core/identity/secrecy.hpp"
#include "core/routing/document_life.hpp"
#include "core/store/memory/memory_patients.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

void look_at(const model::message_facts& facts, identity::patient_index& index, store::memory_patients& rows,
             model::message_id message) {
  constexpr unix_ms now = 1'767'225'600'000;
  const auto told = identity::observe(facts, message % 2 == 0 ? "hospital" : "clinic", now + message, {});
  const auto noted = index.note(told, message);
  must(noted.patient >= 0 && noted.stay >= 0);
  (void)index.letter_left(message, now + message);
  const auto sending = index.facts_for_sending(message);
  for (const auto to : {identity::audience::professionals, identity::audience::patient})
    (void)identity::why_withheld({to, identity::default_rule(to), facts, sending.consents, sending.flags});
  (void)routing::judge(facts, "hospital", {}, "strict");
  if (noted.patient == 0) return;
  const auto subject = rows.subject_of(message);
  must(subject && subject->patient == noted.patient);
  // Whoever was joined to someone: the way up ends.
  std::set<identity::patient_id> seen;
  for (auto row = rows.patient(noted.patient); row && row->joined != 0; row = rows.patient(row->joined))
    must(seen.insert(row->id).second);
  const auto file = index.file_of(noted.patient, 10);
  must(file && file->patient.joined == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  store::memory_patients rows;
  identity::patient_index index(rows);
  for (model::message_id message = 1; message <= 16; ++message) {
    const std::size_t end = rest.find('\0');
    if (const auto read = model::facts_from_json(rest.substr(0, end))) look_at(read.value(), index, rows, message);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return 0;
}
