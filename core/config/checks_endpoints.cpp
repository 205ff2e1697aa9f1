// SPDX-License-Identifier: Apache-2.0
#include "core/config/checks.hpp"
#include "core/config/nearest.hpp"
#include "core/config/schema.hpp"

#include <algorithm>
#include <filesystem>

namespace liaison::config {
namespace {

namespace fs = std::filesystem;

/// One name for one folder, whatever its spelling; follows the links that exist.
std::string canonical(const std::string& path) {
  std::error_code error;
  auto found = fs::weakly_canonical(fs::absolute(path, error), error);
  std::string text = (error ? fs::path(path).lexically_normal() : found).string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool is_inside(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

void check_folder(const check_context& in, const std::string& path, const key_path& key) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_directory(status)) in.findings.error(in.root, key, path + " is not a folder");
}

void check_folders(const check_context& in) {
  std::map<std::string, std::string> sources;  // canonical path → endpoint
  for (const auto& [name, one] : in.of.endpoints) {
    const auto* folder = std::get_if<folder_source>(&one.source);
    if (folder == nullptr || folder->path.empty()) continue;
    const key_path key{"endpoints", name, "source", "folder", "path"};
    check_folder(in, folder->path, key);
    auto [at, fresh] = sources.emplace(canonical(folder->path), name);
    if (!fresh)
      in.findings.error(in.root, key, "is also the source of '" + at->second + "': each file would come in by either");
  }
  for (const auto& [name, one] : in.of.endpoints) {
    const auto* folder = std::get_if<folder_destination>(&one.destination);
    if (folder == nullptr || folder->path.empty()) continue;
    const key_path key{"endpoints", name, "destination", "folder", "path"};
    check_folder(in, folder->path, key);
    const std::string path = canonical(folder->path);
    if (auto at = sources.find(path); at != sources.end()) {
      in.findings.error(in.root, key, "is the source of '" + at->second + "': what is delivered would come in again");
    }
    if (is_inside(path, canonical(in.of.store.path))) {
      in.findings.error(in.root, key, "is inside the store's own folder");
    }
  }
}

void check_format(const check_context& in, const endpoint& one, const char* key, const std::string& format) {
  const auto& known = in.options.formats;
  if (format.empty() || known.empty()) return;
  if (std::find(known.begin(), known.end(), format) != known.end()) return;
  in.findings.error(in.root, {"endpoints", one.name, key},
                    "no translator knows the format '" + format + "'" + suggestion(format, known));
}

/// The host of a URL; empty when it is not one.
std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return "";
  const auto start = scheme + 3;
  auto end = url.find_first_of("/?#", start);
  std::string authority = url.substr(start, end == std::string::npos ? end : end - start);
  if (auto at = authority.rfind('@'); at != std::string::npos) authority.erase(0, at + 1);
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

void warn_unencrypted(const check_context& in, const key_path& key, const std::string& host) {
  in.findings.warning(in.root, key, "what is sent to " + host + " travels unencrypted");
}

void check_sender_tls(const check_context& in, const std::optional<tls_settings>& tls, const key_path& key) {
  if (!tls) return;
  if (tls->certificate.empty() != tls->key.empty()) {
    in.findings.error(in.root, key, "a certificate and its key go together");
  }
  check_tls(in, *tls, key);
}

void check_http_destination(const check_context& in, const endpoint& one, const http_destination& http) {
  const key_path key{"endpoints", one.name, "destination", "http", "url"};
  const std::string host = host_of(http.url);
  const bool plain = http.url.starts_with("http://");
  if (!http.url.empty() && ((!plain && !http.url.starts_with("https://")) || host.empty())) {
    in.findings.error(in.root, key, "must be http://HOST… or https://HOST…");
    return;
  }
  if (http.url.find('@') < http.url.find('/', http.url.find("://") + 3)) {
    in.findings.error(in.root, key,
                      "credentials do not belong into an address, which is logged; use headers.Authorization");
  }
  if (plain && http.tls) in.findings.error(in.root, key, "has tls, and so must be https://");
  if (plain && !http.tls && !is_loopback_host(host)) warn_unencrypted(in, key, host);
  check_sender_tls(in, http.tls, {"endpoints", one.name, "destination", "http", "tls"});
}

void check_mllp_destination(const check_context& in, const endpoint& one, const mllp_destination& mllp) {
  const key_path key{"endpoints", one.name, "destination", "mllp"};
  check_sender_tls(in, mllp.tls, {"endpoints", one.name, "destination", "mllp", "tls"});
  if (mllp.host.empty()) return;
  if (!mllp.use_tls && !is_loopback_host(mllp.host)) warn_unencrypted(in, key, mllp.host);
  for (const auto& [name, other] : in.of.endpoints) {
    const auto* own = std::get_if<mllp_source>(&other.source);
    if (own == nullptr || own->listen.port != mllp.port || mllp.port == 0) continue;
    const bool same = own->listen.address == mllp.host ||
                      (is_loopback_host(mllp.host) && kind_of_address(own->listen.address) != address_kind::other);
    if (same)
      in.findings.error(in.root, key,
                        "is this gateway's own listener '" + name + "': what is delivered would come in again");
  }
}

void check_delivery(const check_context& in, const endpoint& one) {
  const auto& policy = one.delivery;
  const key_path key{"endpoints", one.name, "delivery"};
  if (policy.retry_delay_ms_min > policy.retry_delay_ms_max) {
    in.findings.error(in.root, {"endpoints", one.name, "delivery", "retry_delay_ms_min"},
                      "is more than retry_delay_ms_max, " + std::to_string(policy.retry_delay_ms_max));
  }
  if (policy.dead_letter_after_ms < policy.retry_delay_ms_min) {
    in.findings.warning(in.root, {"endpoints", one.name, "delivery", "dead_letter_after_hours"},
                        "ends before the first retry: one attempt only");
  }
  if (!has_destination(one) && find(in.root, key) != nullptr) {
    in.findings.warning(in.root, key, "has no effect without a destination");
  }
}

void check_acknowledgements(const check_context& in, const endpoint& one) {
  const auto& to = one.acknowledgements.to;
  if (to.empty()) return;
  const key_path key{"endpoints", one.name, "business_acknowledgements", "to"};
  const auto known = destination_names(in.of);
  if (std::find(known.begin(), known.end(), to) == known.end()) {
    in.findings.error(in.root, key, "is no endpoint with a destination: '" + to + "'" + suggestion(to, known));
  } else if (const endpoint* found = in.of.find(to); !found->format.empty() && found->format != "hl7v2") {
    in.findings.error(in.root, key, "business acknowledgements are HL7v2, and '" + to + "' gets " + found->format);
  }
  if (!has_source(one)) in.findings.warning(in.root, key, "has no effect without a source");
}

void check_direction(const check_context& in, const endpoint& one) {
  const node* written = find(in.root, {"endpoints", one.name});
  if (written == nullptr || written->kind != json_kind::object) return;
  const auto known = property_names(*schema_root().find("$defs")->find("endpoint"));
  for (const auto& member : written->members) {
    if (member.key == "source" || member.key == "destination") return;
    // An unknown key was told; it may well be the misspelt one.
    if (std::find(known.begin(), known.end(), member.key) == known.end()) return;
  }
  in.findings.error(in.root, {"endpoints", one.name}, "has neither a source nor a destination");
}

}  // namespace

std::vector<std::string> source_names(const configuration& of) {
  std::vector<std::string> names;
  for (const auto& [name, one] : of.endpoints) {
    if (has_source(one)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> destination_names(const configuration& of) {
  std::vector<std::string> names;
  for (const auto& [name, one] : of.endpoints) {
    if (has_destination(one)) names.push_back(name);
  }
  return names;
}

void check_endpoints(const check_context& in) {
  for (const auto& [name, one] : in.of.endpoints) {
    check_direction(in, one);
    check_format(in, one, "format", one.format);
    check_format(in, one, "carry", one.carry.substr(0, one.carry.find('/')));
    check_delivery(in, one);
    check_acknowledgements(in, one);
    if (const auto* http = std::get_if<http_destination>(&one.destination)) check_http_destination(in, one, *http);
    if (const auto* mllp = std::get_if<mllp_destination>(&one.destination)) check_mllp_destination(in, one, *mllp);
  }
  check_folders(in);
}

}  // namespace liaison::config
