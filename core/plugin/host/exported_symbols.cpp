// SPDX-License-Identifier: Apache-2.0
// Reads the dynamic symbol table of a shared object (System V ABI, chapter 4: ELF).
#include "core/plugin/host/checks.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace liaison::plugin::hosted {
namespace {

/// A value of the file at an offset that the file itself gave.
template <class Value>
bool read_at(const std::string& bytes, std::uint64_t offset, Value& into) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) return false;
  std::memcpy(&into, bytes.data() + offset, sizeof(Value));
  return true;
}

std::string name_at(const std::string& bytes, const Elf64_Shdr& names, std::uint32_t offset) {
  const std::uint64_t begin = names.sh_offset + offset;
  if (offset >= names.sh_size || begin >= bytes.size()) return {};
  const auto end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), '\0');
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), end};
}

bool is_exported(const Elf64_Sym& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && (binding == STB_GLOBAL || binding == STB_WEAK) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

result<std::vector<std::string>> exported_symbols(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const failure malformed{"plugin-refused", "cannot be read as a 64-bit ELF file"};
  Elf64_Ehdr head{};
  if (!read_at(bytes, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
      head.e_ident[EI_CLASS] != ELFCLASS64)
    return malformed;
  std::vector<std::string> found;
  for (unsigned i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr section{}, names{};
    if (!read_at(bytes, head.e_shoff + std::uint64_t{i} * sizeof section, section)) return malformed;
    if (section.sh_type != SHT_DYNSYM) continue;
    if (!read_at(bytes, head.e_shoff + std::uint64_t{section.sh_link} * sizeof names, names)) return malformed;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      if (!read_at(bytes, section.sh_offset + at, symbol)) return malformed;
      if (is_exported(symbol)) found.push_back(name_at(bytes, names, symbol.st_name));
    }
  }
  return found;
}

}  // namespace liaison::plugin::hosted
