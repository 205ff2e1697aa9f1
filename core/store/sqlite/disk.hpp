// SPDX-License-Identifier: Apache-2.0
// What the store asks of its file system besides reading and writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace liaison::store::sqlite {

/// Bytes that this process may still write where `path` is; none: the file system does not say.
std::optional<std::uint64_t> free_bytes_at(const std::filesystem::path& path);

/// The names in `folder` are on disk. Throws storage_error, saying what was being done.
void sync_folder(const std::filesystem::path& folder, const char* doing);

}  // namespace liaison::store::sqlite
