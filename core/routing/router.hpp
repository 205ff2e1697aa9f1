// SPDX-License-Identifier: Apache-2.0
// Routes: which recipients the facts of a message lead to. Pure: the same configuration, source and facts
// give the same answer.
#pragma once

#include "core/config/configuration.hpp"
#include "core/model/facts.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::routing {

struct routed {
  std::string recipient;  ///< endpoint
  std::string route;      ///< the first route that leads there
};

/// Each recipient once, in the order of the routes. Empty: no route takes the message.
/// Time: for each pattern that is looked at, linear in the text that it is compared with; nothing but the answer is
/// allocated. Thread: any.
std::vector<routed> route(const config::configuration& of, std::string_view source, const model::message_facts& facts);

enum class route_outcome : std::uint8_t {
  taken,       ///< all conditions hold
  not_taken,   ///< `condition` does not hold
  not_looked,  ///< an earlier route was the last: `condition` is its name
};

/// What one route did with a message, for people who ask why it went where it went.
struct explanation {
  std::string route;
  route_outcome outcome = route_outcome::taken;
  std::string condition;              ///< the first that does not hold: "document_type"
  std::vector<std::string> patterns;  ///< of that condition
  bool known = false;                 ///< the message says something there, but something else
};

/// One for each route, in their order. Holds no value of the message.
std::vector<explanation> explain(const config::configuration& of, std::string_view source,
                                 const model::message_facts& facts);

/// "taken", "not taken: document_type is not 34105-7", "not looked at: 'withdrawn' was the last".
std::string to_text(const explanation& one);

}  // namespace liaison::routing
