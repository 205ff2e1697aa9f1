// SPDX-License-Identifier: Apache-2.0
#include "core/routing/converter.hpp"

#include <memory>

namespace liaison::routing {

namespace {

model::issue ins_not_qualified() {
  return {model::severity::error, "identity-ins-not-qualified", "patient",
          "the message carries an INS but its identity is not qualified: it cannot be passed on unchanged"};
}

/// inspect → (pass on | decode each embedded message → decode → encode) → join the accounts.
struct run : std::enable_shared_from_this<run> {
  plugin::translators& translators;
  examiner& examine;
  conversion_request request;
  std::function<void(conversion)> then;
  conversion made;
  std::vector<embedded> inside;
  std::vector<plugin::part> pivots;
  struct source {
    std::string prefix, account;
  };
  std::vector<source> sources;
  shared_bytes passed;  ///< set when bytes are passed on; decoding then only serves the account

  run(plugin::translators& t, examiner& e, conversion_request r, std::function<void(conversion)> f)
      : translators(t), examine(e), request(std::move(r)), then(std::move(f)) {}

  void start() {
    examination_request question;
    question.bytes = request.bytes;
    question.how = request.from;
    question.now = request.now;
    question.environment = request.environment;
    examine.examine(std::move(question), [self = shared_from_this()](examination found) { self->examined(std::move(found)); });
  }

  void examined(examination found) {
    made.status = found.status;
    made.mishap = found.mishap;
    made.issues = std::move(found.issues);
    made.from_format = found.format;
    request.from.format = found.format;
    inside = std::move(found.inside);
    if (found.status != LIAISON_OK) return finish();
    const bool as_is = request.to.charset.empty() && (request.to.profile.empty() || request.to.profile == found.facts.profile);
    if (as_is && found.format == request.to.format) passed = request.bytes;
    else if (as_is && inside.size() == 1 && inside.front().format == request.to.format) passed = inside.front().bytes;
    if (passed && request.purpose == purpose::deliver) {
      if (may_leave(found.facts)) return finish();
      made.status = LIAISON_QUARANTINE;
      made.issues.push_back(ins_not_qualified());
      return finish();
    }
    decode_embedded(0);
  }

  plugin::request decoding(const shared_bytes& bytes, const reading& how) {
    plugin::request question;
    question.what = plugin::operation::decode;
    question.format = how.format;
    question.input = bytes;
    call_options options;
    options.how = &how;
    options.now = request.now;
    options.id_seed = request.id_seed;
    options.account = true;
    question.options_json = to_json(options);
    return question;
  }

  void decode_embedded(std::size_t at) {
    if (at >= inside.size()) return decode();
    reading how = request.from;
    how.format = inside[at].format;
    how.charset.clear();
    how.profile.clear();
    translators.call(decoding(inside[at].bytes, how), [self = shared_from_this(), at](plugin::reply reply) {
      std::string pivot;
      if (!self->take_decoded(reply, self->inside[at].location, pivot)) return self->decoding_failed();
      plugin::part part;
      part.role = LIAISON_PART_DOCUMENT;
      part.name = self->inside[at].location;
      part.format = "fhir";
      part.bytes = std::move(pivot);
      self->pivots.push_back(std::move(part));
      self->decode_embedded(at + 1);
    });
  }

  void decode() {
    plugin::request question = decoding(request.bytes, request.from);
    question.parts = std::move(pivots);
    translators.call(std::move(question), [self = shared_from_this()](plugin::reply reply) {
      std::string pivot;
      if (!self->take_decoded(reply, "", pivot)) return self->decoding_failed();
      if (self->passed) return self->finish();
      self->encode(std::move(pivot));
    });
  }

  bool take_decoded(plugin::reply& reply, const std::string& prefix, std::string& pivot) {
    note(reply);
    for (plugin::part& part : reply.parts) {
      if (part.role == LIAISON_PART_DOCUMENT) pivot = std::move(part.bytes);
      if (part.role == LIAISON_PART_ACCOUNT) sources.push_back({prefix, std::move(part.bytes)});
    }
    return made.status == LIAISON_OK && !pivot.empty();
  }

  /// What is passed on needs no translator: the account is then empty, and says so.
  void decoding_failed() {
    if (passed) {
      made.status = LIAISON_OK;
      made.mishap = plugin::mishap::none;
    }
    finish();
  }

  void encode(std::string pivot) {
    plugin::request question;
    question.what = plugin::operation::encode;
    question.format = request.to.format;
    question.input = share(std::move(pivot));
    call_options options;
    options.how = &request.to;
    options.now = request.now;
    options.id_seed = request.id_seed;
    options.control_id = request.control_id;
    options.account = true;
    question.options_json = to_json(options);
    translators.call(std::move(question), [self = shared_from_this()](plugin::reply reply) { self->encoded(std::move(reply)); });
  }

  void encoded(plugin::reply reply) {
    note(reply);
    std::string account;
    for (plugin::part& part : reply.parts) {
      if (part.role == LIAISON_PART_DOCUMENT && !made.document) made.document = share(std::move(part.bytes));
      else if (part.role == LIAISON_PART_ATTACHMENT)
        made.attachments.push_back({std::move(part.name), std::move(part.content_type), std::move(part.bytes)});
      else if (part.role == LIAISON_PART_ACCOUNT) account = std::move(part.bytes);
    }
    if (made.status == LIAISON_OK && !made.document) {
      made.status = LIAISON_QUARANTINE;
      made.issues.push_back({model::severity::error, "translation-empty", "", "the translator wrote nothing"});
    }
    if (made.status == LIAISON_OK) made.account = join(views(), account.empty() ? "{}" : account);
    finish();
  }

  std::vector<source_account> views() const {
    std::vector<source_account> found;
    for (const source& s : sources) found.push_back({s.prefix, s.account});
    return found;
  }

  void note(plugin::reply& reply) {
    made.status = reply.status;
    if (reply.mishap != plugin::mishap::none) made.mishap = reply.mishap;
    for (auto& issue : reply.issues) add(std::move(issue));
    if (!reply.plugin.empty()) made.translators += (made.translators.empty() ? "" : " → ") + reply.plugin;
    if (made.status == LIAISON_UNSUPPORTED && made.mishap == plugin::mishap::none)
      made.issues.push_back({model::severity::error, "translation-unsupported", "",
                             "no translation from " + made.from_format + " to " + request.to.format});
  }

  /// Inspecting and decoding find the same things: each is told once.
  void add(model::issue issue) {
    for (const auto& known : made.issues)
      if (known.code == issue.code && known.location == issue.location) return;
    made.issues.push_back(std::move(issue));
  }

  void finish() {
    if (passed && made.status == LIAISON_OK) {
      made.document = passed;
      made.passed_on = true;
      made.account = join(views(), {});
    }
    if (made.status != LIAISON_OK) made.document.reset();
    then(std::move(made));
  }
};

}  // namespace

bool may_leave(const model::message_facts& facts) {
  for (const auto& patient : facts.patients)
    for (const auto& id : patient.identifiers)
      if (identity::is_ins(id.kind) && patient.identity_status != liaison::facts::identity_status::qualified) return false;
  return true;
}

void converter::convert(conversion_request what, std::function<void(conversion)> then) {
  std::make_shared<run>(translators_, examiner_, std::move(what), std::move(then))->start();
}

}  // namespace liaison::routing
