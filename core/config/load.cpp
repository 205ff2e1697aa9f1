// SPDX-License-Identifier: Apache-2.0
#include "core/config/load.hpp"

#include "core/config/checks.hpp"
#include "core/config/overrides.hpp"
#include "core/config/reader.hpp"
#include "core/config/schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace liaison::config {

struct written {
  node root;
  std::string file;
  std::vector<std::string> overrides;
};

namespace {

/// The file's text, or why it cannot be read.
std::optional<std::string> read_file(const std::string& path, std::string& why) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    why = std::string("cannot be read: ") + std::strerror(errno);
    return std::nullopt;
  }
  std::string text;
  char block[16 * 1024];
  ssize_t count = 0;
  while ((count = ::read(file, block, sizeof block)) > 0 && text.size() <= json_size_bytes_max) {
    text.append(block, static_cast<std::size_t>(count));
  }
  if (count < 0) why = std::string("cannot be read: ") + std::strerror(errno);
  ::close(file);
  if (count < 0) return std::nullopt;
  return text;
}

void complete(configuration& made) {
  if (made.store.path.empty()) made.store.path = made.data + "/store";
}

void check(const check_context& context) {
  check_listeners(context);
  check_endpoints(context);
  check_routes(context);
  check_discharge(context);
  check_tests(context);
  if (!has_error(context.findings.findings)) check_completeness(context);
}

void put_in_order(std::vector<finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const finding& a, const finding& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

}  // namespace

loaded load_text(std::string_view text, const std::string& file, const load_options& options) {
  report findings(file, options.overrides);
  node root = parse_json(text, file, findings.findings);
  const bool readable = root.at.line != 0;
  auto made = std::make_shared<configuration>();
  made->file = file;
  if (readable) {
    apply_overrides(root, options.overrides, findings);
    check_against_schema(root, [&](const std::string& key, const place& at, std::string why) {
      findings.error_at(at, key, std::move(why));
    });
    reader all(&root, {}, root, findings);
    fields_of(all, *made);
    complete(*made);
    check({*made, root, options, findings});
  }
  put_in_order(findings.findings);
  loaded result;
  result.findings = std::move(findings.findings);
  if (readable && !has_error(result.findings)) result.configuration = std::move(made);
  result.written = std::make_shared<const written>(written{std::move(root), file, options.overrides});
  return result;
}

finding loaded::finding_at(model::severity how, const std::string& key, std::string text) const {
  if (written == nullptr) return {.severity = how, .key = key, .text = std::move(text)};
  report one(written->file, written->overrides);
  one.add(how, written->root, parts_of(key), std::move(text));
  return std::move(one.findings.front());
}

loaded load(const std::string& file, const load_options& options) {
  std::string why;
  auto text = read_file(file, why);
  if (!text) return {.configuration = nullptr, .findings = {{.file = file, .text = why}}};
  return load_text(*text, file, options);
}

}  // namespace liaison::config
