// SPDX-License-Identifier: Apache-2.0
#include "package.hpp"

#include "encodings.hpp"
#include "tables.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace liaison::xdm {
namespace {

constexpr std::size_t documents_max = 16;  // as many as the broker looks into
constexpr std::size_t sets_max = 16;
constexpr std::size_t sniffed_bytes = 16U << 10U;
constexpr xml_limits metadata_limits{8U << 20U, 64, 200'000};

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}
std::string_view folder_of(std::string_view path) { return path.substr(0, path.size() - base_name(path).size()); }

/// A root element named so, whatever its prefix and whatever stands before it.
bool has_element(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find(name); at != std::string_view::npos; at = head.find(name, at + 1)) {
    const bool begins = at > 0 && (head[at - 1] == '<' || head[at - 1] == ':');
    const std::size_t end = at + name.size();
    if (begins && end < head.size() && std::string_view(" \t\r\n>/").find(head[end]) != std::string_view::npos)
      return true;
  }
  return false;
}

/// UTF-16 becomes bytes in which names can be found.
std::string without_nul(std::string_view head) {
  std::string out;
  for (const char c : head)
    if (c != '\0') out += c;
  return out;
}

const char* format_of(std::string_view bytes) {
  std::string narrow;
  std::string_view head = bytes.substr(0, sniffed_bytes);
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    narrow = without_nul(head);
    head = std::string_view(narrow).substr(std::min(narrow.find('<'), narrow.size()));
  }
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  head = trim(head);
  if (head.starts_with('<')) {
    if (has_element(head, "ClinicalDocument")) return "cda";
    if (head.find("http://hl7.org/fhir") != std::string_view::npos &&
        (has_element(head, "Bundle") || has_element(head, "Composition")))
      return "fhir";
    // A self-presenting document has a style sheet of any length in front.
    if (bytes.size() > sniffed_bytes && has_element(head, "stylesheet") &&
        bytes.find("ClinicalDocument") != std::string_view::npos)
      return "cda";
  } else if (head.starts_with('{') && head.find("\"resourceType\"") != std::string_view::npos) {
    return "fhir";
  }
  return nullptr;
}

class opener {
 public:
  opener(bytes_view archive, findings& found, account* ledger, verify how)
      : zip_(archive, found), found_(found), ledger_(ledger), how_(how) {}

  std::optional<package> open() {
    if (!zip_.opened()) return std::nullopt;
    used_.assign(zip_.entries().size(), false);
    look_at_names();
    if (metadata_.empty()) {
      found_.add(finding::metadata_missing, "archive");
      take_by_content();
    }
    if (metadata_.size() > sets_max) {
      found_.add(finding::too_many_documents, "archive");
      return std::nullopt;
    }
    if (metadata_.size() > 1) found_.add(finding::several_sets, "archive");
    for (const std::size_t at : metadata_)
      if (!take_set(zip_.entries()[at])) return std::nullopt;
    if (out_.documents.empty() && !found_.stopped()) found_.add(finding::no_document, "archive");
    if (found_.stopped()) return std::nullopt;
    report_extra_files();
    check_actions();
    if (found_.stopped()) return std::nullopt;
    return std::move(out_);
  }

