// SPDX-License-Identifier: Apache-2.0
// The suite of the store contract: every case runs against every backend.
#pragma once

#include "tests/contract/store/store_fixture.hpp"

namespace liaison::store::testing {

struct backend {
  const char* name;
  std::unique_ptr<store> (*open)(executor&, const clock&, const std::filesystem::path&);
};

inline const std::vector<backend>& backends() {
  static const std::vector<backend> all = {
      {"memory",
       [](executor& runs, const clock& time, const std::filesystem::path&) -> std::unique_ptr<store> {
         return open_memory(runs, time, {.receipts_kept = 3});
       }},
      {"sqlite",
       [](executor& runs, const clock& time, const std::filesystem::path& folder) -> std::unique_ptr<store> {
         return open_sqlite(quick_options(folder), runs, time).value();
       }},
  };
  return all;
}

class store_contract : public ::testing::TestWithParam<backend> {
 protected:
  ~store_contract() override { store_->close(); }

  scratch_folder folder_;
  hand_executor runs_;
  hand_clock time_;
  open_store store_{runs_, GetParam().open(runs_, time_, folder_.path())};
};

inline std::string backend_name(const ::testing::TestParamInfo<backend>& info) { return info.param.name; }

}  // namespace liaison::store::testing
