// SPDX-License-Identifier: Apache-2.0

// Deaths by a signal: a null pointer in a worker, a stack without end, a destructor that aborts, a
// busy loop.
#include <gander/gander.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "crashes.h"

namespace crashes {

struct account {
  int padding[4];
  int balance;
};

// Volatile, so that the compiler cannot know that it is null.
static account* volatile nobodys_account = nullptr;

[[gnu::noinline]] static int read_balance(account* volatile const& of) { return of->balance; }

[[gnu::noinline]] static void worker() {
  std::printf("balance: %d\n", read_balance(nobodys_account));
}

void nil_dereference() {
  gander::wait_group workers;
  workers.go([] {
    until_main_waits();
    worker();
  });
  workers.wait();
}

// The sum behind the call keeps it from becoming a jump.
[[gnu::noinline]] static int recurse(volatile int* depth) {
  volatile char frame[256];
  frame[*depth % 256] = 1;
  *depth = *depth + 1;
  if (*depth < 0) return 0;
  return recurse(depth) + frame[0];
}

void stack_overflow() {
  gander::wait_group one;
  one.go([] {
    until_main_waits();
    volatile int depth = 0;
    std::printf("%d\n", recurse(&depth));
  });
  one.wait();
}

struct careless {
  [[gnu::noinline]] ~careless() { std::abort(); }
};

void abort_in_destructor() { const careless object; }

static volatile unsigned long turns = 0;

// "spinning" tells whoever sends SIGQUIT that it is time.
[[gnu::noinline]] static void spin() {
  std::puts("spinning");
  std::fflush(stdout);
  for (;;) turns = turns + 1;
}

void busy_loop() {
  gander::go([] {
    until_main_waits();
    spin();
  });
  gander::make_chan<int>().recv();
}

}  // namespace crashes
