// SPDX-License-Identifier: Apache-2.0
//
// The types of the collected heap on the collector itself: what is held stays, what is not goes,
// while goroutines change it.
#include <gander/gander.h>
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/ended.h"

namespace gander::testing {
namespace {

struct node {
  int value = 0;
  gc::ptr<node> next;
  gc::weak<node> other;
};

struct noisy {
  GANDER_GC_DESTROY(noisy)
  std::shared_ptr<std::atomic<int>> gone;
  gc::ptr<node> friend_of;
  std::unique_ptr<int> more = std::make_unique<int>(7);
  ~noisy() {
    if (friend_of->value == 5 && *more == 7) ++*gone;
  }
};

gc::ptr<node> global;

// So that no frame of the test keeps a pointer.
template <typename F>
[[gnu::noinline]] auto apart(F f) {
  return testing::run_to_the_end(std::move(f));
}

TEST(gc, keeps_what_is_held_by_each_kind_of_pointer) {
  run([] {
    struct holder {
      gc::ptr<node> in_heap;
      gc::atomic_ptr<node> atomic;
      gc::vector<gc::ptr<node>> vector;
      gc::map<gc::string, gc::ptr<node>> map;
    };
    auto* const h = gc::make<holder>();
    auto roots = std::make_unique<std::vector<gc::root<node>>>();
    auto* const seen = gc::make<gc::vector<gc::weak<node>>>();
    apart([&] {
      const auto made = [&](int value) {
        node* const n = gc::make<node>(value, gc::make<node>(-value));
        seen->push_back(n);
        return n;
      };
      global = made(1);
      h->in_heap = made(2);
      h->atomic = made(3);
      h->vector.push_back(made(4));
      h->map["five"] = made(5);
      roots->emplace_back(made(6));
    });
    for (int i = 0; i < 3; ++i) gc::collect();
    for (int i = 0; i < 6; ++i) {
      node* const n = (*seen)[static_cast<std::size_t>(i)].lock();
      ASSERT_NE(n, nullptr) << i;
      EXPECT_EQ(n->value, i + 1);
      EXPECT_EQ(n->next->value, -i - 1);
    }
    global = nullptr;
    h->in_heap = nullptr;
    h->atomic.store(nullptr);
    h->vector.clear();
    h->map.clear();
    roots->clear();
    // A stale word on a stack may keep one of them.
    int left = 0;
    apart([&] {
      for (int i = 0; i < 3; ++i) gc::collect();
      for (const auto& w : *seen) left += w.expired() ? 0 : 1;
    });
    EXPECT_LE(left, 1);
    gc::keep_alive(h);
  });
}

TEST(gc, runs_cleanups_and_destructors_of_what_is_gone) {
  auto gone = std::make_shared<std::atomic<int>>(0);
  auto cleaned = std::make_shared<std::atomic<int>>(0);
  auto stopped = std::make_shared<std::atomic<int>>(0);
  run([&] {
    constexpr int count = 100;
    apart([&] {
      for (int i = 0; i < count; ++i) {
        gc::make<noisy>(gone, gc::make<node>(5));
        node* const n = gc::make<node>();
        gc::add_cleanup(
            n, [](const std::shared_ptr<std::atomic<int>>& c) { ++*c; }, cleaned);
        EXPECT_TRUE(gc::add_cleanup(n, [stopped] { ++*stopped; }).stop());
      }
    });
    const auto almost_all = [&] {
      gc::collect();
      return *gone >= count - 2 && *cleaned >= count - 2;
    };
    await(almost_all);
    EXPECT_EQ(*stopped, 0);
  });
}

TEST(gc, containers_stay_whole_while_goroutines_change_them) {
  run({.gomaxprocs = 4}, [] {
    std::atomic<bool> stop{false};
    wait_group all;
    for (unsigned seed = 1; seed <= 3; ++seed)
      all.go([seed, &stop] {
        std::mt19937 random(seed);
        struct state {
          gc::map<gc::string, gc::ptr<int>> by_name;
          gc::vector<gc::ptr<int>> list;
        };
        state* const s = gc::make<state>();
        while (!stop.load(std::memory_order_relaxed)) {
          const int n = static_cast<int>(random() % 300);
          gc::string name(std::to_string(n));
          switch (random() % 5) {
            case 0:
            case 1:
              s->by_name[std::move(name)] = gc::make<int>(n);
              break;
            case 2:
              s->by_name.erase(name);
              break;
            case 3:
              s->list.insert(s->list.begin() + random() % (s->list.size() + 1),
                             gc::make<int>(static_cast<int>(s->list.size())));
              break;
            default:
              if (s->list.size() > 500) {
                gc::vector<gc::ptr<int>> sum;
                for (int* x : s->list) sum.push_back(gc::make<int>(*x));
                std::vector<bool> found(sum.size());
                for (int* x : sum) found.at(static_cast<std::size_t>(*x)) = true;
                for (const bool f : found) {
                  ASSERT_TRUE(f);
                }
                s->list.clear();
              }
          }
          if (random() % 1000 != 0) continue;
          for (const auto& [key, value] : s->by_name) {
            ASSERT_EQ(std::to_string(*value), key.view());
          }
        }
      });
    for (int i = 0; i < 50; ++i) gc::collect();
    stop = true;
    all.wait();
  });
}

}  // namespace
}  // namespace gander::testing
