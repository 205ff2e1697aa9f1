// SPDX-License-Identifier: Apache-2.0
// A JSON text as a tree in which each key and value knows its place, so that a finding can say line and column.
// For configurations only: what comes from partners is parsed elsewhere.
#pragma once

#include "core/config/finding.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::config {

struct place {
  std::uint32_t line = 0;    ///< from 1; 0: not in the file
  std::uint32_t column = 0;  ///< in characters, from 1
  int override_index = -1;   ///< which `--set` it came from, when not from the file
};

struct member;

enum class json_kind : std::uint8_t { null, boolean, integer, number, text, array, object };

struct node {
  json_kind kind;
  place at;
  bool boolean = false;
  std::int64_t integer = 0;  ///< kind integer; a number without fraction, such as 1e3, is one
  double number = 0;         ///< kinds integer and number
  std::string text;          ///< kind text
  std::vector<node> items;
  std::vector<member> members;  ///< in the order of the file; of two with one key the later counts

  explicit node(json_kind of = json_kind::null, place where = {});
  node(const node&);
  node(node&&) noexcept;
  node& operator=(const node&);
  node& operator=(node&&) noexcept;
  ~node();

  const node* find(std::string_view key) const;  ///< nullptr when there is none, or this is no object
  node* find(std::string_view key);
};

struct member {
  std::string key;
  place at;
  node value;
};

node text_node(std::string text, place where = {});
node integer_node(std::int64_t value, place where = {});

const char* name_of(json_kind kind);  ///< "an object", "a string" …

/// Limits of a configuration file.
inline constexpr std::size_t json_size_bytes_max = 16U << 20;
inline constexpr std::size_t json_depth_max = 32;

/// Reads `text`. What is wrong, duplicate keys included, is added to `findings` under the name `file`; after a
/// syntax error the tree is empty.
node parse_json(std::string_view text, const std::string& file, std::vector<finding>& findings);

std::string to_json(const node& value);  ///< compact

}  // namespace liaison::config
