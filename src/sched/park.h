// SPDX-License-Identifier: Apache-2.0
//
// Parking and waking: all that channels, locks and timers need of the scheduler.
//
// The pattern, always: take the lock of your object; look; if you must wait, queue a sudog that
// lies on your stack; park(lock). The lock is released on the scheduler's stack when the
// goroutine's context is saved, so a waker, who needs that lock to find the sudog, cannot be too
// early. Spurious wakeups do not exist.
//
// The waker: take the lock; dequeue(list) gives a waiter that is now yours alone; write its result;
// release the lock; ready(g). After ready() the sudog is gone.
//
// Works the same on foreign threads, whose pseudo-G parks on a futex. Callers are inside a
// switching_scope (park) or any scope (ready).
#pragma once

#include <gander/internal/lock.h>
#include <gander/internal/wait_list.h>

#include <cstdint>

#include "sched/current.h"
#include "sched/wait_reason.h"

namespace gander {

using internal::lock;
using internal::lock_scope;
using internal::sudog;
using internal::wait_list;

// Parks the calling goroutine until ready(). Releases `held` once its context is saved. `object`
// is what it waits for, of the type that reports expect for the reason (g_record::waits_for).
void park(lock& held, wait_reason reason, const void* object = nullptr) noexcept;

// As park, for those who hold several locks: `commit(argument)` runs on the scheduler's stack once
// the context is saved.
void park_commit(void (*commit)(void*) noexcept, void* argument, wait_reason reason,
                 const void* object) noexcept;

// Parks for ever: nil channels, empty selects.
[[noreturn]] void park_forever(wait_reason reason) noexcept;

// As park, but at most until deadline_ns (clock of os::now_ns): `waiter`, queued on `list` under
// `held`, is then taken off the list and false returned. A deadline that has passed still lets go
// of the lock and takes `waiter` off.
bool park_until(lock& held, wait_list& list, sudog& waiter, wait_reason reason,
                std::int64_t deadline_ns, const void* object = nullptr) noexcept;

// Makes a parked goroutine runnable. On a P it runs next there; from elsewhere it goes to the
// global queue. REQUIRES: the caller has taken its sudog, or its timer.
void ready(G* g) noexcept;

// The first waiter that can still be woken: skips those of an earlier run(), and selects that
// another case has won. nullptr when there is none. REQUIRES: the list's lock.
sudog* dequeue(wait_list& list) noexcept;

// Queues `waiter` for the calling goroutine.
inline void enqueue(wait_list& list, sudog& waiter) noexcept {
  waiter.g = current_m()->curg;
  list.push_back(waiter);
}

// Gives up the processor: behind everyone in the global queue.
void yield_now() noexcept;

// Whether it makes sense to wait for a lock's owner by spinning a little: it may be running on
// another processor, and nobody waits for this one. Any scope.
bool may_spin_for_owner() noexcept;

// A cheap random number, from the M's own generator.
std::uint32_t random_u32() noexcept;

}  // namespace gander
