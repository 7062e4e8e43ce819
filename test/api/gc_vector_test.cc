// SPDX-License-Identifier: Apache-2.0
//
// gc::vector against std::vector: random operations, with elements that throw.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <random>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/gc_elements.h"

namespace gander::testing {
namespace {

static_assert(std::contiguous_iterator<gc::vector<int>::iterator>);
static_assert(std::ranges::contiguous_range<gc::vector<int>>);
static_assert(std::is_nothrow_move_constructible_v<gc::vector<int>>);
static_assert(std::is_nothrow_move_assignable_v<gc::vector<int>>);
static_assert(sizeof(gc::vector<int>) == 3 * sizeof(void*));
constinit gc::vector<int> global;

template <typename T>
std::vector<int> values(const gc::vector<T>& v) {
  std::vector<int> all;
  for (const T& x : v) all.push_back(element<T>::value(x));
  return all;
}

template <typename T>
class gc_vector : public ::testing::Test {};
using elements = ::testing::Types<int, gc::ptr<int>, gc::string, fragile>;
TYPED_TEST_SUITE(gc_vector, elements, );

TYPED_TEST(gc_vector, does_what_std_vector_does) {
  using T = TypeParam;
  constexpr bool throws = std::is_same_v<T, fragile>;
  const int live_before = fragile::live;
  std::mt19937 random(throws ? 7 : 5);
  const auto up_to = [&](std::size_t n) { return random() % (n + 1); };
  gc::vector<T>* const v = gc::make<gc::vector<T>>();
  std::vector<int> model;
  for (int round = 0; round < 20000; ++round) {
    const int n = static_cast<int>(random() % 1000000);
    const std::size_t at = up_to(model.size());
    const std::size_t to = at + up_to(model.size() - at);
    const auto where = v->begin() + at;
    const auto model_where = model.begin() + static_cast<std::ptrdiff_t>(at);
    const auto model_to = model.begin() + static_cast<std::ptrdiff_t>(to);
    const std::vector<int> before = model;
    bool strong = false;
    if constexpr (throws) fragile::fuse = static_cast<int>(random() % 60);
    try {
      switch (random() % 18) {
        case 0:
        case 1:
        case 2: {
          strong = true;
          v->push_back(element<T>::make(n));
          model.push_back(n);
          break;
        }
        case 3: {
          const auto got = v->insert(where, element<T>::make(n));
          EXPECT_EQ(got, v->begin() + at);
          model.insert(model_where, n);
          break;
        }
        case 4: {
          if (model.empty()) break;
          strong = true;
          v->push_back(v->front());  // an element of its own
          model.push_back(model.front());
          break;
        }
        case 5: {
          if (model.empty()) break;
          const auto copies = up_to(5);
          const auto got = v->insert(where, copies, v->back());
          EXPECT_EQ(got, v->begin() + at);
          model.insert(model_where, copies, model.back());
          break;
        }
        case 6: {
          std::vector<T> more;
          more.reserve(5);
          for (int i = 0; i < 5; ++i) more.push_back(element<T>::make(n + i));
          v->insert(where, more.begin(), more.end());
          model.insert(model_where, {n, n + 1, n + 2, n + 3, n + 4});
          break;
        }
        case 7: {
          if (at == model.size()) break;
          EXPECT_EQ(v->erase(where), v->begin() + at);
          model.erase(model_where);
          break;
        }
        case 8: {
          EXPECT_EQ(v->erase(where, v->begin() + to), v->begin() + at);
          model.erase(model_where, model_to);
          break;
        }
        case 9: {
          if (model.empty()) break;
          v->pop_back();
          model.pop_back();
          break;
        }
        case 10: {
          strong = true;
          const std::size_t size = up_to(300);
          v->resize(size);
          model.resize(size);
          break;
        }
        case 11: {
          strong = true;
          const std::size_t size = up_to(100);
          v->resize(size, element<T>::make(n));
          model.resize(size, n);
          break;
        }
        case 12: {
          strong = true;
          v->reserve(up_to(400));
          break;
        }
        case 13: {
          strong = true;
          v->shrink_to_fit();
          EXPECT_EQ(v->capacity(), v->size());
          break;
        }
        case 14: {
          strong = true;
          gc::vector<T> copy(*v);
          EXPECT_EQ(copy, *v);
          gc::vector<T> moved(std::move(copy));
          EXPECT_TRUE(copy.empty());
          *v = moved;
          *v = std::move(moved);
          break;
        }
        case 15: {
          gc::vector<T> other;
          strong = true;
          other.emplace_back(element<T>::make(n));
          swap(other, *v);
          model = {n};
          break;
        }
        case 16: {
          const auto even = [](const T& x) { return element<T>::value(x) % 2 == 0; };
          EXPECT_EQ(gc::erase_if(*v, even), std::erase_if(model, [](int x) { return x % 2 == 0; }));
          break;
        }
        default: {
          if (random() % 20 != 0) break;
          gc::collect();
          v->clear();
          model.clear();
        }
      }
    } catch (const element_failed&) {
      fragile::fuse = -1;
      if (strong) {
        ASSERT_EQ(values(*v), before) << "round " << round;
      }
      model = values(*v);
    }
    fragile::fuse = -1;
    if constexpr (throws) {
      ASSERT_EQ(fragile::live - live_before, static_cast<int>(v->size())) << "round " << round;
    }
    ASSERT_EQ(values(*v), model) << "round " << round;
    ASSERT_LE(v->size(), v->capacity());
  }
  v->clear();
}

TEST(gc_vector_, is_made_and_compared_as_others) {
  const gc::vector<int> a{1, 2, 3};
  const std::vector<int> same{1, 2, 3};
  EXPECT_EQ(gc::vector<int>(same.begin(), same.end()), a);
  EXPECT_EQ(gc::vector<int>(2), (gc::vector{0, 0}));
  EXPECT_EQ(gc::vector<int>(2, 5), (gc::vector{5, 5}));
  std::istringstream in("1 2 3");
  EXPECT_EQ(gc::vector<int>(std::istream_iterator<int>(in), std::istream_iterator<int>()), a);
  EXPECT_LT(a, (gc::vector{1, 2, 4}));
  EXPECT_LT((gc::vector{1, 2}), a);
  EXPECT_EQ((gc::vector{1.0} <=> gc::vector{2.0}), std::partial_ordering::less);
  EXPECT_EQ(a.at(2), 3);
  EXPECT_THROW(a.at(3), std::out_of_range);
  EXPECT_EQ(a.front() + a.back(), 4);
  EXPECT_EQ(std::vector<int>(a.rbegin(), a.rend()), (std::vector{3, 2, 1}));
  gc::vector<int> b;
  b = {4, 5, 4};
  b.assign({6, 7, 6});
  EXPECT_EQ(gc::erase(b, 6), 2u);
  EXPECT_EQ(b, gc::vector<int>{7});
  EXPECT_THROW(b.reserve(b.max_size() + 1), std::length_error);
  EXPECT_EQ(b, gc::vector<int>{7});
  EXPECT_TRUE(global.empty());
  EXPECT_EQ(global.begin(), global.end());
}

TEST(gc_vector_, takes_elements_that_only_move) {
  gc::vector<lonely> v;
  for (int i = 0; i < 100; ++i) v.emplace(v.begin() + i / 2, lonely(i));
  v.erase(v.begin() + 10);
  EXPECT_EQ(v.size(), 99u);
  EXPECT_EQ(v[0].value(), 1);
}

struct tree {
  int value = 0;
  gc::vector<tree> children;  // of a type that is not complete yet
};

TEST(gc_vector_, nests) {
  tree* const root = gc::make<tree>();
  root->children.resize(3);
  root->children[1].children.push_back({7, {}});
  const tree copy = *root;
  root->children.clear();
  EXPECT_EQ(copy.children[1].children[0].value, 7);
  gc::vector<gc::vector<int>> rows(3, gc::vector<int>(2, 1));
  EXPECT_EQ(rows[2][1], 1);
}

}  // namespace
}  // namespace gander::testing
