// SPDX-License-Identifier: Apache-2.0
// Certificates made here and now, for the checks of tls settings.
#include "core/config/load.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <memory>

namespace config = liaison::config;
namespace fs = std::filesystem;

namespace {

constexpr long day_seconds = 86'400;

class tls_check : public testing::Test {
 protected:
  tls_check() : folder_(fs::temp_directory_path() / ("liaison-tls-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    make("good", -day_seconds, 365 * day_seconds);
    make("other", -day_seconds, 365 * day_seconds);
    make("old", -20 * day_seconds, -day_seconds);
    make("soon", -day_seconds, 3 * day_seconds + 3'600);
    make("early", day_seconds, 365 * day_seconds);
    std::ofstream(folder_ / "junk.pem") << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  }
  ~tls_check() override { fs::remove_all(folder_); }

  void make(const std::string& name, long from, long until) const {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
                                                            &EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
    X509_set_pubkey(made.get(), key.get());
    ASSERT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);
    std::unique_ptr<FILE, int (*)(FILE*)> pem(std::fopen((folder_ / (name + ".pem")).c_str(), "w"), &std::fclose);
    PEM_write_X509(pem.get(), made.get());
    std::unique_ptr<FILE, int (*)(FILE*)> secret(std::fopen((folder_ / (name + ".key")).c_str(), "w"), &std::fclose);
    PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

  /// The findings for a listener with this certificate and key, in one text.
  std::string said(const std::string& certificate, const std::string& key,
                   const std::string& authorities = "good.pem") const {
    const std::string at = folder_.string() + "/";
    auto loaded = config::load_text(
        R"({"endpoints": {"a": {"source": {"mllp": {"address": "0.0.0.0", "port": 1, "tls": {"certificate": ")" + at +
            certificate + R"(", "key": ")" + at + key + R"(", "authorities": ")" + at + authorities +
            R"("}}}, "destination": {"folder": {"path": "b"}}}}, "routes": [{"name": "r", "to": ["a"]}]})",
        "x");
    std::string text;
    for (const auto& one : loaded.findings) text += to_text(one) + "\n";
    return text;
  }

  fs::path folder_;
};

}  // namespace

TEST_F(tls_check, a_good_pair_with_authorities_may_listen_everywhere) { EXPECT_EQ(said("good.pem", "good.key"), ""); }

TEST_F(tls_check, a_key_of_another_certificate) {
  EXPECT_THAT(said("good.pem", "other.key"),
              testing::HasSubstr("error: endpoints.a.source.mllp.tls.key: the key does not belong to the certificate"));
}

TEST_F(tls_check, times) {
  EXPECT_THAT(said("old.pem", "old.key"), testing::HasSubstr("warning: endpoints.a.source.mllp.tls.certificate: the"));
  EXPECT_THAT(said("old.pem", "old.key"), testing::HasSubstr("has expired"));
  EXPECT_THAT(said("soon.pem", "soon.key"), testing::HasSubstr("expires in 3 days"));
  EXPECT_THAT(said("early.pem", "early.key"), testing::HasSubstr("is not valid yet"));
}

TEST_F(tls_check, files_that_hold_something_else) {
  EXPECT_THAT(said("good.key", "good.key"), testing::HasSubstr("there is no PEM certificate"));
  EXPECT_THAT(said("junk.pem", "good.key"), testing::HasSubstr("there is no PEM certificate"));
  EXPECT_THAT(said("good.pem", "good.pem"), testing::HasSubstr("there is no PEM private key"));
  EXPECT_THAT(said("good.pem", "good.key", "good.key"), testing::HasSubstr("tls.authorities: there is no PEM"));
}
