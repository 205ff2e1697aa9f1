// SPDX-License-Identifier: Apache-2.0
// uses: liaison_admin
// Requests to the API and to /fhir by someone who is let in: method and target, headers, an empty line, body. What the
// FHIR plugin says of a body is hostile too: the body itself stands for the outline. Each request is answered exactly
// once, and JSON that is said to be JSON is.
#include "core/admin/api.hpp"
#include "core/coordination/index_rebuild.hpp"
#include "core/net/http_target.hpp"
#include "core/routing/message_intake.hpp"
#include "core/store/memory/memory_store.hpp"

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace liaison;

void must(bool holds) {
  if (!holds) std::abort();
}

class still_time final : public clock, public executor {
 public:
  unix_ms now() const override { return 1'767'225'600'000; }
  std::int64_t steady_ms() const override { return 1; }
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  timer call_after(std::int64_t, std::function<void()>) override { return 1; }
  void cancel(timer) override {}
  void settle() {
    for (int i = 0; i < 100'000 && !posted_.empty(); ++i) {
      auto work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
    must(posted_.empty());
  }

 private:
  std::deque<std::function<void()>> posted_;
};

/// Says of each body what the body says: as its outline, as the facts of a message, as a part of it.
class echoing_translators final : public plugin::translators {
 public:
  explicit echoing_translators(executor& runs) : runs_(runs) {}
  void call(plugin::request what, std::function<void(plugin::reply)> then) override {
    plugin::reply reply;
    reply.status = LIAISON_OK;
    reply.format = "fhir";
    for (const auto role : {LIAISON_PART_FACTS, LIAISON_PART_DOCUMENT})
      reply.parts.push_back({role, "", "", "", what.input ? *what.input : std::string()});
    runs_.post([reply = std::move(reply), then = std::move(then)]() mutable { then(std::move(reply)); });
  }
  const std::vector<plugin::translator_info>& list() const override { return list_; }

 private:
  executor& runs_;
  const std::vector<plugin::translator_info> list_{{"fhir", {}, {}, {plugin::operation::inspect}, "", "", ""}};
};

config::snapshot configuration() {
  auto made = std::make_shared<config::configuration>();
  made->endpoints["api"].source = config::http_source{};
  made->endpoints["gp"].destination = config::mllp_destination{};
  for (auto& [name, endpoint] : made->endpoints) {
    endpoint.name = name;
    endpoint.format = "fhir";
  }
  config::route all;
  all.name = "all";
  all.to = {"gp"};
  made->routes = {all};
  return made;
}

struct gateway {
  still_time time;
  echoing_translators translators{time};
  observe::metrics metrics;
  config::snapshot settings = configuration();
  std::unique_ptr<store::memory_store> store = store::open_memory(time, time);
  routing::delivery_scheduler scheduler{*store, translators, time, time, metrics, [](const config::endpoint&) { return nullptr; }, 1};
  routing::message_intake intake{*store, translators, time, time, metrics, [](const std::string&) {}};
  coordination::index_rebuild rebuild{*store, time};
  admin::api api{{*store, intake, scheduler, translators, rebuild, metrics, time, [this] { return settings; }, [](const auto& then) { then({}); },
                  [](const std::function<void()>& then) { then(); }}};

  gateway() { intake.use(settings); }

  void ask(model::web_request what) {
    int answers = 0;
    api.handle(std::move(what), [&](const model::web_response& given) {
      ++answers;
      must(given.status >= 200 && given.status < 600);
      for (const auto& [name, value] : given.headers) must(value.find_first_of("\r\n") == std::string::npos && !name.empty());
      look_at_body(given);
    });
    time.settle();
    must(answers == 1);
  }

 private:
  // A body that only passes on what a plugin wrote is that plugin's; ours begin with what we are.
  static void look_at_body(const model::web_response& given) {
    if (given.content_type != "application/json" && given.body.rfind("{\"resourceType\":\"OperationOutcome\"", 0) != 0) return;
    rapidjson::Document read;
    read.Parse<rapidjson::kParseIterativeFlag>(given.body.data(), given.body.size());
    must(!read.HasParseError());
  }
};

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  gateway all;
  // Several requests, parted by zero bytes, so that there is something to find.
  for (int requests = 0; requests < 4 && !rest.empty(); ++requests) {
    std::string_view text = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    const std::string_view line = next_line(text);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto target = net::parse_http_target(line.substr(blank + 1));
    if (!target) continue;
    model::web_request what;
    what.method = line.substr(0, blank);
    what.path = target->path;
    what.query = target->query;
    what.parameters = target->parameters;
    what.from_loopback = true;
    for (std::string_view header = next_line(text); !header.empty(); header = next_line(text)) {
      const std::size_t colon = header.find(": ");
      if (colon == std::string_view::npos) continue;
      what.headers.emplace_back(header.substr(0, colon), header.substr(colon + 2));
    }
    what.content_type = what.header("content-type");
    what.body = text;
    all.ask(std::move(what));
  }
  return 0;
}
