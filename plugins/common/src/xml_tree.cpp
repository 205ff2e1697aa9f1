// SPDX-License-Identifier: Apache-2.0
// Walking a parsed tree without regard to prefixes, and its account: one row for each attribute and text, kept in
// the node itself. Nothing here recurses, and no walk looks at a node's siblings more than a fixed number of times.
#include <liaison/common/text.hpp>
#include <liaison/common/xml.hpp>

#include <algorithm>
#include <cstdint>

namespace liaison {

std::string_view local_name(const xmlNode* node) {
  if (node == nullptr || node->name == nullptr) {
    return {};
  }
  // A prefix that was never declared stays in the name.
  const std::string_view name = reinterpret_cast<const char*>(node->name);
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

const xmlNode* child(const xmlNode* of, std::string_view name) {
  if (of == nullptr) {
    return nullptr;
  }
  for (const xmlNode* node = of->children; node != nullptr; node = node->next) {
    if (node->type == XML_ELEMENT_NODE && local_name(node) == name) {
      return node;
    }
  }
  return nullptr;
}

const xmlNode* next(const xmlNode* of, std::string_view name) {
  if (of == nullptr) {
    return nullptr;
  }
  for (const xmlNode* node = of->next; node != nullptr; node = node->next) {
    if (node->type == XML_ELEMENT_NODE && local_name(node) == name) {
      return node;
    }
  }
  return nullptr;
}

const xmlNode* descend(const xmlNode* of, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    of = child(of, name);
  }
  return of;
}

namespace {

const xmlAttr* attribute_node(const xmlNode* node, std::string_view name) {
  if (node == nullptr || node->type != XML_ELEMENT_NODE) {
    return nullptr;
  }
  for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    if (local_name(reinterpret_cast<const xmlNode*>(attribute)) == name) {
      return attribute;
    }
  }
  return nullptr;
}

std::string_view content_of(const xmlNode* text) {
  return text->content == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text->content);
}

/// Without entities the value of an attribute is one text node.
std::string value_of(const xmlAttr* attribute) {
  std::string value;
  for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) {
    value += content_of(part);
  }
  return value;
}

bool is_text(const xmlNode* node) { return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE; }

/// The next node in document order within `root`; without recursion.
const xmlNode* following(const xmlNode* node, const xmlNode* root) {
  if (node->children != nullptr && node->type == XML_ELEMENT_NODE) {
    return node->children;
  }
  while (node != root && node->next == nullptr) {
    node = node->parent;
  }
  return node == root ? nullptr : node->next;
}

/// "name" or "name[2]" when siblings share the name.
std::string step_of(const xmlNode* node) {
  const std::string_view name = local_name(node);
  std::size_t ordinal = 1;
  for (const xmlNode* before = node->prev; before != nullptr; before = before->prev) {
    ordinal += before->type == XML_ELEMENT_NODE && local_name(before) == name ? 1 : 0;
  }
  std::string step(name);
  if (ordinal > 1 || next(node, name) != nullptr) {
    step += '[' + std::to_string(ordinal) + ']';
  }
  return step;
}

}  // namespace

std::string attribute_text(const xmlNode* node, std::string_view name) {
  const xmlAttr* attribute = attribute_node(node, name);
  return attribute == nullptr ? std::string() : value_of(attribute);
}

std::string all_text(const xmlNode* node) {
  std::string text;
  for (const xmlNode* at = node; at != nullptr; at = following(at, node)) {
    if (is_text(at)) {
      text += content_of(at);
    }
  }
  return text;
}

std::string xml_location(const xmlNode* node, std::string_view attribute) {
  std::vector<std::string> steps;
  for (; node != nullptr && node->type == XML_ELEMENT_NODE; node = node->parent) {
    steps.push_back(step_of(node));
  }
  std::string location;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    location += '/' + *step;
  }
  if (!attribute.empty()) {
    location.append("/@").append(attribute);
  }
  return location;
}

// ---- the account of a tree

struct xml_ledger::rows {};

namespace {

// The row of a leaf is kept in the node itself (`_private`, which libxml2 leaves to its callers), one higher
// so that null means none.
void remember(void*& place, account::leaf id) { place = reinterpret_cast<void*>(static_cast<std::uintptr_t>(id) + 1); }
bool has_row(const void* place) { return place != nullptr; }
account::leaf leaf_at(const void* place) {
  return static_cast<account::leaf>(reinterpret_cast<std::uintptr_t>(place) - 1);
}

/// Names of the children of one element with how often each comes and how many were passed.
struct level {
  const xmlNode* element = nullptr;
  std::size_t path_length = 0;
  struct tally {
    std::string_view name;
    std::size_t total = 0;
    std::size_t passed = 0;
  };
  std::vector<tally> names;
  std::size_t texts = 0;
  std::size_t texts_passed = 0;
};

level enter(const xmlNode* element, std::size_t path_length) {
  level made;
  made.element = element;
  made.path_length = path_length;
  for (const xmlNode* node = element->children; node != nullptr; node = node->next) {
    if (is_text(node)) {
      made.texts += trim(content_of(node)).empty() ? 0 : 1;
    } else if (node->type == XML_ELEMENT_NODE) {
      made.names.push_back({local_name(node), 1, 0});
    }
  }
  if (made.names.size() > 1) {
    std::sort(made.names.begin(), made.names.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < made.names.size(); ++i) {
      if (made.names[i].name == made.names[kept].name) {
        ++made.names[kept].total;
      } else {
        made.names[++kept] = made.names[i];
      }
    }
    made.names.resize(kept + 1);
  }
  return made;
}

constexpr std::size_t account_value_size_max = 512;

/// A base64 body of megabytes does not belong in a ledger: its beginning and its size do.
std::string ledger_value(std::string_view value) {
  if (value.size() <= account_value_size_max) {
    return std::string(value);
  }
  std::size_t end = 64;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return std::string(value.substr(0, end)) + "… (" + std::to_string(value.size()) + " bytes)";
}

class ledger_walk {
 public:
  ledger_walk(const xmlNode* root, account& ledger, std::string_view prefix) : ledger_(ledger), path_(prefix) {
    if (root == nullptr) {
      return;
    }
    path_ += '/';
    path_ += local_name(root);
    attributes(root);
    levels_.push_back(enter(root, path_.size()));
    const xmlNode* node = root->children;
    while (!levels_.empty()) {
      if (node == nullptr) {
        node = levels_.back().element->next;
        const bool at_root = levels_.back().element == root;
        levels_.pop_back();
        if (at_root) {
          break;
        }
        continue;
      }
      path_.resize(levels_.back().path_length);
      if (is_text(node)) {
        text(node);
      } else if (node->type == XML_ELEMENT_NODE) {
        step(node);
        attributes(node);
        levels_.push_back(enter(node, path_.size()));
        node = node->children;
        continue;
      }
      node = node->next;
    }
  }

