// SPDX-License-Identifier: Apache-2.0
//
// The kinds of record in an execution trace (Go's v2 wire format, Go 1.22 and later) and what each
// carries. The numbers are those of the file.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gander::tool {

enum class event_type : std::uint8_t {
  none,
  event_batch,
  stacks,
  stack,
  strings,
  string,
  cpu_samples,
  cpu_sample,
  frequency,
  procs_change,
  proc_start,
  proc_stop,
  proc_steal,
  proc_status,
  go_create,
  go_create_syscall,
  go_start,
  go_destroy,
  go_destroy_syscall,
  go_stop,
  go_block,
  go_unblock,
  go_syscall_begin,
  go_syscall_end,
  go_syscall_end_blocked,
  go_status,
  stw_begin,
  stw_end,
  gc_active,
  gc_begin,
  gc_end,
  gc_sweep_active,
  gc_sweep_begin,
  gc_sweep_end,
  gc_mark_assist_active,
  gc_mark_assist_begin,
  gc_mark_assist_end,
  heap_alloc,
  heap_goal,
  go_label,
  user_task_begin,
  user_task_end,
  user_region_begin,
  user_region_end,
  user_log,
  go_switch,
  go_switch_destroy,
  go_create_blocked,
  go_status_stack,
  experimental_batch,
  sync,
  clock_snapshot,
  end_of_generation,
  span = 128,
  span_alloc,
  span_free,
  heap_object,
  heap_object_alloc,
  heap_object_free,
  goroutine_stack,
  goroutine_stack_alloc,
  goroutine_stack_free,
};

enum class argument_kind : std::uint8_t { number, thread, string, stack };

struct argument {
  std::string_view name = {};
  argument_kind kind = argument_kind::number;
};

constexpr std::size_t most_arguments = 4;

struct event_spec {
  std::string_view name = {};
  std::uint8_t since = 22;  // the first minor version of Go whose traces have it
  std::uint8_t count = 0;   // of arguments, the time not among them
  std::array<argument, most_arguments> arguments = {};
};

// What an event of an M's batch carries; nullptr: there is no such event (tables and batches are
// none).
const event_spec* timed_event(std::uint8_t type);

// "GoStart"; "unknown event" of what has no name.
std::string_view name_of(event_type type);

// States, numbered as in the file. The first is what is not known (yet).
enum class goroutine_state : std::uint8_t { none, runnable, running, syscall, waiting };
enum class proc_state : std::uint8_t { none, running, idle, syscall, abandoned };

std::string_view name_of(goroutine_state state);
std::string_view name_of(proc_state state);

constexpr std::uint64_t no_thread = ~std::uint64_t{0};
constexpr std::uint64_t no_proc = ~std::uint64_t{0};
constexpr std::uint64_t no_goroutine = ~std::uint64_t{0};

}  // namespace gander::tool
