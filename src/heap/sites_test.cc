// SPDX-License-Identifier: Apache-2.0
#include "heap/sites.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>

#include "heap/arena.h"
#include "heap/cache.h"
#include "heap/heap_test_helper.h"

namespace gander::heap {
namespace {

std::uintptr_t first_pc(const span& s, std::uint32_t index, bool lives) {
  sites::site found;
  return sites::find(s, index, lives, found) && found.count != 0 ? found.pcs[0] : 0;
}

TEST(sites, are_known_until_the_place_is_used_again) {
  cache c;
  const object kept = find_object(address(c.allocate(64, 16, {pointers::some})));
  const object goes = find_object(address(c.allocate(64, 16, {pointers::some})));
  span& s = *kept.in;
  const std::array<std::uintptr_t, 2> pcs{11, 22};
  sites::add(s, kept.index, 1, pcs);
  sites::add(s, goes.index, 2, std::span(pcs).subspan(1));
  EXPECT_EQ(first_pc(s, goes.index, false), 0U) << "it lives";
  c.flush();
  s.mark(kept.index);
  sweep_all();
  const std::uint32_t freed_in = s.freed_when(goes.index);
  EXPECT_NE(freed_in, 0U);
  EXPECT_EQ(s.freed_when(kept.index), 0U);
  sites::site gone;
  ASSERT_TRUE(sites::find(s, goes.index, false, gone));
  EXPECT_EQ(gone.goid, 2U);
  EXPECT_EQ(gone.freed_in, freed_in);
  EXPECT_EQ(first_pc(s, goes.index, true), 0U);
  EXPECT_EQ(first_pc(s, kept.index, true), 11U);

  // Another collection changes nothing of what is known of its place; a new object there does.
  s.mark(kept.index);
  sweep_all();
  ASSERT_TRUE(sites::find(s, goes.index, false, gone));
  EXPECT_EQ(gone.freed_in, freed_in);
  while (!s.is_allocated(goes.index)) c.allocate(64, 16, {pointers::some});
  sites::add(s, goes.index, 3, pcs);
  EXPECT_EQ(first_pc(s, goes.index, true), 11U);
  c.flush();
  for (const std::uint32_t index : {kept.index, goes.index}) s.mark(index);
  sweep_all();
  EXPECT_EQ(first_pc(s, goes.index, true), 11U);
  EXPECT_EQ(first_pc(s, goes.index, false), 0U) << "the one before is forgotten";
  sites::forget(s);
  EXPECT_EQ(first_pc(s, kept.index, true), 0U);
  sweep_all();
}

TEST(sites, of_a_span_that_was_given_back) {
  cache c;
  const std::uintptr_t at = address(c.allocate(most_small_bytes + 1, 16, {pointers::some}));
  const std::array<std::uintptr_t, 1> pcs{33};
  sites::add(*span_of(at), 0, 1, pcs);
  EXPECT_EQ(former_span_of(at), nullptr);
  sweep_all();
  EXPECT_EQ(span_of(at), nullptr);
  const span* const former = former_span_of(at);
  ASSERT_NE(former, nullptr);
  EXPECT_EQ(first_pc(*former, index_in(*former, at), false), 33U);
  EXPECT_NE(former->freed_when(0), 0U);
}

TEST(sites, of_a_damaged_number_are_none) {
  cache c;
  const object o = find_object(address(c.allocate(64, 16, {pointers::some})));
  const std::uint32_t none = o.in->first_site;
  o.in->first_site = UINT32_MAX;  // damaged
  EXPECT_EQ(first_pc(*o.in, o.index, true), 0U);
  o.in->first_site = none;
  c.flush();
  sweep_all();
}

}  // namespace
}  // namespace gander::heap
