// SPDX-License-Identifier: Apache-2.0
//
// What the collector has to know of a type: where its objects may hold pointers, and whether
// anything is lost when their destructors do not run.
//
// A type is told by the first of these that fits:
//   - numbers, enums, pointers to functions and to members, arrays of them: no pointers;
//   - pointers to objects: themselves;
//   - a class with GANDER_GC_FIELDS (the types of gc.h, too): the fields that it lists;
//   - std::array, pair, tuple, atomic, aggregates: their parts;
//   - whatever is aligned less than a pointer: none;
//   - all else: each aligned word.
#pragma once

#include <gander/internal/gc_aggregate.h>
#include <gander/internal/gc_runtime.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#pragma GCC visibility push(default)

namespace gander::internal {

// Pointers to the fields that a class lists.
template <typename Class, typename... Members>
constexpr std::tuple<Members...> gc_members(std::nullptr_t, Members... members) noexcept {
  return std::tuple<Members...>(members...);
}

// What a class has declared by macros; they make this a friend. What a base has declared does not
// count for a class: it says nothing about the fields that were added.
struct gc_access {
  template <typename T>
  static consteval bool declares_fields() {
    if constexpr (requires { typename T::gander_gc_declared; }) {
      return std::is_same_v<typename T::gander_gc_declared, T>;
    } else {
      return false;
    }
  }
  template <typename T>
  static consteval bool wants_destruction() {
    if constexpr (requires { typename T::gander_gc_destroyed; }) {
      return std::is_same_v<typename T::gander_gc_destroyed, T>;
    } else {
      return false;
    }
  }
  template <typename T>
  static constexpr auto fields() noexcept {
    return T::gander_gc_fields();
  }
};

template <typename T>
using gc_field_types_of = decltype(gc_field_types(std::declval<T&>()));

// The library's templates that are the sum of their parts: with the parts in Of.
template <typename T>
struct gc_parts {
  static constexpr bool known = false;
};
template <typename T, std::size_t N>
struct gc_parts<std::array<T, N>> {
  static constexpr bool known = true;
  using of = gc_types<void, T>;
};
template <typename A, typename B>
struct gc_parts<std::pair<A, B>> {
  static constexpr bool known = true;
  using of = gc_types<void, A, B>;
};
template <typename... T>
struct gc_parts<std::tuple<T...>> {
  static constexpr bool known = true;
  using of = gc_types<void, T...>;
};
template <typename T>
struct gc_parts<std::atomic<T>> {
  static constexpr bool known = true;
  using of = gc_types<void, T>;
};
// Which of them a variant holds, nobody tells the collector: if one has pointers, each word counts.
template <typename T>
struct gc_parts<std::optional<T>> {
  static constexpr bool known = true;
  using of = gc_types<void, T>;
};
template <typename... T>
struct gc_parts<std::variant<T...>> {
  static constexpr bool known = true;
  using of = gc_types<void, T...>;
};

template <typename T>
inline constexpr bool gc_is_choice = false;
template <typename T>
inline constexpr bool gc_is_choice<std::optional<T>> = true;
template <typename... T>
inline constexpr bool gc_is_choice<std::variant<T...>> = true;

template <typename T>
consteval gc_layout gc_layout_of();

template <typename First, typename... T>
consteval bool gc_no_pointers_in(gc_types<First, T...>) {
  return ((gc_layout_of<T>() == gc_layout::none) && ...);
}
template <typename... T, typename... C>
consteval bool gc_no_pointers_in(std::tuple<T C::*...>) {
  return ((gc_layout_of<T>() == gc_layout::none) && ...);
}

template <typename T>
consteval gc_layout gc_layout_of_class() {
  constexpr auto unless = [](bool none, gc_layout other = gc_layout::exact) {
    return none ? gc_layout::none : other;
  };
  if constexpr (gc_access::declares_fields<T>()) {
    return unless(gc_no_pointers_in(decltype(gc_access::fields<T>())()));
  } else if constexpr (gc_parts<T>::known) {
    return unless(gc_no_pointers_in(typename gc_parts<T>::of()),
                  gc_is_choice<T> ? gc_layout::conservative : gc_layout::exact);
  } else if constexpr (std::is_empty_v<T> || alignof(T) < alignof(void*)) {
    return gc_layout::none;
  } else if constexpr (gc_field_count<T> != gc_no_count) {
    return unless(gc_no_pointers_in(gc_field_types_of<T>()));
  } else {
    return gc_layout::conservative;
  }
}

template <typename T>
consteval gc_layout gc_layout_of() {
  using U = std::remove_cv_t<std::remove_all_extents_t<T>>;
  if constexpr (std::is_pointer_v<U>) {
    return std::is_function_v<std::remove_pointer_t<U>> ? gc_layout::none : gc_layout::exact;
  } else if constexpr (std::is_scalar_v<U>) {
    return gc_layout::none;
  } else if constexpr (std::is_class_v<U> || std::is_union_v<U>) {
    return gc_layout_of_class<U>();
  } else {
    return gc_layout::exact;  // a reference, in a tuple: a pointer
  }
}

template <typename T>
struct gc_may_point : std::bool_constant<gc_layout_of<T>() != gc_layout::none> {};

// Storage of a T that is never made: to see where its fields lie.
template <typename T>
union gc_blank {
  constexpr gc_blank() noexcept : nothing() {}
  ~gc_blank() {}
  char nothing;
  T value;
};

// Tells of words that may hold pointers.
struct gc_words {
  void (*word)(void* to, std::size_t offset);
  void* to;

