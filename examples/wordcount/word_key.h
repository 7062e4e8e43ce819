// SPDX-License-Identifier: Apache-2.0

// A word as the map compares it: 24 bytes that hold a short word whole, so that neither to hash nor
// to compare it touches memory elsewhere. Of a longer word they hold hash, address and size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wordcount {

struct word_key {
  static constexpr std::size_t short_size = 16;
  static constexpr std::uint64_t long_word = 0xff;

  // The upper 56 bits of the hash, which choose the slot; then the size of a short word or
  // long_word. Never 0: there are no empty words.
  std::uint64_t tag = 0;
  // A short word's bytes and zeros behind them; a long one's address and size.
  std::array<std::uint64_t, 2> body{};

  bool is_long() const { return (tag & 0xff) == long_word; }

  // Of a short word a view of this very object.
  std::string_view word() const {
    if (!is_long())
      return {reinterpret_cast<const char*>(body.data()), static_cast<std::size_t>(tag & 0xff)};
    return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(body[0])),
            static_cast<std::size_t>(body[1])};
  }

  bool operator==(const word_key& other) const {
    if (tag != other.tag) return false;
    // Not the array's operator: that one calls memcmp.
    const bool same_body = ((body[0] ^ other.body[0]) | (body[1] ^ other.body[1])) == 0;
    return same_body || (is_long() && word() == other.word());
  }
};

// The halves of a 128-bit product folded together: every input bit reaches every output bit.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else  // by halves of the factors, as at school
  constexpr std::uint64_t half = 0xffff'ffff;
  const std::uint64_t low = (a & half) * (b & half);
  const std::uint64_t inner = (a >> 32) * (b & half) + (low >> 32);
  const std::uint64_t other = (a & half) * (b >> 32) + (inner & half);
  const std::uint64_t high = (a >> 32) * (b >> 32) + (inner >> 32) + (other >> 32);
  return (other << 32 | (low & half)) ^ high;
#endif
}

namespace hash_constant {
inline constexpr std::uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xd6e8feb86659fd93,
                               k2 = 0xa0761d6478bd642f;
}

inline word_key make_long_key(std::string_view word) {
  using namespace hash_constant;
  const auto load = [&](std::size_t offset) {
    std::uint64_t value;
    std::memcpy(&value, word.data() + offset, sizeof value);
    return value;
  };
  std::uint64_t hash = k0 ^ word.size();
  for (std::size_t i = 0; i + 8 < word.size(); i += 8) hash = mix(hash ^ load(i), k1);
  hash = mix(hash ^ load(word.size() - 8), k2);  // overlaps the loop's last 8 bytes
  return {hash | word_key::long_word, {reinterpret_cast<std::uintptr_t>(word.data()), word.size()}};
}

// The key of a word, which is not empty and lies in a text that ends at `end`: where 16 bytes can
// be read from the word's begin, they are, and what is too much is masked.
inline word_key make_key(std::string_view word, const char* end) {
  using namespace hash_constant;
  if (word.size() > word_key::short_size) return make_long_key(word);
  word_key key;
  if (end - word.data() >= std::ptrdiff_t{word_key::short_size}) {
    static constexpr std::array<std::uint64_t, 4> ones_then_zeros = {~0ull, ~0ull, 0, 0};
    std::array<std::uint64_t, 2> mask;
    std::memcpy(&mask, reinterpret_cast<const char*>(&ones_then_zeros) + sizeof mask - word.size(),
                sizeof mask);
    std::memcpy(&key.body, word.data(), sizeof key.body);
    key.body[0] &= mask[0];
    key.body[1] &= mask[1];
  } else {
    std::memcpy(&key.body, word.data(), word.size());
  }
  const std::uint64_t hash = mix(mix(key.body[0] ^ k0, key.body[1] ^ k1), k2 ^ word.size());
  key.tag = (hash & ~std::uint64_t{0xff}) | word.size();
  return key;
}

inline word_key make_key(std::string_view word) {
  return make_key(word, word.data() + word.size());
}

}  // namespace wordcount
