// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin
// The frames that a plugin host may send, hostile ones included. What is understood must come out the same when it
// is written and read once more, through the frame and through shared memory alike.
#include "core/plugin/contract.hpp"
#include "core/plugin/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace wire = liaison::plugin::wire;

/// `first` written and read once more; its large parts by way of `memory`.
void once_more(const wire::reply_view& first, std::string memory) {
  std::string bytes;
  wire::reply_writer writer(bytes, first.id,
                            liaison::plugin::room(memory.data(), {0, static_cast<std::uint32_t>(memory.size())}));
  for (const auto& issue : first.issues) writer.add(issue.severity, issue.code, issue.location, issue.diagnostics);
  for (const auto& part : first.parts)
    writer.add(
        wire::part_view{static_cast<std::uint32_t>(part.role), part.name, part.content_type, part.format, part.bytes});
  writer.finish(first);
  const auto frame = wire::first_frame(bytes, 1U << 30U);
  const auto second = wire::parse_reply(frame.body, memory);
  if (!second || second.value().parts.size() != first.parts.size() ||
      second.value().issues.size() != first.issues.size() || second.value().status != first.status)
    std::abort();
  for (std::size_t i = 0; i < first.parts.size(); ++i)
    if (second.value().parts[i].bytes != first.parts[i].bytes) std::abort();
}

void look_at_reply(std::string_view body, std::string_view window) {
  const auto got = wire::parse_reply(body, window);
  if (!got) return;
  const wire::reply_view& first = got.value();
  (void)liaison::plugin::breach_of(liaison::plugin::operation::decode, first);
  once_more(first, {});
  once_more(first, std::string(64U << 10U, '.'));
  for (const auto& issue : first.issues)
    if (!wire::is_utf8(issue.code) || !wire::is_utf8(issue.location) || !wire::is_utf8(issue.diagnostics)) std::abort();
}

/// A call's views stay within what they were made of.
void look_at_call(std::string_view body, std::string_view window) {
  const auto got = wire::parse_call(body, window);
  if (!got) return;
  const auto within = [&](std::string_view view) {
    const auto lies_in = [view](std::string_view whole) {
      return view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size();
    };
    return view.empty() || lies_in(body) || lies_in(window);
  };
  if (!within(got.value().input)) std::abort();
  for (const auto& part : got.value().parts)
    if (!within(part.bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string window(20'000, 'w');
  std::string_view unread(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const wire::frame next = wire::first_frame(unread, 1U << 20U);
    if (next.state == wire::frame_state::incomplete && next.missing_bytes == 0) std::abort();
    if (next.state != wire::frame_state::complete) break;
    look_at_reply(next.body, window);
    look_at_call(next.body, window);
    (void)wire::parse_ready(next.body);
    (void)wire::parse_refused(next.body);
    (void)wire::parse_finding(next.body);
    (void)wire::parse_settings(next.body);
    unread.remove_prefix(next.consumed_bytes);
  }
  return 0;
}
