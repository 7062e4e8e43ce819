// SPDX-License-Identifier: Apache-2.0
//
// guards COUNT HOW: COUNT goroutines park, and then a panic ends the program with a report. HOW:
//   plain    nothing else
//   crowded  the program has used up most of the mappings that it may have
//   locked   mlockall(MCL_CURRENT | MCL_FUTURE) came before the run
// Prints what that cost. Where goroutine stacks cannot have guards any more, that must be told.
#include <gander/gander.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string_view>

#include "support/memory_use.h"

namespace {

using gander::testing::mappings;
using gander::testing::resident_kb;

// Every other page of a mapping loses its rights, which makes two mappings of it; until few are
// left.
void use_up_mappings(long left) {
  long limit = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto pairs = static_cast<std::size_t>((limit - left - mappings()) / 2);
  auto* const memory = static_cast<char*>(::mmap(nullptr, 2 * pairs * page, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) std::abort();
  for (std::size_t i = 0; i < pairs; ++i)
    if (::mprotect(memory + 2 * i * page, page, PROT_NONE) != 0) std::abort();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 64;
  const int wanted = std::atoi(arguments[1]);
  const std::string_view how = arguments[2];
  if (how == "crowded") use_up_mappings(600);
  if (how == "locked" && ::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    std::printf("refused=%d\n", errno);
    return 0;
  }
  const long before_kb = resident_kb();
  return gander::run({.gomaxprocs = 2}, [=] {
    const auto never = gander::make_chan<void>();
    const auto parked = gander::make_chan<void>();
    int started = 0;
    try {
      for (; started < wanted; ++started) {
        gander::go([=] {
          parked.send();
          never.recv();
        });
        parked.recv();
      }
    } catch (const std::bad_alloc&) {
      std::puts("bad_alloc=1");
    }
    std::printf("started=%d\nmappings=%ld\nresident_kb=%ld\n", started, mappings(),
                resident_kb() - before_kb);
    std::fflush(stdout);
    gander::panic("the end");
  });
}
