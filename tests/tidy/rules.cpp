// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace tidy {
namespace {

using violations = std::vector<violation>;

constexpr std::size_t lines_max = 600;

bool starts_with_any(const std::string& path, std::initializer_list<const char*> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const char* one) { return path.starts_with(one); });
}

std::string folder_below(const std::string& path, const std::string& parent) {
  if (!path.starts_with(parent + "/")) return "";
  const auto end = path.find('/', parent.size() + 1);
  return end == std::string::npos ? "" : path.substr(parent.size() + 1, end - parent.size() - 1);
}

std::size_t line_at(const std::string& text, std::size_t offset) {
  return 1 +
         static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What comes before and after a word, as far as it matters.
enum class use : std::uint8_t {
  any,          // the word as it is
  call,         // followed by a parenthesis, and no member of something
  global_call,  // the same with :: in front and nothing before that
  part,         // also within a longer word
};

struct word {
  const char* text;
  use how;
};

bool is_used(const std::string& code, std::size_t at, const word& what) {
  const std::size_t end = at + std::char_traits<char>::length(what.text);
  if (what.how == use::part) return true;
  if (end < code.size() && is_word_character(code[end])) return false;
  if (at > 0 && is_word_character(code[at - 1])) return false;
  if (what.how == use::any) return true;
  const std::size_t next = code.find_first_not_of(' ', end);
  if (next == std::string::npos || code[next] != '(') return false;
  const bool qualified = at >= 2 && code.compare(at - 2, 2, "::") == 0;
  const bool global = qualified && (at == 2 || !is_word_character(code[at - 3]));
  if (what.how == use::global_call) return global;
  const bool member = at > 0 && (code[at - 1] == '.' || code[at - 1] == '>');
  return !member && (!qualified || global || code.compare(at >= 5 ? at - 5 : 0, 5, "std::") == 0);
}

/// Each use of a word in the code, comments and literals apart.
violations uses(const source_file& file, std::initializer_list<word> words, const std::string& text) {
  violations found;
  const std::string& code = code_of(file);
  for (const auto& one : words) {
    for (auto at = code.find(one.text); at != std::string::npos; at = code.find(one.text, at + 1)) {
      if (is_used(code, at, one)) found.push_back({line_at(code, at), text + ": " + one.text});
    }
  }
  return found;
}

bool ends_with_any(const std::string& path, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const char* one) { return path.ends_with(one); });
}

/// Layers of core/: a folder, and which others it may include (architecture: layers).
const std::map<std::string, std::set<std::string>>& layers() {
  static const std::map<std::string, std::set<std::string>> table{
      {"base", {}},
      {"model", {"base"}},
      {"protocol", {"base", "model"}},
      {"observe", {"base", "model"}},
      {"config", {"base", "model"}},
      {"identity", {"base", "model"}},
      {"directory", {"base", "model", "store"}},
      {"store", {"base", "model", "observe", "identity"}},
      {"plugin", {"base", "model", "config", "observe"}},
      {"routing", {"base", "model", "protocol", "config", "identity", "directory", "store", "plugin", "observe"}},
      {"coordination", {"base", "model", "observe", "identity", "config", "store"}},
      {"net", {"base", "model", "protocol", "config", "observe"}},
      {"fhir_api",
       {"base", "model", "config", "identity", "store", "plugin", "routing", "net", "observe"}},
      {"admin",
       {"base", "model", "protocol", "config", "identity", "directory", "store", "plugin", "routing", "coordination",
        "net", "observe", "fhir_api"}},
      {"app",
       {"base", "model", "protocol", "config", "identity", "directory", "store", "plugin", "routing", "coordination",
        "net", "observe", "fhir_api", "admin"}},
  };
  return table;
}

violations check_layers(const source_file& file) {
  violations found;
  const std::string layer = folder_below(file.path, "core");
  if (layer.empty() || !is_code(file.path)) return found;
  const auto allowed = layers().find(layer);
  if (allowed == layers().end()) return {{0, "core/" + layer + " is not in the table of layers"}};
  for (const auto& one : includes_of(file.text)) {
    const std::string other = folder_below(one.target, "core");
    if (other.empty() || other == layer || allowed->second.contains(other)) continue;
    found.push_back({one.line, layer + " may not include " + one.target});
  }
  return found;
}

