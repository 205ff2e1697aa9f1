// SPDX-License-Identifier: Apache-2.0
// TLS contexts from the configuration's files. TLS 1.2 and up; peers of a client are always verified.
#pragma once

#include "core/base/result.hpp"
#include "core/config/configuration.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace liaison::net {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

/// For a listener. With `authorities`, clients must show a certificate of theirs. Failure "tls-files": which file and
/// why.
result<tls_context> tls_server_context(const config::tls_settings& settings);

/// For a sender: verifies against `authorities`, else the system's; shows a certificate when one is configured.
result<tls_context> tls_client_context(const std::optional<config::tls_settings>& settings);

/// Subject's common name and DNS names of the certificate that the peer showed, when there is one and it was verified.
std::vector<std::string> names_of_peer(SSL* connection);

}  // namespace liaison::net
