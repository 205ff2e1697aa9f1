// SPDX-License-Identifier: Apache-2.0
// XHTML of a FHIR narrative → NarrativeBlock, and the narrative that is generated from results.
#include "encode_parts_n3.hpp"

#include "cda_findings.hpp"
#include "datatypes.hpp"

#include <liaison/common/text.hpp>
#include <liaison/common/xml.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

struct element_row {
  std::string_view html, cda, style;
};
constexpr std::array<element_row, 33> table{{
    {"p", "paragraph", ""},
    {"span", "content", ""},
    {"b", "content", "Bold"},
    {"strong", "content", "Bold"},
    {"i", "content", "Italics"},
    {"em", "content", "Italics"},
    {"u", "content", "Underline"},
    {"br", "br", ""},
    {"ul", "list", ""},
    {"ol", "list", ""},
    {"li", "item", ""},
    {"table", "table", ""},
    {"thead", "thead", ""},
    {"tbody", "tbody", ""},
    {"tfoot", "tfoot", ""},
    {"tr", "tr", ""},
    {"td", "td", ""},
    {"th", "th", ""},
    {"caption", "caption", ""},
    {"sub", "sub", ""},
    {"sup", "sup", ""},
    {"a", "linkHtml", ""},
    {"h1", "paragraph", "Bold"},
    {"h2", "paragraph", "Bold"},
    {"h3", "paragraph", "Bold"},
    {"h4", "paragraph", "Bold"},
    {"h5", "paragraph", "Bold"},
    {"h6", "paragraph", "Bold"},
    {"pre", "paragraph", ""},
    {"colgroup", "colgroup", ""},
    {"col", "col", ""},
    {"dt", "paragraph", "Bold"},
    {"dd", "paragraph", ""},
}};

const element_row* row_of(std::string_view html) {
  for (const element_row& row : table) {
    if (row.html == html) {
      return &row;
    }
  }
  return nullptr;
}

/// paragraph, list and table may not stand in a paragraph or content: there only the text of them.
bool is_inline_only(std::string_view cda) {
  return cda == "paragraph" || cda == "content" || cda == "linkHtml" || cda == "sub" || cda == "sup";
}
bool is_block(std::string_view cda) { return cda == "paragraph" || cda == "list" || cda == "table"; }

std::string collapsed(std::string_view text) {
  std::string out;
  for (const std::string_view word : split(text, ' ')) {
    for (const std::string_view line : split(word, '\n')) {
      if (!trim(line).empty()) {
        out.append(out.empty() ? "" : " ").append(trim(line));
      }
    }
  }
  return out;
}

class block_writer {
 public:
  block_writer(std::string& out, narrative_state& state) : out_(out), state_(state) {}

  void children(const xmlNode* node, std::string_view in) {
    for (const xmlNode* part = node->children; part != nullptr; part = part->next) {
      if (part->type == XML_TEXT_NODE && part->content != nullptr) {
        text(reinterpret_cast<const char*>(part->content), in);
      } else if (part->type == XML_ELEMENT_NODE) {
        element(part, in);  // no deeper than parse_xml lets a document be
      }
    }
  }

 private:
  void text(std::string_view raw, std::string_view in) {
    if (trim(raw).empty() &&
        (in == "table" || in == "thead" || in == "tbody" || in == "tfoot" || in == "tr" || in == "list")) {
      return;
    }
    if (pre_ == 0) {
      out_ += escape_xml(raw);
      return;
    }
    bool first = true;
    for (const std::string_view line : split(raw, '\n')) {
      if (!first) {
        out_ += "<br/>";
      }
      first = false;
      // Columns of a laid-out text keep their place with blanks that do not collapse.
      for (const char& c : line) {
        if (c == ' ') {
          out_ += "\xC2\xA0";
        } else if (c != '\r') {
          out_ += escape_xml({&c, 1});
        }
      }
    }
  }

