// SPDX-License-Identifier: Apache-2.0
#include "core/config/checks.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace liaison::config {
namespace {

constexpr std::uintmax_t pem_size_bytes_max = 4U << 20;
constexpr int days_left_warning = 30;

using certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using private_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using memory_bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::optional<std::string> read_pem(const check_context& in, const std::string& path, const key_path& key) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    in.findings.error(in.root, key, "cannot read " + path + ": " + error.message());
    return std::nullopt;
  }
  if (size > pem_size_bytes_max) {
    in.findings.error(in.root, key, path + " is too large for a PEM file");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    in.findings.error(in.root, key, "cannot read " + path + ": " + std::strerror(errno));
    return std::nullopt;
  }
  return text.str();
}

memory_bio bio_on(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

int no_passphrase(char*, int, int, void*) { return -1; }

/// Warnings: one certificate that ran out must not keep the gateway's other partners waiting at the next start.
void check_validity(const check_context& in, const X509* given, const std::string& path, const key_path& key) {
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notBefore(given)) == 1 && (days > 0 || seconds > 0)) {
    in.findings.warning(in.root, key, "the certificate in " + path + " is not valid yet");
  }
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(given)) != 1) return;
  if (days < 0 || seconds < 0) {
    in.findings.warning(in.root, key, "the certificate in " + path + " has expired");
  } else if (days < days_left_warning) {
    in.findings.warning(in.root, key, "the certificate in " + path + " expires in " + std::to_string(days) + " days");
  }
}

certificate read_certificate(const check_context& in, const std::string& path, const key_path& key) {
  certificate found(nullptr, &X509_free);
  auto text = read_pem(in, path, key);
  if (!text) return found;
  found.reset(PEM_read_bio_X509(bio_on(*text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (found == nullptr) {
    in.findings.error(in.root, key, "there is no PEM certificate in " + path);
  } else {
    check_validity(in, found.get(), path, key);
  }
  return found;
}

private_key read_key(const check_context& in, const std::string& path, const key_path& key) {
  private_key found(nullptr, &EVP_PKEY_free);
  auto text = read_pem(in, path, key);
  if (!text) return found;
  found.reset(PEM_read_bio_PrivateKey(bio_on(*text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (found == nullptr) {
    in.findings.error(in.root, key, "there is no PEM private key without passphrase in " + path);
  }
  return found;
}

}  // namespace

void check_tls(const check_context& in, const tls_settings& tls, const key_path& key) {
  auto below = [&](const char* name) {
    key_path path = key;
    path.emplace_back(name);
    return path;
  };
  certificate shown(nullptr, &X509_free);
  private_key its_key(nullptr, &EVP_PKEY_free);
  if (!tls.certificate.empty()) shown = read_certificate(in, tls.certificate, below("certificate"));
  if (!tls.key.empty()) its_key = read_key(in, tls.key, below("key"));
  if (shown != nullptr && its_key != nullptr && X509_check_private_key(shown.get(), its_key.get()) != 1) {
    in.findings.error(in.root, below("key"), "the key does not belong to the certificate");
  }
  ERR_clear_error();
  if (!tls.authorities.empty()) read_certificate(in, tls.authorities, below("authorities"));
}

}  // namespace liaison::config
