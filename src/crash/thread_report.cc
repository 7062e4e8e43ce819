// SPDX-License-Identifier: Apache-2.0
#include "crash/thread_report.h"

#include "crash/freeze.h"
#include "os/task.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

void print_system_call(text_writer& out, const os::task_call& call) noexcept {
  const os::system_call known = os::system_call_of(call.number);
  out.text("runtime: system call ").dec(static_cast<std::uint64_t>(call.number)).text(": ");
  out.text(known.name[0] != '\0' ? known.name : "?").text("(");
  for (unsigned i = 0; i < known.arguments; ++i)
    out.text(i != 0 ? ", " : "").hex(call.arguments[i]);
  out.text(")\n");
}

const char* why_deaf(const thread_slot& thread) noexcept {
  if (!thread.has_status) return "it has ended, or the system does not tell";
  if ((thread.status.blocked >> (freeze_signal() - 1) & 1) != 0) return "it blocks the signal";
  switch (thread.status.state) {
    case 'D':
      return "it is in an uninterruptible system call";
    case 'T':
    case 't':
      return "it is stopped";
    case 'Z':
    case 'X':
      return "it has ended";
    default:
      return "it did not get to run";
  }
}

const char* state_words(const thread_slot& thread, bool in_system_call) noexcept {
  return in_system_call || (thread.has_status && thread.status.state != 'R') ? "syscall"
                                                                             : "running";
}

}  // namespace

const M* find_m(int tid) noexcept {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->tid == tid && !m->exited.load()) return m;
  return nullptr;
}

void print_thread_line(text_writer& out, int tid, const M* m, const char* name) noexcept {
  out.text("runtime: thread ").dec(static_cast<std::uint64_t>(tid));
  out.text(" \"").text(name).text("\"");
  const g_record* const record = record_of(m);
  if (m == nullptr)
    out.text(", not the runtime's");
  else if (m->is_sysmon)
    out.text(", m=").dec(m->id).text(", sysmon");
  else if (m->is_helper)
    out.text(", m=").dec(m->id).text(", the collector's");
  else if (m->foreign)
    out.text(", m=").dec(m->id).text(", has called the runtime");
  else if (record != nullptr)
    out.text(", m=").dec(m->id).text(", runs goroutine ").dec(record->goid.load());
  else
    out.text(", m=").dec(m->id).text(", without a goroutine");
  out.text("\n");
}

void print_registers(text_writer& out, const register_dump& registers) noexcept {
  out.text("\n");
  for (const named_register& r : registers)
    out.padded(r.name, register_name_width).hex(r.value).text("\n");
}

void print_other_thread(text_writer& out, const thread_slot& thread,
                        const report_style& style) noexcept {
  const int tid = thread.tid.load();
  const bool frozen = thread.state() == thread_state::frozen;
  const M* const m = find_m(tid);
  os::task_status status = thread.status;
  if (!thread.has_status) os::read_task_status(tid, status);
  out.text("\n-----\n\n");
  print_thread_line(out, tid, m, status.name);
  if (!frozen) out.text("runtime: no answer from the thread: ").text(why_deaf(thread)).text("\n");
  if (thread.died_of != 0) {
    out.text("runtime: the thread was dying, too: signal ");
    out.dec(static_cast<std::uint64_t>(thread.died_of)).text(" at address ");
    out.hex(thread.fault_address).text("\n");
  }
  regs registers;
  bool in_system_call = false;
  const bool known = thread_registers(tid, registers, in_system_call);
  if (in_system_call && thread.has_call && thread.call.number >= 0)
    print_system_call(out, thread.call);
  out.text("\n");
  const g_record* const record = record_of(m);
  const char* const state = state_words(thread, in_system_call);
  if (m != nullptr && known && is_on_scheduler_stack(*m, registers)) {
    print_scheduling_thread(out, *m, registers, style);
  } else if (record != nullptr) {
    print_goroutine(out, *record, style);
  } else if (known) {
    print_thread(out, m, state, registers, style);
  } else {
    print_unknown_thread(out, m, state, style);
  }
  if (frozen && thread.ucontext != nullptr) print_registers(out, dump_registers(thread.ucontext));
}

}  // namespace gander::crash
