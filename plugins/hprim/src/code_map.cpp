// SPDX-License-Identifier: Apache-2.0
#include "code_map.hpp"

#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <vector>

namespace liaison::hprim {
namespace {

constexpr std::string_view system_nabm = "urn:oid:1.2.250.1.213.2.5.2";  // the French list of biology acts
constexpr std::size_t rows_max = 200'000;

std::map<std::string, code_map, std::less<>>& kept_maps() {
  static std::map<std::string, code_map, std::less<>> maps;
  return maps;
}

/// Fields of a line; quotes may enclose one, doubled quotes stand for one.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == ';')) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

/// The table that came with the options of a call; the next message of the endpoint brings the same one.
struct inline_table {
  std::string csv, why;
  code_map table;
};

inline_table read_inline(std::string csv) {
  inline_table out;
  if (!parse_code_map(csv, out.table, out.why) && out.why.empty()) out.why = "it is no mapping table";
  out.csv = std::move(csv);
  return out;
}

}  // namespace

bool parse_code_map(std::string_view csv, code_map& into, std::string& why) {
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);
  std::size_t number = 0, rows = 0;
  for (std::string_view line : split(csv, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> fields = fields_of(line);
    const bool complete = fields.size() >= 3 && !fields[1].empty() && !trim(fields[2]).empty();
    const bool code = fields[0] == "loinc" || fields[0] == "nabm";
    if (!complete || (!code && fields[0] != "unit")) {
      why = "line " + std::to_string(number) + ": expected loinc|nabm|unit, local, target[, display]";
      return false;
    }
    if (++rows > rows_max) {
      why = "line " + std::to_string(number) + ": more than " + std::to_string(rows_max) + " rows";
      return false;
    }
    const std::string target(trim(fields[2]));
    if (code) {
      into.codes[fields[1]].push_back({std::string(fields[0] == "loinc" ? system_loinc : system_nabm), target,
                                       fields.size() > 3 ? std::string(trim(fields[3])) : std::string{}});
    } else {
      into.units[std::string(trim(fields[1]))] = target;
    }
  }
  return true;
}

void keep_code_map(const std::string& name, code_map table) { kept_maps()[name] = std::move(table); }

const code_map* chosen_code_map(std::string_view endpoint_options, findings& found) {
  if (endpoint_options.find("code_") == std::string_view::npos) return nullptr;
  rapidjson::Document options;
  options.Parse<rapidjson::kParseIterativeFlag>(endpoint_options.data(), endpoint_options.size());
  if (options.HasParseError() || !options.IsObject()) return nullptr;
  if (const auto csv = options.FindMember("code_table"); csv != options.MemberEnd() && csv->value.IsString()) {
    static inline_table last;
    if (last.csv != csv->value.GetString()) last = read_inline(csv->value.GetString());
    if (!last.why.empty()) found.add(finding::code_map_unusable, "code_table", last.why);
    return last.why.empty() ? &last.table : nullptr;
  }
  const auto name = options.FindMember("code_map");
  if (name == options.MemberEnd() || !name->value.IsString()) return nullptr;
  const auto kept = kept_maps().find(std::string_view(name->value.GetString()));
  if (kept != kept_maps().end()) return &kept->second;
  found.add(finding::code_map_unusable, "code_map", "the plugin's configuration names no such table");
  return nullptr;
}

bool apply_code_map(const code_map* table, const resource_ref& observation, std::string_view local_code,
                    const sent_units& units, account* ledger, const std::string& place) {
  if (table == nullptr) return false;
  bool any = false;
  const auto add = [&](const std::string& path, const std::string& value) {
    observation.set(path, value);
    any = true;
    if (ledger != nullptr) ledger->added(place + "/" + path, value, "mapping table of the endpoint");
  };
  if (const auto found = table->codes.find(local_code); found != table->codes.end()) {
    for (const mapped_code& one : found->second) {
      const std::string at = "code/coding/" + std::to_string(observation.size_of("code/coding"));
      observation.set(at + "/system", one.system);
      add(at + "/code", one.code);
      observation.set(at + "/display", one.display);
    }
  }
  const auto map_unit = [&](std::string_view unit, const std::string& path) {
    const auto found = table->units.find(trim(unit));
    if (found == table->units.end() || !observation.has(path) || ucum_of(found->first) == found->second) return;
    observation.set(path + "/system", system_ucum);
    add(path + "/code", found->second);
  };
  map_unit(units.first, "valueQuantity");
  map_unit(units.second, "component/0/valueQuantity");
  return any;
}

}  // namespace liaison::hprim
