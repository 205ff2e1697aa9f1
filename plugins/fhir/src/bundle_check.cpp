// SPDX-License-Identifier: Apache-2.0
#include "bundle_check.hpp"

#include "identity.hpp"
#include "primitives.hpp"

#include <liaison/common/digest.hpp>

#include <charconv>
#include <unordered_set>

namespace liaison::fhir {
namespace {

/// base64 of the digest as FHIR says; base64 of its hexadecimal digits as IHE examples have it; or those digits.
bool is_hash_of(std::string_view declared, const std::string& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : sha1(bytes)) {
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return declared == sha1_base64(bytes) || declared == base64_encode(hex) || declared == hex;
}

class bundle_checker {
 public:
  bundle_checker(const bundle_view& of, findings& into) : bundle_(of), tree_(of.source()), found_(into) {}

  void run() {
    if (bundle_.is_bundle()) full_urls();
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource != none && tree_.type_of(entry.resource) == "DocumentReference") files(entry.resource);
    }
    if (const auto conflict = find_conflict(bundle_))
      found_.error("fhir-two-identities", conflict->second,
                   "two different INS for one subject (the other at " + tree_.location(conflict->first) + ")");
  }

 private:
  void full_urls() {
    std::unordered_set<std::string> seen;
    const bool keeps_versions = bundle_.type() == "history";
    for (const auto& entry : bundle_.entries()) {
      const node_id url = tree_.child(entry.element, "fullUrl");
      if (url == none) continue;
      const std::string_view text = tree_[url].text;
      std::string key(text);
      key.append("|").append(tree_.text(entry.resource, "meta/versionId"));
      if (!keeps_versions && !seen.insert(std::move(key)).second)
        found_.error("fhir-duplicate-full-url", url, "another entry has the same fullUrl (bdl-7)");
      // Servers do answer searches with relative ones; whatever asks us to do something must name things for certain.
      const bool answer = bundle_.type() == "searchset" || bundle_.type() == "history";
      if (text.find(':') == std::string_view::npos)
        found_.add(answer ? severity::warning : severity::error, "fhir-full-url", url, {},
                   "a fullUrl must be absolute");
      const std::string_view id = tree_.text(entry.resource, "id");
      if (entry.resource == none || id.empty() || !text.starts_with("http")) continue;
      std::string end = "/";
      end.append(tree_.type_of(entry.resource)).append("/").append(id);
      if (!text.ends_with(end))
        found_.error("fhir-full-url", url, "the fullUrl does not end in the type and id of its resource");
    }
  }

  void files(node_id reference) {
    tree_.each(tree_.child(reference, "content"), [&](node_id content) {
      const node_id attachment = tree_.child(content, "attachment");
      const node_id url = tree_.child(attachment, "url");
      if (url == none) return;  // data in it: with every other Attachment
      const node_id target = bundle_.resolve_url(tree_[url].text);
      if (target != none && tree_.type_of(target) == "Binary")
        return check_file(tree_, found_, attachment, tree_.child(target, "data"));
      const std::string_view text = tree_[url].text;
      if (target == none && bundle_.is_bundle() && (text.starts_with("urn:uuid:") || text.starts_with("urn:oid:")))
        found_.error("fhir-broken-reference", url, "no entry of the Bundle has this fullUrl");
    });
  }

  const bundle_view& bundle_;
  const tree& tree_;
  findings& found_;
};

}  // namespace

void check_file(const tree& of, findings& into, node_id attachment, node_id data) {
  const node_id size = of.child(attachment, "size"), hash = of.child(attachment, "hash");
  if (data == none || (size == none && hash == none)) return;
  const auto bytes = base64_decode(of[data].text);
  if (!bytes) return;
  std::uint64_t declared = 0;
  const std::string_view digits = of.text(size);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), declared);
  if (size != none && read.ec == std::errc{} && declared != bytes->size())
    into.error("fhir-attachment-size", size, "the size declared is not that of the file");
  if (hash != none && !is_hash_of(of[hash].text, *bytes))
    into.error("fhir-attachment-hash", hash, "the hash declared is not the SHA-1 of the file");
}

void check_bundle(const bundle_view& of, findings& into) { bundle_checker(of, into).run(); }

}  // namespace liaison::fhir
