// SPDX-License-Identifier: Apache-2.0
// The C interface in C++ clothes: options decoded, results handed to the sink, exceptions turned into statuses.
#include <liaison/common/pivot.hpp>
#include <liaison/common/plugin.hpp>

#include <liaison/json_reader.hpp>

#include <cstddef>
#include <new>
#include <stdexcept>
#include <utility>

namespace liaison {
namespace {

constexpr std::size_t options_size_bytes_max = 64U << 10U;

bytes_view view_of(const liaison_bytes& bytes) {
  return bytes.size == 0 ? bytes_view{} : bytes_view(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

liaison_bytes bytes_of(bytes_view view) { return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()}; }

liaison_severity raw_of(severity level) {
  switch (level) {
    case severity::information:
      return LIAISON_INFORMATION;
    case severity::warning:
      return LIAISON_WARNING;
    case severity::error:
      break;
  }
  return LIAISON_ERROR;
}

severity severity_named(std::string_view name) {
  if (name == "information") return severity::information;
  return name == "warning" ? severity::warning : severity::error;
}

std::vector<issue> read_issues(detail::json_reader& in) {
  std::vector<issue> found;
  if (!in.enter_array()) return found;
  while (in.next_element()) {
    if (!in.enter_object()) continue;
    issue& made = found.emplace_back();
    std::string level;
    for (std::string_view name; in.next_member(name);) {
      if (name == "severity") in.text(level);
      else if (name == "code") in.text(made.code);
      else if (name == "location") in.text(made.location);
      else if (name == "diagnostics") in.text(made.diagnostics);
      else in.skip();
    }
    made.severity = severity_named(level);
  }
  return found;
}

void read_object(detail::json_reader& in, std::string& into) {
  if (in.peek() == '{') into = in.raw();
  else in.skip();
}

call_options decode_options(bytes_view text) {
  call_options options;
  if (text.empty() || text == "{}") return options;
  if (text.size() > options_size_bytes_max) throw std::invalid_argument("options of the call are too large");
  detail::json_reader in(text);
  if (in.peek() != '{') throw std::invalid_argument("options of the call are no JSON object");
  in.enter_object();
  for (std::string_view name; in.next_member(name);) {
    if (name == "profile") in.text(options.profile);
    else if (name == "charset") in.text(options.charset);
    else if (name == "strictness") {
      std::string strictness;
      in.text(strictness);
      options.strict = strictness == "strict";
    }
    else if (name == "now") in.text(options.now);
    else if (name == "zone") in.text(options.zone);
    else if (name == "id_seed") in.text(options.id_seed);
    else if (name == "control_id") in.text(options.control_id);
    else if (name == "values") in.flag(options.values);
    else if (name == "acknowledge") in.flag(options.acknowledge);
    else if (name == "account") in.flag(options.account);
    else if (name == "tally") in.flag(options.tally);
    else if (name == "outcome") in.text(options.outcome);
    else if (name == "issues") options.issues = read_issues(in);
    else if (name == "answer") read_object(in, options.answer);
    else if (name == "endpoint") read_object(in, options.endpoint);
    else in.skip();
  }
  if (!in.complete()) throw std::invalid_argument("options of the call are no JSON, or nested too deep");
  return options;
}

/// True when the struct that the host filled is large enough to hold `member_end` bytes of ours.
bool reaches(std::size_t size, std::size_t member_end) { return size >= member_end; }

/// Reports through the raw sink, for the moment when no `call` exists any more. `then`, or what a host that has enough
/// wants to get back instead.
liaison_status report_raw(const liaison_call* raw, const char* code, const char* diagnostics,
                          liaison_status then) noexcept {
  if (raw == nullptr || raw->sink == nullptr || raw->sink->issue == nullptr) return then;
  const liaison_issue found = {sizeof(liaison_issue), LIAISON_ERROR, code, "", diagnostics};
  const liaison_status status = raw->sink->issue(raw->sink->self, &found);
  return status == LIAISON_OK ? then : status;
}

}  // namespace

call::call(const liaison_call& raw)
    : raw_(raw), input_(view_of(raw.input)), options_(decode_options(view_of(raw.options))) {}

namespace {

std::span<const liaison_part> parts_of(const liaison_call& raw) {
  if (!reaches(raw.size, offsetof(liaison_call, part_count) + sizeof(raw.part_count)) || raw.parts == nullptr)
    return {};
  return {raw.parts, raw.part_count};
}

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view{} : text; }

}  // namespace

bytes_view call::embedded_pivot(std::string_view name) const {
  for (const liaison_part& part : parts_of(raw_)) {
    if (part.role == LIAISON_PART_DOCUMENT && part.name != nullptr && name == part.name) return view_of(part.bytes);
  }
  return {};
}

std::vector<carried_document> call::carried() const {
  std::vector<carried_document> found;
  for (const liaison_part& part : parts_of(raw_)) {
    if (part.role != LIAISON_PART_EMBEDDED) continue;
    found.push_back({text_of(part.name), text_of(part.content_type), text_of(part.format), view_of(part.bytes)});
  }
  return found;
}

void call::report(severity level, std::string_view code, std::string_view location,
                  std::string_view diagnostics) const {
  const std::string code_text(code), location_text(location), diagnostics_text(diagnostics);
  const liaison_issue found = {sizeof(liaison_issue), raw_of(level), code_text.c_str(), location_text.c_str(),
                               diagnostics_text.c_str()};
  const liaison_status status = raw_.sink->issue(raw_.sink->self, &found);
  if (status != LIAISON_OK) throw host_full{status};
}

void call::emit(liaison_part_role role, bytes_view bytes, const char* content_type, const char* name,
                const char* format) const {
  const liaison_part part = {sizeof(liaison_part), role, name, content_type, format, bytes_of(bytes)};
  const liaison_status status = raw_.sink->part(raw_.sink->self, &part);
  if (status != LIAISON_OK) throw host_full{status};
}

void call::emit(const facts::message_facts& found) const {
  emit(LIAISON_PART_FACTS, to_json(found), "application/json");
}

void call::emit(const liaison::account& ledger, const pivot_writer* made) const {
  const bool is_short = options_.tally && made != nullptr;
  emit(LIAISON_PART_ACCOUNT, is_short ? made->tally() : ledger.to_json(), "application/json");
}

namespace detail {

liaison_status guarded(translator& of, liaison_status (translator::*operation)(const call&), const liaison_call* raw) {
  // Texts of foreign exceptions may quote the message; only those of our own bugs and of pivot_error, which
  // hold no content, are shown.
  try {
    if (raw == nullptr || raw->sink == nullptr) return LIAISON_QUARANTINE;
    const call made(*raw);
    return (of.*operation)(made);
  } catch (const host_full& full) {
    return full.status;
  } catch (const std::bad_alloc&) {
    return report_raw(raw, "out-of-memory", "the translator ran out of memory", LIAISON_RETRY);
  } catch (const pivot_error& wrong) {
    return report_raw(raw, "pivot-unreadable", wrong.what(), LIAISON_REJECT);
  } catch (const std::logic_error& bug) {
    return report_raw(raw, "internal-error", bug.what(), LIAISON_QUARANTINE);
  } catch (const std::exception&) {
    return report_raw(raw, "internal-error", "the translator failed unexpectedly", LIAISON_QUARANTINE);
  } catch (...) {
    return report_raw(raw, "internal-error", "the translator failed in an unknown way", LIAISON_QUARANTINE);
  }
}

}  // namespace detail
}  // namespace liaison
