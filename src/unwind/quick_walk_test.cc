// SPDX-License-Identifier: Apache-2.0
#include "unwind/quick_walk.h"

#include <alloca.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "os/os.h"
#include "processor.h"
#include "support/build.h"
#include "unwind/walk_test_helper.h"

namespace gander::unwind {
namespace {

using gander::testing::scaled;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

// No vector: handlers make some.
struct pcs {
  std::array<std::uintptr_t, 512> all{};
  std::size_t count = 0;

  std::size_t size() const { return count; }
  const std::uintptr_t* begin() const { return all.data(); }
  const std::uintptr_t* end() const { return all.data() + count; }
  std::uintptr_t operator[](std::size_t i) const { return all[i]; }
  bool operator==(const pcs& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }
};

template <auto walk_from = quick_walk>
pcs quick(const auto& from, const os::stack_bounds& stack) {
  pcs out;
  out.count = walk_from(from, stack.low, stack.high, out.all.data(), out.all.size());
  return out;
}

// Of the one thread that walks; handlers cannot ask for it.
os::stack_bounds own_stack;

// What the unwinder finds, in the words of quick_walk.
pcs thorough(const regs& from) {
  memory_reader reader;
  walked w;
  walk(from, reader, w);
  EXPECT_EQ(w.why, unwinder::state::end_of_stack);
  pcs out;
  for (; out.count < w.count; ++out.count) out.all[out.count] = w.pcs[out.count] + 1;
  return out;
}

bool is_in(std::uintptr_t behind, const void* function) {
  memory_reader reader;
  fde found;
  return find_fde(behind - 1, reader, found) && found.pc_begin == address(function);
}

// --- the calling function ---

NOINLINE pcs walk_here() {
  pcs out;
  const os::stack_bounds stack = os::current_stack();
  out.count = quick_walk(here(), stack.low, stack.high, out.all.data(), out.all.size());
  EXPECT_TRUE(out.size() > 1 && out[1] == address(__builtin_return_address(0)));
  return out;
}

NOINLINE pcs walk_deep(int depth) {
  pcs out = depth == 0 ? walk_here() : walk_deep(depth - 1);
  KEEP_FRAME();
  return out;
}

TEST(quick_walk, begins_in_the_calling_function_and_goes_on_through_its_callers) {
  const pcs out = walk_deep(10);
  ASSERT_GT(out.size(), 13u);
  EXPECT_TRUE(is_in(out[0], reinterpret_cast<void*>(&walk_here)));
  for (std::size_t i = 1; i <= 11; ++i)
    EXPECT_TRUE(is_in(out[i], reinterpret_cast<void*>(&walk_deep))) << i;
  EXPECT_FALSE(is_in(out[12], reinterpret_cast<void*>(&walk_deep)));
}

TEST(quick_walk, stores_no_more_than_it_is_told_to) {
  std::uintptr_t out[4] = {77, 77, 77, 77};
  const os::stack_bounds stack = os::current_stack();
  EXPECT_EQ(quick_walk(here(), stack.low, stack.high, out, 0), 0u);
  EXPECT_EQ(out[0], 77u);
  EXPECT_EQ(quick_walk(here(), stack.low, stack.high, out, 3), 3u);
  EXPECT_NE(out[2], 77u);
  EXPECT_EQ(out[3], 77u);
}

TEST(quick_walk, ends_at_its_bounds) {
  const os::stack_bounds stack = os::current_stack();
  std::uintptr_t out[512];
  const start from = here();
  EXPECT_EQ(quick_walk(from, stack.low, from.sp, out, 512), 1u);
  EXPECT_EQ(quick_walk(from, from.sp + 1, stack.high, out, 512), 0u);
  EXPECT_EQ(quick_walk(from, stack.low, from.sp - 1, out, 512), 0u);
  EXPECT_EQ(quick_walk(from, stack.high, stack.low, out, 512), 0u);
}

// --- against the unwinder ---

// Twice: the first walk fills the table.
[[gnu::always_inline]] inline void expect_the_unwinders_frames() {
  const regs from = regs::capture();
  const pcs expected = thorough(from);
  EXPECT_EQ(quick(at(from), own_stack), expected);
  EXPECT_EQ(quick(at(from), own_stack), expected);
  EXPECT_GT(expected.size(), 3u);
}

int compared = 0;
NOINLINE void compare() {
  ++compared;
  expect_the_unwinders_frames();
  KEEP_FRAME();
}

int compare_once(const void* a, const void* b) {
  if (compared == 0) compare();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

struct compares_when_destroyed {
  ~compares_when_destroyed() { compare(); }
};

NOINLINE void throw_through_a_destructor() {
  compares_when_destroyed d;
  throw std::runtime_error("thrown");
}

// A frame that begins at a multiple of 64, whose CFA is told by an expression or by a register that
// few use.
NOINLINE void compare_in_aligned_frame(std::size_t bytes, int a, int b, int c, int d, int e,
                                       int f) {
  alignas(64) char aligned[64];
  char* const more = static_cast<char*>(alloca(bytes));
  asm volatile("" : : "r"(aligned), "r"(more), "r"(a + b + c + d + e + f) : "memory");
  compare();
  KEEP_FRAME();
}

class quick_walk_like_the_unwinder : public ::testing::Test {
 protected:
  quick_walk_like_the_unwinder() { compared = 0, own_stack = os::current_stack(); }
  ~quick_walk_like_the_unwinder() override { EXPECT_GT(compared, 0); }
};

TEST_F(quick_walk_like_the_unwinder, of_ordinary_code) { compare(); }

TEST_F(quick_walk_like_the_unwinder, out_of_qsort) {
  int numbers[] = {3, 1, 2};
  std::qsort(numbers, 3, sizeof(int), compare_once);
}

TEST_F(quick_walk_like_the_unwinder, out_of_bsearch) {
  const int numbers[] = {1, 2, 3};
  std::bsearch(&numbers[1], numbers, 3, sizeof(int), compare_once);
}

TEST_F(quick_walk_like_the_unwinder, out_of_std_function) {
  const std::function<void(std::function<void()>)> call = [](const auto& f) { f(); };
  call([] { compare(); });
}

TEST_F(quick_walk_like_the_unwinder, out_of_a_thread) {
  std::thread([] {
    own_stack = os::current_stack();
    compare();
  }).join();
}

TEST_F(quick_walk_like_the_unwinder, out_of_call_once) {
  std::once_flag once;
  std::call_once(once, [] { compare(); });
}

TEST_F(quick_walk_like_the_unwinder, out_of_the_loader) {
  dl_iterate_phdr([](dl_phdr_info*, std::size_t, void*) { return compare(), 1; }, nullptr);
}

TEST_F(quick_walk_like_the_unwinder, out_of_a_destructor_while_an_exception_passes) {
  EXPECT_THROW(throw_through_a_destructor(), std::runtime_error);
}

TEST_F(quick_walk_like_the_unwinder, out_of_a_catch_clause) {
  try {
    throw_through_a_destructor();
  } catch (const std::runtime_error&) {
    compare();
  }
}

TEST_F(quick_walk_like_the_unwinder, out_of_an_aligned_frame) {
  compare_in_aligned_frame(1000, 1, 2, 3, 4, 5, 6);
}

TEST_F(quick_walk_like_the_unwinder, out_of_a_handler) {
  struct sigaction action {};
  struct sigaction before {};
  for (const bool with_info : {false, true}) {
    action.sa_flags = with_info ? SA_SIGINFO : 0;
    if (with_info)
      action.sa_sigaction = [](int, siginfo_t*, void*) { compare(); };
    else
      action.sa_handler = [](int) { compare(); };
    ::sigaction(SIGUSR1, &action, &before);
    std::raise(SIGUSR1);
    ::sigaction(SIGUSR1, &before, nullptr);
  }
}

// --- interrupted code ---

sigjmp_buf escape;
pcs fault_walk;
pcs fault_walk_of_unwinder;

void walk_fault_and_escape(int, void* context) {
  const regs from = regs::from_ucontext(context);
  fault_walk = quick<quick_walk_interrupted>(from, own_stack);
  fault_walk_of_unwinder = thorough(from);
  siglongjmp(escape, 1);
}

NOINLINE int read_from(const volatile int* p) { return *p + 1; }
NOINLINE int call_reader(int (*reader)(const volatile int*)) {
  const int v = reader(reinterpret_cast<int*>(16)) * 3;
  KEEP_FRAME();
  return v;
}

void fault_in(int (*reader)(const volatile int*)) {
  own_stack = os::current_stack();
  fault_handler faults(walk_fault_and_escape);
  if (sigsetjmp(escape, 1) == 0) {
    call_reader(reader);
    FAIL() << "no fault";
  }
}

TEST(quick_walk, begins_at_an_interrupted_leaf) {
  fault_in(read_from);
  EXPECT_EQ(fault_walk, fault_walk_of_unwinder);
  ASSERT_GT(fault_walk.size(), 2u);
  EXPECT_TRUE(is_in(fault_walk[0], reinterpret_cast<void*>(&read_from)));
  EXPECT_TRUE(is_in(fault_walk[1], reinterpret_cast<void*>(&call_reader)));
}

TEST(quick_walk, leaves_generated_code_by_its_frame_pointer) {
  void* const code =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(code, MAP_FAILED);
  std::copy(std::begin(processor::code_of_read), std::end(processor::code_of_read),
            static_cast<unsigned char*>(code));
  fault_in(reinterpret_cast<int (*)(const volatile int*)>(code));
  ASSERT_GT(fault_walk.size(), 3u);
  EXPECT_EQ(fault_walk[0] & ~std::uintptr_t{4095}, address(code));
  EXPECT_TRUE(is_in(fault_walk[1], reinterpret_cast<void*>(&call_reader)));
  EXPECT_EQ(fault_walk, fault_walk_of_unwinder);
  munmap(code, 4096);
}

TEST(quick_walk, leaves_a_jump_to_no_code_by_its_return_address) {
  for (const std::uintptr_t target : {std::uintptr_t{0}, std::uintptr_t{0x1000}}) {
    fault_in(reinterpret_cast<int (*)(const volatile int*)>(target));
    // A sanitizer looks at the target first, and faults in the caller.
    EXPECT_TRUE(std::any_of(fault_walk.begin(), fault_walk.begin() + 2, [](std::uintptr_t pc) {
      return is_in(pc, reinterpret_cast<void*>(&call_reader));
    }));
    EXPECT_EQ(fault_walk, fault_walk_of_unwinder);
  }
}

// --- parked contexts ---

void* outside;
void* parked_context;
alignas(16) char switch_stack[16 << 10];

void leave_to(void* context) { gander_gogo(context); }

NOINLINE void park_here(int depth) {
  if (depth > 0)
    park_here(depth - 1);
  else
    gander_mcall(&parked_context, leave_to, outside, switch_stack + sizeof switch_stack);
  KEEP_FRAME();
}
void parked_body(void*) {
  park_here(3);
  KEEP_FRAME();
}

TEST(quick_walk, begins_where_parked_code_called_the_switch) {
  constexpr std::size_t bytes = 64 << 10;
  auto stack = std::make_unique<char[]>(bytes);
  const std::uintptr_t low = address(stack.get());
  const std::uintptr_t high = low + bytes;
  const auto walk_from = [&](void* context) {
    pcs out;
    out.count = quick_walk(parked(context), low, high, out.all.data(), out.all.size());
    return out;
  };
  void* const fresh = arch::make_context(stack.get() + bytes, parked_body, nullptr);
  EXPECT_EQ(walk_from(fresh).size(), 1u) << "the entry";
  gander_mcall(&outside, leave_to, fresh, switch_stack + sizeof switch_stack);
  const pcs out = walk_from(parked_context);
  ASSERT_EQ(out.size(), 6u);  // four frames, the body, the entry
  EXPECT_EQ(out[0], arch::context_pc(parked_context));
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(is_in(out[i], reinterpret_cast<void*>(&park_here))) << i;
  EXPECT_TRUE(is_in(out[4], reinterpret_cast<void*>(&parked_body)));
  const pcs expected = thorough(
      regs::parked(address(reinterpret_cast<void*>(&gander_resume)), address(parked_context)));
  EXPECT_TRUE(std::equal(out.begin(), out.end(), expected.begin() + 1, expected.end()))
      << "but for the switch";
}

// --- rows ---

extern "C" void gander_test_told_frame();  // test/arch/…/odd_frames.S

// Makes a function's call-frame information say something else.
class retold {
 public:
  retold() {
    memory_reader reader;
    fde found;
    if (!find_fde(address(reinterpret_cast<void*>(&gander_test_told_frame)), reader, found)) return;
    const std::uintptr_t page = found.program & ~std::uintptr_t{4095};
    mprotect(reinterpret_cast<void*>(page), found.program_end - page, PROT_READ | PROT_WRITE);
    for (std::uintptr_t at = found.program; at < found.program_end; ++at) {
      auto* const told = reinterpret_cast<unsigned char*>(at);
      if (told[0] != 0x0e || told[1] != 2 * sizeof(void*)) continue;  // DW_CFA_def_cfa_offset
      offset_ = told + 1;
      break;
    }
  }
  ~retold() { say(2); }
  bool found() const { return offset_ != nullptr; }
  void say(unsigned words) {
    if (found()) *offset_ = static_cast<unsigned char>(words * sizeof(void*));
    forget_cached_rows();
  }
  void say_without_telling(unsigned words) {
    *offset_ = static_cast<unsigned char>(words * sizeof(void*));
  }

 private:
  unsigned char* offset_ = nullptr;
};

TEST(quick_walk, remembers_rows_until_it_is_to_forget_them) {
  retold frame;
  ASSERT_TRUE(frame.found());
  std::uintptr_t stack[8] = {10, 11, 12, 13, 14, 15, 16, 17};
  const auto caller = [&] {
    std::uintptr_t out[2] = {};
    const start from{address(reinterpret_cast<void*>(&gander_test_told_frame)) + 1, address(stack),
                     0};
    quick_walk(from, address(stack), address(stack + 8), out, 2);
    return out[1];
  };
  forget_cached_rows();
  EXPECT_EQ(caller(), 11u);
  frame.say_without_telling(4);
  EXPECT_EQ(caller(), 11u);
  forget_cached_rows();
  EXPECT_EQ(caller(), 13u);
  frame.say_without_telling(3);
  EXPECT_EQ(caller(), 13u);
  for (int i = 0; i < 5000; ++i) forget_cached_rows();
  EXPECT_EQ(caller(), 12u);
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
                                         address(reinterpret_cast<void*>(&walk_deep)),
                                         address(reinterpret_cast<void*>(&std::terminate)),
                                         address(reinterpret_cast<void*>(&gander_mcall))};
  return bases[r() % 4] + (r() % 0x4000) - 0x2000;
}

// Memory between two pages that cannot be read.
class islands {
 public:
  static constexpr std::size_t page = 4096;
  islands() {
    all_ =
        static_cast<char*>(mmap(nullptr, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(all_ + page, 2 * page, PROT_READ | PROT_WRITE);
  }
  ~islands() { munmap(all_, 4 * page); }
  islands(const islands&) = delete;
  std::uintptr_t low() const { return address(all_ + page); }
  std::uintptr_t high() const { return low() + 2 * page; }
  std::uintptr_t* words() const { return reinterpret_cast<std::uintptr_t*>(low()); }
  std::size_t count() const { return 2 * page / sizeof(std::uintptr_t); }

  // Code, places within, numbers.
  std::uintptr_t some_word(random_numbers& r) const {
    switch (r() % 8) {
      case 0:
        return r();
      case 1:
        return r() % 64;
      case 2:
        return low() - 64 + r() % (2 * page + 128);
      case 3:
        return low() + r() % count() * sizeof(std::uintptr_t);
      default:
        return some_code(r);
    }
  }

 private:
  char* all_;
};

// That nothing faults is the test: there is no handler.
TEST(quick_walk_fuzz, walks_of_garbage_end_within_their_bounds) {
  const char* const wanted = std::getenv("GANDER_FUZZ_CONTEXTS");
  const long contexts = wanted != nullptr ? std::atol(wanted) : scaled(1'000'000, 200'000, 200'000);
  random_numbers r{0x9e3779b97f4a7c15u};
  islands stack;
  std::uintptr_t out[64];
  std::uint64_t frames = 0;
  for (long i = 0; i < contexts; ++i) {
    if (i % 512 == 0)
      for (std::size_t k = 0; k < stack.count(); ++k) stack.words()[k] = stack.some_word(r);
    stack.words()[r() % stack.count()] = stack.some_word(r);
    start from{some_code(r), stack.low() + r() % (2 * islands::page), stack.some_word(r)};
    if (r() % 8 == 0) from = {stack.some_word(r), stack.some_word(r), stack.some_word(r)};
    // The whole, or parts of it, at any alignment.
    const std::uintptr_t low = stack.low() + (i % 4 == 0 ? r() % 64 : 0);
    const std::uintptr_t high = stack.high() - (i % 4 == 0 ? r() % 64 : 0);
    const std::size_t max = r() % 65;
    const std::size_t count = quick_walk(from, low, high, out, max);
    ASSERT_LE(count, max);
    frames += count;
  }
  EXPECT_GT(frames, static_cast<std::uint64_t>(contexts));  // the walks do get somewhere
}

TEST(quick_walk_fuzz, a_stack_that_changes_meanwhile_does_no_harm) {
  islands stack;
  std::atomic<bool> over{false};
  std::thread writer([&] {
    random_numbers r{1};
    while (!over.load())
      __atomic_store_n(&stack.words()[r() % stack.count()], stack.some_word(r), __ATOMIC_RELAXED);
  });
  random_numbers r{2};
  std::uintptr_t out[64];
  std::uint64_t frames = 0;
  for (int i = 0; i < scaled(200'000, 50'000, 50'000); ++i)
    frames += quick_walk({some_code(r), stack.low() + r() % 4096, stack.some_word(r)}, stack.low(),
                         stack.high(), out, 64);
  over = true;
  writer.join();
  EXPECT_GT(frames, 0u);
}

// Every row is written anew all the time, and slots change hands: what a reader believes is right.
TEST(quick_walk, is_right_on_four_threads_while_rows_are_forgotten) {
  constexpr int threads = 4;
  std::atomic<int> wrong{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&wrong, t] {
      random_numbers r{static_cast<std::uint64_t>(t) + 1};
      islands garbage;
      const os::stack_bounds stack = os::current_stack();
      const regs from = regs::capture();
      const pcs expected = thorough(from);
      for (int i = 0; i < scaled(20'000, 4'000, 4'000); ++i) {
        if (quick(at(from), stack) != expected) ++wrong;
        std::uintptr_t out[4];
        for (std::size_t k = 0; k < 4; ++k)
          quick_walk({some_code(r), garbage.low(), 0}, garbage.low(), garbage.high(), out, 2);
        if (i % 16 == 0) forget_cached_rows();
      }
    });
  for (std::thread& thread : all) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gander::unwind
