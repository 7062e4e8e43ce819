// SPDX-License-Identifier: Apache-2.0
//
// crowd COUNT PROCS: dies of a panic while COUNT goroutines wait, a fifth each for a channel, a
// select, a mutex, a time and a wait group, four functions deep. Before that it says on stdout when
// that was (nanoseconds of the monotonic clock) and what memory it had (resident bytes).
// bench/peers/go/crowd.go is the same in Go.
#include <gander/gander.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

struct world {
  gander::chan<int> numbers = gander::make_chan<int>();
  gander::chan<int> others = gander::make_chan<int>();
  gander::mutex held;
  gander::wait_group never;
  gander::wait_group started;
};

// What stands behind the call keeps compilers from making a jump of it, which would have no frame.
inline void stay() { asm volatile("" ::: "memory"); }

[[gnu::noinline]] void wait_for(world& w, int kind) {
  switch (kind) {
    case 0:
      w.numbers.recv();
      break;
    case 1:
      gander::select(gander::on_recv(w.numbers), gander::on_recv(w.others));
      break;
    case 2:
      w.held.lock();
      break;
    case 3:
      gander::sleep_for(std::chrono::hours(1));
      break;
    default:
      w.never.wait();
      break;
  }
  stay();
}

[[gnu::noinline]] void third(world& w, int kind) {
  wait_for(w, kind);
  stay();
}

[[gnu::noinline]] void second(world& w, int kind) {
  third(w, kind);
  stay();
}

[[gnu::noinline]] void first(world& w, int kind) {
  w.started.done();
  second(w, kind);
  stay();
}

long resident_bytes() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  std::fclose(status);
  return kib * 1024;
}

std::int64_t now_ns() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
}

void die_among(int count) {
  world w;
  w.held.lock();
  w.never.add(1);
  w.started.add(count);
  for (int i = 0; i < count; ++i) gander::go([&w, kind = i % 5] { first(w, kind); });
  w.started.wait();
  gander::sleep_for(std::chrono::seconds(1));  // report_time looks whether that was enough
  const long resident = resident_bytes();
  std::printf("%lld %ld\n", static_cast<long long>(now_ns()), resident);
  std::fflush(stdout);
  gander::panic("the crowd is done");
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) return 64;
  gander::run_options options;
  options.gomaxprocs = std::atoi(arguments[2]);
  return gander::run(options, [&] { die_among(std::atoi(arguments[1])); });
}
