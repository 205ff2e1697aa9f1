// SPDX-License-Identifier: Apache-2.0
#include "core/store/memory/memory_store.hpp"

#include "core/base/digest.hpp"
#include "core/identity/patient_index.hpp"
#include "core/store/memory/memory_table.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace liaison::store {
namespace {

failure not_found() { return {"not-found", "the store has nothing under this id"}; }
failure wrong_state() { return {"wrong-state", "the delivery is already over"}; }

class memory_backend final : public memory_store {
 public:
  memory_backend(executor& runs, const clock& time, memory_options options)
      : executor_(runs), clock_(time), options_(options) {}

  void take_in(intake what, callback<intake_outcome> then) override {
    intake_outcome outcome;
    if (const auto why = refused()) {
      outcome.verdict = why->code == "store-full" ? intake_verdict::full : intake_verdict::failed;
      outcome.text = why->text;
    } else {
      outcome = table_.add(std::move(what), clock_.now());
    }
    answer(std::move(then), std::move(outcome));
  }

  /// One step, told in two.
  void keep(intake what, callback<result<done>> then) override {
    if (auto why = refused()) return answer(std::move(then), result<done>(std::move(*why)));
    if (what.message.sha256.empty()) what.message.sha256 = sha256_hex_of(*what.raw);
    filed made{what.message, {}};
    made.message.facts_json.clear();
    made.outcome = table_.add(std::move(what), clock_.now());
    made.message.id = made.outcome.id;
    answer(std::move(then), result<done>(done{}));
    if (told_) answer(told_, std::vector{std::move(made)});
  }
  void on_filed(callback<std::vector<filed>> told) override { told_ = std::move(told); }

  void update(delivery_update what, callback<result<done>> then) override {
    answer(std::move(then), written<done>([&] { return apply(std::move(what)); }));
  }

  void ready(std::string recipient, due_by when, std::vector<model::delivery_id> except, std::uint32_t limit,
             callback<result<std::vector<work>>> then) override {
    std::vector<const stored_delivery*> due;
    for (const auto& [id, kept] : table_.deliveries) {
      if (!may_go(kept, recipient) || std::ranges::count(except, id) > 0) continue;
      const unix_ms at = kept.delivery.next_attempt_at;
      if (!kept.put_off || at <= when.now || at > when.horizon) due.push_back(&kept);
    }
    if (due.size() > limit) due.resize(limit);
    std::vector<work> found;
    for (const auto* kept : due) found.push_back(work_for(kept->delivery));
    answer(std::move(then), result<std::vector<work>>(std::move(found)));
  }

  void next_due(std::string recipient, callback<result<unix_ms>> then) override {
    unix_ms earliest = 0;
    for (const auto& [id, kept] : table_.deliveries) {
      if (!may_go(kept, recipient)) continue;
      const auto at = kept.delivery.next_attempt_at;
      earliest = earliest == 0 ? at : std::min(earliest, at);
    }
    answer(std::move(then), result<unix_ms>(earliest));
  }

  void read_raw(model::message_id id, callback<result<shared_bytes>> then) override {
    answer(std::move(then), raw_of(id));
  }

  void list_messages(message_filter filter, callback<result<std::vector<model::message>>> then) override {
    std::vector<const stored_message*> in_order;
    for (const auto& [id, kept] : table_.messages) in_order.push_back(&kept);
    const auto place = [](const model::message& of) { return std::pair(of.received_at, of.id); };
    std::ranges::sort(in_order, [&](const auto* a, const auto* b) { return place(a->message) > place(b->message); });
    auto last = std::pair(std::numeric_limits<unix_ms>::max(), std::numeric_limits<model::message_id>::max());
    if (filter.before != 0) {
      const auto above = table_.messages.upper_bound(filter.before);
      if (above == table_.messages.begin()) return answer(std::move(then), result<std::vector<model::message>>(std::vector<model::message>()));
      last = {std::prev(above)->second.message.received_at, filter.before};
    }
    std::vector<model::message> found;
    for (const auto* kept : in_order) {
      const model::message& message = kept->message;
      if (found.size() >= filter.limit) break;
      if (place(message) >= last) continue;
      if (!filter.source.empty() && message.source != filter.source) continue;
      if (filter.state && message.state != *filter.state) continue;
      if (!filter.document_type.empty() && kept->document_type != filter.document_type) continue;
      if (!filter.control_id.empty() && message.control_id != filter.control_id) continue;
      if (message.received_at < filter.received_from) continue;
      if (filter.received_until != 0 && message.received_at >= filter.received_until) continue;
      found.push_back(message);
    }
    answer(std::move(then), result<std::vector<model::message>>(std::move(found)));
  }