 private:
  void step(const xmlNode* node) {
    const std::string_view name = local_name(node);
    auto& names = levels_.back().names;
    const auto found = std::lower_bound(names.begin(), names.end(), name,
                                        [](const level::tally& a, std::string_view b) { return a.name < b; });
    path_ += '/';
    path_ += name;
    ++found->passed;
    if (found->total > 1) {
      path_ += '[' + std::to_string(found->passed) + ']';
    }
  }

  void attributes(const xmlNode* node) {
    for (xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
      const std::string value = value_of(attribute);
      if (trim(value).empty()) {
        continue;
      }
      const std::string_view name = local_name(reinterpret_cast<const xmlNode*>(attribute));
      const account::leaf id = ledger_.add(path_ + "/@" + std::string(name), ledger_value(value));
      remember(attribute->_private, id);
      if (name == "schemaLocation" || name == "noNamespaceSchemaLocation") {
        ledger_.envelope(id);
      }
    }
  }

  void text(const xmlNode* node) {
    const std::string_view content = trim(content_of(node));
    if (content.empty()) {
      return;
    }
    level& of = levels_.back();
    ++of.texts_passed;
    std::string location = path_;
    if (of.texts > 1) {
      location += "/text()[" + std::to_string(of.texts_passed) + ']';
    }
    remember(const_cast<xmlNode*>(node)->_private, ledger_.add(std::move(location), ledger_value(content)));
  }

  account& ledger_;
  std::string path_;
  std::vector<level> levels_;
};

template <class Action>
void for_each_leaf(const xmlNode* root, Action action) {
  for (const xmlNode* at = root; at != nullptr; at = following(at, root)) {
    if (is_text(at)) {
      if (has_row(at->_private)) {
        action(leaf_at(at->_private));
      }
    } else if (at->type == XML_ELEMENT_NODE) {
      for (const xmlAttr* attribute = at->properties; attribute != nullptr; attribute = attribute->next) {
        if (has_row(attribute->_private)) {
          action(leaf_at(attribute->_private));
        }
      }
    }
  }
}

}  // namespace

xml_ledger::xml_ledger(const xmlDoc* document, account* ledger, std::string_view prefix)
    : xml_ledger(document == nullptr ? nullptr : xmlDocGetRootElement(document), ledger, prefix) {}

xml_ledger::xml_ledger(const xmlNode* root, account* ledger, std::string_view prefix) : ledger_(ledger) {
  if (ledger_ != nullptr && root != nullptr) {
    ledger_walk(root, *ledger_, prefix);
  }
}

sourced xml_ledger::attribute(const xmlNode* node, const char* name) const {
  const xmlAttr* attribute = attribute_node(node, name);
  if (attribute == nullptr) {
    return {};
  }
  std::string value = value_of(attribute);
  return has_row(attribute->_private) ? sourced(std::move(value), leaf_at(attribute->_private))
                                      : sourced(std::move(value));
}

sourced xml_ledger::text(const xmlNode* node) const {
  sourced found;
  if (node == nullptr) {
    return found;
  }
  for (const xmlNode* part = node->children; part != nullptr; part = part->next) {
    if (!is_text(part)) {
      continue;
    }
    found.text += content_of(part);
    if (!found.has_leaf && has_row(part->_private)) {
      found.leaf = leaf_at(part->_private);
      found.has_leaf = true;
    }
  }
  found.text = std::string(trim(found.text));
  return found;
}

sourced xml_ledger::row_of(const xmlNode* text_node) const {
  return text_node != nullptr && has_row(text_node->_private) ? sourced({}, leaf_at(text_node->_private)) : sourced();
}

void xml_ledger::carry_all(const xmlNode* node, std::string_view place) const {
  if (ledger_ != nullptr && node != nullptr) {
    for_each_leaf(node, [&](account::leaf id) { ledger_->carry(id, std::string(place)); });
  }
}

void xml_ledger::drop_all(const xmlNode* node, std::string_view reason) const {
  if (ledger_ != nullptr && node != nullptr) {
    for_each_leaf(node, [&](account::leaf id) { ledger_->drop(id, reason); });
  }
}

void xml_ledger::envelope(const xmlNode* node, const char* attribute_name) const {
  if (ledger_ == nullptr || node == nullptr) {
    return;
  }
  if (attribute_name == nullptr) {
    for_each_leaf(node, [&](account::leaf id) { ledger_->envelope(id); });
    return;
  }
  const xmlAttr* attribute = attribute_node(node, attribute_name);
  if (attribute != nullptr && has_row(attribute->_private)) {
    ledger_->envelope(leaf_at(attribute->_private));
  }
}

}  // namespace liaison
