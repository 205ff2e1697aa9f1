// SPDX-License-Identifier: Apache-2.0
#include "core/routing/account.hpp"

#include <liaison/json_reader.hpp>
#include <liaison/json_text.hpp>

#include <rapidjson/document.h>

#include <unordered_map>
#include <unordered_set>

namespace liaison::routing {

namespace {

using json = rapidjson::Value;

std::string text_of(const json& object, const char* key) {
  auto at = object.FindMember(key);
  if (at == object.MemberEnd() || !at->value.IsString()) return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

account_entry entry_of(const json& object) {
  return {text_of(object, "location"), text_of(object, "value"), text_of(object, "reason")};
}

template <class Visit>
void each(const json& root, const char* key, Visit visit) {
  auto at = root.FindMember(key);
  if (at == root.MemberEnd() || !at->value.IsArray()) return;
  for (const json& item : at->value.GetArray())
    if (item.IsObject()) visit(item);
}

bool has_places(const json& leaf) {
  auto at = leaf.FindMember("to");
  return at != leaf.MemberEnd() && at->value.IsArray() && !at->value.Empty();
}

bool is_envelope(const json& leaf) {
  auto at = leaf.FindMember("envelope");
  return at != leaf.MemberEnd() && at->value.IsTrue();
}

template <class Visit>
void each_prefix(std::string_view pointer, Visit visit) {
  for (std::size_t at = pointer.find('/', 1); at != std::string_view::npos; at = pointer.find('/', at + 1))
    if (visit(pointer.substr(0, at))) return;
  visit(pointer);
}

/// What the encoder did with each place of the pivot.
class pivot_fate {
 public:
  void add(const json& encoder) {
    each(encoder, "leaves", [&](const json& leaf) {
      const std::string pointer = text_of(leaf, "location");
      if (has_places(leaf) || is_envelope(leaf)) {
        carried_.insert(pointer);
        each_prefix(pointer, [&](std::string_view prefix) {
          above_.insert(std::string(prefix));
          return false;
        });
      } else {
        reasons_.emplace(pointer, text_of(leaf, "reason"));
      }
    });
  }

  bool carries(const std::string& pointer) const {
    if (above_.count(pointer)) return true;  // it, or something below it
    bool below = false;
    each_prefix(pointer, [&](std::string_view prefix) { return below = carried_.count(std::string(prefix)) > 0; });
    return below;
  }

  std::string reason(const std::string& pointer) const {
    auto at = reasons_.find(pointer);
    return at == reasons_.end() ? std::string() : at->second;
  }

 private:
  std::unordered_set<std::string> carried_, above_;
  std::unordered_map<std::string, std::string> reasons_;
};

class joiner {
 public:
  /// `entries`: how far the entries of this source's pivot were moved back in the pivot that was encoded.
  joiner(loss_account& account, const pivot_fate* fate, std::uint64_t entries)
      : account_(account), fate_(fate), entries_(entries) {}

  void add(const json& leaf, const std::string& prefix) {
    ++account_.source_leaves;
    const bool envelope = is_envelope(leaf);
    if (!envelope && !has_places(leaf) && fate_) return lose(leaf, prefix, text_of(leaf, "reason"));
    if (envelope || !fate_) {
      ++account_.carried;
      return;
    }
    std::string reason;
    for (const json& place : leaf["to"].GetArray()) {
      if (!place.IsString()) continue;
      const std::string pointer = moved({place.GetString(), place.GetStringLength()});
      if (fate_->carries(pointer)) {
        ++account_.carried;
        return;
      }
      if (reason.empty()) reason = fate_->reason(pointer);
    }
    lose(leaf, prefix, reason.empty() ? "the target format has no place for it" : reason);
  }

 private:
  void lose(const json& leaf, const std::string& prefix, std::string reason) {
    account_entry entry = entry_of(leaf);
    if (!prefix.empty()) entry.location = prefix + (entry.location.rfind('/', 0) == 0 ? "" : "/") + entry.location;
    entry.reason = reason.empty() ? "no mapping" : std::move(reason);
    account_.not_carried.push_back(std::move(entry));
  }

  /// "/entry/2/resource/id" → "/entry/19/resource/id". What is said of the Bundle itself is said of another one there.
  std::string moved(std::string pointer) const {
    constexpr std::string_view entry = "/entry/";
    if (entries_ == 0) return pointer;
    std::size_t end = entry.size();
    std::uint64_t index = 0;
    while (end < pointer.size() && pointer[end] >= '0' && pointer[end] <= '9' && end < entry.size() + 9)
      index = index * 10 + static_cast<std::uint64_t>(pointer[end++] - '0');
    if (!pointer.starts_with(entry) || end == entry.size()) return {};
    return std::string(entry) + std::to_string(index + entries_) + pointer.substr(end);
  }

  loss_account& account_;
  const pivot_fate* fate_;
  std::uint64_t entries_;
};

using moves = std::unordered_map<std::string, std::uint64_t>;  // by the prefix of the source

void read_moves(const json& decoder, moves& into) {
  each(decoder, "moved", [&](const json& item) {
    const auto entries = item.FindMember("entries");
    if (entries != item.MemberEnd() && entries->value.IsUint64()) into[text_of(item, "part")] = entries->value.GetUint64();
  });
}

void write_entries(detail::json_scope& in, const char* name, const std::vector<account_entry>& entries) {
  detail::json_scope list(in.member(name), '[');
  for (const account_entry& e : entries) {
    detail::json_scope item(list.element(), '{');
    detail::append_json_string(item.member("location"), e.location);
    detail::append_json_string(item.member("value"), e.value);
    detail::append_json_string(item.member("reason"), e.reason);
  }
}

}  // namespace

loss_account join(const std::vector<source_account>& sources, const std::vector<std::string_view>& encoders) {
  loss_account account;
  const auto add_added = [&](const json& root) {
    each(root, "added", [&](const json& item) { account.added.push_back(entry_of(item)); });
  };
  pivot_fate fate;
  for (const std::string_view encoder_json : encoders) {
    rapidjson::Document encoder;
    encoder.Parse<rapidjson::kParseIterativeFlag>(encoder_json.data(), encoder_json.size());
    if (encoder.HasParseError() || !encoder.IsObject()) continue;
    fate.add(encoder);
    add_added(encoder);
  }
  moves moved;
  const auto each_source = [&](auto visit) {
    for (const source_account& source : sources) {
      rapidjson::Document decoder;
      decoder.Parse<rapidjson::kParseIterativeFlag>(source.json.data(), source.json.size());
      if (!decoder.HasParseError() && decoder.IsObject()) visit(source, decoder);
    }
  };
  // An envelope tells, after its documents, where it put their pivots; with one document they stay where they are.
  if (sources.size() > 2) each_source([&](const source_account&, const json& decoder) { read_moves(decoder, moved); });
  each_source([&](const source_account& source, const json& decoder) {
    const bool translated = !encoders.empty() && !source.passed_on;
    const auto move = moved.find(source.prefix);
    joiner join_leaves(account, translated ? &fate : nullptr, move == moved.end() ? 0 : move->second);
    each(decoder, "leaves", [&](const json& leaf) { join_leaves.add(leaf, source.prefix); });
    if (translated) add_added(decoder);
  });
  return account;
}

namespace {

/// One account in short, from a plugin: its numbers are looked at, never trusted with memory.
struct tally {
  std::uint64_t values = 0, envelope = 0, lost = 0;
  std::vector<std::uint64_t> numbers;     // of `places` and `carried`: first value, how many, first value, …
  std::vector<std::size_t> place_starts;  // of each leaf in `numbers`
};

void read_numbers(detail::json_reader& in, std::vector<std::uint64_t>& into) {
  in.enter_array();
  while (in.next_element()) {
    std::uint64_t number = 0;
    in.number(number);
    into.push_back(number);
  }
}

std::optional<tally> read_tally(std::string_view text) {
  tally found;
  bool has_values = false;
  detail::json_reader in(text);
  in.enter_object();
  for (std::string_view outer; in.next_member(outer);) {
    if (outer != "tally") {
      in.skip();
      continue;
    }
    in.enter_object();
    for (std::string_view name; in.next_member(name);) {
      if (name == "values") has_values = in.number(found.values);
      else if (name == "envelope") in.number(found.envelope);
      else if (name == "lost") in.number(found.lost);
      else if (name == "carried") read_numbers(in, found.numbers);
      else if (name == "places") {
        in.enter_array();
        while (in.next_element()) {
          found.place_starts.push_back(found.numbers.size());
          read_numbers(in, found.numbers);
        }
      }
      else in.skip();
    }
  }
  if (!in.complete() || !has_values || found.numbers.size() % 2 != 0) return std::nullopt;
  return found;
}

/// Whether one of the values from `first` on is in a run. Runs stand in order.
bool meets(const std::vector<std::uint64_t>& runs, std::uint64_t first, std::uint64_t count) {
  std::size_t low = 0, high = runs.size() / 2;  // the first run that ends behind `first`
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (runs[2 * middle] + runs[2 * middle + 1] > first) high = middle;
    else low = middle + 1;
  }
  return low < runs.size() / 2 && runs[2 * low] < first + count;
}

}  // namespace

bool is_tally(std::string_view account_json) { return account_json.starts_with("{\"tally\""); }

std::optional<loss_account> join_tallies(const source_account& source, const std::vector<std::string_view>& encoders) {
  const auto from = read_tally(source.json);
  if (!from) return std::nullopt;
  std::vector<tally> written;
  for (const std::string_view encoder : encoders) {
    auto one = read_tally(encoder);
    if (!one || one->values != from->values) return std::nullopt;
    written.push_back(std::move(*one));
  }
  loss_account account;
  account.source_leaves = from->envelope + from->lost + from->place_starts.size();
  account.carried = source.passed_on ? account.source_leaves : from->envelope;
  if (source.passed_on) return account;
  for (std::size_t i = 0; i < from->place_starts.size(); ++i) {
    const std::size_t end = i + 1 < from->place_starts.size() ? from->place_starts[i + 1] : from->numbers.size();
    bool is_carried = false;
    for (std::size_t at = from->place_starts[i]; at + 1 < end && !is_carried; at += 2)
      for (const tally& one : written) is_carried = is_carried || meets(one.numbers, from->numbers[at], from->numbers[at + 1]);
    if (is_carried) ++account.carried;
  }
  return account;
}

std::string to_json(const loss_account& account) {
  std::string text;
  {
    detail::json_scope object(text, '{');
    detail::append_json_number(object.member("source_leaves"), account.source_leaves);
    detail::append_json_number(object.member("carried"), account.carried);
    write_entries(object, "not_carried", account.not_carried);
    write_entries(object, "added", account.added);
  }
  return text;
}

}  // namespace liaison::routing
