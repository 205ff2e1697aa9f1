// SPDX-License-Identifier: Apache-2.0
#include "core/admin/views.hpp"

#include "core/base/digest.hpp"

#include <liaison/json_text.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace liaison::admin {

using detail::append_json_number;
using detail::append_json_string;
using detail::json_scope;

namespace {

void number(json_scope& in, const char* name, std::int64_t value) { in.member(name) += std::to_string(value); }
void time(json_scope& in, const char* name, unix_ms at) {
  if (at > 0) in.text(name, rfc3339(at));
}

/// Code of the document's type out of the facts: what a list shows without showing a patient.
std::string document_type_of(const std::string& facts_json) {
  rapidjson::Document facts;
  facts.Parse<rapidjson::kParseIterativeFlag>(facts_json.data(), facts_json.size());
  if (facts.HasParseError() || !facts.IsObject()) return {};
  auto document = facts.FindMember("document");
  if (document == facts.MemberEnd() || !document->value.IsObject()) return {};
  auto type = document->value.FindMember("type");
  if (type == document->value.MemberEnd() || !type->value.IsObject()) return {};
  auto code = type->value.FindMember("code");
  return code != type->value.MemberEnd() && code->value.IsString() ? code->value.GetString() : "";
}

}  // namespace

std::string to_json(const model::message& message, bool with_facts) {
  std::string text;
  {
    json_scope object(text, '{');
    number(object, "id", message.id);
    time(object, "received_at", message.received_at);
    object.text("source", message.source);
    object.text("peer", message.peer);
    object.text("format", message.format);
    object.text("state", model::name_of(message.state));
    object.text("document_type", document_type_of(message.facts_json));
    object.text("sha256", message.sha256);
    number(object, "size_bytes", static_cast<std::int64_t>(message.size_bytes));
    object.text("control_id", message.control_id);
    number(object, "times_received", message.times_received);
    if (with_facts) object.member("facts") += message.facts_json.empty() ? "{}" : message.facts_json;
    object.member("issues") += model::to_json(message.issues);
  }
  return text;
}

std::string to_json(const model::delivery& delivery, model::delivery_id blocked_by) {
  std::string text;
  {
    json_scope object(text, '{');
    number(object, "id", delivery.id);
    number(object, "message", delivery.message);
    object.text("recipient", delivery.recipient);
    object.text("format", delivery.format);
    object.text("profile", delivery.profile);
    object.text("state", model::name_of(delivery.state));
    number(object, "attempts", delivery.attempts);
    time(object, "created_at", delivery.created_at);
    if (delivery.state == model::delivery_state::pending) time(object, "next_attempt_at", delivery.next_attempt_at);
    time(object, "finished_at", delivery.finished_at);
    object.text("last_error", delivery.last_error);
    if (blocked_by > 0) number(object, "waits_for_delivery", blocked_by);
    if (delivery.awaits_document) object.text("waits_for", "original");
  }
  return text;
}

std::string to_json(const model::receipt& receipt) {
  std::string text;
  {
    json_scope object(text, '{');
    number(object, "delivery", receipt.delivery);
    time(object, "at", receipt.at);
    object.text("kind", model::name_of(receipt.kind));
    object.text("code", receipt.code);
    object.text("text", receipt.text);
  }
  return text;
}

std::string trace_json(const store::trace& trace) {
  std::string text;
  {
    json_scope object(text, '{');
    object.member("message") += to_json(trace.message, false);
    {
      json_scope deliveries(object.member("deliveries"), '[');
      for (std::size_t i = 0; i < trace.deliveries.size(); ++i)
        deliveries.element() += to_json(trace.deliveries[i], i < trace.blocked_by.size() ? trace.blocked_by[i] : 0);
    }
    json_scope items(object.member("items"), '[');
    {
      json_scope first(items.element(), '{');
      time(first, "at", trace.message.received_at);
      first.text("what", "received");
      first.text("recipient", trace.message.source);
      first.text("code", model::name_of(trace.message.state));
      first.text("text", std::to_string(trace.message.size_bytes) + " bytes of " + trace.message.format + ", kept");
    }
    for (const model::receipt& r : trace.receipts) {
      json_scope item(items.element(), '{');
      time(item, "at", r.at);
      item.text("what", model::name_of(r.kind));
      number(item, "delivery", r.delivery);
      auto of = std::find_if(trace.deliveries.begin(), trace.deliveries.end(), [&](const auto& d) { return d.id == r.delivery; });
      if (of != trace.deliveries.end()) item.text("recipient", of->recipient);
      item.text("code", r.code);
      item.text("text", r.text);
    }
  }
  return text;
}

std::string page_json(const std::vector<std::string>& items, std::int64_t next_before) {
  std::string text;
  {
    json_scope object(text, '{');
    {
      json_scope list(object.member("items"), '[');
      for (const std::string& item : items) list.element() += item;
    }
    if (next_before > 0) number(object, "next_before", next_before);
  }
  return text;
}

response error_response(unsigned status, std::string_view code, std::string_view text) {
  response r;
  r.status = status;
  {
    json_scope object(r.body, '{');
    object.text("code", code);
    object.text("text", text);
  }
  return r;
}

}  // namespace liaison::admin
