// SPDX-License-Identifier: Apache-2.0
//
// How many fields an aggregate has: as many as it takes initializers.
//
// First each is {}, which a whole C array takes, too. Where a field takes no {} (a class without a
// default constructor, a reference), each is something that converts to anything: of that, arrays
// take one for each element.
//
// A structured binding of the wrong number is an error that nothing can catch. So whatever makes
// the count doubtful (bases, unions, references, a field that takes only initializers we do not
// think of, more than 24) is told apart first, and such an aggregate has no fields known to us: it
// is looked at word by word. Boost.PFR counts in a similar way, but refuses to compile for most of
// these, for C arrays and for bit-fields.
#pragma once

#include <gander/internal/gc_for_each.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

// Specialize as false for an aggregate that does not compile because of the look at its fields
// (one that holds a class whose constructor takes anything, say): then it is taken word by word.
//
//     template <> inline constexpr bool gander::gc::enable_reflection<odd> = false;
template <typename T>
inline constexpr bool enable_reflection = true;

}  // namespace gander::gc

namespace gander::internal {

inline constexpr std::size_t gc_most_fields = 24;
inline constexpr std::size_t gc_no_count = static_cast<std::size_t>(-1);

// Initializers that fit many types. Declared only: nothing is ever made of them.
struct gc_any {
  template <typename U>
  operator U() const noexcept;
};
struct gc_any_lvalue {
  template <typename U>
  operator U&() const noexcept;
};
struct gc_any_rvalue {
  template <typename U>
  operator U&&() const noexcept;
};
struct gc_any_union {
  template <typename U>
  requires std::is_union_v<U>
  operator U() const noexcept;
};
template <typename T>
struct gc_any_base {
  template <typename U>
  requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>) operator U() const noexcept;
};

// What T may be initialized by: N times {}, and then by one more.
#define GANDER_GC_BRACES(f) {},
#define GANDER_GC_TAKES(count)                                                               \
  if constexpr (N == (count)) {                                                              \
    if constexpr (std::is_void_v<Last>) {                                                    \
      return requires { T{GANDER_GC_FOR_EACH(GANDER_GC_BRACES, GANDER_GC_NAMES_##count)}; }; \
    } else {                                                                                 \
      return requires {                                                                      \
        T{GANDER_GC_FOR_EACH(GANDER_GC_BRACES, GANDER_GC_NAMES_##count) Last()};             \
      };                                                                                     \
    }                                                                                        \
  } else
template <typename T>
struct gc_tries_braces {
  template <std::size_t N, typename Last = void>
  static consteval bool takes() {
    static_assert(N <= gc_most_fields);
    GANDER_GC_FOR_ALL_COUNTS(GANDER_GC_TAKES) if constexpr (std::is_void_v<Last>) {
      return requires { T{}; };
    }
    else {
      return requires { T{Last()}; };
    }
  }
};
#undef GANDER_GC_TAKES
#undef GANDER_GC_BRACES

// The same of N times gc_any.
template <typename T>
struct gc_tries_any {
  template <std::size_t... I>
  static consteval bool all(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), gc_any())...}; };
  }
  template <typename Last, std::size_t... I>
  static consteval bool all_and(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), gc_any())..., Last()}; };
  }
  template <std::size_t N, typename Last = void>
  static consteval bool takes() {
    if constexpr (std::is_void_v<Last>) {
      return all(std::make_index_sequence<N>());
    } else {
      return all_and<Last>(std::make_index_sequence<N>());
    }
  }
  template <std::size_t... I>
  static consteval bool takes_then_braces(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), gc_any())..., {}}; };
  }
  // The I first ones, then J in braces of their own, then K.
  template <std::size_t... I, std::size_t... J, std::size_t... K>
  static consteval bool takes_nested(std::index_sequence<I...>, std::index_sequence<J...>,
                                     std::index_sequence<K...>) {
    return requires {
      T{(static_cast<void>(I), gc_any())...,
        {(static_cast<void>(J), gc_any())...},
        (static_cast<void>(K), gc_any())...};
    };
  }
};

