// SPDX-License-Identifier: Apache-2.0
#include "collector/cycle.h"

#include <gander/internal/gc_runtime.h>

#include <algorithm>

#include "base/check.h"
#include "base/godebug.h"
#include "base/relaxed.h"
#include "collector/allocate.h"
#include "collector/assist.h"
#include "collector/checkmark.h"
#include "collector/cleanups.h"
#include "collector/cycle_report.h"
#include "collector/give_back.h"
#include "collector/leaks.h"
#include "collector/pacer.h"
#include "collector/parked_stacks.h"
#include "collector/scan.h"
#include "collector/specials.h"
#include "collector/stop.h"
#include "collector/workers.h"
#include "crash/freeze.h"
#include "gc/exceptions.h"
#include "gc/marker.h"
#include "gc/shade.h"
#include "heap/central.h"
#include "os/os.h"
#include "os/signal_mask.h"
#include "sched/sched.h"
#include "sched/tracing.h"
#include "sched/world.h"

namespace gander::collector {

std::atomic<bool> detail::started{false};

namespace {

// Numbers of cycles; futexes. `wanted` is raised by anybody, the others by the thread alone: those
// of marking within its stops. Behind a stop the thread may be the last to get a processor, and
// until then who passes the next trigger would take the cycle that is over for the one he asks for.
std::atomic<std::uint32_t> wanted{0};
std::atomic<std::uint32_t> begun{0};
std::atomic<std::uint32_t> begun_to_mark{0};
std::atomic<std::uint32_t> marked{0};
std::atomic<std::uint32_t> swept{0};

// A stop is being tried again, for some thread does not answer. It may be one that waits for who
// waits here: then nobody does, and the heap grows.
std::atomic<bool> is_refused{false};

std::atomic<std::uint32_t> forced{0};  // the last cycle that somebody forced, and how many
std::atomic<std::uint32_t> last_forced{0};
relaxed<std::int64_t> stopped_ns{0};
relaxed<std::int64_t> longest_stop_ns{0};
relaxed<std::int64_t> last_stop_ns{0};

void want(std::uint32_t number) noexcept {
  std::uint32_t now = wanted.load();
  while (static_cast<std::int32_t>(number - now) > 0)
    if (wanted.compare_exchange_weak(now, number)) {
      os::futex_wake(wanted);
      return;
    }
}

// True, unless the deadline came first.
bool wait_for(const std::atomic<std::uint32_t>& count, std::uint32_t number,
              std::int64_t deadline_ns = os::no_deadline) noexcept {
  for (;;) {
    const std::uint32_t now = count.load();
    if (static_cast<std::int32_t>(now - number) >= 0) return true;
    if (!os::futex_wait(count, now, deadline_ns)) return false;
  }
}

void advance(std::atomic<std::uint32_t>& count) noexcept {
  count.fetch_add(1);
  os::futex_wake(count, INT32_MAX);
}

// For the deadlock rule: while it waits the thread is no hope; what a cycle finds may be.
void set_working(bool working) noexcept {
  if (!working) {
    sched.helper_threads.fetch_add(1);
    return;
  }
  sched.helper_threads.fetch_sub(1);
  // The rule may have counted it as a helper, and counts threads next: then it begins anew.
  sched.foreign_wakeups.fetch_add(1);
}

class cycle {
 public:
  void run() noexcept {
    M* const m = current_m();
    globals_.find();
    count_cpus();
    marking_pool.begin_count();
    report_.begin();
    tracing::gc_begins(m);
    stop([&] { begin(); });
    os::futex_wake(begun_to_mark, INT32_MAX);
    rounds_ = 0;
    do {
      if (!godebug.gcstoptheworld) mark();
      report_.ends();
      stop([&] { done_ = end(); });
    } while (!done_);
    os::futex_wake(marked, INT32_MAX);
    tracing::gc_ends(m);
    tracing::heap_live(m, pacer::count().live_bytes);
    tracing::heap_goal(m, pacer::count().goal_bytes);
    report_.sweeps(stack_bytes(), scanned_.global_bytes);
  }

 private:
  // Reads files: not in a stop, and not in each cycle.
  void count_cpus() noexcept {
    constexpr std::int64_t again_after_ns = 1'000'000'000;
    const std::int64_t now_ns = os::now_ns();
    if (cpus_ != 0 && now_ns - cpus_counted_ns_ < again_after_ns) return;
    cpus_ = static_cast<std::uint32_t>(os::usable_cpus());
    cpus_counted_ns_ = now_ns;
  }

