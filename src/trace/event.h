// SPDX-License-Identifier: Apache-2.0
//
// The words of Go's trace format v2, as far as Gander writes them: kinds of events, states, and the
// strings that every trace may refer to by the same number. docs/design/trace.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gander::trace {

enum class kind : std::uint8_t {
  batch = 1,
  stacks = 2,
  stack = 3,
  strings = 4,
  string = 5,
  cpu_samples = 6,
  cpu_sample = 7,
  frequency = 8,
  procs_change = 9,
  proc_start = 10,
  proc_stop = 11,
  proc_steal = 12,
  proc_status = 13,
  go_create = 14,
  go_start = 16,
  go_destroy = 17,
  go_stop = 19,
  go_block = 20,
  go_unblock = 21,
  go_syscall_begin = 22,
  go_syscall_end_blocked = 24,
  go_status = 25,
  stw_begin = 26,
  stw_end = 27,
  gc_active = 28,
  gc_begin = 29,
  gc_end = 30,
  gc_sweep_active = 31,
  gc_sweep_begin = 32,
  gc_sweep_end = 33,
  gc_mark_assist_active = 34,
  gc_mark_assist_begin = 35,
  gc_mark_assist_end = 36,
  heap_alloc = 37,
  heap_goal = 38,
  go_label = 39,
  user_task_begin = 40,
  user_task_end = 41,
  user_region_begin = 42,
  user_region_end = 43,
  user_log = 44,
  go_status_stack = 48,
  sync = 50,
  clock_snapshot = 51,
  end_of_generation = 52,
};

// As GoStatus and GoStatusStack say it. `none` and `uncreated` are never written: the trace does
// not know the goroutine; or not yet, for it was started where GoCreate may not be written.
enum class go_state : std::uint8_t {
  none = 0,
  runnable = 1,
  running = 2,
  syscall = 3,
  waiting = 4,
  uncreated = 5,
};

// As ProcStatus says it.
enum class proc_state : std::uint8_t { running = 1, idle = 2 };

inline constexpr std::uint64_t no_thread = ~std::uint64_t{0};
inline constexpr std::uint64_t no_proc = ~std::uint64_t{0};

inline constexpr std::size_t max_batch_bytes = 65536;  // of payload
inline constexpr std::size_t max_frames = 128;
inline constexpr std::size_t max_string_bytes = 1024;

// Strings with a number of their own, the same in every trace. Readers know some of them by their
// text: `go tool trace` counts reasons that contain "chan", "select" or "sync" as synchronization,
// and "network" as such.
enum class text : std::uint8_t {
  none,
  unspecified,
  gosched,
  preempted,
  forever,
  network,
  select,
  cond_wait,
  sync,
  chan_send,
  chan_receive,
  sleep,
  system_goroutine_wait,
  stw_gomaxprocs,
  stw_start_trace,
  stw_stop_trace,
  stw_end_of_run,
  user_code,
  count,
};

inline constexpr std::array<const char*, static_cast<std::size_t>(text::count)> texts = {
    "",
    "unspecified",
    "runtime.Gosched",
    "preempted",
    "forever",
    "network",
    "select",
    "sync.(*Cond).Wait",
    "sync",
    "chan send",
    "chan receive",
    "sleep",
    "system goroutine wait",
    "GOMAXPROCS",
    "start trace",
    "stop trace",
    "end of run",
    "user code",
};

}  // namespace gander::trace
