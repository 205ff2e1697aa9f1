// SPDX-License-Identifier: Apache-2.0
// A configuration as the gateway uses it: validated, complete with defaults, immutable. Names and
// meanings of the keys are those of schemas/configuration.schema.json.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace liaison::config {

struct tls_settings {
  std::string certificate, key;  ///< PEM files
  std::string authorities;       ///< PEM file; for a listener: ask clients for a certificate and require it
  bool operator==(const tls_settings&) const = default;
};

/// A listener's address. Anything but loopback needs TLS and authentication, or the configuration's word
/// `"exposed_without_protection": true`.
struct listen_address {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::optional<tls_settings> tls;
  bool exposed_without_protection = false;
  bool operator==(const listen_address&) const = default;
};

struct mllp_source {
  listen_address listen;
  std::uint64_t frame_size_bytes_max = 64U << 20;
  std::uint32_t connections_max = 10'000;
  std::uint32_t in_flight_max = 64;  ///< frames of one connection being worked on; reading stops beyond
  std::int64_t idle_ms_max = 300'000;
  bool operator==(const mllp_source&) const = default;
};

struct folder_source {
  std::string path;
  std::string pattern = "*";  ///< file names taken
  std::string witness;  ///< ".ok": a file counts as complete when NAME.ok (or the base name with that suffix) is there;
                        ///< empty: none
  std::int64_t quiet_ms = 1'000;  ///< without witness: complete when size and time stand still this long
  std::int64_t poll_ms = 1'000;   ///< besides inotify
  std::uint64_t file_size_bytes_max = 256U << 20;
  bool operator==(const folder_source&) const = default;
};

/// Messages posted to /api/v1/messages?source=NAME (or with the endpoint's token) and to /fhir.
struct http_source {
  std::vector<std::string> tokens;  ///< bearer tokens of this partner; empty: the listener's own rule
  std::vector<std::string> client_names;  ///< common or DNS names of the certificates that this partner shows
  bool operator==(const http_source&) const = default;
};

struct mllp_destination {
  std::string host;
  std::uint16_t port = 0;
  std::optional<tls_settings> tls;
  bool use_tls = false;
  std::int64_t connect_ms_max = 10'000;
  std::int64_t answer_ms_max = 30'000;
  bool operator==(const mllp_destination&) const = default;
};

struct http_destination {
  std::string url;
  std::string method = "POST";
  std::map<std::string, std::string> headers;
  std::string content_type;  ///< empty: the format's own
  std::string interaction = "post";  ///< "fhir": the url is the base of a FHIR server, and what is sent says where to
  std::optional<tls_settings> tls;
  std::int64_t answer_ms_max = 60'000;
  bool operator==(const http_destination&) const = default;
};

struct folder_destination {
  std::string path;
  std::string suffix;   ///< of the document's name; empty: the format's own (.hpr, .json, .xml, .hl7)
  std::string witness;  ///< written after the file when set
  bool operator==(const folder_destination&) const = default;
};

/// Business acknowledgements (ZAM) for what came from a source: what its recipients made of it.
struct business_acknowledgements {
  std::string to;                 ///< the endpoint that gets them; empty: none are made
  std::string when = "asked-for"; ///< "asked-for" by the message, or "always"
  bool operator==(const business_acknowledgements&) const = default;
};

struct delivery_policy {
  std::int64_t retry_delay_ms_min = 1'000;
  std::int64_t retry_delay_ms_max = 300'000;
  std::int64_t dead_letter_after_ms = 72LL * 3600 * 1000;
  std::uint32_t in_flight_max = 1;
  bool operator==(const delivery_policy&) const = default;
};

struct endpoint {
  std::string name;
  std::string display;  ///< for people
  std::variant<std::monostate, mllp_source, folder_source, http_source> source;
  std::variant<std::monostate, mllp_destination, http_destination, folder_destination> destination;
  std::string format;  ///< source: empty means by content
  std::string profile;
  std::string charset;
  std::string strictness = "tolerant";
  std::string carry = "cda";                ///< destination: FORMAT or FORMAT/PROFILE of the documents that its profile wraps
  std::string options_json = "{}";          ///< free options for the translator
  std::string audience = "professionals";   ///< of a destination: who reads there (identity/secrecy.hpp)
  delivery_policy delivery;
  business_acknowledgements acknowledgements;  ///< of a source
  /// Of a destination: the secure mail addresses that it stands for (patterns), and what its acceptance means: received,
  /// integrated (into the recipient's software) or dmp. Empty: integrated for MLLP, else received.
  std::vector<std::string> mailboxes;
  std::string acceptance;
  bool operator==(const endpoint&) const = default;
};

