// SPDX-License-Identifier: Apache-2.0
// The store contract: messages with their bytes, deliveries, receipts. Every backend keeps it, and one
// contract test (tests/contract/store) runs against each.
//
// All calls are asynchronous. They may be made from the executor's thread only; callbacks run there too, in the order
// in which calls of one kind were made, and never from inside the call. A callback that reports success means: on disk,
// and there after power loss.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/identity/observation.hpp"
#include "core/identity/patient_table.hpp"
#include "core/model/message.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace liaison::store {

/// A delivery to be made together with its message.
struct new_delivery {
  std::string recipient;
  std::string format;
  std::string profile;
  bool reports = false;  ///< its end is an `outcome` that waits until it is settled
};

/// Codes of receipts and the beginning of `last_error` for deliveries of a document whose line is broken.
inline constexpr const char* original_missing = "original-missing";        ///< waits, or gave up waiting
inline constexpr const char* original_came = "original-came";              ///< waits no longer
inline constexpr const char* document_superseded = "document-superseded";  ///< came after what replaces it was let go

/// Everything of one intake: written in one transaction or not at all.
struct intake {
  model::message message;  ///< `id` is ignored
  shared_bytes raw;
  /// Who sends under which control id: one of the three parts of the key of duplicates (source, this, sha256).
  std::string sender_key;
  /// What orders deliveries. `document_id`, `set_id` and `replaces` are looked up among what is known: a document's key
  /// is the key of the document that it replaces, else of its set, else its own id. `subject_key` (a stay or a patient,
  /// already hashed) orders what is no document. All empty: no order.
  std::string document_id, set_id, replaces, subject_key;
  /// The message takes `document_id` (else `replaces`) away; it does not bring it.
  bool removes = false;
  /// Until when its deliveries wait when no document of the name that it replaces or removes has come; 0: they do not.
  /// When that one comes in time its deliveries go first, to each recipient, and these follow.
  unix_ms waits_until = 0;
  /// Added to the message's issues when the same source and sender key came before with other bytes; no code: nothing is.
  model::issue if_control_id_seen;
  std::string document_type;             ///< code, only for `message_filter::document_type`
  std::vector<model::mark> marks;               ///< at most 4000
  /// Texts of marks: when a kept message has one of them nothing is written (`exists`). For what must be made once only.
  std::vector<std::string> unless_marked;
  identity::observation subject;         ///< what it tells of its patient and stay; no patients: nothing
  std::vector<new_delivery> deliveries;  ///< `message.state` says `routed` when there are any; at most 1000
};

enum class intake_verdict : std::uint8_t {
  stored,
  duplicate,  ///< same source, sender key and bytes: nothing was added but the count; `id` is the first one's
  exists,     ///< one of `unless_marked` is taken: nothing was written; `id` is the message that has it
  full,       ///< no room: nothing was written; may be tried again later
  failed,     ///< the disk or the database said no: nothing was written
};

struct intake_outcome {
  intake_verdict verdict = intake_verdict::failed;
  model::message_id id = 0;
  model::message_state state = model::message_state::unrouted;  ///< of the stored one, for a duplicate the first one's
  bool control_id_seen = false;         ///< the same source and sender key came before with other bytes
  bool waits = false;                   ///< for the document that it replaces or removes
  /// Against the patient index; what a person should look at stands among the message's issues too.
  identity::reconciliation reconciliation = identity::reconciliation::none;
  std::vector<std::string> recipients;  ///< of the deliveries that were added
  std::vector<std::string> released;    ///< recipients of deliveries that waited for this document
  std::string text;                     ///< why not
};

/// What `keep` kept and has its rows now.
struct filed {
  model::message message;  ///< as it was handed in, without the facts; its id and state are those of `outcome`
  intake_outcome outcome;  ///< `stored` or `duplicate`
};

/// What is needed to make one attempt.
struct work {
  model::delivery delivery;
  std::string message_format;
  std::string message_source;
  std::string facts_json;
  std::string sha256;
  std::uint64_t size_bytes = 0;
  shared_bytes raw;  ///< when they are few and at hand; else `read_raw` gives them
};

/// Which of those put off are due. The wall clock may have been set back since: whoever puts nothing off for longer than
/// until `horizon` asks for what lies beyond it as well.
struct due_by {
  unix_ms now = 0;
  unix_ms horizon = std::numeric_limits<unix_ms>::max();
};

/// Result of an attempt. `error` stays as it was when empty here, and is cleared by `delivered`.
struct delivery_update {
  model::delivery_id id = 0;
  model::delivery_state state = model::delivery_state::pending;
  unix_ms next_attempt_at = 0;
  bool count_attempt = true;
  std::optional<bool> prepared;
  bool leaves_the_house = false;  ///< with `delivered`: someone outside has it, which stops a discharge clock
  std::string error;
  std::vector<model::receipt> receipts;  ///< `delivery` is filled in
};

/// What the patient index is built from.
struct stored_facts {
  model::message_id id = 0;
  std::string source;
  unix_ms received_at = 0;
  std::string facts_json;
  unix_ms delivered_at = 0;  ///< the first delivery that was accepted; 0: none
};

