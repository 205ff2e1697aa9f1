// SPDX-License-Identifier: Apache-2.0
// The account of leaves and its JSON (docs/reference/account.md).
#include <liaison/json_text.hpp>

#include <liaison/common/account.hpp>

#include <utility>

namespace liaison {

account::leaf account::add(std::string location, std::string_view value) {
  row& made = rows_.emplace_back();
  made.location = std::move(location);
  made.value = value;
  return static_cast<leaf>(rows_.size() - 1);
}

void account::carry(leaf id, std::string place) { rows_.at(id).places.push_back(std::move(place)); }

void account::envelope(leaf id) { rows_.at(id).in_envelope = true; }

void account::drop(leaf id, std::string_view reason) {
  row& of = rows_.at(id);
  if (of.places.empty() && !of.in_envelope) of.reason = reason;
}

void account::added(std::string location, std::string_view value, std::string_view reason) {
  additions_.push_back({std::move(location), std::string(value), std::string(reason)});
}

void account::moved(std::string part, std::size_t entries) { moves_.push_back({std::move(part), entries}); }

std::string account::to_json() const {
  using detail::append_json_string;
  using detail::json_scope;
  std::string out;
  out.reserve(rows_.size() * 96 + 64);
  {
    json_scope root(out, '{');
    {
      json_scope leaves(root.member("leaves"), '[');
      for (const row& of : rows_) {
        json_scope item(leaves.element(), '{');
        append_json_string(item.member("location"), of.location);
        append_json_string(item.member("value"), of.value);
        if (!of.places.empty()) {
          json_scope places(item.member("to"), '[');
          for (const auto& place : of.places) append_json_string(places.element(), place);
        } else if (of.in_envelope) {
          item.member("envelope") += "true";
        } else {
          append_json_string(item.member("reason"), of.reason.empty() ? "not read by this translator" : of.reason);
        }
      }
    }
    if (!moves_.empty()) {
      json_scope moves(root.member("moved"), '[');
      for (const move& of : moves_) {
        json_scope item(moves.element(), '{');
        append_json_string(item.member("part"), of.part);
        detail::append_json_number(item.member("entries"), of.entries);
      }
    }
    json_scope additions(root.member("added"), '[');
    for (const addition& of : additions_) {
      json_scope item(additions.element(), '{');
      append_json_string(item.member("location"), of.location);
      append_json_string(item.member("value"), of.value);
      append_json_string(item.member("reason"), of.reason);
    }
  }
  return out;
}

}  // namespace liaison
