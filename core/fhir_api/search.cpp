// SPDX-License-Identifier: Apache-2.0
// MHD ITI-67, Find Document References: among the documents of a patient, or under an identifier, those that the asker may
// see and that match. Candidates come from the store's marks; what remains is judged on the outlines and facts.
#include "core/base/digest.hpp"
#include "core/fhir_api/document_reference.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"
#include "core/net/http_target.hpp"
#include "core/routing/names.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace liaison::fhir_api {
namespace {

using detail::json_scope;

constexpr std::uint32_t candidates_max = 500;
constexpr std::size_t alternatives_max = 200;  ///< values of all parameters together: each may be a question to the store
constexpr std::uint32_t page_max = 200, page_usual = 50;

enum class kind : std::uint8_t { token, date, text, reference };
struct search_parameter {
  const char* name;
  kind how;
};
/// Of R4 and of MHD; in the outline under the same names.
constexpr std::array<search_parameter, 17> known{{{"identifier", kind::token},
                                                  {"status", kind::token},
                                                  {"type", kind::token},
                                                  {"category", kind::token},
                                                  {"security-label", kind::token},
                                                  {"facility", kind::token},
                                                  {"setting", kind::token},
                                                  {"event", kind::token},
                                                  {"format", kind::token},
                                                  {"related", kind::token},
                                                  {"contenttype", kind::token},
                                                  {"language", kind::token},
                                                  {"date", kind::date},
                                                  {"creation", kind::date},
                                                  {"period", kind::date},
                                                  {"author.family", kind::text},
                                                  {"author.given", kind::text}}};

struct condition {
  std::string name, modifier;
  kind how = kind::token;
  std::vector<std::string> values;  ///< one of them is enough
};

std::vector<std::string> alternatives_of(const std::string& text) {
  std::vector<std::string> found(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) found.back() += text[++at];
    else if (text[at] == ',') found.emplace_back();
    else found.back() += text[at];
  }
  std::erase(found, std::string());
  return found;
}

/// "system|code", "|code", "system|", "code" against "system|code" (R4 search.html 3.1.1.4.10).
bool token_matches(const std::string& wanted, const std::string& held) {
  const std::size_t bar = wanted.find('|'), held_bar = held.find('|');
  const std::string_view code = held_bar == std::string::npos ? std::string_view(held) : std::string_view(held).substr(held_bar + 1);
  if (bar == std::string::npos) return wanted == code;
  if (bar + 1 == wanted.size()) return held.compare(0, held_bar, wanted, 0, bar) == 0;
  return wanted == held || (bar == 0 && held_bar == 0 && wanted.substr(1) == code);
}

/// Comparable bounds of a FHIR date at its precision: the text padded to both ends, zone left out. Times of documents of one
/// country are compared as they are written.
std::string padded(std::string_view date, bool up) {
  static constexpr std::string_view low = "0000-01-01T00:00:00", high = "9999-12-31T23:59:59";
  std::string text(date.substr(0, std::min<std::size_t>(date.size(), 19)));
  const std::string_view rest = (up ? high : low).substr(std::min(text.size(), low.size()));
  return text + std::string(rest);
}

bool date_matches(const std::string& wanted, const std::string& held) {
  std::string prefix = "eq";
  std::string_view date = wanted;
  if (wanted.size() > 2 && wanted[0] >= 'a' && wanted[0] <= 'z') {
    prefix = wanted.substr(0, 2);
    date.remove_prefix(2);
  }
  const std::size_t slash = held.find('/');
  const std::string begin = padded(std::string_view(held).substr(0, slash), false);
  const std::string end = slash == std::string::npos        ? padded(held, true)
                          : slash + 1 == held.size()        ? std::string("9999")
                                                            : padded(std::string_view(held).substr(slash + 1), true);
  const std::string from = padded(date, false), to = padded(date, true);
  if (prefix == "eq") return slash == std::string::npos ? begin >= from && end <= to : begin <= to && end >= from;
  if (prefix == "ne") return begin < from || end > to;
  if (prefix == "gt" || prefix == "sa") return end > to;
  if (prefix == "lt" || prefix == "eb") return begin < from;
  if (prefix == "ge") return end >= from;
  if (prefix == "le") return begin <= to;
  return false;
}

bool text_matches(const condition& what, const std::string& wanted, const std::string& held) {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  };
  if (what.modifier == "exact") return wanted == held;
  const std::string in = lower(held), of = lower(wanted);
  return what.modifier == "contains" ? in.find(of) != std::string::npos : in.rfind(of, 0) == 0;
}

using held_values = std::map<std::string, std::vector<std::string>>;

bool holds(const condition& what, const held_values& held) {
  const auto values = held.find(what.name);
  const bool any = values != held.end() && !values->second.empty();
  if (what.modifier == "missing") return any == (what.values.front() == "false");
  const bool found = any && std::any_of(values->second.begin(), values->second.end(), [&](const std::string& one) {
    return std::any_of(what.values.begin(), what.values.end(), [&](const std::string& wanted) {
      return what.how == kind::date ? date_matches(wanted, one) : what.how == kind::text ? text_matches(what, wanted, one) : token_matches(wanted, one);
    });
  });
  return what.modifier == "not" ? !found : found;
}

