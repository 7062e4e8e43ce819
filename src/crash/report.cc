// SPDX-License-Identifier: Apache-2.0
#include "crash/report.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <iterator>
#include <new>
#include <string_view>

#include "arch/arch.h"
#include "base/sanitizers.h"
#include "crash/crash_thread.h"
#include "crash/freeze.h"
#include "crash/goroutine_report.h"
#include "crash/part.h"
#include "crash/report_stack.h"
#include "crash/signal_stack.h"
#include "crash/signals.h"
#include "crash/symbolizer.h"
#include "crash/throw_record.h"
#include "crash/traceback_level.h"
#include "os/os.h"
#include "sched/g_table.h"
#include "sched/sched.h"
#include "stack/guard.h"

namespace gander::crash {

report_seam seam;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr unsigned watchdog_s = 60;       // more than all budgets together
constexpr int nested_failure_status = 4;  // Go's

// What is known of the death, published by the dying thread.
struct telling {
  death d;
  regs at;
  int tid = 0;
  const g_record* record = nullptr;  // of the goroutine at fault; nullptr: a thread without one
  register_dump registers;
  traceback_level level;
  report_style style;
  bool stacks = false;
  void* caller = nullptr;  // the context of die()
};

char buffer[64 * 1024];
alignas(
    text_writer) char writer_memory[sizeof(text_writer)];  // the supervisor may have to flush it
telling told;
int home_pid = 0;
std::atomic<int> owner_tid{0};
std::atomic<bool> reporting{false};
std::atomic<int> copy_fd{-1};

text_writer& writer() noexcept {
  return *std::launder(reinterpret_cast<text_writer*>(writer_memory));
}

// ---- the steps

void tell_reason(const telling& t, text_writer& out) {
  t.d.first_lines(out, t.d);
  // An overflow of one of these may have smashed anything.
  if (const std::size_t missing = stack::guards_missing(); missing != 0)
    out.text("runtime: ").dec(missing).text(" goroutine stacks have no guard\n");
}

void stop_others(const telling& t, text_writer&) {
  freeze_others(t.tid);
  seize_symbolizer();
}

void tell_goroutine_at_fault(const telling& t, text_writer& out) {
  out.text("\n");
  regs at = t.at;
  std::span<const std::uintptr_t> recorded;
  if (t.d.by_exception && !walk_to_throw(at, at)) recorded = t.d.recorded;
  if (t.record == nullptr)
    print_thread(out, at, t.style);
  else if (!recorded.empty())
    print_goroutine(out, *t.record, recorded, t.style);
  else
    print_goroutine(out, *t.record, at, "running", t.style);
}

void could_not_be_told(text_writer& out, part_end how) noexcept;

void tell_others(const telling& t, text_writer& out) {
  std::uint64_t too_late = 0;
  for_each_reported(t.d.of_no_goroutine ? nullptr : t.record, [&](const g_record& record) {
    if (too_late != 0 || part_is_late()) {
      ++too_late;
      return;
    }
    out.text("\n");
    const part_end end = run_part("a goroutine", 5 * second_ns, [&] {
      if (seam.at_step != nullptr) seam.at_step(step_count() - 1);
      print_goroutine(out, record, t.style);
    });
    if (end == part_end::done) return;
    end_broken_text(out).text("\nruntime: goroutine ").dec(record.goid.load());
    could_not_be_told(out, end);
  });
  if (too_late == 0) return;
  out.text("\nruntime: ").dec(too_late).text(" goroutines");
  could_not_be_told(out, part_end::slow);
}

void tell_registers(const telling& t, text_writer& out) {
  out.text("\n");
  for (const named_register& r : t.registers)
    out.padded(r.name, register_name_width).hex(r.value).text("\n");
}

bool always(const telling&) noexcept { return true; }
bool with_goroutine_at_fault(const telling& t) noexcept { return t.stacks && !t.d.of_no_goroutine; }
bool with_others(const telling& t) noexcept {
  return t.stacks && (t.level.all || t.d.forces_all || t.d.of_no_goroutine);
}
bool with_registers(const telling& t) noexcept { return t.d.registers; }

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
    {"the goroutine at fault", 10 * second_ns, 0, with_goroutine_at_fault, tell_goroutine_at_fault},
    {"the other goroutines", 20 * second_ns, second_ns / 1000, with_others, tell_others},
    {"the registers", 3 * second_ns, 0, with_registers, tell_registers},
};

void could_not_be_told(text_writer& out, part_end how) noexcept {
  out.text(" could not be told (").text(how == part_end::slow ? "too slow" : "fault").text(")\n");
  leave_symbolizer();
}

void run_step(std::size_t number) noexcept {
  const report_step& step = steps[number];
  const telling& t = told;
  text_writer& out = writer();
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

// All but the first, on the crash thread or on the dying one.
void run_rest() noexcept {
  for (std::size_t number = 1; number < std::size(steps); ++number) run_step(number);
  writer().flush();
}

// ---- who tells

void run_rest_for_another() noexcept {
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
  run_step(0);
  writer().flush();
  os::signal_periodically(told.tid, freeze_signal(), 0);
  if (!seam.no_crash_thread && hand_to_crash_thread(run_rest_for_another)) {
    if (!await_crash_thread()) give_up();
  } else {
    become_reporter(true);
    run_rest();
  }
  ::sigaltstack(&before, nullptr);  // the caller may run on it, and address sanitizer asks
  gander_gogo(told.caller);
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
void block_signals() noexcept {
  sigset_t blocked;
  ::sigfillset(&blocked);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) ::sigdelset(&blocked, number);
  ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

[[noreturn]] void end_process(bool crash) noexcept {
  if (crash) {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGABRT, &action, nullptr);
    sigset_t only_abort;
    ::sigemptyset(&only_abort);
    ::sigaddset(&only_abort, SIGABRT);
    ::pthread_sigmask(SIG_UNBLOCK, &only_abort, nullptr);
    ::raise(SIGABRT);
  }
  ::_exit(2);
}

// The reporter itself failed where no part caught it.
[[noreturn]] void end_nested() noexcept {
  constexpr std::string_view words = "panic during panic\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, words.data(), words.size());
  ::_exit(nested_failure_status);
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
  ::_exit(2);
}

void publish(const death& d, const regs& at) noexcept {
  told.d = d;
  told.at = d.at != nullptr ? *d.at : at;
  told.tid = os::thread_id();
  told.record = d.of_no_goroutine ? nullptr : current_record();
  if (d.ucontext != nullptr) told.registers = dump_registers(d.ucontext);
  told.d.registers = d.registers && d.ucontext != nullptr;
  told.level = current_traceback();
  told.stacks = told.level.level > 0 || d.forces_all;
  told.style.pointers = told.level.level >= 2;
  told.style.frames.runtime_functions = told.level.level >= 2 || d.forces_all;
  told.style.frames.registers = told.style.frames.runtime_functions;
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

std::size_t step_count() noexcept { return std::size(steps) + 1; }

// noinline: its caller's registers are where the walk of a death without a signal starts.
[[gnu::noinline]] void die(const death& d) noexcept {
  if (in_borrowed_memory()) die_in_borrowed_memory(d);
  if (!may_report()) stay_frozen(d.ucontext);
  if (reporting.exchange(true)) end_nested();
  publish(d, regs::capture());
  set_watchdog();
  take_signals();
  block_signals();
  gander_mcall(&told.caller, report_death, nullptr, top_of(report_stack::death));
  end_process(told.level.crash);
}

}  // namespace gander::crash
