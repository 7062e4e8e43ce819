// SPDX-License-Identifier: Apache-2.0
#include "gc/shade.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "os/os.h"

namespace gander::gc::shade {
namespace {

// No addresses of the heap, which is empty.
std::uintptr_t word(std::uintptr_t number) { return 16 * (number + 1); }

std::vector<std::uintptr_t> words_of(const shade_buffer* b) {
  std::vector<std::uintptr_t> all;
  for_each(b, [&](std::uintptr_t w) { all.push_back(w); });
  return all;
}

TEST(shade, tells_a_word_once) {
  begin(1, true, false);
  shade_buffer* own = nullptr;
  shade_buffer* lately = nullptr;
  for (int i = 0; i < 3; ++i) tell(own, lately, word(0));
  EXPECT_EQ(words_of(own), std::vector{word(0)});
  begin(2, true, false);
  EXPECT_TRUE(words_of(own).empty());
  tell(own, lately, word(0));
  EXPECT_EQ(words_of(own), std::vector{word(0)});
  begin(0, true, false);
}

// With a full buffer, for whose lock it waits, a thread comes into the next cycle: that has been
// told nothing of what the one before was.
TEST(shade, who_meets_the_next_cycle_in_the_lock_tells_it_everything) {
  begin(1, true, false);
  shade_buffer* own = nullptr;
  shade_buffer* lately = nullptr;
  constexpr std::size_t last = shade_buffer::capacity;
  for (std::size_t i = 0; i < last; ++i) tell(own, lately, word(i));
  ASSERT_EQ(words_of(own).size(), last);
  hold();
  std::atomic<int> tid{0};
  std::thread late([&] {
    tid = os::thread_id();
    tell(own, lately, word(last));
  });
  while (tid == 0 || os::state_of(tid) != os::task_state::sleeping) std::this_thread::yield();
  begin(2, true, false);
  let_go();
  late.join();
  EXPECT_EQ(words_of(own), std::vector{word(last)});
  constexpr std::size_t some = shade_buffer::capacity / 2;
  for (std::size_t i = 0; i < some; ++i) tell(own, lately, word(i));
  std::vector<std::uintptr_t> told = words_of(own);
  for (std::size_t i = 0; i < some; ++i)
    EXPECT_EQ(std::count(told.begin(), told.end(), word(i)), 1) << i;
  begin(0, true, false);
}

// So that marking comes to its end: what is marked is not handed over then. (What is no object
// counts as marked.)
TEST(shade, owners_that_are_held_back_drop_what_is_marked) {
  shade_buffer* own = nullptr;
  shade_buffer* lately = nullptr;
  const auto tell_many = [&] {
    for (std::size_t i = 0; i < 3 * shade_buffer::capacity; ++i) tell(own, lately, word(i));
  };
  begin(1, true, false);
  hold_back_owners();
  tell_many();
  EXPECT_FALSE(any_to_be_marked());
  begin(2, true, false);
  tell_many();
  EXPECT_TRUE(any_to_be_marked());
  hold();
  give_back(take_full());
  let_go();
  begin(0, true, false);
}

}  // namespace
}  // namespace gander::gc::shade
