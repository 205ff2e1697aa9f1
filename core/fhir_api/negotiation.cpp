// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/negotiation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace liaison::fhir_api {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `visit` with each element of a list, without blanks.
template <class Visit>
void each_of(std::string_view list, char separator, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = list.find(separator);
    if (const auto one = trimmed(list.substr(0, end)); !one.empty()) visit(one);
    if (end == std::string_view::npos) return;
    list.remove_prefix(end + 1);
  }
}

syntax syntax_named(std::string_view name) {
  struct row {
    std::string_view name;
    syntax means;
  };
  constexpr std::array<row, 10> table{{{"application/fhir+json", syntax::json},
                                       {"application/json", syntax::json},
                                       {"application/json+fhir", syntax::json},
                                       {"text/json", syntax::json},
                                       {"json", syntax::json},
                                       {"application/fhir+xml", syntax::xml},
                                       {"application/xml", syntax::xml},
                                       {"application/xml+fhir", syntax::xml},
                                       {"text/xml", syntax::xml},
                                       {"xml", syntax::xml}}};
  const std::string wanted = lower(trimmed(name.substr(0, name.find(';'))));
  const auto found = std::find_if(table.begin(), table.end(), [&](const row& one) { return one.name == wanted; });
  return found == table.end() ? syntax::none : found->means;
}

double quality_of(std::string_view range) {
  double quality = 1;
  each_of(range, ';', [&](std::string_view parameter) {
    if (lower(parameter).rfind("q=", 0) == 0) quality = std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
  });
  return quality;
}

bool is_any(std::string_view range) {
  const auto name = trimmed(range.substr(0, range.find(';')));
  return name == "*/*" || name == "application/*";
}

}  // namespace

syntax wanted_syntax(const model::web_request& what) {
  if (const auto format = what.query.find("_format"); format != what.query.end()) {
    // A '+' in a query is a space once decoded: "application/fhir+xml" comes as "application/fhir xml".
    std::string name = format->second;
    std::replace(name.begin(), name.end(), ' ', '+');
    return syntax_named(name);
  }
  const std::string_view accept = what.header("accept");
  if (trimmed(accept).empty()) return syntax::json;
  syntax best = syntax::none;
  double best_quality = 0;
  each_of(accept, ',', [&](std::string_view range) {
    const syntax means = is_any(range) ? syntax::json : syntax_named(range);
    const double quality = quality_of(range) - (is_any(range) ? 0.0001 : 0);
    if (means == syntax::none || quality <= best_quality) return;
    best = means;
    best_quality = quality;
  });
  return best;
}

syntax syntax_of_media_type(std::string_view content_type) {
  const syntax found = syntax_named(content_type);
  return content_type.find('/') == std::string_view::npos ? syntax::none : found;
}

bool wants_raw_bytes(const model::web_request& what) {
  if (what.query.count("_format") > 0) return false;
  bool fhir = false;
  each_of(what.header("accept"), ',', [&](std::string_view range) {
    fhir = fhir || lower(range).rfind("application/fhir+", 0) == 0;
  });
  return !fhir;
}

preferences preferences_of(const model::web_request& what) {
  preferences found;
  each_of(what.header("prefer"), ',', [&](std::string_view list) {
    each_of(list, ';', [&](std::string_view one) {
      const std::string wish = lower(one);
      if (wish == "return=minimal") found.result = preferences::what::minimal;
      if (wish == "return=representation") found.result = preferences::what::representation;
      if (wish == "return=operationoutcome") found.result = preferences::what::operation_outcome;
      if (wish == "respond-async") found.asynchronous = true;
      if (wish == "handling=strict") found.strict = true;
    });
  });
  return found;
}

std::string base_of(const model::web_request& what) {
  return (what.encrypted ? "https://" : "http://") + (what.host.empty() ? std::string("localhost") : what.host) + "/fhir";
}

}  // namespace liaison::fhir_api
