// SPDX-License-Identifier: Apache-2.0
#include "core/store/memory/memory_table.hpp"

#include "core/base/digest.hpp"
#include "core/identity/patient_index.hpp"

#include <algorithm>

namespace liaison::store {
namespace {

bool is_open(model::delivery_state state) {
  return state == model::delivery_state::pending || state == model::delivery_state::dead;
}

std::string sender_of(const std::string& source, const std::string& sender_key) { return source + '\n' + sender_key; }

}  // namespace

const stored_message* memory_table::duplicate_of(const intake& what, bool& control_id_seen) const {
  const auto sent = sent_by_.find(sender_of(what.message.source, what.sender_key));
  if (sent == sent_by_.end()) return nullptr;
  for (const auto id : sent->second) {
    const auto& known = messages.at(id);
    if (known.message.sha256 == what.message.sha256) return &known;
  }
  control_id_seen = !what.sender_key.empty();
  return nullptr;
}

intake_outcome memory_table::add(intake what, unix_ms now) {
  intake_outcome outcome;
  if (const auto* first = duplicate_of(what, outcome.control_id_seen)) {
    ++messages.at(first->message.id).message.times_received;
    outcome.verdict = intake_verdict::duplicate;
    outcome.id = first->message.id;
    outcome.state = first->message.state;
    return outcome;
  }
  for (const auto& text : what.unless_marked) {
    const auto known = find_marked(text, 0, 1);
    if (known.empty()) continue;
    outcome.verdict = intake_verdict::exists;
    outcome.id = known.front().message;
    return outcome;
  }
  stored_message kept;
  kept.marks = std::move(what.marks);
  auto awaited = missing(what);
  const auto key = key_for_document(what);
  if (!key.empty()) {
    kept.document_name = !what.document_id.empty() ? what.document_id
                         : !what.set_id.empty()    ? what.set_id
                                                   : what.replaces;
  }
  kept.subject_key = what.subject_key;
  for (const auto* name : {&what.replaces, &what.set_id})
    if (!name->empty()) kept.names.follows.push_back(*name);
  if (what.removes && !what.document_id.empty()) kept.names.follows.push_back(what.document_id);
  else if (!what.document_id.empty()) kept.names.brings = what.document_id;
  kept.message = std::move(what.message);
  if (outcome.control_id_seen && !what.if_control_id_seen.code.empty())
    kept.message.issues.push_back(what.if_control_id_seen);
  kept.message.id = ++last_message_;
  outcome.reconciliation = identity::patient_index(patients).note(what.subject, kept.message.id).outcome;
  if (auto issue = identity::issue_of(outcome.reconciliation)) kept.message.issues.push_back(std::move(*issue));
  kept.message.times_received = 1;
  if (kept.message.received_at == 0) kept.message.received_at = now;
  kept.raw = std::move(what.raw);
  kept.sender_key = std::move(what.sender_key);
  kept.document_type = std::move(what.document_type);
  sent_by_[sender_of(kept.message.source, kept.sender_key)].insert(kept.message.id);
  outcome.waits = !awaited.empty() && !what.deliveries.empty();
  if (outcome.waits) {
    kept.awaited = std::move(awaited);
    kept.awaits_until = what.waits_until;
  }
  outcome.verdict = intake_verdict::stored;
  outcome.id = kept.message.id;
  outcome.state = kept.message.state;
  add_deliveries(messages.emplace(outcome.id, std::move(kept)).first->second, what, outcome);
  return outcome;
}

std::vector<std::string> memory_table::missing(const intake& what) const {
  if (what.waits_until == 0 || (!what.removes && what.replaces == what.document_id)) return {};
  std::vector<std::string> names;
  for (const auto* name : {&what.replaces, what.removes ? &what.document_id : &what.replaces}) {
    if (name->empty()) continue;
    if (came_.contains(*name)) return {};
    names.push_back(*name);
  }
  return names;
}

memory_table::followers memory_table::followers_of(const std::string& document) const {
  followers found;
  for (const auto& [id, kept] : messages) {
    if (std::ranges::count(kept.awaited, document) > 0) found.messages.push_back(id);
  }
  for (const auto& [id, kept] : deliveries) {
    const auto& delivery = kept.delivery;
    if (std::ranges::count(found.messages, delivery.message) == 0) continue;
    if (is_held(kept)) {
      const auto at = found.before.try_emplace(delivery.recipient, kept.turn).first;
      at->second = std::min(at->second, kept.turn);
    } else if (delivery.state == model::delivery_state::delivered || delivery.state == model::delivery_state::pending) {
      found.superseded.insert(delivery.recipient);
    }
  }
  return found;
}

void memory_table::add_deliveries(stored_message& of, const intake& what, intake_outcome& outcome) {
  followers which;
  const bool brings = !what.document_id.empty() && !what.removes;
  if (brings) {
    which = followers_of(what.document_id);
    came_.insert(what.document_id);
  }
  const auto now = of.message.received_at;
  for (const auto& delivery : what.deliveries) {
    const auto first = which.before.find(delivery.recipient);
    const auto id = add_delivery(of, delivery, now, first == which.before.end() ? 0 : first->second - 1);
    deliveries.at(id).delivery.awaits_document = outcome.waits;
    if (which.superseded.contains(delivery.recipient)) give_up(deliveries.at(id), document_superseded, now);
    outcome.recipients.push_back(delivery.recipient);
  }
  std::set<std::string> released;
  for (const auto message : which.messages) {
    messages.at(message).awaited.clear();
    messages.at(message).awaits_until = 0;
    for (auto& [id, kept] : deliveries) {
      if (kept.delivery.message != message || !is_held(kept)) continue;
      let_go(kept, original_came, now);
      released.insert(kept.delivery.recipient);
    }
  }
  outcome.released.assign(released.begin(), released.end());
  if (which.messages.empty()) return;
  for (const auto& delivery : what.deliveries) set_right(delivery.recipient, aliases_.at(what.document_id));
}

void memory_table::set_right(const std::string& recipient, const std::string& key) {
  const auto found = open_.find({recipient, key});
  if (found == open_.end()) return;
  const std::vector<std::pair<std::int64_t, model::delivery_id>> places(found->second.begin(), found->second.end());
  std::vector<line_entry<std::string>> entries;
  for (const auto& [turn, id] : places) entries.push_back(messages.at(deliveries.at(id).delivery.message).names);
  const auto order = line_order(entries);
  found->second.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto id = places[order[i]].second;
    deliveries.at(id).turn = places[i].first;
    found->second.insert({places[i].first, id});
  }
}

