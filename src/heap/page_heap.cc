// SPDX-License-Identifier: Apache-2.0
#include "heap/page_heap.h"

#include <gander/internal/lock.h>

#include <algorithm>
#include <new>

#include "base/relaxed.h"
#include "heap/page_bits.h"
#include "heap/sites.h"
#include "os/os.h"

namespace gander::heap::page_heap {
namespace {

internal::lock guard;  // all below, and what arena.h says

// Written under the lock; read without, for the collector asks in its stop, where a thread that
// stands still may hold it. Relaxed: for people and the pacer.
struct {
  relaxed<std::size_t> in_use_bytes;
  relaxed<std::size_t> reserved_bytes;
  relaxed<std::size_t> written_bytes;
} totals;

// Linked by next. The one that has waited longest is taken first: until then reports know what was
// there.
span* free_records = nullptr;
span* last_free_record = nullptr;

void put_record(span* s) noexcept {
  s->next = nullptr;
  (free_records == nullptr ? free_records : last_free_record->next) = s;
  last_free_record = s;
}

// Records of spans, from blocks that are never unmapped.
span* take_record() noexcept {
  if (free_records == nullptr) {
    constexpr std::size_t block_bytes = std::size_t{1} << 16;  // all of it is written
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    if (block == nullptr) return nullptr;
    for (std::size_t at = 0; at < block_bytes / sizeof(span); ++at)
      put_record(new (block + at * sizeof(span)) span);
  }
  span* const s = free_records;
  free_records = s->next;
  s->next = nullptr;
  return s;
}

// Calls f(arena, first page, pages) for each arena that the run of pages touches.
template <typename F>
void for_each_arena(std::uintptr_t base, std::size_t pages, F&& f) noexcept {
  while (pages != 0) {
    arena& a = *arenas::of(base);
    const std::size_t first = (base - a.base) / page_bytes;
    const std::size_t here = std::min(pages, arena_pages - first);
    f(a, first, here);
    base += here * page_bytes;
    pages -= here;
  }
}

// Within one arena. A search that finds nothing knows the longest run: until pages come back there,
// none is looked for that is longer.
std::uintptr_t find_short_run(std::size_t pages) noexcept {
  for (std::size_t i = 0; i < arenas::count(); ++i) {
    arena& a = arenas::at(i);
    if (a.longest_free_run < pages) continue;
    std::uintptr_t base = 0;
    std::size_t longest = 0;
    for_each_clear_run(a.used, a.first_free, [&](std::size_t first, std::size_t count) {
      if (longest == 0) a.first_free = first;
      longest = std::max(longest, count);
      if (count < pages) return true;
      base = a.base + first * page_bytes;
      return false;
    });
    if (base != 0) return base;
    a.longest_free_run = longest;
  }
  return 0;
}

// From the beginning of an arena through others that follow it.
std::uintptr_t find_long_run(std::size_t pages) noexcept {
  std::size_t found = 0;  // pages, up to the present arena
  std::uintptr_t base = 0;
  for (std::size_t i = 0; i < arenas::count(); ++i) {
    const arena& a = arenas::at(i);
    if (a.base != base + found * page_bytes) found = 0;
    if (found == 0) base = a.base;
    const std::size_t wanted = std::min(pages - found, arena_pages);
    if (any_bit(a.used, 0, wanted)) {
      found = 0;
      continue;
    }
    found += wanted;
    if (found == pages) return base;
  }
  return 0;
}

std::uintptr_t find_run(std::size_t pages) noexcept {
  const std::uintptr_t base = pages <= arena_pages ? find_short_run(pages) : find_long_run(pages);
  if (base != 0) return base;
  const std::size_t count = (pages + arena_pages - 1) / arena_pages;
  const std::uintptr_t added = arenas::add(count);
  if (added != 0) totals.reserved_bytes = totals.reserved_bytes + count * arena_bytes;
  return added;
}

// The pages become s's; s is made, but for what they tell.
void take_pages(span& s) noexcept {
  s.is_zero = true;
  for_each_arena(s.base, s.pages, [&](arena& a, std::size_t first, std::size_t count) {
    if (any_bit(a.written, first, count)) {
      s.is_zero = false;
      std::size_t written = 0;
      for_each_word(a.written, first, count, [&](std::uint64_t& w, std::uint64_t mask) {
        written += static_cast<std::size_t>(std::popcount(w & mask));
        w &= ~mask;
      });
      totals.written_bytes = totals.written_bytes - written * page_bytes;
    }
    set_bits(a.used, first, count);
  });
  s.look_anew();
  // Before it can be found. release: pairs with span_of().
  s.state.store(span_state::in_use, std::memory_order_release);
  for_each_arena(s.base, s.pages, [&](arena& a, std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      a.spans[first + i].store(&s, std::memory_order_release);  // pairs with span_of()
  });
  totals.in_use_bytes = totals.in_use_bytes + s.pages * page_bytes;
}

span* allocate(const size_class& shape, std::uint8_t class_number, pointers has,
               std::size_t object_bytes, std::size_t pages) noexcept {
  const internal::lock_scope held(guard);
  span* const s = take_record();
  if (s == nullptr) return nullptr;
  const std::uintptr_t base = find_run(pages);
  if (base == 0) {
    put_record(s);
    return nullptr;
  }
  sites::forget(*s);
  s->forget_types();
  s->freed_in = 0;
  s->base = base;
  s->pages = static_cast<std::uint32_t>(pages);
  s->object_bytes = object_bytes;
  s->objects = static_cast<std::uint16_t>(shape.objects);
  s->reciprocal = shape.reciprocal;
  s->class_number = class_number;
  s->has = has;
  take_pages(*s);
  return s;
}

// Of a run that is free; how many bytes that were.
std::size_t discard_written(arena& a, std::size_t first, std::size_t count) noexcept {
  if (!any_bit(a.written, first, count)) return 0;
  os::discard(reinterpret_cast<void*>(a.base + first * page_bytes), count * page_bytes);
  std::size_t written = 0;
  for_each_word(a.written, first, count, [&](std::uint64_t& w, std::uint64_t mask) {
    written += static_cast<std::size_t>(std::popcount(w & mask));
    w &= ~mask;
  });
  return written * page_bytes;
}

}  // namespace

span* allocate_small(unsigned class_number, pointers has) noexcept {
  const size_class& c = shape(class_number);
  return allocate(c, static_cast<std::uint8_t>(class_number), has, c.object_bytes, c.pages);
}

span* allocate_large(std::size_t bytes, pointers has) noexcept {
  if (bytes > SIZE_MAX - page_bytes) return nullptr;
  const std::size_t pages = (bytes + page_bytes - 1) / page_bytes;
  if (pages > UINT32_MAX) return nullptr;
  constexpr size_class one{.objects = 1};
  return allocate(one, 0, has, pages * page_bytes, pages);
}

void give_back(span* s) noexcept {
  const internal::lock_scope held(guard);
  s->state.store(span_state::free, std::memory_order_release);  // pairs with span_of()
  for_each_arena(s->base, s->pages, [&](arena& a, std::size_t first, std::size_t count) {
    clear_bits(a.used, first, count);
    set_bits(a.written, first, count);
    a.longest_free_run = arena_pages;
    a.first_free = std::min(a.first_free, first);
  });
  totals.in_use_bytes = totals.in_use_bytes - s->pages * page_bytes;
  totals.written_bytes = totals.written_bytes + s->pages * page_bytes;
  put_record(s);
}

std::size_t scavenge(std::size_t bytes) noexcept {
  const internal::lock_scope held(guard);
  const std::size_t pages = bytes / page_bytes + 1;
  std::size_t given = 0;
  // From the last arena on, and from the end of a run: the first ones are allocated from.
  for (std::size_t i = arenas::count(); i-- > 0 && given < bytes;) {
    arena& a = arenas::at(i);
    for_each_clear_run(a.used, 0, [&](std::size_t first, std::size_t count) {
      if (!any_bit(a.written, first, count)) return true;
      for (std::size_t end = first + count; end > first && given < bytes;) {
        const std::size_t begin = end - std::min(pages, end - first);
        given += discard_written(a, begin, end - begin);
        end = begin;
      }
      return given < bytes;
    });
  }
  totals.written_bytes = totals.written_bytes - given;
  return given;
}

numbers count() noexcept {
  return {totals.in_use_bytes, totals.reserved_bytes, totals.written_bytes};
}

}  // namespace gander::heap::page_heap
