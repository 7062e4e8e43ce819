// SPDX-License-Identifier: Apache-2.0

// Binary trees: the benchmark of that name of the Computer Language Benchmarks Game, and Ellis's,
// Kovac's and Boehm's GCBench, which has trees of several lifetimes beside a tree and an array that
// stay.
//
// A policy P is one way to manage memory:
//   ptr<T>, local<T>   what points to a T from the heap, and from a local
//   make<T>(args...)   a new T{args...}
//   raw(p)             the T* in either
//   by_hand            whether who owns a tree has to free it
//   collects, collect()  whether there is a collector, and one collection
//   parallel(n, f)     calls f(0) ... f(n - 1) on n mutators at once, and waits for them
//   run(procs, f)      the world in which all of it happens
// A type with a member `pointer_free` holds no pointers. GC_BENCH_FIELDS(type, fields...) says
// where one with long arrays does, for policies that want to know and cannot see it.
#pragma once

#include <utility>

#include "measure.h"

#ifndef GC_BENCH_FIELDS
#define GC_BENCH_FIELDS(...)
#endif

namespace gc_bench {

template <typename P, typename T>
using ptr = typename P::template ptr<T>;
template <typename P, typename T>
using local = typename P::template local<T>;

// Nothing, where memory frees itself.
template <typename P, typename T>
void free_tree(T* root) {
  if constexpr (P::by_hand) {
    if (root == nullptr) return;
    free_tree<P>(P::raw(root->left));
    free_tree<P>(P::raw(root->right));
    delete root;
  }
}

template <typename P>
struct tree {
  ptr<P, tree> left{}, right{};
};

template <typename P>
local<P, tree<P>> grow_tree(int depth) {
  if (depth == 0) return P::template make<tree<P>>();
  auto left = grow_tree<P>(depth - 1);
  auto right = grow_tree<P>(depth - 1);
  return P::template make<tree<P>>(std::move(left), std::move(right));
}

template <typename P, typename T>
std::uint64_t count_nodes(const T* root) {
  if (root == nullptr) return 0;
  return 1 + count_nodes<P>(P::raw(root->left)) + count_nodes<P>(P::raw(root->right));
}

// Size: the depth of the tree that stays. An op: the whole game.
template <typename P>
void binary_trees(const params& p, outcome& out) {
  constexpr int least = 4;
  const int depth = static_cast<int>(p.size < least + 2 ? least + 2 : p.size);
  out.start();
  for (std::int64_t op = 0; op < p.ops; ++op) {
    {
      const auto stretch = grow_tree<P>(depth + 1);
      out.checksum += count_nodes<P>(P::raw(stretch));
      free_tree<P>(P::raw(stretch));
    }
    const auto stays = grow_tree<P>(depth);
    P::parallel(p.procs, [&](int id) {
      std::uint64_t nodes = 0;
      for (int d = least; d <= depth; d += 2) {
        const std::int64_t trees = std::int64_t{1} << (depth - d + least);
        for (std::int64_t i = id; i < trees; i += p.procs) {
          const auto root = grow_tree<P>(d);
          nodes += count_nodes<P>(P::raw(root));
          free_tree<P>(P::raw(root));
        }
      }
      out.checksum += nodes;
    });
    out.checksum += count_nodes<P>(P::raw(stays));
    free_tree<P>(P::raw(stays));
  }
  out.stop(p.ops);
}

template <typename P>
struct gcbench_node {
  ptr<P, gcbench_node> left{}, right{};
  std::int32_t i = 0, j = 0;
};

struct gcbench_array {
  GC_BENCH_FIELDS(gcbench_array)
  static constexpr bool pointer_free = true;
  double value[500'000]{};
};

// Nodes first, then what is below them: stores into objects that are there.
template <typename P>
void populate(int depth, gcbench_node<P>* node) {
  if (depth <= 0) return;
  node->left = P::template make<gcbench_node<P>>();
  node->right = P::template make<gcbench_node<P>>();
  populate<P>(depth - 1, P::raw(node->left));
  populate<P>(depth - 1, P::raw(node->right));
}

// From below: stores into new objects only.
template <typename P>
local<P, gcbench_node<P>> grow_node(int depth) {
  if (depth <= 0) return P::template make<gcbench_node<P>>();
  auto left = grow_node<P>(depth - 1);
  auto right = grow_node<P>(depth - 1);
  return P::template make<gcbench_node<P>>(std::move(left), std::move(right));
}

template <typename P>
void gcbench_once(int depth, outcome& out) {
  std::uint64_t nodes = 0;
  const auto top_down = [&](int d) {
    const auto root = P::template make<gcbench_node<P>>();
    populate<P>(d, P::raw(root));
    return root;
  };
  {
    const auto stretch = grow_node<P>(depth + 2);
    nodes += count_nodes<P>(P::raw(stretch));
    free_tree<P>(P::raw(stretch));
  }
  const auto stays = top_down(depth);
  const auto array = P::template make<gcbench_array>();
  double* const values = P::raw(array)->value;
  for (int i = 0; i < 250'000; ++i) values[i] = 1.0 / (i + 1);
  for (int d = 4; d <= depth; d += 2) {
    const auto size_of = [](int levels) { return (std::int64_t{1} << (levels + 1)) - 1; };
    const std::int64_t trees = 2 * size_of(depth + 2) / size_of(d);
    for (std::int64_t i = 0; i < trees; ++i) {
      const auto root = top_down(d);
      nodes += P::raw(P::raw(root)->left) != nullptr;
      free_tree<P>(P::raw(root));
    }
    for (std::int64_t i = 0; i < trees; ++i) {
      const auto root = grow_node<P>(d);
      nodes += P::raw(P::raw(root)->right) != nullptr;
      free_tree<P>(P::raw(root));
    }
  }
  out.checksum += nodes + count_nodes<P>(P::raw(stays));
  out.checksum += static_cast<std::uint64_t>(1000 * values[999] + 0.5);
  free_tree<P>(P::raw(stays));
  if constexpr (P::by_hand) delete P::raw(array);
}

// Size: the depth of the tree that stays, 16 in the original. An op: all of it; each mutator does
// it for itself.
template <typename P>
void gcbench(const params& p, outcome& out) {
  out.start();
  P::parallel(p.procs, [&](int) {
    for (std::int64_t op = 0; op < p.ops; ++op) gcbench_once<P>(static_cast<int>(p.size), out);
  });
  out.stop(p.ops * p.procs);
}

}  // namespace gc_bench
