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

#include <atomic>
#include <csignal>
#include <cstdint>

#include "arch/arch.h"
#include "processor.h"
#include "sched/sched.h"
#include "unwind/fde.h"
#include "unwind/unwinder.h"

namespace gander::unwind {
namespace {

// sysmon takes the P from who steps for long: then both goroutines step, on a thread each.
struct {
  std::atomic<long> steps{0};
  std::atomic<long> on_goroutines{0};
  std::atomic<long> in_mcall{0};
  std::atomic<long> in_gogo{0};
  std::atomic<long> incomplete{0};
  std::atomic<std::uintptr_t> bad_pc{0};  // of the first of these
  std::atomic<int> bad_state{0};
  std::atomic<bool> over{false};
} seen;

// The first and one past the last instruction of a function.
struct extent {
  explicit extent(void (*function)()) : begin(reinterpret_cast<std::uintptr_t>(function)) {
    memory_reader reader;
    fde found;
    if (find_fde(begin, reader, found)) end = found.pc_end;
  }
  bool holds(std::uintptr_t pc) const { return pc >= begin && pc < end; }

  std::uintptr_t begin;
  std::uintptr_t end = 0;
};
const extent mcall_code(reinterpret_cast<void (*)()>(gander_mcall));
const extent resume_code(gander_resume);

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
  seen.in_mcall += mcall_code.holds(at.pc());
  seen.in_gogo += resume_code.holds(at.pc());
  if (!complete && seen.incomplete++ == 0) {
    seen.bad_pc = at.pc();
    seen.bad_state = static_cast<int>(u.why());
  }
  if (seen.over) processor::stop_stepping(context);
}

constexpr long enough = 3 * 8;  // instructions of a few switches

bool is_enough() { return seen.in_mcall > enough && seen.in_gogo > enough; }

TEST(switch_step, a_walk_from_any_instruction_reaches_the_end) {
  run({.gomaxprocs = 1}, [&] {
    struct sigaction action {};
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(SIGTRAP, &action, nullptr);  // for good: who sleeps now may step when it wakes
    std::atomic<bool> ended = false;
    go([&ended] {
      while (!seen.over) yield();
      ended = true;
    });
    yield();  // main leaves the run's thread
    constexpr int most_yields = 1'000;
    for (int i = 0; i < most_yields && !is_enough(); ++i) {
      processor::start_stepping();  // each time: it may be another thread
      yield();
    }
    seen.over = true;
    while (!ended) yield();
  });
  EXPECT_EQ(seen.incomplete, 0) << "of " << seen.steps << ", first from pc " << std::hex
                                << seen.bad_pc << " with state " << seen.bad_state;
  EXPECT_GT(seen.in_mcall, enough);
  EXPECT_GT(seen.in_gogo, enough);
  EXPECT_GT(seen.on_goroutines, 100);
  EXPECT_LT(seen.on_goroutines, seen.steps);
}

}  // namespace
}  // namespace gander::unwind
#endif
