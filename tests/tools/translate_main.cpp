// SPDX-License-Identifier: Apache-2.0
// liaison-translate: one operation of one plugin on one file, without gateway and without sandbox, so that
// a translator can be tried while it is being written. Parts go to stdout, issues to stderr.
#include <liaison/translator.h>

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* usage =
    "usage: liaison-translate PLUGIN.so FORMAT OPERATION [--option JSON] [--out FILE] [--carry FORMAT=FILE] [--quiet] [--repeat N] "
    "[--configuration JSON] FILE...\n"
    "  OPERATION  recognise | inspect | decode | encode | validate | acknowledge | render\n"
    "  --option   the options of the call, a JSON object; may be given several times, the last one wins\n"
    "  --carry    FORMAT=FILE, encode of a profile that wraps: a document to carry\n"
    "  --out      write the bytes of the first DOCUMENT, FACTS or TEXT part there instead of to stdout\n"
    "  --configuration  what the plugin gets when it is created, a JSON object\n"
    "  --quiet    print statuses and counts only\n"
    "  --repeat   run the operation N times and print the mean time\n"
    "exit: 0 every status OK and no error issue, 1 otherwise, 2 wrong usage, 4 no such file or plugin\n";

struct arguments {
  std::string plugin, format, operation, options = R"({"now": "2024-03-01T12:00:00+01:00"})", out, configuration = "{}";
  std::string carry_format, carry_file;
  std::vector<std::string> files;
  bool quiet = false;
  unsigned repeat = 1;
};

struct outcome {
  const arguments* of = nullptr;
  bool written = false;
  bool silent = false;
  std::size_t errors = 0, warnings = 0;
};

const char* name_of(liaison_part_role role) {
  switch (role) {
    case LIAISON_PART_FACTS:
      return "facts";
    case LIAISON_PART_DOCUMENT:
      return "document";
    case LIAISON_PART_ATTACHMENT:
      return "attachment";
    case LIAISON_PART_EMBEDDED:
      return "embedded";
    case LIAISON_PART_ACCOUNT:
      return "account";
    case LIAISON_PART_ACKNOWLEDGEMENT:
      return "acknowledgement";
    case LIAISON_PART_TEXT:
      return "text";
  }
  return "unknown";
}

const char* name_of(liaison_status status) {
  switch (status) {
    case LIAISON_OK:
      return "ok";
    case LIAISON_REJECT:
      return "reject";
    case LIAISON_NOT_MINE:
      return "not-mine";
    case LIAISON_RETRY:
      return "retry";
    case LIAISON_QUARANTINE:
      return "quarantine";
    case LIAISON_UNSUPPORTED:
      return "unsupported";
  }
  return "unknown";
}

const char* text_or(const char* text, const char* otherwise) {
  return text == nullptr || *text == 0 ? otherwise : text;
}

liaison_status take_part(void* self, const liaison_part* part) {
  auto& to = *static_cast<outcome*>(self);
  if (to.silent) return LIAISON_OK;
  const auto* bytes = reinterpret_cast<const char*>(part->bytes.data);
  const bool wanted =
      part->role == LIAISON_PART_DOCUMENT || part->role == LIAISON_PART_FACTS || part->role == LIAISON_PART_TEXT;
  if (wanted && !to.of->out.empty() && !to.written) {
    std::ofstream(to.of->out, std::ios::binary).write(bytes, static_cast<std::streamsize>(part->bytes.size));
    to.written = true;
    return LIAISON_OK;
  }
  if (to.of->quiet) return LIAISON_OK;
  std::fprintf(stdout, "--- %s name=%s type=%s format=%s size=%zu\n", name_of(part->role), text_or(part->name, "-"),
               text_or(part->content_type, "-"), text_or(part->format, "-"), part->bytes.size);
  std::fwrite(bytes, 1, part->bytes.size, stdout);
  std::fputc('\n', stdout);
  return LIAISON_OK;
}

liaison_status take_issue(void* self, const liaison_issue* issue) {
  auto& to = *static_cast<outcome*>(self);
  if (to.silent) return LIAISON_OK;
  if (issue->severity == LIAISON_ERROR) ++to.errors;
  if (issue->severity == LIAISON_WARNING) ++to.warnings;
  if (to.of->quiet) return LIAISON_OK;
  const char* level = issue->severity == LIAISON_ERROR     ? "error"
                      : issue->severity == LIAISON_WARNING ? "warning"
                                                           : "information";
  std::fprintf(stderr, "%s\t%s\t%s\t%s\n", level, text_or(issue->code, "-"), text_or(issue->location, "-"),
               text_or(issue->diagnostics, "-"));
  return LIAISON_OK;
}

