// SPDX-License-Identifier: Apache-2.0
//
// A profiler's signals, ten thousand a second on all threads, while goroutines switch, throw and
// block: each walk from wherever a signal struck reaches the end of the stack that it is on. (The
// instructions of a switch are few: src/arch/amd64/switch_step_test.cc walks from each of them.)
//
// Not under tsan, which delivers a signal late, with a context that is no longer there.
#include "support/build.h"
#if !UNDER_TSAN
#include <gander/gander.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include "sched/sched.h"
#include "unwind/unwinder.h"

namespace gander::unwind {
namespace {

using namespace std::chrono_literals;

struct {
  std::atomic<long> samples{0};
  std::atomic<long> on_goroutines{0};
  std::atomic<long> incomplete{0};
  std::atomic<std::uintptr_t> bad_pc{0};  // where the last of these began
  std::atomic<int> bad_state{0};
} tally;

bool is_on_stack_of(const G& g, std::uintptr_t sp) {
  return sp >= g.stack_low && sp < g.stack_high;
}

// GCC's call-frame information is wrong at the last two instructions of an exception's landing,
// `pop %rcx; jmp *%rcx` behind `mov %rcx, %rsp`: the stack is another one by then. No unwinder that
// believes it leads out of there.
bool is_landing(std::uintptr_t pc) {
  constexpr unsigned char landing[] = {0x48, 0x89, 0xcc, 0x59, 0xff, 0xe1};
  return std::memcmp(reinterpret_cast<const void*>(pc - 3), landing, sizeof landing) == 0 ||
         std::memcmp(reinterpret_cast<const void*>(pc - 4), landing, sizeof landing) == 0;
}

void sample(int, siginfo_t*, void* context) {
  const int saved_errno = errno;
  const regs at = regs::from_ucontext(context);
  memory_reader reader;
  unwinder u(at, reader);
  while (u.step()) {
  }
  bool complete = u.why() == unwinder::state::end_of_stack;
  const M* const m = current_m();
  const G* const g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  if (g != nullptr && !g->foreign && is_on_stack_of(*g, at.sp())) {
    ++tally.on_goroutines;
    complete = complete && u.current().sp() >= g->stack_high - 4096;  // the bottom, no earlier end
  }
  ++tally.samples;
  if (!complete && !is_landing(at.pc())) {
    ++tally.incomplete;
    tally.bad_pc = at.pc();
    tally.bad_state = static_cast<int>(u.why());
  }
  errno = saved_errno;
}

void install_sampler() {
  struct sigaction action {};
  action.sa_sigaction = sample;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  ::sigaction(SIGPROF, &action, nullptr);
}

// setitimer's resolution is the kernel's tick: by itself it would take minutes.
void sample_all_threads(long wanted) {
  const itimerval tick{{0, 100}, {0, 100}};
  ::setitimer(ITIMER_PROF, &tick, nullptr);
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (tally.samples < wanted && std::chrono::steady_clock::now() < limit) {
    for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
      if (m->tid == 0 || m->exited || m->curg == nullptr) continue;  // the idle are dull
      ::syscall(SYS_tgkill, ::getpid(), static_cast<int>(m->tid), SIGPROF);
      ::usleep(30);
    }
  }
  const itimerval off{};
  ::setitimer(ITIMER_PROF, &off, nullptr);
}

[[gnu::noinline]] int deep(int depth) {
  if (depth == 0) {
    yield();
    throw std::runtime_error("from the depth");
  }
  return deep(depth - 1) + 1;
}

void throw_from_the_depth() {
  try {
    deep(10);
  } catch (const std::exception&) {
    yield();
  }
}

TEST(profile_signals, every_walk_across_switches_reaches_the_end) {
  const long wanted = gander::testing::scaled(20'000, 10'000, 3'000);
  run({.gomaxprocs = 3}, [wanted] {
    std::atomic<bool> over{false};
    wait_group all;
    const auto repeat = [&](auto step) {
      all.go([&over, step] {
        while (!over) step();
      });
    };
    for (int i = 0; i < 3; ++i) {
      const auto unbuffered = make_chan<int>();
      repeat([unbuffered] { static_cast<void>(unbuffered.try_send(1)), yield(); });
      repeat([unbuffered] { static_cast<void>(unbuffered.recv_for(1ms)); });
      repeat([] {
        const auto c = make_chan<int>(2);
        go([c] { c.send(1), c.send(2), c.send(3); });
        for (int n = 0; n < 3; ++n) static_cast<void>(c.recv());
      });
      repeat(yield);
      repeat(throw_from_the_depth);
    }
    repeat([] { ::usleep(100); });
    repeat([] { spawn([] { lock_os_thread(); }).join(); });  // threads come and go
    install_sampler();
    std::thread sampler(sample_all_threads, wanted);
    sampler.join();
    ::signal(SIGPROF, SIG_IGN);
    over = true;
    all.wait();
  });
  EXPECT_EQ(tally.incomplete, 0) << "from pc " << std::hex << tally.bad_pc << ", state "
                                 << tally.bad_state;
  EXPECT_GE(tally.samples, wanted / 4);
  EXPECT_GT(tally.on_goroutines, tally.samples / 10);
}

}  // namespace
}  // namespace gander::unwind
#endif
