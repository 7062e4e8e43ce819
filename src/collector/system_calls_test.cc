// SPDX-License-Identifier: Apache-2.0
//
// Threads that wait in the system while the collector stops them: calls that can be restarted are,
// and the others end early once for each stop at most.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "collector/watch_test_helper.h"
#include "os/os.h"
#include "os/task.h"
#include "support/await.h"

namespace gander::collector {
namespace {

class pipe_ends {
 public:
  pipe_ends() { EXPECT_EQ(::pipe(fds_), 0); }
  ~pipe_ends() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  int out() const { return fds_[0]; }
  void write() const { EXPECT_EQ(::write(fds_[1], "x", 1), 1); }

 private:
  int fds_[2] = {};
};

bool sleeps(int tid) {
  os::task_status status;
  return os::read_task_status(tid, status) && status.state == 'S';
}

TEST(system_calls, go_on_where_they_can) {
  const pipe_ends ends;
  std::atomic<int> tid{0};
  ssize_t got = 0;
  std::thread reads([&] {
    make_node();
    tid = os::thread_id();
    char c = 0;
    got = ::read(ends.out(), &c, 1);
  });
  testing::await([&] { return tid != 0 && sleeps(tid); });
  for (int i = 0; i < 5; ++i) collect_now();
  ends.write();
  reads.join();
  EXPECT_EQ(got, 1);
}

TEST(system_calls, end_early_once_for_each_stop_at_most) {
  const pipe_ends ends;
  std::atomic<int> tid{0};
  std::uint32_t interrupted = 0;
  int got = -1;
  std::thread polls([&] {
    make_node();
    tid = os::thread_id();
    pollfd look{.fd = ends.out(), .events = POLLIN, .revents = 0};
    while ((got = ::poll(&look, 1, -1)) < 0 && errno == EINTR) ++interrupted;
  });
  testing::await([&] { return tid != 0 && sleeps(tid); });
  const std::uint32_t before = count_cycles().cycles;
  for (int i = 0; i < 5; ++i) collect_now();
  const std::uint32_t cycles = count_cycles().cycles - before;
  ends.write();
  polls.join();
  EXPECT_EQ(got, 1);
  EXPECT_LE(interrupted, 2 * cycles);
}

}  // namespace
}  // namespace gander::collector
