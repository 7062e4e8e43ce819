// SPDX-License-Identifier: Apache-2.0
//
// What many parked goroutines cost, alone in a process. crowd COUNT DEEP_COUNT: COUNT goroutines
// park, all answer, and end; then DEEP_COUNT use half a megabyte of stack each, and end. Prints
// figures.
#include <gander/gander.h>

#include <cstdio>
#include <cstdlib>

#include "support/memory_use.h"

namespace {

using gander::testing::mappings;
using gander::testing::resident_kb;

// In the class of those that ask for none, or less.
constexpr std::size_t usual_size = sizeof(void*) == 8 ? 128 * 1024 : 64 * 1024;

[[gnu::noinline]] void use_stack(std::size_t bytes) {
  volatile char frame[4096];
  for (std::size_t i = 0; i < sizeof frame; i += 512) frame[i] = 1;
  if (bytes > sizeof frame) use_stack(bytes - sizeof frame);
  frame[0] = 2;
}

}  // namespace

int main(int, char** arguments) {
  const int count = std::atoi(arguments[1]);
  const int deep_count = std::atoi(arguments[2]);
  return gander::run({.stack_size = 768 * 1024 - 64 * 1024 * 2}, [=] {
    const auto ask = gander::make_chan<void>();
    const auto answer = gander::make_chan<void>();
    const long before_kb = resident_kb();
    for (int i = 0; i < count; ++i) {
      gander::go({.stack_size = usual_size}, [=] {
        ask.recv();
        answer.send();
      });
      if (i % 1000 == 0) gander::yield();
    }
    for (int i = 0; i < 100; ++i) gander::yield();
    std::printf("parked_kb=%ld\nmappings=%ld\n", resident_kb() - before_kb, mappings());
    for (int i = 0; i < count; ++i) ask.send();
    int answers = 0;
    for (; answers < count; ++answers) answer.recv();
    std::printf("answers=%d\n", answers);
    while (gander::num_goroutine() != 1) gander::yield();

    const long before_deep_kb = resident_kb();
    const auto reached = gander::make_chan<void>();
    const auto end = gander::make_chan<void>();
    for (int i = 0; i < deep_count; ++i)
      gander::go([=] {
        use_stack(512 * 1024);
        reached.send();
        end.recv();
      });
    for (int i = 0; i < deep_count; ++i) reached.recv();
    const long deep_kb = resident_kb() - before_deep_kb;
    end.close();
    while (gander::num_goroutine() != 1) gander::yield();
    std::printf("deep_kb=%ld\nafter_deep_kb=%ld\n", deep_kb, resident_kb() - before_deep_kb);
    return 0;
  });
}