bool memory_table::is_held(const stored_delivery& what) {
  if (what.delivery.state == model::delivery_state::pending) return what.delivery.awaits_document;
  return what.delivery.state == model::delivery_state::dead && what.delivery.last_error.starts_with(original_missing);
}

void memory_table::let_go(stored_delivery& what, const char* code, unix_ms now) {
  what.delivery.awaits_document = false;
  what.delivery.next_attempt_at = what.delivery.waits_since = now;
  what.delivery.finished_at = 0;
  what.delivery.last_error.clear();
  what.put_off = false;
  what.receipts.push_back({what.delivery.id, now, model::receipt_kind::held, code, {}});
  set_state(what, model::delivery_state::pending);
}

void memory_table::give_up(stored_delivery& what, const char* code, unix_ms now) {
  what.delivery.last_error = std::string(code) + ":";
  what.receipts.push_back({what.delivery.id, now, model::receipt_kind::held, code, {}});
  end(what, model::delivery_state::dead, now);
}

void memory_table::end(stored_delivery& what, model::delivery_state how, unix_ms now) {
  what.delivery.awaits_document = false;
  what.delivery.finished_at = now;
  set_state(what, how);
  if (what.reports) outcomes.insert(what.delivery.id);
}

std::vector<std::string> memory_table::end_waits(unix_ms now, unawaited how, std::uint32_t limit) {
  std::set<std::string> recipients;
  for (auto& [message, waiting] : messages) {
    if (waiting.awaits_until == 0 || waiting.awaits_until > now) continue;
    if (limit-- == 0) break;
    waiting.awaits_until = 0;
    for (auto& [id, kept] : deliveries) {
      if (kept.delivery.message != message || !is_held(kept)) continue;
      if (how == unawaited::sent) let_go(kept, original_missing, now);
      else give_up(kept, original_missing, now);
      recipients.insert(kept.delivery.recipient);
    }
  }
  return {recipients.begin(), recipients.end()};
}

std::vector<const stored_message*> memory_table::line_of(const std::string& name) const {
  std::vector<const stored_message*> found;
  const auto key = aliases_.find(name);
  if (key == aliases_.end()) return found;
  for (const auto& [id, kept] : messages) {
    if (!kept.document_name.empty() && aliases_.at(kept.document_name) == key->second) found.push_back(&kept);
  }
  return found;
}

// A document's key is that of the document it replaces, else of its set, else its own. Where the names it brings are
// known under different keys, it is the one that ties them: from then on they are one line.
std::string memory_table::key_for_document(const intake& what) {
  std::string key;
  for (const auto* name : {&what.replaces, &what.set_id, &what.document_id}) {
    if (name->empty()) continue;
    const auto known = aliases_.find(*name);
    if (known == aliases_.end()) continue;
    const std::string other = known->second;
    if (key.empty()) key = other;
    if (other != key) merge(key, other);
  }
  for (const auto* name : {&what.replaces, &what.set_id, &what.document_id}) {
    if (name->empty()) continue;
    if (key.empty()) key = sha256_hex_of("document\n" + *name).substr(0, 16);
    aliases_[*name] = key;
  }
  return key;
}

