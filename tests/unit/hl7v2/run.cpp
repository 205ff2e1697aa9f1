// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "../../support/corpus.hpp"

#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace liaison::hl7v2::testing {
namespace {

std::string text(const char* borrowed) { return borrowed == nullptr ? std::string{} : std::string(borrowed); }
std::string text(const liaison_bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }
liaison_bytes bytes(std::string_view view) { return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()}; }

const liaison_translator& translator() {
  const liaison_plugin* plugin = liaison_plugin_entry(LIAISON_TRANSLATOR_ABI);
  return *plugin->translators[0];
}

}  // namespace

const part* result::first(liaison_part_role role) const {
  for (const auto& each : parts) {
    if (each.role == role) return &each;
  }
  return nullptr;
}

std::string result::bytes_of(liaison_part_role role) const {
  const part* found = first(role);
  return found == nullptr ? std::string{} : found->bytes;
}

rapidjson::Document result::json_of(liaison_part_role role) const {
  rapidjson::Document json;
  const std::string content = bytes_of(role);
  json.Parse<rapidjson::kParseNumbersAsStringsFlag>(content.c_str(), content.size());
  return json;
}

bool result::has_issue(std::string_view code, std::string_view location) const {
  for (const auto& each : issues) {
    if (each.code == code && (location.empty() || each.location == location)) return true;
  }
  return false;
}

std::string result::list_issues() const {
  std::string out;
  for (const auto& each : issues) {
    out += each.severity == LIAISON_ERROR ? "error " : each.severity == LIAISON_WARNING ? "warning " : "information ";
    out += each.code + " " + each.location + ": " + each.diagnostics + "\n";
  }
  return out;
}

result run(operation which, std::string_view input, std::string_view options, const std::vector<part>& given) {
  result out;
  liaison_sink sink = {sizeof(liaison_sink), &out,
                       [](void* self, const liaison_part* p) {
                         static_cast<result*>(self)->parts.push_back(
                             {p->role, text(p->name), text(p->content_type), text(p->format), text(p->bytes)});
                         return LIAISON_OK;
                       },
                       [](void* self, const liaison_issue* i) {
                         static_cast<result*>(self)->issues.push_back(
                             {i->severity, text(i->code), text(i->location), text(i->diagnostics)});
                         return LIAISON_OK;
                       }};
  std::vector<liaison_part> parts;
  for (const auto& each : given) {
    parts.push_back({sizeof(liaison_part), each.role, each.name.c_str(), each.content_type.c_str(), each.format.c_str(),
                     bytes(each.bytes)});
  }
  const liaison_call call = {sizeof(liaison_call), bytes(input), bytes(options), parts.data(), parts.size(), &sink};
  const liaison_translator& table = translator();
  const liaison_operation operations[] = {table.inspect,  table.decode,      table.encode,
                                          table.validate, table.acknowledge, table.render};
  out.status = operations[static_cast<int>(which)](nullptr, &call);
  return out;
}

int recognise(std::string_view input) { return translator().recognise(nullptr, bytes(input)); }

std::string at(const rapidjson::Value& json, const char* pointer) {
  const rapidjson::Value* found = rapidjson::Pointer(pointer).Get(json);
  if (found == nullptr) return "(none)";
  if (found->IsString()) return {found->GetString(), found->GetStringLength()};
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  found->Accept(writer);
  return buffer.GetString();
}

std::string with_cr(std::string_view lines) {
  std::string out;
  for (const char c : lines) {
    if (c != '\n') {
      out += c;
    } else if (!out.empty()) {
      out += '\r';
    }
  }
  return out;
}

std::string corpus_folder() {
  const auto folder = test::corpus_folder();
  return std::filesystem::is_directory(folder) ? folder.string() : std::string{};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace liaison::hl7v2::testing
