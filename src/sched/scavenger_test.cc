// SPDX-License-Identifier: Apache-2.0
#include "sched/scavenger.h"

#include <gander/gander.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <numeric>

#include "os/os.h"
#include "stack/stack.h"
#include "support/build.h"

namespace gander {
namespace {

constexpr int count = 200;
// What a stack of the usual size has room for, beside 16 KiB; more than what is kept.
constexpr std::size_t deep_bytes = (testing::wide_addresses ? 120 : 44) * 1024;
static_assert(deep_bytes > stack::kept_size + 4096);

class scavenger_test : public ::testing::Test {
 protected:
  void SetUp() override {
    scavenge_period_ns = 1'000'000;
    scavenge_parked_ns = 2'000'000;
  }
  void TearDown() override {
    scavenge_period_ns = period_ns_;
    scavenge_parked_ns = parked_ns_;
  }

 private:
  const std::int64_t period_ns_ = scavenge_period_ns;
  const std::int64_t parked_ns_ = scavenge_parked_ns;
};

// Uses `bytes` more of the stack, page by page, and returns the lowest address.
[[gnu::noinline]] std::uintptr_t go_deep(std::size_t bytes) {
  volatile char frame[2048];
  for (std::size_t i = 0; i < sizeof frame; i += 256) frame[i] = static_cast<char>(i);
  std::uintptr_t here;  // an address as a number, for compilers that warn of addresses of locals
  asm volatile("" : "=r"(here) : "0"(&frame[0]));
  const std::uintptr_t lowest = bytes > sizeof frame ? go_deep(bytes - sizeof frame) : here;
  return frame[256] == 0 ? lowest : 0;
}

int resident(const std::array<std::uintptr_t, count>& pages) {
  return static_cast<int>(std::count_if(pages.begin(), pages.end(), [](std::uintptr_t at) {
    return os::is_resident(reinterpret_cast<void*>(at));
  }));
}

// Keeps sysmon awake: nothing is scavenged faster than it looks.
void wait_until_gone(const std::array<std::uintptr_t, count>& pages) {
  while (resident(pages) != 0) sleep_for(std::chrono::milliseconds(1));
}

TEST_F(scavenger_test, long_parked_goroutines_lose_what_they_do_not_use_and_nothing_else) {
  run([] {
    std::array<std::uintptr_t, count> lowest{};
    std::atomic<int> sound{0};
    auto wake = make_chan<void>();
    wait_group deep, all;
    deep.add(count);
    for (int i = 0; i < count; ++i)
      all.go([&, i] {
        std::array<int, 4096> kept;  // in use: more than what is kept below it
        std::iota(kept.begin(), kept.end(), i);
        lowest[static_cast<std::size_t>(i)] = go_deep(deep_bytes);
        deep.done();
        wake.recv();
        for (int k = 0; k < 4096; ++k)
          if (kept[static_cast<std::size_t>(k)] != i + k) return;
        if (go_deep(deep_bytes) == lowest[static_cast<std::size_t>(i)]) ++sound;
      });
    deep.wait();
    wait_until_gone(lowest);
    wake.close();
    all.wait();
    EXPECT_EQ(sound, count);
  });
}

TEST_F(scavenger_test, dead_goroutines_keep_little) {
  run([] {
    std::array<std::uintptr_t, count> lowest{};
    wait_group all;
    for (int i = 0; i < count; ++i)
      all.go([&, i] { lowest[static_cast<std::size_t>(i)] = go_deep(deep_bytes); });
    all.wait();
    wait_until_gone(lowest);
  });
}

// Goroutines are woken while their pages go.
TEST_F(scavenger_test, revival_and_scavenging_do_not_meet) {
  scavenge_period_ns = 0;
  scavenge_parked_ns = 0;
  run([] {
    constexpr int rounds = 400;
    std::atomic<int> sound{0};
    wait_group all;
    for (int i = 0; i < count; ++i)
      all.go([&, i] {
        for (int round = 0; round < rounds; ++round) {
          if (go_deep(deep_bytes - 4096) == 0) return;
          if (round % 8 == i % 8) sleep_for(std::chrono::microseconds(100 * (i % 16)));
          yield();
        }
        ++sound;
      });
    all.wait();
    EXPECT_EQ(sound, count);
  });
}

}  // namespace
}  // namespace gander
