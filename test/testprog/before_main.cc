// SPDX-License-Identifier: Apache-2.0
//
// The runtime used by constructors that run before main, before and after those of the library
// itself and of the C++ library: channels, threads, timers, a whole run. And once more in main.
#include <gander/gander.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

void work() {
  using namespace std::chrono_literals;
  const auto c = gander::make_chan<int>();
  std::thread feeder([&] { c.send(1); });
  if (c.recv() != 1) std::abort();
  feeder.join();
  if (c.recv_for(2ms)) std::abort();
  const int got = gander::run({.gomaxprocs = 2}, [&] {
    gander::go([&] { c.send(2); });
    gander::sleep_for(1ms);
    return *c.recv();
  });
  if (got != 2) std::abort();
}

struct works_when_made {
  works_when_made() { work(); }
};

[[gnu::init_priority(101)]] works_when_made first;  // the first that a program may have
works_when_made last;

}  // namespace

int main() {
  work();
  std::puts("main");
}
