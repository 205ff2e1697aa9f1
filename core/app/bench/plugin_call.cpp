// SPDX-License-Identifier: Apache-2.0
// A call of a translator in its sandboxed host, beside the same call of the same plugin loaded into this process. Calls of both
// kinds take turns of a few dozen, so that caches and clock rates are alike for both.
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/workbench.hpp"
#include "core/routing/examiner.hpp"

#include <liaison/translator.h>

#include <dlfcn.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace liaison::app::bench {

namespace {

using steady = std::chrono::steady_clock;
constexpr const char* name = "plugin";
constexpr std::size_t large_size_bytes = 1'000'000;
constexpr int calls_in_a_row = 32;
constexpr int calls_at_once = 64;
constexpr double difference_us_max = 20;

double us_since(steady::time_point begin) { return std::chrono::duration<double, std::micro>(steady::now() - begin).count(); }

liaison_bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Keeps what a call hands over, as whoever calls has to: its memory is the plugin's.
struct kept_parts {
  std::vector<std::string> parts;
  liaison_sink sink{sizeof(liaison_sink), this,
                    [](void* self, const liaison_part* part) {
                      static_cast<kept_parts*>(self)->parts.emplace_back(reinterpret_cast<const char*>(part->bytes.data), part->bytes.size);
                      return LIAISON_OK;
                    },
                    [](void*, const liaison_issue*) { return LIAISON_OK; }};
};

/// The translator of a format, loaded into this process. What is loaded stays: the process ends soon.
struct loaded_translator {
  const liaison_translator* table = nullptr;
  void* self = nullptr;

  static result<loaded_translator> open(const std::string& file, const std::string& format, const std::string& configuration_json) {
    const auto refused = [&](const char* why) { return failure{"plugin-refused", file + ": " + why}; };
    void* object = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) return refused(::dlerror());
    const auto entry = reinterpret_cast<liaison_plugin_entry_function>(::dlsym(object, LIAISON_PLUGIN_ENTRY_NAME));
    const liaison_plugin* plugin = entry == nullptr ? nullptr : entry(LIAISON_TRANSLATOR_ABI);
    if (plugin == nullptr) return refused("is no plugin of this version");
    loaded_translator made;
    kept_parts ignored;
    if (plugin->create(bytes_of(configuration_json), &ignored.sink, &made.self) != LIAISON_OK) return refused("did not start");
    for (std::size_t i = 0; i < plugin->translator_count; ++i)
      if (plugin->translators[i]->format == format) made.table = plugin->translators[i];
    if (made.table == nullptr) return refused("has no translator of this format");
    return made;
  }

  bool inspect(const std::string& message, const std::string& options) const {
    kept_parts kept;
    const liaison_call call{sizeof(liaison_call), bytes_of(message), bytes_of(options), nullptr, 0, &kept.sink};
    return table->inspect(self, &call) == LIAISON_OK && !kept.parts.empty();
  }
};

/// Calls through the host, `at_once` under way, until `count` are answered.
struct hosted_calls {
  workbench& bench;
  plugin::request question;
  std::vector<double> took_us;
  int left = 0, open = 0;
  bool fine = true;

  void start_one(const std::function<void()>& done) {
    --left;
    ++open;
    bench.translators().call(question, [this, done, begin = steady::now()](const plugin::reply& reply) {
      took_us.push_back(us_since(begin));
      fine = fine && reply.status == LIAISON_OK && !reply.parts.empty();
      --open;
      if (left > 0) start_one(done);
      else if (open == 0) done();
    });
  }
  void run(int count, int at_once) {
    left = count;
    bench.wait([&](const std::function<void()>& done) {
      for (int i = 0; i < at_once && left > 0; ++i) start_one(done);
    });
  }
};

std::string us(double value) {
  std::string text = std::to_string(value);
  return text.substr(0, text.find('.') + 2) + " us";
}

}  // namespace

result<std::vector<line>> measure_plugin_call(const settings& how) {
  arguments what;
  what.plugins = how.plugins;
  const plugin::host_settings hosts = host_settings_of(what);
  auto opened = workbench::open(hosts);
  if (!opened) return opened.error();
  workbench& bench = *opened.value();
  const std::string format = "hl7v2";
  std::optional<loaded_translator> loaded;
  for (const plugin::translator_info& info : bench.translators().list()) {
    if (info.format != format) continue;
    const auto configured = hosts.configuration_json.find(info.plugin_id);
    auto made = loaded_translator::open(info.file, format, configured == hosts.configuration_json.end() ? "{}" : configured->second);
    if (!made) return made.error();
    loaded = made.value();
  }
  if (!loaded) return failure{"plugin-refused", "no translator of " + format};
  // As intake asks: facts and the acknowledgement in one call.
  routing::call_options options;
  options.now = bench.now();
  options.acknowledge = true;
  const std::string options_json = routing::to_json(options);

  std::vector<line> lines;
  struct variant {
    std::string label;
    std::string message;
    int at_once;
  };
  for (const variant& one : {variant{"2 kB, one at a time", result_sample().whole(1), 1},
                             variant{"1 MB, one at a time", document_sample(large_size_bytes).whole(1), 1},
                             variant{"2 kB, 64 at once, for each", result_sample().whole(1), calls_at_once}}) {
    figure through_host, in_process;
    hosted_calls hosted{bench, {}, {}};
    hosted.question.what = plugin::operation::inspect;
    hosted.question.format = format;
    hosted.question.input = share(one.message);
    hosted.question.options_json = options_json;
    for (int turn = 0; turn < turns; ++turn) {
      std::vector<double> here_us, there_us;
      const int in_a_row = calls_in_a_row * (one.at_once > 1 ? one.at_once : 1);
      for (const auto begin = steady::now(); here_us.empty() || us_since(begin) < how.seconds * 1e6;) {
        const auto begin_here = steady::now();
        for (int i = 0; i < in_a_row; ++i) {
          const auto begin_call = steady::now();
          if (!loaded->inspect(one.message, options_json)) return failure{"plugin", "the message was not inspected in this process"};
          if (one.at_once == 1) here_us.push_back(us_since(begin_call));
        }
        if (one.at_once > 1) here_us.push_back(us_since(begin_here) / in_a_row);
        hosted.took_us.clear();
        const auto begin_there = steady::now();
        hosted.run(in_a_row, one.at_once);
        if (!hosted.fine) return failure{"plugin", "the message was not inspected in the host"};
        if (one.at_once > 1) there_us.push_back(us_since(begin_there) / in_a_row);
        else there_us.insert(there_us.end(), hosted.took_us.begin(), hosted.took_us.end());
      }
      through_host.add(median_of(std::move(there_us)));
      in_process.add(median_of(std::move(here_us)));
    }
    lines.push_back({name, "inspect, " + one.label, "us", through_host, in_process, "the same call in process",
                     aim{aim::of::difference, aim::bound::at_most, difference_us_max},
                     "median of calls; the sandbox adds " + us(through_host.median() - in_process.median())});
  }
  return lines;
}

}  // namespace liaison::app::bench
