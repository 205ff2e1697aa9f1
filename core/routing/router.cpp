// SPDX-License-Identifier: Apache-2.0
// Each condition is a row of a table: its name, where its patterns stand, and which texts of the message they are
// compared with.
#include "core/routing/router.hpp"

#include "core/config/pattern.hpp"

#include <algorithm>
#include <array>

namespace liaison::routing {
namespace {

using config::pattern_matches;
using patterns = std::vector<std::string>;

/// Tries the patterns of one condition on one text after the other.
class comparison {
 public:
  explicit comparison(const patterns& wanted) : wanted_(wanted) {}

  bool matched() const { return matched_; }
  bool saw_something() const { return saw_something_; }

  void with(std::string_view text) {
    if (text.empty()) return;
    saw_something_ = true;
    matched_ = matched_ || std::any_of(wanted_.begin(), wanted_.end(),
                                       [&](const std::string& one) { return pattern_matches(one, text); });
  }

  /// A code with its system, wanted as "code" or as "system|code".
  void with(std::string_view system, std::string_view code);

  /// A pattern without wildcard is a beginning: "38" is every postal code of the département.
  void with_beginning(std::string_view text) {
    if (text.empty()) return;
    saw_something_ = true;
    for (const auto& one : wanted_) {
      const bool beginning = !config::has_wildcard(one) && text.starts_with(one);
      matched_ = matched_ || beginning || pattern_matches(one, text);
    }
  }