  void list_deliveries(delivery_filter filter, callback<result<std::vector<model::delivery>>> then) override {
    std::vector<model::delivery> found;
    for (auto at = table_.deliveries.rbegin(); at != table_.deliveries.rend() && found.size() < filter.limit; ++at) {
      const auto& delivery = at->second.delivery;
      if (filter.before != 0 && at->first >= filter.before) continue;
      if (!filter.recipient.empty() && delivery.recipient != filter.recipient) continue;
      if (filter.state && delivery.state != *filter.state) continue;
      if (filter.awaits_document && !delivery.awaits_document) continue;
      if (filter.message != 0 && delivery.message != filter.message) continue;
      found.push_back(delivery);
    }
    answer(std::move(then), result<std::vector<model::delivery>>(std::move(found)));
  }

  void list_receipts(model::message_id message, std::uint32_t limit,
                     callback<result<std::vector<model::receipt>>> then) override {
    auto found = receipts_of(message);
    if (found.size() > limit) found.resize(limit);
    answer(std::move(then), result<std::vector<model::receipt>>(std::move(found)));
  }

  void find_marked(std::string text, model::message_id before, std::uint32_t limit,
                   callback<result<std::vector<marked>>> then) override {
    answer(std::move(then), result<std::vector<marked>>(table_.find_marked(text, before, limit)));
  }

  void read_trace(model::message_id id, callback<result<trace>> then) override {
    answer(std::move(then), trace_of(id));
  }

  void count_by_recipient(callback<result<std::vector<recipient_count>>> then) override {
    std::map<std::string, recipient_count> counts;
    for (const auto& [id, kept] : table_.deliveries) count(counts[kept.delivery.recipient], kept.delivery);
    std::vector<recipient_count> found;
    for (auto& [name, counted] : counts) found.push_back(std::move(counted));
    answer(std::move(then), result<std::vector<recipient_count>>(std::move(found)));
  }

  void retry(model::delivery_id id, unix_ms now, callback<result<done>> then) override {
    answer(std::move(then), written<done>([&]() -> result<done> {
             const auto found = table_.deliveries.find(id);
             if (found == table_.deliveries.end()) return not_found();
             auto& kept = found->second;
             const auto state = kept.delivery.state;
             if (state != model::delivery_state::dead && state != model::delivery_state::pending) return wrong_state();
             table_.set_state(kept, model::delivery_state::pending);
             kept.delivery.awaits_document = false;
             kept.delivery.next_attempt_at = kept.delivery.waits_since = now;
             kept.delivery.finished_at = 0;
             kept.put_off = false;
             return done{};
           }));
  }

  void cancel(model::delivery_id id, unix_ms now, callback<result<done>> then) override {
    answer(std::move(then), written<done>([&]() -> result<done> {
             const auto found = table_.deliveries.find(id);
             if (found == table_.deliveries.end()) return not_found();
             auto& kept = found->second;
             const auto state = kept.delivery.state;
             if (state != model::delivery_state::dead && state != model::delivery_state::pending) return wrong_state();
             table_.end(kept, model::delivery_state::cancelled, now);
             return done{};
           }));
  }

