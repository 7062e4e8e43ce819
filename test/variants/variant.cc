// SPDX-License-Identifier: Apache-2.0
//
// One death, in programs that are built in many ways (test/CMakeLists.txt has them).
#include <gander/gander.h>

#include <cstdint>

namespace variant {

// With linkage: of functions without, debug information leaves out the namespace.
void dies_here();
void calls_it(int depth);

[[gnu::noinline]] void dies_here() {
  volatile int* volatile nowhere = reinterpret_cast<int*>(std::uintptr_t{8});
  *nowhere = 1;
  asm volatile("");
}

static inline void inlined_into_caller(int depth) {
  if (depth > 0) dies_here();
  asm volatile("");
}

[[gnu::noinline]] void calls_it(int depth) {
  inlined_into_caller(depth);
  asm volatile("");
}

}  // namespace variant

int main(int count, char**) {
  return gander::run([count] { variant::calls_it(count); });
}
