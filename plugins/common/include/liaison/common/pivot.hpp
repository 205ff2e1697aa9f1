// SPDX-License-Identifier: Apache-2.0
// Building and reading the pivot (docs/reference/pivot.md). A thin layer over RapidJSON that keeps
// track of where a value goes, so that the account of leaves is a by-product of the translation.
#pragma once

#include <liaison/common/account.hpp>

#include <rapidjson/document.h>

#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace liaison {

using json_value = rapidjson::Value;

/// Numbers keep the digits they were written with, which RapidJSON's own numbers cannot: in the values that
/// the reader hands out a number is a string that begins with this character, which no other string may.
/// Read them with `pivot_reader::text` or `get`, which leave the mark away; ask `is_number` for the kind.
inline constexpr char json_number_mark = '\x01';
bool is_number(const json_value& value);

/// The text given as a pivot is none. The message names what is wrong, without content; it may be shown.
struct pivot_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Version 5 UUID (RFC 9562) of `name` in the namespace of liaison, lower case.
std::string uuid_v5(std::string_view name);

/// A value of the source and its row in the account. Readers of a format hand these out.
struct sourced {
  std::string text;
  account::leaf leaf = 0;
  bool has_leaf = false;

  sourced() = default;
  explicit sourced(std::string value) : text(std::move(value)) {}
  sourced(std::string value, account::leaf id) : text(std::move(value)), leaf(id), has_leaf(true) {}
  bool empty() const { return text.empty(); }
};

class pivot_writer;

/// Position of one resource in the Bundle being written. Cheap to copy; valid as long as the writer.
class resource_ref {
 public:
  resource_ref() = default;

  /// "urn:uuid:…", for references to it.
  const std::string& full_url() const;
  explicit operator bool() const { return writer_ != nullptr; }

  /// Sets the string at `path` ("name/0/family"; numbers are array indices; missing parents are
  /// made; an index may be at most the array's size: std::logic_error). An empty value sets nothing.
  /// The leaf is carried to it. Control characters that FHIR forbids become U+FFFD.
  void set(std::string_view path, const sourced& value) const;
  void set(std::string_view path, std::string_view value) const;
  void set(std::string_view path, const char* value) const { set(path, std::string_view(value)); }
  void set(std::string_view path, const std::string& value) const { set(path, std::string_view(value)); }

  /// Sets the base64 of a file, made when the Bundle is written: `bytes` stays where it is until then (see
  /// `pivot_writer::keep`). No bytes set nothing.
  void set_base64(std::string_view path, std::string_view bytes) const;

  /// Sets a JSON number from its digits as written ("1.50" stays 1.50). `digits` must be a JSON number.
  void set_number(std::string_view path, const sourced& digits) const;
  void set_bool(std::string_view path, bool value) const;
  void set_json(std::string_view path, std::string_view json_text) const;  ///< an object or array, parsed
  void set_reference(std::string_view path, const resource_ref& target) const;

  /// Marks a leaf as carried to `path` without writing (a value that became a code, a sign, a structure).
  void carry(std::string_view path, const sourced& value) const;

  /// Number of elements of the array at `path`; 0 when there is none. For appending: `path/<size>`.
  std::size_t size_of(std::string_view path) const;
  bool has(std::string_view path) const;

  /// JSON pointer of `path` in the Bundle, as the account names places: "/entry/0/resource/title".
  std::string pointer(std::string_view path = {}) const;

 private:
  friend class pivot_writer;
  resource_ref(pivot_writer* writer, std::size_t index, const std::string* full_url)
      : writer_(writer), index_(index), full_url_(full_url) {}
  std::uint32_t write(std::string_view path, std::string_view value) const;
  void carried(std::string_view path, const sourced& value, std::uint32_t at) const;

  pivot_writer* writer_ = nullptr;
  std::size_t index_ = 0;
  const std::string* full_url_ = nullptr;  // the writer's
};

