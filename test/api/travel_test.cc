// SPDX-License-Identifier: Apache-2.0
//
// What travels with a goroutine from thread to thread: errno and the floating-point modes.
#include <gander/gander.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cfenv>
#include <functional>
#include <string>

#include "processor.h"
#include "support/build.h"

namespace gander::testing {
namespace {

constexpr int crowd = 64;
constexpr int rounds = scaled(500, 200, 50);

// Every body runs `rounds` times in each of a crowd, again until some goroutine has found itself on
// another thread than before: without that the test would show nothing. Says how often.
template <typename Body>
long migrations(int procs, Body body) {
  std::atomic<long> moves{0};
  constexpr int attempts = 200;
  for (int attempt = 0; attempt < (procs > 1 ? attempts : 1) && moves == 0; ++attempt)
    run({.gomaxprocs = procs}, [&] {
      wait_group all;
      all.add(crowd);
      for (int i = 0; i < crowd; ++i)
        go([&, i] {
          for (int round = 0; round < rounds; ++round) {
            const long before = ::syscall(SYS_gettid);
            body(i, round);
            if (::syscall(SYS_gettid) != before) ++moves;
          }
          all.done();
        });
      all.wait();
    });
  return moves;
}

TEST(travel, errno_written_and_read_in_one_function) {
  const auto body = [](int i, int round) {
    errno = i * 1000 + round;
    yield();
    EXPECT_EQ(errno, i * 1000 + round);
    errno = -i;
    yield();
    EXPECT_EQ(errno, -i);
  };
  EXPECT_GT(migrations(4, body), 0);
  migrations(1, body);
}

TEST(travel, errno_of_a_failed_call_across_a_channel) {
  const auto c = make_chan<int>(1);
  const auto body = [&c](int i, int) {
    // Set by the C library, which knows nothing of our macro.
    ASSERT_EQ(i % 2 == 0 ? ::close(-1) : ::chdir(""), -1);
    const int expected = i % 2 == 0 ? EBADF : ENOENT;
    c.send(i);
    EXPECT_EQ(errno, expected);
    static_cast<void>(c.recv());
    EXPECT_EQ(errno, expected);
    static_cast<void>(num_goroutine());
    EXPECT_EQ(errno, expected);
  };
  EXPECT_GT(migrations(4, body), 0);
}

TEST(travel, rounding_modes) {
  const auto body = [](int i, int round) {
    constexpr int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    const int mine = modes[(i + round) % 4];
    std::fesetround(mine);
    yield();
    EXPECT_EQ(std::fegetround(), mine);
    // The SSE unit computes with it, not only the register says so.
    volatile double one = 1;
    volatile double three = 3;
    const double below = 0x1.5555555555555p-2;  // the double under 1/3
    EXPECT_EQ(processor::divide(one, three), mine == FE_UPWARD ? 0x1.5555555555556p-2 : below);
    volatile float small = 1;  // and so does the x87 unit, which has a control word of its own
    const volatile long double quotient = static_cast<long double>(small) / 3;
    EXPECT_EQ(quotient * 3 > 1.0L, mine == FE_UPWARD);
    std::fesetround(FE_TONEAREST);
  };
  EXPECT_GT(migrations(4, body), 0);
  migrations(1, body);
}

TEST(travel, a_new_goroutine_has_usual_modes_and_leaves_none) {
  run({.gomaxprocs = 2}, [] {
    std::fesetround(FE_UPWARD);
    for (int i = 0; i < 100; ++i) {
      spawn([] {
        EXPECT_EQ(std::fegetround(), FE_TONEAREST);
        EXPECT_EQ(errno, 0);
        std::fesetround(FE_DOWNWARD);
        errno = 33;
      }).join();
      EXPECT_EQ(std::fegetround(), FE_UPWARD);
    }
  });
  EXPECT_EQ(std::fegetround(), FE_TONEAREST) << "goroutine 1's mode stayed on the thread";
}

}  // namespace
}  // namespace gander::testing
