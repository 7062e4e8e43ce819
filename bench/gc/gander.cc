// SPDX-License-Identifier: Apache-2.0

// gc_gander: the workloads of the collected heap by the collected heap. Mutators are goroutines;
// GOGC=off turns the collector off.
#include <gander/gander.h>
#include <gander/gc.h>

#include <memory>

#define GC_BENCH_FIELDS GANDER_GC_FIELDS
#include "program.h"

namespace {

using namespace gc_bench;

struct policy {
  template <typename T>
  using ptr = gander::gc::ptr<T>;
  template <typename T>
  using local = T*;

  template <typename T, typename... Args>
  static T* make(Args&&... args) {
    return gander::gc::make<T>(std::forward<Args>(args)...);
  }
  template <typename T>
  static T* raw(T* p) {
    return p;
  }
  template <typename T>
  static T* raw(const gander::gc::ptr<T>& p) {
    return p.get();
  }
  static constexpr bool by_hand = false;
  static constexpr bool collects = true;
  static void collect() { gander::gc::collect(); }

  template <typename F>
  static void run(int procs, const F& f) {
    gander::run_options options;
    options.gomaxprocs = procs;
    gander::run(options, f);
  }
  template <typename F>
  static void parallel(int n, const F& f) {
    gander::wait_group done;
    for (int id = 1; id < n; ++id) done.go([&f, id] { f(id); });
    f(0);
    done.wait();
  }
  static void yield() { gander::yield(); }
};

// Size: goroutines, half of them clients, each with a session of its own. An op: a request.
void server_mix(const params& p, outcome& out) {
  constexpr std::size_t shards = 64;  // so that not all count in the same words
  const std::int64_t sessions = p.size / 2 + 1;
  const std::int64_t rounds = p.ops / sessions + 1;
  const auto steps = std::make_unique<histogram[]>(shards);
  gander::wait_group done;
  out.start();
  for (std::int64_t id = 0; id < sessions; ++id) {
    const auto requests = gander::make_chan<request<policy>*>();
    const auto answers = gander::make_chan<request<policy>*>();
    histogram* const shard = &steps[static_cast<std::size_t>(id) % shards];
    done.go([=] {
      auto* const s = policy::make<session<policy>>();
      for (request<policy>* const r : requests) {
        answer<policy>(s, r, *shard);
        answers.send(r);
      }
    });
    done.go([=, &out] {
      std::uint64_t sum = 0;
      for (std::int64_t round = 0; round < rounds; ++round) {
        requests.send(
            ask<policy>(static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(round)));
        sum += accept<policy>(*answers.recv());
      }
      requests.close();
      out.checksum += sum;
    });
  }
  done.wait();
  out.stop(rounds * sessions);
  for (std::size_t i = 0; i < shards; ++i) out.steps.add(steps[i]);
}

}  // namespace

int main(int argc, char** argv) { return program<policy>(argc, argv, server_mix); }
