// SPDX-License-Identifier: Apache-2.0
#include "core/routing/converter.hpp"

#include <algorithm>
#include <memory>

namespace liaison::routing {

namespace {

/// The code of the first patient whose INS may not leave; nullptr: none.
const char* why_not_leave(const model::message_facts& facts) {
  for (const auto& patient : facts.patients)
    if (const char* why = identity::why_not_leave(patient)) return why;
  return nullptr;
}

/// Matricules that must not stand in what is written. A social-security number of the same digits is none.
std::vector<std::string> held_back(const model::message_facts& facts) {
  std::vector<std::string> values;
  for (const auto& patient : facts.patients) {
    if (identity::why_not_leave(patient) == nullptr) continue;
    for (const auto& id : patient.identifiers) {
      const bool is_also_nir = std::any_of(patient.identifiers.begin(), patient.identifiers.end(), [&](const auto& other) {
        return other.kind == facts::identifier_kind::nir && other.value == id.value;
      });
      if (identity::is_ins(id.kind) && id.value.size() >= 13 && !is_also_nir) values.push_back(id.value);
    }
  }
  return values;
}

/// Does this format and profile wrap documents? The profile left out is the translator's first.
bool wraps(const plugin::translators& translators, const reading& how) {
  for (const plugin::translator_info& one : translators.list()) {
    if (one.format != how.format) continue;
    const std::string profile = how.profile.empty() && !one.profiles.empty() ? one.profiles.front() : how.profile;
    return std::any_of(one.wraps.begin(), one.wraps.end(), [&](const std::string& name) { return name == "*" || name == profile; });
  }
  return false;
}

/// inspect → (pass on | decode each embedded message → decode → [write what is wrapped] → encode) → join the accounts.
struct run : std::enable_shared_from_this<run> {
  plugin::translators& translators;
  examiner& examine;
  conversion_request request;
  std::function<void(conversion)> then;
  conversion made;
  examination found;
  std::vector<plugin::part> pivots;
  struct source {
    std::string prefix, account;
    bool passed_on = false;
  };
  std::vector<source> sources;
  std::vector<std::string> encoders;  ///< their accounts
  shared_bytes wrapped_pivot;  ///< kept while the document to wrap is written
  shared_bytes passed;         ///< set when bytes are passed on; decoding then only serves the account
  bool tally = false;          ///< nobody reads the account of a delivery but for its counts

  run(plugin::translators& t, examiner& e, conversion_request r, std::function<void(conversion)> f)
      : translators(t), examine(e), request(std::move(r)), then(std::move(f)) {}

  void start() {
    examination_request question;
    question.bytes = request.bytes;
    question.how = request.from;
    question.now = request.now;
    question.environment = request.environment;
    examine.examine(std::move(question), found, [self = shared_from_this()] { self->examined(); });
  }

  void examined() {
    made.status = found.status;
    made.mishap = found.mishap;
    made.issues = std::move(found.issues);
    made.from_format = found.format;
    request.from.format = found.format;
    if (found.status != LIAISON_OK) return finish();
    const bool as_is = request.to.charset.empty() && (request.to.profile.empty() || request.to.profile == found.facts.profile);
    if (as_is && found.format == request.to.format) passed = request.bytes;
    else if (as_is && found.inside.size() == 1 && found.inside.front().format == request.to.format) passed = found.inside.front().bytes;
    if (passed && request.purpose != purpose::look) {
      if (may_not_leave()) hold_back("the message carries an INS that may not leave: it cannot be passed on unchanged");
      return finish();
    }
    tally = request.purpose != purpose::look && found.inside.empty();
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
    options.tally = tally;
    question.options_json = to_json(options);
    return question;
  }

  void decode_embedded(std::size_t at) {
    if (at >= found.inside.size()) return decode();
    reading how = request.from;
    how.format = found.inside[at].format;
    how.charset.clear();
    how.profile.clear();
    translators.call(decoding(found.inside[at].bytes, how), [self = shared_from_this(), at](plugin::reply reply) {
      std::string pivot;
      if (!self->take_decoded(reply, self->found.inside[at].location, pivot)) return self->decoding_failed();
      plugin::part part;
      part.role = LIAISON_PART_DOCUMENT;
      part.name = self->found.inside[at].location;
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
      // Its translator may be one that does not know the short form.
      self->tally = self->tally && self->sources.size() == 1 && is_tally(self->sources.front().account);
      if (wraps(self->translators, self->request.to)) return self->wrap(std::move(pivot));
      self->encode(self->request.to, share(std::move(pivot)), {}, &run::encoded);
    });
  }

  /// Chooses the documents that the target carries: those that came in its format, else the pivot written in it.
  void wrap(std::string pivot) {
    reading inner;
    inner.format = request.to.carry.substr(0, request.to.carry.find('/'));
    if (inner.format.size() < request.to.carry.size()) inner.profile = request.to.carry.substr(inner.format.size() + 1);
    std::vector<plugin::part> documents;
    const auto take = [&](const std::string& location, const shared_bytes& bytes) {
      documents.push_back({LIAISON_PART_EMBEDDED, location, "", inner.format, *bytes});
      for (source& one : sources) one.passed_on = one.passed_on || one.prefix == location;
    };
    if (inner.profile.empty()) {
      if (made.from_format == inner.format) take("", request.bytes);
      for (const embedded& one : found.inside)
        if (one.format == inner.format) take(one.location, one.bytes);
    }
    if (!documents.empty() && may_not_leave()) {
      hold_back("the document to carry has an INS that may not leave");
      return finish();
    }
    if (!documents.empty()) return encode(request.to, share(std::move(pivot)), std::move(documents), &run::encoded);
    wrapped_pivot = share(std::move(pivot));
    encode(inner, wrapped_pivot, {}, &run::inner_encoded);
  }

