// SPDX-License-Identifier: Apache-2.0
// Answers to messages that were sent before: ACK (MSA, ERR) and the business acknowledgements ZAM of the volet.
#include "inspect.hpp"
#include "people.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

struct business_kind {
  std::string_view code, trigger, kind;
};
constexpr business_kind business_kinds[] = {{"ACK_RECEPTION_DMP", "Z01", "dmp-received"},
                                            {"ACK_RECEPTION_MSS", "Z02", "mail-received"},
                                            {"ACK_LECTURE_MSS", "Z03", "mail-read"},
                                            {"ACK_LECTURE", "Z03", "mail-read"}};

/// ERL of ERR-2 ("PID^1^3^2^1") as a location of ours ("PID-3[2].1").
std::string location_of(const repetition& erl) {
  const auto part = [&](unsigned n) { return std::string(trim(erl.component(n))); };
  std::string out = part(1);
  if (out.empty()) return out;
  if (const std::string sequence = part(2); !sequence.empty() && sequence != "1") out += "[" + sequence + "]";
  if (const std::string number = part(3); !number.empty()) out += "-" + number;
  if (const std::string number = part(4); !number.empty() && number != "1") out += "[" + number + "]";
  for (const unsigned n : {5U, 6U}) {
    if (const std::string number = part(n); !number.empty()) out += "." + number;
  }
  return out;
}

void read_errors(const message& of, facts::answer& into) {
  for (segment err = of.find("ERR"); err && into.errors.size() < 100; err = of.find("ERR", err.position() + 1)) {
    const separators& by = of.by();
    facts::answer_error made;
    made.location = location_of(err[2].first());
    made.condition = value_of(err[3].component(1), by);
    made.severity = value_of(err[4].text(), by);
    made.code = value_of(err[5].component(1), by);
    made.system = value_of(err[5].component(3), by);
    if (made.condition.empty() && !err[1].empty()) {  // before 2.5: segment^sequence^field^code
      made.condition = value_of(nth_piece(err[1].component(4), by.subcomponent, 1), by);
      made.location = value_of(err[1].component(1), by);
      if (const std::string number = value_of(err[1].component(3), by); !number.empty()) made.location += "-" + number;
    }
    // Some consumers write their own code where the condition belongs.
    if (made.code.empty() && made.condition.size() == 3 && made.condition.starts_with("90")) made.code = made.condition;
    if (!made.condition.empty() || !made.code.empty()) into.errors.push_back(std::move(made));
  }
}

void read_business(const message& of, facts::answer& into) {
  const std::string_view trigger = trim(of.at(0)[9].component(2));
  for (const auto& row : business_kinds) {
    if (into.kind.empty() && row.trigger == trigger) into.kind = row.kind;
  }
  for (segment obx = of.find("OBX"); obx; obx = of.find("OBX", obx.position() + 1)) {
    const std::string_view code = trim(obx[3].component(1));
    if (code == "DESTINATAIRE_MSS" || code == "LECTEUR_MSS") {
      into.recipient = value_of(obx[4].text(), of.by());
      into.address = value_of(obx[5].component(4), of.by());
      continue;
    }
    for (const auto& row : business_kinds) {
      if (row.code != code) continue;
      into.kind = row.kind;
      into.message = value_of(obx[4].text(), of.by());
      into.outcome = trim(obx[5].component(1)) == "Y" ? "accept" : "reject";
    }
  }
}

}  // namespace

void read_answer(const message& of, facts::message_facts& into, findings& found) {
  const std::string_view type = trim(of.at(0)[9].component(1));
  const segment msa = of.find("MSA");
  facts::answer made;
  if (type == "ZAM") {
    read_business(of, made);
    if (made.outcome.empty() || made.message.empty()) {
      found.refuse("hl7v2-answer-incomplete", "OBX",
                   "a business acknowledgement says neither what it answers nor the outcome");
      return;
    }
  } else if (msa) {
    const std::string_view code = trim(msa[1].component(1));
    made.kind = "technical";
    made.message = value_of(msa[2].text(), of.by());
    made.outcome = code == "AA" || code == "CA" ? "accept" : code == "AR" || code == "CR" ? "retry" : "reject";
  } else {
    return;
  }
  read_errors(of, made);
  into.answer = std::move(made);
}

}  // namespace liaison::hl7v2
