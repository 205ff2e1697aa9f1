// SPDX-License-Identifier: Apache-2.0
// Hardened XML over libxml2. A linear scan of the bytes runs before libxml2 does: it refuses a DOCTYPE
// and everything that passes a limit (depth, nodes, attributes of one element, namespaces in scope) while
// nothing has been allocated yet. The scan reads a well-formed beginning exactly as the parser will; what
// is not well-formed is left to libxml2 to report. Bytes of other charsets become UTF-8 here, because the
// sandbox does not let iconv load its modules.
#include <liaison/common/charset.hpp>
#include <liaison/common/text.hpp>
#include <liaison/common/xml.hpp>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unordered_set>

namespace liaison {
namespace {

// libxml2 compares each attribute of a start tag with all others of it, and searches namespaces in scope
// one by one: both must stay small for the time to stay linear.
constexpr std::size_t attributes_of_element_max = 256;
constexpr std::size_t namespaces_in_scope_max = 1024;
// Its dictionary of names stops growing at 16,384 buckets; beyond a few names each, every new one costs more.
constexpr std::size_t distinct_names_max = 20'000;

std::string line_and_column(std::string_view bytes, std::size_t offset) {
  offset = std::min(offset, bytes.size());
  const std::string_view before = bytes.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? offset + 1 : offset - line_start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

struct scan_state {
  std::string_view text;
  const xml_limits& limits;
  std::size_t at = 0;
  std::size_t nodes = 0;
  std::size_t namespaces_in_scope = 0;
  std::vector<std::uint16_t> namespaces_of_level;
  std::unordered_set<std::string_view> names;

  explicit scan_state(std::string_view bytes, const xml_limits& of) : text(bytes), limits(of) {}

  xml_defect defect(std::size_t where, const char* code, std::string diagnostics) const {
    return {code, line_and_column(text, where), std::move(diagnostics)};
  }
};

/// Moves behind `mark`, or to the end when it does not come.
void skip_behind(scan_state& scan, std::string_view mark) {
  const std::size_t found = scan.text.find(mark, scan.at);
  scan.at = found == std::string_view::npos ? scan.text.size() : found + mark.size();
}

struct start_tag {
  std::size_t attributes = 0;
  std::size_t namespaces = 0;
  bool closes_itself = false;
};

/// Fewer elements than the limit cannot have more names, so that ordinary documents pay nothing.
void note_name(scan_state& scan, std::size_t begin) {
  if (scan.nodes <= distinct_names_max) return;
  std::size_t end = begin;
  while (end < scan.text.size() && std::string_view(" \t\r\n=/>").find(scan.text[end]) == std::string_view::npos) ++end;
  scan.names.insert(scan.text.substr(begin, end - begin));
}

/// Reads from '<' to behind '>'; quoted values are skipped as a whole.
start_tag read_start_tag(scan_state& scan) {
  start_tag tag;
  std::size_t at = scan.at + 1;
  std::size_t word = at;  // where the current name began
  note_name(scan, at);
  while (at < scan.text.size() && scan.text[at] != '>') {
    const char c = scan.text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = scan.text.find(c, at + 1);
      if (end == std::string_view::npos) {
        at = scan.text.size();
        break;
      }
      at = end;
    } else if (c == '=') {
      ++tag.attributes;
      note_name(scan, word);
      if (scan.text.substr(word, 5) == "xmlns") {
        ++tag.namespaces;
      }
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (at + 1 < scan.text.size() && scan.text[at + 1] != '=') {
        word = at + 1;
      }
    }
    ++at;
  }
  tag.closes_itself = at > scan.at + 1 && at < scan.text.size() && scan.text[at - 1] == '/';
  scan.at = std::min(at + 1, scan.text.size());
  return tag;
}

std::optional<xml_defect> open_element(scan_state& scan) {
  const std::size_t began = scan.at;
  const start_tag tag = read_start_tag(scan);
  scan.nodes += 1 + tag.attributes;
  if (tag.attributes > attributes_of_element_max) {
    return scan.defect(began, "xml-too-many-attributes",
                       "an element has more than " + std::to_string(attributes_of_element_max) + " attributes");
  }
  if (scan.nodes > scan.limits.nodes_max) {
    return scan.defect(began, "xml-too-many-nodes",
                       "more than " + std::to_string(scan.limits.nodes_max) + " elements and attributes");
  }
  if (scan.names.size() > distinct_names_max) {
    return scan.defect(began, "xml-too-many-names",
                       "more than " + std::to_string(distinct_names_max) + " different names");
  }
  if (tag.closes_itself) {
    return std::nullopt;
  }
  scan.namespaces_of_level.push_back(static_cast<std::uint16_t>(tag.namespaces));
  scan.namespaces_in_scope += tag.namespaces;
  if (scan.namespaces_of_level.size() > scan.limits.depth_max) {
    return scan.defect(began, "xml-too-deep",
                       "elements are nested more than " + std::to_string(scan.limits.depth_max) + " deep");
  }
  if (scan.namespaces_in_scope > namespaces_in_scope_max) {
    return scan.defect(began, "xml-too-many-namespaces",
                       "more than " + std::to_string(namespaces_in_scope_max) + " namespaces in scope");
  }
  return std::nullopt;
}

/// Nothing when the bytes keep the limits; what is not well-formed is not its business.
std::optional<xml_defect> check_limits(std::string_view text, const xml_limits& limits) {
  scan_state scan(text, limits);
  while ((scan.at = std::min(text.find('<', scan.at), text.size())) < text.size()) {
    const std::string_view rest = text.substr(scan.at, 9);
    if (rest.starts_with("<!--")) {
      scan.at += 4;
      skip_behind(scan, "-->");
    } else if (rest == "<![CDATA[") {
      skip_behind(scan, "]]>");
    } else if (rest.starts_with("<?")) {
      skip_behind(scan, "?>");
    } else if (rest.starts_with("<!")) {
      return scan.defect(scan.at, "xml-dtd", "a document type declaration is not allowed");
    } else if (rest.starts_with("</")) {
      if (!scan.namespaces_of_level.empty()) {
        scan.namespaces_in_scope -= scan.namespaces_of_level.back();
        scan.namespaces_of_level.pop_back();
      }
      skip_behind(scan, ">");
    } else if (auto defect = open_element(scan)) {
      return defect;
    }
  }
  return std::nullopt;
}

/// The encoding that the XML declaration names; empty when it names none. `ascii` is a prefix of the document.
std::string_view declared_encoding(std::string_view ascii) {
  ascii = ascii.substr(0, std::min<std::size_t>(ascii.size(), 256));
  if (!ascii.starts_with("<?xml")) {
    return {};
  }
  const std::string_view declaration = ascii.substr(0, ascii.find("?>"));
  std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) {
    return {};
  }
  at = declaration.find_first_of("\"'", at);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::size_t end = declaration.find(declaration[at], at + 1);
  return end == std::string_view::npos ? std::string_view{} : declaration.substr(at + 1, end - at - 1);
}

std::size_t first_byte_not_utf_8(std::string_view bytes) {
  // is_utf_8 says only yes or no; halving finds the line for the report and stays linear.
  std::size_t good = 0;
  for (std::size_t step = bytes.size() / 2 + 1; step > 0; step /= 2) {
    std::size_t end = std::min(good + step, bytes.size());
    while (end > good && end < bytes.size() && (static_cast<unsigned char>(bytes[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    if (is_utf_8(bytes.substr(good, end - good))) {
      good = end;
    }
  }
  return good;
}

struct utf_8_text {
  std::string owned;      ///< used when the bytes had to be converted
  std::string_view text;  ///< without BOM
  std::optional<xml_defect> defect;
};

utf_8_text as_utf_8(std::string_view bytes) {
  using namespace std::string_view_literals;
  utf_8_text result;
  std::optional<charset> set;
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.remove_prefix(3);
    set = charset::utf_8;
  } else if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("<\0"sv)) {
    set = charset::utf_16le;
  } else if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\0<"sv)) {
    set = charset::utf_16be;
  } else {
    const std::string_view name = declared_encoding(bytes);
    set = name.empty() ? std::optional(charset::utf_8) : charset_named(name);
    if (set == charset::utf_16le || set == charset::utf_16be || set == charset::us_ascii) {
      set = charset::utf_8;  // the declaration was readable byte by byte: it is not UTF-16
    }
    if (!set) {
      result.defect = xml_defect{"xml-encoding-unknown", "line 1", "the declared encoding is not known"};
      return result;
    }
  }
  if (*set == charset::utf_8) {
    if (!is_utf_8(bytes)) {
      result.defect = xml_defect{"xml-wrong-charset", line_and_column(bytes, first_byte_not_utf_8(bytes)),
                                 "the document says that it is UTF-8, and a byte here is not"};
      return result;
    }
    result.text = bytes;
    return result;
  }
  decoded converted = to_utf_8(bytes, *set);
  if (converted.replaced > 0) {
    result.defect =
        xml_defect{"xml-wrong-charset", "line 1",
                   "bytes that have no meaning in the declared encoding: " + std::to_string(converted.replaced)};
    return result;
  }
  result.owned = std::move(converted.text);
  result.text = result.owned;
  if (result.text.starts_with("\xEF\xBB\xBF")) {
    result.text.remove_prefix(3);
  }
  return result;
}

/// A sentence for libxml2's error numbers: its own messages may quote the document.
const char* explain(int code) {
  switch (code) {
    case XML_ERR_DOCUMENT_EMPTY:
      return "there is no XML here";
    case XML_ERR_DOCUMENT_END:
      return "something follows the end of the document";
    case XML_ERR_TAG_NAME_MISMATCH:
      return "the end tag does not match the start tag";
    case XML_ERR_TAG_NOT_FINISHED:
      return "the document ends inside an element";
    case XML_ERR_GT_REQUIRED:
      return "a tag is not closed";
    case XML_ERR_LTSLASH_REQUIRED:
      return "an end tag is missing";
    case XML_ERR_ATTRIBUTE_NOT_STARTED:
      return "an attribute value has no quote";
    case XML_ERR_ATTRIBUTE_NOT_FINISHED:
      return "an attribute value does not end";
    case XML_ERR_LT_IN_ATTRIBUTE:
      return "'<' in an attribute value";
    case XML_ERR_ATTRIBUTE_REDEFINED:
      return "an attribute appears twice";
    case XML_ERR_ATTRIBUTE_WITHOUT_VALUE:
      return "an attribute has no value";
    case XML_ERR_UNDECLARED_ENTITY:
    case XML_WAR_UNDECLARED_ENTITY:
      return "an entity that XML does not define";
    case XML_ERR_ENTITYREF_SEMICOL_MISSING:
    case XML_ERR_NAME_REQUIRED:
      return "'&' or '<' that should have been escaped, or a name is missing";
    case XML_ERR_INVALID_CHAR:
    case XML_ERR_INVALID_CHARREF:
      return "a character that XML does not allow";
    case XML_ERR_INVALID_ENCODING:
      return "a byte that is not of the document's encoding";
    default:
      return nullptr;
  }
}

xml_defect defect_of(const xmlError* error) {
  xml_defect found{"xml-not-well-formed", "line 1", "not well-formed"};
  if (error == nullptr || error->code == 0) {
    return found;
  }
  found.location = "line " + std::to_string(error->line);
  if (error->int2 > 0) {
    found.location += ", column " + std::to_string(error->int2);
  }
  const char* sentence = explain(error->code);
  found.diagnostics =
      sentence != nullptr ? sentence : "not well-formed (libxml2 code " + std::to_string(error->code) + ")";
  return found;
}

struct context_free {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};

void refuse_doctype(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
  xmlStopParser(static_cast<xmlParserCtxtPtr>(context));  // the scan has refused it before; a second lock
}

/// Hands the text over piece by piece: read from memory, libxml2 would copy the whole of it first.
int read_piece(void* context, char* buffer, int length) {
  auto& rest = *static_cast<std::string_view*>(context);
  const std::size_t taken = rest.copy(buffer, static_cast<std::size_t>(std::max(length, 0)));
  rest.remove_prefix(taken);
  return static_cast<int>(taken);
}

}  // namespace

xml_parsed parse_xml(std::string_view bytes, const xml_limits& limits) {
  xml_parsed result;
  if (bytes.size() > limits.size_bytes_max || bytes.size() > 0x7FFFFFF0U) {
    result.defects.push_back(
        {"xml-too-large", "line 1", "more than " + std::to_string(limits.size_bytes_max) + " bytes"});
    return result;
  }
  const utf_8_text input = as_utf_8(bytes);
  if (input.defect) {
    result.defects.push_back(*input.defect);
    return result;
  }
  if (auto defect = check_limits(input.text, limits)) {
    result.defects.push_back(*defect);
    return result;
  }
  const std::unique_ptr<xmlParserCtxt, context_free> context(xmlNewParserCtxt());
  if (!context) {
    throw std::bad_alloc();
  }
  context->sax->internalSubset = refuse_doctype;
  context->sax->externalSubset = refuse_doctype;
  context->sax->comment = nullptr;  // nothing for a reader; without them text on both sides stays one text
  context->sax->processingInstruction = nullptr;
  const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | XML_PARSE_HUGE |
                      XML_PARSE_COMPACT | XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC;
  std::string_view rest = input.text;
  result.document.reset(xmlCtxtReadIO(context.get(), read_piece, nullptr, &rest, nullptr, "UTF-8", options));
  if (!result.document || context->wellFormed == 0) {
    result.document.reset();
    const xmlError* error = xmlCtxtGetLastError(context.get());
    if (error != nullptr && error->code == XML_ERR_NO_MEMORY) {
      throw std::bad_alloc();
    }
    result.defects.push_back(defect_of(error));
  }
  return result;
}

}  // namespace liaison