 private:
  const patterns& wanted_;
  bool matched_ = false;
  bool saw_something_ = false;
};

/// Code systems go by several names: HL7v2 and CDA know OIDs and short names, FHIR knows URLs.
constexpr std::array<std::array<std::string_view, 4>, 4> system_names{{
    {"http://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "2.16.840.1.113883.6.1", "LN"},
    {"http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "2.16.840.1.113883.6.96", "SCT"},
    {"http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3", "2.16.840.1.113883.6.3", "I10"},
    {"https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc", "urn:oid:1.2.250.1.213.2.12",
     "1.2.250.1.213.2.12", "TRE_A04"},
}};

bool system_matches(std::string_view pattern, std::string_view system) {
  if (pattern_matches(pattern, system)) return true;
  for (const auto& names : system_names) {
    if (std::find(names.begin(), names.end(), system) == names.end()) continue;
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return pattern_matches(pattern, name); });
  }
  return false;
}

void comparison::with(std::string_view system, std::string_view code) {
  if (code.empty()) return;
  saw_something_ = true;
  for (const auto& one : wanted_) {
    const std::string_view pattern = one;
    const auto bar = pattern.rfind('|');
    if (bar == std::string_view::npos) {
      matched_ = matched_ || pattern_matches(pattern, code);
    } else {
      matched_ = matched_ ||
                 (pattern_matches(pattern.substr(bar + 1), code) && system_matches(pattern.substr(0, bar), system));
    }
  }
}

struct looked_at {
  std::string_view source;
  const model::message_facts& facts;
};

void compare_party(const liaison::facts::party& party, comparison& with) {
  with.with(party.name);
  with.with(party.organization);
  with.with(party.address);
  for (const auto& one : party.identifiers) with.with(one.system, one.value);
}

void compare_source(const looked_at& at, comparison& with) { with.with(at.source); }
void compare_format(const looked_at& at, comparison& with) { with.with(at.facts.format); }
void compare_document_type(const looked_at& at, comparison& with) {
  with.with(at.facts.document.type.system, at.facts.document.type.code);
}
void compare_sender(const looked_at& at, comparison& with) {
  compare_party(at.facts.sender, with);
  with.with(at.facts.event.sending_application);
}
void compare_recipient(const looked_at& at, comparison& with) {
  for (const auto& one : at.facts.recipients) compare_party(one, with);
}
void compare_territory(const looked_at& at, comparison& with) {
  for (const auto& one : at.facts.patients) with.with_beginning(one.postal_code);
}
void compare_event(const looked_at& at, comparison& with) { with.with(at.facts.event.code); }
void compare_confidentiality(const looked_at& at, comparison& with) {
  with.with(at.facts.document.confidentiality);
  for (const auto& one : at.facts.document.masks) with.with(one);
}
void compare_status(const looked_at& at, comparison& with) { with.with(at.facts.document.status); }

struct condition {
  const char* name;
  patterns config::conditions::*wanted;
  void (*compare)(const looked_at&, comparison&);
};

constexpr std::array<condition, 9> conditions{{
    {"source", &config::conditions::source, compare_source},
    {"format", &config::conditions::format, compare_format},
    {"document_type", &config::conditions::document_type, compare_document_type},
    {"sender", &config::conditions::sender, compare_sender},
    {"recipient", &config::conditions::recipient, compare_recipient},
    {"territory", &config::conditions::territory, compare_territory},
    {"event", &config::conditions::event, compare_event},
    {"confidentiality", &config::conditions::confidentiality, compare_confidentiality},
    {"status", &config::conditions::status, compare_status},
}};

bool has_document(const model::message_facts& facts) {
  const auto& document = facts.document;
  return !document.id.empty() || !document.set_id.empty() || !document.type.code.empty() || !document.title.empty() ||
         !facts.attachments.empty();
}

struct failed_condition {
  const char* name = nullptr;  // nullptr: all hold
  const patterns* wanted = nullptr;
  bool known = false;
};

failed_condition first_failed(const config::conditions& when, const looked_at& at) {
  for (const auto& one : conditions) {
    const patterns& wanted = when.*one.wanted;
    if (wanted.empty()) continue;
    comparison compared(wanted);
    one.compare(at, compared);
    if (!compared.matched()) return {one.name, &wanted, compared.saw_something()};
  }
  if (when.has_document && *when.has_document != has_document(at.facts)) return {"has_document", nullptr, true};
  return {};
}

}  // namespace

std::vector<routed> route(const config::configuration& of, std::string_view source, const model::message_facts& facts) {
  std::vector<routed> found;
  const looked_at at{source, facts};
  for (const auto& one : of.routes) {
    if (first_failed(one.when, at).name != nullptr) continue;
    for (const auto& name : one.to) {
      const bool already =
          std::any_of(found.begin(), found.end(), [&](const routed& r) { return r.recipient == name; });
      if (!already) found.push_back({name, one.name});
    }
    if (one.last) break;
  }
  return found;
}

std::vector<explanation> explain(const config::configuration& of, std::string_view source,
                                 const model::message_facts& facts) {
  std::vector<explanation> all;
  const looked_at at{source, facts};
  std::string last;
  for (const auto& one : of.routes) {
    explanation& made = all.emplace_back();
    made.route = one.name;
    if (!last.empty()) {
      made.outcome = route_outcome::not_looked;
      made.condition = last;
      continue;
    }
    const failed_condition failed = first_failed(one.when, at);
    if (failed.name != nullptr) {
      made.outcome = route_outcome::not_taken;
      made.condition = failed.name;
      made.known = failed.known;
      if (failed.wanted != nullptr) made.patterns = *failed.wanted;
      if (failed.wanted == nullptr) made.patterns = {*one.when.has_document ? "true" : "false"};
    } else if (one.last) {
      last = one.name;
    }
  }
  return all;
}

std::string to_text(const explanation& one) {
  switch (one.outcome) {
    case route_outcome::taken:
      return "taken";
    case route_outcome::not_looked:
      return "not looked at: '" + one.condition + "' was the last";
    case route_outcome::not_taken:
      break;
  }
  std::string text = "not taken: " + one.condition + (one.known ? " is not " : " is not known, wanted is ");
  for (const auto& pattern : one.patterns) text += (&pattern == &one.patterns.front() ? "" : " or ") + pattern;
  return text;
}

}  // namespace liaison::routing
