// SPDX-License-Identifier: Apache-2.0
//
// gander_campaign [--seed N] [--steps N] [--procs N] [--signals 0|1]: random programs on the
// collected heap against a model, in rounds, one run() for each. The seed says what each mutator
// does. --procs 0: changed all the time, from 1 to 8. $GODEBUG says more: gcstress=1,
// gccheckmark=1, gcbarrier=dijkstra. docs/stress.md has what was run.
//
// A round that makes no progress is a hang: the watchdog aborts, and the report of all goroutines
// says who waits for what.
#include <gander/gander.h>
#include <gander/gc.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "campaign/disturb.h"
#include "campaign/mutator.h"
#include "campaign/sharers.h"

namespace gander::campaign {
namespace {

using std::chrono::steady_clock;

struct options {
  std::uint64_t seed = 1;
  std::uint64_t steps = 100'000;
  std::uint64_t procs = 0;
  std::uint64_t signals = 1;
};

options parse(int argc, char** argv) {
  options o;
  const auto number = [&](const char* name, int i, std::uint64_t& to) {
    if (std::strcmp(argv[i], name) != 0) return false;
    to = std::strtoull(argv[i + 1], nullptr, 10);
    return true;
  };
  for (int i = 1; i + 1 < argc; i += 2)
    if (!number("--seed", i, o.seed) && !number("--steps", i, o.steps) &&
        !number("--procs", i, o.procs) && !number("--signals", i, o.signals))
      fail("usage: gander_campaign [--seed N] [--steps N] [--procs N] [--signals 0|1]");
  return o;
}

bool is_stressed() {
  const char* const knobs = std::getenv("GODEBUG");
  return knobs != nullptr && std::string_view(knobs).find("gcstress=1") != std::string_view::npos;
}

void watch() {
  constexpr auto patience = std::chrono::seconds(100);
  std::uint64_t seen = stress::progress;
  auto since = steady_clock::now();
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    if (stress::progress != seen) {
      seen = stress::progress;
      since = steady_clock::now();
    } else if (steady_clock::now() - since > patience) {
      fail("no progress");
    }
  }
}

// What copies have left in vector registers, which nobody else may need for long.
void forget_registers() {
  volatile std::size_t most = 2048;
  char from[2048] = {};
  char to[2048];
  for (std::size_t bytes = 16; bytes <= most; bytes += 8) {
    std::memcpy(to, from, bytes);
    asm volatile("" : : "r"(to) : "memory");
  }
}

std::uint64_t checks = 0;
std::uint64_t late = 0;
std::uint64_t kept = 0;

bool all_are_gone(const std::vector<std::unique_ptr<mutator>>& mutators) {
  constexpr int most_ms = 200;  // for cleanups
  int ms = 0;
  for (const auto& m : mutators)
    for (; !m->unreachable_are_gone(); ++ms) {
      if (ms == most_ms) return false;
      sleep_for(std::chrono::milliseconds(1));
    }
  return true;
}

// What cannot be reached goes within two cycles; its cleanups run soon after them. But a register
// that nobody needs, or a word of a stack that was another goroutine's, may keep something for a
// while, or for as long as a frame stands: that is counted, and must be rare.
void expect_gone(const std::vector<std::unique_ptr<mutator>>& mutators) {
  constexpr int most_cycles = 6;
  ++checks;
  for (int i = 1; i <= most_cycles; ++i) {
    forget_registers();
    gc::collect();
    if (i == 1) continue;
    if (all_are_gone(mutators)) break;
    ++late;
    if (i == most_cycles && ++kept > 2 + checks / 10) fail("objects do not go");
  }
  stress::tick();
}

constexpr std::size_t mutator_count = 6;
constexpr std::size_t sharer_count = 3;

void mutate(const std::vector<std::unique_ptr<mutator>>& mutators, dice& d, std::uint64_t steps) {
  wait_group working;
  for (const auto& m : mutators) working.go([&m, steps] { m->run(steps); });
  for (std::size_t i = 1; i < sharer_count; ++i)
    working.go([d = d.fork(), steps]() mutable { share(d, steps); });
  std::thread plain(share, d.fork(), steps);
  working.wait();
  blocking([&] { plain.join(); });
}

// Who makes objects, or looks at them, does it on a goroutine of its own: no word of them is left
// when those who look for what has gone begin.
void round(const options& o, dice d, std::uint64_t steps) {
  std::vector<std::unique_ptr<mutator>> mutators;
  spawn([&] {
    const disturber beside(d.fork(), {.collects = !is_stressed(),
                                      .changes_procs = o.procs == 0,
                                      .sends_signals = o.signals != 0});
    echoes e(d.fork());
    spawn([&] {
      const std::size_t most = is_stressed() || d.one_in(2) ? 10 : 20'000;
      for (std::size_t i = 0; i < mutator_count; ++i)
        mutators.push_back(std::make_unique<mutator>(d.fork(), e, d.one_in(2) ? 0 : d.below(most)));
    }).join();
    mutate(mutators, d, steps);
  }).join();
  expect_gone(mutators);
  spawn([&] {
    for (const auto& m : mutators) m->check_reachable();
    for (const auto& m : mutators) m->drop();
    drop_shared();
  }).join();
  expect_gone(mutators);
}

int campaign(const options& o) {
  constexpr std::uint64_t workers = mutator_count + sharer_count;
  constexpr std::uint64_t most_steps = 2'000;  // of each in a round
  std::uint64_t left = o.steps / workers;
  std::uint64_t rounds = 0;
  for (; left > 0; ++rounds) {
    const std::uint64_t steps = left < most_steps ? left : most_steps;
    left -= steps;
    run(run_options{.gomaxprocs = static_cast<int>(o.procs)},
        [&] { round(o, dice(o.seed + rounds), steps); });
  }
  const gc::heap_stats s = gc::stats();
  std::printf("seed %" PRIu64 ": %" PRIu64 " rounds, %" PRIu64 " steps, %" PRIu64
              " cycles, %" PRIu64 " objects made, %" PRIu64 " left, %" PRIu64 " cleanups, %" PRIu64
              " times late, %" PRIu64 " kept, %" PRIu64 " signals\n",
              o.seed, rounds, o.steps / workers * workers, s.cycles, s.allocated_objects, s.objects,
              s.cleanups_run, late, kept, count_signals());
  return 0;
}

}  // namespace
}  // namespace gander::campaign

int main(int argc, char** argv) {
  ::setenv("GOTRACEBACK", "all", 0);
  ::setenv("GODEBUG", "clobberfree=1", 0);
  const gander::campaign::options o = gander::campaign::parse(argc, argv);
  std::thread(gander::campaign::watch).detach();
  return gander::campaign::campaign(o);
}
