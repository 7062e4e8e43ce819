// SPDX-License-Identifier: Apache-2.0

// Memory: what a parked goroutine costs.
#include <gander/gander.h>

#include "workload.h"

namespace gander_bench {
namespace {

std::int64_t resident_bytes() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  expect(status != nullptr, "cannot read /proc/self/status");
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  std::fclose(status);
  return std::int64_t{kib} * 1024;
}

// Resident bytes per goroutine while ops goroutines are parked in a receive.
double parked_memory(std::int64_t ops) {
  const std::int64_t before = resident_bytes();
  auto never = gander::make_chan<std::int64_t>();
  gander::wait_group started, done;
  started.add(static_cast<std::ptrdiff_t>(ops));
  for (std::int64_t i = 0; i < ops; ++i)
    done.go([&started, never] {
      started.done();
      (void)never.recv();
    });
  started.wait();
  const std::int64_t after = resident_bytes();
  never.close();
  done.wait();
  return static_cast<double>(after - before) / static_cast<double>(ops);
}

const registration row{"parked_memory", 100'000, parked_memory};

}  // namespace
}  // namespace gander_bench
