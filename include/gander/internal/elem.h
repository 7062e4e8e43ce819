// SPDX-License-Identifier: Apache-2.0
//
// How values of a type travel through a channel, and the few operations that the type-erased core
// needs.
//
//   raw          trivially copyable and small: the core copies bytes, under the channel's lock
//   inline_move  moves known to neither throw, block nor call back: under the lock, by elem_ops
//   user         everything else is user code: moved by header code, outside the border
//
// `raw` and `inline_move` together are mode A of docs/design/channels.md, `user` is mode B.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace gander {

// Specialize as true for a type whose move constructor and destructor neither throw nor block nor
// call Gander, and channels of it will move values under their lock, which saves a handshake per
// transfer:
//
//     template <> inline constexpr bool gander::enable_inline_move<my_string> = true;
template <typename T>
inline constexpr bool enable_inline_move = false;

}  // namespace gander

namespace gander::internal {

// What chan<void> carries.
struct unit {
  bool operator==(const unit&) const = default;
};

template <typename T>
inline constexpr bool moves_inline = std::is_trivially_copyable_v<T> || enable_inline_move<T>;
// Only with the standard deleters and allocators: others are user code. What is moved here is the
// handle alone, so the element type does not matter.
template <typename T>
inline constexpr bool moves_inline<std::unique_ptr<T, std::default_delete<T>>> = true;
template <typename T>
inline constexpr bool moves_inline<std::shared_ptr<T>> = true;
template <typename T>
inline constexpr bool moves_inline<std::weak_ptr<T>> = true;
template <typename T>
inline constexpr bool moves_inline<std::vector<T, std::allocator<T>>> = true;
template <typename C>
inline constexpr bool moves_inline<std::basic_string<C, std::char_traits<C>, std::allocator<C>>> =
    true;
template <typename A, typename B>
inline constexpr bool moves_inline<std::pair<A, B>> = moves_inline<A>&& moves_inline<B>;
template <typename T>
inline constexpr bool moves_inline<std::optional<T>> = moves_inline<T>;

enum class elem_mode : std::uint8_t { raw, inline_move, user };

// Larger values gain nothing from the shortcut, and would be copied twice by a receiver.
inline constexpr std::size_t raw_size_max = 64;

template <typename T>
inline constexpr elem_mode mode_of = std::is_trivially_copyable_v<T> && sizeof(T) <= raw_size_max
                                         ? elem_mode::raw
                                     : moves_inline<T> ? elem_mode::inline_move
                                                       : elem_mode::user;

struct elem_ops {
  elem_mode mode;
  std::size_t size;  // of a slot; 0 when there is nothing to keep (empty types)
  std::size_t align;
  // The next three for inline_move only, called under the channel's lock. `result` is an empty
  // std::optional<T>.
  void (*put)(void* slot, void* value) noexcept;     // slot ← value
  void (*take)(void* result, void* slot) noexcept;   // result ← slot, and the slot is raw again
  void (*pass)(void* result, void* value) noexcept;  // result ← value
  void (*destroy)(
      void* slot) noexcept;  // for values left when the channel goes; outside the border
};

template <typename T>
struct elem {
  static void put(void* slot, void* value) noexcept {
    ::new (slot) T(std::move(*static_cast<T*>(value)));
  }
  static void take(void* result, void* slot) noexcept {
    T* const value = static_cast<T*>(slot);
    static_cast<std::optional<T>*>(result)->emplace(std::move(*value));
    value->~T();
  }
  static void pass(void* result, void* value) noexcept {
    static_cast<std::optional<T>*>(result)->emplace(std::move(*static_cast<T*>(value)));
  }
  static void destroy(void* slot) noexcept { static_cast<T*>(slot)->~T(); }

  static constexpr elem_ops make_ops() noexcept {
    if constexpr (mode_of<T> == elem_mode::raw) {
      return {
          elem_mode::raw, std::is_empty_v<T> ? 0 : sizeof(T), alignof(T), nullptr, nullptr, nullptr,
          nullptr};
    } else if constexpr (mode_of<T> == elem_mode::inline_move) {
      static_assert(
          std::is_nothrow_move_constructible_v<T>,
          "gander::enable_inline_move<T> promises that moving a T cannot throw: declare its move "
          "constructor noexcept");
      return {elem_mode::inline_move, sizeof(T), alignof(T), put, take, pass, destroy};
    } else {
      return {elem_mode::user, sizeof(T), alignof(T), nullptr, nullptr, nullptr, destroy};
    }
  }

  static constexpr elem_ops ops = make_ops();
};

// Where a received value arrives: bytes for raw types, which need no constructor, else the
// std::optional<T> itself, so that one move is all it takes. Lives on the receiver's stack while it
// waits.
template <typename T>
class landing {
 public:
  void* address(std::optional<T>& target) noexcept {
    if constexpr (mode_of<T> == elem_mode::raw) {
      return &bytes_;
    } else {
      return &target;
    }
  }

  // To be called once the core has said `done`.
  void settle(std::optional<T>& target) noexcept {
    if constexpr (mode_of<T> == elem_mode::raw) target.emplace(std::bit_cast<T>(bytes_));
  }

 private:
  struct raw_bytes {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  struct nothing {};

  [[no_unique_address]] std::conditional_t<mode_of<T> == elem_mode::raw, raw_bytes, nothing> bytes_;
};

}  // namespace gander::internal

#pragma GCC visibility pop
