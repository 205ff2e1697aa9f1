// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include "core/base/digest.hpp"

#include <algorithm>
#include <utility>

namespace liaison::test {

namespace {

constexpr std::int64_t second = 1'000, minute = 60 * second, hour = 60 * minute;
constexpr std::int64_t trouble_ends = 40 * minute, world_ends = 24 * hour;
constexpr int lines = 8, versions_max = 4;

}  // namespace

class simulation::disk_turns final : public executor {
 public:
  disk_turns(timeline& time, dice& chance) : late_(time, chance, 60) {}
  void post(std::function<void()> work) override { at_once ? work() : late_.post(std::move(work)); }
  timer call_after(std::int64_t delay_ms, std::function<void()> work) override {
    return late_.call_after(delay_ms, std::move(work));
  }
  void cancel(timer which) override { late_.cancel(which); }
  void die() { late_.die(); }

  bool at_once = false;

 private:
  life late_;
};

/// One version of a document, as a source sends it until it is answered.
struct simulation::letter {
  std::string text;
  std::vector<std::string> to;
  letter* before = nullptr;  ///< what it replaces
  letter* after = nullptr;
  bool acknowledged = false;
  model::message_id message = 0;
  timeline::id next_try = 0;
};

/// MLLP: it has the message when the request came through, whatever becomes of the answer. Folder: exactly once, by
/// prepare and rename.
class simulation::recipient final : public model::sender, public std::enable_shared_from_this<simulation::recipient> {
 public:
  recipient(simulation& world, std::string name, bool folder)
      : world_(world), name_(std::move(name)), folder_(folder) {}

  bool has_prepare() const override { return folder_; }

  void prepare(const model::outgoing& what, std::function<void(model::send_outcome)> then) override {
    if (away()) return tell(std::move(then), {model::send_verdict::unreachable, "folder-missing", "", 0});
    prepared_[what.name] = *what.document;
    tell(std::move(then), {model::send_verdict::accepted, "prepared", "", 0});
  }

  void send(const model::outgoing& what, std::function<void(model::send_outcome)> then) override {
    if (away()) return tell(std::move(then), {model::send_verdict::unreachable, "connection-refused", "", 0});
    if (confirmed_.count(what.name) != 0)
      world_.broken(name_ + " had acknowledged, and is sent it again: " + *what.document);
    for (const model::delivery& each : world_.deliveries_of(what.message))
      if (each.id == what.delivery && each.state == model::delivery_state::delivered)
        world_.broken(name_ + " is sent what is on record as delivered: " + *what.document);
    if (folder_) return move_in(what, std::move(then));
    const bool trouble = !world_.healed_;
    if (trouble && chance().one_in(8))
      return tell(std::move(then), {model::send_verdict::failed, "no-answer", "the request was lost", 0}, 30 * second);
    if (trouble && chance().one_in(10)) return tell(std::move(then), {model::send_verdict::failed, "AR", "busy", 0});
    if (trouble && chance().one_in(60)) return tell(std::move(then), {model::send_verdict::refused, "AE", "no", 0});
    const bool answer_lost = trouble && chance().one_in(8);
    // The request travels on its own: it arrives even when the gateway dies meanwhile.
    world_.time_.at(
        world_.time_.now() + chance().between(1, trouble ? 5 * second : 50),
        [self = shared_from_this(), name = what.name, document = what.document] { self->receive(name, *document); });
    if (answer_lost)
      return tell(std::move(then), {model::send_verdict::failed, "no-answer", "the answer was lost", 0}, 30 * second);
    tell(
        [self = shared_from_this(), name = what.name, then = std::move(then)](model::send_outcome outcome) {
          self->confirmed_.insert(name);
          then(std::move(outcome));
        },
        {model::send_verdict::accepted, "AA", "", 0}, 6 * second);
  }

  bool has(const letter& what) const { return times_.count(&what) != 0; }

  /// What the gateway had heard died with it.
  void forget_confirmations() { confirmed_.clear(); }

  std::int64_t away_until = 0;

 private:
  dice& chance() { return world_.dice_; }
  bool away() const { return !world_.healed_ && world_.time_.now() < away_until; }

  void tell(std::function<void(model::send_outcome)> then, model::send_outcome outcome, std::int64_t after_ms = 0) {
    world_.turns_.call_after(after_ms + chance().between(0, 50),
                             [then = std::move(then), outcome = std::move(outcome)] { then(outcome); });
  }

  void move_in(const model::outgoing& what, std::function<void(model::send_outcome)> then) {
    if (const auto file = prepared_.find(what.name); file != prepared_.end()) {
      const std::string document = file->second;
      prepared_.erase(file);
      receive(what.name, document);
    } else if (!what.prepared) {
      return tell(std::move(then), {model::send_verdict::failed, "not-prepared", "", 0});
    }
    tell(std::move(then), {model::send_verdict::accepted, "renamed", "", 0});
  }

