// SPDX-License-Identifier: Apache-2.0
//
// What vector, map and string share: comparisons, and moves of elements. <algorithm> would bring
// <functional> along.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

// <=>, or what < says.
template <typename T>
constexpr auto gc_compare(const T& a, const T& b) {
  if constexpr (std::three_way_comparable<T>) {
    return a <=> b;
  } else {
    if (a < b) return std::weak_ordering::less;
    if (b < a) return std::weak_ordering::greater;
    return std::weak_ordering::equivalent;
  }
}

template <typename A, typename B>
bool gc_equal(A a, A a_end, B b) {
  for (; a != a_end; ++a, ++b)
    if (!(*a == *b)) return false;
  return true;
}

template <typename A, typename Compare>
auto gc_compare_all(A a, A a_end, A b, A b_end, Compare compare) -> decltype(compare(*a, *b)) {
  for (; a != a_end && b != b_end; ++a, ++b)
    if (const auto order = compare(*a, *b); order != 0) return order;
  if (b != b_end) return std::strong_ordering::less;
  if (a != a_end) return std::strong_ordering::greater;
  return std::strong_ordering::equal;
}

template <typename T>
void gc_reverse(T* first, T* last) {
  using std::swap;
  while (first < last) swap(*first++, *--last);
}

// So that what stands at `middle` comes first.
template <typename T>
void gc_rotate(T* first, T* middle, T* last) {
  if (last - middle == 1 && first != middle) {
    T moved(std::move(*middle));
    for (T* p = middle; p != first; --p) *p = std::move(p[-1]);
    *first = std::move(moved);
  } else {
    gc_reverse(first, middle);
    gc_reverse(middle, last);
    gc_reverse(first, last);
  }
}

// Makes n elements at `to` of those at `from`, by their own constructors: the collector must be
// told of each pointer, so no bytes are copied. When one throws, those at `to` are gone, and those
// at `from` unchanged, if their type can be copied.
template <typename T>
void gc_relocate(T* from, std::size_t n, T* to) {
  if constexpr (std::is_nothrow_move_constructible_v<T> || !std::is_copy_constructible_v<T>) {
    std::uninitialized_move_n(from, n, to);
  } else {
    std::uninitialized_copy_n(from, n, to);
  }
}

template <typename I>
concept gc_input = std::input_iterator<I>;

}  // namespace gander::internal

#pragma GCC visibility pop
