// SPDX-License-Identifier: Apache-2.0
// What the sender of a document is told about one end: CI-SIS CDA en HL7v2, ZAM.
#include "core/routing/business_acknowledger.hpp"

#include <gtest/gtest.h>

namespace liaison::routing {
namespace {

struct story {
  config::endpoint source, recipient;
  store::outcome ended;
  story() {
    source.acknowledgements.to = "dpi";
    recipient.destination = config::folder_destination{};
    ended.message_format = "hl7v2";
    asking(R"("acknowledge-reception","acknowledge-reading")");
    ended.delivery.state = model::delivery_state::delivered;
    ended.last = {1, 1, model::receipt_kind::accepted, "AA", ""};
  }
  void asking(const std::string& instructions) {
    ended.facts_json =
        R"({"format":"hl7v2","document":{"id":"urn:oid:1"},"instructions":[)" + instructions +
        R"(],"recipients":[{"address":"gp@medecin.mssante.fr","identifiers":[{"value":"899900000025"}]},)" +
        R"({"address":"nurse@infirmier.mssante.fr"},{"address":"back@chu.mssante.fr","role":"reply"}]})";
  }
  void died(model::receipt_kind kind, const std::string& code) {
    ended.delivery.state = model::delivery_state::dead;
    ended.last = {1, 1, kind, code, ""};
  }
  /// "Z02 Y gp@… " for each.
  std::string told() const {
    std::string text;
    for (const auto& one : answers_to(ended, source, &recipient).answers)
      text += one.kind + (one.accepted ? " Y " : " N ") + one.address +
              (one.error_code.empty() ? "" : " " + one.error_code) + "; ";
    return text;
  }
};

constexpr auto refused = model::receipt_kind::refused;

TEST(business_answers, a_folder_received_it) {
  story s;
  s.recipient.mailboxes = {"*@medecin.mssante.fr"};
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; ");
  EXPECT_EQ(answers_to(s.ended, s.source, &s.recipient).answers.at(0).recipient, "899900000025");
}

TEST(business_answers, one_for_each_mailbox_and_none_for_the_reply_address) {
  story s;
  s.recipient.mailboxes = {"*"};
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; mail-received Y nurse@infirmier.mssante.fr; ");
}

TEST(business_answers, a_recipient_that_stands_for_no_mailbox_is_not_guessed) {
  story s;
  EXPECT_EQ(s.told(), "");
  EXPECT_TRUE(answers_to(s.ended, s.source, &s.recipient).unnamed);
}

TEST(business_answers, software_that_took_it_has_read_it) {
  story s;
  s.recipient.destination = config::mllp_destination{};
  s.recipient.mailboxes = {"gp@*"};
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; mail-read Y gp@medecin.mssante.fr; ");
  s.died(refused, "902");
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; mail-read N gp@medecin.mssante.fr 902; ");
  s.died(refused, "AE");
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; mail-read N gp@medecin.mssante.fr 906; ");
  s.died(refused, "translation-failed");
  EXPECT_EQ(s.told(), "mail-received N gp@medecin.mssante.fr 554; ") << "it never got there";
}

TEST(business_answers, nobody_answered_or_a_person_gave_up) {
  story s;
  s.recipient.mailboxes = {"gp@*"};
  s.died(refused, "expired");
  EXPECT_EQ(s.told(), "mail-received N gp@medecin.mssante.fr 441; ");
  s.died(model::receipt_kind::attempt_failed, "connection-refused");
  EXPECT_EQ(s.told(), "mail-received N gp@medecin.mssante.fr 441; ");
  s.ended.delivery.state = model::delivery_state::cancelled;
  EXPECT_EQ(s.told(), "mail-received N gp@medecin.mssante.fr 554; ");
}

TEST(business_answers, the_dmp_has_its_own) {
  story s;
  s.recipient.acceptance = "dmp";
  EXPECT_EQ(s.told(), "dmp-received Y ; ");
  s.died(refused, "AE");
  EXPECT_EQ(s.told(), "dmp-received N  XDSRepositoryError; ");
}

TEST(business_answers, only_what_was_asked_for) {
  story s;
  s.recipient.destination = config::mllp_destination{};
  s.recipient.mailboxes = {"gp@*"};
  s.asking(R"("acknowledge-reading")");
  EXPECT_EQ(s.told(), "mail-read Y gp@medecin.mssante.fr; ");
  s.asking("");
  EXPECT_EQ(s.told(), "");
  s.source.acknowledgements.when = "always";
  EXPECT_EQ(s.told(), "mail-received Y gp@medecin.mssante.fr; mail-read Y gp@medecin.mssante.fr; ");
}

TEST(business_answers, none_for_what_goes_on_or_is_no_document) {
  story s;
  s.recipient.mailboxes = {"*"};
  s.ended.delivery.state = model::delivery_state::pending;
  EXPECT_EQ(s.told(), "") << "a person retried it meanwhile";
  s.ended.delivery.state = model::delivery_state::delivered;
  s.source.acknowledgements.when = "always";
  s.ended.facts_json = R"({"format":"hl7v2","event":{"code":"ADT^A01"}})";
  EXPECT_EQ(s.told(), "");
}

}  // namespace
}  // namespace liaison::routing