struct message_filter {
  std::string source;
  std::optional<model::message_state> state;
  std::string document_type;     ///< code
  std::string control_id;        ///< exactly this one
  unix_ms received_from = 0;     ///< 0: no limit
  unix_ms received_until = 0;    ///< earlier than this; 0: no limit
  model::message_id before = 0;  ///< page: what follows this one in the list; 0: from the newest
  std::uint32_t limit = 50;      ///< at most 1000
};

struct delivery_filter {
  std::string recipient;
  std::optional<model::delivery_state> state;
  model::message_id message = 0;
  bool awaits_document = false;  ///< only those that wait for a document that has not come
  model::delivery_id before = 0;
  std::uint32_t limit = 50;
};

/// One message from receipt to last receipt.
struct trace {
  model::message message;
  std::vector<model::delivery> deliveries;     ///< with those that wait for an earlier one, see `blocked_by`
  std::vector<model::delivery_id> blocked_by;  ///< parallel to `deliveries`: the earlier delivery it waits for, or 0
  std::vector<model::receipt> receipts;        ///< in time order
};

/// A version of a document and what became of it.
struct document_version {
  model::message message;
  std::vector<model::delivery> deliveries;
  unix_ms awaits_until = 0;  ///< not 0: the document that it replaces or removes has not come
};

/// What to do with what waited in vain.
enum class unawaited : std::uint8_t { sent, dead };

/// A delivery that ended and whose sender is to hear of it.
struct outcome {
  model::delivery delivery;
  model::receipt last;  ///< of the end; kind and code
  std::string message_source, message_format, facts_json;
};

struct marked {
  model::message_id message = 0;
  std::int32_t part = 0;
  bool operator==(const marked&) const = default;
};

struct recipient_count {
  std::string recipient;
  std::uint64_t pending = 0, delivered = 0, dead = 0, cancelled = 0;
  unix_ms oldest_pending_at = 0;  ///< 0: none
};

/// Monotonic counters and timings since the start, for metrics.
struct statistics {
  std::uint64_t commits = 0, operations = 0;
  std::uint64_t unfiled = 0;  ///< kept, about so many, without rows yet
  bool filing_fails = false;  ///< rows cannot be made of what was kept: nothing more is kept until they can
  double commit_seconds_last = 0;
  std::vector<double> commit_seconds_new;  ///< since the last call of `take_statistics`
  std::uint64_t size_bytes = 0;            ///< on disk, all files
  std::uint64_t free_bytes = 0;            ///< of the file system
};

struct retention {
  std::int64_t finished_after_ms =
      0;  ///< bytes, facts and rows of messages whose deliveries all ended this long ago; 0: never
  std::int64_t quarantined_after_ms = 0;
  std::int64_t unrouted_after_ms = 0;
  std::uint32_t messages_max = 1000;  ///< in one call, so that it never holds up the queue
};

template <class T>
using callback = std::function<void(T)>;

class store {
 public:
  virtual ~store() = default;

  /// Group commit: what arrives while the last commit was syncing goes into the next.
  virtual void take_in(intake what, callback<intake_outcome> then) = 0;

  /// The same in two steps, for senders who need to know only that their message is kept: `then` tells it as soon as
  /// that is on disk. Its rows follow within milliseconds, under load within seconds, after a crash at the next start,
  /// always in the order in which `keep` and `take_in` were called; then `on_filed` is told. What is asked before that
  /// may not know the message yet when much waits; `take_in`, `settle`, `end_waits`, `document_line`, `change_patients` and
  /// `look_at_patients` wait for what was kept before them, `look_before_sending` for some of it. `unless_marked` is not asked.
  /// The message's SHA-256 is reckoned when it is empty, on the store's own thread. Failures "store-full" and "store-failed":
  /// nothing is kept.
  virtual void keep(intake what, callback<result<done>> then) = 0;
  /// Who is told, in groups. To be said once, before the first `keep`.
  virtual void on_filed(callback<std::vector<filed>> told) = 0;

  /// Failure "store-full" or "store-failed" means not written; the caller keeps it and tries again. "not-found":
  /// purged, or never was. An update of a delivery that is no longer pending adds its receipts, changes nothing else,
  /// and succeeds; with one exception: `delivered` is the truth about what the recipient has, and holds over a dead
  /// letter or a cancellation that came while the attempt was under way. Of the receipts of one kind the first and the
  /// last ones are kept (see the backend's options), so that a recipient that is down for a week does not fill the
  /// disk; `attempts` goes on counting.
  virtual void update(delivery_update what, callback<result<done>> then) = 0;

  /// Deliveries of a recipient that may be tried now: pending, `next_attempt_at` <= now or > horizon, not in `except`, and no
  /// earlier one of the same order key is pending or dead. One that was never put off (no update set a later time) is
  /// due whatever the clock says. Oldest first, at most `limit` (1000); of those put off, when more than `limit` are
  /// due, the ones due longest.
  virtual void ready(std::string recipient, due_by when, std::vector<model::delivery_id> except, std::uint32_t limit,
                     callback<result<std::vector<work>>> then) = 0;
  /// Earliest `next_attempt_at` of a pending, unblocked delivery of the recipient (in the past: due now); 0: none.
  virtual void next_due(std::string recipient, callback<result<unix_ms>> then) = 0;

