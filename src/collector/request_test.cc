// SPDX-License-Identifier: Apache-2.0
#include <gander/gander.h>
#include <gander/internal/gc_runtime.h>
#include <gtest/gtest.h>

#include <atomic>

#include "collector/cycle.h"

namespace gander::collector {
namespace {

bool is_marking() { return internal::gc_now.marking.load(std::memory_order_relaxed); }

// Or who passes the next trigger would ask for the cycle that is over. Two compute, so that the
// collector's thread loses its processor to one of them behind a stop.
TEST(request, finds_a_marking_over_when_stores_are_told_no_more) {
  std::atomic<bool> over{false};
  std::atomic<int> seen{0};
  std::atomic<int> late{0};
  run(run_options{.gomaxprocs = 2}, [&] {
    wait_group watching;
    for (int i = 0; i < 2; ++i)
      watching.go([&] {
        while (!over) {
          const std::uint32_t before = count_cycles().marked;
          if (!is_marking()) continue;
          while (is_marking()) yield();
          ++seen;
          if (count_cycles().marked == before) ++late;
        }
      });
    blocking([&] {
      // Where there is one processor they hardly see a marking.
      for (int i = 0; i < 300 || (seen == 0 && i < 10'000); ++i) collect_now();
    });
    over = true;
    watching.wait();
  });
  EXPECT_GT(seen, 0);
  EXPECT_EQ(late, 0) << "of " << seen;
}

}  // namespace
}  // namespace gander::collector
