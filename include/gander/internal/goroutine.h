// SPDX-License-Identifier: Apache-2.0
//
// What the templates of go.h need of the inside: a goroutine is made in two steps, so that moving
// the closure, which is the user's code, happens outside of the runtime.
#pragma once

#include <gander/internal/user_cells.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {
struct G;
struct go_options;
struct run_options;
}  // namespace gander

namespace gander::internal {

// A goroutine that has not started, and room for a closure on its stack. Throws std::bad_alloc when
// no stack can be had, panic_error outside of a run, std::invalid_argument for a stack size out of
// range.
struct new_goroutine {
  G* g;
  void* closure;
};
new_goroutine make_goroutine(std::size_t closure_size, std::size_t closure_alignment,
                             const go_options* options);
void cancel_goroutine(G* g) noexcept;
void start_goroutine(G* g, void (*entry)(void*)) noexcept;

int run_main(const run_options& options, int (*main)(void*), void* closure);

// Closures beyond this live in alloc_user_cells memory; a stack must have room for the code, too.
inline constexpr std::size_t max_closure_on_stack = 16 * 1024;

// The closure of a goroutine: f(args...), all decayed and moved.
template <typename F, typename... Args>
struct closure {
  F f;
  [[no_unique_address]] std::tuple<Args...> args;

  // The bottom of the user's code. The closure is destroyed on the goroutine, also when goexit()
  // unwinds it.
  static void entry(void* raw) {
    closure* const self = static_cast<closure*>(raw);
    struct destroyer {
      closure* what;
      ~destroyer() { std::destroy_at(what); }
    } destroy{self};
    std::apply(std::move(self->f), std::move(self->args));
  }
};

// The bottom of the main goroutine's code. Reports take the name of a callable without one of its
// own from the first template argument here and above.
template <typename F>
struct main_entry {
  using callable = std::remove_reference_t<F>;

  static void* closure(callable& main) noexcept {
    return const_cast<void*>(static_cast<const volatile void*>(std::addressof(main)));
  }

  static int call(void* closure) {
    F&& main = static_cast<F&&>(*static_cast<callable*>(closure));
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      std::forward<F>(main)();
      return 0;
    } else {
      return static_cast<int>(std::forward<F>(main)());
    }
  }
};

// Cancels a goroutine whose closure could not be made.
struct pending_goroutine {
  G* g;
  ~pending_goroutine() {
    if (g != nullptr) cancel_goroutine(g);
  }
};

// Always inlined, with all of its callers up to the user's, so that the return address of
// make_goroutine lies in the code that started the goroutine: reports say `created by` that.
template <typename F, typename... Args>
[[gnu::always_inline]] inline void launch(const go_options* options, F&& f, Args&&... args) {
  using body = closure<std::decay_t<F>, std::decay_t<Args>...>;
  if constexpr (sizeof(body) > max_closure_on_stack) {
    std::unique_ptr<body, cells_deleter> owned(internal::make_in_cells<body>(
        body{std::forward<F>(f), std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)}));
    internal::launch(options, [owned = std::move(owned)]() mutable {
      std::apply(std::move(owned->f), std::move(owned->args));
    });
  } else {
    const new_goroutine made = make_goroutine(sizeof(body), alignof(body), options);
    pending_goroutine pending{made.g};
    ::new (made.closure)
        body{std::forward<F>(f), std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)};
    pending.g = nullptr;
    start_goroutine(made.g, &body::entry);
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
