// SPDX-License-Identifier: Apache-2.0
//
// Goroutines: starting them, and what a goroutine may ask about itself.
//
// "Switching" functions may park the goroutine and resume it on another thread; "non-switching"
// ones never do. All functions may be called from any goroutine and, unless they say otherwise,
// from any plain thread.
#pragma once

#include <gander/handle.h>
#include <gander/internal/goroutine.h>
#include <gander/run.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// What go() may be told about a goroutine.
struct go_options {
  const char* name = nullptr;  // for reports; must live as long as the goroutine
  std::size_t stack_size = 0;  // bytes; 0: run_options::stack_size, see there
};

// Starts a goroutine that calls f(args...); both are decayed and moved. Non-switching.
//
//     gander::go([](int n) { work(n); }, 42);
//
// Throws std::bad_alloc when no stack can be had, panic_error outside of a run, and what copying f
// or args throws: then nothing has been started. An exception that leaves f ends the process with a
// report. O(1); allocates no memory but the stack, on which f and args lie.
template <typename F, typename... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline void go(F&& f, Args&&... args) {
  internal::launch(nullptr, std::forward<F>(f), std::forward<Args>(args)...);
}

// The same with options. Throws std::invalid_argument, too, for a stack size out of range.
//
//     gander::go({.name = "parser", .stack_size = 1 << 20}, [] { parse(); });
template <typename F, typename... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline void go(const go_options& options, F&& f, Args&&... args) {
  internal::launch(&options, std::forward<F>(f), std::forward<Args>(args)...);
}

// As go(), with a result that handle::join() waits for. A handle may be dropped: the goroutine goes
// on.
//
//     auto sum = gander::spawn([&] { return std::accumulate(v.begin(), v.end(), 0); });
//     use(sum.join());
//
// Throws what go() throws. An exception that leaves f is kept for join(); it does not end the
// process. Non-switching.
template <typename F, typename... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline auto spawn(F&& f, Args&&... args) {
  using result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  internal::promise<result> promise;
  handle<result> joined = promise.get_handle();
  internal::launch(
      nullptr,
      [promise = std::move(promise),
       f = std::decay_t<F>(std::forward<F>(f))](std::decay_t<Args>&&... moved) mutable {
        promise.fulfil(std::move(f), std::move(moved)...);
      },
      std::forward<Args>(args)...);
  return joined;
}

// Lets others run: runtime.Gosched. Switching; on a plain thread, sched_yield.
void yield() noexcept;

// Ends the calling goroutine after running the destructors of its frames: runtime.Goexit. In the
// main goroutine the others go on, and the program is a deadlock when they have all ended. `catch
// (...)` must rethrow: swallowing it is fatal. A noexcept function among the frames ends the
// program, as it does for an exception. Panics on a plain thread.
//
//     if (nothing_to_do()) gander::goexit();
[[noreturn]] void goexit();

// Binds the goroutine to its thread until as many unlock_os_thread() calls: no other runs there,
// and it runs nowhere else. A goroutine that ends bound takes its thread with it. Both are
// non-switching. lock_os_thread panics on a plain thread; unlock_os_thread does nothing when the
// goroutine is not bound.
void lock_os_thread();
void unlock_os_thread() noexcept;

// Binds the goroutine to its thread for a scope: for what belongs to threads and does not travel
// (signal masks, locales, GL contexts, ownership of std::mutex).
//
//     const gander::pin_thread here;
class [[nodiscard]] pin_thread {
 public:
  pin_thread() { lock_os_thread(); }
  ~pin_thread() { unlock_os_thread(); }
  pin_thread(const pin_thread&) = delete;
  pin_thread& operator=(const pin_thread&) = delete;
};

// Sets how many goroutines are scheduled at the same time (at most 1,024) and returns the number
// before; n < 1, or a call outside of a run, only asks. Stops and restarts the scheduler:
// switching, O(gomaxprocs).
int gomaxprocs(int n = 0) noexcept;

// Goroutines of this run that have started and not ended, main included. Non-switching; a
// snapshot, O(gomaxprocs).
std::size_t num_goroutine() noexcept;

// The calling goroutine's number, as in reports: 1 for main, else never used twice in a process. On
// a plain thread that of the thread. Non-switching; no border crossing.
std::uint64_t goid() noexcept;

namespace internal {
void hand_off() noexcept;
void come_back() noexcept;
}  // namespace internal

// Calls f, which is known to block the thread, and hands the place of this goroutine to others at
// once. A hint, never needed for progress: the runtime notices by itself, after some tens of
// microseconds when it has had to lately, else within some 20 ms. Returns what f returns, and
// throws what f throws. Switching.
//
//     const ssize_t n = gander::blocking([&] { return ::read(fd, buffer, size); });
template <std::invocable F>
decltype(auto) blocking(F&& f) {
  struct scope {
    scope() noexcept { internal::hand_off(); }
    ~scope() { internal::come_back(); }
  } handed_off;
  return std::forward<F>(f)();
}

}  // namespace gander

#pragma GCC visibility pop
