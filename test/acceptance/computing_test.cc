// SPDX-License-Identifier: Apache-2.0
//
// A crowd of goroutines that compute does not become a crowd of threads: sysmon's policy in a
// simulation, for crowds that would take hours, and the real thing, held against that.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sched/slice.h"
#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

struct crowd {
  int count;
  double cpu_each_ms;
  int procs;
  int processors;
};

using policy = std::int64_t (*)(std::int64_t without_p, std::int64_t procs);

// The most goroutines that run at a time, each on its thread. The processors are shared equally;
// whoever has a P, while others wait for one, loses it when its slice is used up, and goes on
// without.
int most_running(const crowd& c, policy slice) {
  struct with_p {
    double left_ms;
    double slice_used_ms;
  };
  constexpr double step_ms = 2;
  std::vector<with_p> with;
  std::vector<double> without;  // what they have left
  int waiting = c.count;
  std::size_t most = 0;
  for (;;) {
    for (; waiting > 0 && with.size() < static_cast<std::size_t>(c.procs); --waiting)
      with.push_back({c.cpu_each_ms, 0});
    const std::size_t running = with.size() + without.size();
    if (running == 0) return static_cast<int>(most);
    most = std::max(most, running);
    const double share_ms =
        std::min(step_ms, step_ms * c.processors / static_cast<double>(running));
    for (with_p& g : with) g.left_ms -= share_ms, g.slice_used_ms += share_ms;
    for (double& left_ms : without) left_ms -= share_ms;
    std::erase_if(without, [](double left_ms) { return left_ms <= 0; });
    std::erase_if(with, [](const with_p& g) { return g.left_ms <= 0; });
    if (waiting == 0) continue;
    const double slice_ms =
        static_cast<double>(slice(static_cast<std::int64_t>(without.size()), c.procs)) / 1e6;
    std::erase_if(with, [&](const with_p& g) {
      if (g.slice_used_ms < slice_ms) return false;
      without.push_back(g.left_ms);
      return true;
    });
  }
}

std::int64_t constant_slice(std::int64_t, std::int64_t) { return slice_ns; }

// In the long run procs * sqrt(cpu_each / slice) are at work; at first, before any of them has
// ended, half as many again. docs/design/scheduler.md.
TEST(computing, a_crowd_of_any_size_needs_threads_by_the_root_of_its_work) {
  for (const int procs : {2, 8, 32}) {
    const crowd c{1'500, 1'000, procs, procs};
    const int most = most_running(c, computing_slice_ns);
    EXPECT_LE(most, 15 * procs) << procs;
    EXPECT_EQ(most_running({3'000, 1'000, procs, procs}, computing_slice_ns), most)
        << "a larger crowd, as many threads: " << procs;
  }
  EXPECT_EQ(most_running({500, 1'000, 8, 2}, computing_slice_ns),
            most_running({500, 1'000, 8, 8}, computing_slice_ns))
      << "nor do slower machines need more";
  EXPECT_EQ(most_running({500, 1'000, 2, 2}, constant_slice), 200) << "can this fail?";
}

TEST(computing, the_runtime_keeps_to_it) {
  constexpr crowd c{80, 150, 4, 2};
  const int predicted = most_running(c, computing_slice_ns);
  const int bound = predicted * 3 / 2 + 8;  // sysmon, those that watch, and some that find no work
  ASSERT_LT(bound, most_running(c, constant_slice)) << "the test would show nothing";
  const child_result child =
      run_program("compute_crowd",
                  {std::to_string(c.count), std::to_string(static_cast<int>(c.cpu_each_ms)),
                   std::to_string(c.procs)},
                  {.limit = 110s});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("ended"), c.count);
  EXPECT_LE(child.figure("most_threads"), bound) << "predicted are " << predicted;
  EXPECT_GT(child.figure("most_threads"), c.procs + 4) << "nobody ever lost a P";
}

}  // namespace
}  // namespace gander::testing