  void replay(model::message_id id, std::vector<new_delivery> deliveries, unix_ms now,
              callback<result<std::vector<model::delivery_id>>> then) override {
    answer(std::move(then), written<std::vector<model::delivery_id>>([&]() -> result<std::vector<model::delivery_id>> {
             const auto found = table_.messages.find(id);
             if (found == table_.messages.end()) return not_found();
             std::vector<model::delivery_id> made;
             for (const auto& what : deliveries) made.push_back(table_.add_delivery(found->second, what, now));
             auto& state = found->second.message.state;
             if (!made.empty() && state == model::message_state::unrouted) state = model::message_state::routed;
             return made;
           }));
  }

  void expire(std::string recipient, unix_ms created_before, unix_ms now, std::uint32_t limit,
              callback<result<std::uint32_t>> then) override {
    answer(std::move(then), written<std::uint32_t>([&]() -> result<std::uint32_t> {
             std::uint32_t ended = 0;
             for (auto& [id, kept] : table_.deliveries) {
               if (ended == limit) break;
               if (kept.delivery.recipient != recipient || kept.delivery.state != model::delivery_state::pending)
                 continue;
               if (kept.delivery.waits_since >= created_before) continue;
               if (kept.delivery.awaits_document) kept.delivery.last_error = std::string(original_missing) + ":";
               table_.end(kept, model::delivery_state::dead, now);
               ++ended;
             }
             return ended;
           }));
  }

  void end_waits(unix_ms now, unawaited how, std::uint32_t limit,
                 callback<result<std::vector<std::string>>> then) override {
    answer(std::move(then), written<std::vector<std::string>>([&]() -> result<std::vector<std::string>> {
             return table_.end_waits(now, how, limit);
           }));
  }

  void document_line(std::string name, std::uint32_t limit,
                     callback<result<std::vector<document_version>>> then) override {
    std::vector<document_version> found;
    for (const auto* kept : table_.line_of(name)) {
      document_version one;
      one.message = kept->message;
      one.awaits_until = kept->awaits_until;
      for (const auto& [id, delivery] : table_.deliveries) {
        if (delivery.delivery.message == kept->message.id) one.deliveries.push_back(delivery.delivery);
      }
      found.push_back(std::move(one));
    }
    if (found.size() > limit) found.erase(found.begin(), found.end() - limit);
    answer(std::move(then), result<std::vector<document_version>>(std::move(found)));
  }

  void list_outcomes(std::uint32_t limit, callback<result<std::vector<outcome>>> then) override {
    std::vector<outcome> found;
    for (const auto id : table_.outcomes) {
      if (found.size() == limit) break;
      const auto& kept = table_.deliveries.at(id);
      auto of = work_for(kept.delivery);
      found.push_back({std::move(of.delivery), kept.receipts.empty() ? model::receipt{} : kept.receipts.back(),
                       std::move(of.message_source), std::move(of.message_format), std::move(of.facts_json)});
    }
    answer(std::move(then), result<std::vector<outcome>>(std::move(found)));
  }

  void settle(model::delivery_id ended, std::vector<intake> follows,
              callback<result<std::vector<intake_outcome>>> then) override {
    answer(std::move(then), written<std::vector<intake_outcome>>([&]() -> result<std::vector<intake_outcome>> {
             if (table_.outcomes.erase(ended) == 0) return not_found();
             std::vector<intake_outcome> made;
             for (auto& one : follows) made.push_back(table_.add(std::move(one), clock_.now()));
             return made;
           }));
  }

  void purge(retention policy, unix_ms now, callback<result<std::uint32_t>> then) override {
    answer(std::move(then), written<std::uint32_t>([&]() -> result<std::uint32_t> {
             std::vector<model::message_id> past;
             for (const auto& [id, kept] : table_.messages) {
               if (past.size() < policy.messages_max && is_past(kept, policy, now)) past.push_back(id);
             }
             for (const auto id : past) table_.remove(id);
             return static_cast<std::uint32_t>(past.size());
           }));
  }

