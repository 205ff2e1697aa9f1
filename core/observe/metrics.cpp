// SPDX-License-Identifier: Apache-2.0
// Metrics over prometheus-cpp. Its own lookup copies a map of strings for each call; a cache in front of it, keyed by
// the name and the label values, makes the second and later uses cheap enough for every message.
#include "core/observe/metrics.hpp"

#include "core/base/assert.hpp"
#include "core/observe/json_text.hpp"
#include "core/observe/metrics_table.hpp"
#include "core/observe/process_figures.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <functional>
#include <mutex>
#include <unordered_map>

namespace liaison::observe {
namespace {

constexpr std::size_t label_size_bytes_max = 128;
// Labels are names from the configuration and codes. Should one ever follow input, memory stays bounded:
// what comes beyond is counted together, under "other".
constexpr std::size_t series_per_metric_max = 2'000;

struct family {
  const metric_description* what = nullptr;
  prometheus::Family<prometheus::Counter>* counters = nullptr;
  prometheus::Family<prometheus::Gauge>* gauges = nullptr;
  prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  std::size_t series = 0;
};

struct series {
  prometheus::Counter* counter = nullptr;
  prometheus::Gauge* gauge = nullptr;
  prometheus::Histogram* histogram = nullptr;
};

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using by_text = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

void assert_known(bool condition, std::string_view name, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "metric %.*s: %s\n", static_cast<int>(name.size()), name.data(), what);
  LIAISON_ASSERT(condition);
}

void write_key(std::string& key, std::string_view name, labels with) {
  key.assign(name);
  for (const auto& [label, value] : with) {
    key += '\x1F';
    key += value;
  }
}

}  // namespace

struct metrics::state {
  mutable std::mutex mutex;
  prometheus::Registry registry;
  by_text<family> families;
  by_text<series> cache;

  family& family_of(std::string_view name, metric_kind kind);
  series make(std::string_view name, metric_kind kind, labels with);
  series& find(std::string_view name, metric_kind kind, labels with);
};

family& metrics::state::family_of(std::string_view name, metric_kind kind) {
  auto at = families.find(name);
  if (at == families.end()) {
    const metric_description* what = nullptr;
    for (const auto& one : metric_table()) {
      if (name == one.name) what = &one;
    }
    assert_known(what != nullptr, name, "is not in the table");
    family made{.what = what};
    switch (what->kind) {
      case metric_kind::counter:
        made.counters = &prometheus::BuildCounter().Name(what->name).Help(what->help).Register(registry);
        break;
      case metric_kind::gauge:
        made.gauges = &prometheus::BuildGauge().Name(what->name).Help(what->help).Register(registry);
        break;
      case metric_kind::histogram:
        made.histograms = &prometheus::BuildHistogram().Name(what->name).Help(what->help).Register(registry);
        break;
    }
    at = families.emplace(name, made).first;
  }
  assert_known(at->second.what->kind == kind, name, "is of another kind");
  return at->second;
}

series metrics::state::make(std::string_view name, metric_kind kind, labels with) {
  family& of = family_of(name, kind);
  const bool crowded = of.series >= series_per_metric_max;
  prometheus::Labels given;
  std::size_t index = 0;
  for (const auto& [label, value] : with) {
    const char* expected = index < of.what->labels.size() ? of.what->labels[index] : nullptr;
    assert_known(expected != nullptr && label == expected, name, "was given labels that the table does not name");
    std::string& text = given[expected];
    if (crowded) {
      text = "other";
    } else {
      append_utf8(text, value, label_size_bytes_max);
    }
    ++index;
  }
  assert_known(index == of.what->labels.size() || of.what->labels[index] == nullptr, name, "was given too few labels");

  series made;
  if (!crowded) ++of.series;
  switch (kind) {
    case metric_kind::counter:
      made.counter = &of.counters->Add(given);
      break;
    case metric_kind::gauge:
      made.gauge = &of.gauges->Add(given);
      break;
    case metric_kind::histogram: {
      auto limits = bucket_limits(of.what->buckets);
      made.histogram = &of.histograms->Add(given, std::vector<double>(limits.begin(), limits.end()));
      break;
    }
  }
  return made;
}

series& metrics::state::find(std::string_view name, metric_kind kind, labels with) {
  thread_local std::string key;
  write_key(key, name, with);
  auto at = cache.find(std::string_view(key));
  if (at != cache.end()) return at->second;
  const family& of = family_of(name, kind);
  if (of.series < series_per_metric_max) return cache.emplace(key, make(name, kind, with)).first->second;
  // Names beyond the limit are not remembered one by one, or the cache would grow instead.
  thread_local series shared;
  shared = make(name, kind, with);
  return shared;
}

metrics::metrics() : state_(std::make_unique<state>()) {}
metrics::~metrics() = default;

void metrics::count(std::string_view name, labels with, double by) {
  std::lock_guard lock(state_->mutex);
  series& found = state_->find(name, metric_kind::counter, with);
  assert_known(found.counter != nullptr, name, "is no counter");
  found.counter->Increment(by);
}

void metrics::set(std::string_view name, labels with, double value) {
  std::lock_guard lock(state_->mutex);
  series& found = state_->find(name, metric_kind::gauge, with);
  assert_known(found.gauge != nullptr, name, "is no gauge");
  found.gauge->Set(value);
}

void metrics::observe_seconds(std::string_view name, labels with, double seconds) {
  std::lock_guard lock(state_->mutex);
  series& found = state_->find(name, metric_kind::histogram, with);
  assert_known(found.histogram != nullptr, name, "is no histogram");
  found.histogram->Observe(seconds);
}

void metrics::forget(std::string_view name, labels with) {
  std::lock_guard lock(state_->mutex);
  std::string key;
  write_key(key, name, with);
  auto at = state_->cache.find(std::string_view(key));
  if (at == state_->cache.end()) return;
  family& of = state_->families.find(name)->second;
  if (at->second.counter != nullptr) of.counters->Remove(at->second.counter);
  if (at->second.gauge != nullptr) of.gauges->Remove(at->second.gauge);
  if (at->second.histogram != nullptr) of.histograms->Remove(at->second.histogram);
  --of.series;
  state_->cache.erase(at);
}

std::string metrics::to_prometheus_text() const {
  const process_figures figures = read_process_figures();
  std::lock_guard lock(state_->mutex);
  auto gauge = [&](std::string_view name, double value) {
    state_->find(name, metric_kind::gauge, {}).gauge->Set(value);
  };
  gauge("process_start_time_seconds", figures.start_time_seconds);
  gauge("process_resident_memory_bytes", figures.resident_memory_bytes);
  gauge("process_open_fds", figures.open_fds);
  gauge("process_max_fds", figures.max_fds);
  auto* cpu = state_->find("process_cpu_seconds_total", metric_kind::counter, {}).counter;
  cpu->Increment(figures.cpu_seconds - cpu->Value());
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace liaison::observe
