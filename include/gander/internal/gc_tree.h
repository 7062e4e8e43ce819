// SPDX-License-Identifier: Apache-2.0
//
// The tree under gc::map: a treap. Each node's key is greater than those to its left and less than
// those to its right, and its weight is not less than its children's; weights are random, so the
// tree is about balanced. Objects of the collected heap never move: the weight is a hash of the
// address.
//
// Nothing here allocates, throws or knows keys.
#pragma once

#include <gander/gc/ptr.h>

#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

struct gc_tree_node {
  gc::ptr<gc_tree_node> parent;
  gc::ptr<gc_tree_node> left;
  gc::ptr<gc_tree_node> right;
};

inline std::uint32_t gc_tree_weight(const gc_tree_node* n) noexcept {
  // The end of splitmix64.
  std::uint64_t x = reinterpret_cast<std::uintptr_t>(n);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(x >> 32);
}

inline gc_tree_node* gc_tree_first(gc_tree_node* n) noexcept {
  if (n == nullptr) return nullptr;
  while (n->left != nullptr) n = n->left;
  return n;
}
inline gc_tree_node* gc_tree_last(gc_tree_node* n) noexcept {
  if (n == nullptr) return nullptr;
  while (n->right != nullptr) n = n->right;
  return n;
}
inline gc_tree_node* gc_tree_next(gc_tree_node* n) noexcept {
  if (n->right != nullptr) return gc_tree_first(n->right);
  gc_tree_node* up = n->parent;
  while (up != nullptr && up->right == n) {
    n = up;
    up = n->parent;
  }
  return up;
}
inline gc_tree_node* gc_tree_previous(gc_tree_node* n) noexcept {
  if (n->left != nullptr) return gc_tree_last(n->left);
  gc_tree_node* up = n->parent;
  while (up != nullptr && up->left == n) {
    n = up;
    up = n->parent;
  }
  return up;
}

// Puts `now` where `old` hangs.
inline void gc_tree_hang(gc::ptr<gc_tree_node>& root, gc_tree_node* old,
                         gc_tree_node* now) noexcept {
  gc_tree_node* const up = old->parent;
  if (up == nullptr) {
    root = now;
  } else if (up->left == old) {
    up->left = now;
  } else {
    up->right = now;
  }
  if (now != nullptr) now->parent = up;
}

// Turns a node and its parent round; the order of keys stays.
inline void gc_tree_lift(gc::ptr<gc_tree_node>& root, gc_tree_node* n) noexcept {
  gc_tree_node* const down = n->parent;
  gc_tree_hang(root, down, n);
  gc_tree_node* moved;
  if (down->left == n) {
    moved = n->right;
    down->left = moved;
    n->right = down;
  } else {
    moved = n->left;
    down->right = moved;
    n->left = down;
  }
  if (moved != nullptr) moved->parent = down;
  down->parent = n;
}

// Hangs a new node below `up`, or as the root; on that side there is none.
inline void gc_tree_add(gc::ptr<gc_tree_node>& root, gc_tree_node* up, bool left,
                        gc_tree_node* n) noexcept {
  n->parent = up;
  if (up == nullptr) {
    root = n;
  } else if (left) {
    up->left = n;
  } else {
    up->right = n;
  }
  while (n->parent != nullptr && gc_tree_weight(n->parent) < gc_tree_weight(n))
    gc_tree_lift(root, n);
}

inline void gc_tree_remove(gc::ptr<gc_tree_node>& root, gc_tree_node* n) noexcept {
  while (n->left != nullptr && n->right != nullptr) {
    const bool left = gc_tree_weight(n->right) < gc_tree_weight(n->left);
    gc_tree_lift(root, left ? n->left : n->right);
  }
  gc_tree_hang(root, n, n->left != nullptr ? n->left : n->right);
  n->parent = nullptr;
  n->left = nullptr;
  n->right = nullptr;
}

}  // namespace gander::internal

#pragma GCC visibility pop
