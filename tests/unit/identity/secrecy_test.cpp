// SPDX-License-Identifier: Apache-2.0
#include "core/identity/secrecy.hpp"

#include <gtest/gtest.h>

namespace liaison::identity {
namespace {

struct story {
  facts::message_facts message;
  std::vector<consent> consents;
  std::vector<std::string> flags;

  story() {
    facts::patient p;
    p.family = "EXEMPLE";
    p.identity_status = facts::identity_status::qualified;
    message.patients = {p};
    message.document.confidentiality = "N";
    message.document.status = "final";
  }
  void told(std::string_view kind, consent_answer answer, unix_ms since) {
    consent c;
    c.kind = kind;
    c.answer = answer;
    c.since = since;
    consents.push_back(c);
  }
  std::string why(audience to) const { return why(to, default_rule(to)); }
  std::string why(audience to, secrecy_rule rule) const {
    const auto found = why_withheld({to, rule, message, consents, flags});
    EXPECT_TRUE(!found || found->diagnostics.find("EXEMPLE") == std::string::npos);
    return found ? found->code : "";
  }
};

TEST(consent, the_latest_answer_holds_and_not_collected_takes_nothing_back) {
  story s;
  EXPECT_EQ(answer_of(s.consents, "dmp-feeding"), consent_answer::not_collected);
  s.told("dmp-feeding", consent_answer::permit, 10);
  s.told("dmp-feeding", consent_answer::deny, 20);
  s.told("dmp-feeding", consent_answer::not_collected, 30);
  s.told("professionals", consent_answer::permit, 40);
  EXPECT_EQ(answer_of(s.consents, "dmp-feeding"), consent_answer::deny);
  s.told("dmp-feeding", consent_answer::permit, 50);
  EXPECT_EQ(answer_of(s.consents, "dmp-feeding"), consent_answer::permit);
  s.told("dmp-feeding", consent_answer::deny, 50);
  EXPECT_EQ(answer_of(s.consents, "dmp-feeding"), consent_answer::deny) << "of one moment the refusal";
}

TEST(secrecy, each_audience_asks_for_its_own_choice) {
  story s;
  EXPECT_EQ(s.why(audience::professionals), "");
  EXPECT_EQ(s.why(audience::patient), "");
  EXPECT_EQ(s.why(audience::shared_record), "secrecy-consent-not-collected");
  EXPECT_EQ(s.why(audience::shared_record, {true, 'N'}), "") << "the policy says which";
  EXPECT_EQ(s.why(audience::representatives), "secrecy-consent-not-collected");
  s.told("dmp-feeding", consent_answer::permit, 1);
  s.told("professionals", consent_answer::deny, 1);
  EXPECT_EQ(s.why(audience::shared_record), "");
  EXPECT_EQ(s.why(audience::professionals), "secrecy-opposed");
  EXPECT_EQ(s.why(audience::internal), "") << "the house itself";
}

TEST(secrecy, masks) {
  story s;
  s.told("representatives", consent_answer::permit, 1);
  s.message.document.masks = {"MASQUE_PS", "INVISIBLE_PATIENT"};
  EXPECT_EQ(s.why(audience::patient), "secrecy-invisible-to-patient");
  EXPECT_EQ(s.why(audience::representatives), "secrecy-invisible-to-patient");
  EXPECT_EQ(s.why(audience::professionals), "") << "masked in the DMP, still mailed to professionals (volet 2.1.1)";
  for (const char* name : {"INVISIBLE_REP_LEGAUX", "INVISIBLE_REPRESENTANTS_LEGAUX"}) {
    s.message.document.masks = {name};
    EXPECT_EQ(s.why(audience::representatives), "secrecy-invisible-to-representatives");
    EXPECT_EQ(s.why(audience::patient), "");
  }
}

TEST(secrecy, confidentiality) {
  story s;
  s.told("dmp-feeding", consent_answer::permit, 1);
  s.message.document.confidentiality = "R";
  EXPECT_EQ(s.why(audience::shared_record), "secrecy-confidentiality");
  EXPECT_EQ(s.why(audience::patient), "");
  s.message.document.confidentiality = "V";
  EXPECT_EQ(s.why(audience::patient), "secrecy-confidentiality");
  EXPECT_EQ(s.why(audience::professionals), "");
  EXPECT_EQ(s.why(audience::professionals, {true, 'R'}), "secrecy-confidentiality");
}

TEST(secrecy, identities) {
  story s;
  s.message.patients[0].identity_status = facts::identity_status::validated;
  EXPECT_EQ(s.why(audience::patient), "secrecy-identity-not-qualified");
  EXPECT_EQ(s.why(audience::professionals), "");
  s.flags = {"DOUT"};
  EXPECT_EQ(s.why(audience::professionals), "secrecy-identity-flag");
  s.flags.clear();
  s.message.patients[0].identity_flags = {"FICT"};
  EXPECT_EQ(s.why(audience::professionals), "secrecy-identity-flag");
  EXPECT_EQ(s.why(audience::internal), "");
}

TEST(secrecy, a_deletion_takes_back_what_went_out) {
  story s;
  s.message.document.status = "deleted";
  s.message.document.masks = {"INVISIBLE_PATIENT"};
  s.told("professionals", consent_answer::deny, 1);
  EXPECT_EQ(s.why(audience::professionals), "");
  EXPECT_EQ(s.why(audience::patient), "");
}

TEST(audience, names) {
  for (const auto who : {audience::internal, audience::professionals, audience::patient, audience::representatives,
                         audience::shared_record})
    EXPECT_EQ(audience_named(name_of(who)), who);
  EXPECT_FALSE(audience_named("public"));
}

}  // namespace
}  // namespace liaison::identity
