// SPDX-License-Identifier: Apache-2.0
//
// Integers that look like pointers: how many of random ones hit an object of a heap of 16 MiB.
// Nearly none where addresses have 64 bits; on 32 bits as many as the heap is of address space.
// Small ones never do: the heap lies high.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "collector/watch_test_helper.h"
#include "heap/arena.h"

namespace gander::collector {
namespace {

constexpr std::size_t objects = 4096;
constexpr std::size_t object_bytes = 4096;
constexpr int words = 1'000'000;

constinit internal::gc_type bytes_type{"bytes", 1, internal::gc_layout::none};

class random_words : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < objects; ++i) {
      roots_.push_back(internal::gc_take_root());
      roots_.back()->value.store(internal::gc_allocate(object_bytes, 1, bytes_type));
    }
  }
  void TearDown() override {
    for (internal::gc_root_cell* r : roots_) internal::gc_put_root(r);
  }

  int hits_below(std::uintptr_t bound) {
    std::uniform_int_distribution<std::uintptr_t> any(0, bound);
    int hits = 0;
    for (int i = 0; i < words; ++i) hits += heap::find_object(any(random_)).in != nullptr ? 1 : 0;
    return hits;
  }

 private:
  std::mt19937_64 random_{1};
  std::vector<internal::gc_root_cell*> roots_;
};

TEST_F(random_words, hit_few_objects) {
  const int hits = hits_below(UINTPTR_MAX);
  RecordProperty("hits", hits);
  // On 386 about 4 in 1,000: 16 MiB of 4 GiB; what other tests have left of the heap is little.
  constexpr int most = sizeof(void*) == 8 ? 0 : words / 1000 * 8;
  EXPECT_LE(hits, most);
}

TEST_F(random_words, that_are_small_hit_none) { EXPECT_EQ(hits_below(std::uintptr_t{1} << 24), 0); }

}  // namespace
}  // namespace gander::collector