  void element(const xmlNode* node, std::string_view in) {
    const std::string_view html = local_name(node);
    const element_row* row = row_of(html);
    if (row == nullptr || (is_block(row->cda) && is_inline_only(in))) {
      if (row != nullptr && is_block(row->cda) && !out_.ends_with('>')) {
        out_ += "<br/>";
      }
      children(node, in);
      return;
    }
    std::string_view name = row->cda;
    const bool bare_row = name == "tr" && in == "table";
    out_ += bare_row ? "<tbody>" : "";
    out_.append("<").append(name);
    if (html == "ol") {
      out_ += " listType=\"ordered\"";
    }
    if (!row->style.empty()) {
      out_.append(" styleCode=\"").append(row->style).append("\"");
    }
    const std::string id = id_for(node, name);
    if (!id.empty() && name != "br" && name != "sub" && name != "sup" && is_xml_id(id) &&
        state_.used_ids.insert(id).second) {
      remember(node, id);
      out_.append(" ID=\"").append(id).append("\"");
    }
    for (const char* attribute : {"colspan", "rowspan", "href"}) {
      const std::string value = attribute_text(node, attribute);
      const bool fits = attribute == std::string_view("href") ? name == "linkHtml"
                                                              : (is_digits(value) && (name == "td" || name == "th"));
      if (!value.empty() && fits) {
        out_.append(" ").append(attribute).append("=\"").append(escape_xml(value)).append("\"");
      }
    }
    if (name == "br" || name == "col") {
      out_ += "/>";
      return;
    }
    out_ += '>';
    pre_ += html == "pre" ? 1 : 0;
    children(node, name);
    pre_ -= html == "pre" ? 1 : 0;
    out_.append("</").append(name).append(bare_row ? "></tbody>" : ">");
  }

  /// The element's own id, or a new one when an entry refers to what it says.
  std::string id_for(const xmlNode* node, std::string_view name) {
    std::string id = attribute_text(node, "id");
    const bool may_have_one =
        name == "td" || name == "item" || name == "content" || name == "paragraph" || name == "th";
    if (!id.empty() || state_.wanted.empty() || !may_have_one) {
      return id;
    }
    const std::string text = collapsed(all_text(node));
    if (state_.wanted.count(text) == 0 || state_.id_of_text.count(text) != 0) {
      return id;
    }
    do {
      id = "t" + std::to_string(++state_.made);
    } while (state_.used_ids.count(id) != 0);
    return id;
  }

  /// An ID of the schema is an NCName.
  static bool is_xml_id(std::string_view id) {
    for (std::size_t i = 0; i < id.size(); ++i) {
      const unsigned char c = static_cast<unsigned char>(id[i]);
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
      if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) {
        return false;
      }
    }
    return true;
  }

  void remember(const xmlNode* node, const std::string& id) {
    constexpr std::size_t text_size_max = 4096;
    std::string text = collapsed(all_text(node));
    if (!text.empty() && text.size() <= text_size_max) {
      state_.id_of_text.emplace(std::move(text), id);
    }
  }

  std::string& out_;
  narrative_state& state_;
  int pre_ = 0;
};

}  // namespace

std::string shown_text(const writing& w, const std::string& text) {
  if (text.empty()) {
    return text;
  }
  const auto [at, is_new] = w.narrative.id_of_text.emplace(text, "");
  if (!is_new) {
    return escape_xml(text);
  }
  at->second = w.narrative.new_id();
  return "<content ID=\"" + at->second + "\">" + escape_xml(text) + "</content>";
}

std::string printed_value(const json_value* node) {
  const std::string quantity = writing::text(node, "valueQuantity/value");
  if (!quantity.empty()) {
    const std::string comparator = writing::text(node, "valueQuantity/comparator");
    const std::string unit = writing::text(node, "valueQuantity/unit");
    return comparator + (comparator.empty() ? "" : " ") + quantity + (unit.empty() ? "" : " " + unit);
  }
  for (const char* path : {"valueString", "valueCodeableConcept/text", "valueCodeableConcept/coding/0/display",
                           "valueInteger", "valueDateTime", "valueBoolean", "valueCodeableConcept/coding/0/code"}) {
    const std::string text = writing::text(node, path);
    if (!text.empty()) {
      return text;
    }
  }
  const std::string low = writing::text(node, "valueRange/low/value");
  return low.empty() ? low : low + " - " + writing::text(node, "valueRange/high/value");
}

std::string printed_range(const json_value* node) {
  const std::string text = writing::text(node, "referenceRange/0/text");
  const std::string low = writing::text(node, "referenceRange/0/low/value");
  const std::string high = writing::text(node, "referenceRange/0/high/value");
  if (!text.empty() || (low.empty() && high.empty())) {
    return text;
  }
  return low.empty() ? "< " + high : high.empty() ? "> " + low : low + " - " + high;
}

