// SPDX-License-Identifier: Apache-2.0
//
// compute_crowd COUNT MS PROCS [SECONDS]: COUNT goroutines use MS milliseconds of CPU time each
// without a call of the runtime. Prints the most threads that the process had, and how many
// goroutines ended; with SECONDS it ends after that time, and tells of each minute meanwhile.
#include <gander/gander.h>

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

using namespace std::chrono;

std::atomic<bool> over{false};
std::atomic<long> ended{0};

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

void print_figures(long most_threads, steady_clock::duration took) {
  std::printf("most_threads=%ld\nended=%ld\ntook_ms=%ld\n", most_threads, ended.load(),
              static_cast<long>(duration_cast<milliseconds>(took).count()));
  std::fflush(stdout);
}

// On a plain thread: it is one of those that it counts.
long watch(seconds limit) {
  const auto start = steady_clock::now();
  auto next = start + minutes(1);
  long most = 0;
  for (; !over; std::this_thread::sleep_for(5ms)) {
    const long now_running = threads();
    most = std::max(most, now_running);
    const auto now = steady_clock::now();
    if (limit != seconds::zero() && now >= next) {
      std::printf("after %ld s: %ld threads, %ld ended\n",
                  static_cast<long>(duration_cast<seconds>(now - start).count()), now_running,
                  ended.load());
      std::fflush(stdout);
      next += minutes(1);
    }
    if (limit != seconds::zero() && now - start >= limit) {
      print_figures(most, now - start);
      std::_Exit(0);  // the goroutines would go on for hours
    }
  }
  return most;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::fputs("usage: compute_crowd COUNT MS PROCS [SECONDS]\n", stderr);
    return 64;
  }
  const int crowd = std::atoi(arguments[1]);
  const long cpu_each_ns = std::atol(arguments[2]) * 1'000'000L;
  const int procs = std::atoi(arguments[3]);
  const seconds limit(count > 4 ? std::atol(arguments[4]) : 0);
  long most = 0;
  std::thread watcher([&] { most = watch(limit); });
  const auto start = steady_clock::now();
  const int status = gander::run({.gomaxprocs = procs}, [=] {
    gander::wait_group all;
    for (int i = 0; i < crowd; ++i)
      all.go([cpu_each_ns] {
        for (const long end = cpu_ns() + cpu_each_ns; cpu_ns() < end;) {
        }
        ++ended;
      });
    all.wait();
    return 0;
  });
  over = true;
  watcher.join();
  print_figures(most, steady_clock::now() - start);
  return status;
}