  void change_patients(std::function<void(identity::patient_table&)> change, callback<result<done>> then) override {
    answer(std::move(then), written<done>([&]() -> result<done> {
             change(table_.patients);
             return done{};
           }));
  }
  void look_at_patients(std::function<void(identity::patient_table&)> look, callback<result<done>> then) override {
    look(table_.patients);
    answer(std::move(then), result<done>(done{}));
  }
  void look_before_sending(std::function<void(identity::patient_table&)> look, callback<result<done>> then) override {
    look_at_patients(std::move(look), std::move(then));
  }
  void read_facts(model::message_id after, std::uint32_t limit,
                  callback<result<std::vector<stored_facts>>> then) override {
    std::vector<stored_facts> found;
    for (auto at = table_.messages.upper_bound(after); at != table_.messages.end() && found.size() < limit; ++at) {
      const auto& message = at->second.message;
      if (message.state == model::message_state::quarantined) continue;
      unix_ms delivered_at = 0;
      for (const auto& [id, kept] : table_.deliveries) {
        const bool is_first = delivered_at == 0 || kept.delivery.finished_at < delivered_at;
        if (kept.delivery.message == message.id && kept.delivery.state == model::delivery_state::delivered && is_first)
          delivered_at = kept.delivery.finished_at;
      }
      found.push_back({message.id, message.source, message.received_at, message.facts_json, delivered_at});
    }
    answer(std::move(then), result<std::vector<stored_facts>>(std::move(found)));
  }

  statistics take_statistics() override {
    auto taken = statistics_;
    statistics_.commit_seconds_new.clear();
    for (const auto& [id, kept] : table_.messages) taken.size_bytes += kept.message.size_bytes;
    return taken;
  }

  const std::string& instance() const override { return instance_; }
  void close() override {}

  void refuse_next(refusal how, std::uint32_t operations) override {
    refusal_ = how;
    refusals_left_ = operations;
  }

  void corrupt_raw(model::message_id id) override {
    auto& kept = table_.messages.at(id);
    std::string bytes = *kept.raw;
    LIAISON_ASSERT(!bytes.empty());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    kept.raw = share(std::move(bytes));
  }

 private:
  template <class Value>
  void answer(callback<Value> then, Value value) {
    executor_.post([call = std::move(then), given = std::move(value)]() mutable { call(std::move(given)); });
  }

  std::optional<failure> refused() {
    ++statistics_.operations;
    if (refusals_left_ == 0) {
      ++statistics_.commits;
      statistics_.commit_seconds_last = 0;
      return std::nullopt;
    }
    --refusals_left_;
    if (refusal_ == refusal::full) return failure{"store-full", "no room left on the store's disk"};
    return failure{"store-failed", "the store's disk or database refused the write"};
  }

  template <class Value, class Operation>
  result<Value> written(Operation operation) {
    if (auto why = refused()) return std::move(*why);
    return operation();
  }

  result<done> apply(delivery_update what) {
    const auto found = table_.deliveries.find(what.id);
    if (found == table_.deliveries.end()) return not_found();
    auto& kept = found->second;
    auto& delivery = kept.delivery;
    table_.add_receipts(kept, std::move(what.receipts), options_.receipts_kept);
    const bool delivered = what.state == model::delivery_state::delivered;
    if (delivery.state != model::delivery_state::pending && (!delivered || delivery.state == what.state)) return done{};
    if (delivered && what.leaves_the_house)
      identity::patient_index(table_.patients).letter_left(delivery.message, clock_.now());
    if (what.state == model::delivery_state::pending) table_.set_state(kept, what.state);
    else table_.end(kept, what.state, clock_.now());
    if (what.count_attempt) ++delivery.attempts;
    if (what.prepared) delivery.prepared = *what.prepared;
    if (!what.error.empty() || delivered) delivery.last_error = std::move(what.error);
    if (what.state == model::delivery_state::pending) {
      delivery.next_attempt_at = what.next_attempt_at;
      kept.put_off = what.next_attempt_at > clock_.now();
    }
    return done{};
  }

