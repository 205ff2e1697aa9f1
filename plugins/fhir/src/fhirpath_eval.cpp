// SPDX-License-Identifier: Apache-2.0
// Evaluation: navigation, operators, comparison. Functions are in fhirpath_functions.cpp.
#include "fhirpath_frame.hpp"

#include "primitives.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace liaison::fhir::path {

bool evaluator::spend(std::size_t steps) {
  if (steps > steps_left_) {
    exhausted_ = true;
    steps_left_ = 0;
    return false;
  }
  steps_left_ -= steps;
  return true;
}

collection evaluator::run(const expression& of, const collection& focus, const environment& in) {
  const frame top{focus, in, nullptr, 0};
  depth_ = 0;
  return evaluate(of, top);
}

item evaluator::make_item(node_id id, node_id extra, const type_definition* type) const {
  item made;
  made.id = id;
  made.extra = extra;
  made.type = type;
  if (id != none && tree_[id].kind == kind::object && (type == nullptr || type->kind == type_kind::abstract))
    made.type = tables_.type(tree_.type_of(id));
  return made;
}

item evaluator::flag_item(bool value) {
  item made;
  made.kind = value_kind::boolean;
  made.flag = value;
  made.text = value ? "true" : "false";
  return made;
}

item evaluator::text_item(std::string text) {
  item made;
  made.kind = value_kind::string;
  made.text = texts_.emplace_back(std::move(text));
  return made;
}

item evaluator::number_item(double value) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  item made = text_item(std::string(digits.data(), end));
  made.kind = value_kind::number;
  return made;
}

std::string_view evaluator::text_of(const item& of) const {
  if (of.kind != value_kind::node) return of.text;
  return of.id == none || tree_[of.id].kind == kind::object ? std::string_view{} : tree_[of.id].text;
}

bool evaluator::has_value(const item& of) const {
  if (of.kind != value_kind::node) return true;
  return of.id != none && tree_[of.id].kind != kind::object && tree_[of.id].kind != kind::null;
}

std::optional<bool> evaluator::truth(const collection& of) const {
  if (of.empty()) return std::nullopt;
  const item& one = of.front();
  if (of.size() == 1 && (one.kind == value_kind::boolean || (one.id != none && tree_[one.id].kind == kind::boolean)))
    return text_of(one) == "true";
  return true;  // FHIRPath: a single item that is no boolean counts as true
}

// ---- navigation

void evaluator::add_member(node_id object, node_id member, const type_definition* type, collection& into) {
  std::string_view name = tree_[member].name;
  const bool is_extra = name.starts_with('_');
  if (is_extra) name.remove_prefix(1);
  const auto found = type == nullptr ? type_definition::found{} : type->find(name);
  const type_definition* target = found.use == nullptr ? nullptr : found.use->type;
  const bool may_have_twin = is_extra || target == nullptr || target->kind == type_kind::primitive;
  node_id twin = none;
  if (may_have_twin)
    twin = is_extra ? tree_.child(object, name) : tree_.child(object, texts_.emplace_back("_").append(name));
  if (is_extra && twin != none) return;  // comes with the value
  node_id value = is_extra ? none : member;
  node_id extra = is_extra ? member : twin;
  if (!tree_.is_array(value) && !tree_.is_array(extra)) {
    into.push_back(make_item(value, extra, target));
    return;
  }
  value = value == none ? none : tree_[value].first;
  extra = extra == none ? none : tree_[extra].first;
  const auto real = [&](node_id id) { return id == none || tree_[id].kind == kind::null ? none : id; };
  while (value != none || extra != none) {
    if (!spend(1)) return;
    if (real(value) != none || real(extra) != none) into.push_back(make_item(real(value), real(extra), target));
    if (value != none) value = tree_[value].next;
    if (extra != none) extra = tree_[extra].next;
  }
}

void evaluator::add_children(const item& of, std::string_view name, collection& into) {
  if (of.kind != value_kind::node) return;
  node_id object = of.id;
  const type_definition* type = of.type;
  if (!tree_.is_object(object)) {
    object = of.extra;
    type = tables_.type("Element");
  }
  if (!tree_.is_object(object)) return;
  for (node_id id = tree_[object].first; id != none; id = tree_[id].next) {
    if (!spend(1)) return;
    std::string_view member = tree_[id].name;
    if (member.starts_with('_')) member.remove_prefix(1);
    if (member == "resourceType") continue;
    bool wanted = name.empty() || member == name;
    if (!wanted && member.size() > name.size() && member.starts_with(name) && type != nullptr) {
      const auto found = type->find(member);
      wanted = found.element != nullptr && found.element->is_choice && found.element->name == name;
    }
    if (wanted) add_member(object, id, type, into);
  }
}

