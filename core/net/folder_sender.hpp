// SPDX-License-Identifier: Apache-2.0
// Delivers into a folder, in two steps that a crash between them cannot break: `prepare` writes every file under a
// temporary name beside its place and syncs; `send` renames, attachments first, then the document, then the witness.
// A reader of the folder never sees half a file, nor a document without its attachments.
#pragma once

#include "core/config/configuration.hpp"
#include "core/model/transfer.hpp"
#include "core/net/asio_executor.hpp"

#include <memory>
#include <string>

namespace liaison::net {

/// `work` outlives the sender. A call under way finishes after the sender is gone.
class folder_sender final : public model::sender {
 public:
  folder_sender(asio_executor& work, config::folder_destination settings);

  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override;
  bool has_prepare() const override { return true; }

 private:
  struct shared;
  asio_executor& work_;
  std::shared_ptr<shared> shared_;
};

/// ".hpr", ".json": what a document of that format is called when the configuration says nothing.
std::string suffix_of_format(std::string_view format);

}  // namespace liaison::net
