// SPDX-License-Identifier: Apache-2.0
//
// What pointers tell the collector, and that they otherwise are what they look like.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gc_types/fake_gc.h"

namespace gander::testing {
namespace {

struct base {
  int value = 0;
};
struct derived : base {
  int more = 0;
};

static_assert(sizeof(gc::ptr<int>) == sizeof(void*));
static_assert(sizeof(gc::weak<int>) == 2 * sizeof(void*));
static_assert(!std::is_trivially_copyable_v<gc::ptr<int>>);
static_assert(!std::is_trivially_destructible_v<gc::ptr<int>>);
static_assert(std::is_nothrow_move_constructible_v<gc::ptr<int>>);
static_assert(std::is_nothrow_move_assignable_v<gc::ptr<int>>);
static_assert(std::is_convertible_v<gc::ptr<derived>, gc::ptr<base>>);
static_assert(!std::is_convertible_v<gc::ptr<base>, gc::ptr<derived>>);
static_assert(std::is_convertible_v<gc::ptr<int>, gc::ptr<const int>>);
static_assert(!std::is_convertible_v<gc::ptr<const int>, gc::ptr<int>>);
static_assert(std::is_convertible_v<gc::ptr<int>, gc::ptr<void>>);
static_assert(std::three_way_comparable<gc::ptr<int>>);
static_assert(std::three_way_comparable<gc::root<int>>);
static_assert(!std::is_copy_constructible_v<gc::atomic_ptr<int>>);

constinit gc::ptr<int> global;
constinit gc::root<int> global_root;
constinit gc::atomic_ptr<int> global_atomic;
constinit gc::weak<int> global_weak;

TEST(gc_ptr, says_what_was_overwritten_and_by_what) {
  int* const a = gc::make<int>(1);
  int* const b = gc::make<int>(2);
  marking now;
  {
    gc::ptr<int> p;
    EXPECT_EQ(now.seen(), shaded());
    p = a;
    EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
    p = b;
    EXPECT_EQ(now.seen(), (shaded{{a, b}}));
    p = nullptr;
    EXPECT_EQ(now.seen(), (shaded{{b, nullptr}}));
    p = a;
    now.seen();
  }
  EXPECT_EQ(now.seen(), (shaded{{a, nullptr}})) << "the end of a pointer is a store, too";

  const gc::ptr<int> from(a);
  EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
  gc::ptr<int> copy(from);
  EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
  gc::ptr<int> moved(std::move(copy));
  EXPECT_EQ(now.seen(), (shaded{{nullptr, a}, {a, nullptr}}));
  EXPECT_EQ(copy, nullptr);
  EXPECT_EQ(moved, a);
  gc::ptr<int> other(b);
  now.seen();
  swap(moved, other);
  EXPECT_EQ(now.seen(), (shaded{{a, b}, {b, a}}));
  moved = from;
  EXPECT_EQ(now.seen(), (shaded{{b, a}}));
  other = std::move(moved);
  EXPECT_EQ(now.seen(), (shaded{{a, nullptr}, {a, a}}));
  gc::ptr<const int> constant = from;
  EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
  constant = other;
  EXPECT_EQ(now.seen(), (shaded{{a, a}}));
}

TEST(gc_ptr, is_silent_between_cycles) {
  int* const a = gc::make<int>(1);
  {
    gc::ptr<int> p(a);
    p = nullptr;
  }
  const marking now;
  EXPECT_EQ(marking(now).seen(), shaded());
}

TEST(gc_ptr, looks_like_a_plain_pointer) {
  derived* const d = gc::make<derived>();
  d->value = 7;
  gc::ptr<derived> p = d;
  gc::ptr<base> q = p;
  EXPECT_EQ(p->value, 7);
  EXPECT_EQ((*q).value, 7);
  EXPECT_TRUE(p == q);
  EXPECT_TRUE(p == d);
  EXPECT_TRUE(d == p);
  EXPECT_TRUE(p != nullptr);
  EXPECT_FALSE(nullptr == p);
  EXPECT_EQ(p <=> q, std::strong_ordering::equal);
  EXPECT_TRUE(p && q);
  EXPECT_FALSE(!p);
  derived* const raw = p;
  EXPECT_EQ(raw, d);
  gc::ptr<void> any = p;
  EXPECT_EQ(any.get(), d);
  gc::ptr self(d);
  gc::ptr<derived>& alias = self;
  self = std::move(alias);
  EXPECT_EQ(self, d);

  base* const array = gc::make_array<base>(3);
  gc::ptr<base> middle = array + 1;
  EXPECT_LT(gc::ptr<base>(array), middle);
  EXPECT_EQ(&middle[1], array + 2);
  std::unordered_set<gc::ptr<base>> set{array, middle};
  EXPECT_EQ(set.count(array + 1), 1u);
  const std::map<gc::ptr<base>, int> map{{array, 1}};
  EXPECT_EQ(map.at(array), 1);
  global = gc::make<int>(3);
  EXPECT_EQ(*global, 3);
  global = nullptr;
}

TEST(gc_root, takes_a_cell_only_for_an_object) {
  int* const a = gc::make<int>(1);
  int* const b = gc::make<int>(2);
  const std::size_t before = roots();
  marking now;
  {
    gc::root<int> none;
    gc::root<int> null(nullptr);
    EXPECT_EQ(roots(), before);
    gc::root<int> r(a);
    EXPECT_EQ(roots(), before + 1);
    EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
    r = b;
    EXPECT_EQ(now.seen(), (shaded{{a, b}}));
    gc::root<int> copy = r;
    EXPECT_EQ(roots(), before + 2);
    gc::root<int> moved = std::move(copy);
    EXPECT_EQ(roots(), before + 2);
    EXPECT_EQ(copy, nullptr);
    EXPECT_EQ(moved, b);
    copy = r;
    copy = std::move(moved);
    EXPECT_EQ(moved, nullptr);
    EXPECT_EQ(*copy, 2);
    EXPECT_EQ(roots(), before + 2);
    now.seen();
    copy = nullptr;
    EXPECT_EQ(now.seen(), (shaded{{b, nullptr}}));
    EXPECT_EQ(roots(), before + 1);
    swap(r, none);
    EXPECT_EQ(none, b);
    const gc::root<const int> constant = none;
    EXPECT_EQ(*constant, 2);
  }
  EXPECT_EQ(roots(), before);
  global_root = a;
  EXPECT_EQ(*global_root, 1);
  global_root.reset();
  std::vector<gc::root<int>> many(5, gc::root<int>(a));
  EXPECT_EQ(roots(), before + 5);
  many.clear();
  EXPECT_EQ(roots(), before);
}

TEST(gc_weak, lets_go_and_gives_back_the_pointer_it_was_made_of) {
  base* const array = gc::make_array<base>(4);
  gc::weak<base> w(array + 2);
  const gc::weak<base> same(array + 2);
  const gc::weak<base> other(array + 1);
  gc::weak<const base> constant = w;
  EXPECT_EQ(w.lock(), array + 2);
  EXPECT_EQ(constant.lock(), array + 2);
  EXPECT_TRUE(w == same);
  EXPECT_FALSE(w == other);
  EXPECT_FALSE(w.expired());
  lose(array);
  EXPECT_EQ(w.lock(), nullptr);
  EXPECT_EQ(constant.lock(), nullptr);
  EXPECT_TRUE(w.expired());
  EXPECT_TRUE(w == same) << "also when it is gone";
  EXPECT_FALSE(w == other);
  EXPECT_EQ(gc::weak<base>().lock(), nullptr);
  EXPECT_EQ(global_weak.lock(), nullptr);
  base local;
  EXPECT_THROW(gc::weak<base>{&local}, std::invalid_argument);
}

TEST(gc_atomic_ptr, tells_of_writes_that_happened) {
  int* const a = gc::make<int>(1);
  int* const b = gc::make<int>(2);
  marking now;
  {
    gc::atomic_ptr<int> p(a);
    EXPECT_EQ(now.seen(), (shaded{{nullptr, a}}));
    p.store(b, std::memory_order_release);
    EXPECT_EQ(now.seen(), (shaded{{a, b}}));
    EXPECT_EQ(p.exchange(a), b);
    EXPECT_EQ(now.seen(), (shaded{{b, a}}));
    int* expected = b;
    EXPECT_FALSE(p.compare_exchange_strong(expected, b, std::memory_order_acq_rel));
    EXPECT_EQ(expected, a);
    EXPECT_EQ(now.seen(), shaded());
    EXPECT_TRUE(p.compare_exchange_strong(expected, b));
    EXPECT_EQ(now.seen(), (shaded{{a, b}}));
    expected = a;
    EXPECT_FALSE(p.compare_exchange_weak(expected, a, std::memory_order_release));
    while (!p.compare_exchange_weak(expected, a)) {
    }
    EXPECT_EQ(now.seen(), (shaded{{b, a}}));
    p = b;
    EXPECT_EQ(p.load(std::memory_order_acquire), b);
    EXPECT_EQ(p, b);
    now.seen();
  }
  EXPECT_EQ(now.seen(), (shaded{{b, nullptr}}));
  EXPECT_EQ(global_atomic.load(), nullptr);
}

}  // namespace
}  // namespace gander::testing
