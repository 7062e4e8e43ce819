// SPDX-License-Identifier: Apache-2.0
//
// span: a run of pages that holds objects of one class, or one large object; and what is known of
// them: which are allocated, which the collector has marked.
//
//     free → in_use     the page heap hands it out
//     in_use → free     it takes it back; nothing in it is allocated
// A span's record is never unmapped, and used again for spans only: whoever asks about an address
// at any time finds a span, if perhaps not the one of a moment ago.
//
// Types are numbers, see gc/types.h. Most spans hold objects of one type, and say it once; where a
// second one comes each object gets a number of its own, in memory that the span keeps until its
// record is used again:
//     of one type → of several   admit(); what was there keeps its type
//     empty → of another type    admit()
//     empty, of several → empty  forget_types(), before it is allocated from again
//
// Who allocates from a span owns it (a cache). Its bits may be read by all: a bit of `allocated` is
// set by the owner alone. Marks are in two sets, for one marker among all of them does most of the
// work, and in a set of its own it needs no locked instructions. A mark where nothing is allocated
// is for what comes to be there before the next sweep: black from the start.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/relaxed.h"
#include "heap/size_classes.h"

namespace gander::heap {

enum class span_state : std::uint8_t { free, in_use };

// Whether objects hold pointers: the collector does not look into others.
enum class pointers : bool { none, some };

struct alignas(64) span {
  static constexpr std::size_t words = most_objects / 64;
  // Objects of up to so many bytes are zeroed by the word, 64 at a time.
  static constexpr std::size_t most_bytes_zeroed_ahead = 64;
  static constexpr std::uint32_t no_type = UINT32_MAX;

  // What the collector asks of each object that it marks is in the first cache line.
  std::uintptr_t base = 0;
  std::size_t object_bytes = 0;
  std::atomic<std::uint16_t*> types{nullptr};  // of each object, set before its bit; nullptr:
  relaxed<std::uint16_t> only_type{0};         // all have this one
  std::uint8_t class_number = 0;               // 0: one large object
  pointers has = pointers::some;
  std::uint32_t reciprocal = 0;
  std::uint32_t pages = 0;
  std::uint16_t objects = 0;
  std::atomic<span_state> state{span_state::free};
  bool is_zero = false;  // what is not allocated has never been written
  // The owner's: where it takes from. What is free in the word; whether that is not zero yet; and
  // of which type take_next() is, if of any.
  std::uint32_t next_type = no_type;
  bool zeroes_each = false;
  std::uint8_t word = 0;
  std::uint8_t next_word = 0;
  std::uint64_t free_in_word = 0;
  span* next = nullptr;  // in a list; under its lock

  std::array<relaxed<std::uint64_t>, words> allocated{};
  std::array<std::atomic<std::uint64_t>, words> marked{};     // by anybody
  std::array<relaxed<std::uint64_t>, words> marked_by_one{};  // by one thread at a time

  // How many are allocated, as of the last count() or sweep(): an owner allocates more.
  std::uint32_t counted = 0;

  // For reports. The last collection that freed something here, and what; see also sites.h.
  relaxed<std::uint32_t> freed_in{0};
  relaxed<std::uint32_t> first_site{0};
  relaxed<std::uint16_t> freed_type{0};  // where types is null: what only_type was
  std::array<relaxed<std::uint64_t>, words> freed{};

  // --- the owner's
  // Whether the next object may be of that type; else admit() it first.
  bool admits(std::uint16_t type) const noexcept {
    return only_type == type || has_several_types();
  }
  bool has_several_types() const noexcept { return each_type() != nullptr; }
  // False when there is no memory.
  bool admit(std::uint16_t type) noexcept;

  // A zeroed object. REQUIRES: free_in_word != 0; the type is admitted.
  void* take(std::uint16_t type) noexcept {
    const std::uint32_t index = word * 64U + static_cast<unsigned>(std::countr_zero(free_in_word));
    if (zeroes_each)
      std::memset(reinterpret_cast<void*>(base + index * object_bytes), 0, object_bytes);
    if (std::uint16_t* const each = each_type(); each != nullptr)
      std::atomic_ref(each[index]).store(type, std::memory_order_relaxed);
    return take_next();
  }

