// SPDX-License-Identifier: Apache-2.0

// A workload is a named piece of work counted in operations; the peers in Go and Boost.Fiber have
// the same under the same names. bench/main.cc runs it under Google Benchmark, or alone for
// scripts/bench.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace gander_bench {

struct workload {
  const char* name;
  // Enough operations that starting the partners of a run costs nothing per operation.
  std::int64_t batch;
  // Exactly one is set: work is timed from outside, measure returns a value per operation itself.
  void (*work)(std::int64_t ops);
  double (*measure)(std::int64_t ops);
};

// All workloads, in the order of registration within a file. A function, since files register
// before main.
inline std::vector<workload>& workloads() {
  static std::vector<workload> all;
  return all;
}

struct registration {
  registration(const char* name, std::int64_t batch, void (*work)(std::int64_t)) {
    workloads().push_back({name, batch, work, nullptr});
  }
  registration(const char* name, std::int64_t batch, double (*measure)(std::int64_t)) {
    workloads().push_back({name, batch, nullptr, measure});
  }
};

// A benchmark whose result is wrong has no speed.
inline void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "gander_bench: %s\n", what);
  std::abort();
}

}  // namespace gander_bench
