// SPDX-License-Identifier: Apache-2.0
#include "cda_header.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <vector>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t header_size_bytes_max = 256U << 10;
constexpr std::size_t patient_ids_max = 64;
constexpr std::string_view blanks = " \t\r\n";

/// One tag as it stands: name without prefix, and what lies between name and end.
struct tag {
  std::string_view name, attributes;
  bool is_end = false, is_empty = false;
};

/// Walks over the tags of a text; comments, CDATA and processing instructions are stepped over.
class tags {
 public:
  explicit tags(std::string_view text) : text_(text) {}

  std::optional<tag> next() {
    for (;;) {
      at_ = text_.find('<', at_);
      if (at_ == std::string_view::npos) return std::nullopt;
      const std::string_view rest = text_.substr(at_);
      bool ok = true;
      if (rest.starts_with("<!--")) {
        ok = skip_behind("-->");
      } else if (rest.starts_with("<![CDATA[")) {
        ok = skip_behind("]]>");
      } else if (rest.starts_with("<?")) {
        ok = skip_behind("?>");
      } else if (rest.starts_with("<!")) {
        return std::nullopt;  // a document type: not for us
      } else {
        return cut();
      }
      if (!ok) return std::nullopt;
    }
  }

 private:
  bool skip_behind(std::string_view mark) {
    at_ = text_.find(mark, at_);
    if (at_ == std::string_view::npos) return false;
    at_ += mark.size();
    return true;
  }

  std::optional<tag> cut() {
    std::size_t end = at_ + 1;
    for (char quote = '\0'; end < text_.size() && (quote != '\0' || text_[end] != '>'); ++end) {
      const char c = text_[end];
      if (quote == c) {
        quote = '\0';
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      }
    }
    if (end >= text_.size()) return std::nullopt;
    std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    tag out;
    out.is_end = inside.starts_with('/');
    if (out.is_end) inside.remove_prefix(1);
    out.is_empty = inside.ends_with('/');
    if (out.is_empty) inside.remove_suffix(1);
    const std::size_t name_end = std::min(inside.find_first_of(blanks), inside.size());
    out.name = inside.substr(0, name_end);
    out.attributes = inside.substr(name_end);
    if (const std::size_t colon = out.name.find(':'); colon != std::string_view::npos)
      out.name.remove_prefix(colon + 1);
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string without_entities(std::string_view text) {
  static constexpr std::pair<std::string_view, char> entities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto* found = std::find_if(std::begin(entities), std::end(entities),
                                     [&](const auto& each) { return text.substr(i).starts_with(each.first); });
    if (found == std::end(entities)) {
      out += text[i++];
    } else {
      out += found->second;
      i += found->first.size();
    }
  }
  return out;
}

std::string attribute(const tag& of, std::string_view name) {
  std::string_view rest = of.attributes;
  for (;;) {
    const std::size_t begin = rest.find_first_not_of(blanks);
    const std::size_t equals = rest.find('=', begin == std::string_view::npos ? 0 : begin);
    if (begin == std::string_view::npos || equals == std::string_view::npos) return {};
    const std::string_view found = trim(rest.substr(begin, equals - begin));
    const std::size_t open = rest.find_first_of("\"'", equals);
    const std::size_t close = open == std::string_view::npos ? open : rest.find(rest[open], open + 1);
    if (close == std::string_view::npos) return {};
    if (found == name) return without_entities(trim(rest.substr(open + 1, close - open - 1)));
    rest.remove_prefix(close + 1);
  }
}

document_id id_from(const tag& of) { return {attribute(of, "root"), attribute(of, "extension")}; }

}  // namespace

bool document_id::operator==(const document_id& other) const {
  return equals_ignoring_case(root, other.root) && extension == other.extension;
}

std::optional<cda_header> read_cda_header(std::string_view xml) {
  tags walk(xml.substr(0, header_size_bytes_max));
  cda_header out;
  bool replaces = false;
  std::vector<std::string_view> open;
  while (const auto each = walk.next()) {
    if (each->is_end) {
      if (!open.empty()) open.pop_back();
      if (open.empty()) return out;
      continue;
    }
    if (open.empty() && each->name != "ClinicalDocument") return std::nullopt;
    if (open.size() == 1) {
      if (each->name == "component") return out;  // the body: the header ends here
      if (each->name == "id") out.id = id_from(*each);
      if (each->name == "code") {
        out.code = attribute(*each, "code");
        out.code_system = attribute(*each, "codeSystem");
        out.code_display = attribute(*each, "displayName");
      }
      if (each->name == "relatedDocument") replaces = attribute(*each, "typeCode") == "RPLC";
    }
    if (open.size() == 3 && open[2] == "patientRole" && open[1] == "recordTarget" && each->name == "id" &&
        out.patient.size() < patient_ids_max)
      out.patient.push_back(id_from(*each));
    if (replaces && open.size() == 3 && open[1] == "relatedDocument" && each->name == "id" && out.parent.empty())
      out.parent = id_from(*each);
    if (!each->is_empty) open.push_back(each->name);
    if (open.size() > 100) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace liaison::hl7v2
