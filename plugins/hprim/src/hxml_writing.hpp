// SPDX-License-Identifier: Apache-2.0
// Writing HPRIM XML: answers to messages that asked for one, and events about patients.
#pragma once

#include "hxml_message.hpp"

#include <liaison/common/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

/// Elements written one after the other, indented by two; text and attributes escaped.
class xml_text {
 public:
  void open(std::string_view name, std::string_view attributes = {});
  void close();
  void leaf(std::string_view name, std::string_view text,
            std::string_view attributes = {});  ///< nothing when `text` is empty
  void empty(std::string_view name, std::string_view attributes);
  const std::string& text() const { return out_; }

 private:
  std::string out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::vector<std::string> open_;
};

/// ` name="value"`, escaped; nothing when the value is empty.
std::string attribute(std::string_view name, std::string_view value);

/// At most `length` characters, never half of one.
std::string cut(std::string_view text, std::size_t length);

void write_agents(xml_text& out, std::string_view side, std::string_view code, std::string_view name,
                  std::string_view version);

/// dateTime without zone, as the format writes times.
std::string wall_clock(std::string_view date_time);

/// The acknowledgement of a message; `outcome` is "accept" or "reject".
std::string answer_to(const hxml_message& message, const call_options& options, std::string_view outcome);

}  // namespace liaison::hprim
