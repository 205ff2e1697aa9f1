// SPDX-License-Identifier: Apache-2.0
// The translator `cda`: CDA R2 of the French CI-SIS, level 1 and level 3.
#pragma once

#include <liaison/common/plugin.hpp>

namespace liaison::cda {

class cda_translator : public translator {
 public:
  static constexpr const char* format = "cda";
  static constexpr const char* profiles[] = {"ci-sis-n1", "ci-sis-n3", nullptr};

  int recognise(bytes_view head) override;
  liaison_status inspect(const call& of) override;
  liaison_status decode(const call& of) override;
  liaison_status encode(const call& of) override;
  liaison_status validate(const call& of) override;
  liaison_status render(const call& of) override;
};

}  // namespace liaison::cda