collection evaluator::children(const collection& of, std::string_view name) {
  collection found;
  for (const item& one : of) add_children(one, name, found);
  return found;
}

collection evaluator::descendants(const collection& of) {
  collection found = children(of, {});
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!spend(1)) break;
    const item one = found[i];
    add_children(one, {}, found);
  }
  return found;
}

bool evaluator::is_type(const item& of, std::string_view name) const {
  if (of.kind == value_kind::node) {
    if (of.type != nullptr && of.type->is_a(name)) return true;
    const bool boolean = of.id != none && tree_[of.id].kind == kind::boolean;
    return (name == "Boolean" && boolean) || (name == "String" && of.type != nullptr && of.type->is_a("string"));
  }
  switch (of.kind) {
    case value_kind::boolean:
      return name == "Boolean" || name == "boolean";
    case value_kind::number:
      return name == "Integer" || name == "Decimal" || name == "integer" || name == "decimal";
    case value_kind::string:
      return name == "String" || name == "string";
    default:
      return false;
  }
}

// ---- comparison

namespace {

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

struct moment {
  std::array<double, 6> parts{};
  std::size_t known = 0;  ///< how many parts were written
  double offset_minutes = 0;
};

std::optional<moment> moment_of(std::string_view text) {
  if (!is_date_time(text) && !is_date(text)) return std::nullopt;
  moment made;
  const auto read = [&](std::size_t at, std::size_t length) {
    made.parts[made.known++] = number_of(text.substr(at, length)).value_or(0);
  };
  read(0, 4);
  if (text.size() >= 7) read(5, 2);
  if (text.size() >= 10) read(8, 2);
  if (text.size() < 19) return made;
  read(11, 2);
  read(14, 2);
  std::size_t zone = 19;
  while (zone < text.size() && (text[zone] == '.' || (text[zone] >= '0' && text[zone] <= '9'))) ++zone;
  read(17, zone - 17);
  if (zone + 5 < text.size()) {
    const double minutes =
        number_of(text.substr(zone + 1, 2)).value_or(0) * 60 + number_of(text.substr(zone + 4, 2)).value_or(0);
    made.offset_minutes = text[zone] == '-' ? -minutes : minutes;
  }
  return made;
}

/// Seconds on one time line; only used when both moments have a time.
double seconds_of(const moment& of) {
  const auto y = static_cast<long>(of.parts[0]) - (of.parts[1] <= 2 ? 1 : 0);
  const long era_year = y % 400;
  const auto month = static_cast<long>(of.parts[1]);
  const long day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + static_cast<long>(of.parts[2]) - 1;
  const long days = (y / 400) * 146097 + era_year * 365 + era_year / 4 - era_year / 100 + day_of_year;
  return static_cast<double>(days) * 86400 + of.parts[3] * 3600 + (of.parts[4] - of.offset_minutes) * 60 + of.parts[5];
}

std::optional<int> compare_moments(const moment& a, const moment& b) {
  if (a.known == 6 && b.known == 6) {
    const double difference = seconds_of(a) - seconds_of(b);
    return difference < 0 ? -1 : (difference > 0 ? 1 : 0);
  }
  const std::size_t common = std::min(a.known, b.known);
  for (std::size_t i = 0; i < std::min<std::size_t>(common, 3); ++i) {
    if (a.parts[i] != b.parts[i]) return a.parts[i] < b.parts[i] ? -1 : 1;
  }
  if (a.known != b.known) return std::nullopt;  // FHIRPath: of different precision, not known
  return 0;
}

}  // namespace

