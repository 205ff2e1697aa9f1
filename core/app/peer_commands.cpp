// SPDX-License-Identifier: Apache-2.0
// `send` and the operations (`messages`, `deliveries`, `receipts`), which speak to a running gateway by its API.
#include "core/app/arguments.hpp"
#include "core/app/workbench.hpp"
#include "core/net/exchange.hpp"
#include "core/protocol/acknowledgement.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace liaison::app {

namespace {

using json = rapidjson::Value;

/// HL7 segments end in CR; a person wants lines.
std::string as_lines(std::string text) {
  std::replace(text.begin(), text.end(), '\r', '\n');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

struct sent {
  bool accepted = false;
  std::string code, answer;
};

result<sent> send_one(const net::address& to, const arguments& what, const std::string& bytes) {
  if (to.scheme == "mllp") {
    auto answer = net::mllp_exchange(to, bytes, what.deadline_ms);
    if (!answer) return answer.error();
    auto read = protocol::read_acknowledgement(answer.value());
    sent s;
    s.answer = as_lines(answer.value());
    s.code = read ? read.value().code_text : read.error().code;
    s.accepted = read && read.value().code == protocol::acknowledgement_code::accept;
    return s;
  }
  net::http_question question;
  question.method = "POST";
  question.body = bytes;
  question.headers["Content-Type"] = "application/octet-stream";
  if (to.target.find("/fhir") != std::string::npos)
    question.headers["Content-Type"] = !bytes.empty() && bytes[bytes.find_first_not_of(" \t\r\n") == std::string::npos ? 0 : bytes.find_first_not_of(" \t\r\n")] == '<'
                                           ? "application/fhir+xml"
                                           : "application/fhir+json";
  if (!what.token.empty()) question.headers["Authorization"] = "Bearer " + what.token;
  auto answer = net::http_exchange(to, question, what.deadline_ms);
  if (!answer) return answer.error();
  return sent{answer.value().status / 100 == 2, std::to_string(answer.value().status), answer.value().body};
}

void print_sent(const arguments& what, const std::string& file, const sent& s) {
  if (what.json) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    out.StartObject();
    out.Key("file");
    out.String(file);
    out.Key("accepted");
    out.Bool(s.accepted);
    out.Key("code");
    out.String(s.code);
    out.Key("answer");
    out.String(s.answer);
    out.EndObject();
    std::printf("%s\n", buffer.GetString());
  } else {
    std::printf("%s: %s\n%s\n", file.c_str(), s.code.c_str(), s.answer.c_str());
  }
  std::fflush(stdout);
}

std::string text_of(const json& object, const char* key) {
  if (!object.IsObject()) return {};
  auto at = object.FindMember(key);
  if (at == object.MemberEnd()) return {};
  if (at->value.IsString()) return at->value.GetString();
  if (at->value.IsInt64()) return std::to_string(at->value.GetInt64());
  return {};
}

/// A table with the given members as columns, as wide as their longest value.
void print_table(const json& rows, const std::vector<const char*>& columns) {
  std::vector<std::vector<std::string>> table(1);
  for (const char* column : columns) table.front().emplace_back(column);
  for (const json& row : rows.GetArray()) {
    table.emplace_back();
    for (const char* column : columns) table.back().push_back(text_of(row, column));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : table)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : table) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text += std::string(widths[i] - row[i].size() + 2, ' ');
    }
    std::printf("%s\n", text.c_str());
  }
}

