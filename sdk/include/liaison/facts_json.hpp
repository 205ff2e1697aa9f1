// SPDX-License-Identifier: Apache-2.0
// The facts as JSON, for the plugins that write them and for the broker that completes them.
#pragma once

#include <liaison/facts.hpp>

#include <string>

namespace liaison {

/// JSON of the facts, shape of schemas/facts.schema.json; empty members are left out. `issues` is not part of it.
std::string to_json(const facts::message_facts& found);

}  // namespace liaison
