// SPDX-License-Identifier: Apache-2.0
//
// P: the right to run goroutines, and what is kept per such right: a run queue, alarms, caches.
//
// States and who may change them:
//     idle → running     acquire_p(), by the M that took it from the idle list or was handed it
//     running → idle     put_idle_p(), under sched.lock
//     running → stopped  its M gives it to a pending stop
//     idle → stopped     the stop itself, under sched.lock
//     stopped → idle or dead, dead → idle   the end of a stop (start_the_world)
// A P whose M's border says `borrowed` stays `running`: that M notices nothing.
// All fields without a word of their own belong to the M that owns the P, or to a retaker that has
// won it.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/relaxed.h"
#include "heap/cache.h"
#include "sched/alarm_heap.h"
#include "sched/g_cache.h"
#include "sched/runq.h"

namespace gander {

struct M;

enum class p_status : std::uint8_t { dead, idle, running, stopped };

struct alignas(64) P {
  // Looked at by retakers and reports, which confirm what they decide through M::border; and by
  // stops, which own what they see stopped.
  published<p_status> status{p_status::dead};
  published<M*> m{nullptr};  // retakers and stops look at that M
  relaxed<std::uint32_t> schedtick{
      0};                        // counts goroutines started here; time slices are told apart by it
  relaxed<bool> preempt{false};  // sysmon: the time slice is over, yield at the next switching call
  relaxed<std::uint32_t> live_delta{
      0};  // goroutines started minus ended here; the sum over all Ps is meant

  std::uint32_t id = 0;
  std::uint32_t goid_left = 0;  // goids are taken from the common counter in blocks
  std::uint64_t goid_base = 0;
  P* idle_next = nullptr;      // guarded by sched.lock
  M* borrowed_from = nullptr;  // guarded by the stop

  run_queue runq;
  run_queue::overflow spilled;  // put_local()'s; empty when that returns
  alarm_heap alarms;

  std::uint32_t trace_generation = 0;  // the last that knows this P
  std::uint64_t trace_sequence = 0;    // of its last event in that generation
  bool sweeps = false;                 // between tracing's sweep_begins() and sweep_ends()

  heap::cache objects;  // of the collected heap

  g_cache dead_gs;
};

}  // namespace gander
