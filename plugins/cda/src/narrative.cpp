// SPDX-License-Identifier: Apache-2.0
// A table says what each element of a CDA narrative becomes; what is not in it gives its content only.
#include "narrative.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct element_row {
  std::string_view cda;
  std::string_view html;
};

constexpr std::array<element_row, 36> table{{
    {"paragraph", "p"}, {"content", "span"},  {"item", "li"},       {"br", "br"},       {"sub", "sub"},
    {"sup", "sup"},     {"footnote", "span"}, {"table", "table"},   {"thead", "thead"}, {"tbody", "tbody"},
    {"tfoot", "tfoot"}, {"tr", "tr"},         {"td", "td"},         {"th", "th"},       {"colgroup", "colgroup"},
    {"col", "col"},     {"linkHtml", "a"},    {"footnoteRef", "a"}, {"list", "ul"},     {"caption", "caption"},
    {"p", "p"},         {"ul", "ul"},         {"ol", "ol"},         {"li", "li"},       {"b", "b"},
    {"i", "i"},         {"strong", "b"},      {"em", "i"},          {"span", "span"},   {"div", "div"},
    {"h1", "h1"},       {"h2", "h2"},         {"h3", "h3"},         {"h4", "h4"},       {"pre", "pre"},
    {"a", "a"},
}};

std::string_view html_name(const xmlNode* node) {
  const std::string_view name = local_name(node);
  if (name == "list" && attribute_text(node, "listType") == "ordered") {
    return "ol";
  }
  if (name == "caption" && !is_named(node->parent, "table")) {
    return "b";  // a caption of a list or paragraph
  }
  if (name == "content") {
    const std::string style = attribute_text(node, "styleCode");
    return style.find("Bold") != std::string::npos ? "b" : style.find("Italic") != std::string::npos ? "i" : "span";
  }
  for (const element_row& row : table) {
    if (row.cda == name) {
      return row.html;
    }
  }
  return {};
}

bool is_void(std::string_view html) { return html == "br" || html == "col"; }

/// A link may leave the document only by schemes that a reader's program opens without harm.
bool is_safe_link(std::string_view target) {
  return target.starts_with("#") || target.starts_with("http://") || target.starts_with("https://") ||
         target.starts_with("mailto:") || target.starts_with("urn:");
}

class narrative_writer {
 public:
  narrative_writer(const reading* r, const spot* to) : r_(r), to_(to) {}

  std::string run(const xmlNode* text) {
    children(text);
    return std::move(out_);
  }
  bool shows_something() const { return shown_; }

 private:
  void carry(const xmlNode* node, const char* attribute) {
    if (r_ != nullptr) {
      const sourced value = r_->attribute(node, attribute);
      if (value.has_leaf) {
        to_->carry(value);
      }
    }
  }

  void keep(const xmlNode* node, const char* from, std::string_view into) {
    const std::string value = attribute_text(node, from);
    if (!value.empty()) {
      out_.append(" ").append(into).append("=\"").append(escape_xml(value)).append("\"");
      carry(node, from);
    }
  }

  void attributes(const xmlNode* node, std::string_view html) {
    if (html == "td" || html == "th") {
      keep(node, "colspan", "colspan");
      keep(node, "rowspan", "rowspan");
    }
    if (html == "a") {
      const std::string target = attribute_text(node, "href");
      if (is_safe_link(target)) {
        keep(node, "href", "href");
      }
      if (is_named(node, "footnoteRef") && !attribute_text(node, "IDREF").empty()) {
        out_.append(" href=\"#").append(escape_xml(attribute_text(node, "IDREF"))).append("\"");
        carry(node, "IDREF");
      }
    }
    keep(node, "ID", "id");
    const std::string style = attribute_text(node, "styleCode");
    if ((html == "b" || html == "i") && !style.empty()) {
      carry(node, "styleCode");
    } else if (style.find("Bold") != std::string::npos) {
      out_ += " style=\"font-weight: bold\"";
      carry(node, "styleCode");
    }
    if (html == "ol" && is_named(node, "list")) {
      carry(node, "listType");
    }
  }

  void element(const xmlNode* node) {  // no deeper than parse_xml lets a document be
    if (is_named(node, "renderMultiMedia")) {
      multimedia(node);
      return;
    }
    const std::string_view html = html_name(node);
    if (html.empty()) {
      children(node);
      return;
    }
    out_.append("<").append(html);
    attributes(node, html);
    if (is_void(html)) {
      out_ += "/>";
      return;
    }
    out_ += '>';
    children(node);
    out_.append("</").append(html).append(">");
  }

  void multimedia(const xmlNode* node) {
    const std::string target = attribute_text(node, "referencedObject");
    out_.append("<span>[").append(escape_xml(target)).append("]</span>");
    carry(node, "referencedObject");
    shown_ = shown_ || !target.empty();
    children(node);
  }

  void children(const xmlNode* node) {
    for (const xmlNode* part = node == nullptr ? nullptr : node->children; part != nullptr; part = part->next) {
      if (part->type == XML_ELEMENT_NODE) {
        element(part);
      } else if (part->type == XML_TEXT_NODE && part->content != nullptr) {
        const std::string_view text = reinterpret_cast<const char*>(part->content);
        shown_ = shown_ || !trim(text).empty();
        out_ += escape_xml(text);
        if (r_ != nullptr) {
          const sourced row = r_->ledger.row_of(part);
          if (row.has_leaf) {
            to_->carry(row);
          }
        }
      }
    }
  }

  const reading* r_;
  const spot* to_;
  std::string out_;
  bool shown_ = false;
};

}  // namespace

std::string narrative_div(const reading& r, const xmlNode* text, const spot& to) {
  narrative_writer writer(&r, &to);
  std::string inner = writer.run(text);
  if (!writer.shows_something()) {
    r.drop(text, "shows nothing");
    return {};
  }
  // What is left of the attributes is borders, widths, alignment.
  r.drop(text, "layout of the source's narrative");
  return "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + inner + "</div>";
}

std::string narrative_html(const xmlNode* text) {
  narrative_writer writer(nullptr, nullptr);
  return writer.run(text);
}

}  // namespace liaison::cda
