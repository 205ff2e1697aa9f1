// SPDX-License-Identifier: Apache-2.0
// Guarded input and the attentive sink.
#include "core/plugin/host/trial_call.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace liaison::plugin::hosted {
namespace {

struct attentive {
  const trial& asked;
  trial_outcome outcome;
  std::size_t parts = 0, issues = 0;
};

bool is_code(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.back() == '-') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

bool is_presentable(const char* text) { return wire::is_utf8(text_of(text)); }

liaison_status look_at_part(void* self, const liaison_part* given) {
  auto& seen = *static_cast<attentive*>(self);
  if (given == nullptr || given->size < offsetof(liaison_part, bytes) + sizeof(given->bytes)) {
    seen.outcome.unsound = "a part is NULL or smaller than version 1 of the interface";
    return LIAISON_QUARANTINE;
  }
  if (given->bytes.data == nullptr && given->bytes.size > 0) {
    seen.outcome.unsound = "a part has a size and no bytes";
    return LIAISON_QUARANTINE;
  }
  if (!is_presentable(given->name) || !is_presentable(given->content_type) || !is_presentable(given->format))
    seen.outcome.unsound = "a part has a name, content type or format that is no UTF-8";
  if (++seen.parts == seen.asked.refuse_part) {
    seen.outcome.refused = true;
    return LIAISON_RETRY;
  }
  if (seen.parts > wire::parts_max)
    seen.outcome.unsound = "more parts than a reply may have";
  else
    seen.outcome.answer.parts.push_back(
        {static_cast<liaison_part_role>(number_of(given->role) & 7), std::string(text_of(given->name)),
         std::string(text_of(given->content_type)), std::string(text_of(given->format)),
         std::string(reinterpret_cast<const char*>(given->bytes.data), given->bytes.size)});
  return LIAISON_OK;
}

liaison_status look_at_issue(void* self, const liaison_issue* given) {
  auto& seen = *static_cast<attentive*>(self);
  if (given == nullptr || given->size < offsetof(liaison_issue, diagnostics) + sizeof(given->diagnostics)) {
    seen.outcome.unsound = "an issue is NULL or smaller than version 1 of the interface";
    return LIAISON_OK;
  }
  if (!is_code(text_of(given->code)))
    seen.outcome.unsound =
        "the code of an issue is not lower-case-with-dashes: " + wire::clean_text(text_of(given->code), 80);
  if (!is_presentable(given->location) || !is_presentable(given->diagnostics))
    seen.outcome.unsound = "issue " + std::string(text_of(given->code)) + " has a text that is no UTF-8";
  const std::int32_t severity = number_of(given->severity);
  if (severity < LIAISON_INFORMATION || severity > LIAISON_ERROR)
    seen.outcome.unsound = "issue " + std::string(text_of(given->code)) + " has a severity that does not exist";
  if (++seen.issues == seen.asked.refuse_issue) {
    seen.outcome.refused = true;
    return LIAISON_RETRY;
  }
  if (seen.issues <= wire::issues_max)
    seen.outcome.answer.issues.push_back({static_cast<model::severity>(severity), std::string(text_of(given->code)),
                                          std::string(text_of(given->location)),
                                          std::string(text_of(given->diagnostics))});
  return LIAISON_OK;
}

}  // namespace

guarded_bytes::guarded_bytes(std::string_view content) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t usable = (content.size() + page - 1) / page * page;
  pages_bytes_ = usable + page;
  void* got = mmap(nullptr, pages_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<char*>(got);
  char* begin = pages_ + usable - content.size();
  if (!content.empty()) std::memcpy(begin, content.data(), content.size());
  if (usable > 0) (void)mprotect(pages_, usable, PROT_READ);
  (void)mprotect(pages_ + usable, page, PROT_NONE);
  bytes_ = {reinterpret_cast<const std::uint8_t*>(begin), content.size()};
}

guarded_bytes::~guarded_bytes() { (void)munmap(pages_, pages_bytes_); }

trial_outcome try_call(const loaded_plugin& plugin, const liaison_translator& translator, const trial& what) {
  attentive seen{what, {}, 0, 0};
  const guarded_bytes input(what.input), options(what.options);
  const liaison_sink sink = {sizeof(liaison_sink), &seen, look_at_part, look_at_issue};
  const liaison_call call = {sizeof(liaison_call), input.bytes(), options.bytes(), nullptr, 0, &sink};
  seen.outcome.answer.status = LIAISON_UNSUPPORTED;
  if (what.what == operation::recognise) {
    const int score = translator.recognise(plugin.self, input.bytes());
    if (score < 0 || score > 100) seen.outcome.unsound = "recognise said " + std::to_string(score) + ", not 0 to 100";
    seen.outcome.answer.status = LIAISON_OK;
    seen.outcome.answer.score = static_cast<std::uint8_t>(score);
  } else if (const auto operation = operation_of(translator, what.what)) {
    seen.outcome.answer.status = call_of(operation, plugin.self, call);
  }
  return seen.outcome;
}

}  // namespace liaison::plugin::hosted