  /// The bytes as they came; checked against their hash ("store-corrupt" names the message when they differ).
  virtual void read_raw(model::message_id id, callback<result<shared_bytes>> then) = 0;

  /// The newest first: by when they came, of one moment by id. One condition costs the same however many messages there
  /// are; of several, one finds and the others sort out.
  virtual void list_messages(message_filter filter, callback<result<std::vector<model::message>>> then) = 0;
  virtual void list_deliveries(delivery_filter filter, callback<result<std::vector<model::delivery>>> then) = 0;
  virtual void list_receipts(model::message_id message, std::uint32_t limit,
                             callback<result<std::vector<model::receipt>>> then) = 0;
  /// The newest first, at most `limit` (1000). `before`: messages below it only; 0: from the newest.
  virtual void find_marked(std::string text, model::message_id before, std::uint32_t limit,
                           callback<result<std::vector<marked>>> then) = 0;
  /// Failure "not-found".
  virtual void read_trace(model::message_id id, callback<result<trace>> then) = 0;
  virtual void count_by_recipient(callback<result<std::vector<recipient_count>>> then) = 0;

  /// A person's words. Failures: "not-found", "wrong-state". retry: dead or pending → pending, due now, with its time
  /// before `expire` starting anew. cancel: pending or dead → cancelled. replay: new deliveries of a stored message
  /// (formats resolved by the caller), after everything else of its order key; a message that no rule took becomes
  /// `routed` by it.
  virtual void retry(model::delivery_id id, unix_ms now, callback<result<done>> then) = 0;
  virtual void cancel(model::delivery_id id, unix_ms now, callback<result<done>> then) = 0;
  virtual void replay(model::message_id id, std::vector<new_delivery> deliveries, unix_ms now,
                      callback<result<std::vector<model::delivery_id>>> then) = 0;

  /// Pending deliveries of the recipient created (or retried by a person) before `created_before` become dead letters;
  /// at most `limit`. Gives how many.
  virtual void expire(std::string recipient, unix_ms created_before, unix_ms now, std::uint32_t limit,
                      callback<result<std::uint32_t>> then) = 0;

  /// Deliveries that waited until `now` for a document are let go or become dead letters, those of at most `limit`
  /// messages. Gives their recipients. A dead one goes on when the document comes all the same.
  virtual void end_waits(unix_ms now, unawaited how, std::uint32_t limit,
                         callback<result<std::vector<std::string>>> then) = 0;

  /// The messages of the line that the document, set or replaced document of this name belongs to, oldest first: the
  /// newest `limit` (1000) of them. Empty: the name is not known.
  virtual void document_line(std::string name, std::uint32_t limit,
                             callback<result<std::vector<document_version>>> then) = 0;

  /// Ends of deliveries that report and are not settled, oldest first. A delivery that ended twice (a dead letter that
  /// a person retried) is there again.
  virtual void list_outcomes(std::uint32_t limit, callback<result<std::vector<outcome>>> then) = 0;
  /// What follows from an end is written in the transaction that settles it. "not-found": it was settled before;
  /// nothing is written.
  virtual void settle(model::delivery_id ended, std::vector<intake> follows,
                      callback<result<std::vector<intake_outcome>>> then) = 0;

  /// Removes what is past its time and gives the room back to the file system. Gives how many messages went. A dead
  /// letter has not ended; and a document's line is kept whole while one of its deliveries has not, so that a later
  /// version still finds it.
  virtual void purge(retention policy, unix_ms now, callback<result<std::uint32_t>> then) = 0;

  /// Work on the patient index, in one transaction with what else is written: all of it or nothing. `change` runs on
  /// another thread, and again when the transaction has to be repeated: it keeps nothing between two runs. Failures as
  /// for `update`.
  virtual void change_patients(std::function<void(identity::patient_table&)> change, callback<result<done>> then) = 0;
  /// The same, reading only, from one consistent view.
  virtual void look_at_patients(std::function<void(identity::patient_table&)> look, callback<result<done>> then) = 0;
  /// The same for what is about to leave, which in a burst does not wait for all of it: of what was kept before it sees all that
  /// may change whether something leaves (`identity::tells_of_leaving`).
  virtual void look_before_sending(std::function<void(identity::patient_table&)> look, callback<result<done>> then) = 0;
  /// Facts of messages that were not quarantined, with ids above `after`, ascending.
  virtual void read_facts(model::message_id after, std::uint32_t limit,
                          callback<result<std::vector<stored_facts>>> then) = 0;

  virtual statistics take_statistics() = 0;

  /// Six hexadecimal digits, drawn when the store was created: prefix of names and control ids given to the outside.
  virtual const std::string& instance() const = 0;

  /// Finishes what was handed in, then closes. No call may follow. Blocks at most until the queue is written.
  virtual void close() = 0;
};

}  // namespace liaison::store
