// SPDX-License-Identifier: Apache-2.0
// The translator `hprim-xml`: identity, stays, acts, PMSI and their acknowledgements between systems of a hospital, all
// versions.
#pragma once

#include <liaison/common/plugin.hpp>

namespace liaison::hprim {

class hxml_translator : public translator {
 public:
  static constexpr const char* format = "hprim-xml";
  static constexpr const char* profiles[] = {"hprim-xml", nullptr};

  int recognise(bytes_view head) override;
  liaison_status inspect(const call& host) override;
  liaison_status decode(const call& host) override;
  liaison_status encode(const call& host) override;
  liaison_status validate(const call& host) override;
  liaison_status acknowledge(const call& host) override;
  liaison_status render(const call& host) override;
};

}  // namespace liaison::hprim
