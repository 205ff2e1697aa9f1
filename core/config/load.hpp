// SPDX-License-Identifier: Apache-2.0
// From a file to a validated configuration, with everything that there is to say about it.
#pragma once

#include "core/config/configuration.hpp"
#include "core/config/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::config {

struct load_options {
  /// As on the command line: "KEY=VALUE" with a dotted key ("endpoints.gp.destination.folder.path=/tmp/x",
  /// "routes.letters.to.0=gp"). VALUE is read as JSON, or else taken as text.
  std::vector<std::string> overrides{};
  /// Names of the formats that are known; empty: not checked.
  std::vector<std::string> formats{};
};

struct written;  ///< the file as a tree, with the places of its keys

struct loaded {
  config::snapshot configuration;  ///< nullptr when a finding is an error
  std::vector<finding> findings;   ///< in the order of the file; also warnings on what is valid
  std::shared_ptr<const config::written> written{};

  /// A finding that somebody else made about this configuration (a port in use, a profile that no plugin has), with the
  /// place of its dotted key, or of the nearest thing around it that is written down.
  finding finding_at(model::severity how, const std::string& key, std::string text) const;
};

/// Reads certificates, files of secrets and environment variables that the file names; writes nothing, opens no port.
/// Thread: any. Time: linear in the file, but for the comparison of names with misspelt ones.
loaded load(const std::string& file, const load_options& options = {});

/// The same from text; `file` is its name in findings, and its folder that of the messages of `tests`.
loaded load_text(std::string_view text, const std::string& file, const load_options& options = {});

/// What is in force, defaults included, in the shape of the file. Secrets are shown as "***".
std::string effective_json(configuration of);

}  // namespace liaison::config
