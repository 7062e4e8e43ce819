// SPDX-License-Identifier: Apache-2.0
//
// What travels with a goroutine, looked at in functions that a compiler optimises as a whole: errno
// and exceptions are written before and read after a switch that has changed the thread. Built as
// all is, and at -O2 with link-time optimisation of program and library together.
#include <gander/gander.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "travel/usual_errno.h"

namespace {

std::atomic<long> moves{0};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "lost on the way: %s\n", what);
  std::_Exit(1);
}

// Everything in one function, with nothing opaque between the accesses.
void travel(int number) {
  const gander::chan<int> c = gander::make_chan<int>(1);
  for (int i = 0; i < 50; ++i) {
    const long thread = ::syscall(SYS_gettid);
    errno = number + i;
    gander::yield();
    if (errno != number + i) fail("errno across yield");
    errno += 1000;
    c.send(i);
    if (errno != number + i + 1000) fail("errno across send");
    if (::close(-1) != -1 || errno != EBADF) fail("errno of a system call");
    gander::sleep_for(std::chrono::microseconds(10));
    if (errno != EBADF) fail("errno of a system call across sleep_for");
    static_cast<void>(c.recv());
    try {
      throw number + i;
    } catch (int outer) {
      gander::yield();
      try {
        throw std::string("inner");
      } catch (const std::string&) {
        gander::yield();
        if (std::uncaught_exceptions() != 0) fail("the count of uncaught exceptions");
      }
      try {
        throw;
      } catch (int again) {
        if (again != number + i || outer != again) fail("the exception");
      }
    }
    if (::syscall(SYS_gettid) != thread) ++moves;
  }
  if (!errno_stays_across_calls_that_do_not_switch(number)) fail("errno across other calls");
}

}  // namespace

int main() {
  for (int attempt = 0; attempt < 100 && moves < 100; ++attempt)
    gander::run({.gomaxprocs = 4}, [] {
      gander::wait_group all;
      for (int i = 0; i < 50; ++i) all.go([i] { travel(i * 100 + 1); });
      all.wait();
    });
  if (moves == 0) fail("nobody travelled");
}
