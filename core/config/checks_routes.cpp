// SPDX-License-Identifier: Apache-2.0
#include "core/config/checks.hpp"
#include "core/config/nearest.hpp"
#include "core/config/pattern.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace liaison::config {
namespace {

key_path route_key(std::size_t index, std::initializer_list<std::string> rest = {}) {
  key_path key{"routes", std::to_string(index)};
  key.insert(key.end(), rest);
  return key;
}

void check_recipients(const check_context& in, const route& one, std::size_t index) {
  const bool list_written = find(in.root, route_key(index, {"to"})) != nullptr;
  if (one.to.empty() && list_written) in.findings.error(in.root, route_key(index, {"to"}), "has no recipients");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < one.to.size(); ++i) {
    const std::string& name = one.to[i];
    const key_path key = route_key(index, {"to", std::to_string(i)});
    const endpoint* recipient = in.of.find(name);
    if (recipient == nullptr) {
      in.findings.error(in.root, key,
                        "there is no endpoint '" + name + "'" + suggestion(name, destination_names(in.of)));
    } else if (!has_destination(*recipient)) {
      in.findings.error(in.root, key, "endpoint '" + name + "' has no destination");
    }
    if (!seen.insert(name).second)
      in.findings.warning(in.root, key, "'" + name + "' stands there twice and receives once");
  }
}

/// Each pattern of a condition must be able to match one of `known`.
void check_patterns(const check_context& in, const std::vector<std::string>& patterns, const key_path& key,
                    const std::vector<std::string>& known, const std::string& what) {
  for (const auto& pattern : patterns) {
    const bool possible = std::any_of(known.begin(), known.end(),
                                      [&](const std::string& name) { return pattern_matches(pattern, name); });
    if (possible) continue;
    if (has_wildcard(pattern)) {
      in.findings.error(in.root, key, "no " + what + " matches '" + pattern + "'");
    } else {
      in.findings.error(in.root, key, "there is no " + what + " '" + pattern + "'" + suggestion(pattern, known));
    }
  }
}

bool is_unconditional(const conditions& when) { return when == conditions{}; }

void check_order(const check_context& in) {
  std::map<std::string, std::size_t> names;
  std::string taken_by;
  for (std::size_t i = 0; i < in.of.routes.size(); ++i) {
    const route& one = in.of.routes[i];
    auto [at, fresh] = names.emplace(one.name, i);
    if (!fresh)
      in.findings.error(in.root, route_key(i, {"name"}), "routes." + std::to_string(at->second) + " has the same name");
    if (!taken_by.empty()) {
      in.findings.warning(in.root, route_key(i),
                          "is never reached: '" + taken_by + "' takes every message and is the last");
    }
    if (taken_by.empty() && one.last && is_unconditional(one.when)) taken_by = one.name;
  }
}

}  // namespace

void check_routes(const check_context& in) {
  const auto sources = source_names(in.of);
  const std::vector<std::string> statuses{"final", "partial", "amended", "cancelled", "deleted"};
  for (std::size_t i = 0; i < in.of.routes.size(); ++i) {
    const route& one = in.of.routes[i];
    check_recipients(in, one, i);
    check_patterns(in, one.when.source, route_key(i, {"when", "source"}), sources, "source");
    check_patterns(in, one.when.status, route_key(i, {"when", "status"}), statuses, "status");
    if (!in.options.formats.empty()) {
      check_patterns(in, one.when.format, route_key(i, {"when", "format"}), in.options.formats, "format");
    }
  }
  check_order(in);
}

void check_completeness(const check_context& in) {
  const bool nothing_comes_in = source_names(in.of).empty();
  if (nothing_comes_in) {
    in.findings.warning(in.root, {"endpoints"}, "no endpoint has a source: nothing can come in");
  } else if (in.of.routes.empty()) {
    in.findings.warning(in.root, {"routes"}, "there are none: what comes in is kept, and goes nowhere");
  }
  std::set<std::string> receiving;
  for (const auto& one : in.of.routes) receiving.insert(one.to.begin(), one.to.end());
  receiving.insert(in.of.discharge.alert_to.begin(), in.of.discharge.alert_to.end());
  for (const auto& name : destination_names(in.of)) {
    if (!receiving.contains(name)) {
      in.findings.warning(in.root, {"endpoints", name, "destination"}, "no route leads there");
    }
  }
}

void check_tests(const check_context& in) {
  const auto folder = std::filesystem::path(in.of.file).parent_path();
  for (std::size_t i = 0; i < in.of.tests.size(); ++i) {
    const embedded_test& one = in.of.tests[i];
    const std::string index = std::to_string(i);
    const auto sources = source_names(in.of);
    if (!one.source.empty() && std::find(sources.begin(), sources.end(), one.source) == sources.end()) {
      in.findings.error(in.root, {"tests", index, "source"},
                        "there is no source '" + one.source + "'" + suggestion(one.source, sources));
    }
    std::error_code ignored;
    if (!one.message.empty() && !std::filesystem::is_regular_file(folder / one.message, ignored)) {
      in.findings.error(in.root, {"tests", index, "message"}, "there is no file " + (folder / one.message).string());
    }
    for (std::size_t j = 0; j < one.deliveries.size(); ++j) {
      const std::string& to = one.deliveries[j].to;
      const endpoint* recipient = in.of.find(to);
      if (to.empty() || (recipient != nullptr && has_destination(*recipient))) continue;
      in.findings.error(in.root, {"tests", index, "deliveries", std::to_string(j), "to"},
                        "there is no recipient '" + to + "'" + suggestion(to, destination_names(in.of)));
    }
    if (one.verdict == "rejected" && !one.deliveries.empty()) {
      in.findings.error(in.root, {"tests", index, "deliveries"}, "a message that is rejected is delivered to nobody");
    }
  }
}

}  // namespace liaison::config
