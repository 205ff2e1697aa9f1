// SPDX-License-Identifier: Apache-2.0
// `patient`, `patients` and `stay`, which speak to a running gateway by its API. The answers are JSON: they hold what
// is known of a person, and who asks for it is noted by the gateway.
#include "core/app/arguments.hpp"
#include "core/app/workbench.hpp"
#include "core/net/exchange.hpp"

#include <liaison/json_text.hpp>

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdio>
#include <string>

namespace liaison::app {

namespace {

std::string escaped(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    if (is_plain) out += c;
    else (out += '%') += {digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string identifier_query(const arguments& what) {
  return "?system=" + escaped(what.system) + "&value=" + escaped(what.value);
}

net::http_question question_of(const arguments& what, std::string& path) {
  net::http_question question;
  question.method = "GET";
  const std::string& command = what.command;
  if (command == "patient find") path = "/api/v1/patients" + identifier_query(what);
  if (command == "patient show") path = "/api/v1/patients/" + std::to_string(what.id);
  if (command == "stay find") path = "/api/v1/stays" + identifier_query(what);
  if (command == "stay show") path = "/api/v1/stays/" + std::to_string(what.id);
  if (command == "stay list") path = "/api/v1/stays?letter=" + escaped(what.state.empty() ? "overdue" : what.state);
  if (command == "patients rebuild") {
    question.method = what.text ? "GET" : "POST";
    path = std::string("/api/v1/patients/rebuild") + (what.values ? "?clear=true" : "");
  }
  if (command == "patient consent") {
    question.method = "POST";
    path = "/api/v1/patients/consents";
    question.headers["Content-Type"] = "application/json";
    detail::json_scope object(question.body, '{');
    object.text("system", what.system);
    object.text("value", what.value);
    object.text("kind", what.kind);
    object.text("answer", what.answer);
    object.text("date", what.date);
    object.text("source", what.source);
  }
  return question;
}

std::string pretty(const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError()) return body;
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> out(buffer);
  out.SetIndent(' ', 2);
  document.Accept(out);
  return buffer.GetString();
}

std::string text_in(const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  const bool has_text = !document.HasParseError() && document.IsObject() && document.HasMember("text") && document["text"].IsString();
  return has_text ? std::string(": ") + document["text"].GetString() : std::string();
}

}  // namespace

int run_patients(const arguments& what) {
  auto api = net::address_from(what.api);
  if (!api) return complain(api.error().text, exit_usage);
  net::address target = api.value();
  net::http_question question = question_of(what, target.target);
  if (!what.token.empty()) question.headers["Authorization"] = "Bearer " + what.token;
  auto answer = net::http_exchange(target, question, what.deadline_ms);
  if (!answer) return complain(what.api + ": " + answer.error().text, exit_unreachable);
  const auto& [status, body] = std::pair(answer.value().status, answer.value().body);
  if (status / 100 != 2)
    return complain(std::to_string(status) + text_in(body), status < 500 ? exit_bad_input : exit_unreachable);
  std::printf("%s\n", what.json ? body.c_str() : pretty(body).c_str());
  return exit_done;
}

}  // namespace liaison::app
