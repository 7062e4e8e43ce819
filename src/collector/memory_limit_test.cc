// SPDX-License-Identifier: Apache-2.0
//
// A memory limit, of which the collector asks the page heap in its stop, while threads that it
// stops anywhere ask, too.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "collector/give_back.h"
#include "collector/pacer.h"
#include "collector/watch_test_helper.h"
#include "heap/page_heap.h"
#include "support/ended.h"

namespace gander::collector {
namespace {

TEST(memory_limit, is_looked_at_by_all_at_once) {
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  const std::int64_t before = gc::set_memory_limit(limit);
  std::atomic<bool> over{false};
  std::thread asks([&] {
    make_node();
    while (!over) {
      EXPECT_EQ(gc::set_memory_limit(limit), limit);
      gc::stats();
    }
  });
  for (int i = 0; i < 50; ++i) collect_now();
  over = true;
  asks.join();
  gc::set_memory_limit(before);
}

// Of many objects, since an old word somewhere may hold any one of them; on 386, where 32 MiB are a
// hundredth of all addresses, it is likely to hold a single one.
constexpr std::size_t object_bytes = std::size_t{512} << 10;
constexpr std::size_t dropped_bytes = 64 * object_bytes;

void drop_objects() {
  testing::run_to_the_end([] {
    std::array<void*, dropped_bytes / object_bytes> all;
    for (void*& each : all) {
      each = internal::gc_allocate(object_bytes, alignof(char), node_type);  // looked through
      std::memset(each, 0, object_bytes);
    }
    asm volatile("" ::"r"(all.data()) : "memory");  // all of them live until here
  });
  collect_now();
}

// Until what is held is no more than that: the thread that gives back begins when all is swept.
void until_held_is_at_most(std::uint64_t bytes) {
  for (;;) {
    const heap::page_heap::numbers heap = heap::page_heap::count();
    if (heap.in_use_bytes + heap.written_bytes <= bytes) return;
    std::this_thread::yield();
  }
}

TEST(memory_limit, pages_that_are_free_go_back_to_the_system) {
  in_run([] {
    const int before_percent = gc::set_percent(10);  // globals count for the goal: tsan's are 20 MB
    drop_objects();
    const std::uint64_t kept = pacer::kept_bytes();
    EXPECT_LT(kept, dropped_bytes / 2);
    const heap::page_heap::numbers before = heap::page_heap::count();
    const std::uint64_t held = before.in_use_bytes + before.written_bytes;
    ASSERT_GT(held, kept);
    until_held_is_at_most(held - (held - kept) / 8);  // it takes its time
    gc::set_percent(before_percent);
  });
}

TEST(memory_limit, pages_below_the_goal_stay) {
  in_run([] {
    const int before = gc::set_percent(100 * 100);  // 400 MiB
    drop_objects();
    EXPECT_EQ(give_back_some_pages(), nothing_to_give_back);
    EXPECT_GE(heap::page_heap::count().written_bytes, dropped_bytes / 2);
    // A limit does not let them.
    const std::int64_t limit = gc::set_memory_limit(std::int64_t{16} << 20);
    collect_now();
    until_held_is_at_most(std::uint64_t{16} << 20);
    gc::set_memory_limit(limit);
    gc::set_percent(before);
  });
}

}  // namespace
}  // namespace gander::collector
