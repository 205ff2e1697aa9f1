// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/intake_record.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace liaison::store::sqlite {
namespace {

/// What stands first. Members that a later version adds follow at the end, and are read when this is not lower.
constexpr std::uint8_t version = 2;  // 2: where the payload stands

/// Written as it stands in memory.
template <class Value>
concept is_plain = std::is_arithmetic_v<Value> || std::is_enum_v<Value> || std::is_same_v<Value, payload_place>;

class writing {
 public:
  explicit writing(std::string& to) : to_(to) {}

  template <class Number>
    requires is_plain<Number>
  void operator()(const Number& value) {
    to_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    to_ += text;
  }
  void operator()(const shared_bytes& bytes) { (*this)(*bytes); }
  template <class Value>
  void operator()(const std::vector<Value>& values) {
    (*this)(static_cast<std::uint32_t>(values.size()));
    for (const Value& value : values) pass(*this, value);
  }
  template <class Value>
  void operator()(const std::optional<Value>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }

 private:
  std::string& to_;
};

class reading {
 public:
  explicit reading(std::string_view from) : from_(from) {}

  bool is_fine() const { return fine_; }
  bool is_whole() const { return fine_ && from_.empty(); }

  template <class Number>
    requires is_plain<Number>
  void operator()(Number& value) {
    if (!has(sizeof value)) return;
    if constexpr (std::is_same_v<Number, bool>) {
      value = from_.front() != 0;
    } else {
      std::memcpy(&value, from_.data(), sizeof value);
    }
    from_.remove_prefix(sizeof value);
  }
  void operator()(std::string& text) {
    const std::uint32_t size = count(1);
    text.assign(from_.substr(0, size));
    from_.remove_prefix(size);
  }
  void operator()(shared_bytes& bytes) {
    std::string text;
    (*this)(text);
    bytes = share(std::move(text));
  }
  template <class Value>
  void operator()(std::vector<Value>& values) {
    for (std::uint32_t left = count(1); left > 0 && fine_; --left) pass(*this, values.emplace_back());
  }
  template <class Value>
  void operator()(std::optional<Value>& value) {
    bool is_there = false;
    (*this)(is_there);
    if (is_there) (*this)(value.emplace());
  }

 private:
  bool has(std::size_t size) {
    fine_ = fine_ && from_.size() >= size;
    return fine_;
  }
  /// A number of things of at least `each` bytes that are all there; else 0.
  std::uint32_t count(std::size_t each) {
    std::uint32_t many = 0;
    (*this)(many);
    return has(std::size_t{many} * each) ? many : 0;
  }

  std::string_view from_;
  bool fine_ = true;
};

// Every member once, for both directions: what is written is const, what is read is not.
template <class Archive>
void pass(Archive& a, auto& text)
  requires std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(text)>>, std::string>
{
  a(text);
}
template <class T, class U>
concept is = std::is_same_v<std::remove_const_t<T>, U>;

void pass(auto& a, is<facts::identifier> auto& one) {
  a(one.system), a(one.value), a(one.kind);
}
void pass(auto& a, is<facts::patient> auto& one) {
  a(one.family), a(one.birth_family), a(one.given), a(one.birth_date), a(one.sex), a(one.birth_place_code);
  a(one.postal_code), a(one.identifiers), a(one.identity_status), a(one.identity_flags);
}
void pass(auto& a, is<facts::merge> auto& one) {
  a(one.patient), a(one.prior_patient), a(one.action), a(one.prior), a(one.prior_stays);
}
void pass(auto& a, is<identity::consent> auto& one) {
  a(one.kind), a(one.answer), a(one.since), a(one.source), a(one.told_by), a(one.system), a(one.value);
}
void pass(auto& a, is<identity::observation> auto& one) {
  a(one.is_event), a(one.is_document), a(one.is_letter), a(one.patients), a(one.merges), a(one.consents), a(one.at);
  a(one.stay.system), a(one.stay.value), a(one.stay.event), a(one.stay.patient_class), a(one.stay.admitted_at);
  a(one.stay.discharged_at), a(one.stay.discharged_from), a(one.stay.deadline);
}
void pass(auto& a, is<model::issue> auto& one) {
  a(one.severity), a(one.code), a(one.location), a(one.diagnostics);
}
void pass(auto& a, is<model::mark> auto& one) {
  a(one.text), a(one.part);
}
void pass(auto& a, is<new_delivery> auto& one) {
  a(one.recipient), a(one.format), a(one.profile), a(one.reports);
}
void pass(auto& a, is<model::message> auto& one) {
  a(one.source), a(one.peer), a(one.received_at), a(one.state), a(one.format), a(one.sha256), a(one.size_bytes);
  a(one.control_id), a(one.facts_json), a(one.issues);
}
void pass(auto& a, is<intake> auto& one) {
  pass(a, one.message);
  a(one.raw), a(one.sender_key), a(one.document_id), a(one.set_id), a(one.replaces), a(one.subject_key);
  a(one.removes), a(one.waits_until), a(one.document_type), a(one.marks), a(one.deliveries);
  pass(a, one.if_control_id_seen);
  pass(a, one.subject);
}

/// None: not one that this program knows.
std::optional<std::uint8_t> version_in(reading& a) {
  std::uint8_t written_by = 0;
  a(written_by);
  if (written_by == 0 || written_by > version) return std::nullopt;
  return written_by;
}

}  // namespace

void append_intake(std::string& to, const intake& what, const std::optional<payload_place>& payload) {
  writing a(to);
  a(version);
  if (payload) {
    auto lean = what;
    lean.raw = share({});
    pass(a, std::as_const(lean));
  } else {
    pass(a, what);
  }
  a(payload);
}

void drop_recorded_bytes(intake& what) {
  static const shared_bytes none = share({});
  what.raw = none;
  std::string().swap(what.message.facts_json);  // with its memory
}

std::optional<kept_intake> intake_from(std::string_view bytes) {
  reading a(bytes);
  const auto written_by = version_in(a);
  if (!written_by) return std::nullopt;
  kept_intake kept{std::make_unique<intake>(), {}};
  pass(a, *kept.what);
  if (*written_by >= 2) a(kept.payload);
  if (!a.is_whole()) return std::nullopt;
  return kept;
}

// The message stands first, then its bytes.
std::optional<kept_content> content_from(std::string_view bytes) {
  reading a(bytes);
  const auto written_by = version_in(a);
  if (!written_by) return std::nullopt;
  kept_content kept;
  model::message message;
  pass(a, message);
  a(kept.raw);
  if (!a.is_fine()) return std::nullopt;
  kept.sha256 = std::move(message.sha256);
  kept.facts_json = std::move(message.facts_json);
  return kept;
}

}  // namespace liaison::store::sqlite
