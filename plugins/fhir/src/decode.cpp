// SPDX-License-Identifier: Apache-2.0
// A document or message Bundle is the pivot already and passes through unchanged, byte for byte when nothing is
// wrong with it. Everything else becomes a Bundle: what it says of itself as a document goes into a Composition
// (compose.hpp), its resources follow as they are, what belonged to the REST exchange stays behind. A submission whose
// document has a pivot of its own becomes that pivot (decode_carried.hpp).
#include "decode.hpp"

#include "bundle.hpp"
#include "bundle_writer.hpp"
#include "compose.hpp"
#include "decode_carried.hpp"
#include "pivot_account.hpp"
#include "prune.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>

#include <unordered_map>

namespace liaison::fhir {
namespace {

constexpr const char* media_type = "application/fhir+json";

bool is_pivot_already(const bundle_view& of) {
  if (!of.is_bundle() || of.entries().empty() || of.entries().front().resource == none) return false;
  const std::string_view first = of.source().type_of(of.entries().front().resource);
  return (of.type() == "document" && first == "Composition") || (of.type() == "message" && first == "MessageHeader") ||
         (of.type() == "collection" && first == "Composition");
}

std::string_view without_byte_order_mark(std::string_view bytes) {
  return bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
}

class bundle_maker {
 public:
  bundle_maker(const call& of, const bundle_view& source, placements& where, account* ledger)
      : call_(of), bundle_(source), tree_(source.source()), where_(where), ledger_(ledger) {
    seed_ = !of.options().id_seed.empty() ? of.options().id_seed : sha256_hex(of.input());
  }

  std::string make() {
    name_entries();
    const auto url_of = [this](node_id resource) {
      const auto found = urls_.find(resource);  // what lies in a Bundle inside the Bundle has no url out here
      return found == urls_.end() ? std::string{} : found->second;
    };
    const composed head = compose(bundle_, call_.options().now, url_of, where_, ledger_);
    const bool has_own = bundle_.first("Composition") != none;
    object_text out(tree_, {}, where_);
    out.text("resourceType", "Bundle");
    if (bundle_.is_bundle()) {
      for (const std::string_view name : {"id", "implicitRules", "language"}) out.copy(name, tree_.child(0, name));
    }
    const bool document = !head.composition.empty() && !has_own;
    identify(out, document ? head.document_identifier : none);
    out.text("type", document || (has_own && bundle_.type() == "document") ? "document" : "collection");
    stamp(out);
    entries(out, document ? head.composition : std::string{});
    drop_exchange();
    return out.close();
  }

 private:
  void name_entries() {
    std::size_t ordinal = 0;
    for (const auto& entry : bundle_.entries()) {
      const std::size_t mine = ordinal++;
      if (entry.resource == none || nested(entry)) continue;
      std::string url(entry.full_url);
      if (url.find(':') == std::string::npos) {  // none, or a relative one that leads nowhere from here
        if (!url.empty()) where_.dropped.emplace(tree_.child(entry.element, "fullUrl"), "is not absolute; replaced");
        url = "urn:uuid:" + uuid_v5(seed_ + "/" + std::to_string(mine));
      }
      urls_.emplace(entry.resource, std::move(url));
    }
    composition_url_ = "urn:uuid:" + uuid_v5(seed_ + "/composition");
  }

  /// Entries of a Bundle inside the Bundle travel with their carrier.
  bool nested(const bundle_view::entry& entry) const {
    return entry.element != none && tree_[tree_[entry.element].parent].parent != 0;
  }

  void identify(object_text& out, node_id document_identifier) {
    const node_id own = bundle_.is_bundle() ? tree_.child(0, "identifier") : none;
    if (own != none) {
      out.copy("identifier", own);
    } else if (!tree_.text(document_identifier, "system").empty() &&
               !tree_.text(document_identifier, "value").empty()) {
      out.copy("identifier", document_identifier);
    } else {
      const std::string made = "urn:uuid:" + uuid_v5(seed_ + "/identifier");
      out.raw("identifier", R"({"system":"urn:ietf:rfc:3986","value":")" + made + "\"}");
      if (ledger_ != nullptr) ledger_->added("/identifier/value", made, "the source has no identifier of its own");
    }
  }