void memory_table::merge(const std::string& key, const std::string& other) {
  for (auto& [name, its_key] : aliases_) {
    if (its_key == other) its_key = key;
  }
  for (auto& [id, kept] : deliveries) {
    if (kept.delivery.order_key != other) continue;
    kept.delivery.order_key = key;
    if (is_open(kept.delivery.state)) open_[{kept.delivery.recipient, key}].insert({kept.turn, id});
  }
  std::erase_if(open_, [&](const auto& entry) { return entry.first.second == other; });
}

model::delivery_id memory_table::add_delivery(const stored_message& of, const new_delivery& what, unix_ms now,
                                              std::int64_t turn) {
  stored_delivery made;
  auto& delivery = made.delivery;
  delivery.id = ++last_delivery_;
  made.turn = turn != 0 ? turn : delivery.id << 20;
  made.reports = what.reports;
  delivery.message = of.message.id;
  delivery.recipient = what.recipient;
  delivery.format = what.format;
  delivery.profile = what.profile;
  if (!of.document_name.empty()) {
    delivery.order_key = aliases_.at(of.document_name);
  } else if (!of.subject_key.empty()) {
    delivery.order_key = sha256_hex_of("subject\n" + of.subject_key).substr(0, 16);
  }
  delivery.created_at = delivery.next_attempt_at = delivery.waits_since = now;
  if (!delivery.order_key.empty()) open_[{delivery.recipient, delivery.order_key}].insert({made.turn, delivery.id});
  return deliveries.emplace(delivery.id, std::move(made)).first->first;
}

void memory_table::set_state(stored_delivery& what, model::delivery_state state) {
  auto& delivery = what.delivery;
  delivery.state = state;
  if (delivery.order_key.empty()) return;
  const line where{delivery.recipient, delivery.order_key};
  if (is_open(state)) {
    open_[where].insert({what.turn, delivery.id});
  } else if (const auto found = open_.find(where); found != open_.end()) {
    found->second.erase({what.turn, delivery.id});
    if (found->second.empty()) open_.erase(found);
  }
}

model::delivery_id memory_table::blocker_of(const model::delivery& what) const {
  if (what.order_key.empty() || what.state != model::delivery_state::pending) return 0;
  const auto found = open_.find({what.recipient, what.order_key});
  if (found == open_.end() || found->second.begin()->second == what.id) return 0;
  return found->second.begin()->second;
}

void memory_table::add_receipts(stored_delivery& to, std::vector<model::receipt> receipts, std::size_t kept) {
  for (auto& receipt : receipts) {
    receipt.delivery = to.delivery.id;
    const auto same_kind = [&](const model::receipt& other) { return other.kind == receipt.kind; };
    if (static_cast<std::size_t>(std::ranges::count_if(to.receipts, same_kind)) >= 2 * kept) {
      std::size_t seen = 0;
      const auto oldest_of_the_last =
          std::ranges::find_if(to.receipts, [&](const auto& other) { return same_kind(other) && ++seen > kept; });
      to.receipts.erase(oldest_of_the_last);
    }
    to.receipts.push_back(std::move(receipt));
  }
}

bool memory_table::is_line_open(const stored_message& of) const {
  if (of.document_name.empty()) return false;
  const auto& key = aliases_.at(of.document_name);
  return std::ranges::any_of(open_, [&](const auto& entry) { return entry.first.second == key; });
}

std::vector<marked> memory_table::find_marked(const std::string& text, model::message_id before,
                                              std::uint32_t limit) const {
  std::vector<marked> found;
  for (auto at = messages.rbegin(); at != messages.rend() && found.size() < limit; ++at) {
    if (before != 0 && at->first >= before) continue;
    for (const auto& mark : at->second.marks) {
      const marked one{at->first, mark.part};
      if (mark.text == text && found.size() < limit && std::ranges::count(found, one) == 0) found.push_back(one);
    }
  }
  return found;
}

void memory_table::remove(model::message_id id) {
  const auto found = messages.find(id);
  if (found == messages.end()) return;
  const auto& kept = found->second;
  const auto sent = sent_by_.find(sender_of(kept.message.source, kept.sender_key));
  sent->second.erase(id);
  if (sent->second.empty()) sent_by_.erase(sent);
  std::erase_if(deliveries, [&](const auto& entry) { return entry.second.delivery.message == id; });
  patients.forget_message(id);
  messages.erase(found);
}

}  // namespace liaison::store
