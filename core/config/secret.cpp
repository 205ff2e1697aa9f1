// SPDX-License-Identifier: Apache-2.0
#include "core/config/reader.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace liaison::config {
namespace {

constexpr std::size_t secret_size_bytes_max = 4096;

std::optional<std::string> from_file(const std::string& path, std::string& why) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(secret_size_bytes_max + 1, '\0');
  if (!file) {
    why = "cannot read " + path + ": " + std::strerror(errno);
    return std::nullopt;
  }
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  if (text.size() > secret_size_bytes_max) {
    why = "the first line of " + path + " is longer than " + std::to_string(secret_size_bytes_max) + " bytes";
    return std::nullopt;
  }
  if (text.empty()) {
    why = "the first line of " + path + " is empty";
    return std::nullopt;
  }
  return text;
}

}  // namespace

std::optional<std::string> read_secret(const node& written, const key_path& key, const node& root, report& findings) {
  if (written.kind == json_kind::text) return written.text;
  if (const node* file = written.find("file"); file != nullptr && file->kind == json_kind::text) {
    std::string why;
    auto text = from_file(file->text, why);
    if (!text) findings.error(root, key, why);
    std::error_code ignored;
    const auto rights = std::filesystem::status(file->text, ignored).permissions();
    if (text && (rights & std::filesystem::perms::others_read) != std::filesystem::perms::none) {
      findings.warning(root, key, "every user of this machine may read " + file->text);
    }
    return text;
  }
  if (const node* variable = written.find("env"); variable != nullptr && variable->kind == json_kind::text) {
    const char* text = std::getenv(variable->text.c_str());
    if (text != nullptr && *text != '\0') return text;
    findings.error(root, key, "the environment variable " + variable->text + " is not set");
  }
  return std::nullopt;
}

}  // namespace liaison::config
