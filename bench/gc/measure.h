// SPDX-License-Identifier: Apache-2.0

// What the workloads of the collected heap measure, and the clocks that they measure by.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "histogram.h"

namespace gc_bench {

// A benchmark whose result is wrong has no speed.
inline void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "gc bench: %s\n", what);
  std::abort();
}

struct params {
  std::int64_t ops = 1;   // of all mutators together, but in gcbench of each
  int procs = 1;          // mutators, GOMAXPROCS, threads that mark
  std::int64_t size = 0;  // what it is, each workload says
};

inline std::uint64_t now_ns() noexcept {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

// Of all threads, and so of the collector's, too.
inline std::uint64_t cpu_ns() noexcept {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

// What a workload found. Its clock runs from start to stop; all else is set-up.
struct outcome {
  std::int64_t ops = 0;  // that were done
  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_ns = 0;
  // The same for all programs that get the same parameters.
  std::atomic<std::uint64_t> checksum{0};
  // Of the steps of each mutator: each is the same small work, so that a long one was interrupted.
  // Empty where the steps differ.
  histogram steps;

  void start() noexcept {
    wall_ns = now_ns();
    cpu_ns = gc_bench::cpu_ns();
  }
  void stop(std::int64_t done) noexcept {
    cpu_ns = gc_bench::cpu_ns() - cpu_ns;
    wall_ns = now_ns() - wall_ns;
    ops = done;
  }
};

// Notes how long each step of one mutator takes.
class stepper {
 public:
  explicit stepper(histogram& to) noexcept : to_(&to), last_(now_ns()) {}
  void step() noexcept {
    const std::uint64_t now = now_ns();
    to_->note(now - last_);
    last_ = now;
  }

 private:
  histogram* to_;
  std::uint64_t last_;
};

// Random enough to choose an index.
class choice {
 public:
  explicit choice(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t below(std::uint64_t end) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33) % end;
  }

 private:
  std::uint64_t state_;
};

inline std::int64_t peak_resident_bytes() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  expect(status != nullptr, "cannot read /proc/self/status");
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "VmHWM: %ld", &kib) == 1) break;
  std::fclose(status);
  return std::int64_t{kib} * 1024;
}

}  // namespace gc_bench
