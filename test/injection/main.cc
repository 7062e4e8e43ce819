// SPDX-License-Identifier: Apache-2.0
//
// injected CASE: dies as the case says.
#include <gander/gander.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <thread>

#include "injection/injection.h"

namespace injection {
namespace {

std::map<std::string_view, void (*)()>& ways() {
  static std::map<std::string_view, void (*)()> all;
  return all;
}

std::atomic<bool> bystands{false};
NOINLINE void bystander() {
  bystands = true;
  gander::make_chan<int>().recv();
}

}  // namespace

way_to_die::way_to_die(std::string_view name, void (*die)()) { ways()[name] = die; }

// Of test/preload/no_malloc.cc, if that is there.
extern "C" [[gnu::weak]] volatile int malloc_is_forbidden;

void touch_null() {
  if (&malloc_is_forbidden != nullptr)
    malloc_is_forbidden = static_cast<int>(::syscall(SYS_gettid));
  volatile int* volatile nowhere = reinterpret_cast<int*>(8);
  *nowhere = 1;
  asm volatile("");  // no tail call before this
}

void spin() {
  for (volatile bool for_ever = true; for_ever;) {
  }
}

void start_thread(std::function<void()> body) { std::thread(std::move(body)).detach(); }

namespace {

NOINLINE int run_case(void (*die)()) {
  return gander::run({.gomaxprocs = 2}, [die] {
    gander::go(bystander);
    while (!bystands) gander::yield();
    die();
    std::fputs("the case ended\n", stderr);
    return 77;
  });
}

}  // namespace
}  // namespace injection

int main(int count, char** arguments) {
  const auto found = count == 2 ? injection::ways().find(arguments[1]) : injection::ways().end();
  if (found == injection::ways().end()) return 64;
  return injection::run_case(found->second);
}
