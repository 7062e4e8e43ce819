// SPDX-License-Identifier: Apache-2.0
//
// The page heap: hands out spans, runs of pages of the arenas, and takes them back. First fit by
// arena, in the order in which they came: what is short-lived gathers in the first ones.
//
// Invariant: a page is in use exactly when its arena's map has a span in use for it.
//
// One lock for all of it, taken inside of any other lock but those of sites and type arrays. Any
// thread, any stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/arena.h"
#include "heap/span.h"

namespace gander::heap::page_heap {

// A span of one class, or of one large object of `bytes` > most_small_bytes. nullptr when there is
// no memory. Nothing in it is allocated.
span* allocate_small(unsigned class_number, pointers has) noexcept;
span* allocate_large(std::size_t bytes, pointers has) noexcept;

// REQUIRES: nothing in it is allocated; nobody allocates from it.
void give_back(span* s) noexcept;

// Gives pages that are not in use back to the system, at least `bytes` if there are as many; how
// many bytes it gave.
std::size_t scavenge(std::size_t bytes) noexcept;

// Calls visit(span) for all that are in use; one that comes meanwhile may be missed. REQUIRES: none
// goes meanwhile.
template <typename Visit>
void for_each_span(Visit&& visit) noexcept {
  for (std::size_t i = 0; i < arenas::count(); ++i) {
    arena& a = arenas::at(i);
    for (std::size_t page = 0; page < arena_pages;) {
      const std::uintptr_t address = a.base + page * page_bytes;
      span* const s = span_of(address);
      if (s == nullptr) {
        ++page;
        continue;
      }
      if (s->base == address) visit(*s);  // else it began in the arena before
      page += (s->end() - address) / page_bytes;
    }
  }
}

struct numbers {
  std::size_t in_use_bytes = 0;    // of spans
  std::size_t reserved_bytes = 0;  // of arenas
  std::size_t written_bytes = 0;   // not in use, and not given back to the system
};
numbers count() noexcept;

}  // namespace gander::heap::page_heap
