// SPDX-License-Identifier: Apache-2.0
#include "core/net/folder_worker.hpp"

#include "core/observe/log.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

namespace liaison::net {
namespace {

using observe::level;
using observe::log_line;

constexpr std::size_t remembered_files_max = 4'096;
constexpr std::size_t batch_files_max = 64;
constexpr std::uint64_t batch_bytes_max = 8U << 20;
constexpr int collision_names_max = 10'000;
const std::string done_folder = "done";
const std::string rejected_folder = "rejected";

bool ends_with_any_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         std::equal(end.begin(), end.end(), text.end() - static_cast<std::ptrdiff_t>(end.size()), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
         });
}

// "letter.hpr", then "letter.1.hpr", "letter.2.hpr": the ending stays what it was.
std::string numbered(const std::string& name, int number) {
  if (number == 0) return name;
  const std::size_t dot = name.rfind('.');
  const std::size_t at = dot == std::string::npos || dot == 0 ? name.size() : dot;
  return name.substr(0, at) + "." + std::to_string(number) + name.substr(at);
}

model::answer refusal(const char* code, std::string diagnostics) {
  model::answer answer;
  answer.verdict = model::verdict::rejected;
  answer.issues.push_back({model::severity::error, code, "file", std::move(diagnostics)});
  return answer;
}

model::answer not_taken() {
  model::answer answer;
  answer.verdict = model::verdict::not_now;
  return answer;
}

