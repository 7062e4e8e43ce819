// SPDX-License-Identifier: Apache-2.0
//
// How fast memory goes back. The collector's own thread, which would give back, too, is not
// started.
#include "collector/give_back.h"

#include <gtest/gtest.h>

#include "collector/pacer.h"
#include "heap/page_heap.h"
#include "os/os.h"

namespace gander::collector {
namespace {

constexpr std::size_t mb = std::size_t{1} << 20;

// Written, and free: a goal of 4 MiB does not keep it.
void leave_free_pages(std::size_t bytes) {
  heap::span* const s = heap::page_heap::allocate_large(bytes, heap::pointers::none);
  ASSERT_NE(s, nullptr);
  s->load_word();
  s->take(0);
  s->count();
  s->sweep(1);
  heap::page_heap::give_back(s);
}

std::uint64_t held() {
  const heap::page_heap::numbers heap = heap::page_heap::count();
  return heap.in_use_bytes + heap.written_bytes;
}

TEST(give_back, a_step_is_not_repeated_before_its_time) {
  leave_free_pages(8 * mb);
  const std::uint64_t before = held();
  const std::int64_t begin_ns = os::now_ns();
  const std::int64_t pause_ns = give_back_some_pages();
  ASSERT_GT(pause_ns, 0);
  const std::uint64_t after = held();
  EXPECT_LT(after, before);
  // As after a cycle that came in between.
  for (int i = 0; i < 100; ++i) {
    const std::int64_t rest_ns = give_back_some_pages();
    const std::uint64_t now = held();
    if (os::now_ns() - begin_ns >= pause_ns) break;  // that long, on a busy machine
    EXPECT_GT(rest_ns, 0);
    EXPECT_LE(rest_ns, pause_ns);
    EXPECT_EQ(now, after);
  }
}

TEST(give_back, what_is_above_a_limit_goes_at_once) {
  leave_free_pages(100 * mb);
  pacer::set_memory_limit(32 * mb);
  while (give_back_some_pages() == 0) {
  }
  pacer::set_memory_limit(pacer::no_limit);
  EXPECT_LE(held(), 32 * mb);
}

}  // namespace
}  // namespace gander::collector
