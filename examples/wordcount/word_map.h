// SPDX-License-Identifier: Apache-2.0

// A map from words to counts that only grows: open addressing with linear probing over slots of 32
// bytes, so that no slot straddles two cache lines; the bytes of the words lie in an arena.
// Invariants: the number of slots is a power of two and at most five eighths of them are taken; a
// slot with count 0 is free.
//
// A word may also be borrowed from another map's arena, which must then outlive this map: merging
// copies no bytes. Not thread-safe. std::unordered_map allocates a node for every word and chases
// two more pointers at each look-up: three times slower here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "pages.h"
#include "words.h"

namespace wordcount {

// The halves of a 128-bit product folded together: every input bit reaches every output bit.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_word(std::string_view word) {
  constexpr std::uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xd6e8feb86659fd93, k2 = 0xa0761d6478bd642f;
  const auto load = [&](std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, word.data() + offset, size);
    return value;
  };
  const std::size_t size = word.size();
  std::uint64_t hash = k0 ^ size;
  if (size >= 8) {
    // The last 8 bytes overlap the loop's where the size is no multiple of 8.
    for (std::size_t i = 0; i + 8 < size; i += 8) hash = mix(hash ^ load(i, 8), k1);
    return mix(hash ^ load(size - 8, 8), k2);
  }
  if (size >= 4) return mix(hash ^ (load(0, 4) | load(size - 4, 4) << 32), k2);
  if (size == 0) return hash;
  const auto byte = [&](std::size_t i) -> std::uint64_t {
    return static_cast<unsigned char>(word[i]);
  };
  return mix(hash ^ (byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16), k2);
}

// Memory for the bytes of words, freed all at once.
class arena {
 public:
  const char* copy(std::string_view word) {
    if (word.size() > room_) {
      const std::size_t size = word.size() > chunk_size / 4 ? word.size() : chunk_size;
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
      if (size != chunk_size) {  // a long word gets a chunk of its own, and the last chunk goes on
        std::memcpy(chunks_.back().get(), word.data(), word.size());
        return chunks_.back().get();
      }
      next_ = chunks_.back().get();
      room_ = size;
    }
    char* const copy = next_;
    std::memcpy(copy, word.data(), word.size());
    next_ += word.size();
    room_ -= word.size();
    return copy;
  }

 private:
  static constexpr std::size_t chunk_size = std::size_t{256} << 10;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
};

class word_map {
 public:
  struct slot {
    std::uint64_t hash = 0;
    const char* data = nullptr;
    std::size_t size = 0;
    std::uint64_t count = 0;

    std::string_view word() const { return {data, size}; }
  };

  word_map() : slots_(1024) {}

  // Counts each word of a text. Looks a few words ahead: a table of a million words lies outside
  // the caches, and the slot of the next words is on its way while this one is counted.
  void add_all(std::string_view text) {
    struct pending {
      std::uint64_t hash;
      std::string_view word;
    };
    constexpr std::size_t ahead = 16;
    std::array<pending, ahead> ring;
    std::size_t in = 0;
    for_each_word(text, [&](std::string_view word) {
      pending& place = ring[in % ahead];
      if (in >= ahead) add(place.word, place.hash);
      place = {hash_word(word), word};
      __builtin_prefetch(&slots_[place.hash & (slots_.size() - 1)], 1);
      ++in;
    });
    for (std::size_t out = in < ahead ? 0 : in - ahead; out != in; ++out)
      add(ring[out % ahead].word, ring[out % ahead].hash);
  }

  // Adds another map's count of a word, and borrows the word.
  void merge(const slot& other) {
    slot& found = find(other.word(), other.hash);
    if (found.count == 0) {
      take(found, other);
    } else {
      found.count += other.count;
    }
  }

  // Calls visit(slot) for each word, in no order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const slot& s : slots_)
      if (s.count != 0) visit(s);
  }

  std::size_t size() const { return size_; }

 private:
  // Counts a word once more; keeps a copy of a new one.
  void add(std::string_view word, std::uint64_t hash) {
    slot& found = find(word, hash);
    if (found.count == 0) {
      take(found, {hash, arena_.copy(word), word.size(), 1});
    } else {
      ++found.count;
    }
  }

  slot& find(std::string_view word, std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      slot& s = slots_[i];
      if (s.count == 0) return s;
      if (s.hash == hash && s.word() == word) return s;
    }
  }

  void take(slot& free, const slot& content) {
    free = content;
    if (++size_ * 8 > slots_.size() * 5) grow();
  }

  void grow() {
    zeroed_array<slot> old(slots_.size() * 2);
    std::swap(old, slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const slot& s : old) {
      if (s.count == 0) continue;
      std::size_t i = s.hash & mask;
      while (slots_[i].count != 0) i = (i + 1) & mask;
      slots_[i] = s;
    }
  }

  zeroed_array<slot> slots_;
  std::size_t size_ = 0;
  arena arena_;
};

}  // namespace wordcount
