// SPDX-License-Identifier: Apache-2.0
// The plugin's one door: the table of operations for format `hl7v2`.
#include "acknowledge.hpp"
#include "decode.hpp"
#include "encode.hpp"
#include "inspect.hpp"
#include "reading.hpp"
#include "render.hpp"
#include "structure.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::hl7v2 {
namespace {

class hl7v2_translator final : public translator {
 public:
  static constexpr const char* format = "hl7v2";
  static constexpr const char* profiles[] = {"hl7v2", "cisis-cda-hl7v2", "cisis-cda-hl7-lps", "pam-fr", nullptr};

  static constexpr const char* wraps[] = {"cisis-cda-hl7v2", "cisis-cda-hl7-lps", nullptr};

  int recognise(bytes_view head) override { return find_header(head) ? 100 : 0; }
  liaison_status inspect(const call& request) override { return inspect_message(request); }
  liaison_status decode(const call& request) override { return decode_message(request); }
  liaison_status encode(const call& request) override { return encode_message(request); }
  liaison_status validate(const call& request) override { return validate_message(request); }
  liaison_status render(const call& request) override { return render_message(request); }
  liaison_status acknowledge(const call& request) override { return acknowledge_message(request); }
};

}  // namespace
}  // namespace liaison::hl7v2

extern "C" const liaison_plugin* liaison_plugin_entry(const char* abi) {
  using liaison::hl7v2::hl7v2_translator;
  if (abi == nullptr || std::string_view(abi) != LIAISON_TRANSLATOR_ABI) return nullptr;
  static const liaison_translator* const translators[] = {&liaison::export_translator<hl7v2_translator>()};
  static const liaison_plugin plugin = {sizeof(liaison_plugin),
                                        "fr.liaison.hl7v2",
                                        "0.1.0",
                                        translators,
                                        1,
                                        [](liaison_bytes, const liaison_sink*, void** self) -> liaison_status {
                                          *self = nullptr;
                                          return LIAISON_OK;
                                        },
                                        [](void*) {}};
  return &plugin;
}