result<std::string> contents_of(const descriptor& file, std::uint64_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.handle(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure_of(errno, "a file cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

folder_worker::folder_worker(std::string source, config::folder_source settings)
    : source_(std::move(source)), settings_(std::move(settings)) {}

bool folder_worker::is_for_us(const std::string& name) const {
  if (name.empty() || name.front() == '.' || ends_with_any_case(name, ".part") || ends_with_any_case(name, ".tmp"))
    return false;
  if (!settings_.witness.empty() && ends_with_any_case(name, settings_.witness)) return false;
  return ::fnmatch(settings_.pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0;
}

std::vector<std::string> folder_worker::witnesses_of(const std::string& name) const {
  std::vector<std::string> names{name + settings_.witness};
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0)
    names.push_back(name.substr(0, dot) + settings_.witness);
  return names;
}

// A witness is written after its file. One that is older was left behind by an earlier file of the same name.
bool folder_worker::has_witness(const std::string& name, const struct stat& status) {
  for (const std::string& witness : witnesses_of(name)) {
    struct stat found {};
    if (::fstatat(folder_.handle(), witness.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (std::tie(found.st_ctim.tv_sec, found.st_ctim.tv_nsec) >=
        std::tie(status.st_ctim.tv_sec, status.st_ctim.tv_nsec))
      return true;
    complain_once(identity_of(status), "folder-witness-older", {"witness-older", "the witness is older than its file"});
  }
  return false;
}

result<std::vector<folder_worker::candidate>> folder_worker::oldest_files() {
  auto opened = open_directory(settings_.path);
  if (!opened) return opened.error();
  folder_ = std::move(opened).value();
  const int listing_handle = ::openat(folder_.handle(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing_handle < 0) return failure_of(errno, "folder " + settings_.path + " cannot be read");
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(listing_handle), ::closedir);
  if (!listing) return failure_of(errno, "folder " + settings_.path + " cannot be read");

  std::vector<candidate> oldest;  // a heap with the newest on top, once it is full
  errno = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    if (!is_for_us(name) || (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)) continue;
    if (::fstatat(folder_.handle(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    if (!settings_.witness.empty() && !has_witness(name, status)) continue;
    candidate found{name, identity_of(status)};
    if (oldest.size() == remembered_files_max) {
      if (!(found < oldest.front())) continue;
      std::pop_heap(oldest.begin(), oldest.end());
      oldest.back() = std::move(found);
    } else {
      oldest.push_back(std::move(found));
    }
    std::push_heap(oldest.begin(), oldest.end());
    errno = 0;
  }
  std::sort_heap(oldest.begin(), oldest.end());
  return oldest;
}

bool folder_worker::stands_still(const candidate& file, std::int64_t now_steady_ms) {
  if (!settings_.witness.empty()) return true;
  auto [known, added] = observed_.try_emplace(file.name);
  if (added || known->second.identity != file.identity) known->second = {file.identity, now_steady_ms, scans_};
  known->second.scan = scans_;
  return now_steady_ms - known->second.since_ms >= settings_.quiet_ms;
}

result<folder_worker::scan_state> folder_worker::scan(std::int64_t now_steady_ms) {
  ++scans_;
  auto files = oldest_files();
  if (!files) return files.error();
  ready_.clear();
  scan_state state = scan_state::nothing;
  for (candidate& file : files.value()) {
    if (const auto known = unmoved_.find(file.name); known != unmoved_.end()) {
      if (known->second.identity == file.identity) {
        folder_item again{file.name, file.identity, nullptr, known->second.answer};
        if (move_away(again)) unmoved_.erase(known);
        continue;
      }
      unmoved_.erase(known);  // another file by the same name
    }
    if (stands_still(file, now_steady_ms)) {
      ready_.push_back(std::move(file));
    } else {
      state = scan_state::waiting;
    }
  }
  std::erase_if(observed_, [this](const auto& each) { return each.second.scan != scans_; });
  std::erase_if(complained_, [this](const auto& each) { return each.second + 1 < scans_; });
  return ready_.empty() ? state : scan_state::ready;
}

std::vector<folder_item> folder_worker::read_batch() {
  std::vector<folder_item> batch;
  std::uint64_t bytes = 0;
  while (!ready_.empty() && batch.size() < batch_files_max && bytes < batch_bytes_max) {
    const candidate next = std::move(ready_.front());
    ready_.pop_front();
    std::optional<folder_item> item = read(next);
    if (!item) continue;
    if (item->bytes) bytes += item->bytes->size();
    batch.push_back(std::move(*item));
  }
  return batch;
}

std::optional<folder_item> folder_worker::read(const candidate& file) {
  folder_item item{file.name, file.identity, nullptr, not_taken()};
  if (file.identity.size_bytes > settings_.file_size_bytes_max) {
    item.answer = refusal("file-too-large", "the file has " + std::to_string(file.identity.size_bytes) +
                                                " bytes; this folder takes " +
                                                std::to_string(settings_.file_size_bytes_max) + " at most");
    complain_once(file.identity, "folder-file-too-large", {"file-too-large", item.answer.issues.front().diagnostics});
    return item;
  }
  const descriptor opened(
      ::openat(folder_.handle(), file.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!opened) {
    if (errno != ENOENT)
      complain_once(file.identity, "folder-file-unreadable", failure_of(errno, "a file cannot be opened"));
    return std::nullopt;
  }
  struct stat before {
  }, after{};
  if (::fstat(opened.handle(), &before) != 0 || !S_ISREG(before.st_mode) || identity_of(before) != file.identity)
    return std::nullopt;
  auto bytes = contents_of(opened, file.identity.size_bytes);
  if (!bytes) {
    complain_once(file.identity, "folder-file-unreadable", bytes.error());
    return std::nullopt;
  }
  // Written to while we read: not complete after all; the next scan begins to observe it anew.
  if (::fstat(opened.handle(), &after) != 0 || identity_of(after) != file.identity) return std::nullopt;
  item.bytes = share(std::move(bytes).value());
  return item;
}

void folder_worker::settle(const std::vector<folder_item>& items) {
  for (const folder_item& item : items) {
    if (item.answer.verdict == model::verdict::not_now) continue;
    if (!move_away(item) && unmoved_.size() < remembered_files_max) unmoved_[item.name] = {item.identity, item.answer};
  }
}

// True when nothing is left to do. The file may have been replaced since it was read: then what was moved is not what
// was read, and goes back to be read in its turn.
bool folder_worker::move_away(const folder_item& item) {
  const bool accepted = item.answer.verdict == model::verdict::accepted;
  auto target = open_or_make_directory(folder_, accepted ? done_folder : rejected_folder);
  if (!target) {
    complain_once(item.identity, "folder-file-unmoved", target.error());
    return false;
  }
  std::string moved;
  for (int number = 0; number < collision_names_max; ++number) {
    moved = numbered(item.name, number);
    auto renamed = rename_without_replacing({folder_, item.name}, {target.value(), moved});
    if (renamed) break;
    if (renamed.error().code == "file-missing") return true;  // somebody else took it away
    if (renamed.error().code == "file-exists") continue;
    complain_once(item.identity, "folder-file-unmoved", renamed.error());
    return false;
  }
  struct stat status {};
  if (::fstatat(target.value().handle(), moved.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      identity_of(status) != item.identity) {
    put_back(target.value(), moved, item.name);
    return true;
  }
  if (!settings_.witness.empty()) move_witnesses(item.name, target.value());
  if (accepted) return true;
  const std::string report = "{\"message\": " + std::to_string(item.answer.message) +
                             ", \"issues\": " + model::to_json(item.answer.issues) + "}\n";
  const std::string report_name = moved + ".issues.json", temporary = "." + report_name + ".part";
  auto written = write_file(target.value(), temporary, report);
  if (written) written = rename_without_replacing({target.value(), temporary}, {target.value(), report_name});
  if (!written) complain_once(item.identity, "folder-issues-unwritten", written.error());
  return true;
}

void folder_worker::put_back(const descriptor& folder, const std::string& moved, const std::string& name) {
  for (int number = 0; number < collision_names_max; ++number) {
    const std::string back = numbered(name, number);
    auto renamed = rename_without_replacing({folder, moved}, {folder_, back});
    if (renamed || renamed.error().code != "file-exists") return;
  }
}

void folder_worker::move_witnesses(const std::string& name, const descriptor& to) {
  for (const std::string& witness : witnesses_of(name)) {
    for (int number = 0; number < collision_names_max; ++number) {
      auto renamed = rename_without_replacing({folder_, witness}, {to, numbered(witness, number)});
      if (renamed || renamed.error().code != "file-exists") break;
    }
  }
}

// File names may carry patients' names: the log names the inode, which `find -inum` finds.
void folder_worker::complain_once(const file_identity& about, const char* event, const failure& why) {
  const bool first = complained_.find(about.inode) == complained_.end();
  if (!first || complained_.size() < remembered_files_max) complained_[about.inode] = scans_;
  if (!first) return;
  log_line(level::warning, event)
      .with("source", source_)
      .with("folder", settings_.path)
      .with("inode", about.inode)
      .with("code", why.code)
      .with("reason", why.text);
}

}  // namespace liaison::net
