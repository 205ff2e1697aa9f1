// SPDX-License-Identifier: Apache-2.0
// Values of the model as JSON for the API.
#pragma once

#include "core/admin/api.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace liaison::admin {

std::string to_json(const model::message& message, bool with_facts);
std::string to_json(const model::delivery& delivery, model::delivery_id blocked_by = 0);
std::string to_json(const model::receipt& receipt);
std::string trace_json(const store::trace& trace);  ///< deliveries, and one list of what happened in time order

/// {"items": […], "next_before": id or absent}
std::string page_json(const std::vector<std::string>& items, std::int64_t next_before);

response error_response(unsigned status, std::string_view code, std::string_view text);

}  // namespace liaison::admin
