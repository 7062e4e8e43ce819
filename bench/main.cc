// SPDX-License-Identifier: Apache-2.0

// gander_bench                      all workloads under Google Benchmark, with GOMAXPROCS 1 and 2
// gander_bench NAME OPS PROCS       one run; prints "NAME PROCS VALUE", nanoseconds per op (bytes
// for memory)
//
// Each run is a world of its own: gander::run inside, the clock around the work only.
#include <benchmark/benchmark.h>
#include <gander/gander.h>

#include <chrono>
#include <cstring>
#include <string>

#include "workload.h"

namespace {

using gander_bench::workload;

gander::run_options with_procs(int procs) {
  gander::run_options options;
  options.gomaxprocs = procs;
  return options;
}

void under_google_benchmark(benchmark::State& state, const workload& w, int procs) {
  gander::run(with_procs(procs), [&] {
    if (w.measure != nullptr) {
      double value = 0;
      for (auto _ : state) value = w.measure(w.batch);
      state.counters["bytes"] = value;
    } else {
      while (state.KeepRunningBatch(w.batch)) w.work(w.batch);
    }
  });
}

void run_once(const workload& w, std::int64_t ops, int procs) {
  double value = 0;
  gander::run(with_procs(procs), [&] {
    if (w.measure != nullptr) {
      value = w.measure(ops);
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    w.work(ops);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    value = spent.count() / static_cast<double>(ops);
  });
  std::printf("%s %d %.2f\n", w.name, procs, value);
}

int run_named(const char* name, const char* ops_text, const char* procs_text) {
  const std::int64_t ops = std::atoll(ops_text);
  const int procs = std::atoi(procs_text);
  for (const workload& w : gander_bench::workloads()) {
    if (ops < 1 || procs < 1 || std::strcmp(w.name, name) != 0) continue;
    run_once(w, ops, procs);
    return 0;
  }
  std::fprintf(stderr, "gander_bench: no workload %s, or OPS or PROCS is no positive number\n",
               name);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && argv[1][0] != '-') return run_named(argv[1], argv[2], argv[3]);
  for (const workload& w : gander_bench::workloads())
    for (const int procs : {1, 2}) {
      const std::string name = std::string(w.name) + "/procs:" + std::to_string(procs);
      const auto body = [&w, procs](benchmark::State& state) {
        under_google_benchmark(state, w, procs);
      };
      auto* const registered = benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime();
      if (w.measure != nullptr) registered->Iterations(1);
    }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
