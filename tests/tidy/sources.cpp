// SPDX-License-Identifier: Apache-2.0
#include "sources.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tidy {

namespace fs = std::filesystem;

std::vector<source_file> all_files(const std::string& root) {
  static const std::vector<std::string> skipped{".git", "build", "var", "node_modules", "dist", "third_party"};
  std::vector<source_file> all;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const std::string name = at->path().filename();
    if (at->is_directory() && std::find(skipped.begin(), skipped.end(), name) != skipped.end()) {
      at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(at->path(), std::ios::binary).rdbuf();
    all.push_back({fs::relative(at->path(), root).string(), text.str()});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return all;
}

bool is_code(const std::string& path) {
  return path.ends_with(".cpp") || path.ends_with(".hpp") || path.ends_with(".h") || path.ends_with(".c");
}

namespace {

/// Copies code, blanks the rest.
class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_until("\n");
      } else if (starts("/*")) {
        blank(2);
        blank_until("*/");
        blank(2);
      } else if (starts("R\"")) {
        const auto open = text_.find('(', at_);
        if (open == std::string_view::npos) break;
        const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        blank(open + 1 - at_);
        blank_until(close);
        blank(close.size());
      } else if (starts("\"")) {
        literal('"');
      } else if (starts("'") && !(at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1])))) {
        literal('\'');  // not the separator of 10'000
      } else {
        out_ += text_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void blank(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) out_ += text_[at_] == '\n' ? '\n' : ' ';
  }
  void blank_until(std::string_view what) {
    const auto end = text_.find(what, at_);
    blank((end == std::string_view::npos ? text_.size() : end) - at_);
  }
  void literal(char quote) {
    blank(1);
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') blank(text_[at_] == '\\' ? 2 : 1);
    blank(1);
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string code_only(std::string_view text) { return scanner(text).run(); }

const std::string& code_of(const source_file& file) {
  if (file.code.empty()) file.code = code_only(file.text);
  return file.code;
}

std::vector<include_line> includes_of(std::string_view text) {
  std::vector<include_line> found;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const auto word = line.find("include", hash);
    if (word == std::string::npos) continue;
    const auto open = line.find_first_of("\"<", word);
    if (open == std::string::npos) continue;
    const auto close = line.find_first_of("\">", open + 1);
    if (close != std::string::npos) found.push_back({number, line.substr(open + 1, close - open - 1)});
  }
  return found;
}

}  // namespace tidy
