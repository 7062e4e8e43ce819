// SPDX-License-Identifier: Apache-2.0
//
// gander_stress [--seed N] [--seconds S] [--rounds N]: rounds of random work, one run() for each
// handful of them. The seed says what each worker does; --rounds 1 with the seed of a round that
// failed runs that round alone.
//
// A round that makes no progress for 20 seconds is a hang: the watchdog aborts, and the report of
// all goroutines says who waits for what.
#include <gander/run.h>

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "stress/ledger.h"
#include "stress/traffic.h"

namespace gander::stress {
namespace {

using std::chrono::steady_clock;

struct options {
  std::uint64_t seed = 1;
  double seconds = 5;
  std::uint64_t rounds = UINT64_MAX;
};

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0)
      o.seed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--seconds") == 0)
      o.seconds = std::strtod(argv[i + 1], nullptr);
    else if (std::strcmp(argv[i], "--rounds") == 0)
      o.rounds = std::strtoull(argv[i + 1], nullptr, 10);
    else
      fail("usage: gander_stress [--seed N] [--seconds S] [--rounds N]");
  }
  return o;
}

std::atomic<std::uint64_t> current_round_seed{0};

void watch() {
  constexpr auto patience = std::chrono::seconds(20);
  std::uint64_t seen = progress;
  auto since = steady_clock::now();
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    if (progress != seen) {
      seen = progress;
      since = steady_clock::now();
    } else if (steady_clock::now() - since > patience) {
      fail("no progress in the round of this seed", current_round_seed);
    }
  }
}

int stress(const options& o) {
  const auto start = steady_clock::now();
  const auto end = start + std::chrono::duration<double>(o.seconds);
  std::uint64_t rounds = 0;
  std::uint64_t runs = 0;
  std::uint64_t delivered = 0;
  for (; rounds < o.rounds && steady_clock::now() < end; ++runs) {
    constexpr std::uint64_t rounds_per_run = 8;
    run_options settings;
    settings.gomaxprocs = static_cast<int>(1 + (o.seed + runs) % 5);
    gander::run(settings, [&] {
      for (std::uint64_t i = 0;
           i < rounds_per_run && rounds < o.rounds && steady_clock::now() < end; ++i, ++rounds) {
        current_round_seed = o.seed + rounds;
        delivered += run_round(dice(o.seed + rounds));
      }
    });
  }
  std::printf("seed %" PRIu64 ": %" PRIu64 " runs, %" PRIu64 " rounds, %" PRIu64
              " messages delivered, %.1f s\n",
              o.seed, runs, rounds, delivered,
              std::chrono::duration<double>(steady_clock::now() - start).count());
  return 0;
}

}  // namespace
}  // namespace gander::stress

int main(int argc, char** argv) {
  ::setenv("GOTRACEBACK", "all", 0);
  const gander::stress::options o = gander::stress::parse(argc, argv);
  std::thread(gander::stress::watch).detach();
  return gander::stress::stress(o);
}
