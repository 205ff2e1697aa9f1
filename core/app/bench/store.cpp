// SPDX-License-Identifier: Apache-2.0
// A store with many messages and a long queue beside one that is next to empty: intake, delivery, every way to look something up,
// the first page of a search, start-up, and retention of a day. Turns of both alternate; the small one is new in each.
#include "core/app/bench/filled_store.hpp"
#include "core/app/bench/measurements.hpp"
#include "core/identity/patient_table.hpp"
#include "core/routing/names.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

namespace liaison::app::bench {

namespace {

constexpr const char* name = "store";
constexpr std::uint64_t small_store_messages = 2'000;
constexpr double days = 100, for_ever = 1e5;
constexpr unsigned in_flight = 64;
constexpr int questions = 200;
constexpr double slower_max = 1.5;
constexpr double first_page_ms_max = 50, start_ms_max = 1'000, retention_seconds_max = 10;
constexpr const char* limit_is = "the same store with 2,000 messages";

using kept = filled_store;
using pages = std::vector<model::message>;

/// One way to look something up; `n` is the message that is looked for.
struct question {
  const char* label;
  result<double> (*ask)(filled_store& in, std::uint64_t n);
};

bool has(const pages& found, const std::string& control_id) {
  return std::any_of(found.begin(), found.end(), [&](const model::message& one) { return one.control_id == control_id; });
}

result<double> ask_mark(filled_store& in, std::string text) {
  return in.time_of<std::vector<store::marked>>([&](store::store& of, auto then) { of.find_marked(text, 0, 50, then); },
                                                [](const auto& found) { return !found.empty(); });
}

result<double> ask_page(filled_store& in, const store::message_filter& filter, const std::function<bool(const pages&)>& is_right) {
  return in.time_of<pages>([&](store::store& of, auto then) { of.list_messages(filter, then); }, is_right);
}

constexpr question lookups[] = {
    {"patient, by mark", [](filled_store& in, std::uint64_t n) { return ask_mark(in, routing::patient_mark(kept::patient_system, kept::patient_of(n))); }},
    {"patient, by the index",
     [](filled_store& in, std::uint64_t n) {
       const auto found = std::make_shared<std::size_t>(0);
       return in.time_of<done>(
           [&](store::store& of, auto then) {
             of.look_at_patients(
                 [found, n](identity::patient_table& rows) {
                   if (const auto id = rows.find_identifier(kept::patient_system, kept::patient_of(n))) *found = rows.subjects_of(id->patient, 50).size();
                 },
                 then);
           },
           [&](const done&) { return *found > 0; });
     }},
    {"document, by mark", [](filled_store& in, std::uint64_t n) { return ask_mark(in, routing::document_mark(kept::document_of(n))); }},
    {"document, its line",
     [](filled_store& in, std::uint64_t n) {
       return in.time_of<std::vector<store::document_version>>([&](store::store& of, auto then) { of.document_line(kept::document_of(n), 50, then); },
                                                               [&](const auto& found) { return found.size() == 1 && found.front().message.control_id == kept::control_id_of(n); });
     }},
    {"sender", [](filled_store& in, std::uint64_t n) {
       store::message_filter filter;
       filter.source = kept::source_of(n);
       return ask_page(in, filter, [](const pages& found) { return !found.empty(); });
     }},
    {"sender who sent nothing for long", [](filled_store& in, std::uint64_t) {
       store::message_filter filter;
       filter.source = kept::source_of(1);
       return ask_page(in, filter, [](const pages& found) { return !found.empty(); });
     }},
    {"control id", [](filled_store& in, std::uint64_t n) {
       store::message_filter filter;
       filter.control_id = kept::control_id_of(n);
       return ask_page(in, filter, [&](const pages& found) { return found.size() == 1 && has(found, kept::control_id_of(n)); });
     }},
    {"time", [](filled_store& in, std::uint64_t n) {
       // A page of what came before this one did, about.
       store::message_filter filter;
       filter.received_until = in.now() - static_cast<unix_ms>(days * 24 * 3'600'000 * (1 - static_cast<double>(n) / static_cast<double>(in.count())));
       return ask_page(in, filter, [&](const pages& found) {
         return std::all_of(found.begin(), found.end(), [&](const model::message& one) { return one.received_at < filter.received_until; });
       });
     }},
};

constexpr question first_pages[] = {
    {"newest messages", [](filled_store& in, std::uint64_t) {
       return ask_page(in, {}, [&](const pages& found) { return has(found, kept::control_id_of(in.count())); });
     }},
    {"messages of a type", [](filled_store& in, std::uint64_t) {
       store::message_filter filter;
       filter.document_type = "11502-2";
       return ask_page(in, filter, [](const pages& found) { return found.size() == 50; });
     }},
    {"messages of a type that there is not", [](filled_store& in, std::uint64_t) {
       store::message_filter filter;
       filter.document_type = "none";
       return ask_page(in, filter, [](const pages& found) { return found.empty(); });
     }},
    {"messages in quarantine", [](filled_store& in, std::uint64_t) {
       store::message_filter filter;
       filter.state = model::message_state::quarantined;
       return ask_page(in, filter, [](const pages& found) { return found.empty(); });
     }},
    {"deliveries in the queue", [](filled_store& in, std::uint64_t) {
       store::delivery_filter filter;
       filter.recipient = kept::queue;
       filter.state = model::delivery_state::pending;
       return in.time_of<std::vector<model::delivery>>([&](store::store& of, auto then) { of.list_deliveries(filter, then); },
                                                       [](const auto& found) { return !found.empty(); });
     }},
};

/// Median of many questions about messages all over the store.
result<double> ask_often(filled_store& in, const question& what) {
  std::vector<double> took;
  for (int i = 0; i < questions; ++i) {
    auto one = what.ask(in, 1 + (in.count() - 1) * static_cast<std::uint64_t>(i) / questions);
    if (!one) return failure{one.error().code, std::string(what.label) + ": " + one.error().text};
    took.push_back(one.value());
  }
  return median_of(std::move(took));
}

struct side {
  figure kept, filed, delivered, start_ms, latency_us;
  std::vector<figure> lookups = std::vector<figure>(std::size(bench::lookups)), lookups_again = lookups, first_pages = std::vector<figure>(std::size(bench::first_pages));

