// SPDX-License-Identifier: Apache-2.0
//
// Moves that throw: nothing is lost, nothing comes twice, and the exception reaches the one whose
// move it was.
#include <gander/select.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using testing::boom;
using testing::no_leaks;
using testing::tracked;
using testing::workers;

// The ways to send and to receive; each returns when it has succeeded, however many of its moves
// throw.
using sender = void (*)(const chan<tracked>&, tracked&, int& thrown);
using receiver = bool (*)(const chan<tracked>&, int& number, int& thrown);

template <typename F>
auto stubborn(int& thrown, F&& f) {
  for (;;) {
    try {
      return f();
    } catch (const boom&) {
      ++thrown;
    }
  }
}

constexpr sender senders[] = {
    [](const chan<tracked>& c, tracked& v, int& thrown) {
      stubborn(thrown, [&] { c.send(std::move(v)); });
    },
    [](const chan<tracked>& c, tracked& v, int& thrown) {
      while (!stubborn(thrown, [&] { return c.try_send(std::move(v)); })) std::this_thread::yield();
    },
    [](const chan<tracked>& c, tracked& v, int& thrown) {
      stubborn(thrown, [&] { select(on_send(c, v), on_recv(chan<int>())); });
    },
    [](const chan<tracked>& c, tracked& v, int& thrown) {
      while (stubborn(thrown, [&] { return select(on_send(c, std::move(v)), on_default()); }) !=
             0) {
        std::this_thread::yield();
      }
    },
};

constexpr receiver receivers[] = {
    [](const chan<tracked>& c, int& n, int& thrown) {
      return stubborn(thrown, [&] {
        const std::optional<tracked> v = c.recv();
        if (v) n = v->value;
        return v.has_value();
      });
    },
    [](const chan<tracked>& c, int& n, int& thrown) {
      for (;;) {
        recv_status status = recv_status::empty;
        const bool ok = stubborn(thrown, [&] {
          const std::optional<tracked> v = c.try_recv(status);
          if (v) n = v->value;
          return v.has_value();
        });
        if (ok || status == recv_status::closed) return ok;
        std::this_thread::yield();
      }
    },
    [](const chan<tracked>& c, int& n, int& thrown) {
      return stubborn(thrown, [&] {
        std::optional<tracked> v;
        select(on_recv(c, v), on_recv(chan<int>()));
        if (v) n = v->value;
        return v.has_value();
      });
    },
};

bool polls(sender s) { return s == senders[1] || s == senders[3]; }
bool polls(receiver r) { return r == receivers[1]; }

// With one sender and one receiver the n-th move throws, for all n that happen: the values still
// come in order.
TEST(chan_throw, the_nth_move_for_all_n) {
  constexpr int count = 4;
  for (const sender send : senders) {
    for (const receiver receive : receivers) {
      for (const std::size_t capacity : {0u, 1u, 3u}) {
        if (capacity == 0 && polls(send) && polls(receive)) continue;  // these two never meet
        bool hit = true;
        for (int n = 0; hit; ++n) {
          ASSERT_LT(n, 3 * count + 1);
          const no_leaks leaks;
          std::atomic<int> thrown{0};
          {
            auto c = make_chan<tracked>(capacity);
            tracked::fuse = n;
            workers w;
            w.go([&] {
              int here = 0;
              for (int i = 0; i < count; ++i) {
                tracked v(i);
                send(c, v, here);
                EXPECT_EQ(v.value, tracked::moved_from);
              }
              c.close();
              thrown += here;
            });
            int here = 0;
            int got = -1;
            for (int i = 0; i < count; ++i) {
              EXPECT_TRUE(receive(c, got, here));
              EXPECT_EQ(got, i);
            }
            EXPECT_FALSE(receive(c, got, here));
            thrown += here;
            w.wait();
          }
          hit = tracked::fuse < 0;
          EXPECT_EQ(thrown, hit ? 1 : 0);
          EXPECT_EQ(leaks.left(), 0);
        }
      }
    }
  }
}