namespace {

void cell(std::string& out, std::string_view content) { out.append("<td>").append(content).append("</td>"); }

void result_rows(const writing& w, const json_value* observation, std::string& out, unsigned depth) {
  constexpr unsigned panel_depth_max = 8;
  if (observation == nullptr || depth > panel_depth_max) {
    return;
  }
  const bool panel = writing::find(observation, "hasMember/0") != nullptr;
  out += "<tr>";
  if (panel) {
    out += "<td colspan=\"4\"><content styleCode=\"Bold\">" + shown_text(w, printed_label(observation)) +
           "</content></td>";
  } else {
    cell(out, shown_text(w, printed_label(observation)));
    std::string value = shown_text(w, printed_value(observation));
    const std::string second = printed_value(writing::find(observation, "component/0"));
    if (!second.empty()) {
      value += escape_xml(" (" + second + ")");
    }
    for (std::size_t i = 0; const json_value* note = writing::item(observation, "note", i); ++i) {
      value += (value.empty() ? "" : "<br/>") + shown_text(w, writing::text(note, "text"));
    }
    cell(out, value);
    cell(out, escape_xml(printed_range(observation)));
    std::string flag = writing::text(observation, "interpretation/0/coding/0/code");
    cell(out, escape_xml(flag == "N" ? "" : flag.empty() ? writing::text(observation, "interpretation/0/text") : flag));
  }
  out += "</tr>";
  for (std::size_t i = 0; const json_value* member = writing::item(observation, "hasMember", i); ++i) {
    result_rows(w, w.pivot.resolve(member), out, depth + 1);
  }
}

void collect_missing(const writing& w, const json_value* holder, std::string_view path,
                     std::vector<std::string>& missing, unsigned depth) {
  constexpr unsigned panel_depth_max = 16;
  for (std::size_t i = 0; depth < panel_depth_max; ++i) {
    const json_value* reference = writing::item(holder, path, i);
    if (reference == nullptr) {
      return;
    }
    const json_value* observation = w.pivot.resolve(reference);
    const std::string label = printed_label(observation);
    if (!label.empty() && w.narrative.id_of_text.count(label) == 0 &&
        std::find(missing.begin(), missing.end(), label) == missing.end()) {
      missing.push_back(label);
    }
    for (std::size_t n = 0; const json_value* note = writing::item(observation, "note", n); ++n) {
      const std::string text = writing::text(note, "text");
      if (w.narrative.id_of_text.count(text) == 0 && std::find(missing.begin(), missing.end(), text) == missing.end()) {
        missing.push_back(text);
      }
    }
    collect_missing(w, observation, "hasMember", missing, depth + 1);
  }
}

}  // namespace

std::string printed_label(const json_value* node) {
  for (const char* path : {"code/text", "code/coding/0/display", "code/coding/0/code"}) {
    const std::string text = writing::text(node, path);
    if (!text.empty()) {
      return text;
    }
  }
  return {};
}

void write_missing_labels(const writing& w, const json_value* report) {
  std::vector<std::string> missing;
  collect_missing(w, report, "result", missing, 0);
  write_missing_labels(w, missing, "Analyses : ");
}

void write_missing_labels(const writing& w, const std::vector<std::string>& labels, std::string_view heading) {
  std::string out;
  for (const std::string& label : labels) {
    if (w.narrative.id_of_text.count(label) == 0) {
      out += (out.empty() ? "" : " ; ") + shown_text(w, label);
    }
  }
  if (!out.empty()) {
    w.out.raw("<paragraph>" + std::string(heading) + out + "</paragraph>");
  }
}

void write_narrative(const writing& w, const json_value* section) {
  const sourced div = w.get(section, "text/div");
  const xml_parsed parsed = parse_xml(div.text);
  std::string out;
  w.narrative.id_of_text.clear();
  if (!parsed.document) {
    tell(w.of, finding::narrative, w.pivot.pointer(section, "text/div"));
    out = "<paragraph>" + escape_xml(xhtml_text(div.text)) + "</paragraph>";
  } else {
    block_writer(out, w.narrative).children(xmlDocGetRootElement(parsed.document.get()), "text");
  }
  w.out.raw(out);
  w.out.carry(div);
}

void write_result_table(const writing& w, const json_value* report) {
  std::string out =
      "<table border=\"0\"><thead><tr><th>Analyse</th><th>Résultat</th><th>Valeurs de "
      "référence</th><th>Indicateur</th></tr></thead><tbody>";
  bool any = false;
  w.narrative.id_of_text.clear();
  for (std::size_t i = 0; const json_value* reference = writing::item(report, "result", i); ++i) {
    result_rows(w, w.pivot.resolve(reference), out, 0);
    any = true;
  }
  out += any ? "</tbody></table>" : "<tr><td>—</td></tr></tbody></table>";
  const std::string conclusion = writing::text(report, "conclusion");
  if (!conclusion.empty()) {
    out += "<paragraph>" + shown_text(w, conclusion) + "</paragraph>";
  }
  w.out.raw(out);
}

}  // namespace liaison::cda
