// SPDX-License-Identifier: Apache-2.0
#include "crash/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "arch/regs.h"
#include "base/check.h"
#include "base/godebug.h"
#include "crash/address_report.h"
#include "crash/fault_throw.h"
#include "crash/freeze.h"
#include "crash/leak_hook.h"
#include "crash/live_report.h"
#include "crash/previous_handlers.h"
#include "crash/recoverable.h"
#include "crash/report.h"
#include "crash/signal_words.h"
#include "os/os.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"
#include "stack/stack.h"
#include "unwind/memory_reader.h"

namespace gander::crash {
namespace {

std::atomic<int> installing_pid{0};  // handlers must leave a forked child, and its parent, alone

struct signal_details {
  const fatal_signal* signal;
  const siginfo_t* info;
  regs at;
  const void* ucontext;
  overflown_stack overflown = {};  // of a thread; that of a goroutine is known
};

std::uintptr_t fault_address(const siginfo_t& info) noexcept {
  return reinterpret_cast<std::uintptr_t>(info.si_addr);
}

const G* current_goroutine() noexcept {
  const M* const m = current_m();
  const G* const g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  return g != nullptr && !g->foreign ? g : nullptr;
}

bool in_guard(const G& g, std::uintptr_t address) noexcept {
  return address - g.guard_low < stack::guard_size;
}

void print_signal_line(text_writer& out, const signal_details& s) noexcept {
  crash::print_signal_line(out, s.signal->number, s.info->si_code, fault_address(*s.info),
                           s.at.pc());
}

void stack_overflow_lines(text_writer& out, const death& d) {
  const auto& s = *static_cast<const signal_details*>(d.details);
  const bool of_thread = s.overflown.high != 0;
  const G* const g = of_thread ? nullptr : current_goroutine();
  const std::uintptr_t low = of_thread ? s.overflown.low : g->stack_low;
  const std::uintptr_t high = of_thread ? s.overflown.high : g->stack_high;
  out.text(of_thread ? "runtime: thread stack exceeds " : "runtime: goroutine stack exceeds ");
  out.dec(high - low).text("-byte limit\n");
  out.text("runtime: sp=").hex(s.at.sp()).text(" stack=[").hex(low).text(", ");
  out.hex(high).text("]\nfatal error: stack overflow\n");
  print_signal_line(out, s);
}

void fault_lines(text_writer& out, const death& d) {
  const auto& s = *static_cast<const signal_details*>(d.details);
  constexpr std::uintptr_t null_page = 4096;
  if (s.signal->number == SIGFPE || fault_address(*s.info) < null_page) {
    out.text("panic: ").text(fault_words(s.signal->number, s.info->si_code)).text("\n");
  } else {
    out.text("unexpected fault address ")
        .hex(fault_address(*s.info))
        .text("\nfatal error: fault\n");
  }
  print_signal_line(out, s);
}

// Of a signal that somebody has sent.
void print_sender(text_writer& out, const siginfo_t& info) noexcept {
  out.text("runtime: sent by ");
  if (info.si_pid == os::process_id())
    out.text("this process\n");
  else
    out.text("process ")
        .dec(static_cast<std::uint64_t>(info.si_pid))
        .text(" of user ")
        .dec(info.si_uid)
        .text("\n");
}

void signal_lines(text_writer& out, const death& d) {
  const auto& s = *static_cast<const signal_details*>(d.details);
  const M* const m = current_m();
  out.text(s.signal->name).text("\nPC=").hex(s.at.pc());
  out.text(" m=").dec(m != nullptr ? m->id : 0);
  // As wide as an address: of amd64 -6 is 18446744073709551610 in Go, too, and 4294967290 of 386.
  out.text(" sigcode=").dec(static_cast<std::uintptr_t>(std::intptr_t{s.info->si_code}));
  if (s.signal->number == SIGSEGV || s.signal->number == SIGBUS)
    out.text(" addr=").hex(fault_address(*s.info));
  out.text("\n");
  if (s.info->si_code <= 0) print_sender(out, *s.info);
}

[[noreturn]] void die_by_signal(const fatal_signal& signal, const siginfo_t& info,
                                const void* ucontext) noexcept {
  // Static: a nested handler may overwrite this one's signal stack.
  static signal_details details;
  static death d;
  if (!may_report()) stay_frozen(&info, ucontext);
  details = {&signal, &info, regs::from_ucontext(ucontext), ucontext, {}};
  d = {};
  d.details = &details;
  d.at = &details.at;
  d.info = &info;
  d.ucontext = ucontext;
  const bool raised_by_code = info.si_code > 0;  // and not by kill, tgkill, sigqueue
  d.instruction = raised_by_code;
  d.by_fault = raised_by_code && (signal.number == SIGSEGV || signal.number == SIGBUS);
  d.address = fault_address(info);
  d.access = access_of_fault(ucontext);
  d.address_untold = d.by_fault && info.si_code == SI_KERNEL;
  const G* const g = current_goroutine();
  const bool is_overflow = raised_by_code && signal.number == SIGSEGV;
  const bool of_goroutine = is_overflow && g != nullptr && in_guard(*g, fault_address(info));
  if (is_overflow && !of_goroutine)
    details.overflown = find_overflown_stack(d.address, details.at.sp());
  if (of_goroutine || details.overflown.high != 0) {
    d.first_lines = stack_overflow_lines;
    d.forces_all = true;
  } else if (raised_by_code && signal.fault) {
    d.first_lines = fault_lines;
    d.forces_all =
        signal.number != SIGFPE && fault_address(info) >= 4096;  // fatal: no panic of Go's
  } else {
    d.first_lines = signal_lines;
    d.forces_all = true;
    d.registers = true;
  }
  die(d);
}

// The whole report, of a process that goes on. Nothing is waited for but another report of this
// kind: it comes from a wedged program, too.
void dump_and_go_on(const fatal_signal& signal, const siginfo_t& info, const void* ucontext) {
  char buffer[4096];
  text_writer out(buffer, STDERR_FILENO);
  const signal_details details{&signal, &info, regs::from_ucontext(ucontext), ucontext, {}};
  death told;
  told.details = &details;
  signal_lines(out, told);
  out.text("\n");
  write_live_report(out, {.what = live_stacks::by_level, .at = details.at, .ucontext = ucontext});
  out.text("\n");
}

bool is_put_off() noexcept {
  quit_hook* const hook = before_quit.load();
  return hook != nullptr && hook();
}

void on_signal(int number, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  if ((number == SIGSEGV || number == SIGBUS) && recover_fault(ucontext)) return;
  if (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL)
    step_recover(number);
  if (os::process_id() != installing_pid) {  // a forked child: as if we were not there
    ::signal(number, SIG_DFL);
    ::raise(number);
    errno = saved_errno;
    return;
  }
  if (throws_fault(number, *info, ucontext)) {
    errno = saved_errno;
    return;
  }
  if (number == SIGQUIT && !is_dying() && is_put_off()) {
    errno = saved_errno;
    return;
  }
  if (number == SIGQUIT && godebug.dumponquit && !is_dying()) {
    dump_and_go_on(*find_fatal_signal(number), *info, ucontext);
    errno = saved_errno;
    return;
  }
  if (const fatal_signal* const s = find_fatal_signal(number)) die_by_signal(*s, *info, ucontext);
}

void install_for(const fatal_signal& s, struct sigaction* before = nullptr) noexcept {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  // NODEFER: a fault inside a report must reach step_recover(), and not be the kernel's death
  // sentence. But a report that was asked for waits until the one before it has ended: who asks
  // again and again would have one handler in another, until there is no stack left.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  if (s.number != SIGQUIT) action.sa_flags |= SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(s.number, &action, before);
}

// A sanitizer that handles faults tells of them in its own words; with handle_segv=0 and the like
// in its options it leaves them to us.
bool is_the_sanitizers(const fatal_signal& s) noexcept {
  if (!sanitizer::reports_faults || !s.fault) return false;
  struct sigaction present = {};
  return ::sigaction(s.number, nullptr, &present) == 0 && present.sa_handler != SIG_DFL;
}

}  // namespace

void install_signal_handlers() noexcept {
  installing_pid = os::process_id();
  bool all_ours = true;
  for (const fatal_signal& s : fatal_signals)
    if (is_the_sanitizers(s))
      all_ours = false;
    else {
      struct sigaction before = {};
      install_for(s, &before);
      remember_handler(s.number, before);
    }
  if (all_ours) unwind::set_fault_recovery(true);
  install_freeze_handler();
}

void take_signals() noexcept {
  for (const fatal_signal& s : fatal_signals) install_for(s);
  unwind::set_fault_recovery(true);
  install_freeze_handler();
}

}  // namespace gander::crash
