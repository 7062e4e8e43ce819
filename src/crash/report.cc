// SPDX-License-Identifier: Apache-2.0
#include "crash/report.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <string_view>

#include "arch/arch.h"
#include "base/left_out.h"
#include "base/sanitizers.h"
#include "crash/crash_thread.h"
#include "crash/freeze.h"
#include "crash/goroutine_report.h"
#include "crash/part.h"
#include "crash/previous_handlers.h"
#include "crash/report_stack.h"
#include "crash/report_steps.h"
#include "crash/reserves.h"
#include "crash/signal_stack.h"
#include "crash/signals.h"
#include "crash/traceback_level.h"
#include "os/os.h"
#include "os/process.h"
#include "os/signal_mask.h"
#include "sched/g_table.h"
#include "sched/sched.h"

namespace gander::crash {

namespace {

constexpr unsigned watchdog_s = 60;       // more than all budgets together
constexpr int nested_failure_status = 4;  // Go's

char buffer[64 * 1024];
const left_out of_buffer(buffer);
alignas(
    text_writer) char writer_memory[sizeof(text_writer)];  // the supervisor may have to flush it
telling told;
void* caller = nullptr;  // the context of die()
int home_pid = 0;
std::atomic<int> owner_tid{0};
std::atomic<bool> reporting{false};
std::atomic<int> copy_fd{-1};

text_writer& writer() noexcept {
  return *std::launder(reinterpret_cast<text_writer*>(writer_memory));
}

// All but the first, on the crash thread or on the dying one.
void run_rest() noexcept {
  for (std::size_t number = 1; number < report_steps(); ++number) run_step(number, told, writer());
  writer().flush();
}

// ---- who tells

void run_rest_for_another() noexcept {
  release_reserves();
  become_reporter(false);
  run_rest();
}

// The crash thread is stuck where no signal reaches it: the process ends with what there is.
void give_up() noexcept {
  const char* const part = current_part();
  char line[128];
  for (const int fd : {STDERR_FILENO, copy_fd.load()}) {
    if (fd < 0) continue;
    text_writer out(line, fd);
    out.text(writer().view()).text("\nruntime: ").text(part != nullptr ? part : "the rest");
    out.text(" could not be told (too slow), and the report ends here\n");
  }
}

// On the report stack of deaths.
GANDER_LEFT_BY_SWITCH void report_death(void*) {
  stack_t before;
  ::sigaltstack(nullptr, &before);
  use_signal_stack(signal_stack_of(report_stack::death));
  become_reporter(true);
  new (writer_memory) text_writer(buffer, STDERR_FILENO, copy_fd.load());
  run_step(0, told, writer());
  writer().flush();
  os::signal_periodically(told.tid, freeze_signal(), 0);
  if (!seam.no_crash_thread && hand_to_crash_thread(run_rest_for_another)) {
    if (!await_crash_thread()) give_up();
  } else {
    become_reporter(true);
    run_rest();
  }
  ::sigaltstack(&before, nullptr);  // the caller may run on it, and address sanitizer asks
  gander_gogo(caller);
}

// ---- the beginning and the end

// Whatever happens, the process ends. Its exit status then tells of the watchdog.
void set_watchdog() noexcept {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(watchdog_s + g_table::size() / 500);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);  // a reader that has gone must not cut the report short
}

// The dying thread hears its own faults and the watchdog; who sends it SIGQUIT once more gets no
// second report.
void block_signals() noexcept { os::hear_only_faults({SIGALRM}); }

// The program's own handlers come last, as though ours had never been; most of them do not return.
[[noreturn]] void end_process() noexcept {
  const death& d = told.d;
  put_previous_handlers_back();
  if (d.info != nullptr)
    call_previous_handler(d.info->si_signo, d.info, d.ucontext);
  else
    abort_by_previous_handlers(d.by_terminate);
  if (told.level.crash) os::die_of(SIGABRT, d.info);
  os::exit_now(2);
}

// The reporter itself failed where no part caught it.
[[noreturn]] void end_nested() noexcept {
  constexpr std::string_view words = "panic during panic\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, words.data(), words.size());
  os::exit_now(nested_failure_status);
}

// A child of vfork shares the memory of its parent, which still needs it: nothing is claimed,
// stopped or kept. (A child of fork has a copy, and is told of as usual.)
bool in_borrowed_memory() noexcept {
  return home_pid != 0 && os::process_id() != home_pid && !sched.forked;
}

[[noreturn]] void die_in_borrowed_memory(const death& d) noexcept {
  char text[512];
  {
    text_writer out(text, STDERR_FILENO);
    d.first_lines(out, d);
  }
  os::exit_now(2);
}

void publish(const death& d, const regs& at) noexcept {
  told.d = d;
  told.at = d.at != nullptr ? *d.at : at;
  told.tid = os::thread_id();
  told.m = current_m();
  told.record = d.of_no_goroutine ? nullptr : record_of(told.m);
  if (d.ucontext != nullptr) told.registers = dump_registers(d.ucontext);
  told.d.registers = d.registers && d.ucontext != nullptr;
  told.level = current_traceback();
  told.stacks = told.level.level > 0 || d.forces_all;
  told.style = style_for(told.level, d.forces_all);
}

}  // namespace

bool prepare_reports() noexcept {
  home_pid = os::process_id();
  if (!map_report_stacks()) return false;
  start_crash_thread();
  return true;
}

bool may_report() noexcept {
  const int self = os::thread_id();
  if (in_borrowed_memory() || reporter_tid.load() == self) return true;
  int nobody = 0;
  return owner_tid.compare_exchange_strong(nobody, self) || nobody == self;
}

bool is_dying() noexcept { return owner_tid.load() != 0; }

void set_copy_fd(int fd) noexcept { copy_fd.store(fd); }

// noinline: its caller's registers are where the walk of a death without a signal starts.
[[gnu::noinline]] void die(const death& d) noexcept {
  if (in_borrowed_memory()) die_in_borrowed_memory(d);
  if (!may_report()) stay_frozen(d.info, d.ucontext);
  if (reporting.exchange(true)) end_nested();
  publish(d, regs::capture());
  release_reserves();
  set_watchdog();
  take_signals();
  block_signals();
  gander_mcall(&caller, report_death, nullptr, top_of(report_stack::death));
  end_process();
}

}  // namespace gander::crash
