// SPDX-License-Identifier: Apache-2.0
// A peer that writes whatever bytes it likes, in whatever pieces, and reads what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace liaison::test {

class stranger {
 public:
  explicit stranger(std::uint16_t port);  ///< on loopback; fails the test when nobody listens
  ~stranger();
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  /// As much as the other side takes; stops without a word when it has closed.
  void write(std::string_view bytes);
  void write_slowly(std::string_view bytes, std::size_t piece, int pause_ms);
  void end_output();  ///< says that no more comes; still reads
  /// Until `text` was seen `count` times, the other side closed, or the time is over. All that was read so far.
  const std::string& read_until(std::string_view text, std::size_t count = 1, int ms_max = 20'000);
  const std::string& read_all(int ms_max = 20'000);  ///< until the other side closes
  bool closed() const { return closed_; }            ///< by the other side, as far as was read

 private:
  bool read_some(int ms_max);

  int handle_ = -1;
  bool closed_ = false;
  std::string read_;
};

}  // namespace liaison::test
