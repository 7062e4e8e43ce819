// SPDX-License-Identifier: Apache-2.0
#include "tracer/event_reader.h"

namespace gander::tracer {
namespace {

using trace::kind;

constexpr int not_an_event = -1;

constexpr int arguments_of(kind k) noexcept {
  switch (k) {
    case kind::proc_stop:
    case kind::go_destroy:
    case kind::go_syscall_end_blocked:
    case kind::stw_end:
    case kind::gc_mark_assist_end:
      return 0;
    case kind::gc_active:
    case kind::gc_sweep_active:
    case kind::gc_mark_assist_active:
    case kind::gc_end:
    case kind::gc_sweep_begin:
    case kind::gc_mark_assist_begin:
    case kind::heap_alloc:
    case kind::heap_goal:
    case kind::go_label:
      return 1;
    case kind::procs_change:
    case kind::proc_start:
    case kind::proc_status:
    case kind::go_start:
    case kind::go_stop:
    case kind::go_block:
    case kind::go_syscall_begin:
    case kind::stw_begin:
    case kind::gc_begin:
    case kind::gc_sweep_end:
    case kind::user_task_end:
      return 2;
    case kind::proc_steal:
    case kind::go_create:
    case kind::go_unblock:
    case kind::go_status:
    case kind::user_region_begin:
    case kind::user_region_end:
      return 3;
    case kind::user_task_begin:
    case kind::user_log:
    case kind::go_status_stack:
      return 4;
    case kind::batch:
    case kind::stacks:
    case kind::stack:
    case kind::strings:
    case kind::string:
    case kind::cpu_samples:
    case kind::cpu_sample:
    case kind::frequency:
    case kind::sync:
    case kind::clock_snapshot:
    case kind::end_of_generation:
      break;
  }
  return not_an_event;
}

}  // namespace

bool event_reader::varint(std::uint64_t& out) noexcept {
  out = 0;
  for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
    const std::uint8_t byte = *at_++;
    out |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool event_reader::next(event& out) noexcept {
  if (at_ == end_) return false;
  out.kind = static_cast<kind>(*at_++);
  const int count = arguments_of(out.kind);
  std::uint64_t step = 0;
  if (count == not_an_event || !varint(step)) return false;
  ticks_ += step;
  out.ticks = ticks_;
  for (int i = 0; i < count; ++i)
    if (!varint(out.arguments[static_cast<std::size_t>(i)])) return false;
  return true;
}

}  // namespace gander::tracer
