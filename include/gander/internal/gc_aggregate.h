// SPDX-License-Identifier: Apache-2.0
//
// The fields of an aggregate, without a word from the user: gc_count.h finds out how many there
// are, and a structured binding of that many names them.
#pragma once

#include <gander/internal/gc_count.h>
#include <gander/internal/gc_for_each.h>

#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::internal {

template <typename... F>
struct gc_types {};

// gc_types<void, the fields' types...>. Only for decltype.
#define GANDER_GC_TYPE(f) , decltype(f)
#define GANDER_GC_TYPES_OF(count)                                                        \
  if constexpr (gc_field_count<T> == (count)) {                                          \
    [[maybe_unused]] auto& [GANDER_GC_NAMES_##count] = object;                           \
    return gc_types<void GANDER_GC_FOR_EACH(GANDER_GC_TYPE, GANDER_GC_NAMES_##count)>(); \
  } else
template <typename T>
auto gc_field_types([[maybe_unused]] T& object) {
  GANDER_GC_FOR_ALL_COUNTS(GANDER_GC_TYPES_OF) { return gc_types<void>(); }
}
#undef GANDER_GC_TYPES_OF
#undef GANDER_GC_TYPE

// each(field) for each field whose type Wants says yes to. The others are not even referred to: a
// bit-field cannot be.
#define GANDER_GC_VISIT(f) \
  if constexpr (Wants<std::remove_cv_t<decltype(f)>>::value) each(f);
#define GANDER_GC_VISIT_ALL(count)                               \
  if constexpr (gc_field_count<T> == (count)) {                  \
    [[maybe_unused]] auto& [GANDER_GC_NAMES_##count] = object;   \
    GANDER_GC_FOR_EACH(GANDER_GC_VISIT, GANDER_GC_NAMES_##count) \
  }
template <template <typename> class Wants, typename T, typename Each>
void gc_each_field([[maybe_unused]] T& object, [[maybe_unused]] Each each) {
  GANDER_GC_FOR_ALL_COUNTS(GANDER_GC_VISIT_ALL)
}
#undef GANDER_GC_VISIT_ALL
#undef GANDER_GC_VISIT

}  // namespace gander::internal

#pragma GCC visibility pop
