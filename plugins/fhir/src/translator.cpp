// SPDX-License-Identifier: Apache-2.0
// The translator `fhir` and the plugin's one exported symbol.
#include "bundle.hpp"
#include "decode.hpp"
#include "encode.hpp"
#include "facts.hpp"
#include "identity.hpp"
#include "message.hpp"
#include "profile.hpp"
#include "render.hpp"
#include "rest_translator.hpp"
#include "validate.hpp"

#include <liaison/common/plugin.hpp>

#include <cstring>

namespace liaison::fhir {
namespace {

constexpr int certain = 95, likely = 25;

struct fhir_translator final : translator {
  static constexpr const char* format = "fhir";
  static constexpr const char* const profiles[] = {"fr-core", "pdsm-iti65", "pdsm-iti105", "eu-lab",
                                                   "eu-hdr",  "message",    nullptr};
  static constexpr const char* const wraps[] = {"pdsm-iti65", "pdsm-iti105", nullptr};

  int recognise(bytes_view head) override {
    switch (syntax_of(head)) {
      case syntax::xml:
        return certain;
      case syntax::json:
        return head.find("\"resourceType\"") != bytes_view::npos ? certain : likely;
      case syntax::unknown:
        break;
    }
    return 0;
  }

  liaison_status inspect(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    const bundle_view bundle(read.resource);
    if (const auto status = check_identity(of, bundle); status != LIAISON_OK) return status;
    const auto on_file = [&](embedded_file&& file) {
      if (file.format.empty()) return;
      of.emit(LIAISON_PART_EMBEDDED, file.bytes, file.content_type.c_str(), file.location.c_str(),
              std::string(file.format).c_str());
    };
    of.emit(extract_facts(bundle, of.options().values ? result_values::listed : result_values::counted, on_file));
    return LIAISON_OK;
  }

  liaison_status decode(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    if (const auto status = check_identity(of, bundle_view(read.resource)); status != LIAISON_OK) return status;
    return decode_message(of, read);
  }

  liaison_status encode(const call& of) override { return encode_pivot(of); }

  liaison_status validate(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    validate_message(of, read);
    return LIAISON_OK;
  }

  liaison_status render(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    of.emit(LIAISON_PART_TEXT, render_text(bundle_view(read.resource)), "text/plain; charset=utf-8");
    return LIAISON_OK;
  }

 private:
  static liaison_status open(const call& of, message& read) {
    if (read_message(of.input(), read)) return report_defects(of, read);
    if (read.syntax == syntax::unknown) {
      of.report(severity::error, "fhir-not-fhir", "line 1", "neither FHIR JSON nor FHIR XML");
    } else {
      of.report(severity::error, "fhir-no-resource-type", "line 1",
                "a JSON object without resourceType is no FHIR resource");
    }
    return LIAISON_NOT_MINE;
  }

  static liaison_status check_identity(const call& of, const bundle_view& bundle) {
    const auto conflict = find_conflict(bundle);
    if (!conflict) return LIAISON_OK;
    const tree& source = bundle.source();
    of.report(
        severity::error, "fhir-two-identities", source.location(conflict->second),
        "the message names two different INS for one subject (the other at " + source.location(conflict->first) + ")");
    return LIAISON_REJECT;
  }
};

liaison_status complain(const liaison_sink* sink, const std::string& text) {
  const liaison_issue found = {sizeof(liaison_issue), LIAISON_ERROR, "fhir-packages", "packages", text.c_str()};
  (void)sink->issue(sink->self, &found);
  return LIAISON_REJECT;
}

/// `{"packages": ["folder", …]}`: profiles to check resources against, beside the rules built in.
liaison_status load_packages(bytes_view configuration, const liaison_sink* sink) {
  try {
    if (configuration.empty()) return LIAISON_OK;
    tree options;
    if (!parse_json(configuration, options).good)
      return complain(sink, "the configuration of the plugin is no JSON object");
    std::vector<std::string> folders;
    options.each(options.child(0, "packages"), [&](node_id id) { folders.emplace_back(options[id].text); });
    for (const auto& folder : folders) {
      if (packages().load(folder) == 0) return complain(sink, "no FHIR definitions in the folder " + folder);
    }
    return LIAISON_OK;
  } catch (const std::exception&) {
    return complain(sink, "the packages could not be read");
  }
}

const liaison_plugin& plugin() {
  static const liaison_translator* const translators[] = {&export_translator<fhir_translator>(),
                                                        &export_translator<rest_translator>()};
  static const liaison_plugin made = {
      sizeof(liaison_plugin),
      "fr.liaison.fhir",
      "0.1.0",
      translators,
      2,
      [](liaison_bytes configuration, const liaison_sink* sink, void** self) {
        *self = nullptr;
        return load_packages({reinterpret_cast<const char*>(configuration.data), configuration.size}, sink);
      },
      [](void*) {},
  };
  return made;
}

}  // namespace
}  // namespace liaison::fhir

extern "C" LIAISON_PLUGIN_EXPORT const liaison_plugin* liaison_plugin_entry(const char* abi) {
  return abi != nullptr && std::strcmp(abi, LIAISON_TRANSLATOR_ABI) == 0 ? &liaison::fhir::plugin() : nullptr;
}
