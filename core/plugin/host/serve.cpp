// SPDX-License-Identifier: Apache-2.0
// Reads as much as there is, answers in order, and writes the answers of quick calls together: under load one read
// and one write serve dozens of messages.
#include "core/plugin/host/serve.hpp"

#include "core/plugin/host/sandbox.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace liaison::plugin::hosted {
namespace {

constexpr std::size_t read_bytes = 256U << 10U;
constexpr std::size_t flush_bytes = 64U << 10U;
constexpr std::uint64_t flush_after_us = 500;
constexpr unsigned calls_between_looks_at_memory = 64;

std::uint64_t now_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(now.tv_nsec) / 1000U;
}

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

liaison_bytes bytes_of(std::string_view view) {
  return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()};
}

/// What the sink of one call collects. The limits are the host's; a plugin that passes them is told to stop.
struct collection {
  wire::reply_writer& writer;
  std::uint64_t size_bytes_max;
  std::uint32_t issues = 0, parts = 0;
  wire::reply_view end;
};

liaison_status take_part(void* self, const liaison_part* given) {
  auto& into = *static_cast<collection*>(self);
  const bool sound = given != nullptr && given->size >= offsetof(liaison_part, bytes) + sizeof(given->bytes) &&
                     (given->bytes.data != nullptr || given->bytes.size == 0);
  if (!sound || into.parts == wire::parts_max || given->bytes.size > into.size_bytes_max ||
      into.writer.size_bytes() + given->bytes.size > into.size_bytes_max) {
    into.end.flags |= wire::reply_truncated;
    return LIAISON_QUARANTINE;
  }
  ++into.parts;
  into.writer.add({static_cast<std::uint32_t>(number_of(given->role)),
                   text_of(given->name),
                   text_of(given->content_type),
                   text_of(given->format),
                   {reinterpret_cast<const char*>(given->bytes.data), given->bytes.size}});
  return LIAISON_OK;
}

model::severity severity_of(std::int32_t raw) {
  if (raw == LIAISON_INFORMATION) return model::severity::information;
  return raw == LIAISON_WARNING ? model::severity::warning : model::severity::error;
}

/// Beyond the limit issues are counted, not refused: a message with ten thousand flaws is still a message.
liaison_status take_issue(void* self, const liaison_issue* given) {
  auto& into = *static_cast<collection*>(self);
  if (given == nullptr || given->size < offsetof(liaison_issue, diagnostics) + sizeof(given->diagnostics))
    return LIAISON_OK;
  const model::severity level = severity_of(number_of(given->severity));
  if (into.issues == wire::issues_max || into.writer.size_bytes() > into.size_bytes_max) {
    ++into.end.issues_left_out;
    into.end.worst_left_out = std::max(into.end.worst_left_out, level);
    return LIAISON_OK;
  }
  ++into.issues;
  into.writer.add(level, text_of(given->code), text_of(given->location), text_of(given->diagnostics));
  return LIAISON_OK;
}

void recognise(const loaded_plugin& plugin, std::string_view input, wire::reply_view& end) {
  end.status = LIAISON_OK;
  for (std::size_t i = 0; i < plugin.translators.size(); ++i) {
    const int score = plugin.translators[i]->recognise(plugin.self, bytes_of(input));
    if (score <= end.score || score > 100) continue;
    end.score = static_cast<std::uint8_t>(score);
    end.translator = static_cast<std::uint16_t>(i);
  }
}

/// Memory that the last calls did not give back. Half the limit, and the broker is asked for a successor.
bool has_grown(std::uint64_t memory_bytes_max, std::uint64_t of_this_call_bytes) {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const struct mallinfo2 in_use = mallinfo2();
  return in_use.uordblks + in_use.hblkhd > memory_bytes_max / 2 + of_this_call_bytes;
#else
  (void)memory_bytes_max, (void)of_this_call_bytes;
  return false;
#endif
}