violations check_sdk(const source_file& file) {
  violations found;
  if (!file.path.starts_with("sdk/") || !is_code(file.path)) return found;
  for (const auto& one : includes_of(file.text)) {
    if (starts_with_any(one.target, {"core/", "plugins/", "liaison/common/"})) {
      found.push_back({one.line, "sdk depends on nothing: " + one.target});
    }
  }
  return found;
}

violations check_plugins(const source_file& file) {
  violations found;
  const std::string plugin = folder_below(file.path, "plugins");
  if (plugin.empty() || !is_code(file.path)) return found;
  for (const auto& one : includes_of(file.text)) {
    const std::string other = folder_below(one.target, "plugins");
    const bool foreign = !other.empty() && other != plugin && other != "common";
    if (one.target.starts_with("core/") || foreign || one.target.find("../") != std::string::npos) {
      found.push_back({one.line, "a plugin uses sdk/ and plugins/common/ only: " + one.target});
    }
  }
  return found;
}

violations check_libxml2(const source_file& file) {
  violations found;
  if (!is_code(file.path) || starts_with_any(file.path, {"plugins/", "core/config/", "tests/", "bench/"})) return found;
  for (const auto& one : includes_of(file.text)) {
    if (one.target.starts_with("libxml/")) found.push_back({one.line, "only plugins parse XML: " + one.target});
  }
  return found;
}

violations check_sockets(const source_file& file) {
  if (!is_code(file.path) || !starts_with_any(file.path, {"core/", "plugins/", "sdk/"})) return {};
  if (file.path.starts_with("core/net/")) return {};
  return uses(file,
              {{"socket", use::call},
               {"connect", use::global_call},
               {"bind", use::global_call},
               {"listen", use::global_call},
               {"accept", use::global_call},
               {"accept4", use::global_call},
               {"asio::ip", use::part},
               {"asio::local", use::part}},
              "only core/net opens sockets");
}

violations check_clocks(const source_file& file) {
  if (!is_code(file.path) || !file.path.starts_with("core/protocol/")) return {};
  return uses(file,
              {{"_clock::", use::part},
               {"clock_gettime", use::any},
               {"gettimeofday", use::any},
               {"std::time(", use::part},
               {"time(nullptr)", use::part},
               {"time(NULL)", use::part},
               {"time(&", use::part}},
              "nothing in core/protocol reads a clock");
}

violations check_determinism(const source_file& file) {
  if (!is_code(file.path) || !file.path.starts_with("plugins/")) return {};
  return uses(file,
              {{"random_device", use::any},
               {"ifstream", use::any},
               {"ofstream", use::any},
               {"fstream", use::any},
               {"fopen", use::call},
               {"getenv", use::call},
               {"std::thread", use::any},
               {"_clock::", use::part},
               {"clock_gettime", use::any},
               {"std::time(", use::part},
               {"time(nullptr)", use::part},
               {"time(NULL)", use::part},
               {"rand", use::call},
               {"srand", use::call}},
              "a translator has no clock, randomness, files, environment or threads");
}

/// The fuzz targets are built by scripts/prove only, and by clang 14 where Debian 12 is.
violations check_clang(const source_file& file) {
  if (!is_code(file.path) || !starts_with_any(file.path, {"core/", "plugins/", "sdk/", "tests/fuzz/"})) return {};
  return uses(file,
              {{"ranges::unique", use::any},
               {"ranges::remove", use::any},
               {"ranges::remove_if", use::any},
               {"ranges::equal_range", use::any},
               {"ranges::search", use::any},
               {"ranges::partition", use::any},
               {"ranges::rotate", use::any},
               {"ranges::subrange", use::any},
               {"std::views", use::any}},
              "clang 14 does not compile it with GCC 12's library");
}

violations check_licence(const source_file& file) {
  const bool wanted =
      is_code(file.path) || file.text.starts_with("#!") ||
      ends_with_any(file.path, {"CMakeLists.txt", ".cmake", ".sql", ".py", ".sh", ".js", ".mjs", ".ts", ".css", ".in"});
  if (!wanted || file.text.substr(0, 200).find("SPDX-License-Identifier: Apache-2.0") != std::string::npos) return {};
  return {{1, "no SPDX line at the top"}};
}

