// SPDX-License-Identifier: Apache-2.0
//
// gc::map against std::map: random operations, with elements and comparisons that throw.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/gc_elements.h"

namespace gander::testing {
namespace {

static_assert(std::bidirectional_iterator<gc::map<int, int>::iterator>);
static_assert(std::ranges::bidirectional_range<const gc::map<int, int>>);
static_assert(std::is_nothrow_move_constructible_v<gc::map<int, int>>);
static_assert(
    std::is_convertible_v<gc::map<int, int>::iterator, gc::map<int, int>::const_iterator>);
static_assert(
    !std::is_convertible_v<gc::map<int, int>::const_iterator, gc::map<int, int>::iterator>);
constinit gc::map<int, int> global;

using model_map = std::map<int, int>;

template <typename Map>
model_map values(const Map& m) {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  model_map all;
  for (const auto& [key, value] : m)
    all.emplace_hint(all.end(), element<K>::value(key), element<V>::value(value));
  EXPECT_EQ(all.size(), m.size());
  return all;
}

// By the number, so that all kinds of keys have one order.
template <typename T>
struct by_value {
  bool operator()(const T& a, const T& b) const {
    return element<T>::value(a) < element<T>::value(b);
  }
};

template <typename T>
class gc_map : public ::testing::Test {};
struct ints {
  using key = int;
  using value = int;
};
struct pointers {
  using key = gc::ptr<int>;
  using value = gc::ptr<int>;
};
struct strings {
  using key = gc::string;
  using value = gc::string;
};
struct fragiles {
  using key = fragile;
  using value = fragile;
};
using kinds = ::testing::Types<ints, pointers, strings, fragiles>;
TYPED_TEST_SUITE(gc_map, kinds, );

TYPED_TEST(gc_map, does_what_std_map_does) {
  using K = typename TypeParam::key;
  using V = typename TypeParam::value;
  using map = gc::map<K, V, by_value<K>>;
  constexpr bool throws = std::is_same_v<K, fragile>;
  const int live_before = fragile::live;
  std::mt19937 random(throws ? 3 : 11);
  map* const m = gc::make<map>();
  model_map model;
  for (int round = 0; round < 20000; ++round) {
    const int n = static_cast<int>(random() % 200);
    const int x = static_cast<int>(random() % 1000000);
    const model_map before = model;
    bool strong = true;
    if constexpr (throws) fragile::fuse = static_cast<int>(random() % 40);
    try {
      switch (random() % 16) {
        case 0:
        case 1: {
          const auto [it, done] = m->insert({element<K>::make(n), element<V>::make(x)});
          const auto [model_it, model_done] = model.insert({n, x});
          EXPECT_EQ(done, model_done);
          EXPECT_EQ(element<V>::value(it->second), model_it->second);
          break;
        }
        case 2: {
          EXPECT_EQ(m->emplace(element<K>::make(n), element<V>::make(x)).second,
                    model.emplace(n, x).second);
          break;
        }
        case 3: {
          EXPECT_EQ(m->try_emplace(element<K>::make(n), element<V>::make(x)).second,
                    model.try_emplace(n, x).second);
          break;
        }
        case 4: {
          EXPECT_EQ(m->insert_or_assign(element<K>::make(n), element<V>::make(x)).second,
                    model.insert_or_assign(n, x).second);
          break;
        }
        case 5: {
          strong = false;
          V& value = (*m)[element<K>::make(n)];
          model[n];
          value = element<V>::make(x);
          model[n] = x;
          break;
        }
        case 6:
        case 7: {
          EXPECT_EQ(m->erase(element<K>::make(n)), model.erase(n));
          break;
        }
        case 8: {
          const auto found = m->lower_bound(element<K>::make(n));
          const auto model_found = model.lower_bound(n);
          ASSERT_EQ(found == m->end(), model_found == model.end());
          if (found == m->end()) break;
          EXPECT_EQ(element<K>::value(found->first), model_found->first);
          const auto next = m->erase(found);
          const auto model_next = model.erase(model_found);
          ASSERT_EQ(next == m->end(), model_next == model.end());
          if (next != m->end()) {
            EXPECT_EQ(element<K>::value(next->first), model_next->first);
          }
          break;
        }
        case 9: {
          const auto found = m->upper_bound(element<K>::make(n));
          const auto model_found = model.upper_bound(n);
          EXPECT_EQ(std::distance(found, m->end()), std::distance(model_found, model.end()));
          EXPECT_EQ(std::distance(m->begin(), found), std::distance(model.begin(), model_found));
          break;
        }
        case 10: {
          const K key = element<K>::make(n);
          EXPECT_EQ(m->contains(key), model.contains(n));
          EXPECT_EQ(m->count(key), model.count(n));
          EXPECT_EQ(std::as_const(*m).find(key) == m->end(), model.find(n) == model.end());
          if (model.contains(n)) {
            EXPECT_EQ(element<V>::value(m->at(key)), model.at(n));
          } else {
            EXPECT_THROW(m->at(key), std::out_of_range);
          }
          break;
        }
        case 11: {
          map copy(*m);
          EXPECT_EQ(values(copy), values(*m));
          map moved(std::move(copy));
          EXPECT_TRUE(copy.empty());
          *m = moved;
          *m = std::move(moved);
          break;
        }
        case 12: {
          std::vector<std::pair<int, int>> backwards;
          for (auto it = m->rbegin(); it != m->rend(); ++it)
            backwards.emplace_back(element<K>::value(it->first), element<V>::value(it->second));
          EXPECT_EQ(backwards, (std::vector<std::pair<int, int>>(model.rbegin(), model.rend())));
          break;
        }
        case 13: {
          if (random() % 50 != 0) break;
          m->erase(m->lower_bound(element<K>::make(n)), m->end());
          model.erase(model.lower_bound(n), model.end());
          break;
        }
        default: {
          if (random() % 100 != 0) break;
          gc::collect();
          m->clear();
          model.clear();
        }
      }
    } catch (const element_failed&) {
      fragile::fuse = -1;
      if (strong) {
        ASSERT_EQ(values(*m), before) << "round " << round;
      }
      model = values(*m);
    }
    fragile::fuse = -1;
    if constexpr (throws) {
      ASSERT_EQ(fragile::live - live_before, static_cast<int>(2 * m->size())) << "round " << round;
    }
    ASSERT_EQ(values(*m), model) << "round " << round;
  }
  m->clear();
}

struct throwing_compare {
  static inline int fuse = -1;
  bool operator()(int a, int b) const {
    if (fuse >= 0 && fuse-- == 0) throw element_failed();
    return a < b;
  }
};

TEST(gc_map_, is_unchanged_when_a_comparison_throws) {
  gc::map<int, fragile, throwing_compare> m;
  for (int i = 0; i < 100; ++i) m.try_emplace(i * 7 % 100, i);
  const int live = fragile::live;
  int thrown = 0;
  for (int fuse = 0; fuse < 12; ++fuse) {
    throwing_compare::fuse = fuse;
    try {
      m.emplace(1000, 1);
      m.erase(1000);
    } catch (const element_failed&) {
      ++thrown;
    }
    throwing_compare::fuse = -1;
    m.erase(1000);
    EXPECT_EQ(m.size(), 100u);
    EXPECT_EQ(fragile::live, live);
  }
  EXPECT_GT(thrown, 3);
  m.clear();
}

TEST(gc_map_, keeps_iterators_and_finds_by_what_compares) {
  gc::map<gc::string, int, std::less<>> m{{"b", 2}, {"d", 4}};
  const auto b = m.find(std::string_view("b"));
  const int& d = m.at("d");
  for (int i = 0; i < 1000; ++i) m[gc::string(std::to_string(i))] = i;
  for (int i = 0; i < 1000; i += 2) m.erase(gc::string(std::to_string(i)));
  EXPECT_EQ(b->second, 2);
  EXPECT_EQ(d, 4);
  EXPECT_EQ(std::next(b)->first, "d");
  EXPECT_EQ(std::prev(m.end())->first, "d");
  EXPECT_TRUE(m.contains("b"));
  EXPECT_FALSE(m.contains("c"));
  EXPECT_TRUE(global.empty());
  EXPECT_EQ(global.begin(), global.end());
  const gc::map<int, int> small{{1, 1}, {2, 2}};
  EXPECT_EQ(small, (gc::map<int, int>{{2, 2}, {1, 1}}));
  EXPECT_LT(small, (gc::map<int, int>{{1, 1}, {2, 3}}));
  gc::map<int, lonely> only_moves;
  only_moves.try_emplace(1, 2);
  only_moves.emplace(2, lonely(3));
  only_moves.insert_or_assign(1, lonely(4));
  EXPECT_EQ(only_moves.at(1).value(), 4);
}

struct directory {
  gc::map<gc::string, directory> entries;  // of a type that is not complete yet
};

TEST(gc_map_, nests) {
  directory* const root = gc::make<directory>();
  root->entries["a"].entries["b"].entries["c"];
  const directory copy = *root;
  root->entries.clear();
  EXPECT_TRUE(copy.entries.at("a").entries.at("b").entries.contains("c"));
}

// The order of insertion that makes a plain tree a list.
TEST(gc_map_, stays_balanced) {
  gc::map<int, int> m;
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) m.emplace(i, i);
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += m.find(i)->second == i ? 1 : 0;
  EXPECT_EQ(sum, count);
}

}  // namespace
}  // namespace gander::testing
