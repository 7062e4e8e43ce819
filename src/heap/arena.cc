// SPDX-License-Identifier: Apache-2.0
#include "heap/arena.h"

#include <new>
#include <utility>

#include "os/os.h"

namespace gander::heap {

std::atomic<std::atomic<arena*>*> arenas::detail::table{nullptr};
std::atomic<std::uintptr_t> arenas::detail::below{0};
std::atomic<std::uintptr_t> arenas::detail::high{0};

namespace {

using arenas::detail::table;
using arenas::detail::table_size;

// In the order in which they came, for the page heap.
constexpr std::size_t most_arenas = table_size / 2;
arena** list = nullptr;
std::size_t list_size = 0;

bool open() noexcept {
  if (table.load(std::memory_order_relaxed) != nullptr) return true;  // under the lock
  if (list == nullptr) list = static_cast<arena**>(os::reserve(most_arenas * sizeof(arena*)));
  void* const memory = os::reserve(table_size * sizeof(std::atomic<arena*>));  // zero: no arenas
  if (list == nullptr || memory == nullptr) return false;
  table.store(static_cast<std::atomic<arena*>*>(memory), std::memory_order_release);
  return true;
}

// Where the next one is wanted. In a row, for arrays larger than one; and where the numbers that
// programs have in their memory seldom point: between what mmap gives there are too many, for half
// of an address beside an integer makes another one. (The place is Go's, but for the first arena:
// there an integer of up to 64 Mi, as a thread's number, beside one of 192 is an address.)
constexpr unsigned half_bits = sizeof(void*) * 4;
std::uintptr_t wanted = sizeof(void*) == 8 ? (std::uintptr_t{0xc0} << half_bits) + arena_bytes : 0;

// Half of an address beside a small integer, such as 0, which is everywhere.
bool begins_with_small_integers(std::uintptr_t base) noexcept {
  return sizeof(void*) == 8 && base << half_bits == 0;
}

// At a multiple of their size: elsewhere than wanted more is reserved, and what lies beside them
// given back.
std::uintptr_t reserve(std::size_t count) noexcept {
  const std::size_t bytes = count * arena_bytes;
  if (wanted != 0) {
    void* const there = os::reserve_at(wanted, bytes);
    if (reinterpret_cast<std::uintptr_t>(there) == wanted)
      return std::exchange(wanted, wanted + bytes);
    if (there != nullptr) os::release(there, bytes);
  }
  constexpr std::size_t spare_bytes = (sizeof(void*) == 8 ? 2 : 1) * arena_bytes;
  void* const memory = os::reserve(bytes + spare_bytes);
  if (memory == nullptr) return 0;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  std::uintptr_t base = (begin + arena_bytes - 1) & ~(arena_bytes - 1);
  if (begins_with_small_integers(base)) base += arena_bytes;
  if (base != begin) os::release(memory, base - begin);
  const std::uintptr_t end = begin + bytes + spare_bytes;
  if (base + bytes != end) os::release(reinterpret_cast<void*>(base + bytes), end - (base + bytes));
  return base;
}

// Under the page heap's lock. Who reads in between finds a range that is too small for what nobody
// has an address of yet, or with the first arena none (bounds::now()).
void widen(std::uintptr_t begin, std::uintptr_t end) noexcept {
  using arenas::detail::below;
  using arenas::detail::high;
  const bool first = high.load(std::memory_order_relaxed) == 0;
  if (first || begin <= below.load(std::memory_order_relaxed))
    below.store(begin - 1, std::memory_order_relaxed);
  if (end > high.load(std::memory_order_relaxed)) high.store(end, std::memory_order_relaxed);
}

}  // namespace

namespace arenas {

std::uintptr_t add(std::size_t count) noexcept {
  if (!open() || count > most_arenas - list_size) return 0;
  const std::uintptr_t base = reserve(count);
  if (base == 0) return 0;
  char* const records = static_cast<char*>(os::reserve(count * sizeof(arena)));
  if (records == nullptr || (base + count * arena_bytes - 1) >> arena_shift >= table_size) {
    os::release(reinterpret_cast<void*>(base), count * arena_bytes);
    if (records != nullptr) os::release(records, count * sizeof(arena));
    return 0;
  }
  widen(base, base + count * arena_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    arena* const a = new (records + i * sizeof(arena)) arena;
    a->base = base + i * arena_bytes;
    list[list_size++] = a;
    // release: pairs with of(). Who finds the record finds it mapped and made.
    table.load(std::memory_order_relaxed)[a->base >> arena_shift].store(a,
                                                                        std::memory_order_release);
  }
  return base;
}

std::size_t count() noexcept { return list_size; }
arena& at(std::size_t index) noexcept { return *list[index]; }

}  // namespace arenas

}  // namespace gander::heap