std::optional<int> evaluator::compare(const item& a, const item& b) const {
  const bool complex =
      (a.kind == value_kind::node && tree_.is_object(a.id)) || (b.kind == value_kind::node && tree_.is_object(b.id));
  if (complex) {
    // Quantities in the same unit; nothing else is ordered.
    if (!tree_.is_object(a.id) || !tree_.is_object(b.id)) return std::nullopt;
    const auto left = number_of(tree_.text(a.id, "value")), right = number_of(tree_.text(b.id, "value"));
    if (!left || !right || tree_.text(a.id, "unit") != tree_.text(b.id, "unit") ||
        tree_.text(a.id, "code") != tree_.text(b.id, "code"))
      return std::nullopt;
    return *left < *right ? -1 : (*left > *right ? 1 : 0);
  }
  const std::string_view left = text_of(a), right = text_of(b);
  const auto is_numeric = [&](const item& of) {
    return of.kind == value_kind::number ||
           (of.kind == value_kind::node && of.id != none && tree_[of.id].kind == kind::number);
  };
  if (is_numeric(a) && is_numeric(b)) {
    const auto x = number_of(left), y = number_of(right);
    if (!x || !y) return std::nullopt;
    return *x < *y ? -1 : (*x > *y ? 1 : 0);
  }
  const auto from = moment_of(left), to = moment_of(right);
  if (from && to) return compare_moments(*from, *to);
  const int order = left.compare(right);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

std::string evaluator::key_of(const item& of) const {
  if (of.kind != value_kind::node || !tree_.is_object(of.id)) return std::string(text_of(of));
  std::string text;
  write_json(tree_, of.id, text);
  return text;
}

bool evaluator::equal(const item& a, const item& b) const {
  const bool left_object = a.kind == value_kind::node && tree_.is_object(a.id);
  const bool right_object = b.kind == value_kind::node && tree_.is_object(b.id);
  if (left_object || right_object) return left_object && right_object && key_of(a) == key_of(b);
  if (text_of(a) == text_of(b)) return true;
  const auto order = compare(a, b);
  return order.has_value() && *order == 0;
}

collection evaluator::distinct(collection of) const {
  std::unordered_map<std::string, bool> seen;
  std::erase_if(of, [&](const item& one) { return !seen.emplace(key_of(one), true).second; });
  return of;
}

// ---- operators

collection evaluator::variable(const expression& of, const frame& at) {
  const auto resource = [&](node_id id) {
    return id == none ? collection{} : collection{make_item(id, none, nullptr)};
  };
  if (of.text == "$this") return at.focus;
  if (of.text == "$index") return {number_item(static_cast<double>(at.index))};
  if (of.text == "%resource") return resource(at.in.resource);
  if (of.text == "%rootResource") return resource(at.in.root_resource);
  if (of.text == "%context") return at.in.context;
  if (of.text == "%ucum") return {text_item("http://unitsofmeasure.org")};
  if (of.text == "%loinc") return {text_item("http://loinc.org")};
  if (of.text == "%sct") return {text_item("http://snomed.info/sct")};
  return {};
}

collection evaluator::logic(const expression& of, const frame& at) {
  const auto left = truth(evaluate(*of.arguments[0], at));
  // What the left side decides needs no right side.
  if (of.op == operation::both && left == false) return {flag_item(false)};
  if (of.op == operation::either && left == true) return {flag_item(true)};
  if (of.op == operation::implies && left == false) return {flag_item(true)};
  const auto right = truth(evaluate(*of.arguments[1], at));
  switch (of.op) {
    case operation::both:
      if (right == false) return {flag_item(false)};
      return left && right ? collection{flag_item(true)} : collection{};
    case operation::either:
      if (right == true) return {flag_item(true)};
      return left && right ? collection{flag_item(false)} : collection{};
    case operation::exclusive:
      return left && right ? collection{flag_item(*left != *right)} : collection{};
    default:  // implies
      if (right == true) return {flag_item(true)};
      return left && right ? collection{flag_item(false)} : collection{};
  }
}

collection evaluator::binary(const expression& of, const frame& at) {
  const collection left = evaluate(*of.arguments[0], at);
  const collection right = evaluate(*of.arguments[1], at);
  const auto member = [&](const collection& needle, const collection& hay) -> collection {
    if (needle.empty()) return {};
    if (!spend(hay.size())) return {};
    return {flag_item(std::ranges::any_of(hay, [&](const item& one) { return equal(needle.front(), one); }))};
  };
  switch (of.op) {
    case operation::unite: {
      collection both = left;
      both.insert(both.end(), right.begin(), right.end());
      return distinct(std::move(both));
    }
    case operation::in:
      return member(left, right);
    case operation::contains:
      return member(right, left);
    case operation::concatenate:
      return {text_item((left.empty() ? std::string{} : std::string(text_of(left[0]))) +
                        (right.empty() ? std::string{} : std::string(text_of(right[0]))))};
    case operation::equal:
    case operation::not_equal:
    case operation::equivalent:
    case operation::not_equivalent: {
      const bool lenient = of.op == operation::equivalent || of.op == operation::not_equivalent;
      if ((left.empty() || right.empty()) && !lenient) return {};
      const bool same = std::ranges::equal(left, right, [&](const item& a, const item& b) { return equal(a, b); });
      return {flag_item(same == (of.op == operation::equal || of.op == operation::equivalent))};
    }
    default:
      break;
  }
  if (left.size() != 1 || right.size() != 1) return {};
  if (of.op >= operation::less && of.op <= operation::greater_equal) {
    const auto order = compare(left[0], right[0]);
    if (!order) return {};
    switch (of.op) {
      case operation::less:
        return {flag_item(*order < 0)};
      case operation::less_equal:
        return {flag_item(*order <= 0)};
      case operation::greater:
        return {flag_item(*order > 0)};
      default:
        return {flag_item(*order >= 0)};
    }
  }
  const auto a = number_of(text_of(left[0])), b = number_of(text_of(right[0]));
  if (!a || !b) {
    if (of.op == operation::add) return {text_item(std::string(text_of(left[0])).append(text_of(right[0])))};
    return {};
  }
  switch (of.op) {
    case operation::add:
      return {number_item(*a + *b)};
    case operation::subtract:
      return {number_item(*a - *b)};
    case operation::multiply:
      return {number_item(*a * *b)};
    case operation::divide:
      return *b == 0 ? collection{} : collection{number_item(*a / *b)};
    case operation::integer_divide:
      return *b == 0 ? collection{} : collection{number_item(std::trunc(*a / *b))};
    default:
      return *b == 0 ? collection{} : collection{number_item(std::fmod(*a, *b))};
  }
}

collection evaluator::evaluate(const expression& of, const frame& at) {
  constexpr unsigned depth_max = 200;
  if (!spend(1) || depth_ > depth_max) return {};
  struct level {
    unsigned& depth;
    explicit level(unsigned& of_depth) : depth(of_depth) { ++depth; }
    ~level() { --depth; }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
  } const here(depth_);
  const auto literal = [&](value_kind kind) {
    item made;
    made.kind = kind;
    made.text = of.text;
    return collection{made};
  };
  switch (of.op) {
    case operation::literal_string:
      return literal(value_kind::string);
    case operation::literal_number:
      return literal(value_kind::number);
    case operation::literal_date:
      return literal(value_kind::date);
    case operation::literal_boolean:
      return {flag_item(of.text == "true")};
    case operation::empty_set:
      return {};
    case operation::variable:
      return variable(of, at);
    case operation::name: {
      // A path may begin with the name of the type that it starts from.
      if (of.text[0] >= 'A' && of.text[0] <= 'Z' && !at.focus.empty() && is_type(at.focus.front(), of.text))
        return at.focus;
      return children(at.focus, of.text);
    }
    case operation::call:
      return call(of, at.focus, at);
    case operation::step: {
      const collection left = evaluate(*of.arguments[0], at);
      const frame next{left, at.in, &at, at.index};
      return evaluate(*of.arguments[1], next);
    }
    case operation::index: {
      const collection left = evaluate(*of.arguments[0], at);
      const collection position = evaluate(*of.arguments[1], at);
      const auto number = position.size() == 1 ? number_of(text_of(position[0])) : std::nullopt;
      if (!number || *number < 0 || *number >= static_cast<double>(left.size())) return {};
      return {left[static_cast<std::size_t>(*number)]};
    }
    case operation::negate: {
      const collection inner = evaluate(*of.arguments[0], at);
      const auto number = inner.size() == 1 ? number_of(text_of(inner[0])) : std::nullopt;
      return number ? collection{number_item(-*number)} : collection{};
    }
    case operation::is:
    case operation::as: {
      collection left = evaluate(*of.arguments[0], at);
      if (of.op == operation::is) return left.empty() ? collection{} : collection{flag_item(is_type(left[0], of.text))};
      std::erase_if(left, [&](const item& one) { return !is_type(one, of.text); });
      return left;
    }
    case operation::both:
    case operation::either:
    case operation::exclusive:
    case operation::implies:
      return logic(of, at);
    default:
      return binary(of, at);
  }
}

}  // namespace liaison::fhir::path