violations check_length(const source_file& file) {
  if (!is_code(file.path) && !file.path.ends_with(".js")) return {};
  const auto lines = static_cast<std::size_t>(std::count(file.text.begin(), file.text.end(), '\n'));
  if (lines <= lines_max || file.path.ends_with("_tables.hpp")) return {};  // tables are data
  return {{0, std::to_string(lines) + " lines, more than " + std::to_string(lines_max)}};
}

violations check_whitespace(const source_file& file) {
  const bool text_file =
      is_code(file.path) || ends_with_any(file.path, {"CMakeLists.txt", ".cmake", ".json", ".md", ".sql", ".py", ".sh",
                                                      ".js", ".css", ".html", ".in"});
  if (!text_file || starts_with_any(file.path, {"tests/golden/", "tests/fuzz/corpus/", "configs/demo/"})) return {};
  violations found;
  std::istringstream lines(file.text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && (line.back() == ' ' || line.back() == '\t')) found.push_back({number, "ends in white space"});
  }
  if (!file.text.empty() && file.text.back() != '\n') found.push_back({number, "no line end at the end"});
  return found;
}

violations check_names(const source_file& file) {
  static const std::regex declared(R"(\b(class|struct|namespace|enum)\s+\w*(manager|helper|util)\w*)");
  const auto is_vague = [](const std::string& text) {
    return text.find("manager") != std::string::npos || text.find("helper") != std::string::npos ||
           text.find("util") != std::string::npos;
  };
  violations found;
  if (is_vague(lower(file.path.substr(file.path.rfind('/') + 1))))
    found.push_back({0, "says nothing of what it holds"});
  if (!is_code(file.path)) return found;
  std::istringstream lines(lower(code_of(file)));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (is_vague(line) && std::regex_search(line, declared)) found.push_back({number, "says nothing of what it is"});
  }
  return found;
}

violations check_header_guard(const source_file& file) {
  if (file.path.ends_with(".hpp") && file.text.find("#pragma once") == std::string::npos)
    return {{1, "no #pragma once"}};
  if (file.path.ends_with(".h") && file.text.find("#ifndef LIAISON_") == std::string::npos) return {{1, "no guard"}};
  return {};
}

violations check_machine_paths(const source_file& file) {
  violations found;
  for (const std::string folder : {"/home/", "/root/"}) {
    for (auto at = file.text.find(folder); at != std::string::npos; at = file.text.find(folder, at + 1)) {
      const bool inside = at > 0 && (is_word_character(file.text[at - 1]) || file.text[at - 1] == '.');
      const auto end = at + folder.size();
      const bool goes_on = end < file.text.size() && std::islower(static_cast<unsigned char>(file.text[end])) != 0;
      if (!inside && goes_on) found.push_back({line_at(file.text, at), "a path of one machine: " + folder});
    }
  }
  return found;
}

}  // namespace

