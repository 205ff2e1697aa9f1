// SPDX-License-Identifier: Apache-2.0
#include "core/net/http_sender.hpp"

#include "core/protocol/backoff.hpp"

#include <array>
#include <utility>

namespace liaison::net {

using model::send_outcome;
using model::send_verdict;
using then_type = std::function<void(send_outcome)>;

http_sender::http_sender(asio_executor& work, config::http_destination settings)
    : work_(work), client_(work, std::move(settings)) {}

void http_sender::prepare(const model::outgoing&, then_type then) {
  work_.post([then = std::move(then)] { then({send_verdict::accepted, "prepared", {}, 0}); });
}

void http_sender::send(const model::outgoing& what, then_type then) {
  if (!what.attachments.empty()) return work_.post([then = std::move(then)] { then(attachments_not_carried()); });
  http_call call;
  call.method = client_.settings().method;
  call.target = client_.target();
  const std::string& content_type = client_.settings().content_type;
  call.headers["Content-Type"] = content_type.empty() ? content_type_of_format(what.format) : content_type;
  call.headers["Idempotency-Key"] = what.name;
  call.body = what.document;
  client_.ask(std::move(call), [&work = work_, then = std::move(then)](const http_reply& reply) {
    then(reply.failure ? *reply.failure : outcome_of_status(reply.status, reply.retry_after, work.now()));
  });
}

send_outcome attachments_not_carried() {
  return {send_verdict::refused, "attachments-not-carried",
          "this destination takes one document and no files beside it; choose a format that embeds them", 0};
}

send_outcome outcome_of_status(unsigned status, std::string_view retry_after, unix_ms now) {
  send_outcome outcome;
  outcome.code = std::to_string(status);
  if (status >= 200 && status < 300) {
    outcome.verdict = send_verdict::accepted;
    return outcome;
  }
  outcome.retry_after_ms = protocol::retry_after_ms_of(retry_after, now).value_or(0);
  outcome.text = "the recipient answered with status " + outcome.code;
  if (status == 401 || status == 403 || status == 407) {
    outcome.verdict = send_verdict::unreachable;
    outcome.text += ": it does not let us in";
  } else if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429) {
    outcome.verdict = send_verdict::refused;
  } else {
    outcome.verdict = send_verdict::failed;
    if (status >= 300 && status < 400) outcome.text += ": redirections are not followed";
  }
  return outcome;
}

std::string content_type_of_format(std::string_view format) {
  struct known {
    std::string_view format, content_type;
  };
  constexpr std::array<known, 8> types{{{"fhir", "application/fhir+json"},
                                        {"event", "application/json"},
                                        {"hl7v2", "x-application/hl7-v2+er7"},
                                        {"cda", "application/xml"},
                                        {"hprim-medecin", "text/plain"},
                                        {"hprim-sante", "text/plain"},
                                        {"hprim-xml", "application/xml"},
                                        {"xdm", "application/zip"}}};
  for (const known& each : types) {
    if (each.format == format) return std::string(each.content_type);
  }
  return "application/octet-stream";
}

}  // namespace liaison::net
