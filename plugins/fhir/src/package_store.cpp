// SPDX-License-Identifier: Apache-2.0
#include "profile.hpp"

#include "json_parser.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace liaison::fhir {
namespace {

constexpr unsigned value_set_depth_max = 8;

std::string_view without_version(std::string_view canonical) { return canonical.substr(0, canonical.find('|')); }

node_id member_starting(const tree& of, node_id object, std::string_view prefix) {
  for (node_id id = of[object].first; id != none; id = of[id].next) {
    const std::string_view name = of[id].name;
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] >= 'A' &&
        name[prefix.size()] <= 'Z')
      return id;
  }
  return none;
}

std::unique_ptr<profile_element> read_element(const tree& of, node_id element) {
  auto made = std::make_unique<profile_element>();
  made->source = &of;
  made->id = of.text(element, "id");
  const std::string_view path = of.text(element, "path");
  made->name = path.substr(path.rfind('.') + 1);
  if (made->name.ends_with("[x]")) made->name.remove_suffix(3);
  const auto number = [](std::string_view text, std::uint32_t& into) {
    std::from_chars(text.data(), text.data() + text.size(), into);
  };
  number(of.text(element, "min"), made->min);
  if (const auto max = of.text(element, "max"); max != "*") number(max, made->max);
  made->fixed = member_starting(of, element, "fixed");
  made->pattern = member_starting(of, element, "pattern");
  if (of.text(element, "binding/strength") == "required")
    made->required_set = without_version(of.text(element, "binding/valueSet"));
  of.each(of.child(element, "type"), [&](node_id type) {
    profile_type& use = made->types.emplace_back();
    use.name = of.text(type, "code");
    of.each(of.child(type, "profile"), [&](node_id id) { use.profiles.push_back(without_version(of[id].text)); });
    of.each(of.child(type, "targetProfile"), [&](node_id id) { use.targets.push_back(without_version(of[id].text)); });
  });
  of.each(of.child(element, "constraint"), [&](node_id constraint) {
    // Those of base R4 are checked by the tables; each snapshot repeats them.
    if (of.text(constraint, "source").starts_with("http://hl7.org/fhir/StructureDefinition/")) return;
    const std::string_view key = of.text(constraint, "key");
    if (key == "ele-1" || key == "ext-1" || key.starts_with("dom-")) return;
    path::compiled expression = path::compile(of.text(constraint, "expression"));
    if (expression.root != nullptr)
      made->rules.push_back(
          {key, of.text(constraint, "human"), of.text(constraint, "severity") == "error", std::move(expression)});
  });
  const node_id slicing = of.child(element, "slicing");
  made->sliced = slicing != none;
  made->closed = of.text(slicing, "rules") == "closed";
  of.each(of.child(slicing, "discriminator"), [&](node_id one) {
    made->discriminators.push_back({of.text(one, "type"), of.text(one, "path")});
  });
  return made;
}

}  // namespace

package_store& packages() {
  static package_store store;
  return store;
}

std::size_t package_store::load(const std::string& folder) {
  const std::size_t before = files_.size();
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, failed)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    auto made = std::make_unique<file>();
    made->bytes.assign(std::istreambuf_iterator<char>(in), {});
    if (!parse_json(made->bytes, made->resource).good) continue;
    const std::string_view type = made->resource.type_of(0);
    if (type != "StructureDefinition" && type != "ValueSet" && type != "CodeSystem") continue;
    files_.push_back(std::move(made));
    take(files_.back()->resource);
  }
  return files_.size() - before;
}

void package_store::take(const tree& resource) {
  const std::string_view type = resource.type_of(0), url = resource.text(0, "url");
  if (url.empty()) return;
  if (type == "ValueSet") value_sets_.emplace(url, &resource);
  if (type == "CodeSystem") code_systems_.emplace(url, &resource);
  if (type == "StructureDefinition") take_profile(resource);
}

void package_store::take_profile(const tree& resource) {
  profile made;
  made.url = resource.text(0, "url");
  made.type = resource.text(0, "type");
  std::unordered_map<std::string_view, profile_element*> by_id;
  resource.each(resource.find(0, "snapshot/element"), [&](node_id element) {
    auto one = read_element(resource, element);
    profile_element* raw = one.get();
    by_id.emplace(one->id, raw);
    if (made.root == nullptr) {
      made.root = std::move(one);
      return;
    }
    const std::size_t dot = raw->id.rfind('.');
    const std::string_view last = raw->id.substr(dot + 1);
    const std::size_t colon = last.find(':');
    if (colon != std::string_view::npos) {
      const auto base = by_id.find(raw->id.substr(0, dot + 1 + colon));
      if (base != by_id.end()) base->second->slices.push_back(std::move(one));
      return;
    }
    const auto parent = dot == std::string_view::npos ? by_id.end() : by_id.find(raw->id.substr(0, dot));
    if (parent != by_id.end()) parent->second->children.push_back(std::move(one));
  });
  if (made.root != nullptr) profiles_.emplace(made.url, std::move(made));
}

const profile* package_store::find(std::string_view canonical) const {
  const auto found = profiles_.find(without_version(canonical));
  return found == profiles_.end() ? nullptr : &found->second;
}

const package_store::codes* package_store::expansion(std::string_view canonical, unsigned depth) const {
  if (const auto known = expansions_.find(canonical); known != expansions_.end()) return known->second.get();
  const auto set = value_sets_.find(canonical);
  if (set == value_sets_.end() || depth > value_set_depth_max) return nullptr;
  const tree& of = *set->second;
  auto made = std::make_unique<codes>();
  bool complete = of.find(0, "compose/include") != none;
  const auto take_all = [](const tree& from, node_id list, std::unordered_set<std::string_view>& into) {
    std::vector<node_id> open{list};
    while (!open.empty()) {
      const node_id at = open.back();
      open.pop_back();
      from.each(at, [&](node_id code) {
        into.insert(from.text(code, "code"));
        if (const node_id inner = from.child(code, "concept"); inner != none) open.push_back(inner);
      });
    }
  };
  of.each(of.find(0, "compose/include"), [&](node_id include) {
    complete = complete && of.child(include, "filter") == none;
    of.each(of.child(include, "valueSet"), [&](node_id other) {
      const codes* inner = expansion(without_version(of[other].text), depth + 1);
      complete = complete && inner != nullptr;
      if (inner == nullptr) return;
      for (const auto& [system, some] : *inner) (*made)[system].insert(some.begin(), some.end());
    });
    const std::string_view system = of.text(include, "system");
    if (system.empty()) return;
    if (const node_id listed = of.child(include, "concept"); listed != none)
      return take_all(of, listed, (*made)[system]);
    const auto known = code_systems_.find(system);
    const bool whole = known != code_systems_.end() && known->second->text(0, "content") == "complete";
    complete = complete && whole;
    if (whole) take_all(*known->second, known->second->child(0, "concept"), (*made)[system]);
  });
  if (!complete) made = nullptr;
  return expansions_.emplace(canonical, std::move(made)).first->second.get();
}

std::optional<bool> package_store::has_code(std::string_view canonical, std::string_view system,
                                            std::string_view code) const {
  const codes* all = expansion(without_version(canonical), 0);
  if (all == nullptr) return std::nullopt;
  for (const auto& [in, some] : *all) {
    if ((system.empty() || in == system) && some.contains(code)) return true;
  }
  return false;
}

}  // namespace liaison::fhir
