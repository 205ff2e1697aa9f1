// SPDX-License-Identifier: Apache-2.0
// Finds the plugins, starts them together, sends each request to the plugin that knows its format.
#include "core/plugin/host_pool.hpp"

#include "core/plugin/host_group.hpp"
#include "core/plugin/verdict.hpp"

#include <boost/asio/post.hpp>

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

namespace liaison::plugin {
namespace {

using steady = std::chrono::steady_clock;
using group_pointer = std::shared_ptr<host_group>;

/// Answers of all plugins to one recognise, gathered.
struct recognition {
  std::size_t missing = 0;
  unsigned best_score = 0;
  std::size_t best_group = 0;
  reply best;
  std::function<void(reply)> then;
};

class running_pool final : public host_pool {
 public:
  running_pool(boost::asio::io_context& io, std::shared_ptr<const host_settings> how) : io_(io), how_(std::move(how)) {}
  ~running_pool() override { stop(); }

  result<done> start(const std::vector<std::string>& files, const std::string& program);
  void call(request what, std::function<void(reply)> then) override;
  const std::vector<translator_info>& list() const override { return list_; }
  void stop() override {
    for (const group_pointer& one : groups_) one->stop();
  }

 private:
  struct place {
    host_group* group;
    std::uint16_t translator;
  };

  void await_all();
  result<done> keep_usable();
  result<done> enlist(host_group& group);
  void recognise(request what, std::function<void(reply)> then);

  boost::asio::io_context& io_;
  std::shared_ptr<const host_settings> how_;
  std::vector<group_pointer> groups_;
  std::map<std::string, place, std::less<>> by_format_;
  std::vector<translator_info> list_;
};

result<done> running_pool::start(const std::vector<std::string>& files, const std::string& program) {
  for (const std::string& file : files) {
    // The settings live as long as any group: groups outlive the pool by what is posted.
    auto group =
        group_pointer(new host_group(io_, *how_, program, file), [how = how_](host_group* gone) { delete gone; });
    if (auto begun = group->begin(); !begun) return begun.error();
    groups_.push_back(std::move(group));
  }
  await_all();
  if (auto kept = keep_usable(); !kept) return kept.error();
  for (const group_pointer& one : groups_)
    if (auto listed = enlist(*one); !listed) return listed.error();
  for (const group_pointer& one : groups_) one->run();
  return done{};
}

void running_pool::await_all() {
  const auto until = steady::now() + std::chrono::milliseconds(how_->start_ms_max);
  for (;;) {
    std::vector<pollfd> pending;
    for (const group_pointer& one : groups_) {
      one->advance();
      if (!one->is_settled()) pending.push_back({one->readable_fd(), POLLIN, 0});
    }
    if (pending.empty()) return;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now()).count();
    if (left <= 0) break;
    (void)::poll(pending.data(), pending.size(), static_cast<int>(std::min<long long>(left, 50)));
  }
  for (const group_pointer& one : groups_) one->give_up_start();
}

result<done> running_pool::keep_usable() {
  for (const group_pointer& one : groups_) {
    if (one->is_usable()) continue;
    if (how_->on_bad_plugin == bad_plugin::refuse_to_start)
      return failure{"plugin-load-failed", "plugin " + one->file() + " " + one->why_not()};
    if (how_->observer)
      how_->observer({host_event_kind::load_failed, one->file(), one->why_not(), mishap::unavailable, {}, 0});
  }
  std::erase_if(groups_, [](const group_pointer& one) { return !one->is_usable(); });
  return done{};
}

result<done> running_pool::enlist(host_group& group) {
  const wire::ready& offer = group.offer();
  for (std::size_t i = 0; i < offer.translators.size(); ++i) {
    const wire::offered& one = offer.translators[i];
    const auto [at, is_new] = by_format_.try_emplace(one.format, place{&group, static_cast<std::uint16_t>(i)});
    if (!is_new)
      return failure{"plugin-format-twice", "plugins " + at->second.group->file() + " and " + group.file() +
                                                " both offer the format " + one.format};
    list_.push_back({one.format, one.profiles, one.operations, offer.plugin_id, offer.plugin_version, group.file()});
  }
  return done{};
}

void running_pool::call(request what, std::function<void(reply)> then) {
  if (what.what == operation::recognise) return recognise(std::move(what), std::move(then));
  const auto refuse = [this, &then](liaison_status status, mishap why, const char* code, std::string text) {
    boost::asio::post(io_, [then = std::move(then), made = refusal(status, why, code, std::move(text))]() mutable {
      then(std::move(made));
    });
  };
  const auto at = by_format_.find(what.format);
  if (at == by_format_.end())
    return refuse(LIAISON_UNSUPPORTED, mishap::unavailable, "plugin-none-for-format",
                  "no plugin knows the format \"" + wire::clean_text(what.format, 64) + "\"");
  host_group& group = *at->second.group;
  const auto& offered = group.offer().translators[at->second.translator].operations;
  if (std::find(offered.begin(), offered.end(), what.what) == offered.end())
    return refuse(LIAISON_UNSUPPORTED, mishap::none, "plugin-operation-unsupported",
                  "the translator of " + what.format + " does not offer " + name_of(what.what));
  auto made = std::make_unique<job>();
  made->translator = at->second.translator;
  made->input_size_bytes = what.input ? what.input->size() : 0;
  made->what = std::move(what);
  made->then = [then = std::move(then)](reply got, unsigned) { then(std::move(got)); };
  group.call(std::move(made));
}

void running_pool::recognise(request what, std::function<void(reply)> then) {
  auto gathered = std::make_shared<recognition>();
  gathered->missing = groups_.size();
  gathered->then = std::move(then);
  gathered->best.status = LIAISON_NOT_MINE;
  if (groups_.empty()) return boost::asio::post(io_, [gathered] { gathered->then(std::move(gathered->best)); });
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    auto made = std::make_unique<job>();
    made->translator = wire::every_translator;
    made->what.what = operation::recognise;
    made->what.input = what.input;
    made->input_size_bytes = what.input ? std::min(what.input->size(), wire::recognise_size_bytes_max) : 0;
    made->then = [gathered, i](reply got, unsigned score) {
      // The first plugin in order wins a tie, whoever answers first. A plugin that failed has no opinion, but when
      // nobody else claims the bytes, its failure is what there is to say.
      const bool better =
          score > gathered->best_score || (score > 0 && score == gathered->best_score && i < gathered->best_group);
      const bool only_news = gathered->best_score == 0 && got.mishap != mishap::none;
      if (better || only_news) {
        gathered->best_score = score;
        gathered->best_group = i;
        gathered->best = std::move(got);
      }
      if (--gathered->missing == 0) gathered->then(std::move(gathered->best));
    };
    groups_[i]->call(std::move(made));
  }
}

