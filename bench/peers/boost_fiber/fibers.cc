// SPDX-License-Identifier: Apache-2.0

// Starting, yielding, passing on: spawn_join, spawn_batch, yield_one, yield_many, skynet, ring.
#include <cstdlib>
#include <vector>

#include "bench.h"

namespace peer {
namespace {

using channel = boost::fibers::unbuffered_channel<std::int64_t>;
using results_channel = boost::fibers::buffered_channel<std::int64_t>;

// As in Boost's own skynet: buffered channels, and children that run at once, which is the fastest
// here.
void skynet(results_channel& up, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) {
    up.push(number);
    return;
  }
  results_channel results(16);
  const std::int64_t share = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i)
    start([&results, first = number + i * share, share] { skynet(results, first, share); },
          boost::fibers::launch::dispatch)
        .detach();
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += results.value_pop();
  up.push(sum);
}

void skynets(std::int64_t ops, std::int64_t leaves) {
  for (std::int64_t i = 0; i < ops; ++i) {
    results_channel result(2);
    start([&result, leaves] { skynet(result, 0, leaves); }).detach();
    if (result.value_pop() != leaves * (leaves - 1) / 2) std::abort();
  }
}

}  // namespace

void spawn_join(std::int64_t ops) {
  for (std::int64_t i = 0; i < ops; ++i) start([] {}).join();
}

void spawn_batch(std::int64_t ops) {
  constexpr std::int64_t batch = 1000;
  std::vector<boost::fibers::fiber> fibers;
  fibers.reserve(batch);
  for (std::int64_t done = 0; done < ops; done += batch) {
    for (std::int64_t i = 0; i < std::min(batch, ops - done); ++i) fibers.push_back(start([] {}));
    for (auto& fiber : fibers) fiber.join();
    fibers.clear();
  }
}

void yield_one(std::int64_t ops) {
  for (std::int64_t i = 0; i < ops; ++i) boost::this_fiber::yield();
}

void yield_many(std::int64_t ops) {
  constexpr std::int64_t count = 1000;
  std::vector<boost::fibers::fiber> fibers;
  for (std::int64_t i = 0; i < count; ++i)
    fibers.push_back(start([ops] {
      for (std::int64_t k = 0; k < ops / count; ++k) boost::this_fiber::yield();
    }));
  for (auto& fiber : fibers) fiber.join();
}

void skynet_100k(std::int64_t ops) { skynets(ops, 100'000); }
void skynet_1m(std::int64_t ops) { skynets(ops, 1'000'000); }

void ring(std::int64_t ops) {
  constexpr std::size_t size = 1000;
  std::vector<std::unique_ptr<channel>> links;
  for (std::size_t i = 0; i < size; ++i) links.push_back(std::make_unique<channel>());
  std::vector<boost::fibers::fiber> fibers;
  for (std::size_t i = 0; i < size; ++i)
    fibers.push_back(start([&in = *links[i], &out = *links[(i + 1) % size], &links] {
      std::int64_t token = 0;
      while (in.pop(token) == boost::fibers::channel_op_status::success) {
        if (token != 0) {
          out.push(token - 1);
          continue;
        }
        for (auto& link : links) link->close();
      }
    }));
  links[0]->push(ops);
  for (auto& fiber : fibers) fiber.join();
}

}  // namespace peer
