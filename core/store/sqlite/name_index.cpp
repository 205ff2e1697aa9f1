// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/name_index.hpp"

#include "core/store/sqlite/database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

namespace liaison::store::sqlite {
namespace {

constexpr std::size_t merged_at_once = 4;
constexpr std::size_t slots_min = 1024;

/// From the last on.
constexpr auto descending = [](const name_entry& a, const name_entry& b) {
  return std::tie(a.second, a.third) > std::tie(b.second, b.third);
};

}  // namespace

name_index::name_index(std::filesystem::path folder, std::uint64_t seed, model::message_id last) : folder_(std::move(folder)), seed_(seed) {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
    throw error_of_file(errno, "making the folder of names", storage_error::reach::everything);
  open_all(last);
  slots_.assign(slots_min, 0);
}

void name_index::open_all(model::message_id last) {
  runs found, usable;
  for (const auto& each : std::filesystem::directory_iterator(folder_)) {
    const auto& place = each.path();
    const auto number = number_of_file(place.filename().string(), ".names");
    if (number) {
      last_number_ = std::max(last_number_, *number);
      try {
        found.push_back(std::make_shared<const name_run>(place, seed_));
        continue;
      } catch (const storage_error& error) {
        if (error.why != storage_error::cause::corrupt) throw;
      }
    }
    ::unlink(place.c_str());  // begun and not finished, or changed by the disk
  }
  // Of those that were merged, and of what came of them, the larger one stays.
  std::ranges::sort(found, {}, [](const run& each) { return std::pair(each->range().first, -each->range().last); });
  for (auto& each : found) {
    if (each->range().first <= written_up_to_ || each->range().last > last) {
      ::unlink(each->place().c_str());
      continue;
    }
    written_up_to_ = each->range().last;
    usable.push_back(std::move(each));
  }
  replace_runs(std::move(usable));
}

std::vector<name_entry> name_index::find(std::uint64_t name, std::uint64_t from, std::uint64_t until, std::size_t limit) const {
  std::vector<name_entry> found;
  std::shared_ptr<const runs> all;
  {
    std::lock_guard hold(mutex_);
    for (auto at = slots_[slot_of(name)]; at != 0 && found.size() < limit; at = held_[at - 1].before) {
      const auto& what = held_[at - 1].what;
      if (what.second >= from && what.second <= until) found.push_back(what);
    }
    all = runs_;
  }
  for (auto each = all->rbegin(); each != all->rend(); ++each) (*each)->collect(name, from, until, limit, found);
  if (found.size() < 2) return found;
  std::ranges::sort(found, descending);
  const auto same = std::unique(found.begin(), found.end());
  found.erase(same, found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::uint64_t name_index::size_bytes() const {
  std::lock_guard hold(mutex_);
  std::uint64_t sum = 0;
  for (const auto& each : *runs_) sum += each->size_bytes();
  return sum;
}

/// Where the name is, or would be.
std::uint64_t name_index::slot_of(std::uint64_t name) const {
  const auto mask = slots_.size() - 1;
  auto at = (name >> 1U) & mask;
  while (slots_[at] != 0 && held_[slots_[at] - 1].what.name != name) at = (at + 1) & mask;
  return at;
}

void name_index::link(std::uint32_t position) {
  auto& slot = slots_[slot_of(held_[position].what.name)];
  held_[position].before = slot;
  slot = position + 1;
}

void name_index::link_all() {
  std::ranges::fill(slots_, 0);
  for (std::uint32_t at = 0; at < held_.size(); ++at) link(at);
}

void name_index::add(const name_entry& what) {
  std::lock_guard hold(mutex_);
  held_.push_back({what, 0});
  if (held_.size() * 2 <= slots_.size()) return link(static_cast<std::uint32_t>(held_.size() - 1));
  slots_.resize(slots_.size() * 2);
  link_all();
}

void name_index::cut_back(std::size_t to) {
  if (held_.size() == to) return;
  std::lock_guard hold(mutex_);
  held_.resize(to);
  link_all();
}

void name_index::write() {
  const auto last = last_held();
  std::vector<name_entry> entries;
  entries.reserve(held_.size());
  for (const auto& each : held_) entries.push_back(each.what);
  fill({written_up_to_ + 1, last, 0}, std::move(entries));
  written_up_to_ = last;
  std::lock_guard hold(mutex_);
  held_.clear();
  link_all();
}

void name_index::fill(range what, std::vector<name_entry> entries) {
  std::ranges::sort(entries);
  run_writer to(folder_, ++last_number_, what, entries.size(), seed_);
  for (const auto& each : entries) to.add(each);
  put(std::make_shared<const name_run>(to.finish(), seed_));
}

void name_index::put(run made) {
  auto changed = *runs_;
  const auto behind = std::ranges::upper_bound(changed, made->range().first, {}, [](const run& each) { return each->range().first; });
  changed.insert(behind, std::move(made));
  replace_runs(std::move(changed));
}

void name_index::replace_runs(runs by) {
  auto made = std::make_shared<const runs>(std::move(by));
  std::lock_guard hold(mutex_);
  runs_.swap(made);
}

bool name_index::is_merging(const run& what) const {
  return std::ranges::any_of(merges_, [&](const merging& each) { return std::ranges::find(each.from, what) != each.from.end(); });
}

/// Of each level at most one is under way.
void name_index::begin_merges() {
  const auto& all = *runs_;
  std::size_t alike = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto level = all[i]->range().level;
    const bool is_next = alike > 0 && all[i - 1]->range().level == level && all[i - 1]->range().last + 1 == all[i]->range().first;
    const bool is_busy = std::ranges::any_of(merges_, [&](const merging& each) { return each.from.front()->range().level == level; });
    alike = is_busy ? 0 : (is_next ? alike + 1 : 1);
    if (alike < merged_at_once) continue;
    alike = 0;
    merging begun;
    std::uint64_t entries = 0;
    for (auto at = i + 1 - merged_at_once; at <= i; ++at) {
      begun.from.push_back(all[at]);
      begun.readers.emplace_back(*all[at]);
      entries += all[at]->size();
    }
    const range whole{begun.from.front()->range().first, begun.from.back()->range().last, level + 1};
    begun.to = std::make_unique<run_writer>(folder_, ++last_number_, whole, entries, seed_);
    merges_.push_back(std::move(begun));
  }
}

void name_index::merge(std::size_t entries, model::message_id oldest) {
  while (entries > 0) {
    begin_merges();
    if (merges_.empty()) return;
    // Small ones first: they come often, and each run that is there costs a look.
    const auto level_of = [](const merging& what) { return what.from.front()->range().level; };
    const auto next = std::ranges::min_element(merges_, {}, level_of);
    try {
      if (!advance(*next, entries, oldest)) continue;
      auto made = std::make_shared<const name_run>(next->to->finish(), seed_);
      const auto from = std::exchange(next->from, {});
      merges_.erase(next);
      auto changed = *runs_;
      const auto first = std::ranges::find(changed, from.front());
      *first = std::move(made);
      changed.erase(first + 1, first + static_cast<std::ptrdiff_t>(from.size()));
      replace_runs(std::move(changed));
      for (const auto& each : from) remove(each);
    } catch (const storage_error&) {
      merges_.erase(next);  // begun anew next time
      throw;
    }
  }
}

/// True: it is all there.
bool name_index::advance(merging& what, std::size_t& entries, model::message_id oldest) {
  for (; entries > 0; --entries) {
    run_reader* least = nullptr;
    for (auto& each : what.readers) {
      if (each.entry() != nullptr && (least == nullptr || *each.entry() < *least->entry())) least = &each;
    }
    if (least == nullptr) return true;
    if (message_of(*least->entry()) >= oldest) what.to->add(*least->entry());
    least->next();
  }
  return false;
}

void name_index::remove(const run& what) noexcept { ::unlink(what->place().c_str()); }

void name_index::forget_before(model::message_id oldest) noexcept {
  const auto is_over = [&](const run& each) { return each->range().last < oldest && !is_merging(each); };
  if (std::ranges::none_of(*runs_, is_over)) return;
  auto changed = *runs_;
  std::erase_if(changed, [&](const run& each) {
    if (is_over(each)) remove(each);
    return is_over(each);
  });
  replace_runs(std::move(changed));
}

std::vector<name_index::range> name_index::missing(model::message_id first) const {
  std::vector<range> found;
  for (const auto& each : *runs_) {
    if (each->range().first > first) found.push_back({first, each->range().first - 1, 0});
    first = std::max(first, each->range().last + 1);
  }
  return found;
}

std::optional<name_index::range> name_index::drop_damaged() {
  const auto damaged = std::ranges::find_if(*runs_, [](const run& each) { return each->is_damaged(); });
  if (damaged == runs_->end()) return std::nullopt;
  const auto gone = *damaged;
  std::erase_if(merges_, [&](const merging& each) { return std::ranges::find(each.from, gone) != each.from.end(); });
  auto changed = *runs_;
  std::erase(changed, gone);
  replace_runs(std::move(changed));
  remove(gone);
  return gone->range();
}

}  // namespace liaison::store::sqlite
