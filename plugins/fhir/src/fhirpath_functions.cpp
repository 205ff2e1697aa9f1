// SPDX-License-Identifier: Apache-2.0
// The functions of FHIRPath. Criteria (where, all, …) are evaluated with the element as $this; other arguments in
// the frame that the call stands in.
#include "fhirpath_frame.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <charconv>
#include <regex>
#include <unordered_set>

namespace liaison::fhir::path {
namespace {

/// std::regex recurses over its input; nothing longer is looked at.
constexpr std::size_t regex_input_size_max = 2000;

}  // namespace

collection evaluator::call_with_criterion(const expression& of, const collection& focus, const frame& at) {
  const auto test = [&](const item& one, std::size_t index) {
    const collection alone{one};
    return evaluate(*of.arguments[0], {alone, at.in, nullptr, index});
  };
  collection found;
  switch (of.function) {
    case function::where:
      for (std::size_t i = 0; i < focus.size(); ++i) {
        if (truth(test(focus[i], i)) == true) found.push_back(focus[i]);
      }
      return found;
    case function::select:
      for (std::size_t i = 0; i < focus.size(); ++i) std::ranges::move(test(focus[i], i), std::back_inserter(found));
      return found;
    case function::all:
      for (std::size_t i = 0; i < focus.size(); ++i) {
        if (truth(test(focus[i], i)) != true) return {flag_item(false)};
      }
      return {flag_item(true)};
    case function::exists:
      if (of.arguments.empty()) return {flag_item(!focus.empty())};
      for (std::size_t i = 0; i < focus.size(); ++i) {
        if (truth(test(focus[i], i)) == true) return {flag_item(true)};
      }
      return {flag_item(false)};
    case function::repeat: {
      std::unordered_set<node_id> seen;
      collection open = focus;
      while (!open.empty()) {
        collection next;
        for (std::size_t i = 0; i < open.size(); ++i) {
          for (const item& one : test(open[i], i)) {
            if (one.id == none || !seen.insert(one.id).second) continue;
            found.push_back(one);
            next.push_back(one);
          }
        }
        open = std::move(next);
      }
      return found;
    }
    case function::iif: {
      const bool yes = truth(evaluate(*of.arguments[0], {focus, at.in, nullptr, 0})) == true;
      if (yes) return evaluate(*of.arguments.at(1), {focus, at.in, nullptr, 0});
      return of.arguments.size() > 2 ? evaluate(*of.arguments[2], {focus, at.in, nullptr, 0}) : collection{};
    }
    case function::is_type:
      return focus.empty() ? collection{} : collection{flag_item(is_type(focus[0], of.arguments.at(0)->text))};
    case function::of_type:
    case function::as_type: {
      // FHIR.Patient is parsed as a step; its last name is the type.
      const expression* type = of.arguments.at(0).get();
      while (type->op == operation::step) type = type->arguments[1].get();
      std::ranges::copy_if(focus, std::back_inserter(found), [&](const item& one) { return is_type(one, type->text); });
      return found;
    }
    default:
      return focus;  // trace
  }
}

collection evaluator::call_on_sets(const expression& of, const collection& focus, const frame& at) {
  const frame& outside = at.outer != nullptr ? *at.outer : at;
  const auto argument = [&] { return of.arguments.empty() ? collection{} : evaluate(*of.arguments[0], outside); };
  const auto number = [&]() -> std::size_t {
    const collection given = argument();
    std::size_t value = 0;
    if (given.size() == 1) {
      const std::string_view text = text_of(given[0]);
      std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return value;
  };
  const auto keys = [&](const collection& all) {
    std::unordered_set<std::string> made;
    for (const item& one : all) made.insert(key_of(one));
    return made;
  };
  const auto slice = [&](std::size_t from, std::size_t to) {
    from = std::min(from, focus.size());
    to = std::clamp(to, from, focus.size());
    return collection(focus.begin() + static_cast<std::ptrdiff_t>(from),
                      focus.begin() + static_cast<std::ptrdiff_t>(to));
  };
  const auto every = [&](bool wanted) {
    return std::ranges::all_of(focus, [&](const item& one) { return (text_of(one) == "true") == wanted; });
  };
  switch (of.function) {
    case function::empty:
      return {flag_item(focus.empty())};
    case function::negation: {
      const auto value = truth(focus);
      return value ? collection{flag_item(!*value)} : collection{};
    }
    case function::count:
      return {number_item(static_cast<double>(focus.size()))};
    case function::first:
      return slice(0, 1);
    case function::single:
      return focus.size() == 1 ? focus : collection{};
    case function::last:
      return focus.empty() ? focus : slice(focus.size() - 1, focus.size());
    case function::tail:
      return slice(1, focus.size());
    case function::skip:
      return slice(number(), focus.size());
    case function::take:
      return slice(0, number());
    case function::distinct:
      return distinct(focus);
    case function::is_distinct:
      return {flag_item(keys(focus).size() == focus.size())};
    case function::unite:
    case function::combine: {
      collection both = focus;
      std::ranges::move(argument(), std::back_inserter(both));
      return of.function == function::unite ? distinct(std::move(both)) : both;
    }
    case function::intersect:
    case function::exclude: {
      const auto others = keys(argument());
      collection kept;
      std::ranges::copy_if(focus, std::back_inserter(kept), [&](const item& one) {
        return others.contains(key_of(one)) == (of.function == function::intersect);
      });
      return kept;
    }
    case function::subset_of:
    case function::superset_of: {
      const collection other = argument();
      const collection& small = of.function == function::subset_of ? focus : other;
      const auto large = keys(of.function == function::subset_of ? other : focus);
      return {flag_item(std::ranges::all_of(small, [&](const item& one) { return large.contains(key_of(one)); }))};
    }
    case function::all_true:
      return {flag_item(every(true))};
    case function::all_false:
      return {flag_item(every(false))};
    case function::any_true:
      return {flag_item(!every(false))};
    case function::any_false:
      return {flag_item(!every(true))};
    case function::children:
      return children(focus, {});
    case function::descendants:
      return descendants(focus);
    case function::has_value:
      return {flag_item(focus.size() == 1 && has_value(focus[0]))};
    case function::extension: {
      const collection url = argument();
      collection found = children(focus, "extension");
      std::erase_if(found,
                    [&](const item& one) { return url.empty() || tree_.text(one.id, "url") != text_of(url[0]); });
      return found;
    }
    case function::resolve: {
      collection found;
      for (const item& one : focus) {
        if (one.kind != value_kind::node) continue;
        const node_id target = tree_.is_object(one.id) ? bundle_.resolve(one.id) : bundle_.resolve_url(text_of(one));
        if (target != none) found.push_back(make_item(target, none, nullptr));
      }
      return found;
    }
    case function::html_checks:
    case function::conforms_to:
      return {flag_item(true)};  // narratives and profiles are checked elsewhere
    case function::member_of:
    case function::today:
      return {};  // no terminology server and no clock: not known
    default:
      return focus;  // get_value
  }
}

collection evaluator::call_on_text(const expression& of, const collection& focus, const frame& at) {
  if (focus.size() != 1 || !has_value(focus[0])) return {};
  const frame& outside = at.outer != nullptr ? *at.outer : at;
  const std::string_view text = text_of(focus[0]);
  const auto argument = [&](std::size_t number) -> std::string {
    if (number >= of.arguments.size()) return {};
    const collection given = evaluate(*of.arguments[number], outside);
    return given.size() == 1 ? std::string(text_of(given[0])) : std::string{};
  };
  const auto is_number = is_json_number(text);
  switch (of.function) {
    case function::matches:
    case function::replace_matches: {
      if (text.size() > regex_input_size_max) return {};
      try {
        const std::regex pattern(argument(0));
        if (of.function == function::matches) return {flag_item(std::regex_search(text.begin(), text.end(), pattern))};
        return {text_item(std::regex_replace(std::string(text), pattern, argument(1)))};
      } catch (const std::regex_error&) {
        return {};  // a pattern of another dialect says nothing
      }
    }
    case function::replace: {
      const std::string from = argument(0), to = argument(1);
      std::string made;
      std::size_t position = 0;
      while (!from.empty()) {
        const std::size_t next = text.find(from, position);
        if (next == std::string_view::npos) break;
        made.append(text.substr(position, next - position)).append(to);
        position = next + from.size();
      }
      return {text_item(made.append(text.substr(position)))};
    }
    case function::contains:
      return {flag_item(text.find(argument(0)) != std::string_view::npos)};
    case function::starts_with:
      return {flag_item(text.starts_with(argument(0)))};
    case function::ends_with:
      return {flag_item(text.ends_with(argument(0)))};
    case function::substring: {
      std::size_t from = 0, length = text.size();
      const std::string first = argument(0), second = argument(1);
      std::from_chars(first.data(), first.data() + first.size(), from);
      std::from_chars(second.data(), second.data() + second.size(), length);
      return from >= text.size() ? collection{} : collection{text_item(std::string(text.substr(from, length)))};
    }
    case function::index_of: {
      const std::size_t found = text.find(argument(0));
      return {number_item(found == std::string_view::npos ? -1 : static_cast<double>(found))};
    }
    case function::length:
      return {number_item(static_cast<double>(text.size()))};
    case function::upper:
    case function::lower: {
      std::string made(text);
      const bool up = of.function == function::upper;
      for (char& c : made) {
        if (up && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (!up && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      }
      return {text_item(std::move(made))};
    }
    case function::trim:
      return {text_item(std::string(liaison::trim(text)))};
    case function::to_integer:
    case function::to_decimal: {
      const bool whole = text.find_first_of(".eE") == std::string_view::npos;
      if (!is_number || (of.function == function::to_integer && !whole)) return {};
      item made = text_item(std::string(text));
      made.kind = value_kind::number;
      return {made};
    }
    case function::to_boolean:
      return text == "true" || text == "false" ? collection{flag_item(text == "true")} : collection{};
    default:
      return {text_item(std::string(text))};  // toString
  }
}

collection evaluator::call(const expression& of, const collection& focus, const frame& at) {
  if (!spend(focus.size() + 1)) return {};
  if (takes_criterion(of.function)) {
    const bool needs_argument = of.function != function::exists && of.function != function::trace;
    return needs_argument && of.arguments.empty() ? collection{} : call_with_criterion(of, focus, at);
  }
  const bool on_text = of.function >= function::matches && of.function <= function::to_boolean;
  return on_text ? call_on_text(of, focus, at) : call_on_sets(of, focus, at);
}

}  // namespace liaison::fhir::path
