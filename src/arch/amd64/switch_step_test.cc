// SPDX-License-Identifier: Apache-2.0
//
// A walk from every single instruction of a switch: the processor traps after each, and the
// handler walks. What call-frame information says must be true between any two instructions, in the
// assembly as in what the compiler made around it.
//
// Not under tsan, which delivers a signal late, with a context that is no longer there.
#include "support/build.h"
#if !UNDER_TSAN
#include <gander/go.h>
#include <gander/run.h>
#include <gtest/gtest.h>
#include <ucontext.h>

#include <csignal>
#include <cstdint>

#include "arch/arch.h"
#include "crash/unwinder.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

constexpr unsigned long trap_flag = 0x100;

struct {
  long steps = 0;
  long on_goroutines = 0;
  long in_mcall = 0;
  long in_gogo = 0;
  long incomplete = 0;
  std::uintptr_t bad_pc = 0;  // of the first of these
  int bad_state = 0;
  bool over = false;
} seen;

bool is_within(std::uintptr_t pc, void (*begin)(), std::size_t size) {
  return pc - reinterpret_cast<std::uintptr_t>(begin) < size;
}

void on_step(int, siginfo_t*, void* raw) {
  auto* const context = static_cast<ucontext_t*>(raw);
  const regs at = regs::from_ucontext(context);
  memory_reader reader;
  unwinder u(at, reader);
  while (u.step()) {
  }
  bool complete = u.why() == unwinder::state::end_of_stack;
  const M* const m = current_m();
  const G* const g = m->curg;
  if (g != nullptr && at.sp() >= g->stack_low && at.sp() < g->stack_high) {
    ++seen.on_goroutines;
    complete = complete && u.current().sp() >= g->stack_high - 4096;  // the bottom, no earlier end
  }
  ++seen.steps;
  seen.in_mcall += is_within(at.pc(), reinterpret_cast<void (*)()>(gander_mcall), 40);
  seen.in_gogo += is_within(at.pc(), gander_resume, 16);
  if (!complete && seen.incomplete++ == 0) {
    seen.bad_pc = at.pc();
    seen.bad_state = static_cast<int>(u.why());
  }
  if (seen.over) context->uc_mcontext.gregs[REG_EFL] &= ~static_cast<greg_t>(trap_flag);
}

void start_stepping() {
  asm volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq" : : "i"(trap_flag) : "cc", "memory");
}

TEST(switch_step, a_walk_from_any_instruction_reaches_the_end) {
  struct sigaction before {};
  run({.gomaxprocs = 1}, [&] {
    struct sigaction action {};
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(SIGTRAP, &action, &before);
    bool ended = false;
    go([&ended] {
      while (!seen.over) yield();
      ended = true;
    });
    yield();  // main leaves the run's thread
    start_stepping();
    for (int i = 0; i < 3; ++i) yield();
    seen.over = true;
    while (!ended) yield();
  });
  ::sigaction(SIGTRAP, &before, nullptr);
  EXPECT_EQ(seen.incomplete, 0) << "of " << seen.steps << ", first from pc " << std::hex
                                << seen.bad_pc << " with state " << seen.bad_state;
  EXPECT_GT(seen.in_mcall, 3 * 8);
  EXPECT_GT(seen.in_gogo, 3 * 8);
  EXPECT_GT(seen.on_goroutines, 100);
  EXPECT_LT(seen.on_goroutines, seen.steps);
}

}  // namespace
}  // namespace gander::crash
#endif
