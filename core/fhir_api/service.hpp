// SPDX-License-Identifier: Apache-2.0
// The FHIR R4 interface (/fhir): what is posted is a message like any other, kept and delivered; what the gateway holds for
// an asker is found and read. Resources are not stored: the resource of entry n of message m is `m-n`, a message by itself
// `m`, and both are read out of the bytes that came (decision 0014). docs/fhir.md says what a client sees.
#pragma once

#include "core/base/clock.hpp"
#include "core/config/configuration.hpp"
#include "core/fhir_api/negotiation.hpp"
#include "core/fhir_api/outline.hpp"
#include "core/model/transfer.hpp"
#include "core/model/web.hpp"
#include "core/plugin/translators.hpp"
#include "core/routing/converter.hpp"
#include "core/routing/examiner.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir_api {

/// Who asks. An operator sees everything; an endpoint what it sent and what was delivered to it.
struct asker {
  bool is_operator = false;
  std::string endpoint;  ///< that posts; for an operator the one it named, or none
};

/// All outlive the service.
struct parts {
  store::store& store;
  model::intake& intake;
  plugin::translators& translators;
  const liaison::clock& clock;
  std::function<config::snapshot()> configuration;
};

/// Thread: the executor's. Answers each request exactly once.
class service {
 public:
  explicit service(parts what) : parts_(std::move(what)), examiner_(what.translators), converter_(what.translators) {}

  void handle(model::web_request what, asker who, model::respond then);

 private:
  /// One request on its way.
  struct exchange {
    model::web_request request;
    asker who;
    fhir_api::syntax syntax = syntax::json;
    preferences wish;
    std::string base;
    model::respond then;
  };
  using exchange_pointer = std::shared_ptr<exchange>;
  using outline_pointer = std::shared_ptr<const outline>;
  using read_outline = std::function<void(result<outline_pointer>, std::vector<model::issue>)>;

  /// A part of a message that the asker may see.
  struct held {
    store::trace trace;
    resource_id id;
    outline_pointer outline;  ///< null: the message is no FHIR
    unix_ms changed_at = 0;
    std::uint32_t version = 1;
    std::string status;  ///< of a document, when it is no longer what was posted
    bool is_submitted(std::string_view type) const;
  };
  using held_pointer = std::shared_ptr<held>;

  void dispatch(const exchange_pointer& of, std::vector<std::string> path);
  bool dispatch_post(const exchange_pointer& of, const std::vector<std::string>& path);
  bool dispatch_get(const exchange_pointer& of, const std::vector<std::string>& path);
  /// In the syntax that was asked for.
  void answer(const exchange_pointer& of, model::web_response what);
  void answer_not_allowed(const exchange_pointer& of, const char* allowed);

  void outline_of(shared_bytes body, read_outline then);
  void call(plugin::operation what, const char* format, shared_bytes input, const std::string& profile,
            const std::string& endpoint_options, std::function<void(plugin::reply)> then);
  /// A part of a body by way of the plugin; `options` as in plugins/fhir/src/rest_resource.hpp.
  void part_of(shared_bytes body, const std::string& options, std::function<void(plugin::reply)> then);

  // submission.cpp
  void submit(const exchange_pointer& of, std::string type, bool as_message);
  void create(const exchange_pointer& of, const std::string& type, const outline_pointer& body);
  void take(const exchange_pointer& of, model::arrival arrival, std::function<void(model::answer)> accepted);
  model::arrival arrival_of(const exchange_pointer& of) const;
  void created(const exchange_pointer& of, const resource_id& id, const std::string& type, unsigned status,
               const std::vector<model::issue>& issues);
  void deliver(const exchange_pointer& of, const outline_pointer& body);
  void process_message(const exchange_pointer& of, const outline_pointer& body);
  void answer_later(const exchange_pointer& of, const model::answer& given);
  void tell_progress(const exchange_pointer& of, const resource_id& id);

  // transaction.cpp
  struct transaction;
  using transaction_pointer = std::shared_ptr<transaction>;
  void begin_transaction(const exchange_pointer& of, const outline_pointer& body);
  void check_entry(const transaction_pointer& t, std::size_t at);
  void look_for_existing(const transaction_pointer& t, std::size_t at);
  void look_for_replaced(const transaction_pointer& t);
  void take_transaction(const transaction_pointer& t);
  void ask_entries(const transaction_pointer& t, std::size_t from, void (service::*ask)(const transaction_pointer&, std::size_t));
  void read_entry(const transaction_pointer& t, std::size_t at);
  void ask_of_batch(const transaction_pointer& t, std::size_t at);
  void answer_transaction(const transaction_pointer& t);

  // reading.cpp
  void read(const exchange_pointer& of, const std::string& type, const std::string& id, bool version_matters);
  /// Failure "not-found" also when it is none of the asker's business.
  void hold(const asker& who, const resource_id& id, std::function<void(result<held_pointer>)> then);
  void hold_document(const held_pointer& what, std::function<void(result<held_pointer>)> then);
  /// Id of the document that a DocumentReference replaces by one of our ids; "" when we do not have it.
  void find_replaced(const asker& who, const outline::entry& entry, std::function<void(std::string)> then);
  static std::string document_id_in(const held& what);  ///< as in the facts; "": it is no document
  void read_outline_of(model::message_id id, std::function<void(result<outline_pointer>)> then);
  void resource_of(const held_pointer& what, const std::string& type, const std::string& base,
                   std::function<void(result<std::string>)> then);
  void read_binary(const exchange_pointer& of, const held_pointer& what);
  void original_bytes(const held_pointer& what, std::function<void(result<std::string>, std::string)> then);

  // search.cpp
  struct search;
  using search_pointer = std::shared_ptr<search>;
  void find_documents(const exchange_pointer& of);
  void find_patient(const search_pointer& s);
  void find_candidates(const search_pointer& s, std::size_t at);
  void judge_candidate(const search_pointer& s, std::size_t at);
  void write_page(const search_pointer& s, std::size_t at);
  void answer_search(const search_pointer& s);

  // operations.cpp
  void validate(const exchange_pointer& of, const std::string& type);
  void check(const exchange_pointer& of, shared_bytes body, const std::string& profile);
  void convert(const exchange_pointer& of);
  void convert_bytes(const exchange_pointer& of, shared_bytes bytes, const std::string& to, const std::string& profile,
                     const std::string& from, bool parameters);

  // trail.cpp
  void find_trail(const exchange_pointer& of, const std::string& type);
  void read_trail(const exchange_pointer& of, const std::string& type, const std::string& id);

  parts parts_;
  routing::examiner examiner_;
  routing::converter converter_;

  /// Outlines of messages read lately, newest first: a message never changes.
  static constexpr std::size_t outlines_kept_max = 128;
  std::list<std::pair<model::message_id, outline_pointer>> outlines_;
};

/// Whether the asker sent the message or has got it.
bool may_see(const asker& who, const store::trace& message);

std::string capability_statement(const std::string& now, const std::string& base);

/// Resource types of R4 that may be posted.
bool is_resource_type(std::string_view name);

/// "Type?identifier=system|value" of what an endpoint posted.
std::string resource_mark(const std::string& source, const std::string& type, const std::string& identifier);
/// "https://gateway/fhir/DocumentReference/12-2" as "DocumentReference/12-2"; anything else as it is.
std::string own_reference(const std::string& value);
bool replaces_own(const outline::entry& entry);
/// The facts' form of a FHIR identifier: "urn:oid:…" with an extension is "root^extension".
std::string document_id_of(std::string_view identifier);

}  // namespace liaison::fhir_api
