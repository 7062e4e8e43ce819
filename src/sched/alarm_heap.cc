// SPDX-License-Identifier: Apache-2.0
#include "sched/alarm_heap.h"

#include "base/check.h"
#include "sched/current.h"

namespace gander {
namespace {

// 4-ary: half the levels of a binary heap, and four children in one cache line.
constexpr std::uint32_t arity = 4;
constexpr std::size_t max_alarms = std::size_t{1} << (sizeof(void*) == 8 ? 26 : 20);

}  // namespace

// Not before there is an alarm: a thousand Ps would take all that 32 bits can address.
void alarm_heap::reserve() noexcept {
  if (entries_ != nullptr) return;
  constexpr std::size_t least_alarms = 1 << 12;
  check(space_.reserve(max_alarms * sizeof(entry), least_alarms * sizeof(entry), /*share=*/1024),
        "no address space for timers");
  entries_ = static_cast<entry*>(space_.memory());
}

void alarm_heap::place(std::uint32_t position, entry e) noexcept {
  entries_[position] = e;
  e.a->position = position;
}

void alarm_heap::sift_up(std::uint32_t position, entry e) noexcept {
  while (position > 0) {
    const std::uint32_t parent = (position - 1) / arity;
    if (entries_[parent].when_ns <= e.when_ns) break;
    place(position, entries_[parent]);
    position = parent;
  }
  place(position, e);
}

void alarm_heap::sift_down(std::uint32_t position, entry e) noexcept {
  for (;;) {
    const std::uint32_t first = position * arity + 1;
    if (first >= size_) break;
    std::uint32_t least = first;
    for (std::uint32_t child = first + 1; child < first + arity && child < size_; ++child)
      if (entries_[child].when_ns < entries_[least].when_ns) least = child;
    if (e.when_ns <= entries_[least].when_ns) break;
    place(position, entries_[least]);
    position = least;
  }
  place(position, e);
}

// release: whoever sees a time sees the alarm once it has the lock. Who sets one goes on to the
// fence of wake_timekeeper(), or gives up the P.
void alarm_heap::publish_earliest() noexcept {
  earliest_.store(size_ != 0 ? entries_[0].when_ns : none, std::memory_order_release);
}

void alarm_heap::insert(alarm& a) noexcept {
  reserve();
  check(space_.grow_to((size_ + std::size_t{1}) * sizeof(entry)), "no memory for timers");
  a.queued = true;
  sift_up(size_++, {a.when_ns, &a});
  publish_earliest();
}

bool alarm_heap::add(alarm& a, std::int64_t when_ns, std::int64_t period_ns) noexcept {
  internal::lock_scope held(guard_);
  if (retired_) return false;
  a.when_ns = when_ns;
  a.period_ns = period_ns;
  a.heap.store(this, std::memory_order_release);  // pairs with alarm_stop's acquire, which
                                                  // re-checks under the lock
  insert(a);
  return true;
}

void alarm_heap::remove(alarm& a) noexcept {
  const std::uint32_t position = a.position;
  a.queued = false;
  dcheck(position < size_ && entries_[position].a == &a, "alarm is not where it says");
  const entry last = entries_[--size_];
  if (position < size_) {
    if (position > 0 && last.when_ns < entries_[(position - 1) / arity].when_ns)
      sift_up(position, last);
    else
      sift_down(position, last);
  }
  publish_earliest();
}

int alarm_heap::run_due(std::int64_t now_ns) noexcept {
  if (earliest() > now_ns) return 0;
  const int tid = current_or_attach()->tid;
  guard_.acquire();
  if (runner_tid_ != 0) {
    guard_.release();
    return 0;
  }
  runner_tid_ = tid;
  int ran = 0;
  while (size_ != 0 && entries_[0].when_ns <= now_ns) {
    alarm& due = *entries_[0].a;
    remove(due);
    if (due.period_ns > 0) {
      due.when_ns +=
          due.period_ns * (1 + (now_ns - due.when_ns) / due.period_ns);  // missed times are dropped
      insert(due);
    }
    running_.store(
        &due, std::memory_order_relaxed);  // read under guard_, or polled for a change by stop()
    guard_.release();
    due.function(due);
    ++ran;
    guard_.acquire();
    // release: what the function did happens before alarm_stop() returns.
    running_.store(nullptr, std::memory_order_release);
  }
  runner_tid_ = 0;
  guard_.release();
  return ran;
}

bool alarm_heap::stop(alarm& a, bool& found) noexcept {
  guard_.acquire();
  found = a.heap.load(std::memory_order_relaxed) == this;  // changes only under our lock
  const bool was_queued = found && a.queued;
  if (was_queued) remove(a);
  const bool runs_elsewhere =
      running_.load(std::memory_order_relaxed) == &a && runner_tid_ != current_or_attach()->tid;
  guard_.release();
  // Functions are short. Another alarm may come to lie at the same address meanwhile: then this
  // waits for that, too.
  while (runs_elsewhere && running_.load(std::memory_order_acquire) == &a) os::yield_thread();
  return was_queued;
}

void alarm_heap::move_to(alarm_heap& other) noexcept {
  guard_.acquire();
  while (runner_tid_ != 0) {  // functions are short
    guard_.release();
    os::yield_thread();
    guard_.acquire();
  }
  other.guard_.acquire();
  for (std::uint32_t i = 0; i < size_; ++i) {
    alarm& a = *entries_[i].a;
    a.heap.store(&other, std::memory_order_release);  // pairs as in add()
    other.insert(a);
  }
  size_ = 0;
  retired_ = true;
  publish_earliest();
  other.guard_.release();
  guard_.release();
}

void alarm_heap::reopen() noexcept {
  internal::lock_scope held(guard_);
  retired_ = false;
}

}  // namespace gander
