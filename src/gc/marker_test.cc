// SPDX-License-Identifier: Apache-2.0
//
// Graphs of objects against a model of them: what can be reached stays, all else goes.
#include "gc/marker.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "gc/types.h"
#include "heap/cache.h"
#include "heap/heap_test_helper.h"
#include "heap/page_heap.h"

namespace gander::gc {
namespace {

using heap::pointers;

std::uintptr_t* words(std::uintptr_t object) { return reinterpret_cast<std::uintptr_t*>(object); }

class marking : public testing::Test {
 protected:
  std::uintptr_t make(std::size_t bytes, pointers has = pointers::some) {
    return reinterpret_cast<std::uintptr_t>(cache_.allocate(bytes, 16, {has}));
  }
  static bool exists(std::uintptr_t address) { return heap::find_object(address).in != nullptr; }

  // A collection from these roots.
  std::size_t collect(const std::vector<std::uintptr_t>& roots,
                      std::size_t most_chunks = SIZE_MAX) {
    cache_.flush();
    work_pool pool;
    pool.limit(most_chunks);
    marker m(pool);
    const auto begin = reinterpret_cast<std::uintptr_t>(roots.data());
    m.look_through(begin, begin + roots.size() * sizeof(std::uintptr_t));
    m.drain();
    m.hand_over();
    const std::size_t marked = count_marked();
    heap::sweep_all();
    return marked;
  }
  static std::size_t count_marked() {
    int count = 0;
    heap::page_heap::for_each_span([&](const heap::span& s) {
      for (std::size_t i = 0; i < heap::span::words; ++i) count += std::popcount(s.marks(i));
    });
    return static_cast<std::size_t>(count);
  }
  // Node i has the children 2i and 2i + 1; 1 is the root.
  std::vector<std::uintptr_t> make_tree(std::size_t size) {
    std::vector<std::uintptr_t> nodes = {0};
    for (std::size_t i = 1; i < size; ++i) nodes.push_back(make(16));
    for (std::size_t i = 1; 2 * i + 1 < size; ++i) {
      words(nodes[i])[0] = nodes[2 * i];
      words(nodes[i])[1] = nodes[2 * i + 1];
    }
    cache_.flush();
    return nodes;
  }
  ~marking() override {
    collect({});
    EXPECT_EQ(heap::page_heap::count().in_use_bytes, 0U);
  }

