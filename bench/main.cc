// SPDX-License-Identifier: Apache-2.0

// gander_bench                      all workloads under Google Benchmark, with GOMAXPROCS 1 and 2
// gander_bench NAME OPS PROCS [SINK]
//                                   one run; prints "NAME PROCS VALUE", nanoseconds per op (bytes
//                                   for memory)
//
// traced_NAME does it while a trace is written to SINK, or /dev/null, recorded_NAME with the flight
// recorder on.
//
// Each run is a world of its own: gander::run inside, the clock around the work only.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <gander/gander.h>
#include <gander/trace.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

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

enum class tracing { off, to_sink, recorded };

// Tracing from its making to its end.
class traced {
 public:
  traced(tracing how, const char* sink)
      : sink_(::open(sink, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)), how_(how) {
    if (how == tracing::to_sink) gander_bench::expect(!gander::trace::start(sink_), "no trace");
    if (how == tracing::recorded) gander_bench::expect(!recorder_.start(), "no recorder");
  }
  ~traced() {
    if (how_ == tracing::to_sink)
      gander_bench::expect(gander::trace::stop().dropped == 0, "a generation was dropped");
    ::close(sink_);
  }
  traced(const traced&) = delete;
  traced& operator=(const traced&) = delete;

 private:
  int sink_;
  tracing how_;
  gander::trace::flight_recorder recorder_;
};

void run_once(const workload& w, const char* name, std::int64_t ops, int procs, tracing how,
              const char* sink) {
  double value = 0;
  gander::run(with_procs(procs), [&] {
    const traced scope(how, sink);
    if (w.measure != nullptr) {
      value = w.measure(ops);
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    w.work(ops);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    value = spent.count() / static_cast<double>(ops);
  });
  std::printf("%s %d %.2f\n", name, procs, value);
}

int run_named(const char* name, const char* ops_text, const char* procs_text, const char* sink) {
  const std::int64_t ops = std::atoll(ops_text);
  const int procs = std::atoi(procs_text);
  std::string_view work = name;
  tracing how = tracing::off;
  if (work.starts_with("traced_")) {
    work.remove_prefix(7);
    how = tracing::to_sink;
  } else if (work.starts_with("recorded_")) {
    work.remove_prefix(9);
    how = tracing::recorded;
  }
  for (const workload& w : gander_bench::workloads()) {
    if (ops < 1 || procs < 1 || work != w.name) continue;
    run_once(w, name, ops, procs, how, sink);
    return 0;
  }
  std::fprintf(stderr, "gander_bench: no workload %s, or OPS or PROCS is no positive number\n",
               name);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if ((argc == 4 || argc == 5) && argv[1][0] != '-')
    return run_named(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : "/dev/null");
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
