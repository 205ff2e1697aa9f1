// SPDX-License-Identifier: Apache-2.0
#include "core/routing/examiner.hpp"

#include <liaison/facts_json.hpp>
#include <liaison/json_text.hpp>

#include <algorithm>
#include <cctype>
#include <memory>

namespace liaison::routing {

namespace {

constexpr std::size_t embedded_max = 16;

/// "urn:oid:1.2.3", "1.2.3" and "URN:OID:1.2.3" are one name.
std::string bare_id(std::string id) {
  std::transform(id.begin(), id.end(), id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view scheme : {"urn:oid:", "urn:uuid:"})
    if (id.starts_with(scheme)) id.erase(0, scheme.size());
  return id;
}

/// One request on its way: recognise → inspect → inspect each embedded message → merge.
struct progress : std::enable_shared_from_this<progress> {
  plugin::translators& translators;
  examination_request request;
  examination& found;
  std::function<void()> then;
  bool facts_changed = false;
  std::size_t embedded_at = 0;

  progress(plugin::translators& t, examination_request r, examination& into, std::function<void()> f)
      : translators(t), request(std::move(r)), found(into), then(std::move(f)) {}

  void start() {
    if (!request.how.format.empty()) return inspect();
    plugin::request question;
    question.what = plugin::operation::recognise;
    question.input = request.bytes;
    translators.call(std::move(question), [self = shared_from_this()](plugin::reply reply) {
      self->request.how.format = reply.format;
      if (!reply.format.empty()) return self->inspect();
      if (reply.mishap != plugin::mishap::none || reply.status == LIAISON_RETRY) return self->not_recognised(std::move(reply));
      self->found.status = LIAISON_REJECT;
      self->add(model::severity::error, "format-unknown", "", self->request.bytes->empty()
                    ? "the message is empty"
                    : "no translator recognises the format of these bytes");
      self->finish();
    });
  }

  /// Nobody could look: come back later; or looking killed a translator: a person has to.
  void not_recognised(plugin::reply reply) {
    found.mishap = reply.mishap;
    found.issues = std::move(reply.issues);
    const bool later = reply.status == LIAISON_RETRY || reply.mishap == plugin::mishap::unavailable;
    found.status = later ? LIAISON_RETRY : LIAISON_QUARANTINE;
    finish();
  }

  void inspect() {
    plugin::request question;
    question.what = plugin::operation::inspect;
    question.format = request.how.format;
    question.input = request.bytes;
    call_options options;
    options.how = &request.how;
    options.now = request.now;
    options.values = request.values;
    options.acknowledge = request.acknowledge;
    question.options_json = to_json(options);
    translators.call(std::move(question), [self = shared_from_this()](plugin::reply reply) { self->inspected(std::move(reply)); });
  }

  void inspected(plugin::reply reply) {
    found.format = request.how.format;
    found.mishap = reply.mishap;
    found.status = reply.status;
    found.issues = std::move(reply.issues);
    for (plugin::part& part : reply.parts) {
      if (part.role == LIAISON_PART_FACTS) {
        if (const auto read = model::read_facts(part.bytes, found.facts)) {
          found.facts_json = std::move(part.bytes);
        } else {
          found.facts = {};
          add(model::severity::error, read.error().code.c_str(), "", read.error().text.c_str());
          found.status = LIAISON_QUARANTINE;
        }
      } else if (part.role == LIAISON_PART_ACKNOWLEDGEMENT) {
        found.acknowledgement = std::move(part.bytes);
      } else if (part.role == LIAISON_PART_EMBEDDED && found.inside.size() < embedded_max) {
        found.inside.push_back({std::move(part.name), std::move(part.format), share(std::move(part.bytes))});
      }
    }
    if (found.status == LIAISON_NOT_MINE) {
      add(model::severity::error, "format-mismatch", "", "the message is not in the format that its sender announced");
      found.status = LIAISON_REJECT;
    } else if (found.status == LIAISON_UNSUPPORTED) {
      add(model::severity::error, "format-unsupported", "", "no translator reads this format");
      found.status = LIAISON_REJECT;
    }
    for (const auto& patient : found.facts.patients) check(identity::check_one(patient, "patient"));
    for (const auto& patient : found.facts.patients)
      check(identity::check_environment(patient, request.environment, "patient"));
    next_embedded();
  }

  void next_embedded() {
    if (embedded_at >= found.inside.size() || found.status != LIAISON_OK) return finish();
    const embedded& inner = found.inside[embedded_at];
    plugin::request question;
    question.what = plugin::operation::inspect;
    question.format = inner.format;
    question.input = inner.bytes;
    call_options options;
    reading how;
    how.strictness = request.how.strictness;
    how.options_json = request.how.options_json;
    options.how = &how;
    options.now = request.now;
    options.values = request.values;
    question.options_json = to_json(options);
    translators.call(std::move(question), [self = shared_from_this()](plugin::reply reply) { self->embedded_inspected(std::move(reply)); });
  }

