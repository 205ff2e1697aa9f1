// SPDX-License-Identifier: Apache-2.0
// uses: liaison_config
// A configuration from any text: findings or a configuration that can be shown and read again, never a crash. Bytes
// after a zero byte are taken as overrides, one a line.
#include "core/config/load.hpp"
#include "core/config/pattern.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace config = liaison::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto zero = input.find('\0');
  config::load_options options{.overrides = {}, .formats = {"hl7v2", "fhir"}};
  if (zero != std::string_view::npos) {
    std::string_view rest = input.substr(zero + 1);
    while (!rest.empty() && options.overrides.size() < 16) {
      const auto line = rest.substr(0, rest.find('\n'));
      options.overrides.emplace_back(line);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
  const auto loaded = config::load_text(input.substr(0, zero), "fuzz", options);
  if ((loaded.configuration == nullptr) != has_error(loaded.findings)) std::abort();
  config::to_json(loaded.findings);
  if (loaded.configuration) {
    const auto shown = config::effective_json(*loaded.configuration);
    // Secrets are shown as "***", of which several are the same token twice: that may be refused, nothing else.
    const auto again = config::load_text(shown, "again", {.overrides = {}, .formats = options.formats});
    for (const auto& one : again.findings) {
      if (one.severity == liaison::model::severity::error && one.text.find("same token") == std::string::npos)
        std::abort();
    }
  }
  config::pattern_matches(input.substr(0, std::min<std::size_t>(size / 2, 64)), input.substr(size / 2));
  return 0;
}
