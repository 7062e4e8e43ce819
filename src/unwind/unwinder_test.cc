// SPDX-License-Identifier: Apache-2.0
#include "unwind/unwinder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <vector>

#include "arch/arch.h"
#include "processor.h"
#include "support/build.h"
#include "unwind/walk_test_helper.h"

namespace gander::unwind {
namespace {

using state = unwinder::state;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

// --- own stack ---

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

TEST(row_cache, has_no_row_of_an_address_that_it_was_never_told_of) {
  compact_row row;
  EXPECT_FALSE(find_cached_row(0, row)) << "an empty slot is not the row of pc 0";
}

// --- faults ---

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
  std::vector<std::uintptr_t> targets{0, 0x1000, address(&data)};
  targets.insert(targets.end(), processor::foreign_addresses.begin(),
                 processor::foreign_addresses.end());
  for (std::uintptr_t target : targets) {
    // volatile: hides the target from the compiler
    void (*volatile f)() = reinterpret_cast<void (*)()>(target);
    fault_in([&] { caller_of_wild_call(f); });
    EXPECT_TRUE(fault_walk.has_function(reinterpret_cast<void*>(&caller_of_wild_call))) << target;
    EXPECT_EQ(fault_walk.why, state::end_of_stack) << target;
  }
}

// test/arch/…/odd_frames.S
extern "C" {
void gander_test_untold_pushes();
void gander_test_untold_leaf();
void gander_test_untold_frame();
}

// Thread sanitizer blocks all signals in handlers: a probed read that faults in one, as it does
// here, is the end.
#if !UNDER_TSAN
TEST(unwinder_fault, code_that_tells_little_or_nothing_of_its_frame_has_a_caller) {
  void (*const functions[])() = {gander_test_untold_pushes, gander_test_untold_leaf,
                                 gander_test_untold_frame};
  for (std::size_t i = 0; i < std::size(functions); ++i) {
    fault_in([&] { caller_of_wild_call(functions[i]); });
    EXPECT_TRUE(fault_walk.has_function(reinterpret_cast<void*>(&caller_of_wild_call))) << i;
    EXPECT_EQ(fault_walk.why, state::end_of_stack) << i;
  }
}
#endif

// --- handlers ---

walked handler_walk;

void walk_handler(int) {
  memory_reader reader;
  walk(regs::capture(), reader, handler_walk);
}

void walk_handler_with_info(int, siginfo_t*, void*) { walk_handler(0); }

NOINLINE void raise_signal() {
  std::raise(SIGUSR1);
  KEEP_FRAME();
}

// The kernel returns from the two kinds of handlers in two ways, on 386.
TEST(unwinder, leaves_a_handler_for_what_it_interrupted) {
  struct sigaction action {};
  struct sigaction before {};
  for (const bool with_info : {false, true}) {
    action.sa_flags = with_info ? SA_SIGINFO : 0;
    if (with_info)
      action.sa_sigaction = walk_handler_with_info;
    else
      action.sa_handler = walk_handler;
    ::sigaction(SIGUSR1, &action, &before);
    handler_walk.count = 0;
    raise_signal();
    ::sigaction(SIGUSR1, &before, nullptr);
    EXPECT_TRUE(handler_walk.has_function(reinterpret_cast<void*>(&raise_signal))) << with_info;
    EXPECT_EQ(handler_walk.why, state::end_of_stack) << with_info;
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

// --- parked contexts ---

void* outside;  // the test's own context
void* parked;
alignas(16) char switch_stack[16 << 10];

// Runs on switch_stack, as a scheduler would: the context that asked is saved, and may be resumed.
void leave_to(void* context) { gander_gogo(context); }

NOINLINE void park_here(int depth) {
  if (depth > 0)
    park_here(depth - 1);
  else
    gander_mcall(&parked, leave_to, outside, switch_stack + sizeof switch_stack);
  KEEP_FRAME();
}
void parked_body(void*) {
  park_here(3);
  KEEP_FRAME();
}

TEST(unwinder, walks_a_parked_context_to_its_entry) {
  std::size_t bytes = 64 << 10;
  void* stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  char* top = static_cast<char*>(stack) + bytes;
  void* fresh = arch::make_context(top, parked_body, nullptr);
  gander_mcall(&outside, leave_to, fresh, switch_stack + sizeof switch_stack);
  for (auto way : {memory_reader::way::page_probe, memory_reader::way::fault_recovery}) {
    memory_reader reader(way);
    reader.set_bounds(address(stack), address(top));
    walked w;
    walk(regs::parked(address(reinterpret_cast<void*>(&gander_resume)), address(parked)), reader,
         w);
    EXPECT_EQ(w.why, state::end_of_stack);
    EXPECT_EQ(w.count, 7u);  // the switch, four frames, the body, the entry
    EXPECT_TRUE(w.has_function(reinterpret_cast<void*>(&parked_body)));
  }
  // One that never ran: the switch and the entry.
  memory_reader reader;
  walked w;
  fresh = arch::make_context(top, parked_body, nullptr);
  walk(regs::parked(address(reinterpret_cast<void*>(&gander_resume)), address(fresh)), reader, w);
  EXPECT_EQ(w.why, state::end_of_stack);
  EXPECT_EQ(w.count, 2u);
  munmap(stack, bytes);
}

// --- robustness ---

struct random_numbers {
  std::uint64_t s;
  std::uintptr_t operator()() {
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return static_cast<std::uintptr_t>(s);
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
  auto heap = std::make_unique<std::uintptr_t[]>(4096);
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
}  // namespace gander::unwind
