// SPDX-License-Identifier: Apache-2.0
// uses: liaison_routing
// What translators tell and the store keeps as JSON: facts, issues, the account of leaves. Texts are parted by zero
// bytes. What was understood says the same when it is written and read once more.
#include "core/identity/compare.hpp"
#include "core/identity/matricule.hpp"
#include "core/model/facts.hpp"
#include "core/model/issue.hpp"
#include "core/routing/account.hpp"

#include <liaison/facts_json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

void look_at_patient(const facts::patient& who, std::optional<facts::patient>& before) {
  for (const auto& issue : identity::check_one(who, "PID")) must(!issue.code.empty());
  (void)identity::check_environment(who, identity::environment::production, "PID");
  (void)identity::why_not_leave(who);
  must(identity::normal_form(identity::normal_form(who.family)) == identity::normal_form(who.family));
  if (before) (void)identity::compare(*before, who, "PID", "OBX");
  before = who;
}

void look_at_facts(std::string_view text, std::optional<facts::message_facts>& before) {
  const auto read = model::facts_from_json(text);
  if (!read) return;
  const std::string once = to_json(read.value());
  const auto again = model::facts_from_json(once);
  must(static_cast<bool>(again));
  must(to_json(again.value()) == once);
  std::optional<facts::patient> other;
  for (const auto& who : read.value().patients) look_at_patient(who, other);
  const std::size_t count = read.value().patients.size();
  for (const auto& one : read.value().merges) must(one.patient < count);
  for (const auto& one : read.value().consents) must(one.patient < count);
  if (before) (void)to_json(model::merged(*before, read.value()));
  before = read.value();
}

void look_at_issues(std::string_view text) {
  const auto read = model::issues_from_json(text);
  const auto again = model::issues_from_json(model::to_json(read));
  must(again.size() == read.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    must(again[i].severity == read[i].severity && again[i].code == read[i].code &&
         again[i].diagnostics == read[i].diagnostics);
}

void look_at_account(std::string_view decoder, std::string_view encoder) {
  for (const bool passed_on : {false, true}) {
    const auto joined = routing::join({{"", decoder, passed_on}, {"OBX[1]", encoder, false}}, {encoder, decoder});
    must(joined.carried + joined.not_carried.size() == joined.source_leaves);
    (void)routing::to_json(joined);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::optional<facts::message_facts> before;
  std::string_view last = rest;
  for (int texts = 0; texts < 8; ++texts) {
    const std::size_t end = rest.find('\0');
    const std::string_view text = rest.substr(0, end);
    look_at_facts(text, before);
    look_at_issues(text);
    look_at_account(text, last);
    last = text;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return 0;
}
