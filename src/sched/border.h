// SPDX-License-Identifier: Apache-2.0
//
// The border between user code and the runtime. A thread runs a goroutine with a P, but may lose it at any
// instant while it is in user code (the goroutine goes on without); in the runtime it keeps it.
//
//   enter:  in_runtime = 1; light fence; if border != owned: slow path
//   leave:  in_runtime = 0 (release)
//   retake: border owned → asked; heavy fence; in_runtime == 0 ? asked → taken or borrowed : asked → owned
//
// The light and the heavy fence are a Dekker pair: either the retaker sees in_runtime == 1, or the one who enters
// sees `asked`. The heavy one is membarrier, which makes the light one a compiler fence; where the system
// has no membarrier both are full fences. docs/design/border.md has the proof, test/model/border.pml the model.
//
// Transitions of M::border and who makes them:
//     taken → owned      acquire_p(), by the M itself
//     owned → taken      release_p(), by the M itself (exchange: it may be `asked` at that moment)
//     owned → asked      a retaker, under retake_lock
//     asked → owned      the retaker, or the M that enters: both by compare-and-swap
//     asked → taken      a retaker (sysmon): the P is its own from then on
//     asked → borrowed   a retaker (a stop), or the M itself when it enters while a stop is pending
//     borrowed → owned   the end of the stop
//     borrowed → taken   the end of a stop that retires the P
//
// Any thread, on its user stack. Scopes nest: an inner one changes nothing.
#pragma once

#include <atomic>

#include "sched/current.h"

namespace gander {

// True when light fences must be real ones. Set once before the first M exists.
extern bool border_needs_fence;

inline void light_fence() noexcept {
  if (border_needs_fence) [[unlikely]] std::atomic_thread_fence(std::memory_order_seq_cst);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

// What becomes of an M that finds its P gone.
void enter_slow(M* m) noexcept;            // non-switching: goes on without
void enter_switching_slow(M* m) noexcept;  // switching: gets a P, on whatever M that may be
void yield_if_asked() noexcept;            // switching calls are where a goroutine's time slice ends

// For *non-switching* functions: they never park or migrate. Without a P they take the path that foreign
// threads use.
class runtime_scope {
 public:
  runtime_scope() noexcept : m_(current_or_attach()), nested_(m_->in_runtime.load(std::memory_order_relaxed) != 0) {
    if (nested_) return;  // relaxed: only this thread writes it
    m_->in_runtime.store(1, std::memory_order_relaxed);  // relaxed: the fences order it
    light_fence();
    // acquire: pairs with the end of a stop, and with a retaker's release of a P that came back.
    if (m_->border.load(std::memory_order_acquire) != border_state::owned) [[unlikely]] enter_slow(m_);
  }

  // release: pairs with the retaker's acquire of in_runtime == 0; all that was done to the P is visible to it.
  ~runtime_scope() {
    if (!nested_) m_->in_runtime.store(0, std::memory_order_release);
  }

  runtime_scope(const runtime_scope&) = delete;
  runtime_scope& operator=(const runtime_scope&) = delete;

  M* m() const noexcept { return m_; }

 private:
  M* const m_;
  const bool nested_;
};

// For *switching* functions: they may park, and come back on another M.
class switching_scope {
 public:
  switching_scope() noexcept;
  ~switching_scope() {
    if (!nested_) current_m()->in_runtime.store(0, std::memory_order_release);
  }

  switching_scope(const switching_scope&) = delete;
  switching_scope& operator=(const switching_scope&) = delete;

  static M* m() noexcept { return current_m(); }

 private:
  bool nested_;
};

// User code called by the runtime (a callback, a move of a user's type): no lock of ours may be held.
class user_scope {
 public:
  user_scope() noexcept { current_m()->in_runtime.store(0, std::memory_order_release); }
  ~user_scope();

  user_scope(const user_scope&) = delete;
  user_scope& operator=(const user_scope&) = delete;
};

}  // namespace gander
