// SPDX-License-Identifier: Apache-2.0
#include "core/net/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace liaison::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

failure unusable(const char* what, const std::string& file, const error_code& error) {
  return {"tls-files", std::string(what) + " " + file + " cannot be used: " + error.message()};
}

result<done> load_identity(ssl::context& context, const config::tls_settings& settings) {
  error_code error;
  context.use_certificate_chain_file(settings.certificate, error);
  if (error) return unusable("certificate", settings.certificate, error);
  const std::string& key = settings.key.empty() ? settings.certificate : settings.key;
  context.use_private_key_file(key, ssl::context::pem, error);
  if (error) return unusable("key", key, error);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return failure{"tls-files", "key " + key + " does not belong to certificate " + settings.certificate};
  return done{};
}

void restrict_versions(ssl::context& context) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);  // thousands of idle connections
}

}  // namespace

result<tls_context> tls_server_context(const config::tls_settings& settings) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  restrict_versions(*context);
  if (auto loaded = load_identity(*context, settings); !loaded) return loaded.error();
  if (!settings.authorities.empty()) {
    error_code error;
    context->load_verify_file(settings.authorities, error);
    if (error) return unusable("authorities", settings.authorities, error);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    // Sessions are resumed only within the same verification rules.
    static constexpr unsigned char session_scope[] = "liaison";
    SSL_CTX_set_session_id_context(context->native_handle(), session_scope, sizeof session_scope - 1);
  }
  return context;
}

result<tls_context> tls_client_context(const std::optional<config::tls_settings>& settings) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  restrict_versions(*context);
  error_code error;
  if (settings && !settings->authorities.empty()) {
    context->load_verify_file(settings->authorities, error);
    if (error) return unusable("authorities", settings->authorities, error);
  } else {
    context->set_default_verify_paths(error);
  }
  context->set_verify_mode(ssl::verify_peer, error);
  if (settings && !settings->certificate.empty()) {
    if (auto loaded = load_identity(*context, *settings); !loaded) return loaded.error();
  }
  return context;
}

std::vector<std::string> names_of_peer(SSL* connection) {
  std::vector<std::string> found;
  X509* const certificate = SSL_get_peer_certificate(connection);
  if (certificate == nullptr) return found;
  const std::unique_ptr<X509, decltype(&X509_free)> owned(certificate, &X509_free);
  if (SSL_get_verify_result(connection) != X509_V_OK) return found;
  const auto add = [&](const ASN1_STRING* text) {
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
    const std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), size);
    if (!name.empty() && name.find('\0') == std::string::npos) found.push_back(name);
  };
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  auto* const names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) add(name->d.dNSName);
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace liaison::net
