// SPDX-License-Identifier: Apache-2.0

// A map from words to counts that only grows: open addressing with linear probing over slots of 32
// bytes, so that no slot straddles two cache lines. Not thread-safe, but see fold.h.
//
// Invariants: the number of slots is a power of two and at most five eighths of them are taken. The
// upper bits of the hash choose the home of a word, and it lies there or, without a free slot in
// between, behind (the first slot is behind the last one): so words lie in the order of their
// hashes but for the few that found their home taken, and who goes through two maps at once goes
// through both in the order of memory.
//
// std::unordered_map allocates a node for every word and chases two more pointers at each look-up:
// three times slower here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "arena.h"
#include "pages.h"
#include "word_key.h"
#include "words.h"

namespace wordcount {

struct entry {
  word_key key;
  std::uint64_t count = 0;

  bool free() const { return key.tag == 0; }
  std::string_view word() const { return key.word(); }
};

// Hashes from `first` to `last`, both included.
struct hash_range {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
};

class word_map {
 public:
  word_map() : slots_(std::size_t{1} << 10), shift_(64 - 10) {}

  // Counts each word of a text. Looks a few words ahead: a table of a million words lies outside
  // the caches, and the slot of the next words is on its way while this one is counted.
  void add_all(std::string_view text) {
    constexpr std::size_t ahead = 16;
    std::array<word_key, ahead> ring;
    std::size_t in = 0;
    const char* const end = text.data() + text.size();
    for_each_word(text, [&](std::string_view word) {
      word_key& place = ring[in % ahead];
      if (in >= ahead) add(place);
      place = make_key(word, end);
      prefetch(place.tag);
      ++in;
    });
    for (std::size_t out = in < ahead ? 0 : in - ahead; out != in; ++out) add(ring[out % ahead]);
  }

  // Counts a word once more; keeps a copy of a new one.
  void add(const word_key& key) {
    entry& found = find_place(key);
    if (!found.free()) {
      ++found.count;
      return;
    }
    found = {key, 1};
    if (key.is_long())
      found.key.body[0] = reinterpret_cast<std::uintptr_t>(arena_.copy(key.word()).data());
    if (++size_ * 8 > slots_.size() * 5) grow();
  }

  // The entry of a word, or null. Its count may be changed.
  entry* find(const word_key& key) {
    entry& found = find_place(key);
    return found.free() ? nullptr : &found;
  }

  // Calls visit(entry&) for each word whose hash is in the range, about in the order of hashes.
  // Reads no count.
  template <class Visit>
  void for_each(hash_range range, Visit visit) {
    const auto in_range = [&](const entry& e) {
      return !e.free() && e.key.tag >= range.first && e.key.tag <= range.last;
    };
    const std::size_t last = home(range.last);
    for (std::size_t i = home(range.first); i <= last; ++i)
      if (entry& e = slots_[i]; in_range(e) && home(e.key.tag) <= i) visit(e);
    // Those that were pushed out at the end of the range, maybe to the begin of the table.
    for (std::size_t i = next(last); !slots_[i].free(); i = next(i))
      if (entry& e = slots_[i]; in_range(e) && (i > last || home(e.key.tag) > i)) visit(e);
  }

  // How many words there are.
  std::size_t size() const { return size_; }

 private:
  std::size_t home(std::uint64_t tag) const { return static_cast<std::size_t>(tag >> shift_); }
  std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

  // Always inlined: GCC finds that a function which does nothing else has no effect, and drops the
  // calls.
  [[gnu::always_inline]] void prefetch(std::uint64_t tag) const {
    __builtin_prefetch(&slots_[home(tag)], 1);
  }

  entry& find_place(const word_key& key) {
    for (std::size_t i = home(key.tag);; i = next(i))
      if (entry& e = slots_[i]; e.free() || e.key == key) return e;
  }

  // Doubles the table where it lies: a second one beside it would cost as many pages again, and
  // fresh pages cost more than all the moving. Run after run of taken slots, the last one first,
  // is taken out and put in anew. The new home of a word is at or behind its old one, doubled, so
  // all from a run's begin on is as it shall be by then. No run is pushed past the new end, which
  // is twice as far from each home; but the one at the very begin may hold words that were past the
  // old one, and finds the begin empty when it is put in.
  void grow() {
    std::size_t at = slots_.size();
    slots_.grow(at * 2);
    --shift_;
    std::vector<entry> run;
    while (at-- > 0) {
      if (!slots_[at].free()) run.push_back(take_out(at));
      if (at != 0 && !slots_[at - 1].free()) continue;
      for (const entry& e : run) find_place(e.key) = e;
      run.clear();
    }
  }
  entry take_out(std::size_t i) { return std::exchange(slots_[i], entry{}); }

  zeroed_array<entry> slots_;
  int shift_;  // leaves of a hash as many bits as a slot's number has
  std::size_t size_ = 0;
  arena arena_;
};

}  // namespace wordcount