std::uint32_t number_in(const std::string& text, std::uint32_t otherwise, std::uint32_t at_most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::min(value, at_most) : otherwise;
}

std::string escaped(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char byte : text) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~' || byte == ':';
    if (plain) out += byte;
    else (out += '%') += digits[static_cast<unsigned char>(byte) >> 4], out += digits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

}  // namespace

struct service::search {
  struct match {
    held_pointer what;
    std::string resource;
  };
  exchange_pointer of;
  std::vector<condition> conditions;
  std::vector<std::string> patients;     ///< tokens: the documents of one of them
  std::vector<std::string> identifiers;  ///< tokens
  std::string patient_id;                ///< "12-3", of a Patient that was posted
  std::vector<resource_id> ids;          ///< _id
  std::vector<model::issue> warnings;
  std::string self;  ///< the query as it was understood
  std::uint32_t count = page_usual, offset = 0;
  bool incomplete = false;

  std::vector<std::string> marks;
  std::vector<resource_id> candidates;
  std::vector<match> matches;
};

void service::find_documents(const exchange_pointer& of) {
  auto s = std::make_shared<search>();
  s->of = of;
  auto parameters = of->request.parameters;
  if (of->request.method == "POST") {
    if (of->request.content_type.rfind("application/x-www-form-urlencoded", 0) != 0)
      return answer(of, refusal(415, "media-type", "_search takes application/x-www-form-urlencoded"));
    const auto form = net::parse_http_target("/?" + of->request.body);
    if (!form) return answer(of, refusal(400, "query-malformed", "the form cannot be read"));
    parameters.insert(parameters.end(), form->parameters.begin(), form->parameters.end());
  }
  std::size_t alternatives = 0;
  for (const auto& [name, value] : parameters) {
    const std::size_t colon = name.find(':');
    const std::string base = name.substr(0, colon), modifier = colon == std::string::npos ? "" : name.substr(colon + 1);
    const auto values = alternatives_of(value);
    if (base == "_format" || base == "_pretty" || base == "source" || values.empty()) continue;
    alternatives += values.size();
    if (alternatives > alternatives_max) return answer(of, refusal(400, "query-too-long", "a search names at most 200 values"));
    if (base != "_offset") s->self += (s->self.empty() ? "?" : "&") + escaped(name) + "=" + escaped(value);
    const auto listed = std::find_if(known.begin(), known.end(), [&](const auto& one) { return base == one.name; });
    if (base == "_count") s->count = number_in(value, page_usual, page_max);
    else if (base == "_offset") s->offset = number_in(value, 0, candidates_max);
    else if (base == "_id") for (const auto& id : values) s->ids.push_back(resource_id_of(id).value_or(resource_id{}));
    else if (name == "patient.identifier" || name == "subject.identifier" || name == "patient:Patient.identifier" || name == "patient:identifier") s->patients.insert(s->patients.end(), values.begin(), values.end());
    else if (name == "patient" || name == "subject") s->patient_id = values.front().substr(values.front().rfind('/') + 1);
    else if (base == "_sort" || base == "_summary" || base == "_total" || base == "_elements") s->warnings.push_back({model::severity::warning, "parameter-ignored", name, "this result parameter has no effect here"});
    else if (listed == known.end()) {
      if (of->wish.strict) return answer(of, refusal(400, "parameter-unknown", "this search parameter is not known here", name));
      s->warnings.push_back({model::severity::warning, "parameter-unknown", name, "this search parameter is not known here and had no effect"});
    } else {
      s->conditions.push_back({base, modifier, listed->how, values});
      if (base == "identifier" && modifier.empty()) s->identifiers = values;
    }
  }
  find_patient(s);
}

void service::find_patient(const search_pointer& s) {
  if (!s->patient_id.empty() && s->patients.empty()) {
    const auto id = resource_id_of(s->patient_id);
    if (!id) return answer_search(s);
    s->patient_id.clear();
    return hold(s->of->who, *id, [this, s, id](result<held_pointer> found) {
      const outline::entry* entry = found && found.value()->outline ? found.value()->outline->part(id->part) : nullptr;
      if (entry == nullptr || entry->type != "Patient" || entry->identifiers.empty()) return answer_search(s);
      s->patients = entry->identifiers;
      find_patient(s);
    });
  }
  if (!s->ids.empty()) {
    for (const auto& id : s->ids)
      if (id.message > 0) s->candidates.push_back(id);
    return judge_candidate(s, 0);
  }
  if (!s->identifiers.empty()) {
    for (const auto& one : s->identifiers) s->marks.push_back(routing::document_mark(document_id_of(one)));
  } else {
    for (const auto& one : s->patients) {
      const std::size_t bar = one.find('|');
      if (bar == std::string::npos) return answer(s->of, refusal(400, "patient-system", "name the patient by system|value", "patient.identifier"));
      s->marks.push_back(routing::patient_mark(one.substr(0, bar), one.substr(bar + 1)));
    }
  }
  if (s->marks.empty())
    return answer(s->of, refusal(400, "patient-missing", "documents are found by patient.identifier, patient, identifier or _id"));
  find_candidates(s, 0);
}