 private:
  void look_at_names() {
    bool index = false, readme = false;
    for (std::size_t i = 0; i < zip_.entries().size(); ++i) {
      const zip_entry& entry = zip_.entries()[i];
      if (entry.is_folder) {
        used_[i] = true;
        continue;
      }
      if (!entry.is_plain_name && !found_.has(finding::zip_names))
        found_.add(finding::zip_names, "entry[" + std::to_string(i + 1) + "]");
      by_name_[lower(entry.name)] = i;
      const std::string base = lower(base_name(entry.name));
      if (base == "metadata.xml") {
        metadata_.push_back(i);
        used_[i] = true;
        const std::string folder = lower(folder_of(entry.name));
        if (folder.find("ihe_xdm/") == std::string::npos || folder.ends_with("ihe_xdm/"))
          found_.add(finding::metadata_misplaced, "entry[" + std::to_string(i + 1) + "]");
      } else if (base == "index.htm" || base == "index.html") {
        index = used_[i] = true;
      } else if (base == "readme.txt") {
        readme = used_[i] = true;
      } else if (base.ends_with(".xsl") || base.ends_with(".css")) {
        used_[i] = true;  // how the documents are shown
      }
    }
    if (!index) found_.add(finding::index_missing, "archive");
    if (!readme) found_.add(finding::readme_missing, "archive");
    // The order of the directory is the writer's whim; that of the names is not.
    std::sort(metadata_.begin(), metadata_.end(),
              [this](std::size_t a, std::size_t b) { return zip_.entries()[a].name < zip_.entries()[b].name; });
  }

  /// Without metadata: whatever is a message by content.
  void take_by_content() {
    out_.sets.emplace_back();
    for (std::size_t i = 0; i < zip_.entries().size(); ++i) {
      if (used_[i] || out_.documents.size() >= documents_max) continue;
      const std::string base = lower(base_name(zip_.entries()[i].name));
      if (!base.ends_with(".xml") && !base.ends_with(".pdf") && !base.ends_with(".json")) continue;
      take_document({}, i);
    }
  }

  bool take_set(const zip_entry& file) {
    const std::size_t ordinal = out_.sets.size();
    const std::string location =
        metadata_.size() > 1 ? "SubmissionSet[" + std::to_string(ordinal + 1) + "]" : "METADATA.XML";
    const auto content = zip_.read(file, location);
    if (!content) return false;
    package_set& set = out_.sets.emplace_back();
    set.tree = parse_xml(content->bytes(), metadata_limits);
    if (set.tree.document == nullptr) {
      found_.add(finding::metadata_unreadable, location,
                 set.tree.defects.empty() ? std::string() : set.tree.defects.front().code);
      return false;
    }
    set.ledger = std::make_unique<xml_ledger>(set.tree.document.get(), ledger_,
                                              metadata_.size() > 1 ? std::string_view(location) : std::string_view());
    auto read = read_metadata(set.tree.document.get(), *set.ledger, found_, location);
    if (!read) {
      found_.add(finding::metadata_unreadable, location, "no registry object");
      return false;
    }
    check_required(*read, out_.documents.size(), found_);
    set.metadata = std::move(read->set);
    const std::string folder(folder_of(file.name));
    const std::size_t first = out_.documents.size();
    for (document_entry& entry : read->documents)
      if (!take_entry(std::move(entry), folder)) return false;
    link(read->associations, first, set.metadata.id);
    return true;
  }

  bool take_entry(document_entry entry, const std::string& folder) {
    const std::string location = location_of_document(out_.documents.size());
    if (out_.documents.size() >= documents_max) {
      found_.add(finding::too_many_documents, location);
      return false;
    }
    const auto file = find_file(entry.uri.text, folder, location);
    if (!file) {
      found_.add(finding::document_missing, location);
      return false;
    }
    return take_document(std::move(entry), *file);
  }

  bool take_document(document_entry entry, std::size_t file) {
    used_[file] = true;
    package_document document;
    document.location = location_of_document(out_.documents.size());
    document.set = out_.sets.size() - 1;
    auto content = zip_.read(zip_.entries()[file], document.location);
    if (!content) return false;
    document.content = std::move(*content);
    document.entry = std::move(entry);
    identify(document);
    if (how_ == verify::yes) compare(document);
    out_.documents.push_back(std::move(document));
    return true;
  }

