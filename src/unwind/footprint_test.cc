// SPDX-License-Identifier: Apache-2.0
#include "unwind/footprint.h"

#include <alloca.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <thread>
#include <vector>

#include "base/sanitizers.h"
#include "os/os.h"
#include "unwind/walk_test_helper.h"

namespace gander::unwind {
namespace {

using word = std::uintptr_t;

// A walk, and where it went along.
struct taken {
  start from;
  std::vector<word> pcs;
  std::vector<word> words;
  std::vector<word> stack;  // from from.sp on, as it was
};

// A thread of its own: main() aligns its frame, on 386, and no word says how.
os::stack_bounds own_stack;
const os::stack_bounds& stack() { return own_stack; }

template <typename Body>
void on_a_thread(Body body) {
  std::thread([&] {
    own_stack = os::current_stack();
    body();
  }).join();
}

// Others' variables, too.
GANDER_NOT_INSTRUMENTED void copy_stack(word from, std::vector<word>& to) {
  const auto* const words = reinterpret_cast<const volatile word*>(from);
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = words[i];
}

std::size_t walk_from(const start& from, taken& out) {
  std::array<word, 128> pcs;
  footprint print(from);
  const std::size_t count =
      quick_walk(from, stack().low, stack().high, pcs.data(), pcs.size(), print);
  out.from = from;
  out.pcs.assign(pcs.begin(), pcs.begin() + static_cast<std::ptrdiff_t>(count));
  const auto words = print.words();
  out.words.assign(words.begin(), words.end());
  out.stack.resize((stack().high - from.sp) / sizeof(word));
  copy_stack(from.sp, out.stack);
  return count;
}

// Whether what `before` found is found again from here, which must be the same place in the code;
// and whether that is true.
NOINLINE bool is_found_again(const taken* before, taken& now) {
  const start from = here();
  const bool fits =
      before != nullptr && footprint::fits(before->words, from, stack().low, stack().high);
  EXPECT_GT(walk_from(from, now), 3U);
  EXPECT_FALSE(now.words.empty());
  if (fits) {
    EXPECT_EQ(before->pcs, now.pcs);
  }
  return fits;
}

NOINLINE bool by_one_way(const taken* before, taken& now) {
  const bool found = is_found_again(before, now);
  KEEP_FRAME();
  return found;
}
NOINLINE bool by_another_way(const taken* before, taken& now) {
  const bool found = is_found_again(before, now);
  KEEP_FRAME();
  return found;
}

// On a frame pointer, with frames of any size.
NOINLINE bool over_a_gap(std::size_t bytes, const taken* before, taken& now) {
  void* volatile gap = alloca(bytes);
  static_cast<volatile char*>(gap)[0] = 1;
  const bool found = is_found_again(before, now);
  KEEP_FRAME();
  return found;
}

NOINLINE bool deeper(int depth, const taken* before, taken& now) {
  const bool found = depth == 0 ? by_one_way(before, now) : deeper(depth - 1, before, now);
  KEEP_FRAME();
  return found;
}

TEST(footprint, is_found_by_who_comes_along_again) {
  on_a_thread([] {
    std::array<taken, 2> times;
    for (std::size_t i = 0; i < 2; ++i) {  // from one place
      asm volatile("" : "+r"(i));
      EXPECT_EQ(by_one_way(i == 0 ? nullptr : &times[0], times[i]), i == 1);
    }
    EXPECT_EQ(times[0].pcs, times[1].pcs);
  });
}

TEST(footprint, is_not_found_by_who_comes_another_way) {
  on_a_thread([] {
    taken one, other;
    by_one_way(nullptr, one);
    EXPECT_FALSE(by_another_way(&one, other));
    EXPECT_FALSE(deeper(3, &one, other));
    taken deep;
    deeper(5, nullptr, deep);
    EXPECT_FALSE(deeper(4, &deep, other));
    EXPECT_FALSE(deeper(6, &deep, other));
  });
}

TEST(footprint, knows_frames_of_another_size) {
  on_a_thread([] {
    constexpr std::array<std::size_t, 6> sizes = {64, 64, 16, 128, 1024, 8192};
    std::array<taken, sizes.size()> times;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      asm volatile("" : "+r"(i));
      EXPECT_EQ(over_a_gap(sizes[i], i == 0 ? nullptr : &times[0], times[i]), i == 1) << sizes[i];
    }
  });
}

TEST(footprint, is_of_one_place) {
  on_a_thread([] {
    taken here_again;
    const start from = here();
    walk_from(from, here_again);
    EXPECT_TRUE(footprint::fits(here_again.words, from, stack().low, stack().high));
    start elsewhere = from;
    ++elsewhere.pc;
    EXPECT_FALSE(footprint::fits(here_again.words, elsewhere, stack().low, stack().high));
  });
}

TEST(footprint, of_a_walk_that_the_bounds_ended_is_none) {
  on_a_thread([] {
    taken whole;
    by_one_way(nullptr, whole);
    std::array<word, 128> pcs;
    const start from = here();
    footprint print(from);
    quick_walk(from, stack().low, from.sp + 16, pcs.data(), pcs.size(), print);
    EXPECT_TRUE(print.words().empty());
    EXPECT_FALSE(footprint::fits({}, from, stack().low, stack().high));
  });
}

// Copies of a stack at another place, in which words are changed at random: what fits is the same
// walk.
TEST(footprint, that_fits_promises_the_same_walk) {
  on_a_thread([] {
    taken real;
    deeper(4, nullptr, real);
    std::vector<word> copy;
    std::mt19937 random(7);
    int fitted = 0;
    for (int i = 0; i < 20000; ++i) {
      copy = real.stack;
      const word low = reinterpret_cast<word>(copy.data());
      const word high = low + copy.size() * sizeof(word);
      start from{real.from.pc, low, real.from.fp - real.from.sp + low};
      // Frame pointers lead to the copy.
      for (word& w : copy)
        if (w - real.from.sp < high - low) w += low - real.from.sp;
      const std::size_t near =
          std::min(copy.size(), footprint::reach_of(real.words) / sizeof(word));
      if (i % 4 != 0) copy[random() % near] = random();
      if (!footprint::fits(real.words, from, low, high)) continue;
      ++fitted;
      std::array<word, 128> pcs;
      const std::size_t count = quick_walk(from, low, high, pcs.data(), pcs.size());
      EXPECT_EQ(std::vector<word>(pcs.begin(), pcs.begin() + static_cast<std::ptrdiff_t>(count)),
                real.pcs);
    }
    EXPECT_GT(fitted, 5000);
  });
}

}  // namespace
}  // namespace gander::unwind
