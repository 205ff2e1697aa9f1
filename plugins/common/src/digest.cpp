// SPDX-License-Identifier: Apache-2.0
// Hashes and base64. The hashes use libcrypto's plain functions on purpose: EVP would read openssl.cnf and
// load providers at its first use, and a translator's process may open no file (sdk/include/liaison/translator.h).
#define OPENSSL_API_COMPAT 0x10100000L
#include <liaison/common/digest.hpp>

#include <openssl/sha.h>

#include <algorithm>

namespace liaison {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t is_blank = 0x40;
constexpr std::uint8_t is_padding = 0x41;
constexpr std::uint8_t is_wrong = 0x80;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = is_wrong;
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(alphabet[i])] = i;
  for (const char c : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(c)] = is_blank;
  values['='] = is_padding;
  return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

std::uint8_t value_of(char c) { return values[static_cast<unsigned char>(c)]; }

/// A group of four characters is the sum of what each adds to its 24 bits; a character that is none of the alphabet adds
/// something above them.
constexpr std::uint32_t not_of_alphabet = 0x80000000;
constexpr std::array<std::array<std::uint32_t, 256>, 4> make_parts() {
  std::array<std::array<std::uint32_t, 256>, 4> parts{};
  for (std::size_t place = 0; place < 4; ++place) {
    for (std::size_t c = 0; c < 256; ++c)
      parts[place][c] = values[c] < 64 ? std::uint32_t{values[c]} << (18 - 6 * place) : not_of_alphabet;
  }
  return parts;
}
constexpr std::array<std::array<std::uint32_t, 256>, 4> parts = make_parts();

constexpr std::size_t groups_at_once = 256;

/// Decodes whole groups from `at` on, as far as they go.
void take_groups(std::string_view text, std::size_t& at, std::string& out) {
  std::array<char, 3 * groups_at_once> decoded;
  for (std::size_t filled = decoded.size(); filled == decoded.size();) {
    filled = 0;
    const std::size_t groups = std::min((text.size() - at) / 4, groups_at_once);
    for (const char* from = text.data() + at; filled < 3 * groups; from += 4, filled += 3) {
      const auto part = [from](std::size_t place) { return parts[place][static_cast<unsigned char>(from[place])]; };
      const std::uint32_t bits = part(0) | part(1) | part(2) | part(3);
      if ((bits & not_of_alphabet) != 0) break;
      decoded[filled] = static_cast<char>(bits >> 16);
      decoded[filled + 1] = static_cast<char>(bits >> 8);
      decoded[filled + 2] = static_cast<char>(bits);
    }
    out.append(decoded.data(), filled);
    at += filled / 3 * 4;
  }
}

/// State of a decoding that has left the fast path: characters one by one.
struct tail_reader {
  std::uint32_t bits = 0;
  unsigned held = 0;     // characters in `bits`, 0 to 3
  unsigned padding = 0;  // '=' seen
};

/// Takes one character; false when it cannot stand here.
bool take(tail_reader& state, char c, std::string& out) {
  const std::uint8_t value = value_of(c);
  if (value == is_blank) return true;
  if (value == is_padding) {
    ++state.padding;
    return state.held >= 2 && state.held + state.padding <= 4;
  }
  if (value == is_wrong || state.padding > 0) return false;
  state.bits = (state.bits << 6) | value;
  if (++state.held == 4) {
    out += static_cast<char>(state.bits >> 16);
    out += static_cast<char>(state.bits >> 8);
    out += static_cast<char>(state.bits);
    state = {};
  }
  return true;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  SHA256_CTX context;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &context);
  std::string out;
  out.reserve(64);
  for (const unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::array<std::uint8_t, 20> sha1(std::string_view bytes) {
  SHA_CTX context;
  std::array<std::uint8_t, 20> digest;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

std::string sha1_base64(std::string_view bytes) {
  const auto digest = sha1(bytes);
  return base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve(base64_size(bytes.size()));
  append_base64(out, bytes);
  return out;
}

void append_base64(std::string& out, std::string_view bytes) {
  std::size_t at = 0;
  const auto byte = [&bytes](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  std::array<char, 4 * groups_at_once> encoded;
  while (bytes.size() - at >= 3) {
    std::size_t filled = 0;
    for (; filled < encoded.size() && bytes.size() - at >= 3; at += 3, filled += 4) {
      const std::uint32_t bits = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
      encoded[filled] = alphabet[bits >> 18];
      encoded[filled + 1] = alphabet[bits >> 12 & 63];
      encoded[filled + 2] = alphabet[bits >> 6 & 63];
      encoded[filled + 3] = alphabet[bits & 63];
    }
    out.append(encoded.data(), filled);
  }
  if (bytes.size() - at == 1) {
    const std::uint32_t bits = byte(at) << 16;
    out += alphabet[bits >> 18];
    out += alphabet[bits >> 12 & 63];
    out += "==";
  } else if (bytes.size() - at == 2) {
    const std::uint32_t bits = byte(at) << 16 | byte(at + 1) << 8;
    out += alphabet[bits >> 18];
    out += alphabet[bits >> 12 & 63];
    out += alphabet[bits >> 6 & 63];
    out += '=';
  }
}

std::optional<std::string> base64_decode(std::string_view text, base64_defects* defects) {
  base64_defects found;
  if (defects == nullptr) defects = &found;
  *defects = {};
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  tail_reader state;
  std::size_t at = 0;
  while (at < text.size()) {
    // Whole groups of four, which is nearly all of a document; anything else goes character by character.
    if (state.held == 0 && state.padding == 0) {
      take_groups(text, at, out);
      if (at == text.size()) break;
    }
    if (!take(state, text[at], out)) {
      defects->invalid_at = at;
      return std::nullopt;
    }
    ++at;
  }
  if (state.held == 1) {
    defects->impossible_length = true;
    return std::nullopt;
  }
  defects->padding_missing = state.held != 0 && state.held + state.padding != 4;
  if (state.held == 2) out += static_cast<char>(state.bits >> 4);
  if (state.held == 3) {
    out += static_cast<char>(state.bits >> 10);
    out += static_cast<char>(state.bits >> 2);
  }
  return out;
}

}  // namespace liaison
