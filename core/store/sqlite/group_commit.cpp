// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/group_commit.hpp"

#include <algorithm>

namespace liaison::store::sqlite {
namespace {

bool is_intake(const request& what) { return std::holds_alternative<take_in_request>(what); }
bool is_filing(const request& what) { return std::holds_alternative<filing_request>(what); }

}  // namespace

group_commit::group_commit(write_session& session)
    : session_(session),
      lines_(session),
      patients_(session.database),
      deliveries_(session, lines_, patients_),
      waits_(session, deliveries_),
      intake_(session, lines_, patients_, deliveries_, waits_) {}

void group_commit::run(std::vector<request>& group) {
  refused_.assign(group.size(), false);
  refuse_when_room_is_short(group);
  auto how = parts::together;
  for (;;) {
    if (std::ranges::all_of(refused_, [](bool refused) { return refused; })) return;
    const auto error = attempt(group, how);
    if (!error) return;
    session_.roll_back();
    const auto why = as_write_failure(as_failure(*error));
    if (error->how_far == storage_error::reach::operation && how == parts::together) {
      how = parts::apart;
    } else if (error->why != storage_error::cause::full || !refuse_intakes(group, why)) {
      refuse_rest(group, why);
      return;
    }
  }
}

void group_commit::refuse_when_room_is_short(std::vector<request>& group) {
  if (std::ranges::none_of(group, is_intake)) return;
  if (const auto why = room_is_short(session_.options)) refuse_intakes(group, *why);
}

std::optional<storage_error> group_commit::attempt(std::vector<request>& group, parts how) {
  try {
    session_.begin();
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (refused_[i]) continue;
      if (how == parts::together) {
        apply(group[i]);
        continue;
      }
      session_.begin_part();
      try {
        apply(group[i]);
        session_.end_part();
      } catch (const storage_error& error) {
        // What is filed is filed in order, or not yet.
        if (error.how_far != storage_error::reach::operation || is_filing(group[i])) throw;
        session_.undo_part();
        refuse(group[i], as_write_failure(as_failure(error)));
        refused_[i] = true;
      }
    }
    session_.commit();
    return std::nullopt;
  } catch (const storage_error& error) {
    return error;
  }
}

void group_commit::apply(request& what) {
  struct applying {
    group_commit& to;
    void operator()(take_in_request& r) const { r.outcome = to.intake_.apply(*r.what); }
    void operator()(filing_request& r) const {
      r.outcome = to.intake_.apply(*r.what, &r.place);
      to.session_.note_filed(r.number);
    }
    void operator()(update_request& r) const { r.outcome = to.deliveries_.apply(r.what); }
    void operator()(retry_request& r) const { r.outcome = to.deliveries_.retry(r.id, r.now); }
    void operator()(cancel_request& r) const { r.outcome = to.deliveries_.cancel(r.id, r.now); }
    void operator()(replay_request& r) const { r.outcome = to.deliveries_.replay(r.id, r.deliveries, r.now); }
    void operator()(expire_request& r) const { r.outcome = to.deliveries_.expire(r); }
    void operator()(end_waits_request& r) const { r.outcome = to.waits_.end(r.now, r.how, r.limit); }
    void operator()(filed_request& r) const { r.outcome = done{}; }
    void operator()(settle_request& r) const { r.outcome = to.settle(r); }
    void operator()(patients_request& r) const {
      r.change(to.patients_);
      r.outcome = done{};
    }
  };
  std::visit(applying{*this}, what);
}

result<std::vector<intake_outcome>> group_commit::settle(const settle_request& what) {
  if (!deliveries_.settle(what.ended)) return failure{"not-found", "the end of this delivery is settled"};
  std::vector<intake_outcome> made;
  for (const auto& one : what.follows) made.push_back(intake_.apply(one));
  return made;
}

void group_commit::refuse(request& what, const failure& why) {
  std::visit(
      [&](auto& r) {
        using kind = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<kind, take_in_request> || std::is_same_v<kind, filing_request>) {
          r.outcome = refused_intake(why);
        } else {
          r.outcome = why;
        }
      },
      what);
}

/// False: there was none to refuse.
bool group_commit::refuse_intakes(std::vector<request>& group, const failure& why) {
  bool any = false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (refused_[i] || !is_intake(group[i])) continue;
    refuse(group[i], why);
    refused_[i] = true;
    any = true;
  }
  return any;
}

void group_commit::refuse_rest(std::vector<request>& group, const failure& why) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!refused_[i]) refuse(group[i], why);
  }
}

}  // namespace liaison::store::sqlite
