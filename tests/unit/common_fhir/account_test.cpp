// SPDX-License-Identifier: Apache-2.0
#include <liaison/common/account.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

TEST(account, tells_for_each_leaf_exactly_one_fate) {
  account ledger;
  const auto carried = ledger.add("PID-5.1", "A");
  const auto fixed = ledger.add("MSH-1", "|");
  const auto dropped = ledger.add("PV1-3", "C");
  ledger.add("PV1-4", "D");
  ledger.carry(carried, "/entry/0");
  ledger.carry(carried, "/entry/1");
  ledger.envelope(fixed);
  ledger.drop(dropped, "no place");
  EXPECT_EQ(ledger.to_json(),
            R"({"leaves":[{"location":"PID-5.1","value":"A","to":["/entry/0","/entry/1"]},)"
            R"({"location":"MSH-1","value":"|","envelope":true},)"
            R"({"location":"PV1-3","value":"C","reason":"no place"},)"
            R"({"location":"PV1-4","value":"D","reason":"not read by this translator"}],"added":[]})");
}

TEST(account, what_was_carried_stays_carried) {
  account ledger;
  const auto leaf = ledger.add("A", "1");
  ledger.drop(leaf, "not yet");
  ledger.carry(leaf, "/x");
  ledger.drop(leaf, "too late");
  EXPECT_TRUE(ledger.is_carried(leaf));
  EXPECT_EQ(ledger.to_json(), R"({"leaves":[{"location":"A","value":"1","to":["/x"]}],"added":[]})");
}

TEST(account, lists_what_the_target_added) {
  account ledger;
  ledger.added("/entry/0/resource/date", "2024-01-01", "FHIR asks for a date");
  EXPECT_EQ(
      ledger.to_json(),
      R"({"leaves":[],"added":[{"location":"/entry/0/resource/date","value":"2024-01-01","reason":"FHIR asks for a date"}]})");
}

}  // namespace
}  // namespace liaison
