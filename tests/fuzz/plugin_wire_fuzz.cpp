// SPDX-License-Identifier: Apache-2.0
// uses: liaison_plugin
// The frames that a plugin host may send, hostile ones included. What is understood must come out the same when it
// is written and read once more.
#include "core/plugin/contract.hpp"
#include "core/plugin/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace wire = liaison::plugin::wire;

void look_at_reply(std::string_view body) {
  const auto got = wire::parse_reply(body);
  if (!got) return;
  const wire::reply_view& first = got.value();
  (void)liaison::plugin::breach_of(liaison::plugin::operation::decode, first);
  std::string bytes;
  wire::reply_writer writer(bytes, first.id);
  for (const auto& issue : first.issues) writer.add(issue.severity, issue.code, issue.location, issue.diagnostics);
  for (const auto& part : first.parts)
    writer.add(
        wire::part_view{static_cast<std::uint32_t>(part.role), part.name, part.content_type, part.format, part.bytes});
  writer.finish(first);
  const auto frame = wire::first_frame(bytes, 1U << 30U);
  const auto second = wire::parse_reply(frame.body);
  if (!second || second.value().parts.size() != first.parts.size() ||
      second.value().issues.size() != first.issues.size() || second.value().status != first.status)
    std::abort();
  for (const auto& issue : first.issues)
    if (!wire::is_utf8(issue.code) || !wire::is_utf8(issue.location) || !wire::is_utf8(issue.diagnostics)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view unread(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const wire::frame next = wire::first_frame(unread, 1U << 20U);
    if (next.state == wire::frame_state::incomplete && next.missing_bytes == 0) std::abort();
    if (next.state != wire::frame_state::complete) break;
    look_at_reply(next.body);
    (void)wire::parse_ready(next.body);
    (void)wire::parse_refused(next.body);
    (void)wire::parse_finding(next.body);
    (void)wire::parse_settings(next.body);
    (void)wire::parse_call(next.body);
    unread.remove_prefix(next.consumed_bytes);
  }
  return 0;
}