/// Writes one Bundle. Not copyable; owns its memory.
class pivot_writer {
 public:
  /// `seed` names the ids (call_options::id_seed, or the SHA-256 of the input); `ledger` may be null
  /// when no account is wanted.
  pivot_writer(std::string_view bundle_type, std::string seed, account* ledger);
  ~pivot_writer();
  pivot_writer(const pivot_writer&) = delete;
  pivot_writer& operator=(const pivot_writer&) = delete;

  /// What keeps `bundle_json` from being loaded, without content; nothing when it is a Bundle.
  static std::optional<std::string> check_bundle(std::string_view bundle_json);
  /// Starts from an existing Bundle (the pivot of an embedded document) and appends to it. False, and
  /// nothing changed, when `bundle_json` is no Bundle.
  bool load(std::string_view bundle_json);
  /// Appends the entries of another Bundle under fullUrls of their own, derived from the seed, so that two pivots made
  /// with one seed can stand in one Bundle; references among them follow. Where its first entry came to stand; nothing,
  /// and nothing changed, when `bundle_json` is no Bundle.
  std::optional<std::size_t> append(std::string_view bundle_json);

  resource_ref add(std::string_view resource_type);
  resource_ref at(std::size_t entry_index);                 ///< precondition: entry_index < entry_count()
  resource_ref find_first(std::string_view resource_type);  ///< false when there is none
  std::size_t entry_count() const;

  /// The Bundle itself: `set("identifier/value", …)`.
  resource_ref bundle();

  /// Takes bytes over for as long as the writer lives.
  std::string_view keep(std::string bytes);

  std::string to_json();

  /// The account in short (account_form::tally_of_source), after `to_json`. Precondition: there is a ledger.
  std::string tally() const;

 private:
  friend class resource_ref;
  struct state;  // the tree
  static constexpr std::size_t bundle_index = static_cast<std::size_t>(-1);
  std::uint32_t target(std::size_t index);
  std::uint32_t place(std::size_t index, std::string_view path);
  std::string pointer(std::size_t index, std::string_view path) const;

  std::unique_ptr<state> state_;
  std::string seed_;
  account* ledger_;
  std::size_t made_ = 0;
  std::deque<std::string> kept_;
};

/// Reads one Bundle and accounts for each of its leaves. The account has a row for every JSON leaf;
/// asking for a value does not carry it: `carry` does, when it was written.
class pivot_reader {
 public:
  /// `ledger` may be null. Throws `pivot_error` when the text is no Bundle.
  pivot_reader(std::string_view bundle_json, account* ledger);

  const json_value& bundle() const { return document_; }
  std::size_t entry_count() const;
  const json_value& resource(std::size_t entry_index) const;
  /// First resource of the type at or after `from`; null when there is none.
  const json_value* find_first(std::string_view resource_type, std::size_t from = 0) const;
  /// Target of `{"reference": …}`; null when there is none or it is not in the Bundle.
  const json_value* resolve(const json_value* reference) const;

  /// String, number or boolean at `path` below `node` ("name/0/family"), as written; empty when absent.
  static std::string text(const json_value* node, std::string_view path);
  /// Node at `path`; null when absent.
  static const json_value* find(const json_value* node, std::string_view path);

  /// The text at `path` below `node` with its row of the account (numbers with their digits as written).
  sourced get(const json_value* node, std::string_view path) const;

  /// Everything at and below `path` of `node` was carried to / dropped / said by the envelope of the target.
  void carry(const json_value* node, std::string_view path, std::string_view target_location);
  void drop(const json_value* node, std::string_view path, std::string_view reason);
  void envelope(const json_value* node, std::string_view path);

  /// JSON pointer of a node of this Bundle, "/entry/0/resource/title".
  std::string pointer(const json_value* node, std::string_view path = {}) const;

 private:
  struct index;  // node → pointer and leaves
  std::string text_;  // what the values of the document point into
  rapidjson::Document document_;
  account* ledger_;
  std::shared_ptr<index> index_;
};

}  // namespace liaison
