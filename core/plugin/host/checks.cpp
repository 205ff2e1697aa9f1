// SPDX-License-Identifier: Apache-2.0
// What a plugin is put through before anyone trusts it with a message. One row of a table is one check.
#include "core/plugin/host/checks.hpp"

#include "core/plugin/contract.hpp"
#include "core/plugin/host/trial_call.hpp"

#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>

namespace liaison::plugin::hosted {
namespace {

constexpr std::array all_operations = {operation::recognise, operation::inspect,  operation::decode,
                                       operation::encode,    operation::validate, operation::acknowledge,
                                       operation::render};
constexpr std::string_view usual_options =
    R"({"now":"2026-11-21T22:06:47Z","zone":"Europe/Paris","account":true,"values":true,"acknowledge":true,"outcome":"accept"})";

check_result failed(std::string why) { return {false, std::move(why)}; }

std::string name_of_trial(const liaison_translator& translator, const trial& what, const std::string& on) {
  return std::string(name_of(what.what)) + " of " + translator.format + " on " + on;
}

struct input {
  std::string name, bytes;
};

/// Calls every operation of every translator on every input; `look` says what is wrong, or nothing.
template <class Look>
check_result for_each_call(const check_context& with, const std::vector<input>& inputs, std::string_view options,
                           Look look) {
  std::size_t calls = 0;
  for (const liaison_translator* translator : with.plugin.translators)
    for (const operation what : all_operations) {
      if (what != operation::recognise && operation_of(*translator, what) == nullptr) continue;
      for (const input& on : inputs) {
        const trial one{what, on.bytes, options, 0, 0};
        const std::string name = name_of_trial(*translator, one, on.name);
        with.trying(name);
        if (const std::string wrong = look(*translator, one); !wrong.empty()) return failed(name + ": it " + wrong);
        ++calls;
      }
    }
  return {true, std::to_string(calls) + " calls"};
}

/// The call comes back, with a status that exists, sound parts and issues, and what it owes.
check_result survives(const check_context& with, const std::vector<input>& inputs,
                      std::string_view options = usual_options) {
  return for_each_call(with, inputs, options, [&](const liaison_translator& translator, const trial& one) {
    const trial_outcome got = try_call(with.plugin, translator, one);
    return got.unsound.empty() ? breach_of(one.what, got.answer) : "is unsound: " + got.unsound;
  });
}

std::vector<input> samples_of(const check_context& with) {
  std::vector<input> inputs;
  for (std::size_t i = 0; i < with.samples.size(); ++i)
    inputs.push_back({"sample " + std::to_string(i + 1), with.samples[i]});
  return inputs;
}

std::string random_bytes(std::mt19937& source, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(source() & 0xFFU);
  return bytes;
}

std::vector<input> random_inputs() {
  std::mt19937 source(20261121);  // NOLINT: the same bytes every time
  std::vector<input> inputs;
  for (const std::size_t size : {2U, 3U, 7U, 64U, 4096U, 65'536U, 1'048'576U})
    inputs.push_back({std::to_string(size) + " random bytes", random_bytes(source, size)});
  return inputs;
}

/// Things that parsers have tripped over, of no format in particular and of several.
std::vector<input> hostile_inputs() {
  const std::string deep(100'000, '['), deep_xml = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "<a>";
    return text;
  }();
  return {
      {"100,000 opened brackets", deep},
      {"100,000 opened elements", deep_xml},
      {"a million separators", std::string(1'000'000, '|')},
      {"a million line ends", std::string(1'000'000, '\r')},
      {"a million NUL", std::string(1'000'000, '\0')},
      {"an XML bomb", R"(<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;</a>)"},
      {"an external entity", R"(<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>)"},
      {"an XML of an unknown charset", R"(<?xml version="1.0" encoding="EBCDIC-CP-FR"?><a>b</a>)"},
      {"a UTF-16 mark", std::string("\xFF\xFE<\0a\0>\0", 8)}};
}

/// Cut anywhere, and with single bytes changed.
std::vector<input> damaged_samples(const check_context& with) {
  std::mt19937 source(4711);  // NOLINT
  std::vector<input> inputs;
  for (const input& sample : samples_of(with)) {
    constexpr std::size_t pieces = 40;
    for (std::size_t i = 1; i < pieces; ++i) {
      const std::size_t cut = sample.bytes.size() * i / pieces;
      inputs.push_back({sample.name + " cut at " + std::to_string(cut), sample.bytes.substr(0, cut)});
    }
    for (std::size_t i = 0; i < pieces && !sample.bytes.empty(); ++i) {
      input changed{sample.name + " with changed bytes, variant " + std::to_string(i), sample.bytes};
      for (int n = 0; n < 3; ++n) changed.bytes[source() % changed.bytes.size()] = static_cast<char>(source() & 0xFFU);
      inputs.push_back(std::move(changed));
    }
  }
  return inputs;
}

std::vector<input> single_bytes() {
  std::vector<input> inputs;
  for (unsigned byte = 0; byte < 256; ++byte)
    inputs.push_back({"the byte " + std::to_string(byte), std::string(1, static_cast<char>(byte))});
  return inputs;
}

/// Of everything, what is small enough to be gone through many times.
std::vector<input> some_of_all(const check_context& with) {
  constexpr std::size_t size_bytes_max = 64U << 10U;
  std::vector<input> inputs = samples_of(with);
  for (auto more : {random_inputs(), hostile_inputs()}) std::move(more.begin(), more.end(), std::back_inserter(inputs));
  inputs.push_back({"nothing", ""});
  for (input& one : inputs)
    if (one.bytes.size() > size_bytes_max) one = {one.name + ", the first 64 KiB", one.bytes.substr(0, size_bytes_max)};
  return inputs;
}

check_result odd_options(const check_context& with) {
  const std::string huge = R"({"endpoint":{"x":")" + std::string(60'000, 'x') + R"("},"profile":"?","now":"never"})";
  const std::string deep = R"({"endpoint":)" + std::string(60'000, '[');
  const struct {
    const char* name;
    std::string_view text;
  } variants[] = {{"empty options", ""},
                  {"truncated options", R"({"profile": "x)"},
                  {"options null", "null"},
                  {"options of wrong types", R"({"profile":1,"account":"yes","issues":{},"now":[]})"},
                  {"options of 60 kB", huge},
                  {"options nested 60,000 deep", deep},
                  {"options that are no UTF-8", "{\"profile\":\"\xFF\"}"},
                  {"options unknown", R"({"future":{"a":[1]}})"}};
  std::vector<input> inputs = samples_of(with);
  inputs.push_back({"nothing", ""});
  for (const auto& variant : variants) {
    check_result got = survives(with, inputs, variant.text);
    if (!got.passed) return failed(got.detail + " (" + variant.name + ")");
  }
  return {true, std::to_string(std::size(variants)) + " kinds of options"};
}

/// A host that has enough says so with a status, and gets it back.
check_result refusing_sink(const check_context& with) {
  std::size_t refusals = 0;
  check_result got = for_each_call(
      with, some_of_all(with), usual_options, [&](const liaison_translator& translator, trial one) -> std::string {
        for (std::size_t trial::*which : {&trial::refuse_part, &trial::refuse_issue})
          for (std::size_t n = 1; n <= 4; ++n) {
            trial refusing = one;
            refusing.*which = n;
            const trial_outcome outcome = try_call(with.plugin, translator, refusing);
            if (!outcome.refused) break;  // it had less to say
            ++refusals;
            if (outcome.answer.status != LIAISON_RETRY)
              return "returned status " + std::to_string(outcome.answer.status) + " although its sink had said RETRY";
          }
        return {};
      });
  if (got.passed) got.detail = std::to_string(refusals) + " refusals";
  return got;
}

/// FNV-1a, 64 bits: to compare the output of two processes, nothing more.
class fingerprint {
 public:
  void add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
    value_ = (value_ ^ text.size()) * 0x100000001B3U;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

std::uint64_t fingerprint_of(const wire::reply_view& answer) {
  fingerprint print;
  print.add(std::to_string(answer.status) + " " + std::to_string(answer.score));
  for (const part& one : answer.parts)
    for (const std::string* text : {&one.name, &one.content_type, &one.format, &one.bytes}) print.add(*text);
  for (const model::issue& one : answer.issues)
    for (const std::string* text : {&one.code, &one.location, &one.diagnostics}) print.add(*text);
  return print.value();
}

/// The detail is the fingerprint of all outputs: the caller runs this in two processes and compares.
check_result deterministic(const check_context& with) {
  fingerprint all;
  check_result got = for_each_call(with, some_of_all(with), usual_options,
                                   [&](const liaison_translator& translator, const trial& one) -> std::string {
                                     const std::uint64_t first =
                                         fingerprint_of(try_call(with.plugin, translator, one).answer);
                                     if (fingerprint_of(try_call(with.plugin, translator, one).answer) != first)
                                       return "gave another output for the same bytes the second time";
                                     all.add(std::to_string(first));
                                     return {};
                                   });
  if (got.passed) got.detail = "output " + std::to_string(all.value());
  return got;
}

/// What glibc keeps in the thread's cache counts as in use, and goes on growing for a thousand rounds: it is taken out
/// while we look, so that what we hold then is always the same.
std::size_t bytes_in_use() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  constexpr std::size_t sizes = 64, smallest_bytes = 24, step_bytes = 16, cached_of_a_size = 7;
  std::array<void*, sizes * cached_of_a_size> taken;
  for (std::size_t i = 0; i < taken.size(); ++i)
    taken[i] = std::malloc(smallest_bytes + i / cached_of_a_size * step_bytes);
  asm volatile("" : : "r"(taken.data()) : "memory");  // the compiler may not leave them out
  const struct mallinfo2 now = mallinfo2();
  for (void* one : taken) std::free(one);
  return now.uordblks + now.hblkhd;
#else
  return 0;
#endif
}

/// Rounds over what is small enough to go round often, in three stretches after a first that fills caches. A leak
/// grows in each; what an allocator keeps for itself does not.
check_result bounded_memory(const check_context& with) {
  constexpr int rounds_max = 100, rounds_min = 8;  // of each stretch
  constexpr std::size_t growth_bytes_max = 8U << 10U, input_bytes_max = 32U << 10U;
  constexpr std::chrono::seconds time_max(2);
  std::vector<input> inputs = some_of_all(with);
  std::erase_if(inputs, [](const input& one) { return one.bytes.size() > input_bytes_max; });
  int rounds = 0;
  const auto stretch = [&] {
    const auto begun = std::chrono::steady_clock::now();
    const std::size_t before = bytes_in_use();
    for (int i = 0; i < rounds_max && (i < rounds_min || std::chrono::steady_clock::now() - begun < time_max); ++i) {
      ++rounds;
      for_each_call(with, inputs, usual_options, [&](const liaison_translator& translator, const trial& one) {
        (void)try_call(with.plugin, translator, one);
        return std::string();
      });
    }
    const std::size_t after = bytes_in_use();
    return after > before ? after - before : 0;
  };
  stretch();
  rounds = 0;
  std::size_t least = SIZE_MAX, all = 0;
  for (int i = 0; i < 3; ++i) {
    const std::size_t growth = stretch();
    least = std::min(least, growth);
    all += growth;
  }
  const std::string detail = std::to_string(all) + " bytes more in use after " + std::to_string(rounds) + " rounds";
  return least > growth_bytes_max ? failed("leaks: " + detail) : check_result{true, detail};
}

/// Whoever reads a refusal must learn why.
check_result says_why(const check_context& with) {
  return for_each_call(
      with, some_of_all(with), usual_options,
      [&](const liaison_translator& translator, const trial& one) -> std::string {
        const trial_outcome got = try_call(with.plugin, translator, one);
        if (got.answer.status != LIAISON_REJECT && got.answer.status != LIAISON_QUARANTINE) return {};
        const bool told =
            std::any_of(got.answer.issues.begin(), got.answer.issues.end(), [](const model::issue& issue) {
              return issue.severity == model::severity::error && !issue.diagnostics.empty();
            });
        return told ? ""
                    : "returned status " + std::to_string(got.answer.status) + " without an error issue that says why";
      });
}

/// Its own samples: recognised by one of its translators, and inspected without refusal.
check_result knows_samples(const check_context& with) {
  if (with.samples.empty()) return {true, "no samples given"};
  for (const input& sample : samples_of(with)) {
    const liaison_translator* best = nullptr;
    int best_score = 0;
    with.trying("recognise on " + sample.name);
    for (const liaison_translator* translator : with.plugin.translators) {
      const int score =
          try_call(with.plugin, *translator, {operation::recognise, sample.bytes, "{}", 0, 0}).answer.score;
      if (score > best_score) best = translator, best_score = score;
    }
    if (best == nullptr) return failed("no translator recognises " + sample.name);
    if (best->inspect == nullptr) continue;
    with.trying("inspect on " + sample.name);
    if (const int status =
            try_call(with.plugin, *best, {operation::inspect, sample.bytes, usual_options, 0, 0}).answer.status;
        status != LIAISON_OK)
      return failed("inspect of " + std::string(best->format) + " says status " + std::to_string(status) + " on " +
                    sample.name);
  }
  return {true, std::to_string(with.samples.size()) + " samples"};
}

check_result names(const check_context& with) {
  const auto odd = [](std::string_view text, std::string_view allowed) {
    return text.empty() || text.size() > 128 || text.find_first_not_of(allowed) != text.npos;
  };
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  if (odd(with.plugin.table->id, letters)) return failed("its id has other characters than a-z 0-9 - . _");
  if (odd(with.plugin.table->version, "0123456789.-+abcdefghijklmnopqrstuvwxyz")) return failed("its version is odd");
  for (const liaison_translator* translator : with.plugin.translators) {
    if (odd(translator->format, letters)) return failed("a format has other characters than a-z 0-9 - . _");
    for (const char* const* profile = translator->profiles; *profile != nullptr; ++profile)
      if (odd(*profile, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"))
        return failed("a profile of " + std::string(translator->format) + " has an odd name");
  }
  return {true, std::string(with.plugin.table->id) + " " + with.plugin.table->version};
}

using inside_check = check_result (*)(const check_context&);
const struct {
  std::string_view name;
  inside_check run;
} inside[] = {
    {"names", names},
    {"samples", knows_samples},
    {"empty-input",
     [](const check_context& with) {
       return survives(with, {{"nothing", ""}});
     }},
    {"single-bytes", [](const check_context& with) { return survives(with, single_bytes()); }},
    {"random-bytes", [](const check_context& with) { return survives(with, random_inputs()); }},
    {"hostile-input", [](const check_context& with) { return survives(with, hostile_inputs()); }},
    {"damaged-samples", [](const check_context& with) { return survives(with, damaged_samples(with)); }},
    {"odd-options", odd_options},
    {"refusing-sink", refusing_sink},
    {"says-why", says_why},
    {"deterministic", deterministic},
    {"bounded-memory", bounded_memory},
};

check_result one_exported_symbol(const std::string& file) {
  auto symbols = exported_symbols(file);
  if (!symbols) return failed(symbols.error().text);
  std::string others;
  for (const std::string& one : symbols.value())
    if (one != LIAISON_PLUGIN_ENTRY_NAME && others.size() < 200) others += " " + one;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return {true, "not judged: a sanitizer build exports more"};
#else
  return others.empty() ? check_result{true, LIAISON_PLUGIN_ENTRY_NAME} : failed("also exports" + others);
#endif
}

check_result unknown_abi(const std::string& file) {
  void* object = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = object == nullptr ? nullptr : dlsym(object, LIAISON_PLUGIN_ENTRY_NAME);
  if (symbol == nullptr) return failed("cannot be loaded or has no entry");
  const auto entry = reinterpret_cast<liaison_plugin_entry_function>(symbol);
  for (const char* abi :
       {"liaison.translator/2", "liaison.translator/10", "liaison.translator/", "", "LIAISON.TRANSLATOR/1"})
    if (entry(abi) != nullptr) return failed(std::string("answers to the interface \"") + abi + "\"");
  return {true, "five other interfaces refused"};
}

}  // namespace

std::optional<check_result> check_outside(std::string_view name, const std::string& file) {
  if (name == "loads") {
    auto loaded = load(file);
    return loaded ? check_result{true, LIAISON_TRANSLATOR_ABI} : failed(loaded.error().text);
  }
  if (name == "one-exported-symbol") return one_exported_symbol(file);
  if (name == "unknown-abi") return unknown_abi(file);
  return std::nullopt;
}

std::optional<check_result> check_inside(std::string_view name, const check_context& with) {
  for (const auto& one : inside)
    if (one.name == name) return one.run(with);
  return std::nullopt;
}

}  // namespace liaison::plugin::hosted