result<std::vector<std::string>> files_of(const host_settings& how) {
  std::vector<std::string> found;
  std::error_code wrong;
  if (!how.directory.empty()) {
    for (auto at = std::filesystem::directory_iterator(how.directory, wrong); !wrong && at != std::filesystem::end(at);
         at.increment(wrong))
      if (at->path().extension() == ".so") found.push_back(at->path().string());
    if (wrong) return failure{"plugin-none", "plugin directory " + how.directory + ": " + wrong.message()};
  }
  std::sort(found.begin(), found.end());
  for (const std::string& file : how.files)
    found.push_back(std::filesystem::absolute(file, wrong).string());  // without a slash dlopen would search
  if (found.empty()) return failure{"plugin-none", "no plugin in " + how.directory};
  return found;
}

std::string program_of(const host_settings& how) {
  if (!how.host_program.empty()) return how.host_program;
  std::error_code wrong;
  return (std::filesystem::read_symlink("/proc/self/exe", wrong).parent_path() / "liaison-host").string();
}

/// Writing to a host that just died must be an error, not the end of the gateway.
void ignore_broken_pipes() {
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) (void)signal(SIGPIPE, SIG_IGN);
}

}  // namespace

result<std::unique_ptr<host_pool>> open_hosts(boost::asio::io_context& io, host_settings how) {
  auto files = files_of(how);
  if (!files) return files.error();
  ignore_broken_pipes();
  how.hosts = std::max(how.hosts, 1U);
  const std::string program = program_of(how);
  auto made = std::make_unique<running_pool>(io, std::make_shared<const host_settings>(std::move(how)));
  if (auto started = made->start(files.value(), program); !started) return started.error();
  return std::unique_ptr<host_pool>(std::move(made));
}

}  // namespace liaison::plugin
