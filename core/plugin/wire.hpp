// SPDX-License-Identifier: Apache-2.0
// What the broker and a plugin host say to each other over two pipes: length-prefixed binary frames. Pure
// functions without I/O, so that they can be fuzzed. The broker trusts nothing in a frame that comes from a host.
//
//   frame   u32 size of what follows · u8 kind · body            numbers are little-endian, text is u32 size + bytes
//   broker → host   settings (once), then calls                 host → broker   ready or refused (once), then replies
//   Replies come in the order of the calls.
//   Large bytes of calls and replies may lie in memory that both sides share; the frame says where then (room.hpp).
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/room.hpp"
#include "core/plugin/translators.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::plugin::wire {

// Descriptors of a host process.
inline constexpr int calls_fd = 3;
inline constexpr int replies_fd = 4;
inline constexpr int calls_window_fd = 5;    ///< until they are mapped; there only when the settings say so
inline constexpr int replies_window_fd = 6;

inline constexpr int exit_out_of_memory = 77;  ///< exit code of a host whose memory limit was passed

inline constexpr std::size_t frame_head_bytes = 5;
inline constexpr std::uint64_t call_size_bytes_max = 1U << 30U;
inline constexpr std::uint64_t handshake_size_bytes_max = 1U << 20U;
inline constexpr std::size_t options_size_bytes_max = 64U << 10U;
inline constexpr std::size_t recognise_size_bytes_max = 64U << 10U;
inline constexpr std::uint32_t parts_max = 4096;
inline constexpr std::uint32_t issues_max = 1000;
inline constexpr std::size_t name_size_bytes_max = 1024;      ///< names, formats, codes, locations
inline constexpr std::size_t sentence_size_bytes_max = 4096;  ///< diagnostics, reasons
inline constexpr std::uint32_t configurations_max = 1024;
inline constexpr std::uint32_t translators_max = 64;
inline constexpr std::uint32_t profiles_max = 64;
inline constexpr std::uint16_t every_translator = 0xFFFF;

enum class frame_kind : std::uint8_t { settings = 1, ready = 2, refused = 3, call = 4, reply = 5, finding = 6 };

// --- frames -----------------------------------------------------------------------------------------------------

enum class frame_state : std::uint8_t { complete, incomplete, malformed };

struct frame {
  frame_state state = frame_state::incomplete;
  frame_kind kind = frame_kind::reply;
  std::string_view body;
  std::size_t consumed_bytes = 0;  ///< head and body
  std::size_t missing_bytes = 0;   ///< incomplete: how many more are needed, as far as is known
};

/// Looks at the first frame of `unread`. Malformed: an unknown kind, or a size beyond `size_bytes_max`.
frame first_frame(std::string_view unread, std::uint64_t size_bytes_max);

// --- settings: broker → host --------------------------------------------------------------------------------------

enum class without_seccomp : std::uint8_t { refuse, run };

struct settings {
  std::map<std::string, std::string> configuration_json;  ///< plugin id → its JSON; only the host learns the id
  std::uint64_t memory_bytes_max = 1ULL << 30U;
  std::uint64_t reply_size_bytes_max = 256ULL << 20U;
  std::uint32_t window_size_bytes = 0;  ///< of either window; 0: there are none
  wire::without_seccomp if_unavailable = without_seccomp::refuse;
};

/// Fails when the configurations are too large ("plugin-configuration-too-large").
result<done> append(std::string& out, const settings& what);
result<settings> parse_settings(std::string_view body);

// --- ready, refused: host → broker --------------------------------------------------------------------------------

struct offered {
  std::string format;
  std::vector<std::string> profiles;
  std::vector<std::string> wraps;     ///< as in liaison_translator
  std::vector<operation> operations;  ///< without recognise, which all have
};

struct ready {
  std::string plugin_id, plugin_version;
  bool confined = false;  ///< the seccomp filter is in force
  std::vector<offered> translators;
};

void append(std::string& out, const ready& what);
void append_refused(std::string& out, std::string_view reason);
result<ready> parse_ready(std::string_view body);
std::string parse_refused(std::string_view body);

// --- call: broker → host ------------------------------------------------------------------------------------------

struct part_view {
  std::uint32_t role = 0;
  std::string_view name, content_type, format, bytes;
};

struct call_view {
  std::uint32_t id = 0;
  operation what = operation::inspect;
  std::uint16_t translator = 0;  ///< index in `ready`, or every_translator (recognise)
  extent reply_room;             ///< where large bytes of the reply may go in the replies window
  std::string_view options;
  std::vector<part_view> parts;
  std::string_view input;

  std::size_t size_bytes() const;  ///< of input and parts, wherever they lie
};

/// How a call is addressed.
struct call_address {
  std::uint32_t id = 0;
  std::uint16_t translator = 0;
  extent reply_room;
};

enum class input_place : std::uint8_t { follows, shared };

/// Everything of the frame but an input that follows and ends it: the caller writes those bytes from where they are. What is
/// large and fits goes into `shared`. Fails when a limit is passed ("plugin-call-too-large").
result<input_place> append_call_head(std::string& out, const call_address& to, const request& what, std::string_view input,
                                     room& shared);

/// The views point into `body` and into `window`, the whole calls window.
result<call_view> parse_call(std::string_view body, std::string_view window = {});

// --- reply: host → broker -----------------------------------------------------------------------------------------

inline constexpr std::uint8_t reply_truncated = 1;  ///< a limit on results was passed; what came after is missing
inline constexpr std::uint8_t reply_retire = 2;     ///< the process has grown: replace it when convenient

struct reply_view {
  std::uint32_t id = 0;
  int status = 0;
  std::uint8_t flags = 0;
  std::uint8_t score = 0;        ///< recognise
  std::uint16_t translator = 0;  ///< recognise: whose score
  std::uint32_t issues_left_out = 0;
  model::severity worst_left_out = model::severity::information;
  std::uint64_t elapsed_us = 0;
  std::vector<model::issue> issues;
  std::vector<part> parts;
};

/// Writes one reply frame at the end of `out` while the translator delivers it, so that a part is copied once. Large parts
/// go into `shared`.
class reply_writer {
 public:
  reply_writer(std::string& out, std::uint32_t id, room shared = {});
  void add(model::severity level, std::string_view code, std::string_view location, std::string_view diagnostics);
  void add(const part_view& what);
  /// Ends the frame. Of `end`, the vectors and the id are ignored.
  void finish(const reply_view& end);
  std::size_t size_bytes() const { return out_.size() - begin_ + shared_bytes_; }

 private:
  std::string& out_;
  std::size_t begin_, shared_bytes_ = 0;
  room shared_;
};

/// `shared` is the room that the call was given; the host may change what is there at any moment, so bytes are copied out of
/// it, once, before anybody looks at them. Texts are made valid UTF-8. A status or severity outside the interface, too many items or bytes that do not add
/// up are a failure "plugin-bad-reply".
result<reply_view> parse_reply(std::string_view body, std::string_view shared = {});

// --- finding: host → plugin-check -----------------------------------------------------------------------------------

enum class finding_kind : std::uint8_t { trying, passed, failed };

struct finding {
  finding_kind kind = finding_kind::trying;
  std::string text;
};

void append(std::string& out, const finding& what);
result<finding> parse_finding(std::string_view body);

bool is_utf8(std::string_view text);

/// `text` with what is no UTF-8 replaced by U+FFFD and control characters by spaces; at most `size_bytes_max` long.
std::string clean_text(std::string_view text, std::size_t size_bytes_max);

}  // namespace liaison::plugin::wire
