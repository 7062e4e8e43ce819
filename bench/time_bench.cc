// SPDX-License-Identifier: Apache-2.0

// Sleeping: many goroutines at a time.
#include <gander/gander.h>

#include <chrono>

#include "workload.h"

namespace gander_bench {
namespace {

// One op is one sleep of 1 ms; 10,000 goroutines sleep at a time, so an op can cost far less.
void sleep_many(std::int64_t ops) {
  constexpr std::int64_t count = 10'000;
  gander::wait_group all;
  for (std::int64_t i = 0; i < count; ++i)
    all.go([ops] {
      for (std::int64_t k = 0; k < ops / count; ++k)
        gander::sleep_for(std::chrono::milliseconds(1));
    });
  all.wait();
}

const registration row{"sleep", 100'000, sleep_many};

}  // namespace
}  // namespace gander_bench
