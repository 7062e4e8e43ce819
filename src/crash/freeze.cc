// SPDX-License-Identifier: Apache-2.0
//
// Built without thread sanitizer (cmake/library.cmake): the handler interrupts the sanitizer's own
// code, too.
#include "crash/freeze.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <type_traits>

#include "arch/arch.h"
#include "crash/part.h"
#include "os/os.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

enum state : std::uint32_t { idle, asked, frozen };

struct slot {
  std::atomic<std::uint32_t> state{idle};
  regs registers;
  bool in_system_call = false;
};

constexpr std::uint32_t slot_count =
    4096;  // Ms beyond are not stopped; a process has that many only in trouble
slot slots[slot_count];
std::atomic<std::uint32_t> frozen_count{0};  // also the futex on which freeze_others() waits
std::atomic<std::uint32_t> thaw_round{0};    // frozen threads wait for it to change

slot* slot_of(const M& m) noexcept { return m.id < slot_count ? &slots[m.id] : nullptr; }

// Word by word: a plain assignment calls memcpy, which sanitizers intercept and which in a handler
// may find their state half changed.
void copy(regs& to, const regs& from) noexcept {
  static_assert(sizeof(regs) % sizeof(std::uintptr_t) == 0 && std::is_trivially_copyable_v<regs>);
  auto* const out = reinterpret_cast<volatile std::uintptr_t*>(&to);
  const auto* const in = reinterpret_cast<const volatile std::uintptr_t*>(&from);
  for (std::size_t i = 0; i < sizeof(regs) / sizeof(std::uintptr_t); ++i) out[i] = in[i];
}

void note_registers(slot& s, const void* ucontext) noexcept {
  copy(s.registers, regs::from_ucontext(ucontext));
  s.in_system_call = arch::follows_system_call(s.registers.pc());
}

// False when nobody has asked.
bool answer_freeze(const void* ucontext) noexcept {
  const M* const m = current_m();
  if (m == nullptr) return false;
  slot* const s = slot_of(*m);
  if (s == nullptr) return false;
  // Before the question is looked at: if it is taken back meanwhile, the round has changed, too.
  const std::uint32_t round = thaw_round.load();
  if (s->state.load() != asked) return false;
  note_registers(*s, ucontext);
  std::uint32_t question = asked;
  if (!s->state.compare_exchange_strong(question, frozen)) return true;  // too late
  frozen_count.fetch_add(1);
  os::futex_wake(frozen_count);
  while (thaw_round.load() == round) os::futex_wait(thaw_round, round);
  return true;
}

struct sigaction previous_action;

// Thread sanitizer's own, in front of libc's, holds signals back until the next system call. (A
// look-up by name is nothing for a handler, so only there.)
auto libc_sigaction() noexcept {
  using function = int (*)(int, const struct sigaction*, struct sigaction*);
  function found = ::sigaction;
  if constexpr (sanitizer::extra_threads)
    if (void* next = ::dlsym(RTLD_NEXT, "sigaction")) found = reinterpret_cast<function>(next);
  return found;
}

// By itself: os::thread_id() is not built for this handler.
bool is_reporter() noexcept {
  const int reporter = reporter_tid.load();
  return reporter != 0 && reporter == static_cast<int>(::syscall(SYS_gettid));
}

void on_freeze_signal(int number, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  if (is_reporter()) {
    answer_poke();
  } else if (!answer_freeze(ucontext)) {  // somebody else's
    if ((previous_action.sa_flags & SA_SIGINFO) != 0)
      previous_action.sa_sigaction(number, info, ucontext);
    else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN)
      previous_action.sa_handler(number);
  }
  errno = saved_errno;
}

}  // namespace

int freeze_signal() noexcept {
  return SIGURG;
}  // as Go: default action "ignore", and hardly anybody uses it

bool send_freeze_signal(int tid) noexcept {
  return ::syscall(SYS_tgkill, os::process_id(), tid, freeze_signal()) == 0;
}

// Also in a handler that interrupts it: the one who comes second finds our handler, and leaves the
// previous one to the first.
void install_freeze_handler() noexcept {
  struct sigaction action = {};
  action.sa_sigaction = on_freeze_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  // A frozen thread runs no other handlers: one that asked for a report would wait here, where this
  // signal is blocked, and not answer the next question.
  ::sigfillset(&action.sa_mask);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigdelset(&action.sa_mask, fault);
  struct sigaction before = {};
  libc_sigaction()(freeze_signal(), &action, &before);
  if (before.sa_sigaction != on_freeze_signal) previous_action = before;
}

void freeze_others(int dying_tid) noexcept {
  const int self = os::thread_id();
  frozen_count.store(0);
  std::uint32_t expected = 0;
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
    slot* const s = slot_of(*m);
    const int tid = m->tid;
    if (s == nullptr || tid == 0 || tid == self || tid == dying_tid || m->exited.load()) continue;
    // Frozen by a report that this one interrupts: it has answered, and would not hear a second
    // question.
    if (s->state.load(std::memory_order_acquire) == frozen) continue;
    s->state.store(asked);
    if (send_freeze_signal(tid))
      ++expected;
    else
      s->state.store(idle);
  }
  constexpr std::int64_t patience_ns = 500'000'000;
  const std::int64_t deadline_ns = os::now_ns() + patience_ns;
  for (;;) {
    const std::uint32_t answered = frozen_count.load();
    if (answered >= expected || !os::futex_wait(frozen_count, answered, deadline_ns)) return;
  }
}

void thaw_others() noexcept {
  for (slot& s : slots) s.state.store(idle, std::memory_order_relaxed);  // ordered by the round
  thaw_round.fetch_add(1);
  os::futex_wake(thaw_round, INT32_MAX);
}

bool frozen_registers(const M& m, regs& out, bool& in_system_call) noexcept {
  slot* const s = slot_of(m);
  if (s == nullptr || s->state.load(std::memory_order_acquire) != frozen) return false;
  copy(out, s->registers);
  in_system_call = s->in_system_call;
  return true;
}

void stay_frozen(const void* ucontext) noexcept {
  if (const M* m = current_m(); m != nullptr && ucontext != nullptr)
    if (slot* s = slot_of(*m)) {
      note_registers(*s, ucontext);
      s->state.store(frozen, std::memory_order_release);  // pairs with frozen_registers()
      frozen_count.fetch_add(1);
      os::futex_wake(frozen_count);
    }
  for (;;) os::sleep_ns(1'000'000'000);
}

}  // namespace gander::crash
