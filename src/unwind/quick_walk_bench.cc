// SPDX-License-Identifier: Apache-2.0
//
// A frame's cost to the walkers, on a stack of code without frame pointers (this file's, at -O2):
// of one stack, 20 frames deep, again and again, and of stacks that differ. "a frame" is the time;
// what following frame pointers would cost, on a chain of as many, stands beside them as a measure
// of the machine.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <random>

#include "os/os.h"
#include "unwind/quick_walk.h"
#include "unwind/row_cache.h"
#include "unwind/unwinder.h"

namespace gander::unwind {
namespace {

constexpr int depth = 20;
constexpr std::size_t room = 64;

using body = void (*)(benchmark::State&);

// Calls `f` at the end of `Left` frames, each a function of its own. Which of its eight calls each
// makes is told by `turns`, three bits of it.
template <int Left>
[[gnu::noipa]] int descend(std::uint64_t turns, body f, benchmark::State& state) {
  volatile int of_frame[std::size_t{Left} % 5 * 4 + 1];
  of_frame[0] = Left;
  if constexpr (Left == 0) {
    f(state);
  } else {
    constexpr auto next = descend<Left - 1>;
    const std::uint64_t rest = turns >> 3 | turns << 61;
    switch (turns & 7) {
      case 0:
        return next(rest, f, state) + of_frame[0];
      case 1:
        return next(rest, f, state) * 3 + of_frame[0];
      case 2:
        return next(rest, f, state) * 5 - of_frame[0];
      case 3:
        return next(rest, f, state) * 7 ^ of_frame[0];
      case 4:
        return next(rest, f, state) * 11 + of_frame[0];
      case 5:
        return next(rest, f, state) * 13 - of_frame[0];
      case 6:
        return next(rest, f, state) * 17 ^ of_frame[0];
      default:
        return next(rest, f, state) * 19 + of_frame[0];
    }
  }
  return of_frame[0];
}

void count_frames(benchmark::State& state, std::size_t frames) {
  state.counters["frames"] = static_cast<double>(frames);
  state.counters["a frame"] =
      benchmark::Counter(static_cast<double>(frames) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

[[gnu::noipa]] void walk_quickly(benchmark::State& state) {
  const os::stack_bounds stack = os::current_stack();
  std::uintptr_t out[room];
  std::size_t count = 0;
  for (auto _ : state) {
    count = quick_walk(here(), stack.low, stack.high, out, depth);
    benchmark::DoNotOptimize(out);
  }
  count_frames(state, count);
}

[[gnu::noipa]] void walk_thoroughly(benchmark::State& state) {
  std::uintptr_t out[room];
  std::size_t count = 0;
  for (auto _ : state) {
    count = capture_pcs(std::span(out, depth), 0);
    benchmark::DoNotOptimize(out);
  }
  count_frames(state, count);
}

[[gnu::noipa]] void read_rows_anew(benchmark::State& state) {
  const os::stack_bounds stack = os::current_stack();
  std::uintptr_t out[room];
  std::size_t count = 0;
  for (auto _ : state) {
    forget_cached_rows();
    count = quick_walk(here(), stack.low, stack.high, out, depth);
    benchmark::DoNotOptimize(out);
  }
  count_frames(state, count);
}

// A copy of a stack as far as `depth` frames go. It holds no address of itself: this code has no
// frame pointers.
struct taken_stack {
  std::array<std::uintptr_t, 1024> words;
  std::size_t count;
  std::uintptr_t pc;

  std::uintptr_t low() const { return reinterpret_cast<std::uintptr_t>(words.data()); }
  std::uintptr_t high() const { return reinterpret_cast<std::uintptr_t>(words.data() + count); }
};
std::array<taken_stack, 8> taken_stacks;
taken_stack* next_to_take;

[[gnu::noipa]] void take_stack(benchmark::State&) {
  const start from = here();
  const os::stack_bounds stack = os::current_stack();
  taken_stack& to = *next_to_take;
  to.pc = from.pc;
  to.count = std::min(to.words.size(), (stack.high - from.sp) / sizeof(std::uintptr_t));
  std::memcpy(to.words.data(), reinterpret_cast<const void*>(from.sp),
              to.count * sizeof(std::uintptr_t));
}

void quick_walk_of_many_stacks(benchmark::State& state) {
  std::mt19937_64 random(1);
  for (taken_stack& to : taken_stacks) {
    next_to_take = &to;
    descend<depth>(random(), take_stack, state);
  }
  std::uintptr_t out[room];
  std::size_t count = 0;
  for (auto _ : state) {
    const taken_stack& s = taken_stacks[random() % taken_stacks.size()];
    count = quick_walk({s.pc, s.low(), 0}, s.low(), s.high(), out, depth);
    benchmark::DoNotOptimize(out);
  }
  count_frames(state, count);
}

void quick_walk_of_one_stack(benchmark::State& state) { descend<depth>(0, walk_quickly, state); }
void unwinder_of_one_stack(benchmark::State& state) { descend<depth>(0, walk_thoroughly, state); }
void quick_walk_without_rows(benchmark::State& state) { descend<depth>(0, read_rows_anew, state); }

struct pointed_frame {
  const pointed_frame* caller;
  std::uintptr_t pc;
};

[[gnu::noipa]] std::size_t follow(const pointed_frame* at, std::uintptr_t low, std::uintptr_t high,
                                  std::uintptr_t* out, std::size_t max) {
  std::size_t count = 0;
  while (count < max) {
    const auto place = reinterpret_cast<std::uintptr_t>(at);
    if (place < low || place > high - sizeof *at) break;
    out[count++] = at->pc;
    if (at->caller <= at) break;
    at = at->caller;
  }
  return count;
}

void frame_pointers(benchmark::State& state) {
  pointed_frame frames[depth + 1] = {};
  for (int i = 0; i < depth; ++i) frames[i] = {&frames[i + 1], 1};
  const auto low = reinterpret_cast<std::uintptr_t>(frames);
  std::uintptr_t out[room];
  std::size_t count = 0;
  for (auto _ : state) {
    count = follow(frames, low, low + sizeof frames, out, depth);
    benchmark::DoNotOptimize(out);
  }
  count_frames(state, count);
}

BENCHMARK(quick_walk_of_one_stack);
BENCHMARK(quick_walk_of_many_stacks);
BENCHMARK(quick_walk_without_rows);
BENCHMARK(unwinder_of_one_stack);
BENCHMARK(frame_pointers);

}  // namespace
}  // namespace gander::unwind