  bool may_go(const stored_delivery& kept, const std::string& recipient) const {
    return kept.delivery.recipient == recipient && kept.delivery.state == model::delivery_state::pending &&
           !kept.delivery.awaits_document && table_.blocker_of(kept.delivery) == 0;
  }

  work work_for(const model::delivery& delivery) const {
    const auto& message = table_.messages.at(delivery.message).message;
    return {delivery, message.format, message.source, message.facts_json, message.sha256, message.size_bytes, {}};
  }

  result<shared_bytes> raw_of(model::message_id id) const {
    const auto found = table_.messages.find(id);
    if (found == table_.messages.end()) return not_found();
    const auto& kept = found->second;
    if (sha256_hex_of(*kept.raw) != kept.message.sha256) {
      return failure{"store-corrupt", "the bytes of message " + std::to_string(id) + " differ from what came in"};
    }
    return kept.raw;
  }

  std::vector<model::receipt> receipts_of(model::message_id message) const {
    std::vector<model::receipt> found;
    for (const auto& [id, kept] : table_.deliveries) {
      if (kept.delivery.message == message) found.insert(found.end(), kept.receipts.begin(), kept.receipts.end());
    }
    std::ranges::stable_sort(found, {}, &model::receipt::at);
    return found;
  }

  result<trace> trace_of(model::message_id id) const {
    const auto found = table_.messages.find(id);
    if (found == table_.messages.end()) return not_found();
    trace traced;
    traced.message = found->second.message;
    for (const auto& [delivery_id, kept] : table_.deliveries) {
      if (kept.delivery.message != id) continue;
      traced.deliveries.push_back(kept.delivery);
      traced.blocked_by.push_back(table_.blocker_of(kept.delivery));
    }
    traced.receipts = receipts_of(id);
    return traced;
  }

  static void count(recipient_count& counted, const model::delivery& delivery) {
    counted.recipient = delivery.recipient;
    switch (delivery.state) {
      case model::delivery_state::pending:
        ++counted.pending;
        if (counted.oldest_pending_at == 0) counted.oldest_pending_at = delivery.created_at;
        break;
      case model::delivery_state::delivered:
        ++counted.delivered;
        break;
      case model::delivery_state::dead:
        ++counted.dead;
        break;
      case model::delivery_state::cancelled:
        ++counted.cancelled;
        break;
    }
  }

  bool is_past(const stored_message& what, const retention& policy, unix_ms now) const {
    const auto& message = what.message;
    if (table_.is_line_open(what)) return false;
    const auto past = [now](unix_ms at, std::int64_t after_ms) { return after_ms > 0 && at <= now - after_ms; };
    bool any = false;
    unix_ms last_end = 0;
    for (const auto& [id, kept] : table_.deliveries) {
      const auto& delivery = kept.delivery;
      if (delivery.message != message.id) continue;
      any = true;
      if (delivery.state == model::delivery_state::pending || delivery.state == model::delivery_state::dead)
        return false;
      last_end = std::max(last_end, delivery.finished_at);
    }
    if (any) return past(last_end, policy.finished_after_ms);
    if (message.state == model::message_state::quarantined)
      return past(message.received_at, policy.quarantined_after_ms);
    return past(message.received_at, policy.unrouted_after_ms);
  }

  executor& executor_;
  const clock& clock_;
  const memory_options options_;
  memory_table table_;
  callback<std::vector<filed>> told_;
  statistics statistics_;
  refusal refusal_ = refusal::failed;
  std::uint32_t refusals_left_ = 0;
  const std::string instance_ = "0a1b2c";
};

}  // namespace

std::unique_ptr<memory_store> open_memory(executor& runs, const clock& time, memory_options options) {
  LIAISON_ASSERT(options.receipts_kept > 0);
  return std::make_unique<memory_backend>(runs, time, options);
}

}  // namespace liaison::store
