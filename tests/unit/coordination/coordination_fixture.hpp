// SPDX-License-Identifier: Apache-2.0
// The in-memory store under a simulated clock, and messages that tell of one patient's stay.
#pragma once

#include "core/base/digest.hpp"
#include "core/coordination/discharge_watch.hpp"
#include "core/coordination/index_rebuild.hpp"
#include "core/identity/patient_index.hpp"
#include "core/store/memory/memory_store.hpp"
#include "tests/unit/routing/broker_fixture.hpp"

#include <liaison/facts_json.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace liaison::test {

class coordination : public ::testing::Test {
 protected:
  static facts::message_facts facts_of(const std::string& event, const std::string& document_type = {}) {
    facts::message_facts facts;
    facts.format = "hl7v2";
    facts.event.code = event;
    facts.document.type.code = document_type;
    facts.patients.resize(1);
    auto& ids = facts.patients[0].identifiers;
    ids.push_back({"urn:oid:1.2.250.1.999.1", "000003", facts::identifier_kind::ipp});
    ids.push_back({"urn:oid:1.2.250.1.999.9", "S1", facts::identifier_kind::stay});
    facts.patients[0].family = "EXEMPLE";
    facts.encounter.patient_class = "I";
    return facts;
  }

  model::message_id tell(facts::message_facts facts, const std::vector<std::string>& recipients = {}) {
    store::intake what;
    std::string bytes = "message " + std::to_string(++number_);
    what.message.source = "hospital";
    what.message.received_at = time.now();
    what.message.sha256 = sha256_hex_of(bytes);
    what.message.facts_json = to_json(facts);
    what.message.state = recipients.empty() ? model::message_state::unrouted : model::message_state::routed;
    what.raw = share(std::move(bytes));
    what.subject = identity::observe(facts, "hospital", time.now(), rule);
    for (const auto& name : recipients) what.deliveries.push_back({name, "", ""});
    model::message_id id = 0;
    store->take_in(std::move(what), [&](store::intake_outcome outcome) { id = outcome.id; });
    time.settle();
    return id;
  }

  void delivered(model::message_id message) {
    store::delivery_filter filter;
    filter.message = message;
    store->list_deliveries(filter, [&](result<std::vector<model::delivery>> found) {
      for (const auto& delivery : found.value()) {
        store::delivery_update what;
        what.id = delivery.id;
        what.state = model::delivery_state::delivered;
        what.leaves_the_house = true;
        store->update(what, [](auto) {});
      }
    });
    time.settle();
  }

  identity::stay_row stay() {
    identity::stay_row found;
    store->look_at_patients(
        [&](identity::patient_table& t) { found = t.find_stay("urn:oid:1.2.250.1.999.9", "S1").value_or(identity::stay_row{}); },
        [](auto) {});
    time.settle();
    return found;
  }

  std::vector<model::message> alerts() {
    std::vector<model::message> found;
    store::message_filter filter;
    filter.source = "discharge-clock";
    store->list_messages(filter, [&](auto r) { found = std::move(r).value(); });
    time.settle();
    return found;
  }

  simulated_time time;
  observe::metrics metrics;
  identity::letter_rule rule;
  std::unique_ptr<store::memory_store> store = store::open_memory(time, time);

 private:
  int number_ = 0;
};

}  // namespace liaison::test