bool parse(int count, char** values, arguments& into) {
  std::vector<std::string> plain;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    const bool has_value = word == "--option" || word == "--out" || word == "--repeat" || word == "--configuration" || word == "--carry";
    if (has_value && i + 1 == count) return false;
    if (word == "--option")
      into.options = values[++i];
    else if (word == "--out")
      into.out = values[++i];
    else if (word == "--repeat")
      into.repeat = static_cast<unsigned>(std::stoul(values[++i]));
    else if (word == "--configuration")
      into.configuration = values[++i];
    else if (word == "--carry") {
      const std::string what = values[++i];
      into.carry_format = what.substr(0, what.find('='));
      into.carry_file = what.substr(std::min(what.size(), into.carry_format.size() + 1));
    } else if (word == "--quiet")
      into.quiet = true;
    else
      plain.emplace_back(word);
  }
  if (plain.size() < 4 || into.repeat == 0) return false;
  into.plugin = plain[0];
  into.format = plain[1];
  into.operation = plain[2];
  into.files.assign(plain.begin() + 3, plain.end());
  return true;
}

const liaison_plugin* load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "cannot load %s: %s\n", path.c_str(), dlerror());
    return nullptr;
  }
  void* symbol = dlsym(library, LIAISON_PLUGIN_ENTRY_NAME);
  liaison_plugin_entry_function entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof(entry));
  const liaison_plugin* plugin = entry == nullptr ? nullptr : entry(LIAISON_TRANSLATOR_ABI);
  if (plugin == nullptr) std::fprintf(stderr, "%s is no plugin of %s\n", path.c_str(), LIAISON_TRANSLATOR_ABI);
  return plugin;
}

liaison_operation operation_named(const liaison_translator& of, const std::string& name) {
  const std::map<std::string, liaison_operation> known = {{"inspect", of.inspect},         {"decode", of.decode},
                                                          {"encode", of.encode},           {"validate", of.validate},
                                                          {"acknowledge", of.acknowledge}, {"render", of.render}};
  const auto found = known.find(name);
  return found == known.end() ? nullptr : found->second;
}

bool run_file(const arguments& of, const liaison_translator& translator, void* self, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto borrowed = [](const std::string& text) {
    return liaison_bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  if (of.operation == "recognise") {
    std::printf("%s\t%d\n", path.c_str(), translator.recognise(self, borrowed(bytes)));
    return true;
  }
  const liaison_operation operation = operation_named(translator, of.operation);
  if (operation == nullptr) {
    std::fprintf(stderr, "%s offers no operation %s\n", translator.format, of.operation.c_str());
    return false;
  }
  outcome found;
  found.of = &of;
  const liaison_sink sink = {sizeof(liaison_sink), &found, take_part, take_issue};
  std::ifstream document(of.carry_file, std::ios::binary);
  const std::string carried{std::istreambuf_iterator<char>(document), {}};
  const liaison_part part = {sizeof(liaison_part), LIAISON_PART_EMBEDDED, "", "", of.carry_format.c_str(),
                             borrowed(carried)};
  const liaison_call call = {sizeof(liaison_call), borrowed(bytes), borrowed(of.options), &part,
                             of.carry_file.empty() ? 0U : 1U, &sink};
  liaison_status status = LIAISON_OK;
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < of.repeat; ++i) {
    found.silent = i > 0;
    status = operation(self, &call);
  }
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
  std::fflush(stdout);
  std::fprintf(stderr, "%s\t%s\terrors=%zu\twarnings=%zu\t%.1f us\n", path.c_str(), name_of(status), found.errors,
               found.warnings, spent.count() / of.repeat);
  return status == LIAISON_OK && found.errors == 0;
}

}  // namespace

int main(int count, char** values) {
  arguments given;
  if (!parse(count, values, given)) {
    std::fputs(usage, stderr);
    return 2;
  }
  const liaison_plugin* plugin = load(given.plugin);
  if (plugin == nullptr) return 4;
  outcome at_creation;
  at_creation.of = &given;
  const liaison_sink sink = {sizeof(liaison_sink), &at_creation, take_part, take_issue};
  void* self = nullptr;
  const std::string& configuration = given.configuration;
  if (plugin->create != nullptr &&
      plugin->create({reinterpret_cast<const std::uint8_t*>(configuration.data()), configuration.size()}, &sink,
                     &self) != LIAISON_OK) {
    std::fprintf(stderr, "%s could not be created\n", plugin->id);
    return 4;
  }
  for (std::size_t i = 0; i < plugin->translator_count; ++i) {
    if (given.format != plugin->translators[i]->format) continue;
    bool good = true;
    for (const auto& file : given.files) good = run_file(given, *plugin->translators[i], self, file) && good;
    if (plugin->destroy != nullptr) plugin->destroy(self);
    return good ? 0 : 1;
  }
  std::fprintf(stderr, "%s has no translator for %s\n", plugin->id, given.format.c_str());
  return 2;
}
