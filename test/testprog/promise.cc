// SPDX-License-Identifier: Apache-2.0
//
// One place to run, and five goroutines that never give theirs back: a blocking read, a busy loop,
// a sleep of the thread, a std::mutex held across a park, and one that waits for it. The sixth
// ticks all the same. Prints how long TICKS ticks of a millisecond took and how far the others got.
#include <gander/gander.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

int main(int, char** arguments) {
  using clock = std::chrono::steady_clock;
  const int ticks = std::atoi(arguments[1]);
  return gander::run({.gomaxprocs = 1, .exit = gander::exit_mode::quick}, [ticks] {
    static std::atomic<int> reached{0};
    static std::atomic<long> turns{0};
    static std::mutex mutex;
    static auto never = gander::make_chan<void>();
    static int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) return 1;

    gander::go([] {
      ++reached;
      char c;
      if (::read(pipe_ends[0], &c, 1) != 0) std::abort();
    });
    gander::go([] {
      ++reached;
      for (volatile bool for_ever = true; for_ever;) turns.fetch_add(1, std::memory_order_relaxed);
    });
    gander::go([] {
      ++reached;
      std::this_thread::sleep_for(std::chrono::hours(1));
    });
    auto held = gander::make_chan<void>();
    gander::go([held] {
      mutex.lock();
      ++reached;
      held.send();
      never.recv();
    });
    held.recv();
    gander::go([] {
      ++reached;
      const std::lock_guard locked(mutex);
      std::abort();
    });

    const auto silent = gander::make_chan<int>();
    const auto start = clock::now();
    const long turns_before = turns;
    for (int i = 0; i < ticks; ++i)
      if (silent.recv_for(std::chrono::milliseconds(1))) std::abort();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
    std::printf("took_ms=%ld\nreached=%d\nturns=%ld\n", static_cast<long>(took.count()),
                reached.load(), turns - turns_before);
    return 0;
  });
}
