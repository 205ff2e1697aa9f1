// SPDX-License-Identifier: Apache-2.0
// The account of leaves and its JSON (docs/reference/account.md).
#include <liaison/json_text.hpp>

#include <liaison/common/account.hpp>

#include <utility>

namespace liaison {

account::leaf account::add(std::string_view location, std::string_view value) {
  row& made = rows_.emplace_back();
  if (form_ == account_form::full) {
    made.location = texts_.keep(location);
    made.value = texts_.keep(value);
  }
  return static_cast<leaf>(rows_.size() - 1);
}

void account::carry(leaf id, std::string_view where) {
  row& of = rows_.at(id);
  if (form_ == account_form::tally_of_pivot) {
    of.in_envelope = true;  // that it was carried is all that counts
    return;
  }
  carry(of, {texts_.keep(where)});
}

void account::carry_to_element(leaf id, std::uint32_t element) { carry(rows_.at(id), {{}, element}); }

void account::carry(row& of, const place& where) {
  const auto made = static_cast<std::uint32_t>(places_.size());
  places_.push_back(where);
  if (of.first_place == no_place) of.first_place = made;
  else places_[of.last_place].next = made;
  of.last_place = made;
}

void account::envelope(leaf id) { rows_.at(id).in_envelope = true; }

void account::drop(leaf id, std::string_view reason) {
  row& of = rows_.at(id);
  if (form_ != account_form::full || of.first_place != no_place || of.in_envelope) return;
  // Reasons repeat: many leaves go the same way one after the other.
  if (last_reason_kept_.empty() || reason != last_reason_kept_) last_reason_kept_ = texts_.keep(reason);
  of.reason = last_reason_kept_;
}

void account::added(std::string_view location, std::string_view value, std::string_view reason) {
  if (form_ != account_form::full) return;
  additions_.push_back({texts_.keep(location), texts_.keep(value), texts_.keep(reason)});
}

void account::moved(std::string_view part, std::size_t entries) { moves_.push_back({texts_.keep(part), entries}); }

std::string account::to_json() const {
  using detail::append_json_string;
  using detail::json_scope;
  if (form_ == account_form::tally_of_pivot) return tally_of_pivot();
  std::string out;
  out.reserve(rows_.size() * 128 + 64);
  {
    json_scope root(out, '{');
    {
      json_scope leaves(root.member("leaves"), '[');
      for (const row& of : rows_) {
        json_scope item(leaves.element(), '{');
        append_json_string(item.member("location"), of.location);
        append_json_string(item.member("value"), of.value);
        if (of.first_place != no_place) {
          json_scope places(item.member("to"), '[');
          for (std::uint32_t at = of.first_place; at != no_place; at = places_[at].next)
            append_json_string(places.element(), places_[at].text);
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

std::string account::tally_of_pivot() const {
  std::string out = "{\"tally\":{\"values\":";
  detail::append_json_number(out, rows_.size());
  {
    detail::json_scope carried(out += ",\"carried\":", '[');
    for (std::size_t i = 0; i < rows_.size();) {
      const std::size_t first = i;
      while (i < rows_.size() && rows_[i].in_envelope) ++i;
      if (i > first) {
        detail::append_json_number(carried.element(), first);
        detail::append_json_number(carried.element(), i - first);
      }
      while (i < rows_.size() && !rows_[i].in_envelope) ++i;
    }
  }
  out += "}}";
  return out;
}

account::tally_text::tally_text(std::size_t values) {
  text_ = "{\"tally\":{\"values\":";
  detail::append_json_number(text_, values);
  text_ += ",\"places\":[";
}

void account::tally_text::open(bool in_envelope) {
  begin_ = text_.size();
  is_envelope_ = in_envelope;
}

void account::tally_text::add(value_range where) {
  if (where.count == 0) return;
  text_ += text_.size() == begin_ ? '[' : ',';
  detail::append_json_number(text_, where.first);
  text_ += ',';
  detail::append_json_number(text_, where.count);
}

void account::tally_text::close() {
  if (text_.size() > begin_) text_ += "],";
  else if (is_envelope_) ++envelope_;
  else ++lost_;
}

std::string account::tally_text::take() {
  if (text_.back() == ',') text_.pop_back();
  text_ += "],\"envelope\":";
  detail::append_json_number(text_, envelope_);
  text_ += ",\"lost\":";
  detail::append_json_number(text_, lost_);
  text_ += "}}";
  return std::move(text_);
}

}  // namespace liaison
