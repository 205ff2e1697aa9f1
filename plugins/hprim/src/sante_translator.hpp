// SPDX-License-Identifier: Apache-2.0
// The translator `hprim-sante`: orders, results, admissions, invoices and errors between laboratories and hospitals,
// H2.0 to H2.5.
#pragma once

#include "sante_message.hpp"

#include <liaison/common/plugin.hpp>

namespace liaison::hprim {

class sante_translator : public translator {
 public:
  static constexpr const char* format = "hprim-sante";
  static constexpr const char* profiles[] = {"hprim-sante-2.5", "hprim-sante-2.4", "hprim-sante-2.3",
                                             "hprim-sante-2.2", "hprim-sante-2.1", nullptr};

  int recognise(bytes_view head) override { return recognise_sante(head); }
  liaison_status inspect(const call& host) override;
  liaison_status decode(const call& host) override;
  liaison_status encode(const call& host) override;
  liaison_status validate(const call& host) override;
  liaison_status acknowledge(const call& host) override;
  liaison_status render(const call& host) override;
};

}  // namespace liaison::hprim
