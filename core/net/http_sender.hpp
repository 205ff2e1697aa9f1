// SPDX-License-Identifier: Apache-2.0
// Posts to an HTTP or FHIR endpoint: one request a message, connections kept between them. Certificates are verified,
// no redirection is followed, the body of an answer is not read into anything.
#pragma once

#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"
#include "core/net/http_client.hpp"

#include <string>
#include <string_view>

namespace liaison::net {

/// `work` outlives the sender. A call under way when the sender is destroyed still calls back.
/// Codes of outcomes: the status ("201"); those of client_stream.hpp; "answer-timeout", "connection-lost",
/// "http-malformed", "attachments-not-carried", "address-malformed", "tls-files".
class http_sender final : public model::sender {
 public:
  http_sender(asio_executor& work, config::http_destination settings);

  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  bool has_prepare() const override { return false; }

 private:
  asio_executor& work_;
  http_client client_;
};

/// Refused: files beside a document have no place in one request.
model::send_outcome attachments_not_carried();

/// 2xx: accepted. 408, 425, 429, 5xx, 3xx: failed. 401, 403, 407: unreachable, since it is we who are not let in, with
/// whatever message. Other 4xx: refused.
model::send_outcome outcome_of_status(unsigned status, std::string_view retry_after, unix_ms now);

/// "application/fhir+json" and so on.
std::string content_type_of_format(std::string_view format);

}  // namespace liaison::net
