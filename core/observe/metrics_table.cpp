// SPDX-License-Identifier: Apache-2.0
#include "core/observe/metrics_table.hpp"

namespace liaison::observe {
namespace {

constexpr auto counter = metric_kind::counter;
constexpr auto gauge = metric_kind::gauge;
constexpr auto histogram = metric_kind::histogram;
constexpr auto none = ladder::none;
constexpr auto quick = ladder::quick;
constexpr auto slow = ladder::slow;

// clang-format off
constexpr metric_description table[] = {
    // Intake.
    {"liaison_messages_received_total", counter, none, {"source", "format", "verdict"},
     "Messages that were answered, by what was promised: accepted, rejected, not_now"},
    {"liaison_intake_seconds", histogram, quick, {"source"},
     "From the last byte of a message to its answer, commit included"},
    {"liaison_issues_total", counter, none, {"source", "severity", "code"},
     "Findings on messages that came in, by their code: every tolerance and every fault"},
    {"liaison_business_acknowledgements_total", counter, none, {"source", "kind", "outcome"},
     "Business acknowledgements to a source (Z01, Z02, Z03): accept, reject, not-written"},
    {"liaison_duplicates_total", counter, none, {"source"},
     "Messages that had come before with the same sender, control id and content: acknowledged, not delivered again"},
    {"liaison_messages_routed_total", counter, none, {"route"},
     "Messages that a route took"},
    {"liaison_messages", gauge, none, {"state"},
     "Messages kept, by state: routed, unrouted, quarantined"},
    {"liaison_intake_in_flight", gauge, none, {},
     "Messages taken in that are not yet answered"},

    // Connections.
    {"liaison_connections", gauge, none, {"listener"},
     "Open connections"},
    {"liaison_connections_accepted_total", counter, none, {"listener"},
     "Connections that were opened by peers"},
    {"liaison_connections_refused_total", counter, none, {"listener", "reason"},
     "Connections that were closed at once: limit, tls"},
    {"liaison_frames_rejected_total", counter, none, {"listener", "reason"},
     "Frames or requests that never became a message: too_large, malformed, idle"},
    {"liaison_http_requests_total", counter, none, {"path", "status"},
     "HTTP requests by the described path and class of status (2xx, 4xx, 5xx)"},

    // Store.
    {"liaison_commits_total", counter, none, {"outcome"},
     "Transactions of the store: done, failed"},
    {"liaison_commit_seconds", histogram, quick, {},
     "Duration of a transaction, with the wait for the disk"},
    {"liaison_commit_operations_total", counter, none, {},
     "Operations that were committed; divided by the commits it is the size of a group"},
    {"liaison_store_size_bytes", gauge, none, {},
     "Size of the store on disk, payloads included"},
    {"liaison_store_unfiled_messages", gauge, none, {},
     "Messages that are kept and have no rows yet: acknowledged, in the journal, not seen by lists and deliveries"},
    {"liaison_store_free_bytes", gauge, none, {},
     "Room left on the store's file system"},
    {"liaison_store_removed_total", counter, none, {"state"},
     "Messages removed by retention"},

    // Deliveries.
    {"liaison_deliveries", gauge, none, {"recipient", "state"},
     "Deliveries kept, by state: pending, delivered, dead, cancelled"},
    {"liaison_queue_age_seconds", gauge, none, {"recipient"},
     "Age of the oldest pending delivery; 0 when none waits"},
    {"liaison_delivery_attempts_total", counter, none, {"recipient", "verdict", "code"},
     "Attempts by outcome (accepted, refused, failed, unreachable) and class of code (AA, 2xx, io-error)"},
    {"liaison_delivery_seconds", histogram, slow, {"recipient"},
     "From the receipt of a message to the recipient's acceptance"},
    {"liaison_dead_letters_total", counter, none, {"recipient"},
     "Deliveries that gave up and wait for a person"},

    {"liaison_withheld_total", counter, none, {"recipient", "code"},
     "Deliveries that were not made for reasons of secrecy, by reason: the patient refused, masks, confidentiality, identity"},

    // Patients.
    {"liaison_identities_total", counter, none, {"source", "outcome"},
     "Documents by how their identity compares with the patient index: exact, unknown, no-ins, differs, incomplete, other"},
    {"liaison_discharges", gauge, none, {"letter"},
     "Stays after which a letter is or was awaited, by its state: waiting, overdue, on-time, late"},
    {"liaison_discharge_alerts_total", counter, none, {},
     "Discharges whose letter had not left in time, as they were noticed"},

    // Translators.
    {"liaison_translation_seconds", histogram, quick, {"from", "to"},
     "Duration of a translation between two formats"},
    {"liaison_plugin_calls_total", counter, none, {"format", "operation", "status"},
     "Calls of translators by operation and status; host_failed when the host process did not survive"},
    {"liaison_plugin_call_seconds", histogram, quick, {"operation"},
     "Duration of a call of a translator"},
    {"liaison_plugin_restarts_total", counter, none, {},
     "Host processes that were started again"},
    {"liaison_plugin_mishaps_total", counter, none, {"kind"},
     "Calls that took their host process with them: crash, deadline, memory, protocol"},
    {"liaison_plugin_hosts", gauge, none, {},
     "Host processes that are running; those that nobody calls rest"},

    // The process. The names of process_… are those that Prometheus' own libraries use.
    {"liaison_build_info", gauge, none, {"version"},
     "Always 1; the label says which version runs"},
    {"liaison_configuration_loads_total", counter, none, {"outcome"},
     "Configurations that were read, at the start and on SIGHUP: applied, refused"},
    {"liaison_configuration_loaded_seconds", gauge, none, {},
     "Unix time when the running configuration was applied"},
    {"process_start_time_seconds", gauge, none, {},
     "Unix time when the process started"},
    {"process_resident_memory_bytes", gauge, none, {},
     "Resident memory of the broker, host processes not included"},
    {"process_cpu_seconds_total", counter, none, {},
     "Processor time used by the broker"},
    {"process_open_fds", gauge, none, {},
     "File descriptors in use"},
    {"process_max_fds", gauge, none, {},
     "File descriptors that the process may have; connections get all but the last 256 (or an eighth)"},
};
// clang-format on

constexpr double quick_limits[] = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                   0.05,    0.1,    0.25,    0.5,    1,     2.5,    5,     10};
constexpr double slow_limits[] = {0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14'400, 86'400, 604'800};

}  // namespace

std::span<const metric_description> metric_table() { return table; }

std::span<const double> bucket_limits(ladder which) {
  switch (which) {
    case ladder::quick:
      return quick_limits;
    case ladder::slow:
      return slow_limits;
    case ladder::none:
      break;
  }
  return {};
}

const char* name_of(metric_kind kind) {
  switch (kind) {
    case metric_kind::counter:
      return "counter";
    case metric_kind::gauge:
      return "gauge";
    case metric_kind::histogram:
      return "histogram";
  }
  return "";
}

}  // namespace liaison::observe
