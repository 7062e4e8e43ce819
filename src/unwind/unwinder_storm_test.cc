// SPDX-License-Identifier: Apache-2.0
//
// A storm of timer signals over code that is hard to walk: every walk, from wherever the signal
// struck, must reach the known caller and the end of the stack. So must a quick walk.
//
// Not under tsan, which delivers a signal late, with a context that is no longer there.
#include "support/build.h"
#if !UNDER_TSAN
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "os/os.h"
#include "unwind/quick_walk.h"
#include "unwind/unwinder.h"
#include "unwind/walk_test_helper.h"

namespace gander::unwind {
namespace {

using state = unwinder::state;

struct storm {
  std::uintptr_t expected = 0;  // a return address every walk must meet
  int samples = 0;
  int complete = 0;
  std::uintptr_t bad_pc = 0;
  state bad_state{};
  os::stack_bounds stack = os::current_stack();
  int quickly_complete = 0;
  std::uintptr_t quickly_bad_from = 0;
  std::uintptr_t quickly_bad_pc = 0;
};
storm volatile* running_storm = nullptr;

void sample(int, siginfo_t*, void* context) {
  auto* s = const_cast<storm*>(running_storm);
  if (s == nullptr) return;
  memory_reader reader;
  walked w;
  walk(regs::from_ucontext(context), reader, w);
  ++s->samples;
  if (w.why == state::end_of_stack && w.has_return_to(s->expected)) {
    ++s->complete;
  } else {
    s->bad_pc = w.raw[w.count - 1];
    s->bad_state = w.why;
  }
  std::uintptr_t pcs[512];
  const regs from = regs::from_ucontext(context);
  const std::size_t count = quick_walk_interrupted(from, s->stack.low, s->stack.high, pcs, 512);
  // The outermost frame, too, is the unwinder's.
  if (std::find(pcs, pcs + count, s->expected) != pcs + count &&
      pcs[count - 1] == w.raw[w.count - 1]) {
    ++s->quickly_complete;
  } else {
    s->quickly_bad_from = from.pc();
    s->quickly_bad_pc = count > 0 ? pcs[count - 1] : 0;
  }
}

class storm_timer {
 public:
  storm_timer() {
    struct sigaction action {};
    action.sa_sigaction = sample;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGPROF, &action, &old_);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    timer_create(CLOCK_MONOTONIC, &event, &timer_);
    itimerspec every{{0, 97'000}, {0, 97'000}};
    timer_settime(timer_, 0, &every, nullptr);
  }
  ~storm_timer() {
    timer_delete(timer_);
    running_storm = nullptr;
    sigaction(SIGPROF, &old_, nullptr);
  }

 private:
  timer_t timer_{};
  struct sigaction old_;
};

NOINLINE void weather(void (*work)(), storm& s) {
  s.expected = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  running_storm = &s;
  while (s.samples < 150) work();
  running_storm = nullptr;
}

void expect_complete_walks(void (*work)()) {
  fault_handler faults;
  storm s;
  {
    storm_timer timer;
    weather(work, s);
    KEEP_FRAME();
  }
  EXPECT_EQ(s.complete, s.samples)
      << "stopped at pc " << std::hex << s.bad_pc << " state " << static_cast<int>(s.bad_state);
  EXPECT_EQ(s.quickly_complete, s.samples)
      << std::hex << "from pc " << s.quickly_bad_from << " stopped at pc " << s.quickly_bad_pc;
}

int compare_ints(const void* a, const void* b) {
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

void sort_numbers() {
  int numbers[500];
  for (int i = 0; i < 500; ++i) numbers[i] = (i * 7919) % 503;
  std::qsort(numbers, 500, sizeof(int), compare_ints);
}

void read_clock() {
  timespec now;
  for (int i = 0; i < 500; ++i) clock_gettime(CLOCK_MONOTONIC, &now);
}

void throw_and_catch() {
  try {
    throw std::runtime_error("storm");
  } catch (const std::exception&) {
  }
}

void copy_memory() {
  static char from[1 << 16], to[1 << 16];
  for (std::size_t n : {1u, 63u, 4000u, 65536u}) {
    std::memcpy(to, from, n);
    std::memmove(to + n / 2, to, n / 2);
    std::memset(from, 1, n);
    asm volatile("" ::"r"(to), "r"(from) : "memory");
  }
}

void format_and_allocate() {
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) all.push_back(std::to_string(i * 1234567) + std::string(40, 'x'));
  char text[64];
  std::snprintf(text, sizeof text, "%f %s", 3.14, all.back().c_str() + 10);
}

void system_calls() {
  for (int i = 0; i < 50; ++i) ::syscall(SYS_getppid);
  usleep(1);
}

TEST(unwinder_storm, sorting_in_libc) { expect_complete_walks(sort_numbers); }
TEST(unwinder_storm, clock_in_the_vdso) { expect_complete_walks(read_clock); }
TEST(unwinder_storm, exceptions) { expect_complete_walks(throw_and_catch); }
TEST(unwinder_storm, memory_functions) { expect_complete_walks(copy_memory); }
TEST(unwinder_storm, malloc_and_printf) { expect_complete_walks(format_and_allocate); }
TEST(unwinder_storm, system_calls) { expect_complete_walks(system_calls); }

}  // namespace
}  // namespace gander::unwind
#endif
