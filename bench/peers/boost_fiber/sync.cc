// SPDX-License-Identifier: Apache-2.0

// Mutexes and sleep.
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "bench.h"

namespace peer {

void mutex_free(std::int64_t ops) {
  boost::fibers::mutex mutex;
  for (std::int64_t i = 0; i < ops; ++i) {
    mutex.lock();
    mutex.unlock();
  }
}

void mutex_contended(std::int64_t ops) {
  constexpr std::int64_t count = 8;
  boost::fibers::mutex mutex;
  std::int64_t counter = 0;
  std::vector<boost::fibers::fiber> fibers;
  for (std::int64_t i = 0; i < count; ++i)
    fibers.push_back(start([&, ops] {
      for (std::int64_t k = 0; k < ops / count; ++k) {
        std::lock_guard lock(mutex);
        ++counter;
      }
    }));
  for (auto& fiber : fibers) fiber.join();
  if (counter != ops / count * count) std::abort();
}

void sleep_many(std::int64_t ops) {
  constexpr std::int64_t count = 10'000;
  std::vector<boost::fibers::fiber> fibers;
  for (std::int64_t i = 0; i < count; ++i)
    fibers.push_back(start([ops] {
      for (std::int64_t k = 0; k < ops / count; ++k)
        boost::this_fiber::sleep_for(std::chrono::milliseconds(1));
    }));
  for (auto& fiber : fibers) fiber.join();
}

}  // namespace peer
