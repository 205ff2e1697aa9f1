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

/// All plugins; outlives the pool by what is posted.
struct plugin_set {
  std::vector<group_pointer> groups;
  std::size_t likely = 0;  ///< whose format the last message beyond doubt was
};

/// Answers of the plugins to one recognise, gathered.
class recognition : public std::enable_shared_from_this<recognition> {
 public:
  recognition(std::shared_ptr<plugin_set> plugins, shared_bytes input, std::function<void(reply)> then)
      : plugins_(std::move(plugins)), input_(std::move(input)), then_(std::move(then)) {
    best_.status = LIAISON_NOT_MINE;
  }

  /// 100 is "beyond doubt": then nobody else need be asked, and messages mostly come in rows of one format.
  void begin() {
    missing_ = 1;
    first_ = plugins_->likely;
    ask(first_);
  }

 private:
  void ask(std::size_t index) {
    auto made = std::make_unique<job>();
    made->translator = wire::every_translator;
    made->what.what = operation::recognise;
    made->what.input = input_;
    made->input_size_bytes = input_ ? std::min(input_->size(), wire::recognise_size_bytes_max) : 0;
    made->then = [self = shared_from_this(), index](reply got) { self->answered(index, std::move(got)); };
    plugins_->groups[index]->call(std::move(made));
  }

  /// The first plugin in order wins a tie, whoever answers first. A plugin that failed has no opinion; but when nobody
  /// else claims the bytes, its failure is what there is to say.
  void answered(std::size_t index, reply got) {
    const bool better = got.score > best_.score || (got.score > 0 && got.score == best_.score && index < best_index_);
    if (better || (best_.score == 0 && got.mishap != mishap::none)) {
      best_index_ = index;
      best_ = std::move(got);
    }
    if (--missing_ > 0) return;
    if (best_.score == 100) plugins_->likely = best_index_;
    if (best_.score == 100 || asked_all_ || plugins_->groups.size() == 1) return then_(std::move(best_));
    asked_all_ = true;
    missing_ = plugins_->groups.size() - 1;
    for (std::size_t i = 0; i < plugins_->groups.size(); ++i)
      if (i != first_) ask(i);
  }

  std::shared_ptr<plugin_set> plugins_;
  shared_bytes input_;
  std::function<void(reply)> then_;
  std::size_t missing_ = 0, first_ = 0, best_index_ = 0;
  bool asked_all_ = false;
  reply best_;
};

class running_pool final : public host_pool {
 public:
  running_pool(boost::asio::io_context& io, std::shared_ptr<const host_settings> how) : io_(io), how_(std::move(how)) {}
  ~running_pool() override { stop(); }

  result<done> start(const std::vector<std::string>& files, const std::string& program,
                     const std::function<void()>& meanwhile);
  void call(request what, std::function<void(reply)> then) override;
  const std::vector<translator_info>& list() const override { return list_; }
  void stop() override {
    for (const group_pointer& one : plugins_->groups) one->stop();
  }

 private:
  struct place {
    host_group* group;
    std::uint16_t translator;
  };

  void await_all();
  result<done> keep_usable();
  result<done> enlist(host_group& group);

  boost::asio::io_context& io_;
  std::shared_ptr<const host_settings> how_;
  std::shared_ptr<core_sharing> cores_ = std::make_shared<core_sharing>();
  std::shared_ptr<plugin_set> plugins_ = std::make_shared<plugin_set>();
  std::map<std::string, place, std::less<>> by_format_;
  std::vector<translator_info> list_;
};

result<done> running_pool::start(const std::vector<std::string>& files, const std::string& program,
                                 const std::function<void()>& meanwhile) {
  for (const std::string& file : files) {
    // The settings live as long as any group: groups outlive the pool by what is posted.
    auto group =
        group_pointer(new host_group(io_, *how_, cores_, program, file), [how = how_](host_group* gone) { delete gone; });
    if (auto begun = group->begin(); !begun) return begun.error();
    plugins_->groups.push_back(std::move(group));
  }
  if (meanwhile) meanwhile();
  await_all();
  if (auto kept = keep_usable(); !kept) return kept.error();
  for (const group_pointer& one : plugins_->groups)
    if (auto listed = enlist(*one); !listed) return listed.error();
  for (const group_pointer& one : plugins_->groups) one->run();
  return done{};
}

void running_pool::await_all() {
  const auto until = steady::now() + std::chrono::milliseconds(how_->start_ms_max);
  for (;;) {
    std::vector<pollfd> pending;
    for (const group_pointer& one : plugins_->groups) {
      one->advance();
      if (!one->is_settled()) pending.push_back({one->readable_fd(), POLLIN, 0});
    }
    if (pending.empty()) return;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now()).count();
    if (left <= 0) break;
    (void)::poll(pending.data(), pending.size(), static_cast<int>(std::min<long long>(left, 50)));
  }
  for (const group_pointer& one : plugins_->groups) one->give_up_start();
}

result<done> running_pool::keep_usable() {
  for (const group_pointer& one : plugins_->groups) {
    if (one->is_usable()) continue;
    if (how_->on_bad_plugin == bad_plugin::refuse_to_start)
      return failure{"plugin-load-failed", "plugin " + one->file() + " " + one->why_not()};
    if (how_->observer)
      how_->observer({host_event_kind::load_failed, one->file(), one->why_not(), mishap::unavailable, {}, 0});
  }
  std::erase_if(plugins_->groups, [](const group_pointer& one) { return !one->is_usable(); });
  if (plugins_->groups.empty()) return failure{"plugin-none", "no plugin can be used"};
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
    list_.push_back({one.format, one.profiles, one.wraps, one.operations, offer.plugin_id, offer.plugin_version, group.file()});
  }
  return done{};
}

void running_pool::call(request what, std::function<void(reply)> then) {
  if (what.what == operation::recognise)
    return std::make_shared<recognition>(plugins_, std::move(what.input), std::move(then))->begin();
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
  made->then = std::move(then);
  group.call(std::move(made));
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

result<std::unique_ptr<host_pool>> open_hosts(boost::asio::io_context& io, host_settings how,
                                              const std::function<void()>& meanwhile) {
  auto files = files_of(how);
  if (!files) return files.error();
  ignore_broken_pipes();
  how.hosts = std::max(how.hosts, 1U);
  const std::string program = program_of(how);
  auto made = std::make_unique<running_pool>(io, std::make_shared<const host_settings>(std::move(how)));
  if (auto started = made->start(files.value(), program, meanwhile); !started) return started.error();
  return std::unique_ptr<host_pool>(std::move(made));
}

}  // namespace liaison::plugin
