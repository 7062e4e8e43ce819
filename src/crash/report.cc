// SPDX-License-Identifier: Apache-2.0
#include "crash/report.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "arch/arch.h"
#include "base/sanitizers.h"
#include "crash/freeze.h"
#include "crash/goroutine_report.h"
#include "crash/memory_reader.h"
#include "crash/recoverable.h"
#include "crash/symbolizer.h"
#include "crash/traceback_level.h"
#include "os/os.h"
#include "sched/g_table.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

constexpr std::size_t report_stack_size = std::size_t{1} << 20;  // each of two
constexpr unsigned watchdog_s = 60;
constexpr int nested_failure_status = 4;  // Go's

char buffer[64 * 1024];
char* report_stack =
    nullptr;  // of a death; its upper half of write_stacks(), which a death may interrupt
std::atomic<int> owner_tid{0};
std::atomic<bool> reporting{false};
std::atomic<int> copy_fd{-1};
internal::lock live_reports;  // write_stacks: one at a time

// A step that faults loses what it had not yet written, and says so.
template <typename Step>
void in_step(text_writer& out, const char* what, Step&& step) noexcept {
  if (recoverable(step) != 0) out.text("\n\truntime: ").text(what).text(" could not be told\n");
}

report_style style_for(const death& d, traceback_level level) noexcept {
  report_style style;
  style.pointers = level.level >= 2;
  style.frames.runtime_functions = level.level >= 2 || d.forces_all;
  style.frames.registers = level.level >= 2 || d.forces_all;
  return style;
}

void print_fault(text_writer& out, const death& d, const g_record* record, const regs& at,
                 const report_style& style) noexcept {
  if (record == nullptr) {  // a thread that has never called the runtime
    out.text("goroutine 0 [running, locked to thread]:\n");
    memory_reader reader;
    print_frames(out, unwinder(at, reader), style.frames);
  } else if (!d.recorded.empty()) {
    print_goroutine(out, *record, d.recorded, style);
  } else {
    print_goroutine(out, *record, at, "running", style);
  }
}

void print_others(text_writer& out, const g_record* fault, bool nobody_before,
                  const report_style& style) noexcept {
  const std::uint32_t count = g_table::size();
  bool first = nobody_before;
  for (std::uint32_t i = 0; i < count; ++i) {
    const g_record& record = g_table::records()[i];
    if (&record == fault || !is_reported(record)) continue;
    if (!first) out.text("\n");
    first = false;
    in_step(out, "a goroutine", [&] { print_goroutine(out, record, style); });
  }
}

void print_register_dump(text_writer& out, const void* ucontext) noexcept {
  out.text("\n");
  for (const named_register& r : dump_registers(ucontext))
    out.padded(r.name, register_name_width).hex(r.value).text("\n");
}

const g_record* current_record() noexcept {
  const M* const m = current_m();
  const G* const g = m != nullptr && !m->is_sysmon ? static_cast<G*>(m->curg) : nullptr;
  return g != nullptr ? g->record : nullptr;
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

struct report_request {
  const death* d;
  regs at;
};

// On the report stack. Never returns.
void report_death(void* raw) {
  const auto& request = *static_cast<const report_request*>(raw);
  const death& d = *request.d;
  const traceback_level level = current_traceback();
  text_writer out(buffer, STDERR_FILENO, copy_fd.load());
  in_step(out, "the reason", [&] { d.first_lines(out, d); });
  out.flush();
  freeze_others();
  seize_symbolizer();

  const report_style style = style_for(d, level);
  const g_record* const record = d.of_no_goroutine ? nullptr : current_record();
  const bool stacks = level.level > 0 || d.forces_all;
  if (stacks) {
    out.text("\n");
    if (!d.of_no_goroutine)
      in_step(out, "the goroutine at fault",
              [&] { print_fault(out, d, record, request.at, style); });
    if (level.all || d.forces_all || d.of_no_goroutine) {
      print_others(out, d.of_no_goroutine ? nullptr : record, d.of_no_goroutine, style);
    }
  }
  if (d.registers && d.ucontext != nullptr)
    in_step(out, "the registers", [&] { print_register_dump(out, d.ucontext); });
  out.flush();
  end_process(level.crash);
}

}  // namespace

bool prepare_reports() noexcept {
  if (report_stack == nullptr)
    report_stack = static_cast<char*>(os::reserve(2 * report_stack_size));
  return report_stack != nullptr;
}

bool may_report() noexcept {
  int nobody = 0;
  const int self = os::thread_id();
  return owner_tid.compare_exchange_strong(nobody, self) || nobody == self;
}

void set_copy_fd(int fd) noexcept { copy_fd.store(fd); }

// noinline: its caller's registers are where the walk of a death without a signal starts.
[[gnu::noinline]] void die(const death& d) noexcept {
  if (!may_report()) stay_frozen(d.ucontext);
  if (reporting.exchange(true)) {  // the reporter itself failed where no step caught it
    constexpr std::string_view words = "panic during panic\n";
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, words.data(), words.size());
    ::_exit(nested_failure_status);
  }
  // Whatever happens, the process ends. Its exit status then tells of the watchdog.
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(watchdog_s);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);  // a reader that has gone must not cut the report short
  report_request request{&d, d.at != nullptr ? *d.at : regs::capture()};
  void* unused;
  gander_mcall(&unused, report_death, &request, report_stack + report_stack_size);
  __builtin_unreachable();
}

namespace {

struct live_request {
  text_writer* out;
  bool all;
  regs at;
  void* caller;
};

// On the report stack, which is larger than a goroutine's; then back.
GANDER_LEFT_BY_SWITCH void report_live(void* raw) {
  auto& request = *static_cast<live_request*>(raw);
  text_writer& out = *request.out;
  const report_style style;
  const g_record* const record = current_record();
  if (record != nullptr)
    in_step(out, "the goroutine",
            [&] { print_goroutine(out, *record, request.at, "running", style); });
  if (request.all) {
    print_others(out, record, record == nullptr, style);
  }
  gander_gogo(request.caller);
}

}  // namespace

[[gnu::noinline]] void write_stacks(text_writer& out, bool all) noexcept {
  if (!prepare_reports()) return;
  live_request request{&out, all, regs::capture(), nullptr};
  const runtime_scope scope;  // the goroutine must not lose its P on a stack that is not its own
  const internal::lock_scope held(live_reports);
  if (all) freeze_others();
  gander_mcall(&request.caller, report_live, &request, report_stack + 2 * report_stack_size);
  if (all) thaw_others();
}

}  // namespace gander::crash
