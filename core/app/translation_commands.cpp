// SPDX-License-Identifier: Apache-2.0
// `inspect`, `convert` and `validate`: one message, no gateway needed.
#include "core/app/arguments.hpp"
#include "core/app/workbench.hpp"
#include "core/base/digest.hpp"
#include "core/routing/converter.hpp"
#include "core/routing/examiner.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace liaison::app {

namespace {

routing::reading reading_from(const arguments& what) {
  routing::reading how;
  how.format = what.from;
  how.charset = what.charset;
  how.strictness = what.strictness;
  how.options_json = what.options;
  return how;
}

routing::examination examine(workbench& bench, const arguments& what, const shared_bytes& bytes) {
  routing::examination found;
  routing::examiner examiner(bench.translators());
  bench.wait([&](const std::function<void()>& done) {
    routing::examination_request question;
    question.bytes = bytes;
    question.how = reading_from(what);
    if (what.command != "convert") question.how.profile = what.profile;
    question.now = bench.now();
    question.values = what.values;
    examiner.examine(std::move(question), found, done);
  });
  return found;
}

plugin::reply call(workbench& bench, plugin::operation operation, const std::string& format, const shared_bytes& bytes,
                   const routing::reading& how) {
  plugin::reply answer;
  bench.wait([&](const std::function<void()>& done) {
    plugin::request question;
    question.what = operation;
    question.format = format;
    question.input = bytes;
    routing::call_options options;
    options.how = &how;
    options.now = bench.now();
    question.options_json = routing::to_json(options);
    bench.translators().call(std::move(question), [&answer, done](plugin::reply r) {
      answer = std::move(r);
      done();
    });
  });
  return answer;
}

int exit_code_of(const routing::examination& found) {
  if (found.mishap != plugin::mishap::none) return exit_plugin;
  // A message that was read and is refused for what it says (two identities) has been inspected all the same.
  return found.status == LIAISON_OK || !found.facts.format.empty() ? exit_done : exit_bad_input;
}

std::string json_of(const routing::examination& found, const std::string& sha256) {
  std::string json = found.facts_json;
  json.pop_back();
  if (json.size() > 1) json += ',';
  if (found.facts.format.empty() && !found.format.empty()) json += "\"format\":\"" + found.format + "\",";
  return json + "\"sha256\":\"" + sha256 + "\",\"issues\":" + model::to_json(found.issues) + "}\n";
}

void line(const char* label, const std::string& value) {
  if (!value.empty()) std::printf("%-16s %s\n", label, value.c_str());
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

void print_for_people(const routing::examination& found, const std::string& sha256) {
  const auto& f = found.facts;
  line("format", found.format + (f.profile.empty() ? "" : " (" + f.profile + ")"));
  line("charset", f.charset);
  line("sha256", sha256);
  line("event", f.event.code + (f.event.time.empty() ? "" : " at " + f.event.time));
  line("document", f.document.type.code + (f.document.type.display.empty() ? "" : " " + f.document.type.display));
  line("  title", f.document.title);
  line("  id", f.document.id);
  line("  replaces", f.document.replaces);
  line("  status", f.document.status);
  for (const auto& p : f.patients) {
    line("patient", joined({p.family, joined(p.given), p.birth_date}));
    for (const auto& id : p.identifiers) line("  identifier", std::string(model::name_of(id.kind)) + " " + id.value + (id.system.empty() ? "" : " in " + id.system));
    line("  identity", model::name_of(p.identity_status));
  }
  for (const auto& a : f.authors) line("author", joined({a.name, a.organization}));
  line("sender", joined({f.sender.name, f.sender.organization, f.sender.address}));
  for (const auto& r : f.recipients) line("recipient", joined({r.name, r.organization, r.address}));
  if (f.results > 0) line("results", std::to_string(f.results));
  for (const auto& v : f.values) line("  value", joined({v.label + ":", v.value, v.unit, v.flag}));
  for (const auto& a : f.attachments) line("attachment", a.content_type + ", " + std::to_string(a.size_bytes) + " bytes, sha256 " + a.sha256);
  std::fflush(stdout);
  print_issues(found.issues);
}

int print_text(workbench& bench, const arguments& what, const routing::examination& found, const shared_bytes& bytes) {
  routing::reading how = reading_from(what);
  const plugin::reply outer = call(bench, plugin::operation::render, found.format, bytes, how);
  if (const plugin::part* text = outer.find(LIAISON_PART_TEXT)) std::fwrite(text->bytes.data(), 1, text->bytes.size(), stdout);
  else if (found.inside.empty()) {
    print_issues(outer.issues);
    return complain("this format cannot be shown as text", outer.mishap == plugin::mishap::none ? exit_bad_input : exit_plugin);
  }
  for (const auto& inner : found.inside) {
    const plugin::reply reply = call(bench, plugin::operation::render, inner.format, inner.bytes, routing::reading{});
    if (const plugin::part* text = reply.find(LIAISON_PART_TEXT)) std::fwrite(text->bytes.data(), 1, text->bytes.size(), stdout);
  }
  std::fflush(stdout);
  return exit_done;
}

/// Opens the hosts and reads the input; gives an exit code when either fails.
struct prepared {
  std::unique_ptr<workbench> bench;
  shared_bytes bytes;
  int exit = exit_done;
};

prepared prepare(const arguments& what) {
  prepared ready;
  auto input = read_input(what.files.empty() ? "" : what.files.front());
  if (!input) {
    ready.exit = complain(input.error().text, exit_bad_input);
    return ready;
  }
  ready.bytes = share(std::move(input).value());
  auto bench = workbench::open(host_settings_of(what));
  if (!bench) {
    ready.exit = complain(bench.error().text, exit_plugin);
    return ready;
  }
  ready.bench = std::move(bench).value();
  return ready;
}

}  // namespace

int run_inspect(const arguments& what) {
  prepared ready = prepare(what);
  if (!ready.bench) return ready.exit;
  const routing::examination found = examine(*ready.bench, what, ready.bytes);
  const int code = exit_code_of(found);
  if (what.text && code == exit_done) return print_text(*ready.bench, what, found, ready.bytes);
  const std::string sha256 = sha256_hex_of(*ready.bytes);
  if (what.json) {
    auto written = write_output("", json_of(found, sha256));
    if (!written) return complain(written.error().text, exit_unreachable);
  } else {
    print_for_people(found, sha256);
  }
  return code;
}

int run_validate(const arguments& what) {
  prepared ready = prepare(what);
  if (!ready.bench) return ready.exit;
  const routing::examination found = examine(*ready.bench, what, ready.bytes);
  std::vector<model::issue> issues = found.issues;
  plugin::mishap mishap = found.mishap;
  const auto add = [&](const plugin::reply& reply, const std::string& prefix) {
    if (reply.mishap != plugin::mishap::none) mishap = reply.mishap;
    for (model::issue i : reply.issues) {
      if (!prefix.empty()) i.location = prefix + (i.location.rfind('/', 0) == 0 ? "" : "/") + i.location;
      const bool known = std::any_of(issues.begin(), issues.end(), [&](const model::issue& other) {
        return other.code == i.code && other.location == i.location;
      });
      if (!known) issues.push_back(std::move(i));
    }
  };
  if (!found.format.empty() && mishap == plugin::mishap::none) {
    routing::reading how = reading_from(what);
    how.profile = what.profile;
    add(call(*ready.bench, plugin::operation::validate, found.format, ready.bytes, how), "");
    for (const auto& inner : found.inside)
      add(call(*ready.bench, plugin::operation::validate, inner.format, inner.bytes, routing::reading{}), inner.location);
  }
  if (what.json) std::printf("%s\n", model::to_json(issues).c_str());
  else
    for (const auto& i : issues)
      std::printf("%s %s%s%s: %s\n", model::name_of(i.severity), i.code.c_str(), i.location.empty() ? "" : " at ", i.location.c_str(), i.diagnostics.c_str());
  if (mishap != plugin::mishap::none) return exit_plugin;
  return model::has_error(issues) ? exit_bad_input : exit_done;
}

int run_convert(const arguments& what) {
  prepared ready = prepare(what);
  if (!ready.bench) return ready.exit;
  routing::conversion made;
  routing::converter converter(ready.bench->translators());
  ready.bench->wait([&](const std::function<void()>& done) {
    routing::conversion_request question;
    question.bytes = ready.bytes;
    question.from = reading_from(what);
    question.from.charset = what.charset;
    question.to.format = what.to;
    question.to.profile = what.profile;
    question.to.strictness = what.strictness;
    question.to.carry = what.carry;
    question.to.options_json = what.options;
    question.now = ready.bench->now();
    converter.convert(std::move(question), [&made, done](routing::conversion c) {
      made = std::move(c);
      done();
    });
  });
  print_issues(made.issues);
  if (!what.loss.empty() && made.document) {
    auto written = write_output(what.loss, routing::to_json(made.account) + "\n");
    if (!written) return complain(written.error().text, exit_unreachable);
  }
  if (!made.document) return made.mishap == plugin::mishap::none ? exit_bad_input : exit_plugin;
  auto written = write_output(what.output, *made.document);
  for (const auto& file : made.attachments) {
    if (what.output.empty() || what.output == "-") {
      std::fprintf(stderr, "information attachment: a %s of %zu bytes goes beside this document; use --output to get it\n",
                   file.content_type.c_str(), file.bytes.size());
    } else if (written) {
      const std::size_t dot = what.output.rfind('.');
      const bool has_suffix = dot != std::string::npos && what.output.find('/', dot) == std::string::npos;
      written = write_output((has_suffix ? what.output.substr(0, dot) : what.output) + file.suffix, file.bytes);
    }
  }
  if (!written) return complain(written.error().text, exit_unreachable);
  return exit_done;
}

}  // namespace liaison::app
