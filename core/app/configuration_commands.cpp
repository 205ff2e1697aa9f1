// SPDX-License-Identifier: Apache-2.0
// `run`, `check`, `test`, `plugins` and `plugin-check`: what begins with a configuration or a plugin.
#include "core/app/arguments.hpp"
#include "core/app/gateway.hpp"
#include "core/app/workbench.hpp"
#include "core/base/digest.hpp"
#include "core/config/load.hpp"
#include "core/net/listen_rules.hpp"
#include "core/observe/log.hpp"
#include "core/plugin/plugin_check.hpp"
#include "core/routing/converter.hpp"
#include "core/routing/message_intake.hpp"

#include <liaison/json_text.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

namespace liaison::app {

namespace {

config::loaded load(const arguments& what) {
  config::load_options options;
  options.overrides = what.set;
  return config::load(what.config, options);
}

void add(config::loaded& to, const std::string& key, std::string text) {
  to.findings.push_back(to.finding_at(model::severity::error, key, std::move(text)));
}

/// Is there a translator that does what each endpoint needs, in the profile that it asks for?
void check_formats(config::loaded& loaded, const std::vector<plugin::translator_info>& translators) {
  for (const auto& [name, endpoint] : loaded.configuration->endpoints) {
    if (endpoint.format.empty()) continue;
    const auto at = std::find_if(translators.begin(), translators.end(), [&wanted = endpoint.format](const auto& t) { return t.format == wanted; });
    const std::string key = "endpoints." + name;
    if (at == translators.end()) {
      add(loaded, key + ".format", "no plugin translates the format '" + endpoint.format + "'");
      continue;
    }
    const auto offers = [&](plugin::operation o) { return std::find(at->operations.begin(), at->operations.end(), o) != at->operations.end(); };
    const bool is_source = !std::holds_alternative<std::monostate>(endpoint.source);
    if (is_source && !offers(plugin::operation::inspect)) add(loaded, key + ".format", "the plugin cannot read '" + endpoint.format + "'");
    if (!endpoint.profile.empty() && std::find(at->profiles.begin(), at->profiles.end(), endpoint.profile) == at->profiles.end())
      add(loaded, key + ".profile", "the plugin has no profile '" + endpoint.profile + "' of '" + endpoint.format + "'");
  }
}

void check_ports(config::loaded& loaded) {
  const config::configuration& configuration = *loaded.configuration;
  boost::asio::io_context context;
  const auto check = [&](const config::listen_address& at, net::authentication clients, const std::string& key) {
    if (auto allowed = net::check_listen_address(at, clients); !allowed) return add(loaded, key, allowed.error().text);
    if (auto opened = net::open_listener(context, at); !opened) add(loaded, key, opened.error().text);
  };
  if (configuration.http)
    check(*configuration.http, configuration.http_tokens.empty() ? net::authentication::none : net::authentication::tokens, "listen.http");
  for (const auto& [name, endpoint] : configuration.endpoints)
    if (const auto* mllp = std::get_if<config::mllp_source>(&endpoint.source))
      check(mllp->listen, mllp->listen.tls && !mllp->listen.tls->authorities.empty() ? net::authentication::client_certificates : net::authentication::none,
            "endpoints." + name + ".source.mllp");
}

struct test_outcome {
  std::string name;
  std::vector<std::string> complaints;
};

/// What the gateway would do with the message, without a store: the same examination, the same rules, the same translations.
class configuration_test {
 public:
  configuration_test(workbench& bench, const config::configuration& configuration) : bench_(bench), configuration_(configuration) {}

  test_outcome run(const config::embedded_test& test) {
    outcome_ = {test.name, {}};
    const config::endpoint* source = configuration_.find(test.source);
    auto path = std::filesystem::path(test.message);
    if (path.is_relative() && !std::filesystem::exists(path)) path = std::filesystem::path(configuration_.file).parent_path() / path;
    auto bytes = read_input(path.string());
    if (!source || !bytes) {
      outcome_.complaints.push_back(source ? bytes.error().text : "no endpoint '" + test.source + "'");
      return outcome_;
    }
    message_ = share(std::move(bytes).value());
    const routing::examination found = examine(*source);
    const bool accepted = found.status == LIAISON_OK;
    if (accepted != (test.verdict == "accepted"))
      outcome_.complaints.push_back("expected " + test.verdict + ", was " + (accepted ? "accepted" : "rejected") + issues_of(found.issues));
    const store::intake record = routing::record_of(configuration_, test.source, found);
    for (const auto& expected : test.deliveries) check_delivery(*source, found.format, record, expected);
    for (const auto& made : record.deliveries)
      if (std::none_of(test.deliveries.begin(), test.deliveries.end(), [&](const auto& e) { return e.to == made.recipient; }))
        outcome_.complaints.push_back("an unexpected delivery to '" + made.recipient + "'");
    return outcome_;
  }

