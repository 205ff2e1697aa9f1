// SPDX-License-Identifier: Apache-2.0
// A certificate authority that lives as long as a test, and certificates of its own for 127.0.0.1 and localhost.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace liaison::net::testing_support {

struct identity_files {
  std::string certificate, key;
};

class test_authority {
 public:
  explicit test_authority(std::string folder)
      : folder_(std::move(folder)),
        key_(EVP_EC_gen("P-256")),
        certificate_(make("liaison test authority", key_, nullptr)) {
    write_certificate(authorities(), certificate_);
  }
  ~test_authority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;

  std::string authorities() const { return folder_ + "/authorities.pem"; }

  /// `alternative_names` as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost".
  identity_files issue(const std::string& name, const char* alternative_names = "IP:127.0.0.1,DNS:localhost") {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(name, key, alternative_names);
    const identity_files files{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
    write_certificate(files.certificate, certificate);
    std::FILE* file = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
  }

 private:
  X509* make(const std::string& name, EVP_PKEY* key, const char* alternative_names) {
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3'600);
    X509_set_pubkey(made, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* issuer = alternative_names == nullptr ? made : certificate_;
    X509_set_issuer_name(made, X509_get_subject_name(issuer));
    add_extension(made, issuer, NID_basic_constraints, alternative_names == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (alternative_names != nullptr) add_extension(made, issuer, NID_subject_alt_name, alternative_names);
    X509_sign(made, key_, EVP_sha256());
    return made;
  }
  static void add_extension(X509* to, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static void write_certificate(const std::string& path, X509* certificate) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
  }

  std::string folder_;
  long serial_ = 0;
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace liaison::net::testing_support
