// SPDX-License-Identifier: Apache-2.0
//
// Containers, while marking is under way: whatever could be reached in the heap before a change and
// after it cannot, and whatever is new, has been told to the collector.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <set>
#include <utility>

#include "gc_types/fake_gc.h"

namespace gander::testing {
namespace {

using addresses = std::set<const void*>;

addresses reached(const gc::vector<gc::ptr<int>>& v) {
  addresses all{v.data()};
  for (const gc::ptr<int>& p : v) all.insert(p);
  return all;
}

addresses reached(const gc::map<int, gc::ptr<int>>& m) {
  addresses all;
  for (const auto& [key, p] : m) {
    all.insert(&key);
    all.insert(p);
  }
  return all;
}

addresses reached(const gc::string& s) { return {s.empty() ? nullptr : s.data()}; }

// Of those of a node, the collector is told the node.
bool told_of(const void* object, const addresses& told) {
  for (const void* t : told)
    if (t != nullptr && t <= object &&
        static_cast<const char*>(object) < static_cast<const char*>(t) + allocated(t).bytes)
      return true;
  return object == nullptr;
}

template <typename Container, typename Change>
void change_while_marking(Container& c, Change change) {
  const addresses before = reached(c);
  marking now;
  change();
  addresses told;
  for (const auto& [old_value, new_value] : now.seen()) {
    told.insert(old_value);
    told.insert(new_value);
  }
  const addresses after = reached(c);
  for (const void* p : before) {
    if (after.contains(p)) continue;
    ASSERT_TRUE(told_of(p, told)) << "lost without a word";
  }
  for (const void* p : after) {
    if (before.contains(p)) continue;
    ASSERT_TRUE(told_of(p, told)) << "hidden in what may be marked already";
  }
}

TEST(gc_container_barrier, vector) {
  std::mt19937 random(1);
  gc::vector<gc::ptr<int>> v;
  for (int round = 0; round < 2000 && !HasFatalFailure(); ++round) {
    const std::size_t at = random() % (v.size() + 1);
    change_while_marking(v, [&] {
      switch (random() % 8) {
        case 0:
        case 1:
        case 2:
          v.push_back(gc::make<int>());
          break;
        case 3:
          v.insert(v.begin() + at, gc::make<int>());
          break;
        case 4:
          if (at < v.size()) v.erase(v.begin() + at);
          break;
        case 5:
          if (at < v.size()) v[at] = gc::make<int>();
          break;
        case 6:
          v.resize(at);
          break;
        default:
          v.shrink_to_fit();
      }
    });
  }
}

// clear() need not tell of each node: what leads to them from the root stays.
TEST(gc_container_barrier, map) {
  std::mt19937 random(1);
  gc::map<int, gc::ptr<int>> m;
  for (int round = 0; round < 2000 && !HasFatalFailure(); ++round) {
    const int key = static_cast<int>(random() % 50);
    change_while_marking(m, [&] {
      if (random() % 2 == 0) {
        m[key] = gc::make<int>();
      } else {
        m.erase(key);
      }
    });
  }
}

TEST(gc_container_barrier, string) {
  gc::string s;
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round)
    change_while_marking(s, [&] { s += "some more"; });
  change_while_marking(s, [&] { s.shrink_to_fit(); });
  change_while_marking(s, [&] { s = gc::string("x"); });
}

}  // namespace
}  // namespace gander::testing
