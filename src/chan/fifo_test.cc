// SPDX-License-Identifier: Apache-2.0
//
// Who waits first is served first: seen from inside, where a test can wait until somebody waits.
#include <gander/select.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "chan/chan.h"
#include "support/tracked.h"
#include "support/workers.h"

namespace gander {
namespace {

using internal::chan_core;
using testing::tracked;
using testing::workers;

int waiting(chan_core& c, bool senders) {
  const internal::lock_scope locked(c.mutex);
  int n = 0;
  for (const sudog* s = (senders ? c.senders : c.receivers).head; s != nullptr; s = s->next) ++n;
  return n;
}

template <typename T>
void until_waiting(const chan<T>& c, bool senders, int n) {
  while (waiting(*internal::access::core(c), senders) != n) std::this_thread::yield();
}

template <typename T>
int number(const std::optional<T>& v) {
  if constexpr (std::is_same_v<T, tracked>) {
    return v ? v->value : -1;
  } else {
    return v.value_or(-1);
  }
}

template <typename T>
struct fifo : ::testing::Test {};
using travelers = ::testing::Types<int, tracked>;
TYPED_TEST_SUITE(fifo, travelers);

TYPED_TEST(fifo, senders) {
  for (const int capacity : {0, 2}) {
    auto c = make_chan<TypeParam>(static_cast<std::size_t>(capacity));
    for (int i = 0; i < capacity; ++i) c.send(TypeParam(i));
    workers w;
    for (int i = 0; i < 8; ++i) {
      w.go([c, i, capacity] {
        TypeParam value(capacity + i);
        if (i % 2 == 0) {
          c.send(std::move(value));
        } else {
          select(on_send(c, value), on_recv(chan<int>()));
        }
      });
      until_waiting(c, true, i + 1);
    }
    for (int i = 0; i < 8 + capacity; ++i) EXPECT_EQ(number<TypeParam>(c.recv()), i);
  }
}

TYPED_TEST(fifo, receivers) {
  for (const std::size_t capacity : {0u, 2u}) {
    auto c = make_chan<TypeParam>(capacity);
    std::vector<int> got(8, -2);
    workers w;
    for (int i = 0; i < 8; ++i) {
      w.go([c, i, &got] {
        std::optional<TypeParam> v;
        if (i % 2 == 0) {
          select(on_recv(c, v));
          got[static_cast<std::size_t>(i)] = number<TypeParam>(v);
        } else {
          got[static_cast<std::size_t>(i)] = number<TypeParam>(c.recv());
        }
      });
      until_waiting(c, false, i + 1);
    }
    for (int i = 0; i < 8; ++i) c.send(TypeParam(i));
    w.wait();
    for (int i = 0; i < 8; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
  }
}

TYPED_TEST(fifo, a_time_limit_leaves_the_queue) {
  for (const std::size_t capacity : {0u, 1u}) {
    auto c = make_chan<TypeParam>(capacity);
    EXPECT_FALSE(c.recv_for(std::chrono::milliseconds(1)));
    EXPECT_EQ(waiting(*internal::access::core(c), false), 0);
    if (capacity > 0) c.send(TypeParam(0));
    EXPECT_FALSE(c.send_for(TypeParam(1), std::chrono::milliseconds(1)));
    EXPECT_EQ(waiting(*internal::access::core(c), true), 0);
  }
}

// A select leaves the queues of all the cases that lost, and no wakeup is lost on it.
TYPED_TEST(fifo, a_select_leaves_every_queue) {
  auto a = make_chan<TypeParam>();
  auto b = make_chan<TypeParam>();
  workers w;
  std::optional<TypeParam> v;
  w.go([&] { select(on_recv(a, v), on_recv(b, v), on_recv(a, v)); });
  until_waiting(a, false, 2);
  until_waiting(b, false, 1);
  b.send(TypeParam(4));
  w.wait();
  EXPECT_EQ(number<TypeParam>(v), 4);
  EXPECT_EQ(waiting(*internal::access::core(a), false), 0);
  EXPECT_FALSE(a.try_send(TypeParam(5)));
}

// The protocol of cells, in orders that no test could bring about through real moves.
struct cells : ::testing::Test {
  chan<tracked> c = make_chan<tracked>(2);
  chan_core& core = *internal::access::core(c);
  internal::cell x, y, z;
  ~cells() override {
    core.first = core.last = nullptr;
  }  // these cells are not the channel's to free
};

TEST_F(cells, a_pending_front_holds_back_what_is_behind) {
  ASSERT_EQ(cell_try_reserve(core, &x), internal::chan_result::done);
  ASSERT_EQ(cell_try_reserve(core, &y), internal::chan_result::done);
  EXPECT_EQ(cell_try_reserve(core, &z), internal::chan_result::would_block);
  cell_commit(core, &y);
  EXPECT_EQ(cell_try_take(core).result, internal::chan_result::would_block);
  cell_commit(core, &x);
  EXPECT_EQ(cell_try_take(core).slot(), &x);
  EXPECT_EQ(cell_try_take(core).slot(), &y);
  EXPECT_EQ(cell_try_take(core).result, internal::chan_result::would_block);
}

TEST_F(cells, a_cancelled_front_lets_the_next_one_through) {
  cell_try_reserve(core, &x);
  cell_try_reserve(core, &y);
  cell_commit(core, &y);
  cell_cancel(core, &x);
  EXPECT_EQ(c.len(), 1u);
  EXPECT_EQ(cell_try_take(core).slot(), &y);
}

TEST_F(cells, the_end_waits_for_reservations) {
  cell_try_reserve(core, &x);
  c.close();
  EXPECT_EQ(cell_try_take(core).result, internal::chan_result::would_block);
  EXPECT_EQ(cell_try_reserve(core, &y), internal::chan_result::closed);
  internal::outcome end{internal::chan_result::done};
  workers w;
  w.go([&] { end = cell_take(core, internal::no_deadline); });
  until_waiting(c, false, 1);
  cell_cancel(core, &x);
  w.wait();
  EXPECT_EQ(end.result, internal::chan_result::closed);
}

TEST_F(cells, a_receiver_that_waited_at_the_close_gets_the_last_value) {
  cell_try_reserve(core, &x);
  internal::outcome first{}, second{};
  workers w;
  w.go([&] { first = cell_take(core, internal::no_deadline); });
  until_waiting(c, false, 1);
  w.go([&] { second = cell_take(core, internal::no_deadline); });
  until_waiting(c, false, 2);
  c.close();
  EXPECT_EQ(waiting(core, false), 2);
  cell_commit(core, &x);
  w.wait();
  EXPECT_EQ(first.slot(), &x);
  EXPECT_EQ(second.result, internal::chan_result::closed);
}

TEST_F(cells, what_is_put_back_comes_first_and_may_exceed_the_capacity) {
  cell_try_reserve(core, &x);
  cell_commit(core, &x);
  ASSERT_EQ(cell_try_take(core).slot(), &x);
  cell_try_reserve(core, &y);
  cell_try_reserve(core, &z);
  cell_put_back(core, &x);
  EXPECT_EQ(c.len(), 3u);
  EXPECT_FALSE(c.try_send(tracked(1)));
  EXPECT_EQ(cell_try_take(core).slot(), &x);
}

TEST_F(cells, a_waiting_sender_is_granted_its_place_in_order) {
  for (internal::cell* own : {&x, &y}) {
    cell_try_reserve(core, own);
    cell_commit(core, own);
  }
  workers w;
  internal::chan_result granted = internal::chan_result::closed;
  w.go([&] { granted = cell_reserve(core, &z, internal::no_deadline); });
  until_waiting(c, true, 1);
  EXPECT_EQ(cell_try_take(core).slot(), &x);
  w.wait();
  EXPECT_EQ(granted, internal::chan_result::done);
  EXPECT_EQ(c.len(), 2u);
  cell_commit(core, &z);
  EXPECT_EQ(cell_try_take(core).slot(), &y);
  EXPECT_EQ(cell_try_take(core).slot(), &z);
}

}  // namespace
}  // namespace gander