  void receive(const std::string& name, const std::string& document) {
    const bool written = document.starts_with("written:");
    const auto known = world_.by_text_.find(written ? document.substr(8) : document);
    if (known == world_.by_text_.end()) return world_.broken(name_ + " got something that nobody sent");
    const letter& what = *known->second;
    if (std::ranges::count(what.to, name_) == 0) return world_.broken(name_ + " got what no route leads to it");
    const int before = times_[&what]++;
    ++world_.figures_.received;
    if (before > 0) {
      ++world_.figures_.received_again;
      if (folder_) return world_.broken("a folder has a message twice: " + what.text);
      if (names_[&what] != name)
        return world_.broken(name_ + " got a message again under another id, and cannot know it: " + what.text);
    }
    names_[&what] = name;
    if (what.before != nullptr && !has(*what.before))
      world_.broken(name_ + " got a replacement before its original: " + what.text);
  }

  simulation& world_;
  const std::string name_;
  const bool folder_;
  std::map<std::string, std::string> prepared_;
  std::map<const letter*, int> times_;
  std::map<const letter*, std::string> names_;
  std::set<std::string> confirmed_;
};

simulation::simulation(std::uint64_t seed) : dice_(seed), disk_(std::make_unique<disk_turns>(time_, dice_)) {
  store_ = store::open_memory(*disk_, wall_);
  auto made = std::make_shared<config::configuration>();
  made->missing_original.wait_minutes =
      525'600;  // longer than the clock jumps: nothing is sent for want of its original
  made->endpoints["hospital"].source = config::mllp_source{};
  made->endpoints["hospital"].format = "plain";
  for (const char* name : {"gp", "pta", "box"}) {
    config::endpoint& one = made->endpoints[name];
    one.destination = config::mllp_destination{};
    one.format = std::string(name) == "pta" ? "other" : "plain";
    one.delivery.dead_letter_after_ms = 72 * hour;
    one.delivery.in_flight_max = std::string(name) == "pta" ? 4 : 1;
    recipients_[name] = std::make_shared<recipient>(*this, name, std::string(name) == "box");
  }
  for (auto& [name, one] : made->endpoints) one.name = name;
  const auto lead = [&](const char* type, std::vector<std::string> to) {
    config::route one;
    one.name = type;
    one.when.document_type = {type};
    one.to = std::move(to);
    made->routes.push_back(one);
  };
  const std::map<std::string, std::vector<std::string>> types{
      {"letter", {"gp"}}, {"report", {"gp", "pta", "box"}}, {"image", {"box"}}};
  for (const auto& [type, to] : types) lead(type.c_str(), to);
  configuration_ = made;

  int control = 0;
  for (int line = 0; line < lines; ++line) {
    const auto type = std::next(types.begin(), dice_.between(0, 2));
    letter* before = nullptr;
    const bool out_of_order = dice_.one_in(3);
    for (std::int64_t version = dice_.between(1, versions_max); version > 0; --version) {
      auto one = std::make_unique<letter>();
      const std::string id = "d" + std::to_string(++control);
      one->text = "control=" + std::to_string(control) + ";type=" + type->first + ";id=" + id + ";set=s" +
                  std::to_string(line) + ";family=A" +
                  (before != nullptr ? ";replaces=d" + std::to_string(control - 1) : std::string());
      one->to = type->second;
      one->before = before;
      if (before != nullptr && !out_of_order)
        before->after = one.get();
      else
        time_.at(dice_.between(0, 20 * minute), [this, first = one.get()] { hand_in(*first); });
      before = one.get();
      by_text_[one->text] = one.get();
      letters_.push_back(std::move(one));
    }
  }
}

simulation::~simulation() {
  die();
  recipients_.clear();
}

void simulation::begin_life() {
  ++life_number_;
  scheduler_ = std::make_unique<routing::delivery_scheduler>(
      *store_, translators_, wall_, turns_, metrics_,
      [this](const config::endpoint& of) { return recipients_.at(of.name); }, dice_.seed());
  intake_ = std::make_unique<routing::message_intake>(*store_, translators_, wall_, turns_, metrics_,
                                                      [this](const std::string& name) { scheduler_->wake(name); });
  intake_->use(configuration_);
  scheduler_->use(configuration_);
}

void simulation::die() {
  for (life* each : {&turns_, &hosts_}) each->die();
  disk_->die();
  intake_.reset();
  scheduler_.reset();
  for (auto& [name, one] : recipients_) one->forget_confirmations();
}

/// A source sends until it is answered, the same bytes each time; now and then a packet comes twice.
void simulation::hand_in(letter& what) {
  if (what.acknowledged) return;
  time_.forget(what.next_try);
  what.next_try = time_.at(time_.now() + dice_.between(5 * second, minute), [this, &what] { hand_in(what); });
  if (!intake_) return;
  const bool trouble = !healed_;
  for (int copies = trouble && dice_.one_in(15) ? 2 : 1; copies > 0; --copies) {
    model::arrival arrival;
    arrival.source = "hospital";
    arrival.bytes = share(what.text);
    arrival.wants_acknowledgement = true;
    arrival.answer_when_kept = dice_.one_in(2);
    const bool answer_lost = trouble && dice_.one_in(10);
    intake_->accept(std::move(arrival), [this, &what, answer_lost](const model::answer& got) {
      if (!answer_lost) answered(what, got);
    });
  }
}

void simulation::answered(letter& what, const model::answer& got) {
  if (got.verdict == model::verdict::rejected) return broken("a good message was rejected: " + what.text);
  if (got.verdict == model::verdict::not_now || what.acknowledged) return;
  what.acknowledged = true;
  what.message = got.message != 0 ? got.message : message_with(what.text);
  ++figures_.acknowledged;
  if (what.after != nullptr)
    time_.at(time_.now() + dice_.between(0, 2 * minute), [this, next = what.after] { hand_in(*next); });
}

/// Once in a while, something.
void simulation::trouble() {
  if (time_.now() >= trouble_ends) return heal();
  time_.at(time_.now() + dice_.between(0, 20 * second), [this] { trouble(); });
  switch (dice_.between(1, 6)) {
    case 1:
      store_->refuse_next(dice_.one_in(2) ? store::refusal::full : store::refusal::failed,
                          static_cast<std::uint32_t>(dice_.between(1, 5)));
      break;
    case 2:
      wall_.offset_ms += dice_.between(-26 * hour, 13 * hour);
      break;
    case 3:
      translators_.unavailable = dice_.one_in(2);
      break;
    case 4:
    case 5:
      std::next(recipients_.begin(), dice_.between(0, 2))->second->away_until =
          time_.now() + dice_.between(0, 10 * minute);
      break;
    default:
      break;
  }
}

/// Nothing goes wrong any more, and a person tries every dead letter again.
void simulation::heal() {
  healed_ = true;
  translators_.unavailable = false;
  store_->refuse_next(store::refusal::full, 0);
  time_.at(time_.now() + 10 * minute, [this] { heal(); });
  if (!scheduler_) return;
  for (const auto& one : letters_)
    if (one->acknowledged)
      for (const model::delivery& each : deliveries_of(one->message))
        if (each.state == model::delivery_state::dead)
          store_->retry(each.id, wall_.now(),
                        [this, to = each.recipient](const result<done>&) { scheduler_->changed(to); });
}

model::message_id simulation::message_with(const std::string& text) {
  model::message_id found = 0;
  store::message_filter filter;
  filter.limit = 1000;
  disk_->at_once = true;
  store_->list_messages(filter, [&](result<std::vector<model::message>> got) {
    for (const model::message& each : got.value())
      if (each.sha256 == sha256_hex_of(text)) found = each.id;
  });
  disk_->at_once = false;
  return found;
}

std::vector<model::delivery> simulation::deliveries_of(model::message_id message) {
  std::vector<model::delivery> found;
  store::delivery_filter filter;
  filter.message = message;
  filter.limit = 1000;
  disk_->at_once = true;
  store_->list_deliveries(filter, [&](result<std::vector<model::delivery>> got) { found = std::move(got).value(); });
  disk_->at_once = false;
  return found;
}

bool simulation::all_done() {
  return healed_ && std::ranges::all_of(letters_, [this](const auto& one) {
           return one->acknowledged &&
                  std::ranges::all_of(deliveries_of(one->message), [](const model::delivery& each) {
                    return each.state == model::delivery_state::delivered;
                  });
         });
}

/// What was acknowledged is where it belongs, once.
void simulation::judge() {
  for (const auto& one : letters_) {
    if (!one->acknowledged) return broken("never taken: " + one->text);
    const auto made = deliveries_of(one->message);
    if (made.size() != one->to.size())
      return broken("taken, with another number of deliveries than its routes: " + one->text);
    for (const model::delivery& each : made)
      if (each.state != model::delivery_state::delivered)
        return broken("taken, and a day later not delivered to " + each.recipient + " (state " +
                      std::to_string(static_cast<int>(each.state)) + ", due in " +
                      std::to_string((each.next_attempt_at - wall_.now()) / second) + " s, " + each.last_error +
                      "): " + one->text);
    for (const std::string& name : one->to)
      if (!recipients_.at(name)->has(*one))
        return broken("on record as delivered, and " + name + " never got it: " + one->text);
  }
}

void simulation::broken(std::string what) {
  if (broken_.empty()) broken_ = std::move(what);
}

std::string simulation::run() {
  begin_life();
  trouble();
  while (broken_.empty() && time_.now() < world_ends && time_.step()) {
    ++figures_.events;
    if (!healed_ && intake_ && dice_.one_in(150)) {
      ++figures_.deaths;
      die();
      time_.at(time_.now() + dice_.between(0, 5 * second), [this] { begin_life(); });
    }
    if (healed_ && figures_.events % 64 == 0 && all_done()) break;
  }
  if (broken_.empty()) judge();
  return broken_;
}

}  // namespace liaison::test
