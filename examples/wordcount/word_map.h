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

// Adds each word of a text to a map. Looks a few words ahead: a table of a million words lies
// outside the caches, and the slot of the next words is on its way while this one is counted.
template <class Map>
void add_words(Map& map, std::string_view text) {
  struct pending {
    std::uint64_t hash;
    std::string_view word;
  };
  constexpr std::size_t ahead = 16;
  std::array<pending, ahead> ring;
  std::size_t in = 0;
  for_each_word(text, [&](std::string_view word) {
    pending& place = ring[in % ahead];
    if (in >= ahead) map.add(place.word, place.hash);
    place = {hash_word(word), word};
    map.prefetch(place.hash);
    ++in;
  });
  for (std::size_t out = in < ahead ? 0 : in - ahead; out != in; ++out)
    map.add(ring[out % ahead].word, ring[out % ahead].hash);
}

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

  // Counts a word once more; keeps a copy of a new one.
  void add(std::string_view word, std::uint64_t hash) {
    slot& found = find(word, hash);
    if (found.count == 0) {
      take(found, {hash, arena_.copy(word), word.size(), 1});
    } else {
      ++found.count;
    }
  }

  // Brings the place of a word on its way to the caches. Always inlined: GCC finds that a function
  // which does nothing else has no effect, and drops the calls.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
  }

  // Counts each word of a text.
  void add_all(std::string_view text) { add_words(*this, text); }

  // Adds another map's count of a word, and borrows the word.
  void merge(const slot& other) {
    slot& found = find(other.word(), other.hash);
    if (found.count == 0) {
      take(found, other);
    } else {
      found.count += other.count;
    }
  }

  // Adds all of another map; the places of the next few words are on their way meanwhile, as in
  // add_words.
  void merge_all(const word_map& other) {
    constexpr std::size_t ahead = 16;
    const std::size_t count = other.slots_.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i + ahead < count && other.slots_[i + ahead].count != 0)
        prefetch(other.slots_[i + ahead].hash);
      if (other.slots_[i].count != 0) merge(other.slots_[i]);
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

// A map in parts, by hash: those who merge several take a part each and need no lock.
class sharded_map {
 public:
  explicit sharded_map(std::size_t shards) : shards_(shards) {}

  void add(std::string_view word, std::uint64_t hash) { of(hash).add(word, hash); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) { of(hash).prefetch(hash); }
  void add_all(std::string_view text) { add_words(*this, text); }

  word_map& shard(std::size_t i) { return shards_[i]; }

 private:
  // The high half: the low bits choose the slot.
  word_map& of(std::uint64_t hash) { return shards_[(hash >> 32) * shards_.size() >> 32]; }

  std::vector<word_map> shards_;
};

}  // namespace wordcount
