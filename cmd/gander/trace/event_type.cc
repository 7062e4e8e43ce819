// SPDX-License-Identifier: Apache-2.0
#include "trace/event_type.h"

#include <string>

namespace gander::tool {
namespace {

constexpr argument stack_argument{"stack", argument_kind::stack};

constexpr argument text(std::string_view name) { return {name, argument_kind::string}; }

template <class... Arguments>
constexpr event_spec spec(std::string_view name, Arguments... arguments) {
  return {name, 22, sizeof...(arguments), {argument(arguments)...}};
}

constexpr event_spec since(std::uint8_t minor, event_spec result) {
  result.since = minor;
  return result;
}

constexpr argument number(std::string_view name) { return {name}; }

using table = std::array<event_spec, 256>;

constexpr table make_timed() {
  table t{};
  const auto at = [&t](event_type type) -> event_spec& {
    return t[static_cast<std::uint8_t>(type)];
  };
  using e = event_type;
  const argument p = number("p"), g = number("g"), seq = number("seq"), id = number("id");
  const argument m{"m", argument_kind::thread};
  const argument new_stack{"new_stack", argument_kind::stack};
  at(e::procs_change) = spec("ProcsChange", number("procs"), stack_argument);
  at(e::proc_start) = spec("ProcStart", p, seq);
  at(e::proc_stop) = spec("ProcStop");
  at(e::proc_steal) = spec("ProcSteal", p, seq, m);
  at(e::proc_status) = spec("ProcStatus", p, number("status"));
  at(e::go_create) = spec("GoCreate", number("new_g"), new_stack, stack_argument);
  at(e::go_create_syscall) = spec("GoCreateSyscall", number("new_g"));
  at(e::go_start) = spec("GoStart", g, seq);
  at(e::go_destroy) = spec("GoDestroy");
  at(e::go_destroy_syscall) = spec("GoDestroySyscall");
  at(e::go_stop) = spec("GoStop", text("reason"), stack_argument);
  at(e::go_block) = spec("GoBlock", text("reason"), stack_argument);
  at(e::go_unblock) = spec("GoUnblock", g, seq, stack_argument);
  at(e::go_syscall_begin) = spec("GoSyscallBegin", seq, stack_argument);
  at(e::go_syscall_end) = spec("GoSyscallEnd");
  at(e::go_syscall_end_blocked) = spec("GoSyscallEndBlocked");
  at(e::go_status) = spec("GoStatus", g, m, number("status"));
  at(e::stw_begin) = spec("STWBegin", text("kind"), stack_argument);
  at(e::stw_end) = spec("STWEnd");
  at(e::gc_active) = spec("GCActive", seq);
  at(e::gc_begin) = spec("GCBegin", seq, stack_argument);
  at(e::gc_end) = spec("GCEnd", seq);
  at(e::gc_sweep_active) = spec("GCSweepActive", p);
  at(e::gc_sweep_begin) = spec("GCSweepBegin", stack_argument);
  at(e::gc_sweep_end) = spec("GCSweepEnd", number("swept"), number("reclaimed"));
  at(e::gc_mark_assist_active) = spec("GCMarkAssistActive", g);
  at(e::gc_mark_assist_begin) = spec("GCMarkAssistBegin", stack_argument);
  at(e::gc_mark_assist_end) = spec("GCMarkAssistEnd");
  at(e::heap_alloc) = spec("HeapAlloc", number("bytes"));
  at(e::heap_goal) = spec("HeapGoal", number("bytes"));
  at(e::go_label) = spec("GoLabel", text("label"));
  at(e::user_task_begin) =
      spec("UserTaskBegin", number("task"), number("parent"), text("name"), stack_argument);
  at(e::user_task_end) = spec("UserTaskEnd", number("task"), stack_argument);
  at(e::user_region_begin) = spec("UserRegionBegin", number("task"), text("name"), stack_argument);
  at(e::user_region_end) = spec("UserRegionEnd", number("task"), text("name"), stack_argument);
  at(e::user_log) = spec("UserLog", number("task"), text("key"), text("value"), stack_argument);
  at(e::go_switch) = since(23, spec("GoSwitch", g, seq));
  at(e::go_switch_destroy) = since(23, spec("GoSwitchDestroy", g, seq));
  at(e::go_create_blocked) =
      since(23, spec("GoCreateBlocked", number("new_g"), new_stack, stack_argument));
  at(e::go_status_stack) = since(23, spec("GoStatusStack", g, m, number("status"), stack_argument));
  at(e::span) = since(23, spec("Span", id, number("npages"), number("kindclass")));
  at(e::span_alloc) = since(23, spec("SpanAlloc", id, number("npages"), number("kindclass")));
  at(e::span_free) = since(23, spec("SpanFree", id));
  at(e::heap_object) = since(23, spec("HeapObject", id, number("type")));
  at(e::heap_object_alloc) = since(23, spec("HeapObjectAlloc", id, number("type")));
  at(e::heap_object_free) = since(23, spec("HeapObjectFree", id));
  at(e::goroutine_stack) = since(23, spec("GoroutineStack", id, number("order")));
  at(e::goroutine_stack_alloc) = since(23, spec("GoroutineStackAlloc", id, number("order")));
  at(e::goroutine_stack_free) = since(23, spec("GoroutineStackFree", id));
  return t;
}

constexpr table timed = make_timed();

}  // namespace

const event_spec* timed_event(std::uint8_t type) {
  return timed[type].name.empty() ? nullptr : &timed[type];
}

std::string_view name_of(event_type type) {
  const auto index = static_cast<std::uint8_t>(type);
  if (!timed[index].name.empty()) return timed[index].name;
  switch (type) {
    case event_type::event_batch:
      return "EventBatch";
    case event_type::stacks:
      return "Stacks";
    case event_type::stack:
      return "Stack";
    case event_type::strings:
      return "Strings";
    case event_type::string:
      return "String";
    case event_type::cpu_samples:
      return "CPUSamples";
    case event_type::cpu_sample:
      return "CPUSample";
    case event_type::frequency:
      return "Frequency";
    case event_type::experimental_batch:
      return "ExperimentalBatch";
    case event_type::sync:
      return "Sync";
    case event_type::clock_snapshot:
      return "ClockSnapshot";
    case event_type::end_of_generation:
      return "EndOfGeneration";
    default:
      return "unknown event";
  }
}

std::string_view name_of(goroutine_state state) {
  switch (state) {
    case goroutine_state::none:
      return "unknown";
    case goroutine_state::runnable:
      return "runnable";
    case goroutine_state::running:
      return "running";
    case goroutine_state::syscall:
      return "in a system call";
    case goroutine_state::waiting:
      return "waiting";
  }
  return "unknown";
}

std::string_view name_of(proc_state state) {
  switch (state) {
    case proc_state::none:
      return "unknown";
    case proc_state::running:
      return "running";
    case proc_state::idle:
      return "idle";
    case proc_state::syscall:
      return "in a system call";
    case proc_state::abandoned:
      return "abandoned in a system call";
  }
  return "unknown";
}

}  // namespace gander::tool
