// SPDX-License-Identifier: Apache-2.0
//
// barrier: goroutines that meet again and again. As std::barrier, completion function included, for
// goroutines and plain threads.
//
//     gander::barrier phase(3, []() noexcept { swap_buffers(); });
//     for (int step = 0; step < steps; ++step) {
//       compute(step);
//       phase.arrive_and_wait();
//     }
//
// The completion function runs in the arrive() that ends the phase, before anyone is let go, under
// no lock. Nobody else arrives meanwhile: more arrivals than expected are a panic, where the
// standard leaves them undefined (panic_error). Any goroutine or plain thread; O(1), and O(waiters)
// for who ends the phase.
#pragma once

#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {
namespace internal {

// What does not depend on the completion function. All under lock_: a barrier is for work that is
// worth meeting for, so the tree of counters with which libstdc++ spreads the arrivals was
// rejected.
class barrier_state {
 public:
  constexpr explicit barrier_state(std::ptrdiff_t expected) noexcept
      : expected_(expected), missing_(expected) {}

  struct arrival {
    std::uint64_t phase;
    bool completes;  // the caller must run the completion function, then next_phase()
  };
  arrival arrive(std::ptrdiff_t n, bool drop);
  void next_phase() noexcept;
  void wait(std::uint64_t phase) noexcept;

 private:
  friend inside;

  lock lock_;
  wait_list waiters_;
  std::ptrdiff_t expected_;  // in each phase from the next on
  std::ptrdiff_t missing_;   // in this phase
  std::uint64_t phase_ = 0;
};

struct no_completion {
  void operator()() const noexcept {}
};

}  // namespace internal

template <class Completion = internal::no_completion>
class barrier {
  static_assert(std::is_nothrow_invocable_v<Completion&>,
                "a barrier's completion function must be noexcept");

 public:
  class arrival_token {
   public:
    arrival_token(arrival_token&&) noexcept = default;
    arrival_token& operator=(arrival_token&&) noexcept = default;

   private:
    friend barrier;
    explicit arrival_token(std::uint64_t phase) noexcept : phase_(phase) {}
    std::uint64_t phase_;
  };

  // REQUIRES: 0 <= expected <= max().
  constexpr explicit barrier(std::ptrdiff_t expected, Completion f = Completion())
      : state_(expected), completion_(std::move(f)) {}
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;

  static constexpr std::ptrdiff_t(max)() noexcept { return PTRDIFF_MAX; }

  // Arrives `n` times, without waiting. Non-switching, apart from what the completion function
  // does.
  [[nodiscard]] arrival_token arrive(std::ptrdiff_t n = 1) {
    return arrival_token(arrive(n, false));
  }

  // Switching until the phase of the token has ended.
  void wait(arrival_token&& token) { state_.wait(token.phase_); }

  // Both: switching.
  void arrive_and_wait() { wait(arrive()); }

  // Arrives, and is not expected in the phases to come. Non-switching, as arrive().
  void arrive_and_drop() { arrive(1, true); }

 private:
  std::uint64_t arrive(std::ptrdiff_t n, bool drop) {
    const auto [phase, completes] = state_.arrive(n, drop);
    if (completes) {
      completion_();
      state_.next_phase();
    }
    return phase;
  }

  internal::barrier_state state_;
  [[no_unique_address]] Completion completion_;
};

}  // namespace gander

#pragma GCC visibility pop
