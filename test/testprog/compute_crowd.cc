// SPDX-License-Identifier: Apache-2.0
//
// compute_crowd COUNT MS: COUNT goroutines use MS milliseconds of CPU time each without a call of
// the runtime. Prints the most threads that the process had, and the time it took.
#include <gander/gander.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

namespace {

long threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Threads:")) return std::atol(line.c_str() + 8);
  return -1;
}

long cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000L + t.tv_nsec;
}

}  // namespace

int main(int, char** arguments) {
  using namespace std::chrono;
  const int count = std::atoi(arguments[1]);
  const long cpu_each_ns = std::atol(arguments[2]) * 1'000'000L;
  std::atomic<bool> over{false};
  long most = 0;
  std::thread watcher([&] {
    for (; !over; std::this_thread::sleep_for(5ms)) most = std::max(most, threads());
  });
  const auto start = steady_clock::now();
  const int status = gander::run([=] {
    gander::wait_group all;
    all.add(count);
    for (int i = 0; i < count; ++i)
      gander::go([&all, cpu_each_ns] {
        for (const long end = cpu_ns() + cpu_each_ns; cpu_ns() < end;) {
        }
        all.done();
      });
    all.wait();
    return 0;
  });
  const auto took = duration_cast<milliseconds>(steady_clock::now() - start);
  over = true;
  watcher.join();
  std::printf("most_threads=%ld\ntook_ms=%ld\n", most, static_cast<long>(took.count()));
  return status;
}