/// What may go to one audience.
struct secrecy_policy {
  std::string not_collected = "send";     ///< "send" or "refuse" when the patient's choice is not known
  std::string confidentiality_max = "V";  ///< N, R or V
  bool operator==(const secrecy_policy&) const = default;
};

/// The clock between a discharge and its letter.
struct discharge_settings {
  bool watch = true;
  std::vector<std::string> letter_types{"11490-0"};
  std::string due_at = "20:00";  ///< of the local day of the discharge
  std::int64_t after_ms_min = 2LL * 3600 * 1000;
  std::string zone = "Europe/Paris";
  std::vector<std::string> classes_excluded{"N", "R"};
  std::vector<std::string> alert_to;  ///< endpoints that get a message for each late letter
};

/// Conditions on facts; each non-empty list must match, one of its patterns is enough. Patterns: `*` and `?`, without
/// case.
struct conditions {
  std::vector<std::string> source, format, document_type, sender, recipient, territory, event, confidentiality, status;
  std::optional<bool> has_document;
  bool operator==(const conditions&) const = default;
};

struct route {
  std::string name;
  conditions when;
  std::vector<std::string> to;
  bool last = false;  ///< no later route is looked at when this one took the message
};

struct embedded_test {
  std::string name;
  std::string source;
  std::string message;  ///< file, relative to the configuration
  struct expected {
    std::string to;
    std::vector<std::string> contains;  ///< texts that must be in what is delivered
  };
  std::vector<expected> deliveries;
  std::string verdict = "accepted";  ///< accepted, rejected
};

struct configuration {
  std::string file;
  std::string name = "liaison";
  std::string environment = "test";  ///< "test" or "production": which INS OIDs are taken
  std::string data = "var/liaison";

  std::optional<listen_address> http;
  std::vector<std::string> http_tokens;  ///< operators' bearer tokens; empty: loopback needs none
  std::uint64_t http_body_size_bytes_max = 64U << 20;
  std::uint32_t http_connections_max = 1'000;

  struct {
    std::string kind = "sqlite";
    std::string path;                            ///< default: data + "/store"
    std::uint64_t free_bytes_min = 64U << 20;    ///< intake stops (AR, 503) below this
    std::uint64_t inline_bytes_max = 64U << 10;  ///< larger payloads are files of their own
    double retention_days = 90, retention_days_quarantine = 365, retention_days_unrouted = 365;
  } store;

  struct {
    std::string directory;  ///< default: beside the program, ../lib/liaison
    std::uint32_t hosts = 1;
    std::uint64_t memory_bytes_max = 1ULL << 30;
    std::int64_t deadline_ms = 10'000;
    std::int64_t rest_ms = 60'000;  ///< 0: host processes stay
    std::map<std::string, std::string> configuration_json;  ///< plugin id → its own JSON
  } plugins;

  /// A replacement or a deletion whose original has not come.
  struct {
    double wait_minutes = 60;
    std::string then = "send";  ///< "send" with a report, or "dead-letter"
  } missing_original;
  struct {
    secrecy_policy professionals{"send", "V"}, patient{"send", "R"}, representatives{"refuse", "N"},
        shared_record{"refuse", "N"};
  } secrecy;
  discharge_settings discharge;

  std::int64_t stop_ms_max = 10'000;
  std::string log_level = "info";

  std::map<std::string, endpoint> endpoints;
  std::vector<route> routes;
  std::vector<embedded_test> tests;

  const endpoint* find(const std::string& endpoint_name) const {
    auto at = endpoints.find(endpoint_name);
    return at == endpoints.end() ? nullptr : &at->second;
  }
};

using snapshot = std::shared_ptr<const configuration>;

}  // namespace liaison::config
