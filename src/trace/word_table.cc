// SPDX-License-Identifier: Apache-2.0
#include "trace/word_table.h"

#include <algorithm>

#include "os/os.h"

namespace gander::trace {

namespace {

constexpr std::size_t most_probes = 32;

// One multiplication for a word: as fast as a hash can be whose steps depend on each other, and
// each step mixes all that came before (the folded multiplication of wyhash).
std::uint64_t hash_of(std::span<const std::uintptr_t> words) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ using wide = unsigned __int128;
  std::uint64_t h = 0x9e3779b97f4a7c15U + words.size();
  for (const std::uintptr_t word : words) {
    const wide product = static_cast<wide>(h ^ word) * 0xd6e8feb86659fd93U;
    h = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
#else
  std::uint64_t h = 0x9e3779b97f4a7c15U + words.size();
  for (const std::uintptr_t word : words) {
    h = (h ^ word) * 0xd6e8feb86659fd93U;
    h ^= h >> 32;
  }
#endif
  return h != 0 ? h : 1;
}

}  // namespace

bool word_table::open(std::size_t slots, std::size_t words) noexcept {
  if (slots_ != nullptr) return true;
  void* const slot_memory = os::reserve(slots * sizeof(slot));
  void* const word_memory = os::reserve(words * sizeof(std::uintptr_t));
  if (slot_memory == nullptr || word_memory == nullptr) {
    if (slot_memory != nullptr) os::release(slot_memory, slots * sizeof(slot));
    if (word_memory != nullptr) os::release(word_memory, words * sizeof(std::uintptr_t));
    return false;
  }
  slots_ = static_cast<slot*>(slot_memory);  // zero: all free
  words_ = static_cast<std::uintptr_t*>(word_memory);
  slot_count_ = slots;
  word_count_ = words;
  return true;
}

word_table::id word_table::find_or_add(std::span<const std::uintptr_t> words,
                                       std::uint32_t generation) noexcept {
  if (words.empty()) return 0;
  const std::uint64_t hash = hash_of(words);
  for (std::size_t probe = 0; probe < most_probes; ++probe) {
    const auto at = static_cast<std::size_t>(hash + probe) & (slot_count_ - 1);
    slot& s = slots_[at];
    std::uint64_t key = s.key.load(std::memory_order_relaxed);  // a value; it publishes nothing
    if (key == 0 && s.key.compare_exchange_strong(key, hash, std::memory_order_relaxed)) {
      const auto size = static_cast<std::uint32_t>(words.size() + 1);
      // Looked at first: each failure would add to a number that must not wrap around.
      const bool room = words_used_.load(std::memory_order_relaxed) + size <= word_count_;
      const std::uint32_t begin =
          room ? words_used_.fetch_add(size, std::memory_order_relaxed) : slot::no_room;
      if (!room || begin + size > word_count_) {  // of no use until the table is cleared
        s.begin.store(slot::no_room, std::memory_order_relaxed);
        lost_.fetch_add(1, std::memory_order_relaxed);
        return 0;
      }
      words_[begin] = words.size();
      std::copy(words.begin(), words.end(), words_ + begin + 1);
      sequences_.fetch_add(1, std::memory_order_relaxed);
      s.begin.store(begin + 1, std::memory_order_release);  // pairs with words_of()
      key = hash;
    }
    if (key != hash) continue;
    if (s.begin.load(std::memory_order_relaxed) == slot::no_room) break;
    const auto number = static_cast<id>(at + 1);
    use(number, generation);
    return number;
  }
  lost_.fetch_add(1, std::memory_order_relaxed);
  return 0;
}

bool word_table::nearly_full() const noexcept {
  return sequences_.load(std::memory_order_relaxed) > slot_count_ / 2 ||
         words_used_.load(std::memory_order_relaxed) > word_count_ / 4 * 3;
}

void word_table::clear() noexcept {
  os::discard(slots_, slot_count_ * sizeof(slot));
  os::discard(words_, word_count_ * sizeof(std::uintptr_t));
  words_used_.store(0, std::memory_order_relaxed);
  sequences_.store(0, std::memory_order_relaxed);
}

}  // namespace gander::trace
