// SPDX-License-Identifier: Apache-2.0
//
// A fault that is thrown and caught in a caller, as all compilers can; -fnon-call-exceptions is
// among the flags.
#include <gander/gander.h>

#include <cstdio>

struct pair {
  long padding[2];
  int value;
};

// Weak: its caller must not know that it throws nothing.
[[gnu::weak, gnu::noinline]] int read_value(const pair* of) { return of->value; }

int main() {
  return gander::run([] {
    gander::debug::set_panic_on_fault(true);
    const pair* volatile nobody = nullptr;
    try {
      std::printf("consumer: %d\n", read_value(nobody));
    } catch (const gander::fault_error& e) {
      std::printf("consumer: caught a fault at %p\n", e.address());
    }
  });
}
