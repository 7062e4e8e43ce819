// SPDX-License-Identifier: Apache-2.0
//
// Objects and arrays: what is asked of the collector, constructors that throw, destructors that
// must run, and cleanups.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gc_types/fake_gc.h"

namespace gander::testing {
namespace {

struct point {
  double x = 1;
  double y = 2;
};
struct node {
  int value = 0;
  gc::ptr<node> next;
};
struct alignas(256) aligned {
  char c = 0;
};

using internal::gc_layout;

TEST(gc_make, passes_arguments_and_asks_for_the_right_memory) {
  const point* const p = gc::make<point>(3.0, 4.0);
  EXPECT_EQ(p->x + p->y, 7);
  EXPECT_EQ(allocated(p).bytes, sizeof(point));
  EXPECT_EQ(allocated(p).type, &internal::gc_type_of<point>);
  EXPECT_EQ(gc::make<point>()->y, 2);
  EXPECT_EQ(gc::make<point>(3.0)->y, 2);
  EXPECT_EQ(*gc::make<int>(), 0);
  EXPECT_EQ(*gc::make<const int>(5), 5);
  node* const second = gc::make<node>(2, gc::make<node>(1));
  EXPECT_EQ(second->next->value, 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(gc::make<aligned>()) % 256, 0u);
  EXPECT_EQ((gc::make<std::pair<int, gc::ptr<node>>>(1, second)->second), second);
}

TEST(gc_make_array, is_zero_and_a_word_longer) {
  int* const numbers = gc::make_array<int>(100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(numbers[i], 0);
  EXPECT_EQ(allocated(numbers).bytes, 100 * sizeof(int) + sizeof(void*));
  EXPECT_EQ(allocated(numbers).type->layout, gc_layout::none);
  EXPECT_EQ(gc::weak<int>(numbers + 100).lock(), numbers + 100) << "its end holds it";
  EXPECT_EQ(gc::make_array<point>(3)[2].y, 2);
  EXPECT_NE(gc::make_array<point>(0), nullptr);
  // A null pointer to a member is not all zeros.
  EXPECT_EQ(gc::make_array<int point::*>(3)[2], nullptr);
  constexpr std::size_t max = std::numeric_limits<std::size_t>::max();
  for (const std::size_t n : {max, max / 2, max / sizeof(point), max / sizeof(point) + 2})
    EXPECT_THROW(gc::make_array<point>(n), std::bad_array_new_length);
}

struct fragile {
  static inline int live = 0;
  static inline int fuse = -1;
  fragile() {
    if (fuse-- == 0) throw std::runtime_error("fragile");
    ++live;
  }
  ~fragile() { --live; }
  GANDER_GC_FIELDS(fragile)
};

TEST(gc_make, leaves_nothing_half_made) {
  fragile::fuse = 0;
  EXPECT_THROW(gc::make<fragile>(), std::runtime_error);
  fragile::fuse = 3;
  EXPECT_THROW(gc::make_array<fragile>(5), std::runtime_error);
  EXPECT_EQ(fragile::live, 0);
  fail_allocation(0);
  EXPECT_THROW(gc::make<fragile>(), std::bad_alloc);
}

struct file {
  GANDER_GC_DESTROY(file)
  static inline std::vector<int> closed;
  static inline int fuse = -1;
  int fd = 0;
  std::unique_ptr<int> memory = std::make_unique<int>(1);
  explicit file(int number = 0) : fd(number) {
    if (fuse-- == 0) throw std::runtime_error("file");
  }
  ~file() { closed.push_back(fd); }
};

TEST(gc_destroy, runs_destructors_of_lost_objects) {
  file::closed.clear();
  file* const f = gc::make<file>(5);
  file* const many = gc::make_array<file>(3);
  for (int i = 0; i < 3; ++i) many[i].fd = 10 + i;
  EXPECT_TRUE(file::closed.empty());
  lose(f);
  EXPECT_EQ(file::closed, std::vector{5});
  lose(many);
  EXPECT_EQ(file::closed, (std::vector{5, 10, 11, 12}));
}

TEST(gc_destroy, does_not_of_what_was_not_made) {
  file::closed.clear();
  file::fuse = 0;
  EXPECT_THROW(gc::make<file>(1), std::runtime_error);
  EXPECT_TRUE(file::closed.empty());
  file::fuse = 2;
  EXPECT_THROW(gc::make_array<file>(4), std::runtime_error);
  EXPECT_EQ(file::closed.size(), 2u);
}

TEST(gc_cleanup, gets_its_arguments_once) {
  int* const object = gc::make<int>();
  std::vector<std::string> done;
  const auto say = [&done](const std::string& text, std::unique_ptr<int> n) {
    done.push_back(text + std::to_string(*n));
  };
  gc::add_cleanup(object, say, std::string("a"), std::make_unique<int>(1));
  gc::cleanup stopped = gc::add_cleanup(object, [&done] { done.push_back("stopped"); });
  gc::cleanup kept = gc::add_cleanup(object, [&done] { done.push_back("kept"); });
  EXPECT_TRUE(stopped.stop());
  EXPECT_FALSE(stopped.stop());
  lose(object);
  EXPECT_FALSE(kept.stop());
  EXPECT_EQ(done, (std::vector<std::string>{"kept", "a1"}));
  EXPECT_FALSE(gc::cleanup().stop());
}

TEST(gc_cleanup, that_could_never_run_is_refused) {
  int local = 0;
  EXPECT_THROW(gc::add_cleanup(&local, [] {}), std::invalid_argument);
  EXPECT_THROW(gc::add_cleanup(static_cast<int*>(nullptr), [] {}), std::invalid_argument);
  int* const object = gc::make<int>();
  EXPECT_THROW(gc::add_cleanup(
                   object, [](int*) {}, object),
               std::invalid_argument);
  EXPECT_THROW(gc::add_cleanup(
                   object, [](const gc::ptr<int>&) {}, gc::ptr<int>(object)),
               std::invalid_argument);
}

// Which types make() takes: see test/compile_fail/gc.cc for the words of the others.
struct closes {
  int fd;
  ~closes() { fd = -1; }
};
struct closes_too {
  gc::ptr<int> p;
  int fd;
  ~closes_too() { fd = -1; }
};
struct atomic_list {
  gc::atomic_ptr<node> head;
  gc::ptr<node> const constant;
};
struct with_string {
  std::string text;
};
struct kids {
  gc::ptr<int> p[4];
  gc::weak<int> w;
};
template <typename T>
inline constexpr bool needs = internal::gc_needs_destructor<T>();
static_assert(!needs<int> && !needs<point> && !needs<node> && !needs<kids> && !needs<node[3]>);
static_assert(!needs<gc::weak<int>> && !needs<gc::atomic_ptr<int>> && !needs<atomic_list>);
static_assert(!needs<std::pair<int, node>> && !needs<std::tuple<node, int>>);
static_assert(!needs<std::array<node, 2>> && !needs<std::optional<node>>);
static_assert(!needs<fragile>);
static_assert(needs<file> && needs<closes> && needs<closes_too> && needs<with_string>);
static_assert(needs<std::pair<int, closes>> && needs<closes_too[2]> && needs<gc::root<int>>);
static_assert(needs<std::optional<closes_too>> && needs<std::string>);

}  // namespace
}  // namespace gander::testing