  void embedded_inspected(plugin::reply reply) {
    const std::string location = found.inside[embedded_at].location;
    if (reply.mishap != plugin::mishap::none) found.mishap = reply.mishap;
    for (model::issue& issue : reply.issues) {
      issue.location = location + (issue.location.empty() || issue.location.front() == '/' ? "" : "/") + issue.location;
      found.issues.push_back(std::move(issue));
    }
    if (reply.status == LIAISON_NOT_MINE || reply.status == LIAISON_UNSUPPORTED) {
      add(model::severity::error, "document-unreadable", location.c_str(), "the document inside is not what the message says it is");
      found.status = LIAISON_REJECT;
    } else if (reply.status != LIAISON_OK) {
      found.status = reply.status;
    }
    if (const plugin::part* part = reply.find(LIAISON_PART_FACTS)) {
      if (auto facts = model::facts_from_json(part->bytes)) merge(facts.value(), location);
    }
    ++embedded_at;
    next_embedded();
  }

  void merge(const model::message_facts& document, const std::string& location) {
    compare_documents(document, location);
    for (const auto& patient : document.patients) check(identity::check_one(patient, location));
    if (!found.facts.patients.empty() && !document.patients.empty())
      check(identity::compare(found.facts.patients.front(), document.patients.front(), "PID", location));
    // Of several documents the first is what the message is: it has one type and one place in the order.
    const bool is_first = !facts_changed;
    facts::document said = found.facts.document;
    std::vector<facts::party> authors = found.facts.authors;
    found.facts = model::merged(std::move(found.facts), document);
    if (!is_first) {
      found.facts.document = std::move(said);
      found.facts.authors = std::move(authors);
    }
    facts_changed = true;
  }

  /// CI-SIS CDA en HL7v2, TXA-12 and OBR-4: the envelope says of the document what the document says of itself. Where they
  /// differ the document is right; in strict profiles the message is not taken. Nothing is said twice: an envelope's
  /// translator may have looked itself. The first document only: an ORU may carry two.
  void compare_documents(const model::message_facts& document, const std::string& location) {
    if (embedded_at > 0) return;
    const auto broken = request.how.strictness == "strict" ? model::severity::error : model::severity::warning;
    const auto& outside = found.facts.document;
    const auto differs = [&](const std::string& one, const std::string& other, std::string_view told_by) {
      const bool told = std::any_of(found.issues.begin(), found.issues.end(), [&](const auto& issue) { return issue.code.ends_with(told_by); });
      return !told && !one.empty() && !other.empty() && one != other;
    };
    if (differs(bare_id(outside.id), bare_id(document.document.id), "-id-differs"))
      check({{broken, "document-id-differs", location, "the envelope names another document than the one it carries"}});
    if (differs(outside.type.code, document.document.type.code, "-type-differs"))
      check({{broken, "document-type-differs", location, "the envelope names another type than the document that it carries"}});
  }

  void check(std::vector<model::issue> issues) {
    if (model::has_error(issues)) found.status = LIAISON_REJECT;
    for (auto& issue : issues) found.issues.push_back(std::move(issue));
  }

  void add(model::severity severity, const char* code, const char* location, const char* text) {
    found.issues.push_back({severity, code, location, text});
  }

  void finish() {
    if (facts_changed) found.facts_json = liaison::to_json(found.facts);
    then();
  }
};

}  // namespace

std::string to_json(const call_options& options) {
  std::string text;
  text.reserve(256);
  {
    detail::json_scope object(text, '{');
    if (options.how) {
      object.text("profile", options.how->profile);
      object.text("charset", options.how->charset);
      object.text("strictness", options.how->strictness);
      if (options.how->options_json.size() > 2) object.member("endpoint") += options.how->options_json;
    }
    object.text("now", options.now);
    object.text("id_seed", options.id_seed);
    object.text("control_id", options.control_id);
    object.text("outcome", options.outcome);
    if (!options.answer_json.empty()) object.member("answer") += options.answer_json;
    if (options.values) object.member("values") += "true";
    if (options.acknowledge) object.member("acknowledge") += "true";
    if (options.account) object.member("account") += "true";
    if (options.tally) object.member("tally") += "true";
    if (options.issues && !options.issues->empty()) object.member("issues") += model::to_json(*options.issues);
  }
  return text;
}

void examiner::examine(examination_request what, examination& into, std::function<void()> then) {
  std::make_shared<progress>(translators_, std::move(what), into, std::move(then))->start();
}

}  // namespace liaison::routing
