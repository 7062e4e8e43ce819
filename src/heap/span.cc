// SPDX-License-Identifier: Apache-2.0
#include "heap/span.h"

#include <algorithm>

#include "heap/fresh_memory.h"
#include "heap/type_arrays.h"

namespace gander::heap {

bool span::load_word() noexcept {
  for (; next_word * 64 < objects; ++next_word) {
    std::uint64_t free = ~allocated[next_word];
    const std::uint32_t rest = objects - next_word * 64U;
    if (rest < 64) free &= (std::uint64_t{1} << rest) - 1;
    if (free == 0) continue;
    word = next_word++;
    free_in_word = free;
    zeroes_each = !is_zero && object_bytes > most_bytes_zeroed_ahead;
    set_next_type();
    const bool zeroes = !is_zero && !zeroes_each;
    if (!zeroes && !tells_of_fresh_memory) return true;
    for (std::uint64_t left = free; left != 0;) {  // run by run
      const int first = std::countr_zero(left);
      const int count = std::countr_one(left >> first);
      const std::uintptr_t begin = base + (word * 64 + static_cast<unsigned>(first)) * object_bytes;
      const std::size_t bytes = static_cast<std::size_t>(count) * object_bytes;
      is_fresh(begin, bytes);
      if (zeroes) std::memset(reinterpret_cast<void*>(begin), 0, bytes);
      if (first + count == 64) break;
      left &= ~std::uint64_t{0} << (first + count);
    }
    return true;
  }
  return false;
}

bool span::admit(std::uint16_t type) noexcept {
  const bool is_empty = std::all_of(allocated.begin(), allocated.end(),
                                    [](const relaxed<std::uint64_t>& w) { return w == 0; });
  if (is_empty) {
    only_type = type;
    set_next_type();
    return true;
  }
  std::uint16_t* const each = type_arrays::take(objects);
  if (each == nullptr) return false;
  std::fill_n(each, objects, std::uint16_t{only_type});
  for (std::uint32_t i = 0; i < objects; ++i)
    if (!is_allocated(i) && freed_when(i) != 0) each[i] = freed_type;
  types.store(each, std::memory_order_release);  // pairs with type_of()
  set_next_type();
  return true;
}

void span::forget_types() noexcept {
  if (std::uint16_t* const each = each_type(); each != nullptr) {
    types.store(nullptr, std::memory_order_relaxed);  // who reads it now believes nothing
    type_arrays::put_back(each, objects);
  }
  only_type = 0;
  freed_type = 0;
}

std::uint32_t span::sweep(std::uint32_t collection) noexcept {
  const std::size_t count = (objects + 63U) / 64;
  std::uint32_t gone = 0;
  std::array<std::uint64_t, words> dead;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t before = allocated[i];
    const std::uint64_t kept = before & exchange_marks(i, 0);
    allocated[i] = kept;
    dead[i] = before ^ kept;
    gone += static_cast<std::uint32_t>(std::popcount(dead[i]));
  }
  if (gone != 0) {
    is_zero = false;
    freed_in = collection;
    freed_type = std::uint16_t{only_type};
    for (std::size_t i = 0; i < count; ++i) freed[i] = dead[i];
  }
  counted -= gone;
  look_anew();
  return gone;
}

void span::clobber_unmarked() noexcept {
  for (std::uint32_t i = 0; i < objects; ++i)
    if (is_allocated(i) && !is_marked(i)) {
      const std::uintptr_t begin = base + i * object_bytes;
      is_fresh(begin, object_bytes);
      std::memset(reinterpret_cast<void*>(begin), 0xdb, object_bytes);
    }
}

}  // namespace gander::heap
