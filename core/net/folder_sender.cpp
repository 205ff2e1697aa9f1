// SPDX-License-Identifier: Apache-2.0
#include "core/net/folder_sender.hpp"

#include "core/net/directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace liaison::net {
namespace {

using model::send_outcome;
using model::send_verdict;

struct planned_file {
  std::string name;
  std::string_view bytes;
  std::string temporary() const { return "." + name + ".part"; }
};

// Names come from our own store, suffixes from a translator: neither may leave the folder or hide in it.
bool is_plain(std::string_view text) {
  return text.size() <= 200 && std::all_of(text.begin(), text.end(), [](char byte) {
           return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                  byte == '-' || byte == '_' || byte == '.';
         });
}

// In the order of their renaming.
std::vector<planned_file> files_of(const model::outgoing& what, const config::folder_destination& settings) {
  std::vector<planned_file> files;
  for (const auto& attachment : what.attachments) files.push_back({what.name + attachment.suffix, attachment.bytes});
  const std::string suffix = settings.suffix.empty() ? suffix_of_format(what.format) : settings.suffix;
  files.push_back({what.name + suffix, what.document ? std::string_view(*what.document) : std::string_view()});
  if (!settings.witness.empty()) files.push_back({what.name + settings.witness, {}});
  return files;
}

send_outcome outcome_of(const failure& why) {
  const bool not_there = why.code == "no-permission" || why.code == "folder-missing";
  return {not_there ? send_verdict::unreachable : send_verdict::failed, why.code, why.text, 0};
}

send_outcome check_names(const std::vector<planned_file>& files) {
  std::vector<std::string> names;
  for (const planned_file& file : files) {
    if (!is_plain(file.name) || file.name.front() == '.')
      return {send_verdict::refused, "file-name", "the delivery's file name has characters that a folder must not get",
              0};
    names.push_back(file.name);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end())
    return {send_verdict::refused, "file-name", "two files of the delivery would have the same name", 0};
  return {send_verdict::accepted, "named", {}, 0};
}

send_outcome write_all(const std::vector<planned_file>& files, const descriptor& folder) {
  for (const planned_file& file : files) {
    auto written = write_file(folder, file.temporary(), file.bytes);
    if (written) continue;
    // A full disk must not stay full of halves.
    for (const planned_file& left : files) ::unlinkat(folder.handle(), left.temporary().c_str(), 0);
    return outcome_of(written.error());
  }
  if (auto synced = sync(folder); !synced) return outcome_of(synced.error());
  return {send_verdict::accepted, "prepared", {}, 0};
}

}  // namespace

// What this process has prepared and not renamed yet. A temporary file of those that is gone was taken away (a
// cleaned or unmounted folder), not delivered; only after a restart does "gone" mean "renamed before the crash".
struct folder_sender::shared {
  config::folder_destination settings;
  std::mutex mutex;
  std::set<std::string, std::less<>> waiting;

  void prepared(const std::string& name) {
    const std::lock_guard lock(mutex);
    waiting.insert(name);
  }
  void renamed(const std::string& name) {
    const std::lock_guard lock(mutex);
    waiting.erase(name);
  }
  bool is_waiting(const std::string& name) {
    const std::lock_guard lock(mutex);
    return waiting.contains(name);
  }

  send_outcome prepare(const model::outgoing& what) {
    const auto files = files_of(what, settings);
    if (auto named = check_names(files); named.verdict != send_verdict::accepted) return named;
    auto folder = open_or_make_directory(settings.path);
    if (!folder) return outcome_of(folder.error());
    auto written = write_all(files, folder.value());
    if (written.verdict == send_verdict::accepted) prepared(what.name);
    return written;
  }

  send_outcome send(const model::outgoing& what) {
    const auto files = files_of(what, settings);
    if (auto named = check_names(files); named.verdict != send_verdict::accepted) return named;
    // What was prepared lies in the folder; a folder that is gone must not be made anew and found "empty, so
    // delivered".
    auto folder = what.prepared ? open_directory(settings.path) : open_or_make_directory(settings.path);
    if (!folder) return outcome_of(folder.error());
    const std::string document = files[what.attachments.size()].temporary();
    const bool lost = is_waiting(what.name) && !file_exists(folder.value(), document);
    if (!what.prepared || lost) {
      auto written = write_all(files, folder.value());
      if (written.verdict != send_verdict::accepted) return written;
      prepared(what.name);
    }
    return rename_all(files, folder.value(), what);
  }

  send_outcome rename_all(const std::vector<planned_file>& files, const descriptor& folder,
                          const model::outgoing& what) {
    for (std::size_t number = 0; number < files.size(); ++number) {
      const std::string temporary = files[number].temporary();
      auto done_so = rename_without_replacing({folder, temporary}, {folder, files[number].name});
      if (!done_so && done_so.error().code == "file-exists" && file_holds(folder, files[number].name, files[number].bytes)) {
        // Delivered before, by a store that has forgotten it: the name is of this delivery only, and so are the bytes.
        ::unlinkat(folder.handle(), temporary.c_str(), 0);
      } else if (!done_so && done_so.error().code != "file-missing") {
        return outcome_of(done_so.error());
      }
      // What is gone was renamed before a crash, and the reader may have taken it since.
      if (number == what.attachments.size()) renamed(what.name);
    }
    if (auto synced = sync(folder); !synced) return outcome_of(synced.error());
    return {send_verdict::accepted, "in-place", {}, 0};
  }
};

std::string suffix_of_format(std::string_view format) {
  struct known {
    std::string_view format, suffix;
  };
  constexpr std::array<known, 8> suffixes{{{"hl7v2", ".hl7"},
                                     {"event", ".json"},
                                           {"cda", ".xml"},
                                           {"hprim-medecin", ".hpr"},
                                           {"hprim-sante", ".hpr"},
                                           {"hprim-xml", ".xml"},
                                           {"fhir", ".json"},
                                           {"xdm", ".zip"}}};
  for (const known& each : suffixes) {
    if (each.format == format) return std::string(each.suffix);
  }
  return ".dat";
}

folder_sender::folder_sender(asio_executor& work, config::folder_destination settings)
    : work_(work), shared_(std::make_shared<shared>()) {
  shared_->settings = std::move(settings);
}

void folder_sender::prepare(const model::outgoing& what, std::function<void(send_outcome)> then) {
  auto outcome = std::make_shared<send_outcome>();
  work_.run_blocking([outcome, what, mine = shared_] { *outcome = mine->prepare(what); },
                     [outcome, then = std::move(then)] { then(std::move(*outcome)); });
}

void folder_sender::send(const model::outgoing& what, std::function<void(send_outcome)> then) {
  auto outcome = std::make_shared<send_outcome>();
  work_.run_blocking([outcome, what, mine = shared_] { *outcome = mine->send(what); },
                     [outcome, then = std::move(then)] { then(std::move(*outcome)); });
}

}  // namespace liaison::net
