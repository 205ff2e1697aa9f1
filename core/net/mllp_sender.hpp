// SPDX-License-Identifier: Apache-2.0
// Sends over MLLP and believes nothing but the acknowledgement. A connection carries one message at a time and stays
// open between messages; messages that are under way together each have their own.
#pragma once

#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <memory>

namespace liaison::net {

/// `work` outlives the sender. A call under way when the sender is destroyed still calls back.
/// Codes of outcomes: "AA", "CA", "AE", "AR" …; those of client_stream.hpp; "answer-timeout", "connection-lost",
/// "acknowledgement-malformed", "acknowledgement-mismatch", "not-framable", "attachments-not-carried", "tls-files".
class mllp_sender final : public model::sender {
 public:
  mllp_sender(asio_executor& work, config::mllp_destination settings);
  ~mllp_sender() override;

  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  bool has_prepare() const override { return false; }

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace liaison::net
