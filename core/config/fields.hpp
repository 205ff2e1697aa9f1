// SPDX-License-Identifier: Apache-2.0
// Which key of the file is which member of the configuration: written once, used to read (reader.hpp) and to show what
// is in force (effective.cpp). A visitor offers value, scaled, secrets, secret_map, raw, raw_map, object,
// optional_object, alternative, patterns, list and map.
#pragma once

#include "core/config/configuration.hpp"

namespace liaison::config {

template <class Visitor>
void fields_of(Visitor& v, tls_settings& of) {
  v.value("certificate", of.certificate);
  v.value("key", of.key);
  v.value("authorities", of.authorities);
}

template <class Visitor>
void fields_of(Visitor& v, listen_address& of) {
  v.value("address", of.address);
  v.value("port", of.port);
  v.optional_object("tls", of.tls, [&](auto& in) { fields_of(in, *of.tls); });
  v.value("exposed_without_protection", of.exposed_without_protection);
}

template <class Visitor>
void fields_of(Visitor& v, mllp_source& of) {
  fields_of(v, of.listen);
  v.value("frame_size_bytes_max", of.frame_size_bytes_max);
  v.value("connections_max", of.connections_max);
  v.value("in_flight_max", of.in_flight_max);
  v.value("idle_ms_max", of.idle_ms_max);
}

template <class Visitor>
void fields_of(Visitor& v, folder_source& of) {
  v.value("path", of.path);
  v.value("pattern", of.pattern);
  v.value("witness", of.witness);
  v.value("quiet_ms", of.quiet_ms);
  v.value("poll_ms", of.poll_ms);
  v.value("file_size_bytes_max", of.file_size_bytes_max);
}

template <class Visitor>
void fields_of(Visitor& v, http_source& of) {
  v.secrets("tokens", of.tokens);
  v.value("client_names", of.client_names);
}

template <class Visitor>
void fields_of(Visitor& v, mllp_destination& of) {
  v.value("host", of.host);
  v.value("port", of.port);
  v.optional_object("tls", of.tls, [&](auto& in) { fields_of(in, *of.tls); });
  of.use_tls = of.tls.has_value();
  v.value("connect_ms_max", of.connect_ms_max);
  v.value("answer_ms_max", of.answer_ms_max);
}

template <class Visitor>
void fields_of(Visitor& v, http_destination& of) {
  v.value("url", of.url);
  v.value("method", of.method);
  v.secret_map("headers", of.headers);
  v.value("content_type", of.content_type);
  v.value("interaction", of.interaction);
  v.optional_object("tls", of.tls, [&](auto& in) { fields_of(in, *of.tls); });
  v.value("answer_ms_max", of.answer_ms_max);
}

template <class Visitor>
void fields_of(Visitor& v, folder_destination& of) {
  v.value("path", of.path);
  v.value("suffix", of.suffix);
  v.value("witness", of.witness);
}

template <class Visitor>
void fields_of(Visitor& v, delivery_policy& of) {
  constexpr std::int64_t hour_ms = 3'600'000;
  v.value("retry_delay_ms_min", of.retry_delay_ms_min);
  v.value("retry_delay_ms_max", of.retry_delay_ms_max);
  v.scaled("dead_letter_after_hours", of.dead_letter_after_ms, hour_ms);
  v.value("in_flight_max", of.in_flight_max);
}

template <class Visitor>
void fields_of(Visitor& v, endpoint& of) {
  v.value("display", of.display);
  v.object("source", [&](auto& in) {
    in.template alternative<mllp_source>("mllp", of.source);
    in.template alternative<folder_source>("folder", of.source);
    in.template alternative<http_source>("http", of.source);
  });
  v.object("destination", [&](auto& in) {
    in.template alternative<mllp_destination>("mllp", of.destination);
    in.template alternative<http_destination>("http", of.destination);
    in.template alternative<folder_destination>("folder", of.destination);
  });
  v.value("format", of.format);
  v.value("profile", of.profile);
  v.value("charset", of.charset);
  v.value("strictness", of.strictness);
  v.value("carry", of.carry);
  v.raw("options", of.options_json);
  v.value("audience", of.audience);
  v.object("delivery", [&](auto& in) { fields_of(in, of.delivery); });
  v.object("business_acknowledgements", [&](auto& in) {
    in.value("to", of.acknowledgements.to);
    if (!of.acknowledgements.to.empty()) in.value("when", of.acknowledgements.when);
  });
  v.patterns("mailboxes", of.mailboxes);
  v.value("acceptance", of.acceptance);
}

template <class Visitor>
void fields_of(Visitor& v, secrecy_policy& of) {
  v.value("not_collected", of.not_collected);
  v.value("confidentiality_max", of.confidentiality_max);
}

template <class Visitor>
void fields_of(Visitor& v, discharge_settings& of) {
  constexpr std::int64_t hour_ms = 3'600'000;
  v.value("watch", of.watch);
  v.value("letter_types", of.letter_types);
  v.value("due_at", of.due_at);
  v.scaled("hours_min", of.after_ms_min, hour_ms);
  v.value("zone", of.zone);
  v.value("classes_excluded", of.classes_excluded);
  v.value("alert_to", of.alert_to);
}

template <class Visitor>
void fields_of(Visitor& v, conditions& of) {
  v.patterns("source", of.source);
  v.patterns("format", of.format);
  v.patterns("document_type", of.document_type);
  v.patterns("sender", of.sender);
  v.patterns("recipient", of.recipient);
  v.patterns("territory", of.territory);
  v.patterns("event", of.event);
  v.patterns("confidentiality", of.confidentiality);
  v.patterns("status", of.status);
  v.value("has_document", of.has_document);
}

template <class Visitor>
void fields_of(Visitor& v, route& of) {
  v.value("name", of.name);
  v.object("when", [&](auto& in) { fields_of(in, of.when); });
  v.value("to", of.to);
  v.value("last", of.last);
}

template <class Visitor>
void fields_of(Visitor& v, embedded_test::expected& of) {
  v.value("to", of.to);
  v.value("contains", of.contains);
}

template <class Visitor>
void fields_of(Visitor& v, embedded_test& of) {
  v.value("name", of.name);
  v.value("source", of.source);
  v.value("message", of.message);
  v.value("verdict", of.verdict);
  v.list("deliveries", of.deliveries);
}

template <class Visitor>
void fields_of(Visitor& v, configuration& of) {
  v.object("instance", [&](auto& in) {
    in.value("name", of.name);
    in.value("environment", of.environment);
    in.value("data", of.data);
  });
  v.object("listen", [&](auto& listen) {
    listen.optional_object("http", of.http, [&](auto& in) {
      fields_of(in, *of.http);
      in.secrets("tokens", of.http_tokens);
      in.value("body_size_bytes_max", of.http_body_size_bytes_max);
      in.value("connections_max", of.http_connections_max);
    });
  });
  v.object("store", [&](auto& in) {
    in.value("kind", of.store.kind);
    in.value("path", of.store.path);
    in.value("free_bytes_min", of.store.free_bytes_min);
    in.value("inline_bytes_max", of.store.inline_bytes_max);
    in.object("retention", [&](auto& retention) {
      retention.value("days", of.store.retention_days);
      retention.value("quarantine_days", of.store.retention_days_quarantine);
      retention.value("unrouted_days", of.store.retention_days_unrouted);
    });
  });
  v.object("plugins", [&](auto& in) {
    in.value("directory", of.plugins.directory);
    in.value("hosts", of.plugins.hosts);
    in.value("memory_bytes_max", of.plugins.memory_bytes_max);
    in.value("deadline_ms", of.plugins.deadline_ms);
    in.value("rest_ms", of.plugins.rest_ms);
    in.raw_map("configuration", of.plugins.configuration_json);
  });
  v.object("documents", [&](auto& in) {
    in.object("missing_original", [&](auto& missing) {
      missing.value("wait_minutes", of.missing_original.wait_minutes);
      missing.value("then", of.missing_original.then);
    });
  });
  v.object("secrecy", [&](auto& in) {
    in.object("professionals", [&](auto& one) { fields_of(one, of.secrecy.professionals); });
    in.object("patient", [&](auto& one) { fields_of(one, of.secrecy.patient); });
    in.object("representatives", [&](auto& one) { fields_of(one, of.secrecy.representatives); });
    in.object("shared_record", [&](auto& one) { fields_of(one, of.secrecy.shared_record); });
  });
  v.object("discharge", [&](auto& in) { fields_of(in, of.discharge); });
  v.object("log", [&](auto& in) { in.value("level", of.log_level); });
  v.value("stop_ms_max", of.stop_ms_max);
  v.map("endpoints", of.endpoints);
  v.list("routes", of.routes);
  v.list("tests", of.tests);
}

}  // namespace liaison::config
