// SPDX-License-Identifier: Apache-2.0
//
// idle SECONDS TICK_MS: waits, beside a plain thread that is blocked elsewhere, for a channel that
// nobody feeds; with TICK_MS a goroutine wakes up every so often. Prints the CPU time of that, from
// the second second on.
#include <gander/gander.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

long cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000L + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

}  // namespace

int main(int, char** arguments) {
  using namespace std::chrono;
  const seconds length(std::atoi(arguments[1]));
  const milliseconds tick(std::atoi(arguments[2]));
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  // It measures, too: nothing of the runtime runs for that.
  std::thread plain([&] {
    std::this_thread::sleep_for(1s);
    const long before = cpu_us();
    std::this_thread::sleep_for(length);
    std::printf("cpu_us=%ld\n", cpu_us() - before);
    std::fflush(stdout);
    ::_exit(0);
  });
  return gander::run([&] {
    const auto never = gander::make_chan<int>();
    if (tick.count() != 0)
      gander::go([=] {
        for (;;) static_cast<void>(never.recv_for(tick));
      });
    static_cast<void>(gander::make_chan<int>().recv());
  });
}