  template <typename T>
  void in(std::size_t at) const {
    using U = std::remove_cv_t<T>;
    if constexpr (!gc_may_point<T>::value) {
      return;
    } else if constexpr (std::is_bounded_array_v<U>) {
      each<std::remove_extent_t<U>>(at, std::extent_v<U>);
    } else if constexpr (!std::is_class_v<U>) {
      every(at, sizeof(U));  // a pointer; unions: all
    } else if constexpr (gc_access::declares_fields<U>()) {
      std::apply([&](auto... member) { (of_member<U>(at, member), ...); }, gc_access::fields<U>());
    } else if constexpr (gc_parts<U>::known) {
      of_parts(at, static_cast<U*>(nullptr));
    } else if constexpr (gc_field_count<U> != gc_no_count) {
      gc_each_field<gc_may_point>(blank<U>.value, [&](auto& field) { of_field<U>(at, field); });
    } else {
      every(at, sizeof(U));
    }
  }

 private:
  template <typename T>
  static inline constinit gc_blank<T> blank;

  void every(std::size_t at, std::size_t bytes) const {
    constexpr std::size_t step = sizeof(void*);
    for (std::size_t o = (at + step - 1) / step * step; o + step <= at + bytes; o += step)
      word(to, o);
  }
  template <typename T>
  void each(std::size_t at, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) in<T>(at + i * sizeof(T));
  }
  template <typename Object, typename Field>
  void of_field(std::size_t at, Field& field) const {
    const auto address = [](auto& x) {
      return reinterpret_cast<std::uintptr_t>(std::addressof(x));
    };
    in<Field>(at + (address(field) - address(blank<Object>.value)));
  }
  template <typename Object, typename Field, typename Class>
  void of_member(std::size_t at, Field Class::*member) const {
    if constexpr (gc_may_point<Field>::value) of_field<Object>(at, blank<Object>.value.*member);
  }

  template <typename T, std::size_t N>
  void of_parts(std::size_t at, std::array<T, N>*) const {
    each<T>(at, N);
  }
  template <typename A, typename B>
  void of_parts(std::size_t at, std::pair<A, B>*) const {
    of_member<std::pair<A, B>>(at, &std::pair<A, B>::first);
    of_member<std::pair<A, B>>(at, &std::pair<A, B>::second);
  }
  template <typename... T>
  void of_parts(std::size_t at, std::tuple<T...>* tuple) const {
    if constexpr ((std::is_reference_v<T> || ...)) {
      every(at, sizeof(*tuple));
    } else {
      std::apply([&](auto&... part) { (of_field<std::tuple<T...>>(at, part), ...); },
                 blank<std::tuple<T...>>.value);
    }
  }
  template <typename T>
  void of_parts(std::size_t at, T*) const {
    every(at, sizeof(T));
  }
};

template <typename T>
consteval bool gc_needs_destructor();

template <typename First, typename... T>
consteval bool gc_need_destructors(gc_types<First, T...>) {
  return (gc_needs_destructor<T>() || ...);
}
template <typename First, typename... T>
consteval bool gc_all_trivial(gc_types<First, T...>) {
  return (std::is_trivially_destructible_v<T> && ...);
}
template <typename First, typename... T>
consteval bool gc_move_without_throw(gc_types<First, T...>) {
  return (std::is_nothrow_move_constructible_v<T> && ...);
}

// Whether something is lost when the memory of a T is taken without ~T().
//
// The fields of an aggregate do not tell whether it has a destructor of its own; unless all of them
// have a trivial one, and it has not. But one takes the implicit move constructor away, and the
// copies of gc::ptr and its like are not noexcept, while their moves are: so an aggregate of fields
// that move without throwing, which itself does not, has one.
template <typename T>
consteval bool gc_needs_destructor() {
  using U = std::remove_cv_t<std::remove_all_extents_t<T>>;
  if constexpr (std::is_trivially_destructible_v<U> || std::is_reference_v<U>) {
    return false;
  } else if constexpr (gc_access::wants_destruction<U>()) {
    return true;
  } else if constexpr (gc_access::declares_fields<U>()) {
    return false;
  } else if constexpr (gc_parts<U>::known) {
    return gc_need_destructors(typename gc_parts<U>::of());
  } else if constexpr (gc_field_count<U> != gc_no_count) {
    using fields = gc_field_types_of<U>;
    return gc_need_destructors(fields()) || gc_all_trivial(fields()) ||
           (gc_move_without_throw(fields()) && !std::is_nothrow_move_constructible_v<U>);
  } else {
    return true;
  }
}

template <typename T>
consteval std::string_view gc_type_name() {
  const std::string_view all = __PRETTY_FUNCTION__;  // "… [T = int]", or "… [with T = int; …]"
  const std::size_t begin = all.find("T = ") + 4;
  const std::size_t end = all.find("; std::string_view = ", begin);
  return all.substr(begin, (end == all.npos ? all.rfind(']') : end) - begin);
}

// The collector's knowledge of T.
template <typename T>
constinit inline gc_type gc_type_of{
    .name = gc_type_name<T>(),
    .bytes = sizeof(T),
    .layout = gc_layout_of<T>(),
    .describe = [](void (*word)(void* to, std::size_t offset), void* to) {
      gc_words{word, to}.template in<T>(0);
    }};

}  // namespace gander::internal

#pragma GCC visibility pop