  // In a stop, sooner or later.
  template <typename Body>
  void stop(Body&& body) noexcept {
    world_stop world;
    constexpr std::int64_t first_pause_ns = 1'000'000;
    constexpr std::int64_t longest_pause_ns = 100'000'000;
    for (std::int64_t pause_ns = first_pause_ns; !world.begin();
         pause_ns = std::min(2 * pause_ns, longest_pause_ns)) {
      is_refused.store(true);
      report_.waits_for(world.deaf_thread());
      if (internal::gc_now.marking.load(std::memory_order_relaxed)) look_at_full_buffers();
      os::sleep_ns(pause_ns);
    }
    is_refused.store(false);
    body();
    // Not behind it: who is woken may take this thread's processor for a time slice.
    const std::int64_t ns = os::now_ns() - world.stopped_ns();
    world.end();
    report_.stopped(ns);
    last_stop_ns = ns;
    stopped_ns = stopped_ns + ns;
    longest_stop_ns = std::max<std::int64_t>(longest_stop_ns, ns);
  }

  // While the stop that ends marking is tried again: the others go on meanwhile.
  static void look_at_full_buffers() noexcept {
    gc::marker marker(marking_pool, gc::marker::who::the_one);
    constexpr int most_looks = 32;
    for (int looks = 0; looks < most_looks && scan_full_buffers(marker); ++looks) marker.drain();
  }

  void begin() noexcept {
    procs_ = std::max<std::uint32_t>(sched.procs, 1);
    pacer::marking_begins();
    gc::shade::begin(begun.load(), !godebug.gcbarrier_dijkstra,
                     godebug.gccheckmark && !godebug.gcbarrier_dijkstra);
    internal::gc_now.marking.store(true,
                                   std::memory_order_relaxed);  // the end of the stop orders it
    blacken_caches();
    scanned_ = {};
    gc::marker marker(marking_pool, gc::marker::who::the_one);
    scan_roots(marker, globals_, godebug.gcstoptheworld ? parked::now : parked::later, scanned_);
    if (godebug.gcstoptheworld) marker.drain();
    clock_ = clock::now();
    report_.marks();
    begun_to_mark.fetch_add(1);
  }

  // Beside the workers, and those who assist.
  void mark() noexcept {
    gc::marker marker(marking_pool, gc::marker::who::the_one);
    parked_stacks::look_at_all(marker);
    workers::work_beside(procs_);
    constexpr int many_looks = 32;
    int looks = 0;
    do {
      for (;;) {
        while (!marker.drain(marking_step_bytes)) {
          scan_full_buffers(marker);  // or they would pile up while a large heap is marked
          pacer::marking_goes_on(marking_pool.marked_bytes());
        }
        if (!workers::any_busy() && !marking_pool.has_work()) break;
        constexpr std::int64_t pause_ns = 20'000;
        os::sleep_ns(pause_ns);  // they may share what they have
        pacer::marking_goes_on(marking_pool.marked_bytes());
      }
      // Not for ever: stores may tell faster than one thread looks.
      if (++looks == many_looks) gc::shade::hold_back_owners();
    } while (looks < 2 * many_looks && scan_full_buffers(marker));
    workers::rest();
    marker.drain();
  }

  // True when everything has been marked. What the barrier was told of since may be the way to very
  // much: that is not looked at while others wait, but for the last time.
  bool end() noexcept {
    gc::marker marker(marking_pool, gc::marker::who::the_one);
    scan_shaded(marker);
    scanned again;
    if (godebug.gcbarrier_dijkstra)
      scan_roots(marker, globals_, parked::now, again);
    else
      scan_threads(marker, again);
    constexpr std::size_t most_bytes = std::size_t{32} << 10;
    constexpr int most_rounds = 16;
    if (!marker.drain(most_bytes) && ++rounds_ < most_rounds) return false;
    marker.drain();
    if (godebug.gccheckmark) check_marks(globals_);
    specials::settle(marker);
    marker.hand_over();
    internal::gc_now.marking.store(false, std::memory_order_relaxed);
    gc::shade::begin(0, true, false);
    flush_caches();
    const clock now = clock::now();
    pacer::marking_ended({.marked_bytes = marking_pool.marked_bytes(),
                          .root_bytes = stack_bytes() + scanned_.global_bytes,
                          .ns = now.ns - clock_.ns,
                          .own_cpu_ns = now.own_cpu_ns - clock_.own_cpu_ns,
                          .assists_ns = now.assists_ns - clock_.assists_ns,
                          .procs = procs_,
                          .cpus = cpus_});
    heap::central::unsweep_all(begun.load());
    marked.fetch_add(1);
    return true;
  }

