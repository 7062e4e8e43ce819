// SPDX-License-Identifier: Apache-2.0
//
// What holds an object: each place there is, and nothing else.
#include <gander/context.h>
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

TEST(collector, frees_what_nothing_holds) {
  in_run([] { EXPECT_TRUE(goes(*watch([] { return make_node(); }))); });
}

TEST(collector, keeps_what_a_local_holds) {
  in_run([] {
    node* const n = make_node();
    n->value = 42;
    const watcher w(n);
    EXPECT_TRUE(stays(w));
    EXPECT_EQ(n->value, 42U);
  });
}

TEST(collector, keeps_what_a_parked_goroutine_holds) {
  in_run([] {
    auto go_on = make_chan<void>();
    auto made = make_chan<watcher*>();
    auto h = spawn([=] {
      node* const n = make_node();
      n->value = 7;
      made.send(new watcher(n));
      go_on.recv();
      return n->value;
    });
    const std::unique_ptr<watcher> w(made.recv().value());
    EXPECT_TRUE(stays(*w));
    go_on.close();
    EXPECT_EQ(h.join(), 7U);
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_channels_buffer_holds) {
  in_run([] {
    auto c = make_chan<node*>(3);
    const auto w = watch([=] {
      node* const n = make_node();
      c.send(n);
      return n;
    });
    EXPECT_TRUE(stays(*w));
    spawn([=] { c.recv(); }).join();
    // What is left in the slot is not looked at.
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_goroutines_closure_holds) {
  in_run([] {
    auto go_on = make_chan<void>();
    auto done = make_chan<std::uintptr_t>(1);
    const auto w = watch([=] {
      node* const n = make_node();
      n->value = 5;
      go([=] {
        go_on.recv();
        done.send(n->value);
      });
      return n;
    });
    EXPECT_TRUE(stays(*w));
    go_on.close();
    EXPECT_EQ(done.recv(), 5U);
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_large_closure_holds) {
  in_run([] {
    struct large {
      char bytes[17'000];
      node* n;
    };
    auto go_on = make_chan<void>();
    auto done = make_chan<std::uintptr_t>(1);
    const auto w = watch([=] {
      auto l = std::make_unique<large>();
      node* const n = make_node();
      n->value = 5;
      l->n = n;
      go([=, l = *l] {
        go_on.recv();
        done.send(l.n->value);
      });
      return n;
    });
    EXPECT_TRUE(stays(*w));
    go_on.close();
    EXPECT_EQ(done.recv(), 5U);
  });
}

TEST(collector, keeps_what_a_goroutine_local_holds) {
  static goroutine_local<node*> local;
  in_run([] {
    auto go_on = make_chan<void>();
    auto made = make_chan<watcher*>();
    auto h = spawn([=] {
      const auto inner = watch([] { return make_node(); });  // so that the code is warm
      *local = make_node();
      made.send(new watcher(*local));
      go_on.recv();
      return *local != nullptr;
    });
    const std::unique_ptr<watcher> w(made.recv().value());
    EXPECT_TRUE(stays(*w));
    go_on.close();
    EXPECT_TRUE(h.join());
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_context_holds) {
  static const context_key<node*> key;
  in_run([] {
    std::unique_ptr<context> ctx;  // an optional one has bytes of older frames between its own
    const auto w = watch([&] {
      node* const n = make_node();
      ctx = std::make_unique<context>(with_value(background(), key, n));
      return n;
    });
    EXPECT_TRUE(stays(*w));
    ctx.reset();
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_timers_function_holds) {
  in_run([] {
    std::unique_ptr<timer> t;
    const auto w = watch([&] {
      node* const n = make_node();
      t.reset(new timer(timer::after_func(std::chrono::hours(1), [n] { n->value = 1; })));
      return n;
    });
    EXPECT_TRUE(stays(*w));
    t->stop();
    t.reset();
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_a_result_holds) {
  in_run([] {
    handle<node*> h;
    const auto w = watch([&] {
      node* made = nullptr;
      auto ready = make_chan<void>(1);
      h = spawn([&made, ready] {
        node* const n = make_node();
        made = n;
        ready.send();
        return n;
      });
      ready.recv();
      return made;
    });
    EXPECT_TRUE(stays(*w));
    spawn([&] { h.join(); }).join();
    EXPECT_TRUE(goes(*w));
  });
}

node* global_node = nullptr;

TEST(collector, keeps_what_a_global_holds) {
  in_run([] {
    const auto w = watch([] { return global_node = make_node(); });
    EXPECT_TRUE(stays(*w));
    internal::gc_store(global_node, static_cast<node*>(nullptr));
    EXPECT_TRUE(goes(*w));
  });
}

TEST(collector, keeps_what_select_holds) {
  in_run([] {
    auto out = make_chan<node*>();
    auto other = make_chan<int>();
    auto made = make_chan<watcher*>();
    go([=] {
      node* const n = make_node();
      n->value = 3;
      made.send(new watcher(n));
      select(on_send(out, n, [] {}), on_recv(other, [](std::optional<int>) {}));
    });
    const std::unique_ptr<watcher> w(made.recv().value());
    EXPECT_TRUE(stays(*w));
    EXPECT_EQ(spawn([=] { return out.recv().value()->value; }).join(), 3U);
    EXPECT_TRUE(goes(*w));
  });
}

// Between the making of a case and its select nothing else holds the value.
TEST(collector, keeps_what_a_case_that_was_made_before_holds) {
  in_run([] {
    auto out = make_chan<node*>(1);
    std::vector<select_case> cases;
    const auto w = watch([&] {
      node* const n = make_node(3);
      cases.emplace_back(on_send(out, n, [] {}));
      return n;
    });
    EXPECT_TRUE(stays(*w));
    spawn([&] { select(cases); }).join();
    EXPECT_EQ(spawn([=] { return out.recv().value()->value; }).join(), 3U);
    cases.clear();
    EXPECT_TRUE(goes(*w));
  });
}

// A thread that computes, and one that waits in the system: only their registers and stacks hold
// the objects.
TEST(collector, keeps_what_plain_threads_hold) {
  std::atomic<watcher*> watchers[2] = {};
  std::atomic<bool> go_on{false};
  std::atomic<std::uintptr_t> sum{0};
  auto body = [&](int i) {
    node* const n = make_node();
    n->value = 20;
    watchers[i] = new watcher(n);
    if (i == 0)
      while (!go_on) {
      }
    else
      while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sum += n->value;
  };
  std::thread computes(body, 0), sleeps(body, 1);
  while (watchers[0] == nullptr || watchers[1] == nullptr) std::this_thread::yield();
  const std::unique_ptr<watcher> a(watchers[0]), b(watchers[1]);
  EXPECT_TRUE(stays(*a));
  EXPECT_TRUE(b->lives());
  go_on = true;
  computes.join();
  sleeps.join();
  EXPECT_EQ(sum, 40U);
  EXPECT_TRUE(goes(*a));
  EXPECT_TRUE(goes(*b));
}

// What is held by the caller of run(), on its own stack.
TEST(collector, keeps_what_the_caller_of_run_holds) {
  node* const n = make_node();
  n->value = 8;
  const watcher w(n);
  in_run([&] { EXPECT_TRUE(stays(w)); });
  // When the main goroutine has parked once, that thread only waits.
  in_run([&] { spawn([&] { EXPECT_TRUE(stays(w)); }).join(); });
  EXPECT_EQ(n->value, 8U);
}

TEST(collector, follows_edges_of_objects) {
  in_run([] {
    internal::gc_root_cell* const root = internal::gc_take_root();
    std::unique_ptr<watcher> end;
    const auto w = watch([&] {
      node* const first = make_node();
      root->value.store(first);
      node* last = first;
      for (int i = 0; i < 1000; ++i) {
        node* const next = make_node();
        internal::gc_store(i % 2 != 0 ? last->left : last->right, next);
        last = next;
      }
      end = std::make_unique<watcher>(last);
      return first;
    });
    EXPECT_TRUE(stays(*w));
    EXPECT_TRUE(end->lives());
    // Elsewhere: what it had in hand may stay in holes of later frames.
    spawn([root] { internal::gc_put_root(root); }).join();
    EXPECT_TRUE(goes(*w));
    EXPECT_TRUE(goes(*end));
  });
}

}  // namespace
}  // namespace gander::collector