/// The broker's word on what is free there; within the window all the same.
room room_in(const windows& shared, extent granted) {
  if (granted.begin > shared.calls.size() || granted.size_bytes > shared.calls.size() - granted.begin) return {};
  return {shared.replies + granted.begin, {0, granted.size_bytes}};
}

}  // namespace

std::optional<wire::frame> read_frame(buffer& in) {
  for (;;) {
    const wire::frame next = wire::first_frame(in.unread(), wire::call_size_bytes_max);
    if (next.state == wire::frame_state::complete) return next;
    if (next.state == wire::frame_state::malformed) return std::nullopt;
    in.reserve(std::max(next.missing_bytes, read_bytes));
    ssize_t got = 0;
    do got = ::read(wire::calls_fd, in.room(), in.room_bytes());
    while (got < 0 && errno == EINTR);
    if (got <= 0) return std::nullopt;
    in.filled(static_cast<std::size_t>(got));
  }
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(wire::replies_fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

void run(const loaded_plugin& plugin, const wire::call_view& call, const wire::settings& how, look_at_memory look,
         room shared, std::string& out) {
  const std::uint64_t begun = now_us();
  wire::reply_writer writer(out, call.id, shared);
  collection into{writer, how.reply_size_bytes_max, 0, 0, {}};
  into.end.status = LIAISON_UNSUPPORTED;
  if (call.what == operation::recognise) {
    recognise(plugin, call.input, into.end);
  } else if (call.translator < plugin.translators.size()) {
    std::vector<liaison_part> parts;
    std::vector<std::string> texts;  // the interface wants them NUL-terminated
    texts.reserve(3 * call.parts.size());
    const auto terminated = [&texts](std::string_view text) { return texts.emplace_back(text).c_str(); };
    for (const wire::part_view& one : call.parts)
      parts.push_back({sizeof(liaison_part), static_cast<liaison_part_role>(one.role), terminated(one.name),
                       terminated(one.content_type), terminated(one.format), bytes_of(one.bytes)});
    const liaison_sink sink = {sizeof(liaison_sink), &into, take_part, take_issue};
    const liaison_call made = {sizeof(liaison_call), bytes_of(call.input), bytes_of(call.options),
                               parts.data(),         parts.size(),         &sink};
    if (const auto operation = operation_of(*plugin.translators[call.translator], call.what))
      into.end.status = call_of(operation, plugin.self, made);
  }
  if (look == look_at_memory::yes && has_grown(how.memory_bytes_max, 2 * (call.input.size() + out.capacity())))
    into.end.flags |= wire::reply_retire;
  into.end.elapsed_us = now_us() - begun;
  writer.finish(into.end);
}

int serve(const loaded_plugin& plugin, const wire::settings& how, const windows& shared, buffer& in) {
  std::string out;
  unsigned calls = 0;
  std::uint64_t oldest_us = 0;
  const auto flush = [&out] {
    const bool written = write_all(out);
    if (out.capacity() > (1U << 20U)) std::string().swap(out);
    out.clear();
    return written;
  };
  for (;;) {
    // Nothing whole is waiting: what is answered goes out before this process sleeps.
    if (wire::first_frame(in.unread(), wire::call_size_bytes_max).state != wire::frame_state::complete &&
        !out.empty() && !flush())
      return exit_done;
    const auto next = read_frame(in);
    if (!next) return in.unread().empty() ? exit_done : exit_refused;
    const auto call = wire::parse_call(next->body, shared.calls);
    if (next->kind != wire::frame_kind::call || !call) return exit_refused;
    if (out.empty()) oldest_us = now_us();
    const bool large = call.value().size_bytes() > flush_bytes;
    const bool look = large || ++calls % calls_between_looks_at_memory == 0;
    run(plugin, call.value(), how, look ? look_at_memory::yes : look_at_memory::no,
        room_in(shared, call.value().reply_room), out);
    in.consume(next->consumed_bytes);
    // A slow call after this one must not hold back an answer that exists.
    if (large || out.size() > flush_bytes || now_us() - oldest_us > flush_after_us)
      if (!flush()) return exit_done;
  }
}

}  // namespace liaison::plugin::hosted