  /// Beside the metadata, from the root of the archive, or anywhere when only one file has that name.
  std::optional<std::size_t> find_file(std::string_view uri, const std::string& folder, const std::string& location) {
    std::string name = lower(trim(uri));
    std::replace(name.begin(), name.end(), '\\', '/');
    while (name.starts_with("./")) name.erase(0, 2);
    while (name.starts_with('/')) name.erase(0, 1);
    if (name.empty()) return std::nullopt;
    for (const std::string& path : {lower(folder) + name, name})
      if (const auto at = by_name_.find(path); at != by_name_.end()) return at->second;
    std::optional<std::size_t> only;
    for (const auto& [path, at] : by_name_) {
      if (base_name(path) != base_name(name)) continue;
      if (only) return std::nullopt;
      only = at;
    }
    if (only) found_.add(finding::document_by_name, location);
    return only;
  }

  void identify(package_document& document) {
    const std::string_view bytes = document.content.bytes();
    const std::string_view told = trim(document.entry.mime.text);
    document.format = format_of(bytes);
    if (document.format != nullptr) {
      document.content_type = told.empty() ? "text/xml" : std::string(told);
      return;
    }
    const std::string_view seen = media_of_bytes(bytes);
    document.content_type =
        seen.empty() ? std::string(told.empty() ? "application/octet-stream" : told) : std::string(seen);
    if (!seen.empty() && !told.empty() && !equals_ignoring_case(seen, told)) {
      const bool both_xml = seen == "text/xml" && told.ends_with("xml");
      if (both_xml)
        document.content_type = told;
      else
        found_.add(finding::mime_mismatch, document.location);
    }
    if (seen == "application/zip") found_.add(finding::nested_archive, document.location);
  }

  void compare(const package_document& document) {
    const std::string_view bytes = document.content.bytes();
    const std::string_view size = trim(document.entry.size.text), hash = trim(document.entry.hash.text);
    if (!size.empty() && size != std::to_string(bytes.size())) found_.add(finding::size_mismatch, document.location);
    if (!hash.empty() && !equals_ignoring_case(hash, sha1_hex(bytes)))
      found_.add(finding::hash_mismatch, document.location);
    const auto class_of = class_of_type(document.entry.type_code.code.text);
    const std::string& told = document.entry.class_code.code.text;
    if (class_of && !told.empty() && told != class_of->code) found_.add(finding::class_mismatch, document.location);
  }

  void link(const std::vector<association>& associations, std::size_t first, const std::string& set_id) {
    for (std::size_t i = first; i < out_.documents.size(); ++i) {
      package_document& document = out_.documents[i];
      bool is_member = false;
      for (const association& each : associations) {
        if (each.type == association_type::has_member && each.source == set_id && each.target == document.entry.id)
          is_member = true;
        if (each.type != association_type::replaces || each.source != document.entry.id) continue;
        document.replaces = each.target;
        for (const package_document& other : out_.documents)
          if (other.entry.id == each.target && !other.entry.unique_id.empty())
            document.replaces = other.entry.unique_id.text;
      }
      if (!is_member) found_.add(finding::association_missing, document.location);
    }
  }

  void report_extra_files() {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i]) found_.add(finding::extra_file, "entry[" + std::to_string(i + 1) + "]");
  }

  void check_actions() {
    std::size_t removed = 0;
    for (const package_document& document : out_.documents) {
      const std::string_view told = trim(document.entry.action.text);
      if (!told.empty() && told != "C" && told != "D") found_.add(finding::unknown_action, document.location);
      removed += told == "D" ? 1 : 0;
    }
    if (removed != 0 && removed != out_.documents.size()) found_.add(finding::mixed_actions, "archive");
  }

  zip_reader zip_;
  findings& found_;
  account* ledger_;
  verify how_;
  package out_;
  std::vector<std::size_t> metadata_;           // entries
  std::map<std::string, std::size_t> by_name_;  // lower case
  std::vector<bool> used_;
};

}  // namespace

std::optional<package> open_package(bytes_view archive, findings& found, account* ledger, verify how) {
  return opener(archive, found, ledger, how).open();
}

action action_of(const package_document& of) {
  const std::string_view told = trim(of.entry.action.text);
  return told == "D" ? action::remove : told == "C" || !of.replaces.empty() ? action::replace : action::add;
}

}  // namespace liaison::xdm