 private:
  static std::string issues_of(const std::vector<model::issue>& issues) {
    std::string text;
    for (const auto& i : issues)
      if (i.severity == model::severity::error) text += "; " + i.code + " at " + i.location;
    return text;
  }

  identity::environment environment() const {
    return configuration_.environment == "production" ? identity::environment::production : identity::environment::test;
  }

  routing::examination examine(const config::endpoint& source) {
    routing::examination found;
    routing::examiner examiner(bench_.translators());
    bench_.wait([&](const std::function<void()>& done) {
      routing::examination_request question;
      question.bytes = message_;
      question.how = routing::reading_of(source);
      question.now = bench_.now();
      question.environment = environment();
      examiner.examine(std::move(question), found, done);
    });
    return found;
  }

  void check_delivery(const config::endpoint& source, const std::string& format, const store::intake& record,
                      const config::embedded_test::expected& expected) {
    const bool made = std::any_of(record.deliveries.begin(), record.deliveries.end(), [&](const auto& d) { return d.recipient == expected.to; });
    const config::endpoint* recipient = configuration_.find(expected.to);
    if (!made || !recipient) {
      outcome_.complaints.push_back("no delivery to '" + expected.to + "'");
      return;
    }
    routing::conversion result;
    routing::converter converter(bench_.translators());
    bench_.wait([&](const std::function<void()>& done) {
      routing::conversion_request question;
      question.bytes = message_;
      question.from = routing::reading_of(source);
      question.from.format = format;
      question.to = routing::reading_of(*recipient);
      if (question.to.format.empty()) question.to.format = format;
      question.now = bench_.now();
      question.purpose = routing::purpose::deliver;
      question.environment = environment();
      converter.convert(std::move(question), [&result, done](routing::conversion c) {
        result = std::move(c);
        done();
      });
    });
    if (!result.document) {
      outcome_.complaints.push_back("the translation for '" + expected.to + "' failed" + issues_of(result.issues));
      return;
    }
    for (const std::string& text : expected.contains)
      if (result.document->find(text) == std::string::npos)
        outcome_.complaints.push_back("what goes to '" + expected.to + "' does not contain '" + text + "'");
  }

