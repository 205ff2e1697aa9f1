// SPDX-License-Identifier: Apache-2.0
#include "tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

// The data stands in the program as it stands in the repository; nothing is read at run time.
asm(R"(
  .section .rodata
  .global liaison_fhir_r4_begin
  .global liaison_fhir_r4_end
  .hidden liaison_fhir_r4_begin
  .hidden liaison_fhir_r4_end
liaison_fhir_r4_begin:
  .incbin ")" LIAISON_FHIR_TABLES R"(/r4.txt"
liaison_fhir_r4_end:
  .byte 0
  .text
)");
extern "C" const char liaison_fhir_r4_begin[], liaison_fhir_r4_end[];

namespace liaison::fhir {

bool value_set::has_code(std::string_view code) const {
  return std::ranges::any_of(systems,
                             [&](const system_codes& of) { return std::ranges::binary_search(of.codes, code); });
}

bool value_set::has(std::string_view system, std::string_view code) const {
  return std::ranges::any_of(systems, [&](const system_codes& of) {
    return of.system == system && std::ranges::binary_search(of.codes, code);
  });
}

type_definition::found type_definition::find(std::string_view member_name) const {
  const auto it = by_name_.find(member_name);
  return it == by_name_.end() ? found{} : it->second;
}

bool type_definition::is_a(std::string_view ancestor) const {
  for (const type_definition* at = this; at != nullptr; at = at->base) {
    if (at->name == ancestor) return true;
  }
  return false;
}

namespace {

std::string_view take(std::string_view& from, char separator) {
  const std::size_t end = from.find(separator);
  const std::string_view part = from.substr(0, end);
  from = end == std::string_view::npos ? std::string_view{} : from.substr(end + 1);
  return part;
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

type_kind kind_named(std::string_view text) {
  switch (text.empty() ? ' ' : text[0]) {
    case 'r':
      return type_kind::resource;
    case 'a':
      return type_kind::abstract;
    case 'p':
      return type_kind::primitive;
    case 'b':
      return type_kind::backbone;
    default:
      return type_kind::complex;
  }
}

primitive json_kind(std::string_view type) {
  if (type == "boolean") return primitive::boolean;
  if (type == "decimal") return primitive::decimal;
  if (type == "integer" || type == "unsignedInt" || type == "positiveInt") return primitive::integer;
  return primitive::string;
}

}  // namespace

class table_reader {
 public:
  table_reader(std::string_view text, tables& into) : text_(text), into_(into) {}

  void run() {
    while (!text_.empty()) {
      std::string_view line = take(text_, '\n');
      if (line.empty() || line[0] == '#') continue;
      const char what = line[0];
      line.remove_prefix(2);
      switch (what) {
        case 'V':
          value_set_line(line);
          break;
        case 'C':
          codes_line(line);
          break;
        case 'T':
          type_line(line);
          break;
        case 'E':
          element_line(line);
          break;
        case 'I':
          invariant_line(line);
          break;
        default:
          throw std::logic_error("FHIR tables: unknown line");
      }
    }
    for (auto& [name, type] : into_.types_) link(*type);
    for (auto& [name, type] : into_.types_) index(*type);
  }

 private:
  void value_set_line(std::string_view line) {
    const std::size_t id = number(take(line, '\t'));
    if (into_.value_sets_.size() <= id) into_.value_sets_.resize(id + 1);
    into_.value_sets_[id] = std::make_unique<value_set>();
    set_ = into_.value_sets_[id].get();
    set_->url = line;
  }

  void codes_line(std::string_view line) {
    auto& of = set_->systems.emplace_back();
    of.system = take(line, '\t');
    while (!line.empty()) of.codes.push_back(take(line, ' '));
    std::ranges::sort(of.codes);
  }

  void type_line(std::string_view line) {
    auto made = std::make_unique<type_definition>();
    made->name = take(line, '\t');
    made->base_name = take(line, '\t');
    made->kind = kind_named(line);
    if (made->kind == type_kind::primitive) made->json = json_kind(made->name);
    type_ = made.get();
    into_.types_[made->name] = std::move(made);
  }

  void element_line(std::string_view line) {
    element_definition& made = type_->elements.emplace_back();
    made.name = take(line, '\t');
    made.is_choice = made.name.ends_with("[x]");
    if (made.is_choice) made.name.remove_suffix(3);
    made.min = static_cast<std::uint16_t>(number(take(line, '\t')));
    made.repeats = take(line, '\t') != "1";
    std::string_view types = take(line, '\t');
    while (!types.empty()) {
      type_use& use = made.types.emplace_back();
      std::string_view one = take(types, ',');
      use.name = take(one, '(');
      if (!one.empty()) one.remove_suffix(1);
      while (!one.empty()) use.targets.push_back(take(one, '|'));
    }
    if (const std::size_t id = number(line); id > 0) made.binding = into_.value_sets_.at(id).get();
  }

  void invariant_line(std::string_view line) {
    invariant made;
    made.key = take(line, '\t');
    made.is_error = take(line, '\t') == "error";
    made.human = take(line, '\t');
    made.expression = line;
    (type_->elements.empty() ? type_->invariants : type_->elements.back().invariants).push_back(made);
  }

  /// Puts the inherited elements and invariants before the own ones; bases first.
  void link(type_definition& of) {
    if (of.base != nullptr || of.base_name.empty()) return;
    const auto base = into_.types_.find(of.base_name);
    if (base == into_.types_.end()) throw std::logic_error("FHIR tables: a base type is missing");
    link(*base->second);
    of.base = base->second.get();
    std::vector<element_definition> own = std::move(of.elements);
    of.elements = base->second->elements;
    for (auto& element : own) of.elements.push_back(std::move(element));
    of.invariants.insert(of.invariants.begin(), base->second->invariants.begin(), base->second->invariants.end());
  }

  void index(type_definition& of) {
    std::uint16_t ordinal = 0;
    for (element_definition& element : of.elements) {
      element.ordinal = ordinal++;
      for (type_use& use : element.types) {
        use.type = into_.type(use.name);
        if (element.is_choice) of.by_name_[choice_name(element.name, use.name)] = {&element, &use};
      }
      if (!element.is_choice)
        of.by_name_[element.name] = {&element, element.types.empty() ? nullptr : &element.types[0]};
    }
  }

  /// "value" and "dateTime" → "valueDateTime".
  std::string_view choice_name(std::string_view element, std::string_view type) {
    std::string name = std::string(element).append(type);
    char& first = name[element.size()];
    if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
    auto kept = std::make_unique_for_overwrite<char[]>(name.size());
    std::memcpy(kept.get(), name.data(), name.size());
    into_.names_.push_back(std::move(kept));
    return {into_.names_.back().get(), name.size()};
  }

  std::string_view text_;
  tables& into_;
  value_set* set_ = nullptr;
  type_definition* type_ = nullptr;
};

tables::tables(std::string_view text) { table_reader(text, *this).run(); }

const tables& tables::r4() {
  static const tables made(
      std::string_view(liaison_fhir_r4_begin, static_cast<std::size_t>(liaison_fhir_r4_end - liaison_fhir_r4_begin)));
  return made;
}

const type_definition* tables::type(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : found->second.get();
}

bool tables::is_resource(std::string_view name) const {
  const type_definition* found = type(name);
  return found != nullptr && found->kind == type_kind::resource;
}

}  // namespace liaison::fhir
