// SPDX-License-Identifier: Apache-2.0
//
// The slow half of shared_mutex.
//
// Go keeps two counters, two semaphores and a mutex among writers, and its Unlock touches them
// after readers have been let in. Here all is one word and two lists, so that the next owner may
// destroy the mutex at once (the rule and the proof are those of mutex.cc), and every hand-over is
// direct: whoever is readied owns the mutex already. Writers therefore take turns in order;
// competing as in mutex was rejected, for writers are rare where a shared_mutex is the right
// choice.
//
// state_: readers × 4, queued_bit, writer_bit. Invariants:
//   * writer_bit and readers exclude each other;
//   * without queued_bit both lists are empty, and the fast paths change the word by
//   compare-and-swap;
//   * with queued_bit every change is made under queue_lock_, so there plain stores do;
//   * while queue_lock_ is free: readers wait only if a writer owns or waits; a writer waits only
//   if somebody owns.
#include <gander/sync/shared_mutex.h>

#include "base/check.h"
#include "sched/border.h"
#include "sync/waiting.h"

namespace gander {

// From here to release() the word is ours. Acquire: whoever takes the mutex now sees what its last
// owner wrote. REQUIRES: queue_lock_.
void shared_mutex::set_queued() noexcept { state_.fetch_or(queued_bit, std::memory_order_acquire); }

// REQUIRES: queue_lock_ and queued_bit. release: as in unlock(), for a fast path may follow.
void shared_mutex::set_state(std::uint32_t owners) noexcept {
  const bool queued = !readers_.empty() || !writers_.empty();
  state_.store(owners | (queued ? queued_bit : 0), std::memory_order_release);
}

// Lets all waiting readers in, beside `owners`.
void shared_mutex::admit_readers(std::uint32_t owners, woken_list& admitted) noexcept {
  set_state(owners + admitted.add_all(readers_) * one_reader);
}

// REQUIRES: queue_lock_ and queued_bit, nobody owns the mutex.
void shared_mutex::admit_writer(sudog& writer, woken_list& admitted) noexcept {
  writer_.set(writer.g->who, reinterpret_cast<std::uintptr_t>(writer.elem));
  admitted.add(writer);
  set_state(writer_bit);
}

// For complaints.
internal::past shared_mutex::last_writer() const noexcept {
  return {.what = "shared_mutex",
          .object = this,
          .happened = "locked last for writing",
          .who = writer_.who.load(std::memory_order_relaxed),
          .place = writer_.place.load(std::memory_order_relaxed)};
}

bool shared_mutex::lock_slow(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  queue_lock_.acquire();
  set_queued();
  const std::uint32_t owners = state_.load(std::memory_order_relaxed) & ~queued_bit;
  if (owners == 0) {
    set_state(writer_bit);
    queue_lock_.release();
    return true;
  }
  sudog self;
  self.elem = __builtin_return_address(0);  // for who hands the mutex over
  enqueue(writers_, self);
  if (park_until(queue_lock_, writers_, self, wait_reason::rwmutex_lock, deadline_ns, this))
    return true;
  writer_gave_up();
  return false;
}

// The readers that waited behind a writer need not wait any more when it has gone.
void shared_mutex::writer_gave_up() noexcept {
  woken_list admitted;
  queue_lock_.acquire();
  set_queued();
  const std::uint32_t owners = state_.load(std::memory_order_relaxed) & ~queued_bit;
  if (owners == writer_bit || !writers_.empty()) {
    set_state(owners);
  } else {
    admit_readers(owners, admitted);
  }
  queue_lock_.release();
  admitted.ready_all();
}

bool shared_mutex::lock_shared_slow(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  queue_lock_.acquire();
  set_queued();
  const std::uint32_t owners = state_.load(std::memory_order_relaxed) & ~queued_bit;
  if (owners != writer_bit && writers_.empty()) {
    set_state(owners + one_reader);
    queue_lock_.release();
    return true;
  }
  sudog self;
  enqueue(readers_, self);
  return park_until(queue_lock_, readers_, self, wait_reason::rwmutex_rlock, deadline_ns, this);
}

void shared_mutex::unlock_slow() noexcept {
  for (;;) {
    std::uint32_t s = state_.load(std::memory_order_relaxed);
    if ((s & writer_bit) == 0) {
      const internal::past writer = last_writer();
      fatal("sync: Unlock of unlocked RWMutex", &writer);
    }
    if ((s & queued_bit) == 0) {
      // release: as in unlock(). The last access.
      if (state_.compare_exchange_weak(s, 0, std::memory_order_release, std::memory_order_relaxed))
        return;
      continue;
    }
    const runtime_scope scope;
    queue_lock_.acquire();
    woken_list admitted;
    if (const std::uint32_t readers = admitted.add_all(readers_); readers != 0) {
      set_state(readers * one_reader);
    } else if (sudog* writer = dequeue(writers_)) {
      admit_writer(*writer, admitted);
    } else {
      set_state(writer_bit);  // all have left: without queued_bit now, so once more
    }
    queue_lock_.release();
    if (admitted.empty()) continue;
    admitted.ready_all();
    return;
  }
}

void shared_mutex::unlock_shared_slow() noexcept {
  for (;;) {
    std::uint32_t s = state_.load(std::memory_order_relaxed);
    if (s < one_reader) {
      const internal::past writer = last_writer();
      fatal("sync: RUnlock of unlocked RWMutex", &writer);
    }
    if ((s & queued_bit) == 0) {
      // release: as in unlock_shared(). The last access.
      if (state_.compare_exchange_weak(s, s - one_reader, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
      continue;
    }
    const runtime_scope scope;
    queue_lock_.acquire();
    set_queued();  // which it may be no more, and then the fast paths would be at it, too
    const std::uint32_t readers = state_.load(std::memory_order_relaxed) & ~queued_bit;
    woken_list admitted;
    bool unlocked = true;
    if (readers > one_reader && !writers_.empty()) {
      set_state(readers - one_reader);  // a writer is queued and pins the mutex
    } else if (sudog* writer = readers == one_reader ? dequeue(writers_) : nullptr) {
      admit_writer(*writer, admitted);
    } else {
      // All writers have left, the last perhaps this moment: see writer_gave_up(). Without
      // queued_bit now, so once more.
      admit_readers(readers, admitted);
      unlocked = false;
    }
    queue_lock_.release();
    admitted.ready_all();
    if (unlocked) return;
  }
}

}  // namespace gander