  heap::cache cache_;
};

TEST_F(marking, keeps_what_can_be_reached_and_frees_the_rest) {
  const auto a = make(32), b = make(32), c = make(32), lost = make(32);
  words(a)[1] = b;
  words(b)[0] = c;
  words(c)[3] = a;  // a circle
  words(lost)[0] = a;
  EXPECT_EQ(collect({a}), 3U);
  EXPECT_TRUE(exists(a) && exists(b) && exists(c));
  EXPECT_FALSE(exists(lost));
  EXPECT_EQ(words(c)[3], a);
}

TEST_F(marking, takes_any_word_for_what_it_may_be) {
  const auto a = make(100), b = make(100000), c = make(16);
  words(b)[9999] = c;
  int elsewhere = 0;
  EXPECT_EQ(collect({a + 57, b + 99999, 1, 0, UINTPTR_MAX, a + (1 << 20),
                     reinterpret_cast<std::uintptr_t>(&elsewhere)}),
            3U);
  EXPECT_TRUE(exists(a) && exists(b) && exists(c));
}

TEST_F(marking, does_not_look_into_objects_without_pointers) {
  const auto a = make(32, pointers::none), b = make(32);
  words(a)[0] = b;
  EXPECT_EQ(collect({a}), 1U);
  EXPECT_TRUE(exists(a));
  EXPECT_FALSE(exists(b));
}

TEST_F(marking, needs_no_recursion) {
  std::uintptr_t list = 0;
  for (int i = 0; i < 300'000; ++i) {
    const auto node = make(16);
    words(node)[0] = list;
    list = node;
  }
  EXPECT_EQ(collect({list}), 300'000U);
}

// Of a type that says where it holds its only pointer; from one arena to the next and back.
TEST_F(marking, follows_pointers_from_arena_to_arena) {
  static constexpr std::size_t bytes = heap::arena_bytes / 4;
  static internal::gc_type type{
      .name = "large",
      .bytes = bytes,
      .layout = internal::gc_layout::exact,
      .describe = [](void (*word)(void* to, std::size_t offset), void* to) { word(to, 64); }};
  const std::uint16_t number = types::number_of(type);
  constexpr std::size_t count = 12;
  std::vector<std::uintptr_t> objects;
  for (std::size_t i = 0; i < count; ++i)
    objects.push_back(
        reinterpret_cast<std::uintptr_t>(cache_.allocate(bytes, 16, {pointers::some, number})));
  std::set<const heap::arena*> in;
  for (const std::uintptr_t each : objects) in.insert(heap::arenas::of(each));
  EXPECT_GE(in.size(), 3U);
  std::uintptr_t first = 0;
  for (std::size_t i = 0; i < count; ++i) {  // 0, 5, 10, 3 ...: hardly one is in the arena before
    const std::uintptr_t object = objects[i * 5 % count];
    words(object)[64 / sizeof(std::uintptr_t)] = first;
    words(object)[0] = objects[0] + bytes * count;  // is not looked at
    first = object;
  }
  EXPECT_EQ(collect({first}), count);
  for (const std::uintptr_t each : objects) EXPECT_TRUE(exists(each));
}

// In depth-first order a tree never fills a chunk, and the pool would have nothing for others.
TEST_F(marking, shares_what_it_has_with_others) {
  const std::vector<std::uintptr_t> nodes = make_tree(1 << 12);
  work_pool pool;
  {
    marker one(pool), other(pool);
    one.look_at(nodes[1]);
    EXPECT_FALSE(one.drain(10'000));
    EXPECT_TRUE(pool.has_work());
    EXPECT_FALSE(other.drain(10'000));
    one.drain();
    other.drain();
  }
  EXPECT_EQ(pool.marked_bytes(), (nodes.size() - 1) * 16);
  heap::sweep_all();  // and the marks are gone
}

// Each has its set of marks, or its own instruction for them.
TEST_F(marking, one_marker_beside_others) {
  for (int round = 0; round < 50; ++round) {
    const std::vector<std::uintptr_t> nodes = make_tree(1 << 13);
    work_pool pool;
    const auto mark = [&](marker::who is) {
      marker m(pool, is);
      m.look_at(nodes[1]);
      for (int i = 0; i < 1'000; ++i) m.drain();
    };
    std::thread other(mark, marker::who::anybody);
    std::thread third(mark, marker::who::anybody);
    mark(marker::who::the_one);
    other.join();
    third.join();
    marker(pool).drain();  // what was handed over behind their backs
    EXPECT_GE(pool.marked_bytes(), (nodes.size() - 1) * 16);
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      const heap::object o = heap::find_object(nodes[i]);
      ASSERT_TRUE(o.in->is_marked(o.index)) << i;
    }
    EXPECT_EQ(heap::sweep_all(), 0U);
    EXPECT_EQ(heap::sweep_all(), (nodes.size() - 1) * 16);
  }
}

// Work that found no room is found again.
TEST_F(marking, comes_to_its_end_with_hardly_any_room) {
  std::mt19937 random(5);
  std::vector<std::uintptr_t> all;
  for (int i = 0; i < 3000; ++i) all.push_back(make(16 + random() % 300));
  for (const auto object : all)
    for (int k = 0; k < 2; ++k) words(object)[k] = all[random() % all.size()];
  std::set<std::uintptr_t> reached;
  std::vector<std::uintptr_t> next = {all[0]};
  while (!next.empty()) {
    const auto object = next.back();
    next.pop_back();
    if (!reached.insert(object).second) continue;
    for (int k = 0; k < 2; ++k) next.push_back(words(object)[k]);
  }
  EXPECT_EQ(collect({all[0]}, 1), reached.size());
  EXPECT_EQ(collect({all[0]}, 0), reached.size());
  for (const auto object : all) EXPECT_EQ(exists(object), reached.count(object) != 0);
}

TEST_F(marking, looks_through_large_objects_in_pieces) {
  const std::size_t bytes = 10 * marker::piece_bytes + 72;
  const auto large = make(bytes);
  std::vector<std::uintptr_t> held;
  for (std::size_t at = 0; at + 8 <= bytes; at += 50'000) {
    held.push_back(make(64));
    words(large + at)[0] = held.back();
  }
  held.push_back(make(64));
  words(large + bytes - 8)[0] = held.back();
  EXPECT_EQ(collect({large}), held.size() + 1);
  for (const auto object : held) EXPECT_TRUE(exists(object));
}

// Rounds of changes at random, each object named in its first word.
TEST_F(marking, random_graphs_against_a_model) {
  struct node {
    std::uintptr_t address;
    std::vector<int> edges;  // by number, in words 1...; -1: none
    pointers has;
  };
  std::mt19937 random(11);
  std::map<int, node> graph;
  std::vector<int> roots(20, -1);
  int number = 0;
  const auto any = [&] {
    auto at = graph.begin();
    std::advance(at, static_cast<long>(random() % graph.size()));
    return at->first;
  };
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 500; ++i) {
      const std::size_t edges = random() % 8;
      const bool large = random() % 200 == 0;
      node n{make(8 + edges * 8 + (large ? 40'000 : 0)), std::vector<int>(edges, -1),
             random() % 10 == 0 ? pointers::none : pointers::some};
      if (n.has == pointers::none) n = {make(8, pointers::none), {}, pointers::none};
      words(n.address)[0] = static_cast<std::uintptr_t>(number);
      graph[number++] = n;
    }
    for (int i = 0; i < 2000; ++i) {
      node& from = graph[any()];
      if (from.edges.empty()) continue;
      const std::size_t edge = random() % from.edges.size();
      const int to = random() % 4 == 0 ? -1 : any();
      from.edges[edge] = to;
      words(from.address)[1 + edge] = to < 0 ? 0 : graph[to].address;
    }
    for (int& root : roots) root = random() % 3 == 0 ? any() : root;
    std::set<int> reached;
    std::vector<int> next;
    std::vector<std::uintptr_t> root_words;
    for (const int root : roots)
      if (root >= 0) {
        next.push_back(root);
        root_words.push_back(graph[root].address);
      }
    while (!next.empty()) {
      const int at = next.back();
      next.pop_back();
      if (!reached.insert(at).second) continue;
      for (const int to : graph[at].edges)
        if (to >= 0) next.push_back(to);
    }
    EXPECT_EQ(collect(root_words), reached.size());
    for (auto at = graph.begin(); at != graph.end();) {
      ASSERT_EQ(exists(at->second.address), reached.count(at->first) != 0) << at->first;
      if (reached.count(at->first) == 0) {
        at = graph.erase(at);
        continue;
      }
      ASSERT_EQ(words(at->second.address)[0], static_cast<std::uintptr_t>(at->first));
      for (std::size_t k = 0; k < at->second.edges.size(); ++k) {
        const int to = at->second.edges[k];
        ASSERT_EQ(words(at->second.address)[1 + k], to < 0 ? 0 : graph[to].address);
      }
      ++at;
    }
  }
}

}  // namespace
}  // namespace gander::gc