  void stamp(object_text& out) {
    const node_id own = bundle_.is_bundle() ? tree_.child(0, "timestamp") : none;
    if (own != none) {
      out.copy("timestamp", own);
    } else if (!call_.options().now.empty()) {
      out.text("timestamp", call_.options().now);
      if (ledger_ != nullptr) ledger_->added("/timestamp", call_.options().now, "the source has no time of its own");
    }
  }

  void entries(object_text& out, const std::string& composition) {
    std::string list;
    std::size_t ordinal = 0;
    const auto open = [&](std::string_view url) {
      if (ordinal++ > 0) list += ',';
      list += "{\"fullUrl\":";
      append_json_string(list, url);
      list += ",\"resource\":";
    };
    if (!composition.empty()) {
      open(composition_url_);
      list += composition + "}";
    }
    const node_id first = composition.empty() ? bundle_.first("Composition") : none;
    const auto put = [&](const bundle_view::entry& entry) {
      const std::string at = "/entry/" + std::to_string(ordinal);
      open(urls_.at(entry.resource));
      write_json(tree_, entry.resource, list);
      list += '}';
      where_.copied(entry.resource, at + "/resource");
      if (entry.element != none) where_.copied(tree_.child(entry.element, "fullUrl"), at + "/fullUrl");
    };
    // A Composition that came late is put first, where a document Bundle must have it.
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource != none && entry.resource == first && !nested(entry)) put(entry);
    }
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource != none && entry.resource != first && !nested(entry)) put(entry);
    }
    if (ordinal > 0) out.raw("entry", "[" + list + "]");
  }

  /// Whatever of the Bundle is not copied belongs to the exchange that brought it.
  void drop_exchange() {
    if (!bundle_.is_bundle()) return;
    for (const std::string_view name : {"type", "total", "link", "meta", "signature"}) {
      if (const node_id id = tree_.child(0, name); id != none)
        where_.dropped.emplace(id, name == "signature" ? "a signature does not hold for changed content"
                                                       : "belongs to the exchange, not to the content");
    }
    if (const node_id type = tree_.child(0, "resourceType"); type != none) where_.copied(type, "/resourceType");
    for (const auto& entry : bundle_.entries()) {
      if (entry.element == none || nested(entry)) continue;
      for (const std::string_view name : {"request", "response", "search", "link"}) {
        if (const node_id id = tree_.child(entry.element, name); id != none)
          where_.dropped.emplace(id, "belongs to the exchange, not to the content");
      }
    }
  }

  const call& call_;
  const bundle_view& bundle_;
  const tree& tree_;
  placements& where_;
  account* ledger_;
  std::string seed_, composition_url_;
  std::unordered_map<node_id, std::string> urls_;
};

}  // namespace

liaison_status decode_message(const call& of, message& read) {
  const bool whole = prune(read.resource) == 0 && read.syntax == syntax::json;
  const bundle_view source(read.resource);
  account ledger;
  account* wanted = of.options().account ? &ledger : nullptr;
  placements where;
  std::string_view otherwise = "has no place in the target";
  if (is_pivot_already(source)) {
    where.copied(0, {});
    if (whole) {
      of.emit(LIAISON_PART_DOCUMENT, without_byte_order_mark(of.input()), media_type, nullptr, "fhir");
    } else {
      std::string text;
      write_json(read.resource, 0, text);
      of.emit(LIAISON_PART_DOCUMENT, text, media_type, nullptr, "fhir");
    }
  } else if (const auto merged = decode_carried(of, source, where)) {
    of.emit(LIAISON_PART_DOCUMENT, *merged, media_type, nullptr, "fhir");
    otherwise = "said for the exchange; the document counts";
  } else {
    of.emit(LIAISON_PART_DOCUMENT, bundle_maker(of, source, where, wanted).make(), media_type, nullptr, "fhir");
  }
  if (wanted == nullptr) return LIAISON_OK;
  write_account(read.resource, where, ledger, otherwise,
                read.syntax == syntax::xml ? source_places::fhirpath : source_places::pointers);
  of.emit(LIAISON_PART_ACCOUNT, ledger.to_json(), "application/json");
  return LIAISON_OK;
}

}  // namespace liaison::fhir
