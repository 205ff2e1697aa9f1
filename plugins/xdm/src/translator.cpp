// SPDX-License-Identifier: Apache-2.0
// The plugin's one door: the table of operations for format `xdm`.
#include "encode.hpp"
#include "inspect.hpp"

#include <liaison/common/plugin.hpp>

#include <libxml/parser.h>

namespace liaison::xdm {
namespace {

class xdm_translator final : public translator {
 public:
  static constexpr const char* format = "xdm";
  static constexpr const char* profiles[] = {"cisis-xdm", "ihe-xdm", nullptr};
  static constexpr const char* wraps[] = {"*", nullptr};

  int recognise(bytes_view head) override { return recognise_archive(head); }
  liaison_status inspect(const call& request) override { return inspect_archive(request); }
  liaison_status decode(const call& request) override { return decode_archive(request); }
  liaison_status encode(const call& request) override { return encode_archive(request); }
  liaison_status validate(const call& request) override { return validate_archive(request); }
  liaison_status render(const call& request) override { return render_archive(request); }
};

}  // namespace
}  // namespace liaison::xdm

extern "C" const liaison_plugin* liaison_plugin_entry(const char* abi) {
  using liaison::xdm::xdm_translator;
  if (abi == nullptr || std::string_view(abi) != LIAISON_TRANSLATOR_ABI) return nullptr;
  static const liaison_translator* const translators[] = {&liaison::export_translator<xdm_translator>()};
  static const liaison_plugin plugin = {sizeof(liaison_plugin),
                                        "fr.liaison.xdm",
                                        "0.1.0",
                                        translators,
                                        1,
                                        [](liaison_bytes, const liaison_sink*, void** self) -> liaison_status {
                                          xmlInitParser();  // while files may still be opened
                                          *self = nullptr;
                                          return LIAISON_OK;
                                        },
                                        [](void*) {}};
  return &plugin;
}
