// SPDX-License-Identifier: Apache-2.0
//
// The border between user code and the runtime. A thread runs a goroutine with a P, but may lose it
// at any instant while it is in user code (the goroutine goes on without); in the runtime it keeps
// it.
//
//   enter:  in_runtime = 1; light fence; if border != owned: slow path
//   leave:  in_runtime = 0 (release)
//   retake: border owned → asked; heavy fence; in_runtime == 0 ? asked → taken : asked → owned
//   stop:   border owned → stopping; heavy fence, unless all answer at once;
//           in_runtime == 0 ? stopping → borrowed, else the M does it
//
// The light and the heavy fence are a Dekker pair: either the retaker sees in_runtime == 1, or the
// one who enters sees `asked`. The heavy one is membarrier, which makes the light one a compiler
// fence; where the system has no membarrier both are full fences. docs/design/border.md has the
// proof, test/model/border.pml the model.
//
// Transitions of M::border and who makes them:
//     taken → owned          acquire_p(), by the M itself
//     owned, asked, stopping → taken   release_p(), by the M itself, in the runtime (a store)
//     owned → asked          sysmon, under retake_lock; always by compare-and-swap from here on
//     asked → owned          sysmon, or the M that enters
//     asked → taken          sysmon: the P is its own from then on
//     owned → stopping       a stop, under retake_lock
//     stopping → borrowed    the stop, or the M that enters
//     borrowed → owned       the end of the stop
//     borrowed → taken       the end of a stop that retires the P
// `asked` and `stopping` are two states because the M that enters must know from the word alone who
// asks: with one state and a flag beside it, the M could answer a stop that is over, and wait for
// ever (found by the model).
//
// Any thread, on its user stack. Scopes nest: an inner one changes nothing.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/check.h"
#include "base/relaxed.h"
#include "sched/current.h"
#include "sched/p.h"
#include "sched/park.h"

namespace gander {

// True when light fences must be real ones. Set before the first M exists that can have a P
// (pseudo-Ms, which have none to lose, may read it earlier), or by a retaker that finds membarrier
// forbidden.
extern relaxed<bool> border_needs_fence;

inline void light_fence() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);  // in_runtime is stored before this look
  if (border_needs_fence) [[unlikely]]
    std::atomic_thread_fence(std::memory_order_seq_cst);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

// The other side of light_fence(): a full fence of the caller, and on every thread that has passed
// a light one. For sysmon and stops; may take 20 ms, once.
void heavy_fence() noexcept;

// What becomes of an M that finds its P gone, or about to go.
void enter_slow(M* m) noexcept;  // non-switching: may go on without
void enter_switching_slow(
    M* m) noexcept;  // switching: gets a P, on whatever M that may be; foreign threads do without

// A goroutine without a P gets one that is idle, where it is; not for foreign threads. For
// non-switching functions that are better off with one.
void take_idle_p(M* m) noexcept;

// The runtime may hold any of its locks where a handler interrupts it. A handler is known by its
// stack, where that is ours.
[[gnu::always_inline]] inline void check_not_in_handler(const M& m) noexcept {
  if constexpr (debug_checks) {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (here - reinterpret_cast<std::uintptr_t>(m.signal_stack) < m.signal_stack_size)
      fatal("gander called in a signal handler");
  }
}

// The fast halves of all scopes, and for who wants to call nothing between them. REQUIRES: outside
// of the runtime. False: enter_slow() or enter_switching_slow() has to follow.
[[gnu::always_inline]] inline bool enter_runtime(M* m) noexcept {
  m->in_runtime.store(1, std::memory_order_relaxed);  // relaxed: the fences order it
  light_fence();
  // acquire: pairs with the end of a stop, and with a retaker's release of a P that came back.
  return m->border.load(std::memory_order_acquire) == owned;
}
// release: pairs with the retaker's acquire of in_runtime == 0; all that was done to the P is
// visible to it.
[[gnu::always_inline]] inline void leave_runtime(M* m) noexcept {
  m->in_runtime.store(0, std::memory_order_release);
}

// relaxed: only this thread writes it
inline bool is_in_runtime(const M& m) noexcept {
  return m.in_runtime.load(std::memory_order_relaxed) != 0;
}

// For *non-switching* functions: they never park or migrate. Without a P they take the path that
// foreign threads use.
class runtime_scope {
 public:
  runtime_scope() noexcept : m_(current_or_attach()), nested_(is_in_runtime(*m_)) {
    check_not_in_handler(*m_);
    if (!nested_ && !enter_runtime(m_)) [[unlikely]]
      enter_slow(m_);
  }
  ~runtime_scope() {
    if (!nested_) leave_runtime(m_);
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
  switching_scope() noexcept {
    M* const m = current_or_attach();
    check_not_in_handler(*m);
    nested_ = is_in_runtime(*m);
    if (nested_) return;
    if (!enter_runtime(m)) [[unlikely]]
      enter_switching_slow(m);
    else if (m->p->preempt) [[unlikely]]
      yield_now();  // this is where a time slice ends
  }
  ~switching_scope() {
    if (!nested_) leave_runtime(current_m());
  }

  switching_scope(const switching_scope&) = delete;
  switching_scope& operator=(const switching_scope&) = delete;

  static M* m() noexcept { return current_m(); }

 private:
  bool nested_;
};

// User code called by the runtime (a callback, a move of a user's type): no lock of ours may be
// held.
class user_scope {
 public:
  user_scope() noexcept { current_m()->in_runtime.store(0, std::memory_order_release); }
  ~user_scope();  // a non-switching entry

  user_scope(const user_scope&) = delete;
  user_scope& operator=(const user_scope&) = delete;
};

}  // namespace gander
