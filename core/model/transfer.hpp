// SPDX-License-Identifier: Apache-2.0
// Where the broker meets the outside: what sources hand in and get back, and what senders do. routing implements
// `intake`, net implements `sender`; neither knows the other.
#pragma once

#include "core/base/bytes.hpp"
#include "core/model/message.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace liaison::model {

/// One unit as it came in.
struct arrival {
  std::string source;  ///< name of the endpoint
  std::string peer;    ///< "127.0.0.1:40412" or the file's name
  shared_bytes bytes;
  std::string format;  ///< as announced by the transport (Content-Type); empty: the endpoint's, else by content
  std::string replaces;     ///< id of the document that it replaces, where the transport knows it better than the bytes
  std::vector<mark> marks;  ///< names under which it, or parts of it, will be found again
  std::vector<std::string> unless_marked;  ///< not taken when a kept message has one of these names (`exists`)
  bool wants_acknowledgement = false;  ///< the transport carries acknowledgements of the message's own format (MLLP)
  /// Is answered as soon as the message is kept: of the answer only the verdict, the issues that were found before, and
  /// the acknowledgement are filled in. `unless_marked` must be empty.
  bool answer_when_kept = false;
};

enum class verdict : std::uint8_t {
  accepted,  ///< on disk, ours to deliver: AA, 2xx
  rejected,  ///< cannot be processed, kept in quarantine: AE, 422
  not_now,   ///< nothing was kept; send again later: AR, 503
  exists,    ///< `arrival::unless_marked` is taken by `message`; nothing was kept. Only for who asked
};

struct answer {
  model::verdict verdict = model::verdict::not_now;
  message_id message = 0;
  bool duplicate = false;
  std::string acknowledgement;  ///< bytes to send back when `wants_acknowledgement`; empty: the transport makes its own
  std::vector<issue> issues;
  std::vector<std::string> recipients;  ///< deliveries made
};

/// Thread: the executor's. Calls back exactly once, also at shutdown, and never from inside the call.
class intake {
 public:
  virtual ~intake() = default;
  virtual void accept(arrival what, std::function<void(answer)> then) = 0;
};

/// A file or message ready to leave.
struct outgoing {
  delivery_id delivery = 0;
  message_id message = 0;
  std::string name;  ///< base name for files and ids, the same at every attempt: [0-9a-z-]
  std::string format;
  shared_bytes document;
  struct attachment {
    std::string suffix;  ///< ".pdf"
    std::string content_type;
    std::string bytes;
  };
  std::vector<attachment> attachments;
  bool prepared = false;  ///< see model::delivery::prepared
};

enum class send_verdict : std::uint8_t {
  accepted,     ///< the recipient has it
  refused,      ///< it will never take this one (AE, 4xx): dead letter at once
  failed,       ///< this one did not go (AR, 5xx, time-out after sending): try again
  unreachable,  ///< the recipient is not there: everything for it waits
};

struct send_outcome {
  model::send_verdict verdict = model::send_verdict::failed;
  std::string code;                ///< "AA", "201", "connection-refused"
  std::string text;                ///< without patient data
  std::int64_t retry_after_ms = 0;  ///< as asked by the recipient; 0: as we see fit
};

/// One destination endpoint. Thread: the executor's. Calls back exactly once, within its own time limits.
class sender {
 public:
  virtual ~sender() = default;

  /// First half of a two-step delivery (folders: everything under temporary names, synced). Destinations without
  /// such a step accept at once.
  virtual void prepare(const outgoing& what, std::function<void(send_outcome)> then) = 0;
  /// Second half, or the whole of it. After `prepare` succeeded and the fact is on disk: renames; when the temporary
  /// file is gone and `prepared` is set, the file was delivered before a crash, and this says accepted.
  virtual void send(const outgoing& what, std::function<void(send_outcome)> then) = 0;
  virtual bool has_prepare() const = 0;
};

}  // namespace liaison::model
