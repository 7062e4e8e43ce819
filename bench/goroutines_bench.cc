// SPDX-License-Identifier: Apache-2.0

// Starting, yielding, passing on: spawn_join, spawn_batch, yield_one, yield_many, skynet, ring.
#include <gander/gander.h>

#include <algorithm>
#include <vector>

#include "workload.h"

namespace gander_bench {
namespace {

void spawn_join(std::int64_t ops) {
  gander::wait_group all;
  for (std::int64_t i = 0; i < ops; ++i) {
    all.go([] {});
    all.wait();
  }
}

void spawn_batch(std::int64_t ops) {
  constexpr std::int64_t batch = 1000;
  gander::wait_group all;
  for (std::int64_t done = 0; done < ops; done += batch) {
    for (std::int64_t i = 0; i < std::min(batch, ops - done); ++i) all.go([] {});
    all.wait();
  }
}

void yield_one(std::int64_t ops) {
  for (std::int64_t i = 0; i < ops; ++i) gander::yield();
}

void yield_many(std::int64_t ops) {
  constexpr std::int64_t count = 1000;
  gander::wait_group all;
  for (std::int64_t i = 0; i < count; ++i)
    all.go([ops] {
      for (std::int64_t k = 0; k < ops / count; ++k) gander::yield();
    });
  all.wait();
}

void skynet(const gander::chan<std::int64_t>& up, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) return up.send(number);
  auto results = gander::make_chan<std::int64_t>();
  const std::int64_t share = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i)
    gander::go([results, first = number + i * share, share] { skynet(results, first, share); });
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += *results.recv();
  up.send(sum);
}

// One op is a whole tree: fan-out 10, each leaf sends its number up an unbuffered channel.
template <std::int64_t leaves>
void skynets(std::int64_t ops) {
  for (std::int64_t i = 0; i < ops; ++i) {
    auto result = gander::make_chan<std::int64_t>();
    gander::go([result] { skynet(result, 0, leaves); });
    expect(*result.recv() == leaves * (leaves - 1) / 2, "skynet: wrong sum");
  }
}

// One op is one hop of the token through a ring of 1,000 goroutines.
void ring(std::int64_t ops) {
  constexpr std::size_t size = 1000;
  std::vector<gander::chan<std::int64_t>> links;
  for (std::size_t i = 0; i < size; ++i) links.push_back(gander::make_chan<std::int64_t>());
  auto done = gander::make_chan<void>();
  gander::wait_group all;
  for (std::size_t i = 0; i < size; ++i)
    all.go([in = links[i], out = links[(i + 1) % size], done] {
      for (std::int64_t token : in) {
        if (token == 0) return done.close();
        out.send(token - 1);
      }
    });
  links[0].send(ops);
  done.recv();
  for (auto& link : links) link.close();
  all.wait();
}

const registration rows[] = {
    {"spawn_join", 1000, spawn_join},
    {"spawn_batch", 10'000, spawn_batch},
    {"yield_one", 10'000, yield_one},
    {"yield_many", 100'000, yield_many},
    {"skynet_100k", 1, skynets<100'000>},
    {"skynet_1m", 1, skynets<1'000'000>},
    {"ring", 10'000, ring},
};

}  // namespace
}  // namespace gander_bench
