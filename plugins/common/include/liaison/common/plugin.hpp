// SPDX-License-Identifier: Apache-2.0
// What a C++ plugin of this tree is written against: the C interface of sdk/ as classes. Exceptions
// stop here (status QUARANTINE, issue "<plugin>-internal-error"); nothing is thrown across.
#pragma once

#include <liaison/translator.h>
#include <liaison/facts.hpp>
#include <liaison/facts_json.hpp>

#include <liaison/common/account.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

using bytes_view = std::string_view;  ///< borrowed bytes of any kind

class pivot_writer;

enum class severity : std::uint8_t { information, warning, error };

struct issue {
  liaison::severity severity = severity::error;
  std::string code;
  std::string location;
  std::string diagnostics;
};

/// The options of a call (sdk/include/liaison/translator.h, liaison_call), decoded.
struct call_options {
  std::string profile;
  std::string charset;
  bool strict = false;
  std::string now;
  std::string zone = "Europe/Paris";
  std::string id_seed;
  std::string control_id;
  bool values = false;
  bool acknowledge = false;
  bool account = false;
  bool tally = false;  ///< with `account`: in short
  std::string outcome;
  std::vector<issue> issues;
  std::string answer;           ///< the business acknowledgement to write, as JSON text; empty when none is asked for
  std::string endpoint = "{}";  ///< the endpoint's own options as JSON text

  account_form form_of_source() const { return tally ? account_form::tally_of_source : account_form::full; }
  account_form form_of_pivot() const { return tally ? account_form::tally_of_pivot : account_form::full; }
};

/// A document that an encode wraps (sdk/include/liaison/translator.h, `wraps`). Borrowed from the call.
struct carried_document {
  std::string_view name, content_type, format;  ///< empty when the host did not say
  bytes_view bytes;
};

/// One call, in C++ clothes. Lives as long as the call.
class call {
 public:
  explicit call(const liaison_call& raw);

  bytes_view input() const { return input_; }
  const call_options& options() const { return options_; }

  /// Pivot of the embedded message at `name`, or nothing. Decode only.
  bytes_view embedded_pivot(std::string_view name) const;

  /// The documents to carry, in the host's order. Encode of a profile that wraps only.
  std::vector<carried_document> carried() const;

  void report(severity level, std::string_view code, std::string_view location, std::string_view diagnostics) const;
  void report(const issue& found) const { report(found.severity, found.code, found.location, found.diagnostics); }

  /// Hands a part to the host. Throws `host_full` when the host has enough; let it pass.
  void emit(liaison_part_role role, bytes_view bytes, const char* content_type = nullptr, const char* name = nullptr,
            const char* format = nullptr) const;
  void emit(const facts::message_facts& found) const;  ///< as JSON, role FACTS
  /// Role ACCOUNT. Of a decode: the writer of its pivot, after `to_json`.
  void emit(const liaison::account& ledger, const pivot_writer* made = nullptr) const;

 private:
  const liaison_call& raw_;
  bytes_view input_;
  call_options options_;
};

/// Thrown by `emit` and `report` when the host refuses more; `export_translator` turns it into the status.
struct host_full {
  liaison_status status;
};

/// Base of a translator. Overrides what it offers; the rest answers UNSUPPORTED.
/// The methods may throw; `std::bad_alloc` becomes RETRY, anything else QUARANTINE.
class translator {
 public:
  virtual ~translator() = default;
  virtual int recognise(bytes_view head) = 0;
  virtual liaison_status inspect(const call&) { return LIAISON_UNSUPPORTED; }
  virtual liaison_status decode(const call&) { return LIAISON_UNSUPPORTED; }
  virtual liaison_status encode(const call&) { return LIAISON_UNSUPPORTED; }
  virtual liaison_status validate(const call&) { return LIAISON_UNSUPPORTED; }
  virtual liaison_status acknowledge(const call&) { return LIAISON_UNSUPPORTED; }
  virtual liaison_status render(const call&) { return LIAISON_UNSUPPORTED; }
};

namespace detail {
liaison_status guarded(translator& of, liaison_status (translator::*operation)(const call&), const liaison_call* raw);

template <class Translator>
constexpr const char* const* wraps_of() {
  if constexpr (requires { Translator::wraps; }) return Translator::wraps;
  else return nullptr;
}
}  // namespace detail

/// The C table of one translator. `Translator` is default-constructible and has
/// `static constexpr const char* format` and `static constexpr const char* profiles[]` (NULL-terminated); one that wraps
/// documents also has `static constexpr const char* wraps[]`, as in liaison_translator.
template <class Translator>
const liaison_translator& export_translator() {
  static Translator instance;
  static const liaison_translator table = {
      sizeof(liaison_translator),
      Translator::format,
      Translator::profiles,
      [](void*, liaison_bytes head) -> int {
        try {
          return instance.recognise({reinterpret_cast<const char*>(head.data), head.size});
        } catch (...) {
          return 0;
        }
      },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::inspect, c); },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::decode, c); },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::encode, c); },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::validate, c); },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::acknowledge, c); },
      [](void*, const liaison_call* c) { return detail::guarded(instance, &translator::render, c); },
      detail::wraps_of<Translator>(),
  };
  return table;
}

}  // namespace liaison
