// SPDX-License-Identifier: Apache-2.0
// The frames between broker and host, written and read. The reader never looks past its bytes and never allocates
// from a declared size.
#include "core/plugin/wire.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace liaison::plugin::wire {
namespace {

constexpr std::uint8_t item_end = 0, item_issue = 1, item_part = 2;
constexpr std::uint8_t bytes_follow = 0, bytes_shared = 1;
constexpr std::size_t parts_usual = 2;  // facts and an acknowledgement

template <class Number>
void put(std::string& out, Number value) {
  std::array<char, sizeof(Number)> bytes;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
  out.append(bytes.data(), bytes.size());
}

void put_text(std::string& out, std::string_view text, std::size_t size_bytes_max) {
  text = text.substr(0, size_bytes_max);
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Leaves room for the size; `close_frame` fills it in.
std::size_t open_frame(std::string& out, frame_kind kind) {
  const std::size_t begin = out.size();
  out.append(4, '\0');
  out += static_cast<char>(kind);
  return begin;
}

void close_frame(std::string& out, std::size_t begin, std::size_t bytes_to_follow = 0) {
  const auto size = static_cast<std::uint32_t>(out.size() - begin - 4 + bytes_to_follow);
  for (std::size_t i = 0; i < 4; ++i) out[begin + i] = static_cast<char>(static_cast<std::uint8_t>(size >> (8 * i)));
}

/// Reads from the front; after the first thing that is not there, everything is empty and `broken()`.
class cursor {
 public:
  explicit cursor(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    const std::string_view bytes = take(sizeof(Number));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    return static_cast<Number>(value);
  }
  std::string_view text(std::size_t size_bytes_max) {
    const auto size = number<std::uint32_t>();
    if (size > size_bytes_max) broken_ = true;
    return take(size);
  }
  /// What a place in shared memory holds.
  std::string_view look_at(std::string_view shared) {
    const auto begin = number<std::uint32_t>(), size = number<std::uint32_t>();
    if (broken_ || begin > shared.size() || size > shared.size() - begin) {
      broken_ = true;
      return {};
    }
    return shared.substr(begin, size);
  }
  std::string_view rest() {
    const std::string_view all = rest_;
    rest_ = {};
    return all;
  }
  bool broken() const { return broken_; }
  bool complete() const { return !broken_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (broken_ || size > rest_.size()) {
      broken_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool broken_ = false;
};

constexpr std::size_t bytes_max = 0xFFFFFFFF;

failure malformed(const char* what) { return {"plugin-bad-reply", std::string("malformed frame: ") + what}; }

void put_place(std::string& out, extent where) {
  put<std::uint32_t>(out, where.begin);
  put<std::uint32_t>(out, where.size_bytes);
}

extent get_place(cursor& in) {
  extent got;
  got.begin = in.number<std::uint32_t>();
  got.size_bytes = in.number<std::uint32_t>();
  return got;
}

/// Its bytes last: either they follow, or `where` says where they are.
void put_part(std::string& out, const part_view& what, const std::optional<extent>& where) {
  put<std::uint32_t>(out, what.role);
  put_text(out, what.name, name_size_bytes_max);
  put_text(out, what.content_type, name_size_bytes_max);
  put_text(out, what.format, name_size_bytes_max);
  put<std::uint8_t>(out, where ? bytes_shared : bytes_follow);
  if (where)
    put_place(out, *where);
  else
    put_text(out, what.bytes, bytes_max);
}

part_view get_part(cursor& in, std::string_view shared) {
  part_view got;
  got.role = in.number<std::uint32_t>();
  got.name = in.text(name_size_bytes_max);
  got.content_type = in.text(name_size_bytes_max);
  got.format = in.text(name_size_bytes_max);
  const auto place = in.number<std::uint8_t>();
  got.bytes = place == bytes_shared ? in.look_at(shared) : in.text(place == bytes_follow ? bytes_max : 0);
  return got;
}

/// Length of the well-formed UTF-8 sequence at the front, 0 when there is none (RFC 3629).
std::size_t utf8_length(std::string_view at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(at[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

frame first_frame(std::string_view unread, std::uint64_t size_bytes_max) {
  frame got;
  if (unread.size() < frame_head_bytes) {
    got.missing_bytes = frame_head_bytes - unread.size();
    return got;
  }
  cursor head(unread);
  const auto size = head.number<std::uint32_t>();
  const auto kind = head.number<std::uint8_t>();
  if (size < 1 || size > size_bytes_max || kind < static_cast<std::uint8_t>(frame_kind::settings) ||
      kind > static_cast<std::uint8_t>(frame_kind::finding)) {
    got.state = frame_state::malformed;
    return got;
  }
  got.kind = static_cast<frame_kind>(kind);
  got.consumed_bytes = 4 + static_cast<std::size_t>(size);
  if (unread.size() < got.consumed_bytes) {
    got.missing_bytes = got.consumed_bytes - unread.size();
    return got;
  }
  got.state = frame_state::complete;
  got.body = unread.substr(frame_head_bytes, size - 1);
  return got;
}

result<done> append(std::string& out, const settings& what) {
  std::size_t total = 64;
  for (const auto& [id, json] : what.configuration_json) total += id.size() + json.size() + 8;
  if (total > handshake_size_bytes_max || what.configuration_json.size() > configurations_max)
    return failure{"plugin-configuration-too-large", "the configurations of all plugins together are too large"};
  const std::size_t begin = open_frame(out, frame_kind::settings);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(what.configuration_json.size()));
  for (const auto& [id, json] : what.configuration_json) {
    put_text(out, id, handshake_size_bytes_max);
    put_text(out, json, handshake_size_bytes_max);
  }
  put<std::uint64_t>(out, what.memory_bytes_max);
  put<std::uint64_t>(out, what.reply_size_bytes_max);
  put<std::uint32_t>(out, what.window_size_bytes);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(what.if_unavailable));
  close_frame(out, begin);
  return done{};
}

result<settings> parse_settings(std::string_view body) {
  cursor in(body);
  settings got;
  const auto count = in.number<std::uint32_t>();
  if (count > configurations_max) return malformed("too many configurations");
  for (std::uint32_t i = 0; i < count && !in.broken(); ++i) {
    const std::string_view id = in.text(handshake_size_bytes_max);
    got.configuration_json.emplace(id, in.text(handshake_size_bytes_max));
  }
  got.memory_bytes_max = in.number<std::uint64_t>();
  got.reply_size_bytes_max = in.number<std::uint64_t>();
  got.window_size_bytes = in.number<std::uint32_t>();
  got.if_unavailable = in.number<std::uint8_t>() == 1 ? without_seccomp::run : without_seccomp::refuse;
  if (!in.complete()) return malformed("settings");
  return got;
}

void append(std::string& out, const ready& what) {
  const std::size_t begin = open_frame(out, frame_kind::ready);
  put_text(out, what.plugin_id, name_size_bytes_max);
  put_text(out, what.plugin_version, name_size_bytes_max);
  put<std::uint8_t>(out, what.confined ? 1 : 0);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(what.translators.size()));
  for (const offered& translator : what.translators) {
    put_text(out, translator.format, name_size_bytes_max);
    std::uint8_t operations = 0;
    for (const operation one : translator.operations)
      operations = static_cast<std::uint8_t>(operations | (1U << static_cast<unsigned>(one)));
    put<std::uint8_t>(out, operations);
    for (const auto* names : {&translator.profiles, &translator.wraps}) {
      put<std::uint32_t>(out, static_cast<std::uint32_t>(names->size()));
      for (const std::string& name : *names) put_text(out, name, name_size_bytes_max);
    }
  }
  close_frame(out, begin);
}

void append_refused(std::string& out, std::string_view reason) {
  const std::size_t begin = open_frame(out, frame_kind::refused);
  put_text(out, reason, sentence_size_bytes_max);
  close_frame(out, begin);
}

result<ready> parse_ready(std::string_view body) {
  cursor in(body);
  ready got;
  got.plugin_id = clean_text(in.text(name_size_bytes_max), name_size_bytes_max);
  got.plugin_version = clean_text(in.text(name_size_bytes_max), name_size_bytes_max);
  got.confined = in.number<std::uint8_t>() == 1;
  const auto count = in.number<std::uint32_t>();
  if (count > translators_max) return malformed("too many translators");
  for (std::uint32_t i = 0; i < count && !in.broken(); ++i) {
    offered& translator = got.translators.emplace_back();
    translator.format = clean_text(in.text(name_size_bytes_max), name_size_bytes_max);
    const auto operations = in.number<std::uint8_t>();
    for (unsigned bit = 1; bit <= static_cast<unsigned>(operation::render); ++bit)
      if ((operations >> bit & 1U) != 0) translator.operations.push_back(static_cast<operation>(bit));
    for (auto* names : {&translator.profiles, &translator.wraps}) {
      const auto profiles = in.number<std::uint32_t>();
      if (profiles > profiles_max) return malformed("too many profiles");
      for (std::uint32_t p = 0; p < profiles && !in.broken(); ++p)
        names->push_back(clean_text(in.text(name_size_bytes_max), name_size_bytes_max));
    }
  }
  if (!in.complete()) return malformed("ready");
  return got;
}

std::string parse_refused(std::string_view body) {
  cursor in(body);
  return clean_text(in.text(sentence_size_bytes_max), sentence_size_bytes_max);
}

std::size_t call_view::size_bytes() const {
  std::size_t sum = input.size();
  for (const part_view& one : parts) sum += one.bytes.size();
  return sum;
}

result<input_place> append_call_head(std::string& out, const call_address& to, const request& what, std::string_view input,
                                     room& shared) {
  std::uint64_t total = input.size() + what.options_json.size();
  for (const part& one : what.parts) total += one.bytes.size() + one.name.size() + 64;
  if (what.options_json.size() > options_size_bytes_max || what.parts.size() > parts_max ||
      total + 64 > call_size_bytes_max)
    return failure{"plugin-call-too-large", "the message, its options or its parts are too large for a translator"};
  const std::size_t begin = open_frame(out, frame_kind::call);
  put<std::uint32_t>(out, to.id);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(what.what));
  put<std::uint16_t>(out, to.translator);
  put_place(out, to.reply_room);
  put_text(out, what.options_json, options_size_bytes_max);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(what.parts.size()));
  for (const part& one : what.parts)
    put_part(out, {static_cast<std::uint32_t>(one.role), one.name, one.content_type, one.format, one.bytes}, shared.put(one.bytes));
  const auto where = shared.put(input);
  put<std::uint8_t>(out, where ? bytes_shared : bytes_follow);
  if (where) put_place(out, *where);
  close_frame(out, begin, where ? 0 : input.size());
  return where ? input_place::shared : input_place::follows;
}

result<call_view> parse_call(std::string_view body, std::string_view window) {
  cursor in(body);
  call_view got;
  got.id = in.number<std::uint32_t>();
  const auto what = in.number<std::uint8_t>();
  if (what > static_cast<std::uint8_t>(operation::render)) return malformed("unknown operation");
  got.what = static_cast<operation>(what);
  got.translator = in.number<std::uint16_t>();
  got.reply_room = get_place(in);
  got.options = in.text(options_size_bytes_max);
  const auto count = in.number<std::uint32_t>();
  if (count > parts_max) return malformed("too many parts");
  for (std::uint32_t i = 0; i < count && !in.broken(); ++i) got.parts.push_back(get_part(in, window));
  const auto place = in.number<std::uint8_t>();
  got.input = place == bytes_shared ? in.look_at(window) : in.rest();
  if (!in.complete() || place > bytes_shared) return malformed("call");
  return got;
}

reply_writer::reply_writer(std::string& out, std::uint32_t id, room shared)
    : out_(out), begin_(open_frame(out, frame_kind::reply)), shared_(shared) {
  put<std::uint32_t>(out_, id);
}

void reply_writer::add(model::severity level, std::string_view code, std::string_view location,
                       std::string_view diagnostics) {
  put<std::uint8_t>(out_, item_issue);
  put<std::uint8_t>(out_, static_cast<std::uint8_t>(level));
  put_text(out_, code, name_size_bytes_max);
  put_text(out_, location, name_size_bytes_max);
  put_text(out_, diagnostics, sentence_size_bytes_max);
}

void reply_writer::add(const part_view& what) {
  const auto where = shared_.put(what.bytes);
  if (where) shared_bytes_ += where->size_bytes;
  // A large part: exactly the room it needs, or doubling would cost the process half its memory limit.
  if (const std::size_t needed = out_.size() + what.bytes.size() + 4 * name_size_bytes_max; !where && needed > (1U << 20U))
    out_.reserve(std::max(needed, out_.size() + out_.size() / 4));
  put<std::uint8_t>(out_, item_part);
  put_part(out_, what, where);
}

void reply_writer::finish(const reply_view& end) {
  put<std::uint8_t>(out_, item_end);
  put<std::uint32_t>(out_, static_cast<std::uint32_t>(end.status));
  put<std::uint8_t>(out_, end.flags);
  put<std::uint8_t>(out_, end.score);
  put<std::uint16_t>(out_, end.translator);
  put<std::uint32_t>(out_, end.issues_left_out);
  put<std::uint8_t>(out_, static_cast<std::uint8_t>(end.worst_left_out));
  put<std::uint64_t>(out_, end.elapsed_us);
  close_frame(out_, begin_);
}

namespace {

std::optional<model::severity> severity_of(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(model::severity::error)) return std::nullopt;
  return static_cast<model::severity>(number);
}

bool get_issue(cursor& in, std::vector<model::issue>& into) {
  const auto level = severity_of(in.number<std::uint8_t>());
  if (!level || into.size() == issues_max) return false;
  model::issue& got = into.emplace_back();
  got.severity = *level;
  got.code = clean_text(in.text(name_size_bytes_max), name_size_bytes_max);
  got.location = clean_text(in.text(name_size_bytes_max), name_size_bytes_max);
  got.diagnostics = clean_text(in.text(sentence_size_bytes_max), sentence_size_bytes_max);
  return !in.broken();
}

bool get_reply_part(cursor& in, std::string_view shared, std::vector<part>& into) {
  const part_view got = get_part(in, shared);
  if (in.broken() || into.size() == parts_max) return false;
  if (got.role < LIAISON_PART_FACTS || got.role > LIAISON_PART_TEXT) return true;  // roles of later versions
  into.push_back({static_cast<liaison_part_role>(got.role), clean_text(got.name, name_size_bytes_max),
                  clean_text(got.content_type, name_size_bytes_max), clean_text(got.format, name_size_bytes_max),
                  std::string(got.bytes)});
  return true;
}

}  // namespace

result<reply_view> parse_reply(std::string_view body, std::string_view shared) {
  cursor in(body);
  reply_view got;
  got.id = in.number<std::uint32_t>();
  got.parts.reserve(parts_usual);
  for (std::uint8_t item = in.number<std::uint8_t>(); item != item_end; item = in.number<std::uint8_t>()) {
    if (item == item_issue ? !get_issue(in, got.issues) : item != item_part || !get_reply_part(in, shared, got.parts))
      return malformed("reply item");
  }
  const auto status = in.number<std::uint32_t>();
  got.flags = in.number<std::uint8_t>();
  got.score = in.number<std::uint8_t>();
  got.translator = in.number<std::uint16_t>();
  got.issues_left_out = in.number<std::uint32_t>();
  const auto worst = severity_of(in.number<std::uint8_t>());
  got.elapsed_us = in.number<std::uint64_t>();
  if (!in.complete() || !worst) return malformed("reply");
  got.worst_left_out = *worst;
  got.status = static_cast<int>(status);
  return got;
}

void append(std::string& out, const finding& what) {
  const std::size_t begin = open_frame(out, frame_kind::finding);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(what.kind));
  put_text(out, what.text, sentence_size_bytes_max);
  close_frame(out, begin);
}

result<finding> parse_finding(std::string_view body) {
  cursor in(body);
  const auto kind = in.number<std::uint8_t>();
  finding got;
  got.text = clean_text(in.text(sentence_size_bytes_max), sentence_size_bytes_max);
  if (!in.complete() || kind > static_cast<std::uint8_t>(finding_kind::failed)) return malformed("finding");
  got.kind = static_cast<finding_kind>(kind);
  return got;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string clean_text(std::string_view text, std::size_t size_bytes_max) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (text.size() <= size_bytes_max && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string clean;
  clean.reserve(std::min(text.size(), size_bytes_max));
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    std::string_view next = length == 0 ? replacement : text.substr(0, length);
    if (length == 1 && (static_cast<std::uint8_t>(text[0]) < 0x20 || text[0] == 0x7F)) next = " ";
    if (clean.size() + next.size() > size_bytes_max) break;
    clean += next;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

}  // namespace liaison::plugin::wire
