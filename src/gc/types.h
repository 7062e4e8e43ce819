// SPDX-License-Identifier: Apache-2.0
//
// The types of objects, by number: what the collector looks at in an object, and what a report says
// that it is. Copied when a type is first used, for the module that brought it may be unloaded.
//
// Number 0: nothing is known; such objects are looked through conservatively. So are those of types
// that found the table full.
//
// A lock for adding; look-ups take none. [signal]
#pragma once

#include <gander/internal/gc_runtime.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gander::gc {

struct type_record {
  std::string_view name;
  std::size_t bytes = 0;                   // of one object
  std::span<const std::uint32_t> offsets;  // exact: of the words that may hold pointers, ascending
  internal::gc_layout layout = internal::gc_layout::conservative;
};

namespace types {

inline constexpr std::size_t most = 1 << 16;

// The type's number, given to it now if it has none. Any thread; may take memory.
std::uint16_t number_of(internal::gc_type& type) noexcept;

namespace detail {
// `most` of them, unknown and then zero until used.
extern constinit std::atomic<const type_record*> records;
inline constexpr type_record unknown{"?", 0, {}, internal::gc_layout::conservative};
}  // namespace detail

// Inlined: the collector asks for each object.
inline const type_record& at(std::uint16_t number) noexcept {
  // acquire: pairs with number_of()
  const type_record* const table = detail::records.load(std::memory_order_acquire);
  return table == nullptr ? detail::unknown : table[number];
}

}  // namespace types
}  // namespace gander::gc
