// SPDX-License-Identifier: Apache-2.0
//
// cache: a span of each class from which its owner, a P, allocates without a lock.
//
// Large objects have a span each, on the shelf of class 0.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "heap/central.h"
#include "heap/page_heap.h"
#include "heap/span.h"

namespace gander::heap {

// What kind of object.
struct kind {
  pointers has = pointers::some;
  std::uint16_t type = 0;
  bool black = false;  // marked from the start: while marking is under way
};

class cache {
 public:
  constexpr cache() noexcept = default;
  cache(const cache&) = delete;
  cache& operator=(const cache&) = delete;

  // Zeroed; nullptr when there is no memory. An object of no bytes has an address of its own.
  // `align`: a power of two, at most half a page.
  void* allocate(std::size_t bytes, std::size_t align, kind k) noexcept;

  // Where an object can be taken at once, if the span admits its type; nullptr: nowhere.
  // REQUIRES: a number of a class. (Its arguments in registers: as a struct they went through
  // memory, which cost more than all the rest.)
  [[gnu::always_inline]] span* ready(unsigned class_number, pointers has) const noexcept {
    span* const s = spans_[static_cast<std::size_t>(has)][class_number];
    return s != nullptr && s->free_in_word != 0 ? s : nullptr;
  }

  // What is ready is black. In the stop that begins a marking.
  void blacken() noexcept;

  // All spans go back to the shelves.
  void flush() noexcept;

  // The owner's: what was allocated and not told yet. Of a span it is counted when that goes back.
  std::size_t uncounted_bytes = 0;
  std::size_t uncounted_objects = 0;
  // The owner's, too: until an object's place is remembered. Lower by each word of slots and each
  // large object.
  static constexpr std::ptrdiff_t not_begun = PTRDIFF_MIN;
  std::ptrdiff_t bytes_to_sample = not_begun;

 private:
  void* allocate_large(std::size_t bytes, kind k) noexcept;
  void* refill(span*& s, unsigned class_number, kind k) noexcept;
  void* take_from(span& s, kind k) noexcept;
  void put_back(span* s) noexcept;

  span* spans_[2][std::bit_ceil(class_count)] = {};  // a power of two is quicker to find
};

}  // namespace gander::heap
