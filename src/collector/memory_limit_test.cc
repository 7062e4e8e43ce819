// SPDX-License-Identifier: Apache-2.0
//
// A memory limit, of which the collector asks the page heap in its stop, while threads that it
// stops anywhere ask, too.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

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
    for (std::size_t n = 0; n < dropped_bytes; n += object_bytes) {
      auto* const p = static_cast<char*>(internal::gc_allocate(
          object_bytes, alignof(char), node_type));  // looked through, and empty
      std::memset(p, 0, object_bytes);
    }
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
    drop_objects();
    until_held_is_at_most(pacer::kept_bytes());
    EXPECT_LT(pacer::kept_bytes(), dropped_bytes / 2);
  });
}

TEST(memory_limit, pages_below_the_goal_stay) {
  in_run([] {
    const int before = gc::set_percent(100 * 100);  // 400 MiB
    drop_objects();
    collect_now();  // it begins when the thread has given back what it wanted to
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
