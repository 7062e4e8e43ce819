// SPDX-License-Identifier: Apache-2.0
//
// huge_pages COUNT asked|swallowed: all larger memory of this program is advised to be huge pages,
// as transparent_hugepage=always does for a whole system. COUNT goroutines with large stacks park;
// prints what each costs, and how many of the stacks the system still takes for candidates.
// `swallowed`: what the runtime says against it does not reach the system.
#include <gander/gander.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory_use.h"

namespace {

using gander::testing::resident_kb;

constexpr std::size_t large = std::size_t{2} << 20;
bool swallows = false;

// "7f00-7f10 rw-p …" opens a mapping of smaps, "VmFlags: rd wr … nh" tells how it is advised.
class advice_of_memory {
 public:
  advice_of_memory() {
    std::ifstream smaps("/proc/self/smaps");
    std::uintptr_t end = 0;
    for (std::string line; std::getline(smaps, line);) {
      unsigned long from = 0;
      unsigned long to = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
        end = to;
      else if (line.starts_with("VmFlags:"))
        refuses_[end] = line.find(" nh") != line.npos;
    }
  }
  bool refuses_huge_pages(std::uintptr_t address) const {
    const auto found = refuses_.upper_bound(address);
    return found != refuses_.end() && found->second;
  }

 private:
  std::map<std::uintptr_t, bool> refuses_;  // by the end of the mapping
};

}  // namespace

// The runtime's calls come here.
extern "C" {
void* mmap(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) {
  void* const memory = ::mmap64(address, size, protection, flags, fd, offset);  // libc's own
  if (memory != MAP_FAILED && (flags & MAP_ANONYMOUS) != 0 && size >= large)
    ::syscall(SYS_madvise, memory, size, MADV_HUGEPAGE);
  return memory;
}
int madvise(void* memory, std::size_t size, int advice) {
  if (advice == MADV_NOHUGEPAGE && swallows) return 0;
  return static_cast<int>(::syscall(SYS_madvise, memory, size, advice));
}
}

int main(int count, char** arguments) {
  if (count != 3) return 64;
  const int wanted = std::atoi(arguments[1]);
  swallows = std::string_view(arguments[2]) == "swallowed";
  return gander::run({.gomaxprocs = 2, .stack_size = 3 * large}, [=] {
    const auto parked = gander::make_chan<std::uintptr_t>();
    const auto never = gander::make_chan<void>();
    std::vector<std::uintptr_t> stacks;
    const long before_kb = resident_kb();
    for (int i = 0; i < wanted; ++i) {
      gander::go([=] {
        char here = 0;
        parked.send(reinterpret_cast<std::uintptr_t>(&here));
        never.recv();
      });
      stacks.push_back(*parked.recv());
    }
    std::printf("kb_each=%ld\n", (resident_kb() - before_kb) / wanted);
    const advice_of_memory advice;
    int candidates = 0;
    for (const std::uintptr_t stack : stacks) candidates += !advice.refuses_huge_pages(stack);
    std::printf("candidates=%d\n", candidates);
    return 0;
  });
}