void service::find_candidates(const search_pointer& s, std::size_t at) {
  if (at < s->marks.size()) {
    return parts_.store.find_marked(s->marks[at], 0, candidates_max, [this, s, at](result<std::vector<store::marked>> found) {
      if (!found) return answer(s->of, try_again({}));
      s->incomplete = s->incomplete || found.value().size() >= candidates_max;
      for (const auto& one : found.value()) s->candidates.push_back({one.message, one.part});
      find_candidates(s, at + 1);
    });
  }
  // The newest first; where entries of a message are documents, the message as a whole is none.
  std::set<model::message_id> with_parts;
  for (const auto& one : s->candidates)
    if (one.part > 0) with_parts.insert(one.message);
  std::erase_if(s->candidates, [&](const resource_id& one) { return one.part == 0 && with_parts.count(one.message) > 0; });
  const auto newer = [](const resource_id& a, const resource_id& b) { return a.message != b.message ? a.message > b.message : a.part < b.part; };
  std::sort(s->candidates.begin(), s->candidates.end(), newer);
  const auto same = [](const resource_id& a, const resource_id& b) { return a.message == b.message && a.part == b.part; };
  s->candidates.erase(std::unique(s->candidates.begin(), s->candidates.end(), same), s->candidates.end());
  judge_candidate(s, 0);
}

void service::judge_candidate(const search_pointer& s, std::size_t at) {
  if (at >= s->candidates.size()) return write_page(s, s->offset);
  hold(s->of->who, s->candidates[at], [this, s, at](result<held_pointer> found) {
    if (found) {
      const held& what = *found.value();
      held_values values;
      const outline::entry* entry = what.outline ? what.outline->part(what.id.part) : nullptr;
      const auto facts = model::facts_from_json(what.trace.message.facts_json);
      if (entry != nullptr && entry->type == "DocumentReference") values = entry->search;
      else if (what.id.part == 0 && facts && !facts.value().document.id.empty()) values = search_values(facts.value(), what.trace.message);
      if (!values.empty()) {
        if (!what.status.empty()) values["status"] = {what.status};
        const bool patient = s->patients.empty() || std::any_of(s->patients.begin(), s->patients.end(), [&](const std::string& one) {
          const auto& known = values["patient.identifier"];
          return std::find(known.begin(), known.end(), one) != known.end();
        });
        if (patient && std::all_of(s->conditions.begin(), s->conditions.end(), [&](const condition& one) { return holds(one, values); }))
          s->matches.push_back({found.value(), ""});
      }
    }
    judge_candidate(s, at + 1);
  });
}

void service::write_page(const search_pointer& s, std::size_t at) {
  if (at >= s->matches.size() || at >= std::size_t{s->offset} + s->count) return answer_search(s);
  resource_of(s->matches[at].what, "DocumentReference", s->of->base, [this, s, at](result<std::string> text) {
    if (text) s->matches[at].resource = std::move(text).value();
    write_page(s, at + 1);
  });
}

void service::answer_search(const search_pointer& s) {
  std::string text;
  const std::string url = s->of->base + "/DocumentReference" + s->self;
  const auto page = [&](std::size_t offset) { return url + (s->self.empty() ? "?" : "&") + "_offset=" + std::to_string(offset); };
  const std::size_t end = std::size_t{s->offset} + s->count;
  if (s->incomplete) s->warnings.push_back({model::severity::warning, "search-incomplete", "", "there are older documents than these; ask for them by identifier"});
  {
    json_scope bundle(text, '{');
    bundle.text("resourceType", "Bundle");
    bundle.text("type", "searchset");
    bundle.member("total") += std::to_string(s->matches.size());
    {
      json_scope links(bundle.member("link"), '[');
      {
        json_scope self(links.element(), '{');
        self.text("relation", "self");
        self.text("url", s->offset > 0 ? page(s->offset) : url);
      }
      if (end < s->matches.size() && s->count > 0) {
        json_scope next(links.element(), '{');
        next.text("relation", "next");
        next.text("url", page(end));
      }
    }
    const bool any = s->offset < s->matches.size() && s->count > 0;
    if (any || !s->warnings.empty()) {
      json_scope entries(bundle.member("entry"), '[');
      for (std::size_t at = s->offset; at < s->matches.size() && at < end; ++at) {
        if (s->matches[at].resource.empty()) continue;
        json_scope entry(entries.element(), '{');
        entry.text("fullUrl", s->of->base + "/DocumentReference/" + text_of(s->matches[at].what->id));
        entry.member("resource") += s->matches[at].resource;
        json_scope how(entry.member("search"), '{');
        how.text("mode", "match");
      }
      if (!s->warnings.empty()) {
        json_scope entry(entries.element(), '{');
        entry.member("resource") += outcome_text(200, s->warnings);
        json_scope how(entry.member("search"), '{');
        how.text("mode", "outcome");
      }
    }
  }
  answer(s->of, {200, fhir_json, {}, std::move(text)});
}

}  // namespace liaison::fhir_api
