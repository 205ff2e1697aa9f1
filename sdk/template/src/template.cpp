// SPDX-License-Identifier: Apache-2.0
// The smallest useful plugin: one format, read and checked. Copy this folder, rename the format, replace `parse`.
//
// The format "template" is text, UTF-8, one `key: value` a line, the first line being `template/1`:
//
//   template/1
//   id: 4711
//   title: Compte rendu de consultation
//   text: Examen sans particularité.
//
// It offers inspect, decode, validate and render; encode and acknowledge are left NULL, which says "not offered".
#include <liaison/translator.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view first_line = "template/1";
constexpr std::size_t lines_max = 10'000;  // whatever input controls has a limit with a name

struct field {
  std::size_t line;
  std::string_view key, value;
};

struct parsed {
  std::vector<field> fields;
  std::string_view value_of(std::string_view key) const {
    for (const field& one : fields)
      if (one.key == key) return one.value;
    return {};
  }
};

// What crosses the boundary: the host copies at once, and a status other than OK must be given back.
struct host_full {
  liaison_status status;
};

void report(const liaison_call* call, liaison_severity severity, const char* code, std::size_t line, const char* text) {
  const std::string location = line == 0 ? "" : "line " + std::to_string(line);
  const liaison_issue issue = {sizeof issue, severity, code, location.c_str(), text};
  const liaison_status status = call->sink->issue(call->sink->self, &issue);
  if (status != LIAISON_OK) throw host_full{status};
}

void emit(const liaison_call* call, liaison_part_role role, const char* content_type, std::string_view bytes) {
  const liaison_part part = {sizeof part,  role,    nullptr,
                             content_type, nullptr, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}};
  const liaison_status status = call->sink->part(call->sink->self, &part);
  if (status != LIAISON_OK) throw host_full{status};
}

std::string_view text_of(liaison_bytes bytes) {
  return bytes.size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

bool is_template(std::string_view text) {
  return text.substr(0, first_line.size()) == first_line &&
         (text.size() == first_line.size() || text[first_line.size()] == '\n' || text[first_line.size()] == '\r');
}

// Bytes that are no ASCII are checked and kept; a real format would decode its own character set here.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<uint8_t>(text[at]) : 0U; };
    const unsigned lead = byte(i), second = byte(i + 1);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : (lead & 0xF0U) == 0xE0      ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0) return false;
    for (std::size_t n = 1; n < length; ++n)
      if ((byte(i + n) & 0xC0U) != 0x80) return false;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F))
      return false;
    i += length;
  }
  return true;
}

bool has_control_characters(std::string_view text) {
  for (const char c : text)
    if ((static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7F) return true;
  return false;
}

// Reads and reports. Never more than one pass, never deeper than one level.
liaison_status parse(const liaison_call* call, parsed& into) {
  std::string_view text = text_of(call->input);
  if (!is_template(text)) return LIAISON_NOT_MINE;
  if (!is_utf8(text)) {
    report(call, LIAISON_ERROR, "template-not-utf8", 0, "the message is not UTF-8");
    return LIAISON_REJECT;
  }
  for (std::size_t line = 1; !text.empty(); ++line) {
    if (line > lines_max) {
      report(call, LIAISON_ERROR, "template-too-long", line, "the message has more lines than are allowed");
      return LIAISON_REJECT;
    }
    const std::size_t end = text.find('\n');
    std::string_view content = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (!content.empty() && content.back() == '\r') content.remove_suffix(1);
    if (line == 1 || content.empty()) continue;
    if (has_control_characters(content)) {
      report(call, LIAISON_ERROR, "template-control-character", line, "the line holds a control character");
      return LIAISON_REJECT;
    }
    const std::size_t colon = content.find(": ");
    if (colon == content.npos)
      report(call, LIAISON_WARNING, "template-no-colon", line, "a line without key and value is left out");
    else
      into.fields.push_back({line, content.substr(0, colon), content.substr(colon + 2)});
  }
  if (!into.value_of("id").empty()) return LIAISON_OK;
  report(call, LIAISON_ERROR, "template-no-id", 0, "the message has no id");
  return LIAISON_REJECT;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\t')
      out += "\\t";
    else
      out += c;  // `parse` lets no other control character through
  }
  out += '"';
}

std::string json_member(const char* name, std::string_view value) {
  std::string member = std::string("\"") + name + "\":";
  append_json(member, value);
  return member;
}