std::string percent_encoded(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_') out += c;
    else (out += '%').append({digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::string query_of(const arguments& what) {
  if (what.command == "document waiting") return "?state=waiting";
  if (what.command == "document show")
    return "?id=" + percent_encoded(what.document) + (what.source.empty() ? "" : "&source=" + what.source);
  std::string query = "?limit=" + std::to_string(what.limit);
  if (!what.source.empty()) query += "&source=" + what.source;
  for (const auto& [name, value] : {std::pair{"document_type", what.document_type}, {"control_id", what.control_id}, {"from", what.since}, {"until", what.until}})
    if (!value.empty()) query += std::string("&") + name + "=" + percent_encoded(value);
  if (!what.recipient.empty()) query += "&recipient=" + what.recipient;
  if (!what.state.empty()) query += "&state=" + what.state;
  if (what.before > 0) query += "&before=" + std::to_string(what.before);
  if (what.id > 0) query += "&message=" + std::to_string(what.id);
  return query;
}

struct route_of_command {
  const char* command;
  const char* method;
  const char* path;  ///< `#` stands for the id
  std::vector<const char*> columns;
};

const std::vector<route_of_command>& routes() {
  static const std::vector<route_of_command> table{
      {"messages list", "GET", "/api/v1/messages", {"id", "received_at", "source", "format", "state", "document_type", "size_bytes"}},
      {"messages show", "GET", "/api/v1/messages/#", {}},
      {"messages trace", "GET", "/api/v1/messages/#/trace", {"at", "what", "recipient", "code", "text"}},
      {"messages raw", "GET", "/api/v1/messages/#/raw", {}},
      {"messages replay", "POST", "/api/v1/messages/#/replay", {}},
      {"deliveries list", "GET", "/api/v1/deliveries", {"id", "message", "recipient", "state", "attempts", "created_at", "last_error"}},
      {"deliveries retry", "POST", "/api/v1/deliveries/#/retry", {}},
      {"deliveries cancel", "POST", "/api/v1/deliveries/#/cancel", {}},
      {"document show", "GET", "/api/v1/documents", {"state", "change", "message", "received_at", "id", "refers_to"}},
      {"document waiting", "GET", "/api/v1/documents", {"id", "message", "recipient", "waits_for", "created_at"}},
      {"receipts", "GET", "/api/v1/receipts", {"at", "delivery", "kind", "code", "text"}}};
  return table;
}

}  // namespace

int run_send(const arguments& what) {
  auto to = net::address_from(what.to);
  if (!to) return complain(to.error().text, exit_usage);
  int worst = exit_done;
  std::vector<std::string> files = what.files;
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    auto bytes = read_input(file);
    if (!bytes) {
      worst = std::max(worst, complain(bytes.error().text, exit_bad_input));
      continue;
    }
    auto answer = send_one(to.value(), what, bytes.value());
    if (!answer) {
      worst = std::max(worst, complain(file + ": " + answer.error().code + ": " + answer.error().text, exit_unreachable));
      continue;
    }
    print_sent(what, file, answer.value());
    if (!answer.value().accepted) worst = std::max<int>(worst, exit_bad_input);
  }
  return worst;
}

int run_operation(const arguments& what) {
  auto api = net::address_from(what.api);
  if (!api) return complain(api.error().text, exit_usage);
  const auto at = std::find_if(routes().begin(), routes().end(), [&](const auto& r) { return what.command == r.command; });
  std::string path = at->path;
  if (const std::size_t hash = path.find('#'); hash != std::string::npos) path.replace(hash, 1, std::to_string(what.id));
  else path += query_of(what);
  if (what.command == "messages replay" && !what.recipient.empty()) path += "?to=" + what.recipient;
  net::address target = api.value();
  target.target = path;
  net::http_question question;
  question.method = at->method;
  if (!what.token.empty()) question.headers["Authorization"] = "Bearer " + what.token;
  auto answer = net::http_exchange(target, question, what.deadline_ms);
  if (!answer) return complain(what.api + ": " + answer.error().text, exit_unreachable);
  const bool fine = answer.value().status / 100 == 2;
  if (fine && (what.command == "messages raw" || what.json)) {
    auto written = write_output("", answer.value().body);
    if (what.json && written) written = write_output("", "\n");
    return written ? exit_done : complain(written.error().text, exit_unreachable);
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer.value().body.data(), answer.value().body.size());
  if (!fine) {
    const std::string text = document.HasParseError() ? "" : text_of(document, "text");
    return complain(std::to_string(answer.value().status) + (text.empty() ? "" : ": " + text), answer.value().status < 500 ? exit_bad_input : exit_unreachable);
  }
  if (!at->columns.empty() && document.IsObject() && document.HasMember("items") && document["items"].IsArray()) {
    print_table(document["items"], at->columns);
    return exit_done;
  }
  std::printf("%s\n", answer.value().body.c_str());
  return exit_done;
}

}  // namespace liaison::app
