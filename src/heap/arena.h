// SPDX-License-Identifier: Apache-2.0
//
// Arenas: the address space of the heap, in pieces of one size at multiples of it; and the map from
// an address to the span that it lies in, for any word there is.
//
// The order in which an arena comes to be (the bug of 2015 was the other one): its record is
// mapped, and only then entered in the table by which addresses find it. Never unmapped.
//
// Lock: add() and whoever changes an arena's pages hold the page heap's. span_of() takes none.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "heap/span.h"

namespace gander::heap {

inline constexpr unsigned arena_shift = sizeof(void*) == 8 ? 26 : 22;  // 64 MiB, 4 MiB
inline constexpr std::size_t arena_bytes = std::size_t{1} << arena_shift;
inline constexpr std::size_t arena_pages = arena_bytes / page_bytes;

struct arena {
  std::uintptr_t base = 0;
  std::array<std::atomic<span*>, arena_pages> spans{};  // of each page in use; the last one else

  // The page heap's.
  std::array<std::uint64_t, arena_pages / 64> used{};
  std::array<std::uint64_t, arena_pages / 64> written{};  // may be other than zero
  std::size_t longest_free_run = arena_pages;             // no run is longer
  std::size_t first_free = 0;                             // no page before is free
};

namespace arenas {

// Address space for `count` arenas in a row, and their records; the first one's base, 0 when there
// is no memory. Under the page heap's lock.
std::uintptr_t add(std::size_t count) noexcept;

// In the order in which they came.
std::size_t count() noexcept;
arena& at(std::size_t index) noexcept;

namespace detail {
// The table: a word for each arena that an address may lie in. Where addresses have 64 bits, of
// which processes get 47, that is address space of 16 MiB, touched where there are arenas.
inline constexpr unsigned address_bits = sizeof(void*) == 8 ? 47 : 32;
inline constexpr std::size_t table_size = std::size_t{1} << (address_bits - arena_shift);
extern std::atomic<std::atomic<arena*>*> table;
// All arenas lie between, and this only grows. The table decides; these are for a quick no. Neither
// is an address in one: the collector looks at these words, too, and would find the first object.
extern std::atomic<std::uintptr_t> below;
extern std::atomic<std::uintptr_t> high;
}  // namespace detail

// Between which addresses all arenas lie that there are when it is made.
struct bounds {
  std::uintptr_t below;
  std::uintptr_t bytes;

  static bounds now() noexcept {
    // relaxed: who has the address of an object has seen the bounds that its arena made. (Markers
    // take them once for many, and do not mind: what lies in later arenas is black.)
    const std::uintptr_t below = detail::below.load(std::memory_order_relaxed);
    const std::uintptr_t high = detail::high.load(std::memory_order_relaxed);
    return {below, high > below ? high - below : 0};  // of the first arena one may come late
  }
  bool hold(std::uintptr_t address) const noexcept { return address - below < bytes; }
};

// False for most of what is no address of the heap's.
inline bool may_hold(std::uintptr_t address) noexcept { return bounds::now().hold(address); }

// nullptr: not the heap's.
inline arena* of(std::uintptr_t address) noexcept {
  // acquire, both: pairs with add(). Who finds a record finds it mapped and made.
  std::atomic<arena*>* const entries = detail::table.load(std::memory_order_acquire);
  const std::size_t index = address >> arena_shift;
  if (entries == nullptr || index >= detail::table_size) return nullptr;
  return entries[index].load(std::memory_order_acquire);
}

}  // namespace arenas

// Whether the span is in use, and `address` lies in it. Any thread. [signal]
inline bool is_in(const span& s, std::uintptr_t address) noexcept {
  // acquire: pairs with the page heap, which has made the span before it is in use
  return s.state.load(std::memory_order_acquire) == span_state::in_use &&
         address - s.base < s.pages * page_bytes;
}

// The span in use that `address` lies in; nullptr where there is none. Any thread. [signal]
inline span* span_of(std::uintptr_t address) noexcept {
  const arena* const a = arenas::of(address);
  if (a == nullptr) return nullptr;
  // acquire: pairs with the page heap, which has made the span before it enters it.
  span* const s = a->spans[(address - a->base) / page_bytes].load(std::memory_order_acquire);
  return s != nullptr && is_in(*s, address) ? s : nullptr;
}

// The span that `address` lay in last, and that has been given back since; nullptr: there was none,
// or its record is another's. For reports: it may change while it is looked at. [signal]
inline const span* former_span_of(std::uintptr_t address) noexcept {
  const arena* const a = arenas::of(address);
  if (a == nullptr) return nullptr;
  const span* const s = a->spans[(address - a->base) / page_bytes].load(std::memory_order_acquire);
  if (s == nullptr || s->state.load(std::memory_order_acquire) != span_state::free) return nullptr;
  return address - s->base < s->pages * page_bytes ? s : nullptr;
}

// Of the place in the span that `address` lies in; behind the last one it is too large.
inline std::uint32_t index_in(const span& s, std::uintptr_t address) noexcept {
  // Of a large object the reciprocal is 0.
  return static_cast<std::uint32_t>(std::uint64_t{address - s.base} * s.reciprocal >> 32);
}

struct object {
  span* in = nullptr;  // nullptr: none
  std::uint32_t index = 0;
  std::uintptr_t begin() const noexcept { return in->base + index * in->object_bytes; }
};

// The allocated object of the span, in which `address` lies, that it points to, or into.
inline object object_in(span& s, std::uintptr_t address) noexcept {
  const std::uint32_t index = index_in(s, address);
  if (index >= s.objects || !s.is_allocated(index)) return {};
  // Pairs with span::take(): who has seen the bit sees the zeros.
  std::atomic_thread_fence(std::memory_order_acquire);
  return {&s, index};
}

// The allocated object that `address` points to, or into. Any word may be asked about. [signal]
inline object find_object(std::uintptr_t address) noexcept {
  span* const s = span_of(address);
  return s != nullptr ? object_in(*s, address) : object{};
}

}  // namespace gander::heap
