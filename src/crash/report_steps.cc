// SPDX-License-Identifier: Apache-2.0
#include "crash/report_steps.h"

#include <iterator>
#include <span>

#include "base/godebug.h"
#include "crash/address_report.h"
#include "crash/freeze.h"
#include "crash/heap_address.h"
#include "crash/part.h"
#include "crash/process_report.h"
#include "crash/stack_groups.h"
#include "crash/symbolizer.h"
#include "crash/thread_report.h"
#include "crash/thread_table.h"
#include "crash/throw_record.h"
#include "crash/trace_hooks.h"
#include "crash/wait_cycle.h"
#include "gc/bad_pointer.h"
#include "os/task.h"
#include "sched/g_table.h"
#include "stack/guard.h"
#include "unwind/memory_reader.h"

namespace gander::crash {

std::atomic<const trace_hooks*> the_trace_hooks{nullptr};

report_seam seam;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

void tell_reason(const telling& t, text_writer& out) {
  t.d.first_lines(out, t.d);
  // An overflow of one of these may have smashed anything.
  if (const std::size_t missing = stack::guards_missing(); missing != 0)
    out.text("runtime: ").dec(missing).text(" goroutine stacks have no guard\n");
}

void stop_others(const telling& t, text_writer&) {
  await_readers(t.tid);
  freeze_others(t.level.crash ? freeze_scope::all : freeze_scope::runtime, t.tid);
  seize_symbolizer();
}

void print_instruction_bytes(text_writer& out, std::uintptr_t pc) noexcept {
  constexpr std::size_t most = 16;
  unsigned char bytes[most];
  unwind::memory_reader reader;
  const std::size_t count = reader.copy(bytes, pc, most);
  if (count == 0) return;
  out.text("instruction bytes:");
  for (std::size_t i = 0; i < count; ++i) out.text(" ").hex(bytes[i]);
  out.text("\n");
}

void tell_fault(const telling& t, text_writer& out) {
  if (t.d.instruction) print_instruction_bytes(out, t.at.pc());
  if (t.d.address_untold)
    print_impossible_registers(out, t.registers);
  else if (t.d.by_fault)
    print_address(out, t.d.address, t.d.access);
  if (t.d.by_fault || t.d.address_untold) print_freed_in_registers(out, t.registers, t.d.address);
  print_bad_pointer(out);
}

void tell_process(const telling& t, text_writer& out) {
  print_process(out);
  print_goroutine_counts(out);
  os::task_status status;
  os::read_task_status(t.tid, status);
  print_thread_line(out, t.tid, t.m, status.name);
}

// The scheduler's stack, as Go shows it (of a signal as goroutine 0), and then the goroutine that
// it ran for.
void print_runtime_stack(const telling& t, text_writer& out) {
  report_style style = t.style;
  style.frames.runtime_functions = true;
  if (t.d.registers) return print_scheduling_thread(out, *t.m, t.at, style);
  unwind::memory_reader reader;
  print_frames(out.text("runtime stack:\n"), unwind::unwinder(t.at, reader), style.frames);
  print_left_goroutine(out, *t.m, t.style);
}

void tell_goroutine_at_fault(const telling& t, text_writer& out) {
  out.text("\n");
  regs at = t.at;
  std::span<const std::uintptr_t> recorded;
  if (t.d.by_exception && !walk_to_throw(at, at)) recorded = t.d.recorded;
  if (t.m != nullptr && is_on_scheduler_stack(*t.m, t.at))
    print_runtime_stack(t, out);
  else if (t.record == nullptr)
    print_thread(out, t.m, "running", at, t.style);
  else if (!recorded.empty())
    print_goroutine(out, *t.record, recorded, t.style);
  else
    print_goroutine(out, *t.record, at, "running", t.style);
}

void could_not_be_told(text_writer& out, part_end how) noexcept;

// The numbers of what is no step of its own, behind those of the steps.
extern const std::size_t goroutine_step;
extern const std::size_t thread_step;

void tell_others(const telling& t, text_writer& out) {
  std::uint64_t too_late = 0;
  const g_record* const told_already = t.d.of_no_goroutine ? nullptr : t.record;
  if (godebug.tracebackgroup) run_part("groups", 5 * second_ns, [&] { find_groups(told_already); });
  for_each_reported(told_already, [&](const g_record& record) {
    if (is_grouped(record)) {
      run_part("a cycle", second_ns, [&] { print_cycle(out, record, "\n"); });
      return;
    }
    if (too_late != 0 || part_is_late()) {
      ++too_late;
      return;
    }
    out.text("\n");
    const part_end end = run_part("a goroutine", 5 * second_ns, [&] {
      if (seam.at_step != nullptr) seam.at_step(goroutine_step);
      print_goroutine(out, record, t.style);
      print_group(out, record);
    });
    if (end == part_end::done) return;
    end_broken_text(out).text("\nruntime: goroutine ").dec(record.goid.load());
    could_not_be_told(out, end);
  });
  if (too_late == 0) return;
  out.text("\nruntime: ").dec(too_late).text(" goroutines");
  could_not_be_told(out, part_end::slow);
}

void tell_registers(const telling& t, text_writer& out) { print_registers(out, t.registers); }

void tell_threads(const telling& t, text_writer& out) {
  std::uint64_t too_late = threads_without_slot();
  for (std::size_t i = 0; const thread_slot* const thread = thread_at(i); ++i) {
    if (part_is_late()) {
      ++too_late;
      continue;
    }
    const part_end end = run_part("a thread", 3 * second_ns, [&] {
      if (seam.at_step != nullptr) seam.at_step(thread_step);
      print_other_thread(out, *thread, t.style);
    });
    if (end == part_end::done) continue;
    end_broken_text(out).text("\nruntime: thread ").dec(static_cast<unsigned>(thread->tid.load()));
    could_not_be_told(out, end);
  }
  if (too_late == 0) return;
  out.text("\nruntime: ").dec(too_late).text(" threads");
  could_not_be_told(out, part_end::slow);
}

void tell_modules(const telling&, text_writer& out) {
  out.text("\n-----\n\n");
  print_modules(out);
  print_core_prospects(out);
}

void look_back(const telling&, text_writer&) {
  if (const trace_hooks* const hooks = the_trace_hooks.load()) hooks->look_back();
}

void save_trace(const telling&, text_writer& out) {
  if (const trace_hooks* const hooks = the_trace_hooks.load()) hooks->save(out);
}

bool always(const telling&) noexcept { return true; }
bool with_goroutine_at_fault(const telling& t) noexcept { return t.stacks && !t.d.of_no_goroutine; }
bool with_others(const telling& t) noexcept {
  return t.stacks && (t.level.all || t.d.forces_all || t.d.of_no_goroutine);
}
bool with_registers(const telling& t) noexcept { return t.d.registers; }
bool with_fault(const telling& t) noexcept {
  return t.stacks && (t.d.by_fault || t.d.address_untold || t.d.instruction ||
                      gc::last_bad_pointer().word != 0);
}
bool at_crash(const telling& t) noexcept { return t.level.crash; }

struct report_step {
  const char* what;
  std::int64_t budget_ns;
  std::int64_t per_goroutine_ns;  // more of it for each; a pipe may be slow
  bool (*is_wanted)(const telling&) noexcept;
  void (*tell)(const telling&, text_writer&);
};

// In their order. Step 0 is the dying thread's, the others are the crash thread's.
constexpr report_step steps[] = {
    {"the reason", 4 * second_ns, 0, always, tell_reason},
    {"the other threads", 2 * second_ns, 0, always, stop_others},
    {"what was traced", 2 * second_ns, 0, always, look_back},
    {"the fault", 2 * second_ns, 0, with_fault, tell_fault},
    {"the process", 2 * second_ns, 0, at_crash, tell_process},
    {"the goroutine at fault", 10 * second_ns, 0, with_goroutine_at_fault, tell_goroutine_at_fault},
    {"the other goroutines", 20 * second_ns, second_ns / 1000, with_others, tell_others},
    {"the registers", 3 * second_ns, 0, with_registers, tell_registers},
    {"the threads", 10 * second_ns, 0, at_crash, tell_threads},
    {"the modules", 3 * second_ns, 0, at_crash, tell_modules},
    {"the trace", 5 * second_ns, 0, always, save_trace},
};

const std::size_t goroutine_step = std::size(steps);
const std::size_t thread_step = std::size(steps) + 1;

void could_not_be_told(text_writer& out, part_end how) noexcept {
  out.text(" could not be told (").text(how == part_end::slow ? "too slow" : "fault").text(")\n");
  leave_symbolizer();
}

}  // namespace

std::size_t report_steps() noexcept { return std::size(steps); }
std::size_t step_count() noexcept { return std::size(steps) + 2; }

void run_step(std::size_t number, const telling& t, text_writer& out) noexcept {
  const report_step& step = steps[number];
  if (!step.is_wanted(t)) return;
  const std::int64_t budget_ns =
      step.budget_ns + static_cast<std::int64_t>(g_table::size()) * step.per_goroutine_ns;
  const part_end end = run_part(step.what, budget_ns, [&] {
    if (seam.at_step != nullptr) seam.at_step(number);
    step.tell(t, out);
    out.flush();
  });
  if (end == part_end::done) return;
  if (number != 0)
    end_broken_text(out).text("\n");
  else if (!out.at_line_start())
    out.text("\n");  // half a reason is better than none
  could_not_be_told(out.text("runtime: ").text(step.what), end);
}

}  // namespace gander::crash
