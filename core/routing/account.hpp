// SPDX-License-Identifier: Apache-2.0
// The account of leaves as people see it: the halves of two translators joined (docs/reference/account.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::routing {

struct account_entry {
  std::string location, value, reason;
};

/// `carried + not_carried.size() == source_leaves`, always but in a tally, which only counts.
struct loss_account {
  std::uint64_t source_leaves = 0;
  std::uint64_t carried = 0;
  std::vector<account_entry> not_carried;
  std::vector<account_entry> added;
};

/// One decoder's account, and where its source stands: "" for the message itself, "OBX[1]-5.5" for a carried document.
struct source_account {
  std::string prefix;
  std::string_view json;
  bool passed_on = false;  ///< its very bytes go out: every value of it is carried
};

/// A value is carried when one of the `encoders`, which all wrote the same pivot, put it somewhere. No encoder: the
/// bytes were passed on, everything is carried. Malformed accounts count as nothing.
loss_account join(const std::vector<source_account>& sources, const std::vector<std::string_view>& encoders);

/// The same counts from accounts in short (docs/reference/account.md). Nothing when one of them is none, or when they speak
/// of different pivots. `passed_on` as in source_account.
std::optional<loss_account> join_tallies(const source_account& source, const std::vector<std::string_view>& encoders);
bool is_tally(std::string_view account_json);

std::string to_json(const loss_account& account);

}  // namespace liaison::routing
