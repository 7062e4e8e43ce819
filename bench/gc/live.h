// SPDX-License-Identifier: Apache-2.0

// A large live graph: what churn in it costs, and how long it stops a mutator; and what a store of
// a pointer costs beside it, with and without a collection under way. P is a policy: trees.h.
//
// The graph is a table of small trees, so that each has one owner where memory is freed by hand.
#pragma once

#include "trees.h"

namespace gc_bench {

// 32 bytes where pointers have 8.
template <typename P>
struct item {
  ptr<P, item> left{}, right{};
  std::uint64_t key = 0, value = 0;
};

template <typename P>
local<P, item<P>> grow_items(int depth, std::uint64_t key) {
  if (depth == 0)
    return P::template make<item<P>>(nullptr, nullptr, key, key * 0x9e3779b97f4a7c15U);
  auto left = grow_items<P>(depth - 1, 2 * key);
  auto right = grow_items<P>(depth - 1, 2 * key + 1);
  return P::template make<item<P>>(std::move(left), std::move(right), key,
                                   key * 0x9e3779b97f4a7c15U);
}

template <typename P>
std::uint64_t sum_items(const item<P>* root) {
  if (root == nullptr) return 0;
  return root->value + sum_items<P>(P::raw(root->left)) + sum_items<P>(P::raw(root->right));
}

constexpr std::int64_t page_slots = 512;
constexpr std::int64_t directory_pages = 4096;

template <typename P, typename T>
struct page {
  GC_BENCH_FIELDS(page, slot)
  ptr<P, T> slot[page_slots]{};
};

template <typename P, typename T>
struct directory {
  GC_BENCH_FIELDS(directory, pages)
  ptr<P, page<P, T>> pages[directory_pages]{};

  ptr<P, T>& at(std::int64_t i) { return P::raw(pages[i / page_slots])->slot[i % page_slots]; }
};

// A table with room for so many; no slot is filled.
template <typename P, typename T>
local<P, directory<P, T>> make_table(std::int64_t slots) {
  expect(slots <= page_slots * directory_pages, "too many slots for a table");
  auto table = P::template make<directory<P, T>>();
  for (std::int64_t i = 0; i < slots; i += page_slots)
    P::raw(table)->pages[i / page_slots] = P::template make<page<P, T>>();
  return table;
}

constexpr int live_depth = 4;
constexpr std::int64_t live_tree_bytes = ((2 << live_depth) - 1) * 32;

// A table of trees of size bytes in all: counted at 32 for an item, whatever it takes.
template <typename P>
local<P, directory<P, item<P>>> live_graph(std::int64_t slots) {
  auto table = make_table<P, item<P>>(slots);
  for (std::int64_t i = 0; i < slots; ++i)
    P::raw(table)->at(i) = grow_items<P>(live_depth, static_cast<std::uint64_t>(i));
  return table;
}

// Size: the bytes of the graph. An op: some tree of it, 31 items, is replaced by a new one.
template <typename P>
void live(const params& p, outcome& out) {
  const std::int64_t slots_each = p.size / live_tree_bytes / p.procs + 1;
  const auto table = live_graph<P>(slots_each * p.procs);
  const std::int64_t ops_each = p.ops / p.procs + 1;
  P::collect();  // so that each run begins with the same heap, and no collection under way
  out.start();
  P::parallel(p.procs, [&](int id) {
    auto* const graph = P::raw(table);
    const std::int64_t first = slots_each * id;
    choice slots(static_cast<std::uint64_t>(id));
    std::uint64_t sum = 0;
    stepper steps(out.steps);
    for (std::int64_t op = 0; op < ops_each; ++op) {
      const auto i = static_cast<std::int64_t>(slots.below(static_cast<std::uint64_t>(slots_each)));
      auto fresh = grow_items<P>(live_depth, static_cast<std::uint64_t>(op));
      auto& slot = graph->at(first + i);
      sum += P::raw(slot)->value;
      free_tree<P>(P::raw(slot));
      slot = std::move(fresh);
      steps.step();
    }
    out.checksum += sum;
  });
  out.stop(ops_each * p.procs);
  for (std::int64_t i = 0; i < slots_each * p.procs; ++i)
    out.checksum += sum_items<P>(P::raw(P::raw(table)->at(i)));
}

// Copies pointers from one page into another, both in the first-level cache; 64 make a step.
template <typename P>
void store_pointers(std::int64_t ops, page<P, item<P>>* from, page<P, item<P>>* to, outcome& out) {
  constexpr std::size_t mask = page_slots - 1;
  std::size_t i = 0;
  stepper steps(out.steps);
  for (std::int64_t op = 0; op < ops; op += 64) {
    // The strides differ, or it would be a copy of memory; and a slot gets another pointer each
    // time, or there would be nothing to count.
    const auto turn = static_cast<std::size_t>(op / 64);
    for (std::size_t k = 0; k < 64; ++k, ++i)
      to->slot[(i * 7) & mask] = from->slot[(i * 3 + turn) & mask];
    steps.step();
  }
  std::uint64_t sum = 0;
  for (const auto& slot : to->slot)
    if (P::raw(slot) != nullptr) sum += P::raw(slot)->value;
  out.checksum += sum;
}

// Size: the bytes of a graph that lives meanwhile. An op: a pointer is loaded from an object and
// stored into another. All mutators store the same pointers, each into an object of its own.
template <typename P>
void pointer_store(const params& p, outcome& out) {
  const std::int64_t slots = p.size / live_tree_bytes + page_slots;
  const auto table = live_graph<P>(slots);
  const auto targets = make_table<P, item<P>>(p.procs * page_slots);
  const std::int64_t ops_each = p.ops / p.procs + 64;
  P::collect();  // none shall be under way
  out.start();
  P::parallel(p.procs, [&](int id) {
    store_pointers<P>(ops_each, P::raw(P::raw(table)->pages[0]), P::raw(P::raw(targets)->pages[id]),
                      out);
  });
  out.stop(ops_each * p.procs);
}

// The same, by one mutator, while another asks for one collection after the other.
template <typename P>
void pointer_store_marking(const params& p, outcome& out) {
  const std::int64_t slots = p.size / live_tree_bytes + page_slots;
  const auto table = live_graph<P>(slots);
  const auto targets = make_table<P, item<P>>(page_slots);
  std::atomic<bool> collecting = false, over = false;
  P::parallel(2, [&](int id) {
    if (id == 1) {
      while (!over) {
        collecting = true;
        P::collect();
      }
      return;
    }
    while (!collecting) P::yield();
    out.start();
    store_pointers<P>(p.ops, P::raw(P::raw(table)->pages[0]), P::raw(P::raw(targets)->pages[0]),
                      out);
    out.stop(p.ops);
    over = true;
  });
}

}  // namespace gc_bench