const std::vector<rule>& rules() {
  static const std::vector<rule> table{
      {"layers",
       check_layers,
       {{"core/model/a.hpp", "#include \"core/store/store.hpp\"\n"},
        {"core/protocol/a.cpp", "#include <vector>\n#  include \"core/config/load.hpp\"\n"},
        {"core/net/a.cpp", "#include \"core/routing/router.hpp\"\n"},
        {"core/novel/a.cpp", "int a;\n"}},
       {{"core/net/a.cpp", "#include \"core/config/load.hpp\"\n#include \"core/net/b.hpp\"\n"},
        {"core/app/a.cpp", "#include \"core/net/b.hpp\"\n"},
        {"tests/a.cpp", "#include \"core/net/b.hpp\"\n"}}},
      {"sdk_depends_on_nothing",
       check_sdk,
       {{"sdk/src/a.cpp", "#include \"core/base/result.hpp\"\n"}},
       {{"sdk/src/a.cpp", "#include <liaison/facts.hpp>\n"}}},
      {"plugins_stand_alone",
       check_plugins,
       {{"plugins/cda/src/a.cpp", "#include \"core/base/result.hpp\"\n"},
        {"plugins/cda/src/a.cpp", "#include \"plugins/hprim/src/a.hpp\"\n"},
        {"plugins/cda/src/a.cpp", "#include \"../../hprim/src/a.hpp\"\n"}},
       {{"plugins/cda/src/a.cpp", "#include \"reading.hpp\"\n#include <liaison/common/xml.hpp>\n"}}},
      {"libxml2_in_plugins_only",
       check_libxml2,
       {{"core/net/a.cpp", "#include <libxml/tree.h>\n"}},
       {{"plugins/common/src/xml.cpp", "#include <libxml/tree.h>\n"}}},
      {"sockets_in_net_only",
       check_sockets,
       {{"core/app/a.cpp", "int s = ::socket(AF_INET, 0, 0);\n"},
        {"core/app/a.cpp", "int s = socket (AF_INET, 0, 0);\n"},
        {"core/admin/a.cpp", "boost::asio::ip::tcp::socket s;\n"},
        {"plugins/cda/src/a.cpp", "int f() { return ::connect(1, 0, 0); }\n"}},
       {{"core/net/a.cpp", "int s = ::socket(AF_INET, 0, 0);\n"},
        {"core/plugin/a.cpp", "socketpair(AF_UNIX, 0, 0, f);  // a socket() of its own\n"},
        {"core/app/a.cpp", "auto s = \"socket(\"; listen(x);\n"}}},
      {"protocol_reads_no_clock",
       check_clocks,
       {{"core/protocol/a.cpp", "auto t = std::chrono::steady_clock::now();\n"},
        {"core/protocol/a.cpp", "auto t = std::time(nullptr);\n"},
        {"core/protocol/a.cpp", "clock_gettime(CLOCK_REALTIME, &t);\n"}},
       {{"core/protocol/a.cpp", "// std::chrono::steady_clock is for others\nint wait_time(int a);\n"}}},
      {"plugins_are_deterministic",
       check_determinism,
       {{"plugins/cda/src/a.cpp", "std::ifstream file(name);\n"},
        {"plugins/cda/src/a.cpp", "auto x = getenv(\"HOME\");\n"},
        {"plugins/cda/src/a.cpp", "int r = rand();\n"}},
       {{"plugins/cda/src/a.cpp", "std::ostringstream out; int operand(int);\n"}}},
      {"clang_compiles_what_is_fuzzed",
       check_clang,
       {{"core/a/b.cpp", "const auto same = std::ranges::unique(found);\n"}, {"plugins/cda/src/a.cpp", "for (auto x : std::views::reverse(all)) f(x);\n"}},
       {{"core/a/b.cpp", "std::ranges::sort(found);\nauto same = std::unique(begin, end);\n"}}},
      {"licence",
       check_licence,
       {{"core/a/b.cpp", "int a;\n"},
        {"scripts/start", "#!/bin/sh\necho\n"},
        {"console/a.js", "1\n"},
        {"a/CMakeLists.txt", "x\n"}},
       {{"core/a/b.cpp", "// SPDX-License-Identifier: Apache-2.0\n"}, {"configs/a.json", "{}\n"}}},
      {"files_stay_small", check_length, {}, {{"core/a/b.cpp", "int a;\n"}}},
      {"white_space",
       check_whitespace,
       {{"a/b.cpp", "int a; \n"}, {"docs/b.md", "x\t\n"}, {"a/b.json", "{}"}},
       {{"a/b.cpp", "int a;\n\n  int b;\n"}, {"tests/golden/x.hpr", "x  \n"}}},
      {"names_say_something",
       check_names,
       {{"core/a/string_utils.hpp", ""},
        {"core/a/b.hpp", "class connection_manager {};\n"},
        {"core/a/b.hpp", "namespace Helpers {}\n"}},
       {{"core/a/b.hpp", "// a helper\nclass router {};\n#include <utility>\n"}}},
      {"headers_are_guarded",
       check_header_guard,
       {{"a/b.hpp", "int a;\n"}, {"a/b.h", "int a;\n"}},
       {{"a/b.hpp", "#pragma once\n"}, {"a/b.h", "#ifndef LIAISON_B_H\n"}}},
      {"no_paths_of_one_machine",
       check_machine_paths,
       {{"docs/a.md",
         "see /"
         "home/x\n"}},
       {{"docs/a.md", "see ./home/x and at-home/x\n"}}},
  };
  return table;
}

std::span<const exception> exceptions() {
  static constexpr exception table[] = {
      {"plugins_are_deterministic", "plugins/hprim/src/plugin_entry.cpp", "reads mapping tables in create"},
      {"plugins_are_deterministic", "plugins/fhir/src/package_store.cpp", "reads profile packages in create"},
  };
  return table;
}

}  // namespace tidy
