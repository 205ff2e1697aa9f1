// SPDX-License-Identifier: Apache-2.0
#include "core/app/arguments.hpp"

#include <CLI/CLI.hpp>

namespace liaison::app {

namespace {

void add_json(CLI::App* to, arguments& a) { to->add_flag("--json", a.json, "Print data as JSON"); }

void add_config(CLI::App* to, arguments& a) {
  to->add_option("--config", a.config, "Configuration file")->required();
  to->add_option("--set", a.set, "KEY=VALUE: override one value of the configuration, dotted path")->take_all();
}

void add_plugins(CLI::App* to, arguments& a) {
  to->add_option("--plugins", a.plugins, "Directory of the plugins (default: ../lib/liaison beside the program)");
}

void add_reading(CLI::App* to, arguments& a) {
  to->add_option("FILE", a.files, "File to read (default: standard input)")->expected(0, 1);
  to->add_option("--from", a.from, "Format of the input (default: recognised by content)");
  to->add_option("--charset", a.charset, "Character set of the input, when it is not what it says");
  to->add_option("--strictness", a.strictness, "tolerant or strict")->check(CLI::IsMember({"tolerant", "strict"}));
  to->add_option("--options", a.options, "Options of the endpoint, a JSON object");
  add_plugins(to, a);
  add_json(to, a);
}

void add_api(CLI::App* to, arguments& a) {
  to->add_option("--api", a.api, "Address of the running gateway")->capture_default_str()->envname("LIAISON_API");
  to->add_option("--token", a.token, "Bearer token")->envname("LIAISON_TOKEN");
  add_json(to, a);
}

void add_translation_commands(CLI::App& root, arguments& a) {
  CLI::App* inspect = root.add_subcommand("inspect", "Format, facts and issues of one message");
  add_reading(inspect, a);
  inspect->add_flag("--values", a.values, "Add every result");
  inspect->add_flag("--text", a.text, "Print the document as a person reads it");
  inspect->add_option("--profile", a.profile, "Profile to read by");

  CLI::App* convert = root.add_subcommand("convert", "One translation");
  add_reading(convert, a);
  convert->add_option("--to", a.to, "Format to write")->required();
  convert->add_option("--profile", a.profile, "Profile to write");
  convert->add_option("--carry", a.carry, "FORMAT[/PROFILE] of the document inside, when the profile wraps one");
  convert->add_option("--loss", a.loss, "Write the account of the translation to this file");
  convert->add_option("-o,--output", a.output, "Write here (attachments beside it); default: standard output");

  CLI::App* validate = root.add_subcommand("validate", "Issues of one message; exit code 1 if one is an error");
  add_reading(validate, a);
  validate->add_option("--profile", a.profile, "Profile to check against");
}

void add_gateway_commands(CLI::App& root, arguments& a) {
  CLI::App* run = root.add_subcommand("run", "The gateway; SIGTERM drains and stops, SIGHUP reloads");
  add_config(run, a);
  CLI::App* check = root.add_subcommand("check", "Everything that can be known about a configuration without starting");
  add_config(check, a);
  add_json(check, a);
  CLI::App* test = root.add_subcommand("test", "Run the tests that the configuration carries");
  add_config(test, a);
  add_json(test, a);
  CLI::App* plugins = root.add_subcommand("plugins", "What is loaded");
  add_plugins(plugins, a);
  add_json(plugins, a);
  CLI::App* plugin_check = root.add_subcommand("plugin-check", "Does a plugin keep the contract");
  plugin_check->add_option("FILE", a.files, "Shared object, then messages of its formats to try it on")->required();
  add_json(plugin_check, a);
}

void add_operation_commands(CLI::App& root, arguments& a) {
  CLI::App* messages = root.add_subcommand("messages", "Messages of a running gateway");
  messages->require_subcommand(1);
  CLI::App* list = messages->add_subcommand("list", "Newest first");
  list->add_option("--source", a.source, "Only from this endpoint");
  list->add_option("--state", a.state, "routed, unrouted or quarantined");
  list->add_option("--document-type", a.document_type, "Only documents of this type, a code");
  list->add_option("--control-id", a.control_id, "Only those that their sender named so");
  list->add_option("--since", a.since, "Only what came at this time or later, a FHIR date or dateTime");
  list->add_option("--until", a.until, "Only what came before this time");
  list->add_option("--before", a.before, "What follows this id in the list");
  list->add_option("--limit", a.limit, "How many")->capture_default_str();
  add_api(list, a);
  for (const char* name : {"show", "trace", "raw"}) {
    CLI::App* one = messages->add_subcommand(name, std::string(name) == "show"    ? "One message with its facts and issues"
                                                   : std::string(name) == "trace" ? "From receipt to last receipt"
                                                                                  : "The bytes as they came");
    one->add_option("ID", a.id, "Message")->required();
    add_api(one, a);
  }
  CLI::App* replay = messages->add_subcommand("replay", "Deliver a stored message again");
  replay->add_option("ID", a.id, "Message")->required();
  replay->add_option("--to", a.recipient, "Only to this endpoint (default: by today's routes)");
  add_api(replay, a);

  CLI::App* deliveries = root.add_subcommand("deliveries", "Deliveries of a running gateway");
  deliveries->require_subcommand(1);
  CLI::App* list_deliveries = deliveries->add_subcommand("list", "Newest first");
  list_deliveries->add_option("--recipient", a.recipient, "Only to this endpoint");
  list_deliveries->add_option("--state", a.state, "pending, delivered, dead or cancelled");
  list_deliveries->add_option("--before", a.before, "Only ids below this one");
  list_deliveries->add_option("--limit", a.limit, "How many")->capture_default_str();
  add_api(list_deliveries, a);
  for (const char* name : {"retry", "cancel"}) {
    CLI::App* one = deliveries->add_subcommand(name, std::string(name) == "retry" ? "Try again now" : "Give up for good");
    one->add_option("ID", a.id, "Delivery")->required();
    add_api(one, a);
  }
  CLI::App* document = root.add_subcommand("document", "The life of documents in a running gateway");
  document->require_subcommand(1);
  CLI::App* life = document->add_subcommand("show", "What holds now, and every version with what became of it");
  life->add_option("ID", a.document, "Id of one of its versions, or of its set")->required();
  life->add_option("--source", a.source, "Endpoint that it came in by, for an id that only this one knows");
  add_api(life, a);
  CLI::App* waiting = document->add_subcommand("waiting", "Deliveries that wait for a document that has not come");
  add_api(waiting, a);
  CLI::App* receipts = root.add_subcommand("receipts", "What came back, newest first");
  receipts->add_option("--message", a.id, "Only for this message");
  receipts->add_option("--limit", a.limit, "How many")->capture_default_str();
  add_api(receipts, a);
}

void add_identifier(CLI::App* to, arguments& a) {
  to->add_option("--system", a.system, "Who gave the number, as facts name it: urn:oid:…")->required();
  to->add_option("--value", a.value, "The number")->required();
}

CLI::App* add_numbered(CLI::App* to, const char* name, const char* help, arguments& a) {
  CLI::App* one = to->add_subcommand(name, help);
  one->add_option("ID", a.id, "The gateway's own number")->required();
  add_api(one, a);
  return one;
}

void add_patient_commands(CLI::App& root, arguments& a) {
  CLI::App* patient = root.add_subcommand("patient", "What a running gateway knows of a person; asking is noted");
  patient->require_subcommand(1);
  CLI::App* find = patient->add_subcommand("find", "By an identifier: identities, choices, stays, messages");
  add_identifier(find, a);
  add_api(find, a);
  add_numbered(patient, "show", "By the gateway's own number", a);
  CLI::App* consent = patient->add_subcommand("consent", "Record a choice of the patient");
  add_identifier(consent, a);
  consent->add_option("--kind", a.kind, "dmp-feeding, professionals, patient, representatives")->required();
  consent->add_option("--answer", a.answer, "permit, deny or not-collected")->required();
  consent->add_option("--source", a.source, "Who told it")->required();
  consent->add_option("--date", a.date, "When it was told, a FHIR date or dateTime (default: now)");
  add_api(consent, a);
  CLI::App* patients = root.add_subcommand("patients", "The patient index as a whole");
  patients->require_subcommand(1);
  CLI::App* rebuild = patients->add_subcommand("rebuild", "Read the stored messages into the index again");
  rebuild->add_flag("--clear", a.values, "Begin with nothing but the choices that people recorded");
  rebuild->add_flag("--progress", a.text, "Only tell how far it is");
  add_api(rebuild, a);
  CLI::App* stay = root.add_subcommand("stay", "Stays, their documents and their discharge letter");
  stay->require_subcommand(1);
  CLI::App* list = stay->add_subcommand("list", "Discharges whose letter has not left, by deadline");
  list->add_option("--letter", a.state, "waiting or overdue (default)");
  add_api(list, a);
  add_numbered(stay, "show", "Admission, documents, discharge, letter, receipts", a);
  CLI::App* find_stay = stay->add_subcommand("find", "The same, by the number of the stay");
  add_identifier(find_stay, a);
  add_api(find_stay, a);
}

void add_peer_commands(CLI::App& root, arguments& a) {
  CLI::App* send = root.add_subcommand("send", "A test client: send files, print the answers");
  send->add_option("--to", a.to, "mllp://HOST:PORT or http(s)://…")->required();
  send->add_option("FILE", a.files, "Files to send (default: standard input)");
  send->add_option("--token", a.token, "Bearer token for HTTP")->envname("LIAISON_TOKEN");
  send->add_option("--deadline-ms", a.deadline_ms, "How long to wait for each answer")->capture_default_str();
  add_json(send, a);
  CLI::App* bench = root.add_subcommand("bench", "Measure this machine: durable intake beside a bare server, end to end, translation");
  bench->add_flag("--compare", a.compare, "Our figure, the machine's limit and the ratio, for each promise about speed");
  bench->add_option("--only", a.only, "With --compare: these measurements only (intake, end-to-end, documents, plugin, store, soak)")->delimiter(',');
  bench->add_option("--messages", a.messages, "With --compare: how many messages the full store holds")->capture_default_str();
  bench->add_option("--connections", a.connections, "Numbers of MLLP connections (default: 1 8 64)");
  bench->add_option("--seconds", a.seconds, "Length of each measurement")->capture_default_str();
  bench->add_option("--directory", a.directory, "Where the files of the measurement go (default: a temporary directory here)");
  add_plugins(bench, a);
  add_json(bench, a);
}

}  // namespace

parsed parse(int argc, char** argv) {
  parsed outcome;
  arguments& a = outcome.what;
  CLI::App root("liaison: carries clinical documents between hospitals, practices, laboratories and platforms", "liaison");
  root.set_version_flag("--version", std::string("liaison ") + LIAISON_VERSION);
  root.require_subcommand(1);
  root.fallthrough(false);
  add_gateway_commands(root, a);
  add_translation_commands(root, a);
  add_peer_commands(root, a);
  add_operation_commands(root, a);
  add_patient_commands(root, a);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    outcome.exit = root.exit(error) == 0 ? exit_done : exit_usage;
    return outcome;
  }
  for (CLI::App* at = &root; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    a.command += (a.command.empty() ? "" : " ") + at->get_name();
  }
  return outcome;
}

}  // namespace liaison::app
