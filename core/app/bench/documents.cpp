// SPDX-License-Identifier: Apache-2.0
// Documents of 200 kB and 5 MB (base64 in OBX-5) over MLLP, beside what the same disk takes when chunks of that size are
// appended to a file with one fdatasync each; and how many bytes the gateway had written to the disk for each that came in.
#include "core/app/bench/measurements.hpp"
#include "core/app/bench/samples.hpp"
#include "core/app/bench/servers.hpp"
#include "core/net/load.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace liaison::app::bench {

namespace {

constexpr const char* name = "documents";
constexpr unsigned connections = 8;
constexpr std::uint64_t numbers_of_a_turn = 10'000'000;
constexpr double megabyte = 1e6;

/// MB/s of appending `chunk` to a new file, each with its fdatasync, for so long.
result<double> sequential_write(const std::string& file, const std::string& chunk, double seconds) {
  using steady = std::chrono::steady_clock;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return failure{"io-error", std::string("opening a file: ") + std::strerror(errno)};
  double written = 0, took = 0;
  bool fine = true;
  for (const auto begin = steady::now(); fine && took < seconds; took = std::chrono::duration<double>(steady::now() - begin).count()) {
    fine = ::write(fd, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size()) && ::fdatasync(fd) == 0;
    written += static_cast<double>(chunk.size());
  }
  const int error = errno;
  ::close(fd);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  if (!fine) return failure{"io-error", std::string("writing a file: ") + std::strerror(error)};
  return written / megabyte / took;
}

result<std::vector<line>> measure_size(const settings& how, std::size_t size_bytes, const std::string& label) {
  // One gateway for each turn, on an empty disk: a turn may write gigabytes.
  const sample message = document_sample(size_bytes);
  const std::string chunk = message.whole(1);
  figure limit, burst, sustained, written, rate;
  std::uint64_t base = 0;
  for (int turn = 0; turn < turns; ++turn) {
    auto of_disk = sequential_write(how.directory + "/sequential", chunk, how.seconds);
    if (!of_disk) return of_disk.error();
    const std::string directory = how.directory + "/turn";
    auto ours = gateway_server::start(directory, how.plugins, intake_configuration());
    if (!ours) return ours.error();
    const std::uint64_t written_before = written_bytes(ours.value().id());
    net::load_settings load;
    load.port = ours.value().mllp_port();
    load.connections = connections;
    load.seconds = how.seconds;
    load.message = [&](std::uint64_t number) { return message.head(base + number); };
    load.tail = message.tail;
    result<net::load_outcome> outcome = [&] {
      const on_one_core pinned;
      return net::run_load(load);
    }();
    base += numbers_of_a_turn;
    if (!outcome) return outcome.error();
    const net::load_outcome& of = outcome.value();
    if (of.refused > 0) return failure{"refused", std::to_string(of.refused) + " documents were not acknowledged with AA"};
    auto filing = ours.value().wait_until_filed();
    if (!filing) return filing.error();
    const double bytes = static_cast<double>(of.accepted) * static_cast<double>(chunk.size());
    limit.add(of_disk.value());
    burst.add(bytes / megabyte / of.seconds);
    sustained.add(bytes / megabyte / (of.seconds + filing.value()));
    rate.add(static_cast<double>(of.accepted) / of.seconds);
    written.add(static_cast<double>(written_bytes(ours.value().id()) - written_before) / bytes);
    ours.value().stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  const std::string at = label + ", " + std::to_string(connections) + " connections";
  const char* disk = "sequential write, one fdatasync for each";
  return std::vector<line>{
      {name, at, "MB/s", burst, limit, disk, aim{aim::of::ratio, aim::bound::at_least, 0.5}, {}},
      {name, "sustained, " + at, "MB/s", sustained, limit, disk, std::nullopt, "until all that was acknowledged is filed in its tables too"},
      {name, "documents, " + at, "documents/s", rate, {}, {}, std::nullopt, {}},
      // Once, with the rows and the log of the database beside it; twice would be two and more.
      {name, "written for each byte, " + label, "bytes", written, 1.0, "written once", aim{aim::of::ratio, aim::bound::at_most, 1.5}, {}}};
}

}  // namespace

result<std::vector<line>> measure_documents(const settings& how) {
  std::vector<line> lines;
  for (const auto& [size_bytes, label] : {std::pair<std::size_t, const char*>{200'000, "200 kB"}, {5'000'000, "5 MB"}}) {
    auto measured = measure_size(how, size_bytes, label);
    if (!measured) return measured.error();
    for (line& one : measured.value()) lines.push_back(std::move(one));
  }
  return lines;
}

}  // namespace liaison::app::bench
