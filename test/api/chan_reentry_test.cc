// SPDX-License-Identifier: Apache-2.0
//
// No user code runs under a lock: values whose moves and destructors use the very channel they
// travel through.
#include <gander/select.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/workers.h"

namespace gander {
namespace {

using testing::workers;

// Pokes at its channel whenever it is moved or destroyed.
struct meddler {
  static inline std::atomic<int> live{0};
  static inline std::atomic<int> pokes{0};

  int n;
  chan<meddler>* through;  // nullptr: keeps still

  meddler(int number, chan<meddler>* c) : n(number), through(c) { ++live; }
  meddler(meddler&& o) noexcept : n(o.n), through(o.through) {
    ++live;
    poke();
    o.through = nullptr;
  }
  ~meddler() {
    --live;
    poke();
  }

  void poke() {
    if (through == nullptr) return;
    ++pokes;
    EXPECT_LE(through->len(), through->cap());
    // Neither a full nor an empty channel may make these wait. What is taken goes back to the test.
    recv_status status;
    if (auto other = through->try_recv(status)) {
      other->through = nullptr;
      ++taken;
    }
    select(on_recv(chan<int>()), on_default());
  }

  static inline std::atomic<int> taken{0};
};

TEST(chan_reentry, moves_and_destructors_that_use_their_channel) {
  constexpr int count = 300;
  for (const std::size_t capacity : {0u, 1u, 4u}) {
    meddler::taken = 0;
    meddler::pokes = 0;
    int received = 0;
    {
      auto c = make_chan<meddler>(capacity);
      workers w;
      w.go([&] {
        for (int i = 0; i < count; ++i) c.send(meddler(i, &c));
        c.close();
      });
      for (meddler& m : c) {
        ++received;
        m.through = nullptr;
      }
    }
    EXPECT_EQ(received + meddler::taken, count);
    EXPECT_GT(meddler::pokes, 0);
    EXPECT_EQ(meddler::live, 0);
  }
}

// A move that sends to, and so may wait on, another channel.
struct announced {
  chan<int>* news;
  explicit announced(chan<int>& c) : news(&c) {}
  announced(announced&& o) : news(o.news) { news->send(1); }
};

TEST(chan_reentry, a_move_may_block) {
  for (const std::size_t capacity : {0u, 2u}) {
    auto news = make_chan<int>();
    auto c = make_chan<announced>(capacity);
    std::atomic<int> told{0};
    workers listener;
    listener.go([&] {
      for ([[maybe_unused]] int one : news) ++told;
    });
    {
      workers w;
      w.go([&] {
        for (int i = 0; i < 50; ++i) c.send(announced(news));
        c.close();
      });
      w.go([&] {
        while (c.recv()) {
        }
      });
    }
    news.close();
    listener.wait();
    EXPECT_EQ(told, capacity == 0 ? 50 : 100);
  }
}

// The destructor of a value left in a channel runs when the last handle goes, wherever that is.
struct parting {
  chan<int> last_words;
  explicit parting(chan<int> c) : last_words(std::move(c)) {}
  parting(parting&&) = default;
  ~parting() {
    if (last_words) last_words.send(1);
  }
};

TEST(chan_reentry, a_value_destroyed_with_its_channel_may_send) {
  auto words = make_chan<int>(8);
  auto c = make_chan<parting>(3);
  c.send(parting(words));
  c.send(parting(words));
  EXPECT_EQ(words.len(), 0u);
  c = nullptr;
  EXPECT_EQ(words.len(), 2u);
}

TEST(chan_reentry, a_callback_may_use_the_channels_of_its_select) {
  auto c = make_chan<int>(1);
  c.send(1);
  select(on_recv(c, [&](std::optional<int> n) {
    c.send(*n + 1);
    select(on_recv(c, [&](std::optional<int> m) { EXPECT_EQ(m, 2); }));
    c = nullptr;
  }));
  EXPECT_FALSE(c);
}

}  // namespace
}  // namespace gander