template <typename Tries, std::size_t N>
consteval bool gc_ends() {
  return !Tries::template takes<N, gc_any>() && !Tries::template takes<N, gc_any_lvalue>() &&
         !Tries::template takes<N, gc_any_rvalue>();
}

// As many initializers as T takes, unless that is more than we can name, or something else is taken
// after them: then there is a field that was not understood.
template <typename Tries, std::size_t N = 0, bool Begun = false>
consteval std::size_t gc_initializers() {
  if constexpr (Tries::template takes<N>()) {
    if constexpr (N == gc_most_fields) {
      return gc_ends<Tries, N>() ? N : gc_no_count;
    } else {
      return gc_initializers<Tries, N + 1, true>();
    }
  } else if constexpr (Begun) {
    return gc_ends<Tries, N - 1>() ? N - 1 : gc_no_count;
  } else if constexpr (N == gc_most_fields) {
    return gc_no_count;
  } else {
    return gc_initializers<Tries, N + 1, false>();  // a field in the middle must be given
  }
}

// How many initializers from the Ith on fill a C array, if there is one: J of them in braces of
// their own leave room for just the rest. (In braces, those of a class leave room for all other
// fields.) Else 1.
template <typename T, std::size_t N, std::size_t I, std::size_t J = 2>
consteval std::size_t gc_array_at() {
  if constexpr (I + J > N) {
    return 1;
  } else {
    using before = std::make_index_sequence<I>;
    using within = std::make_index_sequence<J>;
    if constexpr (gc_tries_any<T>::takes_nested(before(), within(),
                                                std::make_index_sequence<N - I - J>()) &&
                  !gc_tries_any<T>::takes_nested(before(), within(),
                                                 std::make_index_sequence<N - I - J + 1>())) {
      return J;
    } else {
      return gc_array_at<T, N, I, J + 1>();
    }
  }
}

// N initializers are that many fields.
template <typename T, std::size_t N, std::size_t I = 0>
consteval std::size_t gc_fields_of() {
  if constexpr (I == N) {
    return 0;
  } else {
    return 1 + gc_fields_of<T, N, I + gc_array_at<T, N, I>()>();
  }
}

// A structured binding refuses an anonymous union, and no type tells it from one with a name.
template <typename Tries, std::size_t... I>
consteval bool gc_has_union(std::index_sequence<I...>) {
  return (Tries::template takes<I, gc_any_union>() || ...);
}

// The number of fields of an aggregate; gc_no_count when it cannot be told for certain.
template <typename T>
consteval std::size_t gc_count_fields() {
  if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T> || !gc::enable_reflection<T>) {
    return gc_no_count;
  } else if constexpr (gc_tries_any<T>::template takes<0, gc_any_base<T>>()) {
    return gc_no_count;
  } else {
    constexpr std::size_t n = gc_initializers<gc_tries_braces<T>>();
    if constexpr (n != gc_no_count) {
      const bool odd = gc_has_union<gc_tries_braces<T>>(std::make_index_sequence<n>()) ||
                       (n == 0 && !std::is_empty_v<T>);
      return odd ? gc_no_count : n;
    } else {
      constexpr std::size_t m = gc_initializers<gc_tries_any<T>>();
      if constexpr (m == gc_no_count) {
        return m;
      } else if constexpr (m == 0 || gc_has_union<gc_tries_any<T>>(std::make_index_sequence<m>()) ||
                           gc_tries_any<T>::takes_then_braces(std::make_index_sequence<m>())) {
        return gc_no_count;
      } else {
        return gc_fields_of<T, m>();
      }
    }
  }
}
template <typename T>
inline constexpr std::size_t gc_field_count = gc_count_fields<std::remove_cv_t<T>>();

}  // namespace gander::internal

#pragma GCC visibility pop
