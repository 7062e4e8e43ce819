// SPDX-License-Identifier: Apache-2.0
//
// What goroutines that are parked when marking begins hold, and lose before anybody has looked at
// their stacks. The collector is kept from them by a stack that takes long, and stands before
// theirs in the table.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "collector/watch_test_helper.h"
#include "sched/g_table.h"

namespace gander::collector {
namespace {

// Leaves nothing where it was moved from.
struct holder {
  node* held = nullptr;
  holder() = default;
  explicit holder(node* n) noexcept : held(n) {}
  holder(holder&& other) noexcept : held(std::exchange(other.held, nullptr)) {}
  holder& operator=(holder&&) = delete;
};
struct inline_holder : holder {
  using holder::holder;
};

}  // namespace
}  // namespace gander::collector

template <>
inline constexpr bool gander::enable_inline_move<gander::collector::inline_holder> = true;

namespace gander::collector {
namespace {

int waiting_for(wait_reason reason) {
  int count = 0;
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    const g_record& record = g_table::records()[i];
    count += record.status.load() == g_status::waiting && record.reason.load() == reason;
  }
  return count;
}
void until_waiting(wait_reason reason, int count) {
  while (waiting_for(reason) < count) yield();
}

constexpr std::size_t deep_bytes = std::size_t{64} << 20;

[[gnu::noinline]] void park_deep(const chan<void>& until) {
  volatile char frame[deep_bytes];
  frame[0] = 1;
  until.recv();
  frame[1] = frame[0];
}

// A node that is held by the root alone.
class rooted_node {
 public:
  rooted_node() : root_(internal::gc_take_root()) {
    watched_ = watch([this] {
      node* const n = make_node(42);
      root_->value.store(n);
      return n;
    });
  }
  ~rooted_node() { internal::gc_put_root(root_); }

  node* take() { return static_cast<node*>(const_cast<void*>(root_->value.exchange(nullptr))); }
  watcher& watched() { return *watched_; }

 private:
  internal::gc_root_cell* root_;
  std::unique_ptr<watcher> watched_;
};

// `give` runs on a goroutine that is parked when marking begins, with the node in its hands; `take`
// on one that runs then, and gets it meanwhile. It parks with it until the cycle is over.
template <typename Give, typename Take>
void expect_kept(wait_reason gives_in, Give give, Take take) {
  in_run([&] {
    const auto over = make_chan<void>();
    const auto keep = make_chan<void>();
    go({.stack_size = 2 * deep_bytes}, [=] { park_deep(over); });
    until_waiting(wait_reason::chan_receive, 1);
    for (int round = 0; round < 3; ++round) {
      rooted_node n;
      auto given = spawn([&] { give(n); });
      until_waiting(gives_in, gives_in == wait_reason::chan_receive ? 2 : 1);
      std::atomic<bool> runs{false};
      std::atomic<bool> collected{false};  // it may be too late, on a busy machine
      const auto go_on = make_chan<void>();
      auto taken = spawn([&] {
        runs = true;
        while (!internal::gc_now.marking.load() && !collected.load()) {
        }
        const auto got = take();
        go_on.recv();
        return got->held->value;
      });
      while (!runs) yield();
      collect_now();
      collected = true;
      EXPECT_TRUE(n.watched().lives());
      go_on.close();
      EXPECT_EQ(taken.join(), 42U);
      given.join();
      EXPECT_TRUE(goes(n.watched()));
    }
    over.close();
  });
}

template <typename Holder>
void expect_moved_value_kept(std::size_t capacity) {
  chan<Holder> c;
  expect_kept(
      wait_reason::chan_send,
      [&](rooted_node& n) {
        c = make_chan<Holder>(capacity);
        for (std::size_t i = 0; i < capacity; ++i) c.send(Holder());  // the buffer is full
        c.send(Holder(n.take()));
      },
      [&] {
        for (std::size_t i = 0; i < c.cap(); ++i) c.recv();
        return c.recv();
      });
}

TEST(parked_stacks, what_is_moved_off_one_by_user_code_is_kept) {
  expect_moved_value_kept<holder>(0);
}
TEST(parked_stacks, what_is_moved_off_one_under_the_lock_is_kept) {
  expect_moved_value_kept<inline_holder>(0);
}
TEST(parked_stacks, what_is_moved_off_one_into_a_buffer_is_kept) {
  expect_moved_value_kept<inline_holder>(1);
}

[[gnu::noinline]] void relay(rooted_node& n, const chan<int>& woken, const chan<node*>& out) {
  node* const held = n.take();
  woken.recv();
  out.send(held);
}

// Over what relay() has left below.
[[gnu::noinline]] void clean_stack() {
  constexpr std::size_t bytes = 16 << 10;
  volatile char frame[bytes];
  for (volatile char& c : frame) c = 0;
}

// It runs on with what it held, and gives it away.
TEST(parked_stacks, are_looked_at_before_their_goroutines_run) {
  const auto woken = make_chan<int>();
  const auto out = make_chan<node*>();
  const auto cleaned = make_chan<void>(1);
  expect_kept(
      wait_reason::chan_receive,
      [&](rooted_node& n) {
        relay(n, woken, out);
        clean_stack();
        cleaned.send();
      },
      [&] {
        woken.send(1);
        std::optional<holder> got(std::in_place, *out.recv());
        cleaned.recv();
        return got;
      });
}

}  // namespace
}  // namespace gander::collector
