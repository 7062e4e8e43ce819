// SPDX-License-Identifier: Apache-2.0
#include <gander/gander.h>
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "collector/cycle.h"
#include "collector/watch_test_helper.h"
#include "gc/shade.h"

namespace gander::collector {
namespace {

struct item {
  gc::ptr<item> next;
  std::uint64_t number = 0;
};

item* chain(int items) {
  item* first = nullptr;
  for (int i = 0; i < items; ++i) {
    auto* const one = gc::make<item>();
    one->next = first;
    first = one;
  }
  return first;
}

// A goroutine overwrites a pointer with each of `objects` in turn, again and again, and tells of
// that for as long as marking takes, which is long.
void expect_no_more_than_so_much(int objects) {
  in_run([objects] {
    constexpr int chains = 2000;
    constexpr int items_each = 500;
    const std::size_t before = gc::shade::bytes();
    std::vector<gc::root<item>> live;
    for (int i = 0; i < chains; ++i) live.emplace_back(chain(items_each));
    std::atomic<bool> over{false};
    auto stores = spawn([&] {
      gc::root<item> field(gc::make<item>());
      gc::root<item> first(chain(objects));
      while (!over.load(std::memory_order_relaxed))
        for (item* i = first.get(); i != nullptr; i = i->next) field->next = i;
    });
    constexpr int cycles = 10;
    blocking([] {
      for (int i = 0; i < cycles; ++i) collect_now();
    });
    over = true;
    stores.join();
    constexpr std::size_t most_bytes = std::size_t{8} << 20;  // it was tens and hundreds of these
    EXPECT_LT(gc::shade::bytes() - before, most_bytes);
  });
}

TEST(shade_buffers, do_not_pile_up_what_is_told_again_and_again) { expect_no_more_than_so_much(2); }

TEST(shade_buffers, do_not_pile_up_what_is_told_faster_than_it_is_looked_at) {
  expect_no_more_than_so_much(100'000);
}

}  // namespace
}  // namespace gander::collector