  void inner_encoded(plugin::reply reply, const std::string& format) {
    note(reply, format);
    std::vector<plugin::part> documents;
    for (plugin::part& part : reply.parts) {
      if (part.role == LIAISON_PART_DOCUMENT)
        documents.push_back({LIAISON_PART_EMBEDDED, "", std::move(part.content_type), format, std::move(part.bytes)});
      else if (part.role == LIAISON_PART_ACCOUNT) encoders.push_back(std::move(part.bytes));
    }
    for (const plugin::part& document : documents)
      if (made.status == LIAISON_OK) check_written(document.bytes);
    if (made.status != LIAISON_OK) return finish();
    encode(request.to, std::move(wrapped_pivot), std::move(documents), &run::encoded);
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

  void encode(const reading& how, shared_bytes pivot, std::vector<plugin::part> documents,
              void (run::*next)(plugin::reply, const std::string& format)) {
    plugin::request question;
    question.what = plugin::operation::encode;
    question.format = how.format;
    question.input = std::move(pivot);
    question.parts = std::move(documents);
    call_options options;
    options.how = &how;
    options.now = request.now;
    options.id_seed = request.id_seed;
    options.control_id = request.control_id;
    options.account = true;
    options.tally = tally;
    question.options_json = to_json(options);
    translators.call(std::move(question), [self = shared_from_this(), next, format = how.format](plugin::reply reply) {
      ((*self).*next)(std::move(reply), format);
    });
  }

  void encoded(plugin::reply reply, const std::string& format) {
    note(reply, format);
    for (plugin::part& part : reply.parts) {
      if (part.role == LIAISON_PART_DOCUMENT && !made.document) made.document = share(std::move(part.bytes));
      else if (part.role == LIAISON_PART_ATTACHMENT)
        made.attachments.push_back({std::move(part.name), std::move(part.content_type), std::move(part.bytes)});
      else if (part.role == LIAISON_PART_ACCOUNT) encoders.push_back(std::move(part.bytes));
    }
    if (made.status == LIAISON_OK && !made.document) {
      made.status = LIAISON_QUARANTINE;
      made.issues.push_back({model::severity::error, "translation-empty", "", "the translator wrote nothing"});
    }
    if (made.status == LIAISON_OK) check_written(*made.document);
    for (const auto& attachment : made.attachments)
      if (made.status == LIAISON_OK) check_written(attachment.bytes);
    if (made.status == LIAISON_OK && !join_accounts()) return again_at_length();
    finish();
  }

  /// False when one half is in short and the other is not.
  bool join_accounts() {
    if (encoders.empty()) encoders.emplace_back("{}");  // it said nothing: nothing is known to be carried
    if (!tally) {
      made.account = join(views(), {encoders.begin(), encoders.end()});
      return true;
    }
    auto counted = join_tallies(views().front(), {encoders.begin(), encoders.end()});
    if (counted) made.account = std::move(*counted);
    return counted.has_value();
  }

  /// The encoder does not know the short form: everything once more with whole accounts.
  void again_at_length() {
    tally = false;
    sources.clear();
    encoders.clear();
    made.document.reset();
    made.attachments.clear();
    made.translators.clear();
    decode();
  }

  bool may_not_leave() const { return request.purpose == purpose::deliver && !may_leave(found.facts); }

  /// Translators leave such an INS out by themselves; should one forget, nothing leaves.
  void check_written(std::string_view bytes) {
    if (!may_not_leave()) return;
    for (const std::string& value : held_back(found.facts))
      if (bytes.find(value) != std::string_view::npos)
        return hold_back("the translation still carries an INS that may not leave");
  }

  void hold_back(const char* text) {
    made.status = LIAISON_QUARANTINE;
    made.issues.push_back({model::severity::error, why_not_leave(found.facts), "patient",
                           std::string(text) + ": the identity is not qualified, its key is wrong or one of its five traits is missing"});
  }

  std::vector<source_account> views() const {
    std::vector<source_account> all;
    for (const source& s : sources) all.push_back({s.prefix, s.account, s.passed_on});
    return all;
  }

  /// `format`: what it should have written; empty of a reading.
  void note(plugin::reply& reply, const std::string& format = {}) {
    made.status = reply.status;
    if (reply.mishap != plugin::mishap::none) made.mishap = reply.mishap;
    for (auto& issue : reply.issues) add(std::move(issue));
    if (!reply.plugin.empty()) made.translators += (made.translators.empty() ? "" : " → ") + reply.plugin;
    if (made.status == LIAISON_UNSUPPORTED && made.mishap == plugin::mishap::none)
      made.issues.push_back({model::severity::error, "translation-unsupported", "",
                             "no translation from " + made.from_format + " to " + (format.empty() ? request.to.format : format)});
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
  return why_not_leave(facts) == nullptr;
}

void converter::convert(conversion_request what, std::function<void(conversion)> then) {
  std::make_shared<run>(translators_, examiner_, std::move(what), std::move(then))->start();
}

}  // namespace liaison::routing