  std::size_t stack_bytes() const noexcept { return scanned_.stack_bytes + parked_stacks::bytes(); }

  struct clock {
    std::int64_t ns = 0;
    std::int64_t own_cpu_ns = 0;  // of this thread and of workers
    std::int64_t assists_ns = 0;
    static clock now() noexcept {
      return {os::now_ns(), os::thread_cpu_ns(os::thread_id()) + workers::cpu_ns(), assisted_ns()};
    }
  };

  std::uint32_t procs_ = 0;
  std::uint32_t cpus_ = 0;
  std::int64_t cpus_counted_ns_ = 0;
  clock clock_;  // when marking began
  int rounds_ = 0;
  bool done_ = false;
  data_segments globals_;
  scanned scanned_;
  cycle_report report_;
};

bool none_is_wanted() noexcept {
  return static_cast<std::int32_t>(wanted.load(std::memory_order_relaxed) - swept.load()) <= 0;
}

// No handler but that of the freeze, and of faults: who asked here for a report, in the middle of a
// stop, would not get it.
void hear_no_signals() noexcept { os::hear_only_faults({crash::freeze_signal()}); }

void run_for_ever(void*) {
  static constinit cycle c;
  hear_no_signals();
  current_or_attach()->is_helper = true;
  for (;;) {
    if (none_is_wanted()) {
      set_working(false);
      for (std::uint32_t number = wanted.load(); none_is_wanted(); number = wanted.load()) {
        const std::int64_t pause_ns = give_back_some_pages();
        os::futex_wait(
            wanted, number,
            pause_ns == nothing_to_give_back ? os::no_deadline : os::now_ns() + pause_ns);
      }
      set_working(true);
    }
    advance(begun);
    leaks::search_if_wanted();
    c.run();
    run_due_cleanups();
    while (heap::central::sweep_one()) {
    }
    advance(swept);
  }
}

}  // namespace

void detail::start() noexcept {
  static internal::lock guard;
  const internal::lock_scope held(guard);
  if (started.load(std::memory_order_relaxed)) return;
  ensure_runtime();
  read_godebug();
  begin_allocating();
  pacer::read_environment();
  heap::central::clobber_freed(godebug.clobberfree);
  gc::exceptions::begin();
  check(os::start_thread(run_for_ever, nullptr, own_stack_bytes, "gander gc"),
        "no thread for the collector");
  started.store(true, std::memory_order_release);
}

void request_cycle(pacer::until wait) noexcept {
  const std::uint32_t number = marked.load() + 1;
  want(number);
  switch (wait) {
    case pacer::until::nothing:
      return;
    case pacer::until::begin: {
      constexpr std::int64_t most_ns = 500'000;
      if (!is_refused.load()) wait_for(begun_to_mark, number, os::now_ns() + most_ns);
      return;
    }
    case pacer::until::end: {
      constexpr std::int64_t first_pause_ns = 200'000;
      constexpr std::int64_t longest_pause_ns = 10'000'000;
      for (std::int64_t pause_ns = first_pause_ns; !is_refused.load();
           pause_ns = std::min(2 * pause_ns, longest_pause_ns)) {
        if (!wait_for(begun_to_mark, number, os::now_ns() + pause_ns)) continue;
        assist_all();  // again and again: others may share what they have
        if (wait_for(marked, number, os::now_ns() + pause_ns)) return;
      }
      return;
    }
  }
}

void collect_now() noexcept {
  ensure_collector();
  const std::uint32_t number = begun.load() + 1;
  if (last_forced.exchange(number) != number) forced.fetch_add(1);
  want(number);
  wait_for(swept, number);
}

void wake_collector() noexcept { want(begun.load() + 1); }

cycle_numbers count_cycles() noexcept {
  return {swept.load(), forced.load(), marked.load(), stopped_ns, longest_stop_ns, last_stop_ns};
}

}  // namespace gander::collector
