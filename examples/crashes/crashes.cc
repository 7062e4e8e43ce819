// SPDX-License-Identifier: Apache-2.0

// crashes NAME: a small program for each way to die; read its report on stderr. Without NAME: the
// list.
//
// test/report/crash_table.cc knows the functions below by name. Each frame that a report must show
// is a function that the compiler may not inline, and that no caller reaches by a jump
// (-fno-optimize-sibling-calls).
#include "crashes.h"

#include <gander/gander.h>

#include <cstdio>
#include <cstring>

namespace {

struct crash {
  const char* name;
  void (*run)();
  const char* what;
};

constexpr crash table[] = {
    {"nil-dereference", crashes::nil_dereference, "a worker reads through a null pointer"},
    {"uncaught-exception", crashes::uncaught_exception, "an exception leaves a goroutine"},
    {"mutex-deadlock", crashes::mutex_deadlock,
     "two goroutines lock two mutexes in opposite order"},
    {"nobody-receives", crashes::nobody_receives,
     "main sends on a channel that nobody receives from"},
    {"stack-overflow", crashes::stack_overflow, "a goroutine recurses without end"},
    {"busy-loop", crashes::busy_loop, "a goroutine spins: send SIGQUIT to see where"},
    {"abort-in-destructor", crashes::abort_in_destructor, "a destructor calls std::abort"},
    {"crowd", crashes::crowd, "a fault while 1,000 goroutines wait in every state"},
};

int usage(std::FILE* to) {
  std::fputs("usage: crashes NAME\n", to);
  for (const crash& c : table) std::fprintf(to, "  %-20s %s\n", c.name, c.what);
  return to == stdout ? 0 : 1;  // not 2, the status of a crash
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) return usage(stdout);
  for (const crash& c : table)
    if (argc == 2 && std::strcmp(argv[1], c.name) == 0) return gander::run([&] { c.run(); });
  return usage(stderr);
}