TEST(chan_throw, an_argument_that_could_not_be_moved_is_as_it_was) {
  for (const std::size_t capacity : {0u, 1u}) {
    const no_leaks leaks;
    auto c = make_chan<tracked>(capacity);
    workers w;
    if (capacity == 0) w.go([c] { (void)c.recv(); });
    tracked v(3);
    // Until the receiver waits it is the receiver's move that throws, and the sender never hears of
    // it.
    tracked::fuse = 0;
    bool thrown = false;
    if (capacity == 1) {
      try {
        c.send(std::move(v));
      } catch (const boom&) {
        thrown = true;
      }
      EXPECT_TRUE(thrown);
      EXPECT_EQ(c.len(), 0u);
    } else {
      while (!thrown) {
        try {
          if (c.try_send(std::move(v))) break;
        } catch (const boom&) {
          thrown = true;
        }
        std::this_thread::yield();
      }
      EXPECT_TRUE(thrown);
    }
    EXPECT_EQ(v.value, 3);
    c.send(std::move(v));
    EXPECT_EQ(v.value, tracked::moved_from);
  }
}

TEST(chan_throw, a_receiver_finds_again_what_it_could_not_take) {
  auto c = make_chan<tracked>(2);
  c.send(tracked(1));
  c.send(tracked(2));
  tracked::fuse = 0;
  EXPECT_THROW((void)c.recv(), boom);
  EXPECT_EQ(c.len(), 2u);
  EXPECT_EQ(c.recv()->value, 1);
  EXPECT_EQ(c.recv()->value, 2);
}

TEST(chan_throw, what_comes_out_of_a_buffer_stays_there_whatever_it_was_to_replace) {
  auto c = make_chan<tracked>(1);
  c.send(tracked(1));
  std::optional<tracked> v(7);
  tracked::fuse = 0;
  EXPECT_THROW(select(on_recv(c, v)), boom);
  EXPECT_EQ(c.len(), 1u);
  v.emplace(8);
  EXPECT_EQ(select(on_recv(c, v)), 0u);
  EXPECT_EQ(v->value, 1);
}

TEST(chan_throw, a_select_that_fails_runs_no_callback) {
  auto c = make_chan<tracked>(1);
  c.send(tracked(1));
  tracked::fuse = 0;
  bool ran = false;
  EXPECT_THROW(select(on_recv(c, [&](std::optional<tracked>) { ran = true; })), boom);
  EXPECT_FALSE(ran);
  std::optional<tracked> v;
  EXPECT_EQ(select(on_recv(c, v)), 0u);
  EXPECT_EQ(v->value, 1);
  tracked::fuse = 0;
  EXPECT_THROW(select(on_send(c, std::move(*v), [&] { ran = true; })), boom);
  EXPECT_FALSE(ran);
  EXPECT_EQ(v->value, 1);
}

// Every eighth move throws, among many senders and receivers that use all the ways there are.
TEST(chan_throw, storm) {
  constexpr int parties = 4, each = 1500;
  for (const std::size_t capacity : {0u, 1u, 5u}) {
    const no_leaks leaks;
    std::vector<std::atomic<int>> seen(parties * each);
    {
      auto c = make_chan<tracked>(capacity);
      workers consumers;
      for (int r = 0; r < parties; ++r) {
        consumers.go([&, r] {
          int n = 0, thrown = 0;
          while (receivers[r % 3](c, n, thrown)) ++seen[static_cast<std::size_t>(n)];
        });
      }
      std::atomic<bool> over{false};
      workers saboteur;
      saboteur.go([&] {
        while (!over) {
          if (tracked::fuse < 0) tracked::fuse = 7;
          std::this_thread::yield();
        }
      });
      workers producers;
      for (int s = 0; s < parties; ++s) {
        producers.go([&, s] {
          int thrown = 0;
          for (int i = 0; i < each; ++i) {
            tracked v(s * each + i);
            senders[s](c, v, thrown);
          }
        });
      }
      producers.wait();
      // What a receiver puts back after the last one saw the end would stay: stop throwing first.
      over = true;
      saboteur.wait();
      tracked::fuse = -1;
      while (c.len() > 0) std::this_thread::yield();
      c.close();
    }
    for (const auto& s : seen) EXPECT_EQ(s, 1);
    EXPECT_EQ(leaks.left(), 0);
  }
}

}  // namespace
}  // namespace gander
