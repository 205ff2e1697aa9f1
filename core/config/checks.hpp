// SPDX-License-Identifier: Apache-2.0
// What the schema cannot say: whether the parts of a configuration fit each other and this machine.
#pragma once

#include "core/config/configuration.hpp"
#include "core/config/load.hpp"
#include "core/config/report.hpp"

namespace liaison::config {

struct check_context {
  const configuration& of;
  const node& root;
  const load_options& options;
  report& findings;
};

void check_listeners(const check_context& in);  ///< addresses, ports, protection, certificates
void check_endpoints(const check_context& in);  ///< sources and destinations, folders, formats, deliveries
void check_routes(const check_context& in);     ///< references, order
void check_tests(const check_context& in);
void check_discharge(const check_context& in);  ///< zone, recipients of alerts

/// What is missing for a message to come in and arrive. Only worth saying where nothing is wrong.
void check_completeness(const check_context& in);

std::vector<std::string> source_names(const configuration& of);
std::vector<std::string> destination_names(const configuration& of);
inline bool has_source(const endpoint& one) { return one.source.index() != 0; }
inline bool has_destination(const endpoint& one) { return one.destination.index() != 0; }

/// Files of TLS: readable, well-formed, in time, key and certificate belonging together. `key` is that of the object.
void check_tls(const check_context& in, const tls_settings& tls, const key_path& key);

enum class address_kind : std::uint8_t { invalid, loopback, any, other };
address_kind kind_of_address(const std::string& address);
/// Loopback only: "127.0.0.1", "::1", "localhost". Other names are resolved nowhere and count as not loopback.
bool is_loopback_host(const std::string& host);

}  // namespace liaison::config
