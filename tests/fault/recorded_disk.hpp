// SPDX-License-Identifier: Apache-2.0
// Everything that this process does to the files below one folder, recorded call by call; what of it a disk would still
// hold had the power failed after any of those calls; and calls that fail when a test says so. Works by standing in
// front of the C library's file calls, for SQLite and for our own code alike.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace liaison::test::recorded_disk {

enum class call : std::uint8_t { create, write, truncate, sync, rename, remove, make_folder, sync_folder, mark };

struct operation {
  call what = call::mark;
  std::uint64_t file = 0;        ///< number of the file, the same under every name
  std::string name, other_name;  ///< relative to the folder; of a mark: its text
  std::uint64_t offset = 0;      ///< of a truncation: the length
  std::string bytes;
};

/// Begins a new recording of what happens below `folder`, which is absolute and without links.
void record(const std::filesystem::path& folder);
/// Ends it.
std::vector<operation> recording();
/// A word of the test's own among the operations: "this was promised by now". Thread: any.
void mark(std::string text);

/// The `nth` write, truncation, sync, renaming, removal or new folder from now on (from 0), and `count - 1` after it, fail with `error`.
void fail(std::uint64_t nth, std::uint64_t count, int error);
/// How many of these calls there were since `fail` or `record`.
std::uint64_t calls();

/// Writes into `target`, an empty folder, what may be left when the power fails after the first `made` operations: what
/// was synced, and of the rest what chance lets through, sector by sector; of names not synced the first so many. This
/// is what POSIX promises, and less than most file systems keep.
void survive(const std::vector<operation>& all, std::size_t made, std::mt19937& chance,
             const std::filesystem::path& target);

}  // namespace liaison::test::recorded_disk
