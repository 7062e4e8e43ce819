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

struct go_options {
  const char* name = nullptr;  // shown in reports; must stay valid while the goroutine lives
  std::size_t stack_size = 0;  // 0: run_options::stack_size. At least 16 KiB, at most 1 GiB.
};

// Starts a goroutine that calls f(args...); both are decayed and moved. Non-switching.
//
//     gander::go([](int n) { work(n); }, 42);
//
// Throws std::bad_alloc when no stack can be had, panic_error outside of a run, and what copying f
// or args throws: then nothing has been started. An exception that leaves f ends the process with a
// report.
template <typename F, typename... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline void go(F&& f, Args&&... args) {
  internal::launch(nullptr, std::forward<F>(f), std::forward<Args>(args)...);
}

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
[[noreturn]] void goexit();

// Binds the goroutine to its thread until as many unlock_os_thread() calls: no other runs there,
// and it runs nowhere else. A goroutine that ends bound takes its thread with it. Both are
// non-switching. lock_os_thread panics on a plain thread.
void lock_os_thread();
void unlock_os_thread() noexcept;

// Binds the goroutine to its thread for a scope: for what belongs to threads and does not travel
// (signal masks, locales, GL contexts, ownership of std::mutex).
class [[nodiscard]] pin_thread {
 public:
  pin_thread() { lock_os_thread(); }
  ~pin_thread() { unlock_os_thread(); }
  pin_thread(const pin_thread&) = delete;
  pin_thread& operator=(const pin_thread&) = delete;
};

// Sets how many goroutines are scheduled at the same time (at most 1,024) and returns the number
// before; n < 1 only asks. Stops and restarts the scheduler: switching.
int gomaxprocs(int n = 0) noexcept;

// Goroutines of this run that have started and not ended. Non-switching; a snapshot.
std::size_t num_goroutine() noexcept;

// The calling goroutine's number, unique within a run; on a plain thread that of the thread. No
// border crossing.
std::uint64_t goid() noexcept;

namespace internal {
void hand_off() noexcept;
void come_back() noexcept;
}  // namespace internal

// Calls f, which is known to block the thread, and hands the place of this goroutine to others at
// once. A hint: the runtime notices by itself, some tens of microseconds later. Switching.
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