liaison_status inspect(const liaison_call* call) {
  parsed message;
  if (const liaison_status status = parse(call, message); status != LIAISON_OK) return status;
  std::string facts =
      R"({"format":"template","profile":"plain","document":{)" + json_member("id", message.value_of("id"));
  if (const auto title = message.value_of("title"); !title.empty()) facts += "," + json_member("title", title);
  emit(call, LIAISON_PART_FACTS, "application/json", facts + "}}");
  return LIAISON_OK;
}

std::string xhtml_of(std::string_view text) {
  std::string div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";
  for (const char c : text) {
    if (c == '<')
      div += "&lt;";
    else if (c == '&')
      div += "&amp;";
    else
      div += c;
  }
  return div + "</div>";
}

// The pivot is a FHIR document Bundle (docs/reference/pivot.md); the account says what became of every value
// (docs/reference/account.md). Nothing of the source may disappear silently.
struct place {
  std::string_view key;
  const char* pointer;
};
constexpr place places[] = {{"id", "/identifier/value"},
                            {"title", "/entry/0/resource/title"},
                            {"text", "/entry/0/resource/section/0/text/div"}};

// Every value of the source: carried, and where to; or not, and why.
std::string account_of(const parsed& message) {
  std::string leaves;
  for (const field& one : message.fields) {
    if (one.value.empty()) continue;
    const char* to = nullptr;
    for (const place& each : places)
      // A key that is repeated is carried once: its first value.
      if (each.key == one.key && message.value_of(one.key).data() == one.value.data()) to = each.pointer;
    leaves += leaves.empty() ? "{" : ",{";
    leaves += json_member("location", "line " + std::to_string(one.line)) + "," + json_member("value", one.value) + ",";
    leaves += to == nullptr ? json_member("reason", "no place in the pivot") : std::string("\"to\":[\"") + to + "\"]";
    leaves += "}";
  }
  return "{\"leaves\":[" + leaves + "],\"added\":[]}";
}

liaison_status decode(const liaison_call* call) {
  parsed message;
  if (const liaison_status status = parse(call, message); status != LIAISON_OK) return status;
  std::string composition = R"({"resourceType":"Composition","status":"final")";
  if (const auto title = message.value_of("title"); !title.empty()) composition += "," + json_member("title", title);
  if (const auto text = message.value_of("text"); !text.empty())
    composition += R"(,"section":[{"text":{"status":"generated",)" + json_member("div", xhtml_of(text)) + "}}]";
  emit(call, LIAISON_PART_DOCUMENT, "application/fhir+json",
       R"({"resourceType":"Bundle","type":"document","identifier":{)" + json_member("value", message.value_of("id")) +
           R"(},"entry":[{"resource":)" + composition + "}}]}");

  emit(call, LIAISON_PART_ACCOUNT, "application/json", account_of(message));
  return LIAISON_OK;
}

liaison_status validate(const liaison_call* call) {
  parsed message;
  return parse(call, message);
}

liaison_status render(const liaison_call* call) {
  parsed message;
  if (const liaison_status status = parse(call, message); status != LIAISON_OK) return status;
  emit(call, LIAISON_PART_TEXT, "text/plain; charset=utf-8",
       std::string(message.value_of("title")) + "\n\n" + std::string(message.value_of("text")) + "\n");
  return LIAISON_OK;
}

// Nothing is thrown across the boundary: each entry of the table goes through here.
template <liaison_status (*operation)(const liaison_call*)>
liaison_status guarded(void*, const liaison_call* call) {
  try {
    return operation(call);
  } catch (const host_full& full) {
    return full.status;
  } catch (const std::exception&) {
    const liaison_issue issue = {sizeof issue, LIAISON_ERROR, "template-internal-error", "",
                                 "the translator failed unexpectedly"};
    (void)call->sink->issue(call->sink->self, &issue);
    return LIAISON_QUARANTINE;
  }
}

int recognise(void*, liaison_bytes input) { return is_template(text_of(input)) ? 100 : 0; }

liaison_status create(liaison_bytes, const liaison_sink*, void** self) {
  *self = nullptr;  // no tables to load, nothing to remember between calls
  return LIAISON_OK;
}

const char* const profiles[] = {"plain", nullptr};
const liaison_translator translator = {sizeof translator, "template", profiles,          recognise, guarded<inspect>,
                                       guarded<decode>,   nullptr,    guarded<validate>, nullptr,   guarded<render>,
                                       nullptr};
const liaison_translator* const translators[] = {&translator};
const liaison_plugin plugin = {sizeof plugin, "fr.liaison.template", "0.1.0", translators, 1, create, nullptr};

}  // namespace

extern "C" const liaison_plugin* liaison_plugin_entry(const char* abi) {
  return std::strcmp(abi, LIAISON_TRANSLATOR_ABI) == 0 ? &plugin : nullptr;
}
