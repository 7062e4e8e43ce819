// SPDX-License-Identifier: Apache-2.0
//
// Selects against selects: nothing is lost, nothing comes twice, nobody waits for ever.
#include <gander/select.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using testing::tracked;
using testing::workers;

template <typename T>
struct select_stress : ::testing::Test {
  ~select_stress() override { EXPECT_EQ(leaks.left(), 0); }
  testing::no_leaks leaks;
};
int number(int v) { return v; }
int number(const std::unique_ptr<int>& v) { return *v; }
int number(const tracked& v) { return v.value; }
template <typename T>
T make(int n) {
  if constexpr (std::is_same_v<T, std::unique_ptr<int>>) {
    return std::make_unique<int>(n);
  } else {
    return T(n);
  }
}
using travelers = ::testing::Types<int, std::unique_ptr<int>, tracked>;
TYPED_TEST_SUITE(select_stress, travelers);

// One select sends an ascending sequence over four channels, another reads them: a wakeup that
// chose two cases, or none, would show as a number that comes twice, or never.
TYPED_TEST(select_stress, a_select_against_a_select) {
  constexpr int count = 4000;
  for (const std::size_t capacity : {0u, 1u}) {
    std::array<chan<TypeParam>, 4> c;
    for (auto& one : c) one = make_chan<TypeParam>(capacity);
    workers w;
    w.go([&] {
      for (int i = 0; i < count; ++i) {
        auto v = make<TypeParam>(i);
        select(on_send(c[0], v), on_send(c[1], v), on_send(c[2], v), on_send(c[3], v));
      }
      for (auto& one : c) one.close();
    });
    std::vector<int> seen(count);
    std::array<chan<TypeParam>, 4> open = c;
    int left = 4;
    while (left > 0) {
      const auto take = [&](int n) {
        return [&, n](std::optional<TypeParam> v) {
          if (v) {
            ++seen[static_cast<std::size_t>(number(*v))];
          } else {
            open[static_cast<std::size_t>(n)] = nullptr;
            --left;
          }
        };
      };
      select(on_recv(open[0], take(0)), on_recv(open[1], take(1)), on_recv(open[2], take(2)),
             on_recv(open[3], take(3)));
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), count);
  }
}

// Everybody locks the same channels, each in an order of its own: without the one order of
// addresses this stands still.
TYPED_TEST(select_stress, shuffled_channels_lock_in_one_order) {
  constexpr int parties = 6, channels = 5, each = 800;
  std::vector<chan<TypeParam>> c(channels);
  for (int i = 0; i < channels; ++i)
    c[static_cast<std::size_t>(i)] = make_chan<TypeParam>(i % 3 == 0 ? 1 : 0);
  std::atomic<int> sent{0}, received{0};
  auto stop = make_chan<void>();
  workers readers;
  for (int r = 0; r < parties; ++r) {
    readers.go([&, r] {
      std::mt19937 random(static_cast<unsigned>(r));
      std::vector<chan<TypeParam>> mine = c;
      bool go_on = true;
      while (go_on) {
        std::shuffle(mine.begin(), mine.end(), random);
        const auto count_it = [&](std::optional<TypeParam>) { ++received; };
        // The same channel twice, too.
        select(on_recv(mine[0], count_it), on_recv(mine[1], count_it), on_recv(mine[0], count_it),
               on_recv(mine[2], count_it), on_recv(mine[3], count_it), on_recv(mine[4], count_it),
               on_recv(stop, [&] { go_on = false; }));
      }
    });
  }
  {
    workers writers;
    for (int s = 0; s < parties; ++s) {
      writers.go([&, s] {
        std::mt19937 random(static_cast<unsigned>(100 + s));
        std::vector<chan<TypeParam>> mine = c;
        for (int i = 0; i < each; ++i) {
          std::shuffle(mine.begin(), mine.end(), random);
          auto v = make<TypeParam>(i);
          std::vector<select_case> cases;
          for (const auto& one : mine) cases.emplace_back(on_send(one, v));
          select(cases);
          ++sent;
        }
      });
    }
  }
  stop.close();
  readers.wait();
  for (auto& one : c) {
    while (one.try_recv()) ++received;
  }
  EXPECT_EQ(sent, parties * each);
  EXPECT_EQ(received, parties * each);
}

// One of two cases is ready at every moment, only not always the same: to look at one after the
// other is not enough.
TYPED_TEST(select_stress, a_default_is_not_chosen_while_something_is_ready) {
  constexpr int rounds = 3000;
  for (const bool by_close : {false, true}) {
    auto starts = make_chan<std::array<chan<TypeParam>, 2>>();
    auto ends = make_chan<void>();
    workers w;
    w.go([&] {
      for (const auto& c : starts) {
        EXPECT_NE(select(on_recv(c[0]), on_recv(c[1]), on_default()), 2u);
        ends.send();
      }
    });
    for (int i = 0; i < rounds; ++i) {
      const std::array<chan<TypeParam>, 2> c{make_chan<TypeParam>(1), make_chan<TypeParam>(1)};
      c[0].send(make<TypeParam>(1));
      starts.send(c);
      if (by_close) {
        c[1].close();
      } else {
        c[1].send(make<TypeParam>(2));
      }
      (void)c[0].try_recv();
      ends.recv();
    }
    starts.close();
  }
}

// When a select goes on, all its places in the queues are given up, however many in one.
TYPED_TEST(select_stress, leaves_nothing_queued_on_a_channel_named_twice) {
  for (int round = 0; round < 200; ++round) {
    auto twice = make_chan<TypeParam>(), once = make_chan<TypeParam>();
    std::atomic<bool> selects{false};
    workers w;
    w.go([&] {
      selects = true;
      EXPECT_EQ(select(on_recv(twice), on_recv(twice), on_recv(once)), 2u);
    });
    while (!selects) std::this_thread::yield();
    w.go([&] { EXPECT_EQ(number(*twice.recv()), 8); });
    once.send(make<TypeParam>(7));
    twice.send(make<TypeParam>(8));
  }
}

// Closing races with everything that can wait on a channel; each party ends, and values are
// conserved.
TYPED_TEST(select_stress, close_storm) {
  for (int round = 0; round < 60; ++round) {
    auto c = make_chan<TypeParam>(static_cast<std::size_t>(round % 3));
    std::atomic<int> sent{0}, received{0};
    {
      workers w;
      for (int i = 0; i < 3; ++i) {
        w.go([&, i] {
          try {
            for (;;) {
              auto v = make<TypeParam>(1);
              if (i == 0) {
                c.send(std::move(v));
              } else if (i == 1) {
                select(on_send(c, v), on_recv(chan<int>()));
              } else if (!c.send_for(std::move(v), std::chrono::microseconds(50))) {
                continue;
              }
              ++sent;
            }
          } catch (const panic_error& e) {
            EXPECT_STREQ(e.what(), "send on closed channel");
          }
        });
        w.go([&, i] {
          for (recv_status status = recv_status::ok; status != recv_status::closed;) {
            std::optional<TypeParam> v;
            if (i == 0) {
              if (auto got = c.recv()) v.emplace(std::move(*got));
              status = v ? recv_status::ok : recv_status::closed;
            } else if (i == 1) {
              select(on_recv(c, v), on_recv(chan<int>()));
              status = v ? recv_status::ok : recv_status::closed;
            } else {
              if (auto got = c.recv_for(std::chrono::microseconds(50), status)) ++received;
            }
            if (v) ++received;
          }
        });
      }
      while (received < 20) std::this_thread::yield();
      c.close();
    }
    EXPECT_EQ(sent, received);
  }
}

}  // namespace
}  // namespace gander
