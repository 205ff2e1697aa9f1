// SPDX-License-Identifier: Apache-2.0
// From the first byte at the MLLP source until the recipients have it: to a folder, translated, and to an MLLP recipient; and, as
// much work as another engine's plain channel does, unchanged to one MLLP recipient. With the CPU time of each stage.
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/bench/servers.hpp"
#include "core/net/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace liaison::app::bench {

namespace {

constexpr const char* name = "end-to-end";
constexpr unsigned connections = 64;
constexpr std::uint64_t trial_messages = 128;
constexpr double trial_part = 0.25;  ///< of a turn's length, at least
constexpr double deliver_seconds_max = 600;

/// Mirth Connect 4 on PostgreSQL on a two-core machine like this one (issue 7). It does not run here: its best figures, and the
/// least of its memory.
constexpr const char* mirth_is = "Mirth Connect 4, known figure, not of this run";
constexpr double mirth_plain = 540, mirth_with_script = 270, mirth_documents = 52, mirth_megabytes = 430;

struct variant {
  std::string label;
  sample message;
  std::vector<std::string> recipients;
  std::string recipients_json, to_json;
  double known = 0;
  std::string known_is;
  std::optional<aim> wanted;
};

std::string mllp_recipient(std::uint16_t port) {
  return R"("practice":{"format":"hl7v2","destination":{"mllp":{"host":"127.0.0.1","port":)" + std::to_string(port) + R"(}},"delivery":{"in_flight_max":64}})";
}

std::string folder_recipient(const std::string& folder) {
  return R"("gp":{"format":"hprim-medecin","destination":{"folder":{"path":")" + folder + R"("}},"delivery":{"in_flight_max":16}})";
}

/// Sends so many and waits until every recipient has them. Messages a second.
result<double> deliver(const gateway_server& gateway, const variant& what, std::uint64_t& sent, std::uint64_t count) {
  using steady = std::chrono::steady_clock;
  const std::uint64_t base = sent;
  net::load_settings load;
  load.port = gateway.mllp_port();
  load.connections = connections;
  load.seconds = deliver_seconds_max;
  load.messages_max = count;
  load.message = [&](std::uint64_t number) { return what.message.head(base + number); };
  load.tail = what.message.tail;
  const auto begin = steady::now();
  auto outcome = [&] {
    const on_one_core pinned;
    return net::run_load(load);
  }();
  if (!outcome) return outcome.error();
  if (outcome.value().refused > 0) return failure{"refused", std::to_string(outcome.value().refused) + " messages were not acknowledged with AA"};
  sent += outcome.value().accepted;
  for (const std::string& recipient : what.recipients)
    if (auto waited = gateway.wait_until_delivered(recipient, sent, deliver_seconds_max); !waited) return waited.error();
  return static_cast<double>(outcome.value().accepted) / std::chrono::duration<double>(steady::now() - begin).count();
}

result<std::vector<line>> measure(const settings& how, const server& peer, const variant& what) {
  auto started = gateway_server::start(how.directory + "/" + what.recipients.front(), how.plugins,
                                       R"("endpoints":{"lab":{"format":"hl7v2","source":{"mllp":{"port":@mllp@}}},)" + what.recipients_json +
                                           R"(},"routes":[{"name":"all","to":)" + what.to_json + "}]");
  if (!started) return started.error();
  const gateway_server& gateway = started.value();
  std::uint64_t sent = 0;
  // As many as take about the time that was asked for. The first messages of a gateway take long: it is tried with more of them
  // until the trial itself is a good part of that time.
  auto count = trial_messages;
  for (bool is_known = false; !is_known;) {
    auto trial = deliver(gateway, what, sent, count);
    if (!trial) return trial.error();
    is_known = static_cast<double>(count) >= trial.value() * how.seconds * trial_part;
    const auto wanted = std::max(trial_messages, static_cast<std::uint64_t>(trial.value() * how.seconds));
    count = is_known ? wanted : wanted / 2;
  }
  figure rate;
  const cpu_by_stage before = cpu_seconds(gateway.id());
  const double peer_before = own_cpu_seconds(peer.process.id()), load_before = own_cpu_seconds(::getpid());
  const std::uint64_t sent_before = sent;
  double memory = 0, broker = 0;
  for (int turn = 0; turn < turns; ++turn) {
    auto one = deliver(gateway, what, sent, count);
    if (!one) return one.error();
    rate.add(one.value());
    memory = std::max(memory, with_children_megabytes(gateway.id()));
    broker = std::max(broker, resident_megabytes(gateway.id()));
  }
  const double us_each = 1e6 / static_cast<double>(sent - sent_before);
  std::vector<line> lines{{name, what.label, "messages/s", rate, what.known, what.known_is, what.wanted, "64 connections, until all are delivered"}};
  const auto cpu = [&](const std::string& stage, double seconds, const char* note) {
    lines.push_back({name, "CPU, " + what.label + ": " + stage, "us/message", seconds * us_each, {}, {}, std::nullopt, note});
  };
  double sum = 0;
  for (const auto& [stage, seconds] : cpu_seconds(gateway.id())) {
    const auto at = before.find(stage);
    const double spent = seconds - (at == before.end() ? 0 : at->second);
    sum += spent;
    if (spent > 0) cpu(stage, spent, "");
  }
  cpu("all of the gateway", sum, "");
  cpu("recipient", own_cpu_seconds(peer.process.id()) - peer_before, "not the gateway's");
  cpu("sender", own_cpu_seconds(::getpid()) - load_before, "not the gateway's");
  lines.push_back({name, "memory, " + what.label + ": broker", "MB", broker, {}, {}, std::nullopt, "resident, highest of the turns"});
  lines.push_back({name, "memory, " + what.label + ": with plugin hosts", "MB", memory, mirth_megabytes, mirth_is, aim{aim::of::ratio, aim::bound::at_most, 0.05},
                   "sum of PSS, highest of the turns"});
  return lines;
}

}  // namespace

result<std::vector<line>> measure_end_to_end(const settings& how) {
  auto peer = start_peer();
  if (!peer) return peer.error();
  const std::string folder = how.directory + "/gp-in";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure{"io-error", error.message()};
  const aim thirty_times{aim::of::ratio, aim::bound::at_least, 30};
  const std::string practice = mllp_recipient(peer.value().port);
  std::vector<line> lines;
  for (const variant& one :
       {variant{"folder translated and MLLP", result_sample(), {"gp", "practice"}, folder_recipient(folder) + "," + practice, R"(["gp","practice"])", mirth_with_script,
                std::string(mirth_is) + ": one destination, three fields changed", std::nullopt},
        variant{"plain to one MLLP", result_sample(), {"practice"}, practice, R"(["practice"])", mirth_plain, mirth_is, thirty_times},
        variant{"plain to one MLLP, 200 kB", document_sample(200'000), {"practice"}, practice, R"(["practice"])", mirth_documents, mirth_is, thirty_times}}) {
    auto measured = measure(how, peer.value(), one);
    if (!measured) return measured.error();
    for (line& each : measured.value()) lines.push_back(std::move(each));
    std::filesystem::remove_all(how.directory + "/" + one.recipients.front(), error);
  }
  return lines;
}

}  // namespace liaison::app::bench
