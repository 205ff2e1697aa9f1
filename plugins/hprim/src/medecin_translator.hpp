// SPDX-License-Identifier: Apache-2.0
// The translator `hprim-medecin`: text with a header of twelve lines, letters and laboratory results for general
// practitioners.
#pragma once

#include "medecin_message.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::hprim {

class medecin_translator : public translator {
 public:
  static constexpr const char* format = "hprim-medecin";
  static constexpr const char* profiles[] = {"hprim-medecin-3.0", nullptr};

  int recognise(bytes_view head) override { return recognise_medecin(head); }
  liaison_status inspect(const call& host) override;
  liaison_status decode(const call& host) override;
  liaison_status encode(const call& host) override;
  liaison_status validate(const call& host) override;
  liaison_status render(const call& host) override;
};

/// Status after reading: OK with at least one message, else why not.
liaison_status status_of(const medecin_file& file, const findings& found);

/// The body of a message and what RES or TEX add to it, as lines of text; empty when there is none.
std::string text_of(const medecin_message& message);

}  // namespace liaison::hprim