  /// One turn. `count`: deliveries.
  result<done> measure(filled_store& in, const settings& how, std::uint64_t count) {
    auto sent = in.deliver(kept::queue, count, in_flight);
    if (!sent) return sent.error();
    delivered.add(sent.value());
    for (std::size_t i = 0; i < lookups.size(); ++i) {
      for (figure* each : {&lookups[i], &lookups_again[i]}) {
        auto took = ask_often(in, bench::lookups[i]);
        if (!took) return took.error();
        each->add(took.value());
      }
    }
    for (std::size_t i = 0; i < first_pages.size(); ++i) {
      auto took = bench::first_pages[i].ask(in, 1);
      if (!took) return failure{took.error().code, std::string(bench::first_pages[i].label) + ": " + took.error().text};
      first_pages[i].add(took.value());
    }
    auto alone = in.take_in(how.seconds / 3, std::numeric_limits<std::uint64_t>::max(), 1);
    if (!alone) return alone.error();
    latency_us.add(median_of(std::move(alone.value().latencies_us)));
    auto taken = in.take_in(how.seconds, std::numeric_limits<std::uint64_t>::max(), in_flight);
    if (!taken) return taken.error();
    this->kept.add(taken.value().kept);
    filed.add(taken.value().filed);
    in.close();
    auto start = in.open();
    if (!start) return start.error();
    start_ms.add(start.value());
    return done{};
  }
};

}  // namespace

result<std::vector<line>> measure_store(const settings& how) {
  const std::uint64_t count = std::max<std::uint64_t>(how.messages, 1'000), pending = count / 10;
  const std::uint64_t deliveries = std::min(small_store_messages / 2, pending / 4);  // some stay in either queue
  filled_store full(how.directory + "/full");
  if (auto opened = full.open(); !opened) return opened.error();
  const auto fill_began = std::chrono::steady_clock::now();
  if (auto filled = full.fill(count, pending, days); !filled) return filled.error();
  const double fill_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - fill_began).count();
  const double gigabytes = static_cast<double>(full.size_bytes()) / 1e9;
  side of_full, of_small;
  for (int turn = 0; turn < turns; ++turn) {
    const std::string directory = how.directory + "/small";
    {
      filled_store small(directory);
      if (auto opened = small.open(); !opened) return opened.error();
      if (auto filled = small.fill(small_store_messages, small_store_messages, days); !filled) return filled.error();
      if (auto measured = of_small.measure(small, how, deliveries); !measured) return measured.error();
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    if (auto measured = of_full.measure(full, how, deliveries); !measured) return measured.error();
  }
  const std::string with = std::to_string(count) + " messages, " + std::to_string(pending) + " pending";
  const aim as_fast{aim::of::ratio, aim::bound::at_least, 1 / slower_max}, as_quick{aim::of::ratio, aim::bound::at_most, slower_max};
  std::vector<line> lines;
  lines.push_back({name, "filled", "messages/s", static_cast<double>(count) / fill_seconds, {}, {}, std::nullopt,
                   with + ", " + std::to_string(gigabytes).substr(0, 5) + " GB on disk"});
  lines.push_back({name, "intake, 64 under way, until kept", "messages/s", of_full.kept, of_small.kept, limit_is, as_fast, with});
  lines.push_back({name, "intake, 64 under way, until filed", "messages/s", of_full.filed, of_small.filed, limit_is, as_fast, with});
  lines.push_back({name, "intake, one at a time, p50", "us", of_full.latency_us, of_small.latency_us, limit_is, as_quick, with});
  lines.push_back({name, "delivery, 64 under way", "deliveries/s", of_full.delivered, of_small.delivered, limit_is, as_fast, with});
  for (std::size_t i = 0; i < std::size(lookups); ++i) {
    const std::string label = std::string("look up: ") + lookups[i].label;
    lines.push_back({name, label, "ms", of_full.lookups[i], of_small.lookups[i], limit_is, as_quick, "median of 200, all over the store; from the disk when memory does not hold it"});
    lines.push_back({name, label + ", again", "ms", of_full.lookups_again[i], of_small.lookups_again[i], limit_is, as_quick, "the same 200 once more: from memory"});
  }
  for (std::size_t i = 0; i < std::size(first_pages); ++i)
    lines.push_back({name, std::string("first page: ") + first_pages[i].label, "ms", of_full.first_pages[i], of_small.first_pages[i], limit_is,
                     aim{aim::of::ours, aim::bound::at_most, first_page_ms_max}, with});
  lines.push_back({name, "start-up", "ms", of_full.start_ms, of_small.start_ms, limit_is, aim{aim::of::ours, aim::bound::at_most, start_ms_max}, "opening the store"});

  // The same pace of intake with nothing to remove, then with a day's messages. Sizes are taken when the log is worked off.
  auto quiet = full.purge(for_ever, how.seconds);
  if (!quiet) return quiet.error();
  const auto settled_size = [&]() -> result<std::uint64_t> {
    full.close();
    if (auto opened = full.open(); !opened) return opened.error();
    return full.size_bytes();
  };
  auto before = settled_size();
  if (!before) return before.error();
  auto gone = full.purge(days - 1, 0);
  if (!gone) return gone.error();
  auto after = settled_size();
  if (!after) return after.error();
  const std::uint64_t size_before = before.value(), size_after = after.value();
  const double freed = size_before > size_after ? static_cast<double>(size_before - size_after) / 1e6 : 0;
  const std::string of = std::to_string(gone.value().messages) + " messages of one day of " + std::to_string(static_cast<int>(days));
  lines.push_back({name, "retention of a day", "s", gone.value().seconds, {}, {}, aim{aim::of::ours, aim::bound::at_most, retention_seconds_max}, of});
  lines.push_back({name, "retention of a day, given back", "MB", freed, {}, {}, std::nullopt, "file sizes; up to a twentieth of the database stays as room for what comes next"});
  lines.push_back({name, "retention of a day, intake meanwhile, p50", "us", median_of(gone.value().latencies_us), median_of(quiet.value().latencies_us),
                   "the same pace with nothing to remove", as_quick, {}});
  lines.push_back({name, "retention of a day, intake meanwhile, longest", "us", *std::max_element(gone.value().latencies_us.begin(), gone.value().latencies_us.end()), {}, {},
                   std::nullopt, std::to_string(gone.value().latencies_us.size()) + " intakes"});
  return lines;
}

}  // namespace liaison::app::bench
