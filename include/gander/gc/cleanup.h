// SPDX-License-Identifier: Apache-2.0
//
// Something to be done once an object is gone, and a way to keep one until then.
#pragma once

#include <gander/internal/gc_runtime.h>
#include <gander/internal/user_cells.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

// Until here, at least, the object stays, though the compiler sees that the pointer is not used any
// more: for what only looks like the end of its use (a descriptor that it closes, say).
//
//     const int fd = f->fd;
//     write_all(fd, "text");
//     gander::gc::keep_alive(f);
inline void keep_alive(const void* object) noexcept { asm volatile("" : : "r"(object) : "memory"); }

// Of add_cleanup: lets it be given up. May be copied and dropped.
class cleanup {
 public:
  constexpr cleanup() noexcept = default;

  // False when it has run, is about to, or was stopped before. Non-switching.
  bool stop() noexcept {
    if (number_ == 0) return false;
    const void* const inside = reinterpret_cast<const void*>(~hidden_);
    return internal::gc_stop_cleanup(inside, std::exchange(number_, 0));
  }

 private:
  template <typename T, typename F, typename... Args>
  friend cleanup add_cleanup(T* object, F f, Args... args);

  cleanup(const void* inside, std::uint64_t number) noexcept
      : hidden_(~reinterpret_cast<std::uintptr_t>(inside)), number_(number) {}

  std::uintptr_t hidden_ = 0;  // inverted: it shall not hold the object
  std::uint64_t number_ = 0;
};

}  // namespace gander::gc

namespace gander::internal {

template <typename F, typename... Args>
struct gc_closure : gc_cleanup {
  explicit gc_closure(F&& function, Args&&... arguments)
      : f(std::move(function)), args(std::move(arguments)...) {
    run = [](gc_cleanup* self) {
      const owner held(static_cast<gc_closure*>(self));
      std::apply(std::move(held->f), std::move(held->args));
    };
    drop = [](gc_cleanup* self) noexcept {
      internal::destroy_in_cells(static_cast<gc_closure*>(self));
    };
  }
  using owner = std::unique_ptr<gc_closure, cells_deleter>;

  F f;
  std::tuple<Args...> args;
};

// Whether an argument of a cleanup is the object itself, which would hold it for ever.
template <typename Arg>
bool gc_is_same(const void* object, const Arg& arg) noexcept {
  if constexpr (std::is_convertible_v<const Arg&, const void*>) {
    return static_cast<const void*>(arg) == object;
  } else {
    return false;
  }
}

}  // namespace gander::internal

namespace gander::gc {

// Calls f(args...) some time after the object has become unreachable, on a goroutine of the
// collector's. Neither f nor args may lead to the object: it would never go. Several for one object
// run in no order that is promised; none runs when the program ends before.
//
//     struct image {
//       unsigned texture;
//     };
//     image* load(unsigned texture) {
//       image* made = gander::gc::make<image>(texture);
//       gander::gc::add_cleanup(made, [](unsigned t) { delete_texture(t); }, texture);
//       return made;
//     }
//
// Throws std::invalid_argument when the pointer leads to nothing in the collected heap, or is among
// args; std::bad_alloc; and what moving f and args throws. What f throws ends the program, as in
// any goroutine. Non-switching.
template <typename T, typename F, typename... Args>
cleanup add_cleanup(T* object, F f, Args... args) {
  static_assert(std::invocable<F&&, Args&&...>,
                "gander::gc::add_cleanup: f(args...) cannot be called");
  if ((internal::gc_is_same(object, args) || ...))
    throw std::invalid_argument("gander::gc::add_cleanup: an argument holds the object for ever");
  using closure_type = internal::gc_closure<F, Args...>;
  typename closure_type::owner closure(
      internal::make_in_cells<closure_type>(std::move(f), std::move(args)...));
  if (object == nullptr || !internal::gc_add_cleanup(object, closure.get()))
    throw std::invalid_argument("gander::gc::add_cleanup: a pointer out of the collected heap");
  const cleanup made(object, closure.release()->number);
  keep_alive(object);  // the closure is there as long as it is
  return made;
}

}  // namespace gander::gc

#pragma GCC visibility pop