  // The same, where nothing is to be done but to take it. REQUIRES: free_in_word != 0, and
  // next_type is its type.
  [[gnu::always_inline]] void* take_next() noexcept {
    if (free_in_word == 0) __builtin_unreachable();
    const auto bit = static_cast<unsigned>(std::countr_zero(free_in_word));
    free_in_word &= free_in_word - 1;
    void* const object = reinterpret_cast<void*>(base + (word * 64U + bit) * object_bytes);
    // Behind all that: who finds the object by its bit finds it zero, its type, and the mark that
    // blacken() made. Pairs with find_object().
    std::atomic_thread_fence(std::memory_order_release);
    allocated[word] = allocated[word] | std::uint64_t{1} << bit;
    return object;
  }

  // The next word with a free slot; false when there is none.
  bool load_word() noexcept;

  // While marking is under way what it takes is black: told once for all that is free in the word.
  // (One mark for each object was a fifth of the time that allocating takes.)
  void blacken() noexcept { marked[word].fetch_or(free_in_word, std::memory_order_relaxed); }

  // From the first slot on, again.
  void look_anew() noexcept {
    next_word = 0;
    free_in_word = 0;
  }

  // Counts what is allocated; how many more there are than the last time.
  std::uint32_t count() noexcept {
    int now = 0;
    for (std::uint32_t i = 0; i * 64 < objects; ++i)
      now += std::popcount(std::uint64_t{allocated[i]});
    return static_cast<std::uint32_t>(now) -
           std::exchange(counted, static_cast<std::uint32_t>(now));
  }

  // --- anybody's
  std::uintptr_t end() const noexcept { return base + pages * page_bytes; }

  bool is_allocated(std::uint32_t index) const noexcept {
    return allocated[index / 64] >> index % 64 & 1;
  }

  // Of an object that find_object() has found.
  std::uint16_t type_of(std::uint32_t index) const noexcept { return type_at(index, only_type); }
  // For reports: of what is known to have been freed.
  std::uint16_t freed_type_of(std::uint32_t index) const noexcept {
    return type_at(index, freed_type);
  }

  std::uint64_t marks(std::size_t i) const noexcept {
    return marked[i].load(std::memory_order_relaxed) | marked_by_one[i];
  }
  bool is_marked(std::uint32_t index) const noexcept { return marks(index / 64) >> index % 64 & 1; }

  // The last one at that place is known to be gone since that collection. 0: nothing is known.
  std::uint32_t freed_when(std::uint32_t index) const noexcept {
    return freed[index / 64] >> index % 64 & 1 ? std::uint32_t{freed_in} : 0;
  }

  // False when it was marked already. `one`: the one marker; beside another one that marks the same
  // object both may be told that it was not.
  bool mark(std::uint32_t index, bool one = false) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << index % 64;
    const std::size_t i = index / 64;
    if (marks(i) & bit) return false;
    // relaxed: the work list publishes
    if (!one) return !(marked[i].fetch_or(bit, std::memory_order_relaxed) & bit);
    marked_by_one[i] = marked_by_one[i] | bit;
    return true;
  }

  // All marks of a word; what they are then. REQUIRES: nobody marks.
  std::uint64_t exchange_marks(std::size_t i, std::uint64_t now) noexcept {
    const std::uint64_t before = marks(i);
    marked[i].store(now, std::memory_order_relaxed);
    marked_by_one[i] = 0;
    return before;
  }

  // What is not marked is free; marks are forgotten. How many objects went. REQUIRES: it has been
  // counted, nobody marks, and nobody allocates from it.
  std::uint32_t sweep(std::uint32_t collection) noexcept;

  // What sweep() is about to free. Odd, and no address: who follows a stale pointer faults.
  void clobber_unmarked() noexcept;

  // REQUIRES: nothing in it is allocated.
  void forget_types() noexcept;

 private:
  std::uint16_t type_at(std::uint32_t index,
                        const relaxed<std::uint16_t>& where_all_have_one) const noexcept {
    // acquire: pairs with admit()
    std::uint16_t* const each = types.load(std::memory_order_acquire);
    return each != nullptr ? std::atomic_ref(each[index]).load(std::memory_order_relaxed)
                           : std::uint16_t{where_all_have_one};
  }
  void set_next_type() noexcept {
    next_type = zeroes_each || each_type() != nullptr ? no_type : std::uint32_t{only_type};
  }
  // relaxed: the owner alone changes it
  std::uint16_t* each_type() const noexcept { return types.load(std::memory_order_relaxed); }
};
static_assert(sizeof(void*) != 8 || offsetof(span, allocated) == 64);

}  // namespace gander::heap
