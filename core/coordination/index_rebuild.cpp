// SPDX-License-Identifier: Apache-2.0
#include "core/coordination/index_rebuild.hpp"

#include "core/identity/matricule.hpp"
#include "core/identity/patient_index.hpp"
#include "core/identity/stay_rules.hpp"
#include "core/observe/log.hpp"

#include <memory>
#include <utility>

namespace liaison::coordination {

namespace {

constexpr std::uint32_t messages_per_slice = 200;  ///< so that what arrives waits for a few milliseconds at most
constexpr std::uint32_t choices_max = 100'000;

struct read_message {
  model::message_id id = 0;
  identity::observation told;
  unix_ms delivered_at = 0;
};

/// Choices that people recorded go with their patient's identifier, which is put back as a number of its own.
void clear_but_choices(identity::patient_table& table) {
  const auto choices = table.consents_told_by_people(choices_max);
  table.clear();
  identity::patient_index index(table);
  for (const auto& choice : choices) {
    if (!table.find_identifier(choice.system, choice.value)) {
      const auto patient = table.add(identity::patient_row{});
      const auto kind = identity::ins_kind_of(choice.system);
      const auto known = kind == facts::identifier_kind::other ? facts::identifier_kind::ipp : kind;
      table.put(identity::identifier_row{{choice.system, choice.value, known}, patient, false});
    }
    index.record(choice);
  }
}

}  // namespace

bool index_rebuild::start(rebuild_from from, identity::letter_rule rule) {
  if (progress_.is_running) return false;
  progress_ = {};
  progress_.is_running = true;
  rule_ = std::move(rule);
  if (from == rebuild_from::what_is_there) return slice(0), true;
  store_.change_patients([](identity::patient_table& table) { clear_but_choices(table); },
                         [this](result<done> outcome) {
                           if (!outcome) return end(outcome.error().text);
                           slice(0);
                         });
  return true;
}

void index_rebuild::slice(model::message_id after) {
  store_.read_facts(after, messages_per_slice, [this](result<std::vector<store::stored_facts>> found) {
    if (!found) return end(found.error().text);
    if (found.value().empty()) return end("");
    apply(std::move(found).value());
  });
}

void index_rebuild::apply(std::vector<store::stored_facts> messages) {
  auto read = std::make_shared<std::vector<read_message>>();
  for (const auto& message : messages) {
    auto facts = model::facts_from_json(message.facts_json);
    if (!facts) continue;
    read->push_back({message.id, identity::observe(facts.value(), message.source, message.received_at, rule_),
                     message.delivered_at});
  }
  const model::message_id last = messages.back().id;
  progress_.messages += messages.size();
  store_.change_patients(
      [read, now = clock_.now()](identity::patient_table& table) {
        identity::patient_index index(table);
        for (const auto& message : *read) {
          const auto noted = index.note(message.told, message.id);
          if (message.told.is_letter && message.delivered_at != 0) index.letter_left(message.id, message.delivered_at);
          // What was late before is not said again.
          const auto stay = noted.stay != 0 ? table.stay(noted.stay) : std::nullopt;
          if (stay && stay->clock == identity::letter_clock::waiting && stay->deadline < now)
            table.put(identity::after_alert(*stay, now));
        }
      },
      [this, last](result<done> outcome) {
        if (!outcome) return end(outcome.error().text);
        slice(last);
      });
}

void index_rebuild::end(const std::string& error) {
  progress_.is_running = false;
  progress_.error = error;
  observe::log_line(error.empty() ? observe::level::information : observe::level::error, "patients-rebuilt")
      .with("messages", progress_.messages)
      .with("reason", error);
}

}  // namespace liaison::coordination