  workbench& bench_;
  const config::configuration& configuration_;
  shared_bytes message_;
  test_outcome outcome_;
};

}  // namespace

int run_gateway(const arguments& what) {
  config::loaded loaded = load(what);
  for (const auto& f : loaded.findings) std::fprintf(stderr, "%s\n", config::to_text(f).c_str());
  if (!loaded.configuration) return exit_configuration;
  observe::open_log(observe::level_named(loaded.configuration->log_level).value_or(observe::level::information));
  gateway running(loaded.configuration, [what]() -> result<config::snapshot> {
    config::loaded again = load(what);
    if (again.configuration) return again.configuration;
    for (const auto& f : again.findings)
      if (f.severity == model::severity::error) return failure{"configuration", config::to_text(f)};
    return failure{"configuration", "the configuration cannot be used"};
  });
  if (auto opened = running.open(); !opened) {
    observe::log_line(observe::level::error, "start-failed").with("code", opened.error().code).with("reason", opened.error().text);
    return complain(opened.error().text, opened.error().code.rfind("plugin-", 0) == 0 ? exit_plugin : exit_unreachable);
  }
  running.run();
  return exit_done;
}

int run_check(const arguments& what) {
  config::loaded loaded = load(what);
  int code = loaded.configuration ? exit_done : exit_configuration;
  if (loaded.configuration) {
    check_ports(loaded);
    auto bench = workbench::open(host_settings_of(*loaded.configuration));
    if (!bench) add(loaded, "plugins", bench.error().text);
    else check_formats(loaded, bench.value()->translators().list());
    if (config::has_error(loaded.findings)) code = exit_configuration;
  }
  if (what.json) {
    std::printf("%s\n", config::to_json(loaded.findings).c_str());
  } else {
    for (const auto& f : loaded.findings) std::printf("%s\n", config::to_text(f).c_str());
    if (code == exit_done) std::printf("%s: fine\n", what.config.c_str());
  }
  return code;
}

int run_configuration_tests(const arguments& what) {
  const config::loaded loaded = load(what);
  for (const auto& f : loaded.findings)
    if (f.severity == model::severity::error) std::fprintf(stderr, "%s\n", config::to_text(f).c_str());
  if (!loaded.configuration) return exit_configuration;
  auto bench = workbench::open(host_settings_of(*loaded.configuration));
  if (!bench) return complain(bench.error().text, exit_plugin);
  configuration_test runner(*bench.value(), *loaded.configuration);
  std::string json;
  std::size_t failed = 0;
  {
    detail::json_scope list(json, '[');
    for (const auto& test : loaded.configuration->tests) {
      const test_outcome outcome = runner.run(test);
      failed += outcome.complaints.empty() ? 0 : 1;
      {
        detail::json_scope item(list.element(), '{');
        item.text("name", outcome.name);
        item.member("passed") += outcome.complaints.empty() ? "true" : "false";
        detail::json_scope why(item.member("complaints"), '[');
        for (const auto& c : outcome.complaints) detail::append_json_string(why.element(), c);
      }
      if (what.json) continue;
      std::printf("%s %s\n", outcome.complaints.empty() ? "passed" : "FAILED", outcome.name.c_str());
      for (const auto& c : outcome.complaints) std::printf("  %s\n", c.c_str());
    }
  }
  if (what.json) std::printf("%s\n", json.c_str());
  else std::printf("%zu of %zu passed\n", loaded.configuration->tests.size() - failed, loaded.configuration->tests.size());
  return failed == 0 ? exit_done : exit_bad_input;
}

int run_plugins(const arguments& what) {
  auto bench = workbench::open(host_settings_of(what));
  if (!bench) return complain(bench.error().text, exit_plugin);
  std::string json;
  {
    detail::json_scope list(json, '[');
    for (const auto& t : bench.value()->translators().list()) {
      detail::json_scope item(list.element(), '{');
      item.text("format", t.format);
      item.text("plugin", t.plugin_id);
      item.text("version", t.plugin_version);
      item.text("file", t.file);
      std::string operations;
      {
        detail::json_scope profiles(item.member("profiles"), '[');
        for (const auto& p : t.profiles) detail::append_json_string(profiles.element(), p);
      }
      if (!t.wraps.empty()) {
        detail::json_scope wraps(item.member("wraps"), '[');
        for (const auto& p : t.wraps) detail::append_json_string(wraps.element(), p);
      }
      {
        detail::json_scope names(item.member("operations"), '[');
        for (auto o : t.operations) {
          detail::append_json_string(names.element(), plugin::name_of(o));
          operations += std::string(operations.empty() ? "" : " ") + plugin::name_of(o);
        }
      }
      if (!what.json) std::printf("%-15s %s %s: %s\n", t.format.c_str(), t.plugin_id.c_str(), t.plugin_version.c_str(), operations.c_str());
    }
  }
  if (what.json) std::printf("%s\n", json.c_str());
  return exit_done;
}

int run_plugin_check(const arguments& what) {
  plugin::check_settings how;
  how.host_program = program_path("liaison-host");
  for (std::size_t i = 1; i < what.files.size(); ++i) {
    auto sample = read_input(what.files[i]);
    if (!sample) return complain(sample.error().text, exit_bad_input);
    how.samples.push_back(std::move(sample).value());
  }
  const std::vector<plugin::check_outcome> outcomes = plugin::check_plugin(what.files.front(), how);
  bool passed = true;
  std::string json;
  {
    detail::json_scope list(json, '[');
    for (const auto& o : outcomes) {
      passed = passed && o.passed;
      detail::json_scope item(list.element(), '{');
      item.text("check", o.check);
      item.member("passed") += o.passed ? "true" : "false";
      item.text("detail", o.detail);
      if (!what.json) std::printf("%s %s%s%s\n", o.passed ? "passed" : "FAILED", o.check.c_str(), o.detail.empty() ? "" : ": ", o.detail.c_str());
    }
  }
  if (what.json) std::printf("%s\n", json.c_str());
  return passed ? exit_done : exit_plugin;
}

}  // namespace liaison::app
