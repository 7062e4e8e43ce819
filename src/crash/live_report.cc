// SPDX-License-Identifier: Apache-2.0
#include "crash/live_report.h"

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "arch/arch.h"
#include "base/godebug.h"
#include "base/sanitizers.h"
#include "crash/freeze.h"
#include "crash/goroutine_report.h"
#include "crash/recoverable.h"
#include "crash/report.h"
#include "crash/report_stack.h"
#include "crash/signal_stack.h"
#include "crash/stack_groups.h"
#include "crash/symbolizer.h"
#include "crash/thread_report.h"
#include "crash/thread_table.h"
#include "crash/traceback_level.h"
#include "crash/wait_cycle.h"
#include "os/os.h"
#include "sched/current.h"

namespace gander::crash {
namespace {

struct request {
  text_writer* out;
  const live_request* what;
  traceback_level level;
  void* caller = nullptr;
  sigset_t heard{};  // by the caller
};

// Between two stacks no handler may come: it would find the thread on neither the stack for
// handlers that it has now nor below what lies there already, and overwrite the handler that asked
// for the report.
sigset_t hear_nothing() noexcept {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

void hear(const sigset_t& set) noexcept { ::pthread_sigmask(SIG_SETMASK, &set, nullptr); }

// A part that faults loses what it had not yet written, and says so.
template <typename Part>
void guarded(text_writer& out, Part&& part) noexcept {
  if (recoverable(part) == 0) return;
  end_broken_text(out).text("\nruntime: a goroutine could not be told (fault)\n");
  leave_symbolizer();
}

void print_leaked(text_writer& out, const report_style& style) noexcept {
  bool is_first = true;
  for_each_reported(nullptr, [&](const g_record& record) {
    if (!record.leaked.load(std::memory_order_relaxed)) return;
    if (!is_first) out.text("\n");
    is_first = false;
    guarded(out, [&] { print_goroutine(out, record, style); });
  });
}

// On the report stack.
void print_stacks(const request& r) noexcept {
  text_writer& out = *r.out;
  const live_request& what = *r.what;
  const report_style style = style_for(r.level, false);
  if (what.what == live_stacks::leaked) return print_leaked(out, style);
  const M* const m = current_m();
  const g_record* const record = record_of(m);
  guarded(out, [&] {
    if (m != nullptr && is_on_scheduler_stack(*m, what.at)) {
      print_scheduling_thread(out, *m, what.at, style);
    } else if (record != nullptr) {
      print_goroutine(out, *record, what.at, "running", style);
    } else {
      print_thread(out, m, "running", what.at, style);
    }
  });
  if (what.what == live_stacks::own) return;
  // Programs count in what debug::stack() gives them; only reports are for reading.
  const bool groups = godebug.tracebackgroup && what.what == live_stacks::by_level;
  if (groups) guarded(out, [&] { find_groups(record); });
  for_each_reported(record, [&](const g_record& other) {
    if (groups && is_grouped(other)) {
      guarded(out, [&] { print_cycle(out, other, "\n"); });
      return;
    }
    out.text("\n");
    guarded(out, [&] {
      print_goroutine(out, other, style);
      if (groups) print_group(out, other);
    });
  });
  if (what.ucontext != nullptr) print_registers(out, dump_registers(what.ucontext));
  if (!r.level.crash) return;
  for (std::size_t i = 0; const thread_slot* const thread = thread_at(i); ++i)
    guarded(out, [&] { print_other_thread(out, *thread, style); });
}

GANDER_LEFT_BY_SWITCH void report_live(void* raw) {
  auto& r = *static_cast<request*>(raw);
  const bool all = r.what->what != live_stacks::own;
  stack_t before;
  ::sigaltstack(nullptr, &before);
  use_signal_stack(signal_stack_of(report_stack::live));
  hear(r.heard);
  if (all) {
    hold_symbolizer();  // who reads for the tracer must not be stopped there
    freeze_others(r.level.crash ? freeze_scope::all : freeze_scope::runtime);
  }
  print_stacks(r);
  r.out->flush();                 // or the end of it could come behind the next one
  if (is_dying()) stay_frozen();  // those frozen are another report's now
  if (all) {
    thaw_others();
    let_go_of_symbolizer();
  }
  hear_nothing();
  ::sigaltstack(&before, nullptr);
  gander_gogo(r.caller);
}

}  // namespace

bool write_live_report(text_writer& out, const live_request& what) noexcept {
  const int saved_errno = errno;
  bool done = false;
  if (map_report_stacks() && acquire_freeze()) {
    const bool by_level = what.what == live_stacks::by_level;
    request r{&out, &what, by_level ? current_traceback() : traceback_level()};
    // The stack is handed on, too. What says so otherwise is built without thread sanitizer.
    static std::atomic<std::uint32_t> reports{0};
    reports.load(std::memory_order_acquire);
    r.heard = hear_nothing();
    gander_mcall(&r.caller, report_live, &r, top_of(report_stack::live));
    hear(r.heard);
    reports.fetch_add(1, std::memory_order_release);  // pairs with the load of the next one
    release_freeze();
    done = true;
  }
  errno = saved_errno;
  return done;
}

// noinline: its caller's registers are where the walk starts.
[[gnu::noinline]] bool write_stacks(text_writer& out, live_stacks what) noexcept {
  return write_live_report(out, {.what = what, .at = regs::capture()});
}

}  // namespace gander::crash
