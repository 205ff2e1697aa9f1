// SPDX-License-Identifier: Apache-2.0
// $validate (R4 resource-operation-validate) and $convert: asked about a body, nothing is kept.
#include "core/base/digest.hpp"
#include "core/fhir_api/document_reference.hpp"
#include "core/fhir_api/outcome.hpp"
#include "core/fhir_api/service.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>

namespace liaison::fhir_api {
namespace {

using detail::json_scope;

std::string query_of(const model::web_request& what, const char* name) {
  const auto at = what.query.find(name);
  return at == what.query.end() ? std::string() : at->second;
}

/// Values are not repeated: who asks has them, and the answer may be kept elsewhere.
void write_account(json_scope& parameters, const routing::conversion& made) {
  std::vector<model::issue> told = made.issues;
  told.push_back({model::severity::information, "account", "",
                  std::to_string(made.account.carried) + " of " + std::to_string(made.account.source_leaves) + " values carried"});
  for (const auto& leaf : made.account.not_carried) {
    if (told.size() >= 1000) break;
    told.push_back({model::severity::warning, "not-carried", leaf.location, leaf.reason});
  }
  json_scope parameter(parameters.element(), '{');
  parameter.text("name", "outcome");
  parameter.member("resource") += outcome_text(200, told);
}

}  // namespace

void service::validate(const exchange_pointer& of, const std::string& type) {
  if (!of->request.content_type.empty() && syntax_of_media_type(of->request.content_type) == syntax::none)
    return answer(of, refusal(415, "media-type", "FHIR comes as application/fhir+json or application/fhir+xml"));
  const shared_bytes body = share(of->request.body);
  outline_of(body, [this, of, type, body](result<outline_pointer> read, std::vector<model::issue> issues) {
    if (!read && read.error().code == "unavailable") return answer(of, try_again(issues));
    // That it cannot be read is the answer to the question.
    if (!read) return answer(of, outcome(200, issues));
    std::string profile = query_of(of->request, "profile");
    if (read.value()->type != "Parameters" || type == "Parameters") {
      if (!type.empty() && read.value()->type != type)
        return answer(of, refusal(400, "type-mismatch", "the body is another type than the path names", "resourceType"));
      return check(of, body, profile);
    }
    if (profile.empty()) profile = value_of(*read.value(), "profile");
    part_of(body, R"({"as":"parameter","parameter":"resource"})", [this, of, profile](plugin::reply reply) {
      const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
      if (reply.status != LIAISON_OK || !part) return answer(of, refusal(400, "parameter-missing", "the parameter resource is needed", "Parameters.parameter"));
      check(of, share(part->bytes), profile);
    });
  });
}

void service::check(const exchange_pointer& of, shared_bytes body, const std::string& profile) {
  call(plugin::operation::validate, "fhir", std::move(body), profile, "{}", [this, of](plugin::reply reply) {
    if (reply.mishap != plugin::mishap::none || reply.status == LIAISON_RETRY) return answer(of, try_again(reply.issues));
    if (reply.issues.empty()) reply.issues.push_back({model::severity::information, "valid", "", "no error and no warning was found"});
    answer(of, outcome(200, reply.issues));
  });
}

void service::convert(const exchange_pointer& of) {
  const std::string to = query_of(of->request, "to"), profile = query_of(of->request, "profile"), from = query_of(of->request, "from");
  const shared_bytes body = share(of->request.body);
  const bool fhir = syntax_of_media_type(of->request.content_type) != syntax::none && of->request.content_type.rfind("application/fhir", 0) == 0;
  if (!fhir) return convert_bytes(of, body, to, profile, from, false);
  outline_of(body, [this, of, body, to, profile, from](result<outline_pointer> read, std::vector<model::issue> issues) {
    if (!read && read.error().code == "unavailable") return answer(of, try_again(issues));
    if (!read) return answer(of, outcome(400, issues));
    const outline& what = *read.value();
    if (what.type == "Binary") {
      return part_of(body, R"({"as":"data","part":0})", [this, of, to, profile, from](plugin::reply reply) {
        const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
        if (reply.status != LIAISON_OK || !part) return answer(of, refusal(400, "data-missing", "the Binary has no data that can be read", "Binary.data"));
        convert_bytes(of, share(part->bytes), to, profile, from, false);
      });
    }
    if (what.type != "Parameters") return convert_bytes(of, body, to, profile, from.empty() ? "fhir" : from, false);
    const std::string wanted = to.empty() ? value_of(what, "to") : to, rules = profile.empty() ? value_of(what, "profile") : profile;
    const std::string known = from.empty() ? value_of(what, "from") : from;
    part_of(body, R"({"as":"parameter","parameter":"input"})", [this, of, wanted, rules, known](plugin::reply reply) {
      const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
      if (reply.status != LIAISON_OK || !part)
        return answer(of, refusal(400, "parameter-missing", "the parameter input is needed: a resource, or valueBase64Binary", "Parameters.parameter"));
      convert_bytes(of, share(part->bytes), wanted, rules, known, true);
    });
  });
}

void service::convert_bytes(const exchange_pointer& of, shared_bytes bytes, const std::string& to, const std::string& profile,
                            const std::string& from, bool parameters) {
  const auto& offered = parts_.translators.list();
  const auto writes = [&](const plugin::translator_info& one) {
    return one.format == to && one.format != "fhir-rest" && std::count(one.operations.begin(), one.operations.end(), plugin::operation::encode) > 0;
  };
  if (std::none_of(offered.begin(), offered.end(), writes))
    return answer(of, refusal(400, "format-unknown", "to names no format that is written here", "to"));
  routing::conversion_request question;
  question.bytes = bytes;
  question.from.format = from;
  question.to.format = to;
  question.to.profile = profile;
  question.now = rfc3339(parts_.clock.now());
  question.id_seed = sha256_hex_of(*bytes);
  question.control_id = question.id_seed.substr(0, 20);
  const bool production = parts_.configuration()->environment == "production";
  question.environment = production ? identity::environment::production : identity::environment::test;
  converter_.convert(std::move(question), [this, of, to, parameters](routing::conversion made) {
    if (made.status == LIAISON_RETRY || made.mishap == plugin::mishap::unavailable) return answer(of, try_again(made.issues));
    if (made.status != LIAISON_OK) return answer(of, outcome(422, made.issues));
    const std::string media_type = media_type_of(to);
    if (!parameters && to != "fhir" && wants_raw_bytes(of->request)) return of->then({200, media_type, {}, *made.document});
    // FHIR that came as XML and is passed on is written in the syntax that was asked for.
    const bool is_json = made.document->find_first_not_of(" \t\r\n") != std::string::npos && (*made.document)[made.document->find_first_not_of(" \t\r\n")] == '{';
    if (!parameters && to == "fhir" && !is_json) {
      auto kept = made.document;
      return call(plugin::operation::encode, "fhir-rest", kept, "json", "{}", [this, of](plugin::reply reply) {
        const plugin::part* part = reply.find(LIAISON_PART_DOCUMENT);
        if (reply.status != LIAISON_OK || !part) return answer(of, try_again(reply.issues));
        answer(of, {200, fhir_json, {}, part->bytes});
      });
    }
    std::string output = to == "fhir" && is_json ? *made.document : binary_resource("", media_type, *made.document);
    if (!parameters) return answer(of, {200, fhir_json, {}, std::move(output)});
    std::string text;
    {
      json_scope object(text, '{');
      object.text("resourceType", "Parameters");
      json_scope list(object.member("parameter"), '[');
      {
        json_scope one(list.element(), '{');
        one.text("name", "output");
        one.member("resource") += output;
      }
      for (const auto& attachment : made.attachments) {
        json_scope one(list.element(), '{');
        one.text("name", "attachment");
        one.member("resource") += binary_resource("", attachment.content_type, attachment.bytes);
      }
      write_account(list, made);
    }
    answer(of, {200, fhir_json, {}, std::move(text)});
  });
}

}  // namespace liaison::fhir_api
