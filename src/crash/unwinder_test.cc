// SPDX-License-Identifier: Apache-2.0
#include "crash/unwinder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "crash/walk_test_helper.h"

extern "C" {
void gander_test_switch(void** from, void** to);
void gander_test_run_on(void* top, void (*f)(), void** sp);
extern const char gander_test_parked_pc[];
}

namespace gander::crash {
namespace {

using state = unwinder::state;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

// --- own stack
// -------------------------------------------------------------------------------------

NOINLINE std::size_t capture_deep(int depth, std::span<std::uintptr_t> out) {
  std::size_t n = depth == 0 ? capture_pcs(out, 0) : capture_deep(depth - 1, out);
  KEEP_FRAME();
  return n;
}

TEST(unwinder, captures_the_callers_of_the_calling_function) {
  std::array<std::uintptr_t, 100> pcs{};
  std::size_t n = capture_deep(10, pcs);
  ASSERT_GT(n, 12u);
  memory_reader reader;
  for (int i = 0; i <= 10; ++i) {
    fde f;
    ASSERT_TRUE(find_fde(pcs[static_cast<std::size_t>(i)] - 1, reader, f)) << i;
    EXPECT_EQ(f.pc_begin, address(reinterpret_cast<void*>(&capture_deep))) << i;
  }
}

TEST(unwinder, skips_and_bounds_a_capture) {
  std::array<std::uintptr_t, 100> all{};
  std::array<std::uintptr_t, 3> some{};
  auto grab = [](std::span<std::uintptr_t> out, std::size_t skip) {
    return capture_pcs(out, skip);
  };
  std::size_t n = 0;
  std::size_t m = 0;
  for (int i = 0; i < 2; ++i) {
    if (i == 0)
      n = grab(all, 0);
    else
      m = grab(some, 2);
  }
  ASSERT_GT(n, 5u);
  ASSERT_EQ(m, 3u);
  EXPECT_EQ(some[0], all[2]);
  EXPECT_EQ(some[2], all[4]);
}

TEST(unwinder, reaches_the_end_of_the_main_stack) {
  memory_reader reader;
  walked w;
  walk(regs::capture(), reader, w);
  EXPECT_EQ(w.why, state::end_of_stack);
}

// --- a storm of asynchronous signals over hostile code
// ---------------------------------------------

struct storm {
  std::uintptr_t expected = 0;  // a return address every walk must meet
  int samples = 0;
  int complete = 0;
  std::uintptr_t bad_pc = 0;
  state bad_state{};
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
  s.expected = address(__builtin_return_address(0));
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

// Not under tsan, which delivers a signal late, with a context that is no longer there.
#if defined(__has_feature)
#define UNDER_TSAN __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif
#if !UNDER_TSAN
TEST(unwinder_storm, sorting_in_libc) { expect_complete_walks(sort_numbers); }
TEST(unwinder_storm, clock_in_the_vdso) { expect_complete_walks(read_clock); }
TEST(unwinder_storm, exceptions) { expect_complete_walks(throw_and_catch); }
TEST(unwinder_storm, memory_functions) { expect_complete_walks(copy_memory); }
TEST(unwinder_storm, malloc_and_printf) { expect_complete_walks(format_and_allocate); }
TEST(unwinder_storm, system_calls) { expect_complete_walks(system_calls); }
#endif

// --- faults
// ----------------------------------------------------------------------------------------

sigjmp_buf escape;
walked fault_walk;

void walk_fault_and_escape(int, void* context) {
  memory_reader reader;
  walk(regs::from_ucontext(context), reader, fault_walk);
  siglongjmp(escape, 1);
}

// A leaf: with optimization it sets up no frame, and a walk by frame pointers would lose its
// caller.
NOINLINE int read_from(const volatile int* p) { return *p + 1; }
NOINLINE int caller_of_leaf(const volatile int* p) {
  int v = read_from(p) * 3;
  KEEP_FRAME();
  return v;
}
NOINLINE void caller_of_wild_call(void (*f)()) {
  f();
  KEEP_FRAME();
}

template <typename F>
NOINLINE void fault_in(F f) {
  fault_handler faults(walk_fault_and_escape);
  if (sigsetjmp(escape, 1) == 0) {
    f();
    FAIL() << "no fault";
  }
}

TEST(unwinder_fault, the_caller_of_a_frameless_leaf_is_there) {
  fault_in([] { caller_of_leaf(reinterpret_cast<int*>(16)); });
  EXPECT_TRUE(fault_walk.has_function(reinterpret_cast<void*>(&read_from)));
  EXPECT_TRUE(fault_walk.has_function(reinterpret_cast<void*>(&caller_of_leaf)));
  EXPECT_EQ(fault_walk.why, state::end_of_stack);
}

TEST(unwinder_fault, calls_through_wild_pointers_show_their_caller) {
  static int data = 0;
  const std::uintptr_t targets[] = {0, 0x1000, address(&data), 0x7fff'0000'0000,
                                    0x8000'1234'5678'0000};
  for (std::uintptr_t target : targets) {
    // volatile: hides the target from the compiler
    void (*volatile f)() = reinterpret_cast<void (*)()>(target);
    fault_in([&] { caller_of_wild_call(f); });
    EXPECT_TRUE(fault_walk.has_function(reinterpret_cast<void*>(&caller_of_wild_call))) << target;
    EXPECT_EQ(fault_walk.why, state::end_of_stack) << target;
  }
}

walked noreturn_walk;
[[noreturn]] NOINLINE void leave() {
  memory_reader reader;
  walk(regs::capture(), reader, noreturn_walk);
  siglongjmp(escape, 1);
}
// Its last instruction is the call: the return address belongs to whatever follows.
[[noreturn]] NOINLINE void ends_in_a_call() { leave(); }

TEST(unwinder, a_call_that_ends_its_function_belongs_to_it) {
  if (sigsetjmp(escape, 1) == 0) ends_in_a_call();
  EXPECT_TRUE(noreturn_walk.has_function(reinterpret_cast<void*>(&ends_in_a_call)));
  EXPECT_EQ(noreturn_walk.why, state::end_of_stack);
}

// --- parked contexts
// -------------------------------------------------------------------------------

void* parked_sp[2];

NOINLINE void park_here(int depth) {
  if (depth > 0)
    park_here(depth - 1);
  else
    gander_test_switch(&parked_sp[1], &parked_sp[0]);
  KEEP_FRAME();
}
void parked_main() {
  park_here(3);
  KEEP_FRAME();
}

TEST(unwinder, walks_a_parked_context_to_its_entry) {
  std::size_t bytes = 64 << 10;
  void* stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  char* top = static_cast<char*>(stack) + bytes;
  gander_test_run_on(top, parked_main, parked_sp);
  for (auto way : {memory_reader::way::page_probe, memory_reader::way::fault_recovery}) {
    memory_reader reader(way);
    reader.set_bounds(address(stack), address(top));
    walked w;
    walk(regs::parked(address(gander_test_parked_pc), address(parked_sp[1])), reader, w);
    EXPECT_EQ(w.why, state::end_of_stack);
    EXPECT_EQ(w.count, 7u);  // the switch, four frames, main, the entry
    EXPECT_TRUE(w.has_function(reinterpret_cast<void*>(&parked_main)));
  }
  munmap(stack, bytes);
}

// --- robustness
// ------------------------------------------------------------------------------------

struct random_numbers {
  std::uint64_t s;
  std::uint64_t operator()() {
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return s;
  }
};

std::uintptr_t some_code(random_numbers& r) {
  static const std::uintptr_t bases[] = {address(reinterpret_cast<void*>(&std::qsort)),
                                         address(reinterpret_cast<void*>(&capture_deep)),
                                         address(reinterpret_cast<void*>(&std::terminate)),
                                         address(reinterpret_cast<void*>(&clock_gettime))};
  return bases[r() % 4] + (r() % 0x80000) - 0x40000;
}

TEST(unwinder_fuzz, random_registers_end_without_a_crash) {
  fault_handler faults;
  const char* wanted = std::getenv("GANDER_FUZZ_CONTEXTS");
  const long contexts = wanted != nullptr ? std::atol(wanted) : 200'000;
  random_numbers r{0x9e3779b97f4a7c15u};
  auto stack = address(__builtin_frame_address(0));
  auto heap = std::make_unique<std::uint64_t[]>(4096);
  for (std::size_t i = 0; i < 4096; ++i)
    heap[i] = (r() & 1) != 0 ? some_code(r) : address(&heap[r() % 4096]);
  std::uint64_t frames = 0;
  for (long i = 0; i < contexts; ++i) {
    regs random;
    for (unsigned column = 0; column < regs::column_count; ++column) {
      switch (r() % 5) {
        case 0:
          random.set(column, r());
          break;
        case 1:
          random.set(column, stack + r() % 4096);
          break;
        case 2:
          random.set(column, address(&heap[r() % 4096]));
          break;
        case 3:
          random.set(column, some_code(r));
          break;
        default:
          random.set(column, r() % 64);
          break;
      }
    }
    if (r() % 4 != 0) random.set(regs::pc_column, some_code(r));
    random.pc_is_return_address = r() % 2 != 0;
    random.jump_fault = r() % 8 == 0;
    // Probing is as safe, but slow: every 16th.
    memory_reader reader(i % 16 == 0 ? memory_reader::way::page_probe
                                     : memory_reader::way::fault_recovery);
    unwinder u(random, reader);
    int steps = 0;
    while (u.step()) ASSERT_LT(++steps, 100'000);
    EXPECT_NE(u.why(), state::walking);
    frames += static_cast<std::uint64_t>(steps);
  }
  EXPECT_GT(frames, static_cast<std::uint64_t>(contexts) / 10);  // the walks do get somewhere
}

}  // namespace
}  // namespace gander::crash
