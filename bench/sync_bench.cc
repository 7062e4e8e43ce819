// SPDX-License-Identifier: Apache-2.0

// Locks: mutex_free, mutex_contended.
#include <gander/gander.h>

#include <mutex>

#include "workload.h"

namespace gander_bench {
namespace {

void mutex_free(std::int64_t ops) {
  gander::mutex mutex;
  for (std::int64_t i = 0; i < ops; ++i) {
    mutex.lock();
    mutex.unlock();
  }
}

// One op is an increment under the lock; eight goroutines at a time.
void mutex_contended(std::int64_t ops) {
  constexpr std::int64_t count = 8;
  gander::mutex mutex;
  std::int64_t counter = 0;
  gander::wait_group all;
  for (std::int64_t i = 0; i < count; ++i)
    all.go([&, ops] {
      for (std::int64_t k = 0; k < ops / count; ++k) {
        std::lock_guard lock(mutex);
        ++counter;
      }
    });
  all.wait();
  expect(counter == ops / count * count, "mutex: lost an increment");
}

const registration rows[] = {
    {"mutex_free", 100'000, mutex_free},
    {"mutex_contended", 100'000, mutex_contended},
};

}  // namespace
}  // namespace gander_bench
