// SPDX-License-Identifier: Apache-2.0
#include "code_map.hpp"

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

const code_map* chosen_code_map(std::string_view endpoint_options) {
  if (kept_maps().empty()) return nullptr;
  rapidjson::Document options;
  options.Parse<rapidjson::kParseIterativeFlag>(endpoint_options.data(), endpoint_options.size());
  if (options.HasParseError() || !options.IsObject()) return nullptr;
  const auto name = options.FindMember("code_map");
  if (name == options.MemberEnd() || !name->value.IsString()) return nullptr;
  const auto found = kept_maps().find(std::string_view(name->value.GetString()));
  return found == kept_maps().end() ? nullptr : &found->second;
}

void apply_code_map(const code_map* table, const resource_ref& observation, std::string_view local_code,
                    std::string_view unit, account* ledger, const std::string& place) {
  if (table == nullptr) return;
  const auto add = [&](const std::string& path, const std::string& value) {
    observation.set(path, value);
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
  const auto found = table->units.find(trim(unit));
  if (found == table->units.end() || !observation.has("valueQuantity")) return;
  observation.set("valueQuantity/system", system_ucum);
  add("valueQuantity/code", found->second);
}

}  // namespace liaison::hprim
