// SPDX-License-Identifier: Apache-2.0
// What stands in for libFuzzer in ordinary builds: every file of the corpus folder, each of them cut short at
// many places, and each with single bytes changed in a fixed pattern. A crash or a hang fails the test.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t variants_per_file_max = 80;

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void run_variants(const std::string& bytes) {
  const std::size_t step = bytes.size() / variants_per_file_max + 1;
  constexpr unsigned char damage[] = {0x00, 0xFF, '"', '<', '{', '|', '\r', 0xC3};
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    run(bytes.substr(0, at));
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damage[(at / step) % sizeof(damage)]);
    run(damaged);
  }
}

}  // namespace

int main(int count, char** values) {
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(values[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(values[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      run(bytes);
      run_variants(bytes);
      ++files;
    }
  }
  run({});
  std::printf("%zu files\n", files);
  return files > 0 ? 0 : 1;  // A corpus that has gone away must not look like a pass.
}
